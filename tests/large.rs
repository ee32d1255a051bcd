//! A manifest of thousands of jobs compiles, and what is written is what was planned.

#![allow(clippy::expect_used, reason = "test code outside of test functions")]

#[path = "../benches/large/mod.rs"]
mod large;

use std::collections::BTreeSet;
use std::time::Instant;

use windlass::compile::{Compiled, compile};
use windlass::finding::{Code, Severity};
use windlass::pipeline::{Origin, Pipeline};
use windlass::render;
use windlass::source::Source;
use windlass::verify::verify;

/// What the language is meant to bear; some seconds without optimization, under one with it.
const MANY: usize = 10_000;

fn compiled(jobs: usize) -> Compiled {
    let source = Source::new("windlass.yml", large::manifest(jobs));
    compile(&source, &large::AnyProject).expect("no internal error")
}

/// The names of the jobs, without those that ask a cluster what runs: the parts do not count them.
fn counted(pipeline: &Pipeline) -> BTreeSet<&str> {
    let jobs = pipeline.jobs.iter();
    let jobs = jobs.filter(|job| !matches!(job.origin, Origin::Running(_)));
    jobs.map(|job| job.name.as_str()).collect()
}

#[test]
fn thousands_of_jobs_compile_to_what_was_planned() {
    let start = Instant::now();
    let compiled = compiled(MANY);
    eprintln!("{MANY} jobs in {:?}", start.elapsed());
    // So many are refused, but only because GitLab refuses them.
    let found = compiled.report.sorted().into_iter();
    let codes = found.map(|finding| finding.code);
    let errors: Vec<Code> = codes
        .filter(|code| code.severity() == Severity::Error)
        .collect();
    assert_eq!(errors, [Code::PipelineTooLarge]);
    let pipeline = compiled.lowered.expect("no other errors").pipeline;
    let names = counted(&pipeline);
    assert_eq!(names.len(), MANY);
    for part in 0..MANY / 10 {
        assert!(names.contains(format!("deploy-prod-{part}").as_str()));
    }
    let mut document = pipeline.to_document();
    let text = render::pipeline(&document).expect("a text");
    assert!(verify(&text, &document).is_ok());
    // The comparison reaches the last job.
    let section = document.sections.last_mut().expect("sections");
    let last = section.jobs.last_mut().expect("jobs");
    last.keys.set("stage", "elsewhere");
    let mismatch = verify(&text, &document).expect_err("a mismatch");
    assert_eq!(mismatch.planned, "\"elsewhere\"");
}

#[test]
fn a_part_of_the_manifest_does_not_depend_on_how_many_follow() {
    let few = compiled(20).lowered.expect("no errors").pipeline;
    let many = compiled(200).lowered.expect("no errors").pipeline;
    for mut job in few.jobs {
        let mut same = many
            .jobs
            .iter()
            .find(|other| other.name == job.name)
            .expect("the same job")
            .clone();
        same.place = job.place;
        job.comment.clone_from(&same.comment);
        // A clean-up waits for every task, as nobody knows which images its commands use.
        if matches!(job.origin, Origin::Cleanup(_)) {
            job.needs.clone_from(&same.needs);
        }
        assert_eq!(job, same);
    }
}

#[test]
fn any_number_of_jobs_is_exact() {
    for jobs in [1, 9, 10, 11, 57] {
        let pipeline = compiled(jobs).lowered.expect("no errors").pipeline;
        assert_eq!(counted(&pipeline).len(), jobs);
    }
}
