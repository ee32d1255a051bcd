//! A pipeline that the workflow admits is created, and has something in it.

use super::Proof;
use super::counter_example::named;
use crate::config::Job;
use crate::finding::{Code, Finding};
use crate::plan::{Absence, Failure, FailureKind, Plan};
use crate::source::Span;

pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    for failure in plan.failures.iter().filter(|failure| failure.certain) {
        fails(proof, plan, failure);
    }
    match plan.absence {
        Some(Absence::NoJobs) if proof.own_workflow => empty(proof, plan),
        Some(Absence::OnlyEdges) => only_edges(proof, plan),
        Some(Absence::NoJobs | Absence::Workflow(_)) | None => {}
    }
}

fn fails(proof: &mut Proof<'_>, plan: &Plan, failure: &Failure) {
    let config = proof.config;
    let name = &failure.job;
    let index = proof.by_name.get(name.as_str()).copied();
    let job = index.and_then(|index| config.jobs.get(index));
    let place = job.map_or(failure.place.span, |job| proof.home(job));
    let on = named(&plan.situation);
    let finding = match &failure.kind {
        FailureKind::NeedAbsent(other) => {
            if !proof.is_new(Code::NeedMissing, format!("{name}\0{other}")) {
                return;
            }
            let place = job.map_or(place, |job| need(proof, job, other));
            let message = format!("`{name}` needs `{other}`, which is missing on {on}");
            let needed = proof.by_name.get(other.as_str()).copied();
            let needed = needed.and_then(|index| config.jobs.get(index));
            let mut finding = Finding::new(Code::NeedMissing, place, message);
            if let Some(needed) = needed {
                finding = finding.related(proof.home(needed), "this job is not there");
            }
            finding
                .help("GitLab then refuses the whole pipeline")
                .help(format!(
                    "write `{{job: {other}, optional: true}}`, or let both run on the same refs"
                ))
        }
        // Never certain: what an include leaves open is said once for all.
        FailureKind::NeedUnread(_) | FailureKind::Refused(_) => return,
        FailureKind::TooManyNeeds(count) => {
            if !proof.is_new(Code::OutOfRange, name.as_str()) {
                return;
            }
            let place = job.map_or(place, |job| proof.place(job, &["needs"]));
            let message = format!("`{name}` needs {count} jobs on {on}; GitLab takes 50");
            Finding::new(Code::OutOfRange, place, message)
                .help("need fewer jobs, or wait for the stage")
        }
        FailureKind::CircularVariables(names) => {
            if !proof.is_new(Code::CircularVariables, names.join("\0")) {
                return;
            }
            let first = names.first().map(String::as_str).unwrap_or_default();
            let own = job.filter(|job| job.variables.contains_key(first));
            let place = match own {
                Some(job) => proof.place(job, &["variables", first]),
                None => {
                    let path = ["variables".to_owned(), first.to_owned()];
                    proof.places.global(&path).unwrap_or(place)
                }
            };
            let ring = names.join("` -> `");
            let message =
                format!("variables of `{name}` refer to each other: `{ring}` -> `{first}`");
            Finding::new(Code::CircularVariables, place, message)
                .help("GitLab then refuses the whole pipeline")
                .help("write one of the values out")
        }
        FailureKind::Raises => {
            if !proof.is_new(Code::Refused, name.as_str()) {
                return;
            }
            let place = job.map_or(place, |job| proof.place(job, &["rules"]));
            let message = format!("a condition of `{name}` breaks off the pipeline on {on}");
            Finding::new(Code::Refused, place, message)
                .help("GitLab fails on `true` at the right of `=~`: compare with `==`")
        }
    };
    proof.report(finding, &plan.situation);
}

/// Where a job says that it needs another: a name in a list, or under `job`.
fn need(proof: &Proof<'_>, job: &Job, other: &str) -> Span {
    let ways: [&[&str]; 2] = [&["needs", other], &["needs", "job", other]];
    let asked = ways.into_iter().find_map(|path| {
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        proof.places.exactly(job.origin.as_ref()?, &path)
    });
    asked.unwrap_or_else(|| proof.place(job, &["needs"]))
}

fn empty(proof: &mut Proof<'_>, plan: &Plan) {
    if !proof.is_new(Code::EmptyPipeline, "") {
        return;
    }
    let workflow = proof.places.global(&["workflow".to_owned()]);
    let on = named(&plan.situation);
    let message = format!("the workflow wants a pipeline on {on}, and no job is in it");
    let finding = Finding::new(Code::EmptyPipeline, workflow.unwrap_or_default(), message)
        .help("leave it out in `workflow`, or let a job run there");
    proof.report(finding, &plan.situation);
}

fn only_edges(proof: &mut Proof<'_>, plan: &Plan) {
    let present = proof.present(plan);
    let Some(first) = present.first() else { return };
    if !proof.is_new(Code::OnlyPrePost, first.job.name.as_str()) {
        return;
    }
    let on = named(&plan.situation);
    let name = &first.job.name;
    let message = format!("`{name}` never starts on {on}: only `.pre` and `.post` have jobs there");
    let place = proof.place(first.job, &["stage"]);
    let finding = Finding::new(Code::OnlyPrePost, place, message)
        .help("GitLab creates no such pipeline: give the job another stage, or fewer refs");
    proof.report(finding, &plan.situation);
}
