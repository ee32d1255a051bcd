//! Comparisons that never hold, and jobs that run nowhere.

use std::collections::HashSet;

use crate::config::{Conditions, Job, Place, When};
use crate::finding::{Code, Location};
use crate::lint::context::Lint;
use crate::plan;

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let off: HashSet<Place> = lint
        .config
        .jobs
        .iter()
        .filter(|job| is_off(job))
        .map(|job| job.place)
        .collect();
    for finding in plan::impossible(lint.configs, &lint.every, &lint.classes) {
        let is_off = matches!(finding.location, Location::Text(place) if off.contains(&place));
        if finding.code != Code::NeverRuns || !is_off {
            lint.push(finding);
        }
    }
}

/// Whether somebody has switched a job off: its first rule says `never` and nothing else.
fn is_off(job: &Job) -> bool {
    let Conditions::Rules(rules) = &job.conditions else {
        return false;
    };
    rules.first().is_some_and(|rule| {
        rule.when == Some(When::Never)
            && rule.condition.is_none()
            && rule.changes.is_none()
            && rule.exists.is_none()
    })
}
