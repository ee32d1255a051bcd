//! Files from the field that were taken, refused or read otherwise than by GitLab, and their kind.

use windlass::config::{Alone, Config, read};
use windlass::plan::{Presence, Situation, plan};
use windlass::source::Source;

fn of(text: &str) -> Option<Config> {
    read(Source::new(".gitlab-ci.yml", text), &Alone)
        .result
        .ok()
}

/// GitLab takes each.
const TAKEN: &[&str] = &[
    "a: {script: x, services: [~]}",
    "a: {script: x, services: [[~], postgres]}",
    "a: {script: x, retry: {max: '2'}}",
    "a:\n  script: :foo",
    "a:\n  script: [:foo, x]\n  tags: [:t]\n  dependencies: []",
    "a:\n  script: x\n  before_script: [[:b]]\n  cache: {paths: [:p]}",
    "workflow: {rules: [{if: $A, allow_failure: true}]}\na: {script: x}",
    "workflow: {rules: [{if: $A, needs: [a]}, {when: always}]}\na: {script: x}",
    "a: {script: x, artifacts: {paths: [o], expose_as: the out-put_1}}",
    "a: {script: x, artifacts: {paths: [o], public: false}}",
    "a: {script: x, environment: {name: p, kubernetes: {agent: 'g:a', dashboard: {namespace: n, flux_resource_path: f}}}}",
    "a: {script: x, environment: {name: p, kubernetes: {managed_resources: {enabled: false}}}}",
    "a: {trigger: {include: [a.yml, {local: b.yml}, {project: g/p, file: c.yml, ref: main}]}}",
    "a: {script: x, image: {name: i, docker: {platform: linux/arm64, user: dave}, kubernetes: {user: 1001}}}",
    "b: {script: x}\na: {script: x, stage: deploy, needs: [{job: b}], dependencies: [b]}",
    "b: {script: x, parallel: 2}\na: {script: x, stage: deploy, needs: [b], dependencies: [b]}",
    "a: {script: x, timeout: 30 days}",
    "a: {script: x, pages: {publish: dist, expire_in: 1 week}, publish: dist}",
    "a: {run: [{name: s, script: x}]}",
    "a: {script: x, inputs: {n: {type: number, default: '5'}, b: {type: boolean, default: true}}}",
    "spec: {inputs: {a: {type: array, default: [[x], [y, z]]}}}\n---\na: {script: '$[[ inputs.a[1][0] ]]'}",
    "spec: {inputs: {n: {default: abc}}}\n---\na: {script: 'echo $[[ inputs.n | truncate(1, 1) | posix_escape ]]'}",
    "spec: {inputs: {n: {default: 5}}}\n---\na: {script: 'echo $[[ inputs.n ]]'}",
    "spec: {inputs: {n: {default: b, options: [a, b], regex: ^b$}}}\n---\na: {script: x}",
    "spec:\n  inputs:\n    e: {default: dev}\n    s: {rules: [{if: \"$[[ inputs.e ]] == 'dev'\", options: [x], default: x}, {options: [m], default: m}]}\n---\na: {script: '$[[ inputs.s ]]'}",
];

