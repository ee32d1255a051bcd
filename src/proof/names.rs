//! The names of jobs that a matrix makes are no longer than GitLab takes, and no two are one.
//!
//! Facts: GitLab checks the name that stands in the file; the whole one, with the values of its row, only its
//! database refuses, and then there is no pipeline and no word about it.

use std::collections::HashSet;

use super::Proof;
use crate::config::{Conditions, Job, Need};
use crate::finding::{Code, Finding};
use crate::gitlab::limits;
use crate::target::Lack;

pub(super) fn check(proof: &mut Proof<'_>) {
    let target = proof.manifest.target();
    for gone in &proof.config.replaced {
        let message = format!(
            "two jobs are named `{}`, and GitLab keeps the last",
            gone.name
        );
        let stays = proof.config.jobs.iter().find(|job| job.name == gone.name);
        let place = stays.map_or(gone.by.span, |job| proof.place(job, &[]));
        let finding = Finding::new(Code::DuplicateName, place, message);
        proof
            .report
            .push(finding.help("copies of a job are named after it and their values: rename one"));
    }
    for job in &proof.config.jobs {
        let length = job.name.chars().count();
        if length > limits::NAME && proof.is_new(Code::LongMatrixName, job.key.as_str()) {
            let message = format!(
                "a row of `{}` makes a job with a name of {length} characters; GitLab takes {}",
                job.key,
                limits::NAME
            );
            let place = proof.place(job, &["parallel"]);
            proof.report.push(
                Finding::new(Code::LongMatrixName, place, message)
                    .help("the name holds all values of the row: give them shorter ones"),
            );
        }
        let long = |need: &&Need| {
            let length = need.job.chars().count();
            !need.elsewhere && (limits::NEEDED_NAME + 1..=limits::NAME).contains(&length)
        };
        if target >= limits::LONG_NEEDS {
            continue;
        }
        let mut told = HashSet::new();
        for need in needs(job).filter(long) {
            let needed = proof.by_name.get(need.job.as_str());
            let key = needed
                .and_then(|index| proof.config.jobs.get(*index))
                .map_or(need.job.as_str(), |needed| needed.key.as_str());
            if told.insert(key) && proof.is_new(Code::NeedsVersion, format!("{}\0{key}", job.key)) {
                let length = need.job.chars().count();
                let what = format!("`needs` of a job with a name of {length} characters");
                let place = match job.needs.is_some() {
                    true => proof.place(job, &["needs", key]),
                    false => proof.place(job, &["rules", "needs", "job", key]),
                };
                let lack = Lack::new(what, limits::LONG_NEEDS, place);
                proof.report.push(lack.finding(target));
            }
        }
    }
}

/// What a job needs, always or by a rule.
fn needs(job: &Job) -> impl Iterator<Item = &Need> {
    let rules = match &job.conditions {
        Conditions::Rules(rules) => rules.as_slice(),
        Conditions::Always | Conditions::Policies { .. } => &[],
    };
    let by_rules = rules.iter().filter_map(|rule| rule.needs.as_ref());
    let lists = job.needs.iter().chain(by_rules);
    lists.flat_map(|needs| needs.iter())
}
