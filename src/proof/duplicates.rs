//! One push makes one pipeline.
//!
//! Facts: a push to a branch with an open merge request may create a pipeline of the branch and
//! one of the merge request ("Avoid duplicate pipelines", 18.11). Below 13.8 a branch cannot know
//! that it has one (`CI_OPEN_MERGE_REQUESTS`), so nothing is promised there.

use super::Proof;
use super::counter_example::with_article;
use super::merge_requests::and_others;
use crate::finding::{Code, Finding};
use crate::gitlab::gates;
use crate::plan::{Plan, Presence, Ref, Truth};

pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    let Ref::MergeRequest { source, .. } = &plan.situation.reference else {
        return;
    };
    let late = proof.manifest.target() < gates::OPEN_MERGE_REQUESTS;
    if late
        || proof
            .told
            .contains(&(Code::DuplicatePipeline, String::new()))
    {
        return;
    }
    let pushed = plan.situation.pushed_to(source);
    if proof.configs.admits(&pushed) == Truth::False {
        return;
    }
    let Some(branch) = proof.plan(&pushed) else {
        return;
    };
    if branch.created == Truth::False {
        return;
    }
    let twice: Vec<_> = proof
        .present(plan)
        .into_iter()
        .filter(|one| {
            let other = branch.jobs.get(one.index);
            other.is_some_and(|other| other.presence() == Presence::In)
        })
        .collect();
    let Some(first) = twice.first() else { return };
    proof.is_new(Code::DuplicatePipeline, "");
    let more = and_others(twice.len() - 1);
    let message = format!(
        "one push makes two pipelines with `{}`{more}: {} and of the branch itself",
        first.job.name,
        with_article("of the", &plan.situation)
    );
    let workflow = proof.places.global(&["workflow".to_owned()]);
    let place = match workflow.filter(|_| proof.own_workflow) {
        Some(workflow) => workflow,
        None => proof.place(first.job, &["rules"]),
    };
    let other = proof.counter_examples.command(&pushed);
    let finding = Finding::new(Code::DuplicatePipeline, place, message)
        .help("in `workflow`, leave out branches where `$CI_OPEN_MERGE_REQUESTS` is set")
        .help(format!("see the other with `{other}`"));
    proof.report(finding, &plan.situation);
}
