//! One push makes one pipeline.
//!
//! Facts: a push to a branch with an open merge request may create a pipeline of the branch and
//! one of the merge request ("Avoid duplicate pipelines", 18.11).

use crate::finding::{Code, Finding};
use crate::lint::subject::{Subject, and_others, present};
use crate::plan::{Plan, Presence, Ref, Truth, with_article};

pub(crate) fn check(subject: &mut dyn Subject, plan: &Plan) {
    let Ref::MergeRequest { source, .. } = &plan.situation.reference else {
        return;
    };
    // GitLab's own `Workflows/MergeRequest-Pipelines` makes two pipelines for one of the default branch (18.11).
    if subject.is_rare_request(&plan.situation) {
        return;
    }
    let pushed = plan.situation.pushed_to(source);
    if subject.admits(&pushed) == Truth::False {
        return;
    }
    let Some(branch) = subject.plan(&pushed) else {
        return;
    };
    if branch.created == Truth::False {
        return;
    }
    let config = subject.config();
    let mut twice = present(&config, plan);
    twice.retain(|one| {
        let other = branch.jobs.get(one.index);
        other.is_some_and(|other| other.presence() == Presence::In)
    });
    let Some(first) = twice.first() else { return };
    if !subject.is_new(Code::DuplicatePipeline, "") {
        return;
    }
    let more = and_others(twice.len() - 1);
    let message = format!(
        "one push makes two pipelines with `{}`{more}: {} and of the branch itself",
        first.job.name,
        with_article("of the", &plan.situation)
    );
    let workflow = subject.global(&["workflow"]);
    let place = match workflow.filter(|_| subject.own_workflow()) {
        Some(workflow) => workflow,
        None => {
            let has_rules = first.job.keys.given("rules").is_some();
            let key = if has_rules { "rules" } else { "only" };
            subject.place(first.job, &[key])
        }
    };
    let other = subject.command(&pushed);
    let finding = Finding::new(Code::DuplicatePipeline, place, message)
        .help("in `workflow`, leave out branches where `$CI_OPEN_MERGE_REQUESTS` is set")
        .help(format!("see the other with `{other}`"));
    subject.tell(finding, &plan.situation);
}
