//! No job is lost without a word because one push makes one pipeline.
//!
//! Facts: a branch that deploys keeps its own pipeline while a merge request from it is open, so the
//! workflow that windlass writes gives none to that merge request ([`super::duplicates`]). Any other
//! branch has no pipeline of its own while a merge request from it is open.

use super::made::deployed;
use super::meaning::Asked;
use super::{Present, Proof};
use crate::config::Action;
use crate::finding::{Code, Finding};
use crate::lint::subject::and_others;
use crate::manifest::collection::Many;
use crate::plan::{Changed, Plan, PlannedJob, Presence, Ref, Situation, Trigger, Truth, named};
use crate::source::Span;

/// Reports jobs that a merge request would have, if the workflow gave it a pipeline, and that the
/// pipeline of its branch does not have.
pub(super) fn without_pipeline(proof: &mut Proof<'_>, situation: &Situation) {
    let Ref::MergeRequest { source, .. } = &situation.reference else {
        return;
    };
    if proof.own_workflow || !proof.has_merge_requests {
        return;
    }
    let Some(asked) = proof.plan(situation) else {
        return;
    };
    let pushed = situation.pushed_to(source);
    let Some(branch) = proof.plan(&pushed) else {
        return;
    };
    let mut missing = proof.present(&asked);
    let mut wanted = Asked::of(proof, situation);
    missing.retain(|one| {
        let other = branch.jobs.get(one.index);
        other.is_some_and(|other| other.presence() == Presence::Out)
            && !wanted.leaves_out(one.index)
    });
    missing.retain(|one| proof.is_new(Code::MergeRequestMissing, one.job.name.as_str()));
    missing.sort_by_key(deploys);
    let Some((first, more)) = missing.split_first() else {
        return;
    };
    let (name, on) = (&first.job.name, named(situation));
    let more = and_others(more.len());
    let message = format!("`{name}`{more} would run for {on}, which has no pipeline");
    let place = proof.place(first.job, &["rules"]);
    let finding = Finding::new(Code::MergeRequestMissing, place, message);
    let finding = match deployment(proof, &branch) {
        Some((refs, sets)) => finding
            .related(refs, format!("what deploys on `{source}`, so that it keeps its own pipeline"))
            .help(match deploys(first) {
                // It would deploy there as well.
                true => "say from which branches it is meant: `merge_requests: {source: ['/^topic-/']}`".to_owned(),
                false => format!("let it run there as well: add `{sets}` to its `refs`"),
            }),
        None => finding.help(
            "use `refs: merge_requests` instead of `rules`, or write a `workflow` in `pipeline`: both make merge request pipelines",
        ),
    };
    let other = proof.counter_examples.command(&pushed);
    let finding = finding.help(format!("see what runs on the branch with `{other}`"));
    proof.report(finding, situation);
}

/// Reports jobs that a push to a branch would run, and that are gone while a merge request from the
/// branch is open: the branch has no pipeline then, and that of the merge request lacks them.
pub(super) fn without_branch_pipeline(
    proof: &mut Proof<'_>,
    situation: &Situation,
    classes: &[Situation],
) {
    let Ref::Branch(branch) = &situation.reference else {
        return;
    };
    let open = situation.open_merge_request == Some(true) && situation.trigger == Trigger::Push;
    if !open || proof.own_workflow {
        return;
    }
    let requests = classes.iter().filter(|one| {
        let from = matches!(&one.reference, Ref::MergeRequest { source, .. } if source == branch);
        from && one.trigger == Trigger::MergeRequest
            && one.variables == situation.variables
            && one.default_branch == situation.default_branch
    });
    for request in requests {
        // The files that changed are those of the branch: a job that depends on them may run in both.
        let request = &Situation {
            changed: Changed::Unknown,
            ..request.clone()
        };
        let (Some(asked), Some(instead)) = (proof.plan(situation), proof.plan(request)) else {
            continue;
        };
        let is_none = instead.created == Truth::False;
        let mut missing = proof.present(&asked);
        let mut wanted = Asked::of(proof, situation);
        missing.retain(|one| {
            let other = instead.jobs.get(one.index);
            let is_out = |other: &PlannedJob| other.presence() == Presence::Out;
            (is_none || other.is_some_and(is_out)) && !wanted.leaves_out(one.index)
        });
        missing.retain(|one| proof.is_new(Code::BranchJobMissing, one.job.name.as_str()));
        let Some((first, more)) = missing.split_first() else {
            continue;
        };
        let (name, more) = (&first.job.name, and_others(more.len()));
        let message = format!(
            "`{name}`{more} would run on branch `{branch}`, but not while a merge request from it is open"
        );
        let place = proof.place(first.job, &["rules"]);
        let other = proof.counter_examples.command(request);
        let finding = Finding::new(Code::BranchJobMissing, place, message)
            .help("a push then makes the pipeline of the merge request, and none of the branch")
            .help(
                "let it run in that pipeline too: add `merge_requests` to its `refs`, or a ref set with `merge_requests: {source: ...}`",
            )
            .help(format!("see what runs instead with `{other}`"));
        proof.report(finding, situation);
    }
}

fn deploys(one: &Present<'_>) -> bool {
    let environment = one.job.environment.as_ref();
    environment.is_some_and(|environment| environment.action == Action::Start)
}

/// Where an environment that a pipeline deploys says so, and the names of its ref sets.
fn deployment(proof: &Proof<'_>, plan: &Plan) -> Option<(Span, String)> {
    let present = proof.present(plan);
    let mut deploying = present.iter().filter(|one| deploys(one));
    let environment = deploying
        .find_map(|one| deployed(proof.manifest, one.job))?
        .1;
    let sets = environment.refs.get()?;
    let names: Vec<&str> = Many::iter(sets).map(|set| set.value.as_str()).collect();
    Some((environment.refs.span()?, names.join("`, `")))
}
