//! Nothing deploys to production from a merge request.
//!
//! Facts: whoever may push a branch may change what the pipeline of its merge request runs ("Merge
//! request pipelines", 18.11).

use super::resource_group::is_production;
use crate::config::Action;
use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;
use crate::plan::{Presence, Ref, named};

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    for (at, job) in config.jobs.iter().enumerate() {
        let Some(environment) = &job.environment else {
            continue;
        };
        if environment.action != Action::Start || !is_production(environment) {
            continue;
        }
        let mut seen = lint.seen.iter();
        let found = seen.find(|one| {
            matches!(one.situation.reference, Ref::MergeRequest { .. })
                && !one.is_far_fetched
                && !lint.is_asked_for(&one.situation)
                && one.absence.is_none()
                && one.jobs.get(at) == Some(&Presence::In)
        });
        let Some(situation) = found.map(|one| one.situation.clone()) else {
            continue;
        };
        if !lint.is_new(Code::DeployFromMergeRequest, &job.key) {
            continue;
        }
        let (name, on) = (&job.name, named(&situation));
        let message = format!("`{name}` deploys `{}` from {on}", environment.name);
        let finding = Finding::new(Code::DeployFromMergeRequest, environment.place, message).help(
            "deploy production from a protected branch or tag; a job that only looks at it says `action: verify` or `action: access`",
        );
        lint.tell(finding, &situation);
    }
}
