//! Who is told what breaks a promise: a manifest, at the keys that ask for it, or the file itself.

use std::sync::Arc;

use crate::config::{Config, Job};
use crate::finding::{Code, Finding, Location};
use crate::gitlab::names::ref_slug;
use crate::plan::{
    Chosen, Compared, Failure, Plan, PlannedJob, Presence, Situation, Trigger, Truth,
};

/// What the rules about pipelines ask, and whom they tell.
pub(crate) trait Subject {
    /// The configuration that the plans are of.
    fn config(&self) -> Arc<Config>;

    /// The index of the job of a name.
    fn index(&self, name: &str) -> Option<usize>;

    /// Whether something is said for the first time.
    fn is_new(&mut self, code: Code, subject: &str) -> bool;

    /// Where a job's key is; the job itself if there is no such key.
    fn place(&self, job: &Job, path: &[&str]) -> Location;

    /// Where a key of the whole pipeline is.
    fn global(&self, path: &[&str]) -> Option<Location>;

    /// Where a job says that it needs the job of a name.
    fn need(&self, job: &Job, failure: &Failure, other: &str) -> Location;

    /// Whether the rules of the workflow were written by a person.
    fn own_workflow(&self) -> bool;

    /// Whether nobody opens such a merge request, as [`is_rare_request`] tells.
    fn is_rare_request(&self, situation: &Situation) -> bool;

    /// Whether the workflow may want a pipeline.
    fn admits(&self, situation: &Situation) -> Truth;

    /// What is created in a situation; `None` if nothing can be said of it.
    fn plan(&mut self, situation: &Situation) -> Option<Plan>;

    /// The command that shows a pipeline.
    fn command(&self, situation: &Situation) -> String;

    /// Tells what breaks a promise in a pipeline.
    fn tell(&mut self, finding: Finding, situation: &Situation);
}

/// A job that is surely in a pipeline.
#[derive(Clone, Copy)]
pub(crate) struct Present<'p> {
    pub(crate) index: usize,
    pub(crate) job: &'p Job,
    pub(crate) planned: &'p PlannedJob,
    /// What becomes of it, if that is decided.
    pub(crate) chosen: Option<&'p Chosen>,
}

/// The jobs that are surely in a pipeline.
pub(crate) fn present<'p>(config: &'p Config, plan: &'p Plan) -> Vec<Present<'p>> {
    let jobs = plan.jobs.iter();
    let inside = jobs.filter(|planned| planned.presence() == Presence::In);
    let known = inside.filter_map(|planned| {
        Some(Present {
            index: planned.index,
            job: config.jobs.get(planned.index)?,
            planned,
            chosen: planned.decision.decided(),
        })
    });
    known.collect()
}

/// Whether a push would need a project that sets a variable of the file to another text, as `MASTER_BRANCH` to the
/// name of a feature branch, or one that names another ref than that of the pipeline, as `REF` to `refs/heads/main`
/// on every branch. Who runs a pipeline by hand may well do that.
pub(crate) fn is_far_fetched(config: &Config, situation: &Situation) -> bool {
    let by_push = matches!(situation.trigger, Trigger::Push | Trigger::MergeRequest);
    let is_another = |(name, value): (&String, &String)| {
        let own = config.variables.get(name);
        let of_refs = ["refs/heads/", "refs/tags/"];
        let named = of_refs.iter().find_map(|refs| value.strip_prefix(refs));
        own.is_some_and(|own| own.value != *value)
            || named.is_some_and(|named| named != situation.ref_name())
    };
    by_push && situation.variables.iter().any(is_another)
}

/// Whether a push would need a project that gives a variable just the text that a condition compares it with, as
/// `RELEASE=yes`: who wants one such pipeline starts it by hand.
pub(crate) fn is_asked_for(config: &Config, compared: &Compared, situation: &Situation) -> bool {
    let own = config.set_variables();
    let is_of_gitlab = |name: &str| name.starts_with("CI_") || name.starts_with("GITLAB_");
    situation.variables.iter().any(|(name, value)| {
        !own.contains(name.as_str()) && !is_of_gitlab(name) && compared.spells_value(name, value)
    })
}

/// Whether nobody opens such a merge request: from the default branch, unless conditions ask for that; from a branch
/// that only this class takes for the default one; from one that is called as a version. `is_unknown`: the default
/// branch of the project is not known.
pub(crate) fn is_rare_request(
    config: &Config,
    compared: &Compared,
    is_unknown: bool,
    situation: &Situation,
) -> bool {
    let source = situation.ref_name();
    // A branch `MAIN` is none but `main`.
    let slug = ref_slug(source);
    let is_usual = matches!(slug.as_str(), "main" | "master");
    let is_plausible = is_usual || matches!(slug.as_str(), "develop" | "dev" | "trunk");
    let default = situation.default_branch.as_deref();
    let is_default = default.is_some_and(|name| ref_slug(name) == slug);
    let version = source.strip_prefix('v').unwrap_or(source);
    let is_version = |c: char| c.is_ascii_digit() || c == '.';
    if is_default && is_unknown && !is_plausible {
        return true;
    }
    ((is_default || (is_unknown && is_usual)) && !compared.asks_for_source(source))
        || version.chars().all(is_version)
        || is_asked_for(config, compared, situation)
}

/// " and another job", as many as there are.
pub(crate) fn and_others(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => " and another job".to_owned(),
        more => format!(" and {more} other jobs"),
    }
}
