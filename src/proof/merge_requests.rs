//! A job for merge requests is not missing in some of them without a word.
//!
//! Facts: a branch that deploys keeps its own pipeline while a merge request from it is open, so the
//! workflow that windlass writes gives none to that merge request ([`super::duplicates`]).

use super::counter_example::named;
use super::made::deployed;
use super::{Present, Proof};
use crate::config::Action;
use crate::finding::{Code, Finding};
use crate::manifest::collection::Many;
use crate::plan::{Plan, Presence, Ref, Situation};
use crate::source::Span;

/// Reports jobs that a merge request would have, if the workflow gave it a pipeline, and that the
/// pipeline of its branch has not.
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
    missing.retain(|one| {
        let other = branch.jobs.get(one.index);
        other.is_some_and(|other| other.presence() == Presence::Out)
    });
    missing.retain(|one| proof.is_new(Code::MergeRequestMissing, one.job.name.as_str()));
    missing.sort_by_key(deploys);
    let Some((first, more)) = missing.split_first() else {
        return;
    };
    let more = match more.len() {
        0 => String::new(),
        1 => " and another job".to_owned(),
        more => format!(" and {more} other jobs"),
    };
    let (name, on) = (&first.job.name, named(situation));
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
            "`refs: merge_requests`, in place of `rules`, makes pipelines of merge requests; so does a `workflow` in `pipeline`",
        ),
    };
    let other = proof.counter_examples.command(&pushed);
    let finding = finding.help(format!("see what runs on the branch with `{other}`"));
    proof.report(finding, situation);
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
