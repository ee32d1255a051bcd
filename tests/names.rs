//! A name is a name: what a job is, and what is shared, never follows from how something is called.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::sample::subsequence;
use windlass::check::Files;
use windlass::compile::{Compiled, compile};
use windlass::finding::Report;
use windlass::lower::lower;
use windlass::manifest;
use windlass::pipeline::{Job, Pipeline, Value};
use windlass::render;
use windlass::source::{Limits, Source, parse};

struct Everything;

impl Files for Everything {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

fn compiled(manifest: &str) -> Compiled {
    let source = Source::new("windlass.yml", manifest);
    compile(&source, &Everything).unwrap_or_else(|error| panic!("{error}\n{manifest}"))
}

/// The pipeline of a manifest without errors.
fn pipeline(manifest: &str) -> Pipeline {
    let compiled = compiled(manifest);
    let Some(lowered) = compiled.lowered else {
        panic!("{:#?}\n{manifest}", compiled.report.sorted())
    };
    lowered.pipeline
}

fn job<'p>(pipeline: &'p Pipeline, name: &str) -> &'p Job {
    let jobs = &mut pipeline.jobs.iter();
    jobs.find(|job| job.name == name).unwrap()
}

/// Names of windlass's own anchors and hidden jobs.
const OWN: [&str; 13] = [
    "buildx",
    "docker",
    "docker-variables",
    "kubectl",
    "kubernetes",
    "buildah",
    "buildkit",
    "registry-script",
    "registry-functions",
    "rollout",
    "rollout-or-undo",
    "substitute",
    "helm-string",
];

/// Everything that makes windlass share something of its own, on one ref set.
fn sharing(set: &str) -> String {
    let two = |one: &str| format!("  {one}-1: {{{one}}}\n  {one}-2: {{{one}}}\n");
    let builders = ["buildx", "docker", "buildah", "buildkit"];
    let images = builders.map(|builder| {
        two(builder).replace(
            &format!("{{{builder}}}"),
            &format!("{{builder: {builder}, refs: {set}, retention: {{keep_n: 2}}}}"),
        )
    });
    let drivers = [
        ("set", "set_image: {deployment/x: {x: buildx-1}}"),
        ("apply", "apply: {files: [k8s], envsubst: [IMAGE_BUILDX_1]}"),
        ("helm", "helm: {release: x, chart: c, set: {a: '$B,x'}}"),
    ];
    let environments = drivers.map(|(name, deploy)| {
        let one = |number| {
            format!("  {name}-{number}: {{refs: {set}, images: buildx-1, deploy: {{{deploy}}}}}\n")
        };
        one(1) + &one(2)
    });
    format!(
        "windlass: 1\nkubernetes: {{agent: 'a:b'}}\nrefs: {{{set}: [main]}}\nimages:\n{}\
         tests:\n  t-1: {{image: 'debian:13', refs: {set}, script: x}}\n  \
         t-2: {{image: 'debian:13', refs: {set}, script: x}}\n  \
         everywhere: {{image: 'debian:13', script: x}}\nenvironments:\n{}\
         jobs:\n  .{set}: {{script: [x]}}\n  .refs-{set}: {{script: [x]}}\n",
        images.concat(),
        environments.concat(),
    )
}

#[test]
fn a_ref_set_may_be_named_like_anything_that_windlass_shares() {
    let plain = pipeline(&sharing("live"));
    let plain_text = render::pipeline(&plain.to_document()).unwrap();
    let anchors = |text: &str| text.matches(" &").count();
    for set in OWN {
        let named = pipeline(&sharing(set));
        for job in plain.jobs.iter().filter(|job| !job.is_hidden()) {
            let other = self::job(&named, &job.name);
            assert_eq!(
                Value::from(job.to_mapping()).resolved(),
                Value::from(other.to_mapping()).resolved(),
                "{set}"
            );
        }
        let text = render::pipeline(&named.to_document()).unwrap();
        assert_eq!(anchors(&text), anchors(&plain_text), "{set}\n{text}");
        let taken = plain_text.contains(&format!(" &{set}\n"))
            || plain_text.contains(&format!(" &{set} |\n"));
        assert_eq!(
            text.contains(&format!(" &refs-{set}\n")),
            taken,
            "{set}\n{text}"
        );
    }
}

