//! No deployment is cancelled half way.
//!
//! Facts: a push cancels the older pipelines of its ref, as far as their jobs are interruptible
//! (`workflow:auto_cancel:on_new_commit`, 18.11).

use crate::config::Action;
use crate::finding::{Code, Finding};
use crate::lint::subject::{Subject, present};
use crate::plan::{Plan, Ref, Trigger, named};

pub(crate) fn check(subject: &mut dyn Subject, plan: &Plan) {
    let config = subject.config();
    let never = config.workflow.auto_cancel.as_ref();
    let pushed = match (&plan.situation.reference, &plan.situation.trigger) {
        (Ref::Branch(_), Trigger::Push) | (Ref::MergeRequest { .. }, _) => true,
        (Ref::Branch(_) | Ref::Tag(_), _) => false,
    };
    let workflow = config.tree.get("workflow");
    let rules = workflow.and_then(|workflow| workflow.get("rules")?.as_seq());
    // A rule of the workflow may say otherwise for its pipelines.
    let differs =
        rules.is_some_and(|rules| rules.iter().any(|rule| rule.get("auto_cancel").is_some()));
    if !pushed || differs || never.is_some_and(|when| when.value == "none") {
        return;
    }
    for one in present(&config, plan) {
        let deploys = one.job.environment.as_ref();
        let deploys = deploys.is_some_and(|environment| environment.action == Action::Start);
        let cancels = one.chosen.and_then(|chosen| chosen.interruptible) == Some(true);
        if !deploys || !cancels || !subject.is_new(Code::InterruptibleDeploy, &one.job.key) {
            continue;
        }
        let (name, on) = (&one.job.name, named(&plan.situation));
        let message = format!("`{name}` deploys on {on}, and the next push may cancel it half way");
        let place = subject.place(one.job, &["interruptible"]);
        let finding = Finding::new(Code::InterruptibleDeploy, place, message)
            .help("write `interruptible: false` in this job");
        subject.tell(finding, &plan.situation);
    }
}
