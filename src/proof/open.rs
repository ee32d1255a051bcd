//! What an include that is not read leaves open.
//!
//! In: an include. Out: one warning at its line that names the promises. Always holds: what is not
//! proved because of an include is said; a job that names nothing of it is proved as it stands here.

use super::Proof;
use super::included::Keys;
use crate::config::{Job, Unresolved};
use crate::finding::{Code, Finding, Report};
use crate::plan::{Situation, named};

/// What a job of such an include may break, whatever is here.
const PROMISES: &str = "that each pipeline is created and has a job, that one push makes one \
                        pipeline, that no other job deploys, cancels a deployment, or uses an image \
                        before it is built and after it is deleted";

/// The keys of a job that decide whether a promise holds.
const DECIDING: [&str; 11] = [
    "rules",
    "when",
    "allow_failure",
    "needs",
    "interruptible",
    "environment:name",
    "environment:action",
    "image:name",
    "variables",
    "before_script",
    "after_script",
];

/// Names the promises that an include leaves open.
pub(super) fn report(proof: &mut Proof<'_>, include: &Unresolved) {
    let span = match include.place.file {
        0 => include.place.span,
        _ => proof.include(),
    };
    let message = format!("this include is not read: {include}");
    let mut finding = Finding::new(Code::UnreadInclude, span, message)
        .help(format!("not proved because of it: {PROMISES}"));
    let jobs = proof.config.jobs.iter().filter(|job| !stands_alone(job));
    let names: Vec<String> = jobs.map(|job| format!("`{}`", job.key)).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        finding = finding.help(format!(
            "nothing is proved of what only an include defines: {names}"
        ));
    }
    let mut keys = Keys::default();
    for job in proof.config.jobs.iter().filter(|job| stands_alone(job)) {
        let firm =
            |key: &str| job.is_firm(key) || job.is_firm(key.split(':').next().unwrap_or(key));
        for key in DECIDING.iter().filter(|key| !firm(key)) {
            keys.add((*key).to_owned(), &job.key);
        }
    }
    let lines = keys.lines();
    if !lines.is_empty() {
        finding = finding.help(format!(
            "the other jobs are proved as they stand here; it may still set {}",
            lines.join("; ")
        ));
    }
    proof.report.push(finding);
}

/// Whether a job is complete without the includes that are not read.
pub(super) fn stands_alone(job: &Job) -> bool {
    job.open.as_ref().is_none_or(|open| open.wants.is_empty())
}

/// Reports what GitLab refuses where an include is in.
pub(super) fn refused(proof: &mut Proof<'_>, problems: &Report, situation: &Situation) {
    for problem in problems.sorted() {
        if proof.is_new(Code::RefusedOnRef, problem.message.as_str()) {
            let on = named(situation);
            let message = format!("GitLab refuses this pipeline on {on}: {}", problem.message);
            let finding = Finding::new(Code::RefusedOnRef, proof.include(), message);
            proof.report(finding, situation);
        }
    }
}
