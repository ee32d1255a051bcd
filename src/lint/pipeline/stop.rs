//! What starts an environment brings along the job that stops it.
//!
//! That the two speak of one environment, and that the second one stops, GitLab itself checks.

use crate::finding::{Code, Finding};
use crate::lint::subject::{Subject, present};
use crate::plan::{Plan, Presence, named};

pub(crate) fn check(subject: &mut dyn Subject, plan: &Plan) {
    let config = subject.config();
    for one in present(&config, plan) {
        let Some(environment) = &one.job.environment else {
            continue;
        };
        let Some(stop) = &environment.on_stop else {
            continue;
        };
        let planned = subject.index(stop).and_then(|index| plan.jobs.get(index));
        if planned.is_none_or(|planned| planned.presence() != Presence::Out)
            || !subject.is_new(Code::StopMissing, &one.job.key)
        {
            continue;
        }
        let (name, on) = (&one.job.name, named(&plan.situation));
        let message = format!(
            "`{name}` starts `{}` on {on}, where `{}` is missing",
            environment.name, **stop
        );
        let place = subject.place(one.job, &["environment", "on_stop"]);
        let finding = Finding::new(Code::StopMissing, place, message)
            .help("give both jobs the same refs, or nobody can stop the environment");
        subject.tell(finding, &plan.situation);
    }
}
