//! Entities that are each valid and contradict each other: what they would compile to is broken or
//! dangerous, so each is a finding.

use windlass::finding::Code;

use crate::{Everything, codes, report, shown};

/// What contradicts, the manifest without its first line, and the code.
const CONTRADICTIONS: &[(&str, &str, Code)] = &[
    (
        "a build that is only there if needed, in a group",
        "images: {app: {group: apps, role: toolchain, rebuild: {older_than: 7d}}}",
        Code::Exclusive,
    ),
    (
        "a group with the name of a job",
        "images: {app: {group: build-app}}",
        Code::DuplicateName,
    ),
    (
        "two images with one variable",
        "images: {a-b: {}, a_b: {}}",
        Code::DuplicateName,
    ),
    (
        "a variable of the user with a generated name",
        "images: {app: {}}\nvariables: {IMAGE_APP: x}",
        Code::DuplicateName,
    ),
    (
        "a digest of the user with a generated name",
        "images: {app: {}}\nvariables: {IMAGE_APP_DIGEST: x}",
        Code::DuplicateName,
    ),
    (
        "a job's variable with a generated name",
        "images: {app: {}}\ntests: {a: {image: app, script: x, variables: {IMAGE_APP: x}}}",
        Code::DuplicateName,
    ),
    (
        "a ref set's variable with a generated name",
        "images: {app: {}}\nrefs: {m: {branches: [main], variables: {IMAGE_APP: x}}}\ntests: {a: {image: app, script: x, refs: m}}",
        Code::DuplicateName,
    ),
    (
        "an image whose variable is the digest of another",
        "images: {app: {}, app-digest: {}}",
        Code::DuplicateName,
    ),
    (
        "two images with one repository and tag",
        "images: {a: {repository: $CI_REGISTRY_IMAGE}, b: {repository: $CI_REGISTRY_IMAGE}}",
        Code::DuplicateName,
    ),
    (
        "a further tag that is the tag of another image",
        "images: {a: {repository: r/x, tag: one}, b: {repository: r/x, tag: two, also_tag: [one]}}",
        Code::DuplicateName,
    ),
    (
        "the override is a compose file",
        "compose: {files: [docker-compose.yml], override: ./docker-compose.yml, services: {a: app}}\nimages: {app: {}}",
        Code::DuplicateName,
    ),
    (
        "the override is the default compose file",
        "compose: {override: docker-compose.yml, services: {a: app}}\nimages: {app: {}}",
        Code::DuplicateName,
    ),
    (
        "the override is the pipeline",
        "compose: {override: x/../.gitlab-ci.yml, services: {a: app}}\nimages: {app: {}}",
        Code::DuplicateName,
    ),
    (
        "a folder as the override",
        "compose: {override: ., services: {a: app}}\nimages: {app: {}}",
        Code::BadPath,
    ),
    (
        "a variable as the override",
        "compose: {override: $FILE, services: {a: app}}\nimages: {app: {}}",
        Code::BadPath,
    ),
    (
        "one image in two compose services, of which none is chosen",
        "compose: {services: {a: app, a: app}}\nimages: {app: {}}",
        Code::DuplicateKey,
    ),
    (
        "a raw job in a stage that `job` renames",
        "images: {app: {job: {stage: nowhere}}}",
        Code::KeyBesideJob,
    ),
    (
        "a service and its twin under one host name",
        "tests: {a: {image: 'a:1', script: x, services: [{name: 'b:1', alias: db}, {name: 'c:1', alias: db}]}}",
        Code::DuplicateName,
    ),
    (
        "a stage that GitLab has already",
        "stages: [.pre, test]\njobs: {a: {script: x}}",
        Code::BadName,
    ),
    (
        "a stage without a name",
        "stages: ['', test]\njobs: {a: {script: x}}",
        Code::BadName,
    ),
    (
        "an include that YAML readers see differently",
        "include: [{local: ci.yml, optional: on}]\njobs: {a: {script: x}}",
        Code::NotQuoted,
    ),
    ("nothing to run", "images: {}", Code::Empty),
    ("only hidden jobs", "jobs: {.a: {script: x}}", Code::Empty),
    (
        "a cleanup before the deployment",
        "stages: [cleanup, build, build-prod, deploy]\nkubernetes: {agent: 'a:b'}\nrefs: {m: [main]}\nimages: {web: {role: production, retention: {keep_n: 3}}}\nenvironments: {live: {refs: m, deploy: {set_image: {deployment/a: {a: web}}}}}",
        Code::NeedsOrder,
    ),
    (
        "a cleanup before the tests that use the image",
        "stages: [build, cleanup, test]\nimages: {ci: {role: test, retention: pipeline}}\ntests: {a: {image: ci, script: x}}",
        Code::NeedsOrder,
    ),
    (
        "a test before the build of its image",
        "stages: [test, build]\nimages: {app: {}}\ntests: {a: {image: app, script: x}}",
        Code::NeedsOrder,
    ),
    (
        "a deployment before the build of its image",
        "stages: [deploy, build]\nkubernetes: {agent: 'a:b'}\nrefs: {m: [main]}\nimages: {app: {}}\nenvironments: {live: {refs: m, deploy: {set_image: {deployment/a: {a: app}}}}}",
        Code::NeedsOrder,
    ),
    (
        "a manual build of an image that a test uses",
        "images: {app: {when: manual}}\ntests: {a: {image: app, script: x}}",
        Code::NeedsOrder,
    ),
    (
        "a test image without a retention by digest, deployed by its tag",
        "kubernetes: {agent: 'a:b'}\nrefs: {m: [main]}\nimages: {app: {role: test, retention: pipeline}}\nenvironments: {live: {refs: m, deploy: {set_image: {deployment/a: {a: app}}}}}",
        Code::ImageRole,
    ),
    (
        "an app whose tag goes at the end of the pipeline that deploys it",
        "kubernetes: {agent: 'a:b'}\nrefs: {m: [main]}\nimages: {app: {retention: pipeline}}\nenvironments: {live: {refs: m, deploy: {set_image: {deployment/a: {a: app}}}}}",
        Code::Exclusive,
    ),
    (
        "an image value of an image that does not exist",
        "variables: {A: {image: nothing}}\njobs: {a: {script: x}}",
        Code::UnknownImage,
    ),
    (
        "an image value in an environment's variables",
        "kubernetes: {agent: 'a:b'}\nrefs: {m: [main]}\nimages: {app: {}}\nenvironments: {live: {refs: m, variables: {A: {image: nothing}}, deploy: {set_image: {deployment/a: {a: app}}}}}",
        Code::UnknownImage,
    ),
    (
        "a duplicated container of a workload",
        "kubernetes: {agent: 'a:b'}\nrefs: {m: [main]}\nimages: {app: {}}\nenvironments: {live: {refs: m, deploy: {set_image: {deployment/a: {a: app}, 'deployment/a': {b: app}}}}}",
        Code::DuplicateKey,
    ),
    (
        "a need that stands twice",
        "tests: {a: {image: 'a:1', script: x}, b: {image: 'a:1', script: x, needs: [a, a]}}",
        Code::DuplicateName,
    ),
    (
        "sources of pipelines that are none",
        "refs: {m: {branches: [main], sources: [scheduled]}}\njobs: {a: {script: x, refs: m}}",
        Code::UnknownWord,
    ),
    (
        "no source of pipelines, which would be any",
        "refs: {m: {branches: [main], sources: []}}\njobs: {a: {script: x, refs: m}}",
        Code::Empty,
    ),
    (
        "no target of merge requests, which would be any",
        "refs: {m: {merge_requests: {target: []}}}\njobs: {a: {script: x, refs: m}}",
        Code::Empty,
    ),
    (
        "a job that needs a manual one",
        "tests: {a: {image: 'a:1', script: x, when: manual, allow_failure: false, needs: [b]}, b: {image: 'a:1', script: x, needs: [a]}}",
        Code::NeedsOrder,
    ),
];