/// GitLab refuses each.
const REFUSED: &[&str] = &[
    "a: {script: x, rules: []}",
    "workflow: {rules: []}\na: {script: x}",
    "a: {script: x, rules: [{if: $A, variables: {B: {value: v}}}]}",
    "workflow: {rules: [{if: $A, variables: {B: {value: v}}}]}\na: {script: x}",
    "workflow: {rules: [{if: $A, name: n}]}\na: {script: x}",
    "b: {script: x}\nc: {script: x}\na: {script: x, stage: deploy, needs: [b], dependencies: [c]}",
    "c: {script: x}\na: {script: x, stage: deploy, needs: [{pipeline: $P, job: b}], dependencies: [c]}",
    "a: {script: x, artifacts: {paths: [o], access: all, public: true}}",
    "a: {script: x, artifacts: {paths: ['o/*'], expose_as: out}}",
    "a: {script: x, artifacts: {paths: [], expose_as: out}}",
    "a: {script: x, artifacts: {paths: [o], expose_as: 'out/put'}}",
    "a: {script: x, environment: {name: p, kubernetes: {flux_resource_path: x}}}",
    "a: {script: x, environment: {name: p, kubernetes: {dashboard: {namespace: n}}}}",
    "a: {script: x, environment: {name: p, kubernetes: {agent: 'g:a', namespace: n, dashboard: {namespace: n}}}}",
    "a: {script: x, environment: {name: p, kubernetes: {managed_resources: {enabled: 'yes'}}}}",
    "a: {script: x, environment: {name: p, kubernetes: {}}}",
    "a: {trigger: {include: [a.yml, b.yml, c.yml, d.yml]}}",
    "a: {trigger: {include: [{local: a.yml, foo: 1}]}}",
    "b: {script: x, stage: deploy}\na: {trigger: {include: [{artifact: c.yml, job: b}]}}",
    "a: {trigger: {project: g/p, inputs: x}}",
    "a: {trigger: g/p, timeout: 1h}",
    "a: {script: x, retry: {max: '3'}}",
    "a: {script: x, retry: '2'}",
    "a: {script: x, image: {name: i, kubernetes: {user: [x]}}}",
    "a: {script: x, services: [{name: s, docker: {memory: 1g}}]}",
    "a: {script: x, run: []}",
    "a: {run: [], before_script: [x]}",
    "a: {script: x, publish: dist, pages: false}",
    "pages: {script: x, publish: dist, pages: false}",
    "a: {script: x, inputs: {n: {description: d}}}",
    "a: {script: x, inputs: {n: {default: c, options: [a, b]}}}",
    "spec: {inputs: {n: {default: a}}}\n---\na: {script: 'echo $[[ inputs.n | foo ]]'}",
    "spec: {inputs: {n: {default: a}}}\n---\na: {script: 'echo $[[ inputs.n | truncate(1) ]]'}",
    "spec: {inputs: {n: {default: a}}}\n---\na: {script: 'echo $[[ inputs.n | posix_escape | posix_escape | posix_escape | posix_escape ]]'}",
    "spec: {inputs: {n: {type: number, default: 1}}}\n---\na: {script: 'echo $[[ inputs.n | truncate(0,1) ]]'}",
    "spec: {inputs: {a: {type: array, default: [x]}}}\n---\na: {script: '$[[ inputs.a[1] ]]'}",
    "spec: {inputs: {a: {default: x}}}\n---\na: {script: '$[[ inputs.a[0] ]]'}",
    "spec: {inputs: {a: {type: array, default: [x]}}}\n---\na: {script: '$[[ inputs.a[x] ]]'}",
    "spec: {inputs: {a: {type: boolean, regex: x, default: true}}}\n---\na: {script: x}",
    "spec: {inputs: {a: {rules: [{options: [x]}], default: x}}}\n---\na: {script: x}",
    "spec: {inputs: {a: {rules: [{if: '$A'}]}}}\n---\na: {script: x}",
    "spec: {inputs: [a]}\n---\na: {script: x}",
    "spec: {inputs: {a: x}}\n---\na: {script: x}",
];

#[test]
fn files_are_taken_and_refused() {
    let refused: Vec<_> = TAKEN.iter().filter(|text| of(text).is_none()).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let taken: Vec<_> = REFUSED.iter().filter(|text| of(text).is_some()).collect();
    assert!(taken.is_empty(), "{taken:#?}");
}

fn names(config: &Config) -> Vec<&str> {
    config.jobs.iter().map(|job| job.name.as_str()).collect()
}

/// The documents that count.
#[test]
fn the_last_document_counts_behind_a_header() {
    for (text, job) in [
        ("spec: {}\n---\na: {script: x}\n---\nb: {script: z}\n", "b"),
        ("a: {script: x}\n---\nb: {script: z}\n", "a"),
        ("# c\n---\nspec:\n---\na: {script: x}\n", "a"),
        (
            "---\nspec:\n---\na: {script: x}\n---\nb: {script: z}\n",
            "a",
        ),
        (
            "spec:\n---\na: {script: x}\n---\nb: {script: y}\n---\nc: {script: z}\n",
            "b",
        ),
        ("spec:\n---\na: {script: x}\n---\n", "a"),
    ] {
        assert_eq!(names(&of(text).unwrap()), [job], "{text}");
    }
}

#[test]
fn a_trigger_job_inherits_interruptible_alone() {
    let config = of("default: {interruptible: true, retry: 1}\na: {trigger: g/p}").unwrap();
    assert_eq!(config.jobs[0].interruptible, Some(true));
    assert!(!config.jobs[0].keys.has("retry"));
    let config =
        of("default: {interruptible: true}\na: {trigger: g/p, inherit: {default: false}}").unwrap();
    assert_eq!(config.jobs[0].interruptible, None);
}

