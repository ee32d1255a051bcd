//! A schedule deploys again only what is said to.
//!
//! Facts: a schedule runs on a branch, and has the jobs of that branch ("Scheduled pipelines", 18.11). Whether a
//! project has schedules, nobody knows before its conditions speak of them.

use super::Proof;
use super::made::deployed;
use crate::config::{Action, When};
use crate::finding::{Code, Finding};
use crate::manifest::Manifest;
use crate::manifest::collection::Many;
use crate::manifest::refs::PipelineSource;
use crate::plan::{Plan, Ref, Trigger, named};

pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    let situation = &plan.situation;
    let of_branch = matches!(situation.reference, Ref::Branch(_));
    if situation.trigger != Trigger::Schedule || !of_branch || !proof.has_schedules {
        return;
    }
    for one in proof.present(plan) {
        let manual = one.chosen.is_none_or(|chosen| chosen.when == When::Manual);
        let deploys = one.job.environment.as_ref();
        let manifest = proof.manifest;
        let Some((key, environment)) = deployed(manifest, one.job).filter(|_| {
            !manual && deploys.is_some_and(|environment| environment.action == Action::Start)
        }) else {
            continue;
        };
        let key = key.value.as_str();
        let mut sets = environment.refs.get().into_iter().flat_map(Many::iter);
        if sets.any(|set| speaks_of_schedules(manifest, &set.value, 0))
            || !proof.is_new(Code::ScheduledDeploy, key)
        {
            continue;
        }
        let message = format!("{} deploys `{key}` again", named(situation));
        let place = environment.refs.span().unwrap_or(environment.span);
        let finding = Finding::new(Code::ScheduledDeploy, place, message)
            .help("leave schedules out of the ref set: `except: [schedules]`")
            .help("or say that they are meant: `sources: [push, web, schedule]`");
        proof.report(finding, situation);
    }
}

/// Whether a set, or one that it contains, names schedules.
fn speaks_of_schedules(manifest: &Manifest, name: &str, depth: usize) -> bool {
    if name == "schedules" {
        return true;
    }
    let Some(set) = manifest.refs.get().and_then(|sets| sets.get(name)) else {
        return false;
    };
    let mut sources = set.sources.get().into_iter().flat_map(Many::iter);
    let mut of = set.of.get().into_iter().flat_map(Many::iter);
    sources.any(|source| source.value == PipelineSource::Schedule)
        || depth < 50 && of.any(|other| speaks_of_schedules(manifest, &other.value, depth + 1))
}
