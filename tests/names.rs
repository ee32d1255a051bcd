//! A name is a name: what a job is, and what is shared, never follows from how something is called.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails here fails a test"
)]

use windlass::check::Files;
use windlass::compile::{Compiled, compile};
use windlass::pipeline::{Job, Pipeline};
use windlass::render;
use windlass::source::Source;

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
const OWN: [&str; 14] = [
    "buildx",
    "docker",
    "docker-variables",
    "kubectl",
    "kubernetes",
    "kaniko",
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
    let builders = ["buildx", "docker", "kaniko", "buildah", "buildkit"];
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
         t-2: {{image: 'debian:13', refs: {set}, script: x}}\nenvironments:\n{}\
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
                windlass::pipeline::Value::from(job.to_mapping()).resolved(),
                windlass::pipeline::Value::from(other.to_mapping()).resolved(),
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