/// What only looks like a contradiction.
const FINE: &[(&str, &str)] = &[
    (
        "hidden jobs with the names of generated ones: those get other names",
        "images: {app: {}}\nrefs: {m: [main]}\njobs: {.docker: {script: x}, .refs-m: {script: x}, a: {refs: m, script: x}}",
    ),
    (
        "two ways to deploy to one environment",
        "kubernetes: {agent: 'a:b'}\nrefs: {m: [main], r: {tags: [v1]}}\nimages: {app: {}}\nenvironments:\n  one: {name: live, refs: m, deploy: {set_image: {deployment/a: {a: app}}}}\n  two: {name: live, refs: r, deploy: {set_image: {deployment/a: {a: app}}}}",
    ),
    (
        "a test in the stage of its image's build that waits for it",
        "images: {app: {}}\ntests: {a: {stage: build, image: app, script: x, needs: []}}",
    ),
    (
        "a manual build that the pipeline waits for",
        "images: {app: {when: manual, allow_failure: false}}\ntests: {a: {image: app, script: x}}",
    ),
    (
        "all jobs come from another file",
        "include: [{local: ci.yml}]",
    ),
];

#[test]
fn what_only_looks_like_one_compiles() {
    for (what, text) in FINE {
        let text = format!("windlass: 1\n{text}\n");
        // What an include leaves open is said of each.
        let found = report(&text, &Everything);
        let found = found.filtered(|finding| finding.code != Code::UnreadInclude);
        assert!(found.is_empty(), "{what}:\n{}", shown(&found));
    }
}

