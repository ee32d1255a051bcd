//! What starts an environment brings along the job that stops it.
//!
//! That the two speak of one environment, and that the second one stops, GitLab itself checks
//! ([`super::refused`]).

use super::Proof;
use super::counter_example::named;
use crate::finding::{Code, Finding};
use crate::plan::{Plan, Presence};

pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    for one in proof.present(plan) {
        let Some(environment) = &one.job.environment else {
            continue;
        };
        let Some(stop) = &environment.on_stop else {
            continue;
        };
        let planned = proof.by_name.get(stop.as_str()).copied();
        let planned = planned.and_then(|index| plan.jobs.get(index));
        if planned.is_some_and(|planned| planned.presence() != Presence::Out)
            || !proof.is_new(Code::StopMissing, one.job.name.as_str())
        {
            continue;
        }
        let (name, on) = (&one.job.name, named(&plan.situation));
        let message = format!(
            "`{name}` starts `{}` on {on}, where `{}` is missing",
            environment.name, **stop
        );
        let place = proof.place(one.job, &["environment", "on_stop"]);
        let finding = Finding::new(Code::StopMissing, place, message)
            .help("give both jobs the same refs, or nobody can stop the environment");
        proof.report(finding, &plan.situation);
    }
}