#[test]
fn a_union_and_a_set_of_its_name_are_two() {
    let manifest = "windlass: 1\n\
         refs: {a: [x], b: [y], a-or-b: [z]}\n\
         tests:\n  one: {image: 'debian:13', refs: [a, b], script: x}\n  \
         two: {image: 'debian:13', refs: [a, b], script: x}\n  \
         three: {image: 'debian:13', refs: a-or-b, script: x}\n  \
         four: {image: 'debian:13', refs: a-or-b, script: x}\n";
    let text = render::pipeline(&pipeline(manifest).to_document()).unwrap();
    assert!(text.contains("rules: &a-or-b\n"), "{text}");
    assert!(text.contains("rules: &refs-a-or-b\n"), "{text}");
}

#[test]
fn nothing_extends_a_hidden_job_of_windlass() {
    let manifest = "windlass: 1\nimages: {app: {}}\n\
         jobs: {mine: {stage: test, extends: .docker, script: [x]}}\n";
    let compiled = compiled(manifest);
    let findings = compiled.report.sorted();
    let refused = findings.iter().any(|one| one.message.contains(".docker"));
    assert!(compiled.lowered.is_none() || refused, "{findings:?}");
    assert!(refused, "{findings:?}");
}

#[test]
fn a_test_may_be_named_like_a_part_of_an_entity() {
    for name in [
        "integration.stop",
        "app.retention",
        "app.rebuild",
        "images.app",
        "stop",
    ] {
        let manifest = format!(
            "windlass: 1\nimages: {{app: {{role: test, retention: pipeline}}}}\ntests:\n  \
             unit: {{image: app, script: make unit}}\n  \
             {name}: {{image: 'docker:29', variables: {{APP: {{image: app}}}}, script: 'docker run \"$APP\"'}}\n"
        );
        let pipeline = pipeline(&manifest);
        let needs = job(&pipeline, "cleanup-app").needs.iter().flatten();
        let needs: Vec<&str> = needs.map(|need| need.job.as_str()).collect();
        assert_eq!(needs, ["build-app", "unit", name], "{manifest}");
    }
}

#[test]
fn an_image_may_not_take_the_variable_of_another_ones_check() {
    for (name, rebuild, refused) in [
        ("app-current", true, true),
        ("app-tag", true, true),
        ("app-digest", false, true),
        ("app-current", false, false),
    ] {
        let rebuild = if rebuild {
            "rebuild: {older_than: 1 week}"
        } else {
            ""
        };
        let compiled = compiled(&format!(
            "windlass: 1\nimages:\n  app: {{role: toolchain, {rebuild}}}\n  {name}: {{}}\n"
        ));
        let duplicate = codes(&compiled).contains(&"DuplicateName".to_owned());
        assert_eq!(duplicate, refused, "{name} {:?}", compiled.report.sorted());
    }
}

/// Words that mean something to windlass or to GitLab, as names of anything.
const WORDS: [&str; 34] = [
    "stop",
    "cleanup",
    "mark",
    "refs",
    "build",
    "check",
    "deploy",
    "promote",
    "run",
    "force-build",
    "retention",
    "rebuild",
    "deployed_tag",
    "images",
    "tests",
    "tasks",
    "environments",
    "promotions",
    "jobs",
    "defaults",
    "buildx",
    "docker",
    "kubectl",
    "kubernetes",
    "registry-script",
    "pre",
    "test",
    "build-stop",
    "stop-mark",
    "mark-stop",
    "x_stop",
    "x-stop",
    "digest",
    "0",
];

/// Names that tests, tasks and raw jobs may have besides.
const DOTTED: [&str; 16] = [
    "x.stop",
    "a.b",
    "stop.stop",
    "images.stop",
    "tests.x",
    "jobs.stop",
    "environments.stop",
    "environments.stop.stop",
    "stop.retention",
    "build.rebuild",
    "x.deployed_tag",
    "pre.",
    "a b",
    "Stop",
    "check: [stop]",
    "é",
];

/// The names of a manifest, by collection.
#[derive(Debug, Clone)]
struct Named {
    refs: Vec<String>,
    images: Vec<String>,
    tests: Vec<String>,
    tasks: Vec<String>,
    environments: Vec<String>,
    promotions: Vec<String>,
    jobs: Vec<String>,
}