#[test]
fn contradictions_are_findings() {
    let mut silent = Vec::new();
    for (what, text, code) in CONTRADICTIONS {
        let text = format!("windlass: 1\n{text}\n");
        let found = std::panic::catch_unwind(|| report(&text, &Everything));
        match found {
            Ok(found) if codes(&found).contains(code) => {}
            Ok(found) => silent.push(format!("{what}: no {code}\n{}", shown(&found))),
            Err(_) => silent.push(format!("{what}: fails")),
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// GitLab below 12.7 takes 5 needs, below 13.8 takes 10.
#[test]
fn there_are_no_more_needs_than_the_target_takes() {
    for (target, count, fits) in [
        ("12.6", 5, true),
        ("12.6", 6, false),
        ("12.7", 6, true),
        ("13.7", 10, true),
        ("13.7", 11, false),
        ("13.8", 11, true),
    ] {
        let names: Vec<String> = (0..count).map(|n| format!("j{n}")).collect();
        let jobs: String = names
            .iter()
            .map(|name| format!("  {name}: {{stage: build, script: x}}\n"))
            .collect();
        let needs = names.join(", ");
        let text = format!(
            "windlass: 1\ngitlab: '{target}'\njobs:\n{jobs}  last: {{script: x, needs: [{needs}]}}\n"
        );
        let found = report(&text, &Everything);
        let wanted: Vec<Code> = (!fits).then_some(Code::NeedsVersion).into_iter().collect();
        let codes: Vec<Code> = codes(&found).into_iter().collect();
        assert_eq!(codes, wanted, "{target} {count}:\n{}", shown(&found));
    }
}

/// A need counts with the values of the row, and below 17.4 half as much is taken.
#[test]
fn a_needed_name_is_no_longer_than_the_target_takes() {
    // The whole name is `a: [VALUE]`.
    for (target, length, code) in [
        ("17.3", 128, None),
        ("17.3", 129, Some(Code::NeedsVersion)),
        ("17.4", 129, None),
        ("17.4", 255, None),
        ("17.4", 256, Some(Code::Refused)),
    ] {
        let value = "x".repeat(length - "a: []".len());
        // A rule names one copy.
        let of_rule = format!("rules: [{{if: $A, needs: [{{job: 'a: [{value}]'}}]}}]");
        for (needs, line) in [("needs: [a]", 5), (of_rule.as_str(), 5)] {
            let text = format!(
                "windlass: 1\ngitlab: '{target}'\njobs:\n  a: {{script: x, parallel: {{matrix: [{{A: [{value}]}}]}}}}\n  b: {{script: x, {needs}}}\n"
            );
            let found = report(&text, &Everything);
            let of_needs = |code: &Code| codes(&found).contains(code);
            assert!(code.iter().all(of_needs), "{target} {length} {needs}");
            match code {
                None => assert!(found.is_empty(), "{}", shown(&found)),
                Some(Code::NeedsVersion) => {
                    let place = format!("windlass.yml:{line}:");
                    assert!(shown(&found).starts_with(&place), "{needs}");
                }
                Some(_) => {}
            }
        }
    }
}