/// What a job needs.
fn needs(config: &Config, job: &str) -> Vec<String> {
    let needs = config.job(job).unwrap().needs.iter();
    let needs = needs.flat_map(|needs| needs.iter());
    needs.map(|need| need.job.clone()).collect()
}

#[test]
fn matrix_expressions_are_the_values_of_the_copy() {
    let config = of(
        "b: {script: x, parallel: {matrix: [{OS: [l, w], A: [1, 2]}]}}\n\
         a: {script: x, parallel: {matrix: [{OS: [l, w]}]}, \
         needs: [{job: b, parallel: {matrix: [{OS: ['$[[ matrix.OS ]]'], A: [1, 2]}]}}]}\n",
    )
    .unwrap();
    assert_eq!(needs(&config, "a: [l]"), ["b: [l, 1]", "b: [l, 2]"]);
    assert_eq!(needs(&config, "a: [w]"), ["b: [w, 1]", "b: [w, 2]"]);
    // A part of a value, and another name.
    let config = of("b: {script: x, parallel: {matrix: [{V: [l-64, w-64]}]}}\n\
         a: {script: x, parallel: {matrix: [{OS: [l, w], C: [c]}]}, \
         needs: [{job: b, parallel: {matrix: [{V: '$[[matrix.OS]]-64'}]}}]}\n")
    .unwrap();
    assert_eq!(needs(&config, "a: [w, c]"), ["b: [w-64]"]);
    for refused in [
        "b: {script: x, parallel: {matrix: [{V: [l]}]}}\na: {script: x, needs: [{job: b, parallel: {matrix: [{V: '$[[ matrix.V ]]'}]}}]}",
        "b: {script: x, parallel: {matrix: [{V: [l]}]}}\na: {script: x, parallel: 2, needs: [{job: b, parallel: {matrix: [{V: '$[[ matrix.V ]]'}]}}]}",
    ] {
        assert!(of(refused).is_none(), "{refused}");
    }
}

#[test]
fn functions_change_the_value() {
    let config = of(
        "spec: {inputs: {env: {default: production-eu}}}\n---\ndeploy:\n  script: x\n  \
         rules: [{if: '$CI_COMMIT_BRANCH == \"$[[ inputs.env | truncate(0,4) ]]\"'}]\n",
    )
    .unwrap();
    let presence = |branch: &str| plan(&config, &Situation::branch(branch)).jobs[0].presence();
    assert_eq!(presence("prod"), Presence::In);
    assert_eq!(presence("production-eu"), Presence::Out);
    for (function, value, made) in [
        ("posix_escape", "it's $A", "it\\'s\\ \\$A"),
        ("truncate(2, 3)", "abcdef", "cde"),
        ("truncate( 9 , 3 )", "abcdef", ""),
        ("truncate(1,2) | posix_escape", "a b", "\\ b"),
    ] {
        let text = format!(
            "spec: {{inputs: {{v: {{default: \"{value}\"}}}}}}\n---\na: {{script: x, variables: {{V: '$[[ inputs.v | {function} ]]'}}}}\n"
        );
        let config = of(&text).unwrap();
        assert_eq!(config.jobs[0].variables["V"].value, made, "{function}");
    }
}

#[test]
fn quoted_texts_go_on_at_any_indentation() {
    let config = of("a:\n  script:\n  - \"echo 1\n  two\"\n").unwrap();
    assert_eq!(config.jobs[0].script[0].value, "echo 1 two");
}

/// Globs that match no file are told once for each place, and only these.
#[test]
fn globs_that_match_nothing_are_told() {
    let text = ".r: {rules: [{changes: [./x/*, ok/**/*]}]}\n\
                a: {script: x, rules: !reference [.r, rules]}\n\
                b: {script: x, extends: .r, only: ~}\n\
                c: {script: x, rules: [[{exists: {paths: [/abs/*]}}, {exists: [docs/]}]]}\n\
                d: {script: x, only: {changes: [app/]}}\n\
                e: {script: x, rules: [{changes: [$DIR/*, a//b]}]}\n";
    let report = of(text).unwrap().report();
    let found: Vec<String> = report
        .sorted()
        .iter()
        .map(|finding| format!("{} {}", finding.code.as_str(), finding.message))
        .collect();
    let globs = ["./x/*", "/abs/*", "app/", "a//b"];
    assert_eq!(found.len(), globs.len(), "{found:#?}");
    for (found, glob) in found.iter().zip(globs) {
        let begins = format!("unmatchable-glob `{glob}` matches no file");
        assert!(found.starts_with(&begins), "{found}");
    }
}