impl Named {
    /// Names that say nothing. Each begins with a letter that is nowhere else in a manifest.
    fn plain() -> Self {
        let some = |kind: &str, count: usize| (0..count).map(|at| format!("q{kind}{at}")).collect();
        Self {
            refs: some("r", 2),
            images: some("i", 4),
            tests: some("t", 3),
            tasks: some("k", 1),
            environments: some("e", 3),
            promotions: some("p", 1),
            jobs: some("j", 2),
        }
    }

    fn all(&self) -> Vec<&String> {
        [
            &self.refs,
            &self.images,
            &self.tests,
            &self.tasks,
            &self.environments,
            &self.promotions,
            &self.jobs,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// A text about the plain names, about these.
    fn replaced(&self, text: &str) -> String {
        let plain = Self::plain();
        let upper = |name: &str| name.to_ascii_uppercase().replace('-', "_");
        let mut out = String::new();
        let mut rest = text;
        'text: while let Some(first) = rest.chars().next() {
            let pairs = plain.all().into_iter().zip(self.all());
            for (name, own) in pairs.filter(|_| matches!(first, 'q' | 'Q')) {
                if let Some(after) = rest.strip_prefix(name.as_str()) {
                    out.push_str(own);
                    rest = after;
                    continue 'text;
                }
                if let Some(after) = rest.strip_prefix(&name.to_ascii_uppercase()) {
                    out.push_str(&upper(own));
                    rest = after;
                    continue 'text;
                }
            }
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
        out
    }

    fn manifest(&self) -> String {
        let quoted = |names: &[String]| -> Vec<String> {
            names.iter().map(|name| format!("{name:?}")).collect()
        };
        let [refs, images, tests, tasks, environments, promotions, jobs] = [
            &self.refs,
            &self.images,
            &self.tests,
            &self.tasks,
            &self.environments,
            &self.promotions,
            &self.jobs,
        ]
        .map(|names| quoted(names));
        let variable = self.images[1].to_ascii_uppercase().replace('-', "_");
        format!(
            "windlass: 1
kubernetes: {{agent: 'infra/agents:production'}}
compose: {{services: {{web: {i0}}}}}
refs:
  {r0}: [main]
  {r1}: {{tags: ['/^v/']}}
images:
  {i0}: {{role: test, retention: pipeline}}
  {i1}: {{refs: [{r0}, {r1}], retention: {{keep_n: 3}}}}
  {i2}: {{role: toolchain, refs: [{r0}], rebuild: {{older_than: 1 week, manual: true}}}}
  {i3}: {{refs: [{r0}], build_args: {{BASE: {{image: {i2}}}}}, retention: {{keep_n: 2}}}}
tests:
  {t0}: {{image: {i0}, script: make unit}}
  {t1}: {{image: 'docker:29', variables: {{APP: {{image: {i0}}}}}, script: 'docker run \"$APP\"'}}
  {t2}: {{image: {i0}, via: compose, script: make e2e}}
tasks:
  {k0}: {{stage: test, image: {i0}, refs: {r0}, script: x}}
environments:
  {e0}:
    name: production
    refs: {r0}
    when: manual
    deployed_tag: live
    deploy: {{set_image: {{deployment/x: {{a: {i1}, b: {i3}}}}}}}
  {e1}:
    name: review/$CI_COMMIT_REF_SLUG
    refs: {r0}
    kubernetes: {{namespace: review-$CI_COMMIT_REF_SLUG}}
    deploy: {{helm: {{release: x, chart: c, set: {{image: {{image: {i1}}}}}}}}}
    stop: {{delete: namespace}}
  {e2}:
    name: versions
    refs: {r1}
    deployed_tag: version
    deploy: {{set_image: {{deployment/x: {{a: {i1}}}}}}}
promotions:
  {p0}: {{image: {i1}, refs: {r1}, to: $CI_COMMIT_TAG}}
jobs:
  {j0}: {{stage: test, refs: {r0}, image: $IMAGE_{variable}, script: [x]}}
  {j1}: {{stage: test, refs: {r0}, script: [x], needs: [{t0}]}}
",
            i0 = images[0],
            i1 = images[1],
            i2 = images[2],
            i3 = images[3],
            r0 = refs[0],
            r1 = refs[1],
            t0 = tests[0],
            t1 = tests[1],
            t2 = tests[2],
            k0 = tasks[0],
            e0 = environments[0],
            e1 = environments[1],
            e2 = environments[2],
            p0 = promotions[0],
            j0 = jobs[0],
            j1 = jobs[1],
        )
    }
}

fn named() -> impl Strategy<Value = Named> {
    let words = |count: usize| {
        let some = subsequence(WORDS.to_vec(), count).prop_shuffle();
        some.prop_map(|names| -> Vec<String> { names.into_iter().map(str::to_owned).collect() })
    };
    let any = |count: usize| {
        let all: Vec<&str> = WORDS.into_iter().chain(DOTTED).collect();
        let some = subsequence(all, count).prop_shuffle();
        some.prop_map(|names| -> Vec<String> { names.into_iter().map(str::to_owned).collect() })
    };
    (
        words(2),
        words(4),
        any(3),
        any(1),
        words(3),
        words(1),
        any(2),
    )
        .prop_map(
            |(refs, images, tests, tasks, environments, promotions, jobs)| Named {
                refs,
                images,
                tests,
                tasks,
                environments,
                promotions,
                jobs,
            },
        )
}

/// The jobs as GitLab sees them, in order, about other names.
fn shown(pipeline: &Pipeline, replace: impl Fn(&str) -> String + Copy) -> Vec<(String, Value)> {
    let jobs = pipeline.jobs.iter();
    jobs.map(|job| {
        let keys = Value::from(job.to_mapping()).resolved();
        (replace(&job.name), renamed(&keys, replace))
    })
    .collect()
}

/// The words of a command: a longer name may break its line elsewhere.
fn words(text: &str) -> String {
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| *word != "\\")
        .collect();
    words.join(" ")
}

fn renamed(value: &Value, replace: impl Fn(&str) -> String + Copy) -> Value {
    match value {
        Value::Str(text) => Value::Str(words(&replace(text))),
        Value::Seq(items) => items
            .iter()
            .map(|item| renamed(item, replace))
            .collect::<Vec<_>>()
            .into(),
        Value::Map(map) => {
            let entries = map.iter();
            let entries = entries.map(|(key, value)| (replace(key), renamed(value, replace)));
            Value::Map(entries.collect())
        }
        other => other.clone(),
    }
}

fn codes(compiled: &Compiled) -> Vec<String> {
    let findings = compiled.report.sorted();
    let mut codes: Vec<String> = findings
        .iter()
        .map(|one| format!("{:?}", one.code))
        .collect();
    codes.sort();
    codes
}

/// What a manifest is lowered to, unproved.
fn lowered(manifest: &str) -> Pipeline {
    let source = Source::new("windlass.yml", manifest);
    let mut report = Report::default();
    let root = parse(&source, Limits::MANIFEST, &mut report).unwrap();
    lower(&manifest::read(&root, &mut report).unwrap()).pipeline
}

/// What the manifest of these names must become; nothing if two of them may not meet.
fn wanted(named: &Named) -> Option<Vec<(String, Value)>> {
    let plain = lowered(&Named::plain().manifest());
    let wanted = shown(&plain, |text| named.replaced(text));
    let names: HashSet<&String> = wanted.iter().map(|(name, _)| name).collect();
    // Two jobs of one name are refused, and so are images that share a variable.
    let images = named.images.iter().map(|name| name.replace('_', "-"));
    let images: HashSet<String> = images.collect();
    (names.len() == wanted.len() && images.len() == named.images.len()).then_some(wanted)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// With other names the same happens, under these names.
    #[test]
    fn names_change_nothing(named in named()) {
        let wanted = wanted(&named);
        prop_assume!(wanted.is_some());
        let manifest = named.manifest();
        let got = shown(&lowered(&manifest), str::to_owned);
        for (got, wanted) in got.iter().zip(wanted.iter().flatten()) {
            prop_assert_eq!(got, wanted, "{}", manifest);
        }
        prop_assert_eq!(got.len(), wanted.unwrap_or_default().len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, failure_persistence: None, ..ProptestConfig::default() })]

    /// And the whole of it is checked, proved, written and read back.
    #[test]
    fn any_name_is_proved(named in named()) {
        prop_assume!(wanted(&named).is_some());
        let manifest = named.manifest();
        let other = compiled(&manifest);
        prop_assert!(other.lowered.is_some(), "{:#?}\n{}", other.report.sorted(), manifest);
        let plain = compiled(&Named::plain().manifest());
        prop_assert_eq!(codes(&other), codes(&plain), "{}", manifest);
    }
}
