//! On which refs a job runs, and how, before and after.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::conditions::patterns_of;
use super::named::Named;
use super::words::code;
use super::{Effect, Kind, Pair, Seen};
use crate::config::normal::{Fields, Form};
use crate::config::{Config, Job, Need, Variables, When};
use crate::plan::{Chosen, Plan, PlannedJob, Presence, Ref, Situation, Truth};

/// Both configurations, seen on the same refs.
pub(super) struct View<'c> {
    seen: &'c Seen<'c>,
    before: Side<'c>,
    after: Side<'c>,
    configs: [&'c Config; 2],
    /// The same with everything open that a pipeline on the same ref may have otherwise.
    open: OnceCell<[Side<'c>; 2]>,
}

struct Side<'c> {
    plans: &'c [Plan],
    /// Where the jobs of the first plan stand; most plans have the same.
    places: HashMap<&'c str, usize>,
}

impl<'c> Side<'c> {
    fn of(plans: &'c [Plan]) -> Self {
        let jobs = plans.iter().take(1).flat_map(|plan| &plan.jobs);
        let places = jobs.enumerate().map(|(at, job)| (job.name.as_str(), at));
        Self {
            places: places.collect(),
            plans,
        }
    }

    /// Whether there is a pipeline on a ref, or may be.
    fn is_created(&self, at: usize) -> bool {
        let plan = self.plans.get(at);
        plan.is_some_and(|plan| plan.created != Truth::False)
    }

    /// What becomes of a job on each ref; `None`: it is not there.
    fn job(&self, name: &str) -> Vec<Option<&'c PlannedJob>> {
        let place = self.places.get(name).copied();
        let of = |plan: &'c Plan| -> Option<&'c PlannedJob> {
            let here = place.and_then(|at| plan.jobs.get(at));
            let here = here.filter(|job| job.name == name);
            let found = here.or_else(|| plan.job(name))?;
            let none = plan.created == Truth::False;
            (!none && found.presence() != Presence::Out).then_some(found)
        };
        self.plans.iter().map(of).collect()
    }
}

impl<'c> View<'c> {
    pub(super) fn of(before: &'c Config, after: &'c Config, seen: &'c Seen<'c>) -> Self {
        let [old, new] = &seen.plans;
        Self {
            seen,
            before: Side::of(old),
            after: Side::of(new),
            configs: [before, after],
            open: OnceCell::new(),
        }
    }

    /// Both configurations, the one before first.
    pub(super) fn configs(&self) -> [&'c Config; 2] {
        self.configs
    }

    fn open(&self) -> &[Side<'c>; 2] {
        let seen = self.seen;
        self.open
            .get_or_init(|| seen.open().plans.each_ref().map(|plans| Side::of(plans)))
    }

    fn named(&self, chosen: &[bool]) -> String {
        Named {
            situations: &self.seen.kinds.named,
            compared: self.seen.kinds.compared,
            default_is_known: self.seen.kinds.default_is_known,
        }
        .of(chosen)
    }

    /// Whether the refs that get a pipeline now, or none any more, are all that other rules of the workflow do,
    /// whatever else a pipeline has. `old` and `new` are these rules.
    pub(super) fn tells_workflow(&self, old: Option<&Form>, new: Option<&Form>) -> bool {
        // Rules of several configurations are not numbered alike.
        let is_one = !self.seen.pipelines.varies();
        let patterns = |config: &Config| {
            let rules = config.workflow.rules.as_deref();
            patterns_of(rules.unwrap_or_default())
        };
        let [before, after] = self.configs;
        if !is_one || !self.seen.kinds.left_out.is_empty() || patterns(before) != patterns(after) {
            return false;
        }
        let [was, is] = self.open();
        let mut sides = was.plans.iter().zip(is.plans).enumerate();
        sides.all(|(at, (was, is))| {
            let ([before], [after]) = (was.workflow.as_slice(), is.workflow.as_slice()) else {
                return false;
            };
            match (admitted(old, *before), admitted(new, *after)) {
                (Some(before), Some(after)) => before == after,
                (None, None) => true,
                (before, after) => {
                    let none = |plan: &Plan| plan.created == Truth::False;
                    let told = |like| {
                        self.before.is_created(like) == before.is_some()
                            && self.after.is_created(like) == after.is_some()
                    };
                    none(was) && none(is) || self.any_like(at, told)
                }
            }
        })
    }

    /// Whether only one side has rules of the workflow.
    pub(super) fn workflow_came_or_went(&self) -> bool {
        let [before, after] = self.configs;
        before.workflow.rules.is_some() != after.workflow.rules.is_some()
    }

    /// Whether it is decided in each pipeline what becomes of a job, whatever anybody makes of the variables
    /// that the file sets, and that differs in nothing but what [`View::of_job`] tells.
    pub(super) fn is_decided(&self, pair: &Pair<'_>) -> bool {
        if !self.seen.kinds.left_out.is_empty() {
            return false;
        }
        let named = [
            self.before.job(&pair.before.name),
            self.after.job(&pair.after.name),
        ];
        let [was, is] = self.open();
        let (was, is) = (was.job(&pair.before.name), is.job(&pair.after.name));
        let mut sides = was.iter().zip(is).enumerate();
        sides.all(|(at, sides)| {
            let named = |like: usize| {
                named
                    .each_ref()
                    .map(|side| side.get(like).copied().flatten())
            };
            match sides {
                (None, None) => true,
                (Some(was), Some(is)) => match (was.decision.decided(), is.decision.decided()) {
                    (Some(was), Some(is)) => {
                        let told = |like| {
                            let [before, after] = named(like);
                            starts_as(was, before) && starts_as(is, after)
                        };
                        same_but_told(was, is)
                            && (starts_the_same(was, is) || self.any_like(at, told))
                    }
                    _ => false,
                },
                (was, is) => self.any_like(at, |like| {
                    let [before, after] = named(like);
                    before.is_some() == was.is_some() && after.is_some() == is.is_some()
                }),
            }
        })
    }

    /// Whether something is told on a ref that is named for one of those where everything is open: on the one
    /// that it is or is like, or, of merge requests, on any.
    fn any_like(&self, at: usize, told: impl Fn(usize) -> bool) -> bool {
        let like = self.seen.open().like.get(at).copied().unwrap_or(at);
        let is_request = |one: &Situation| matches!(one.reference, Ref::MergeRequest { .. });
        let named = &self.seen.kinds.named;
        told(like)
            || like != at
                && named.get(like).is_some_and(is_request)
                && (0..named.len())
                    .filter(|other| named.get(*other).is_some_and(is_request))
                    .any(told)
    }

    /// Refs that get a pipeline now, or none any more.
    pub(super) fn pipeline(&self) -> Vec<Effect> {
        let mut come = vec![false; self.seen.kinds.named.len()];
        let mut gone = come.clone();
        for (at, (come, gone)) in come.iter_mut().zip(&mut gone).enumerate() {
            let (before, after) = (self.before.is_created(at), self.after.is_created(at));
            *come = after && !before;
            *gone = before && !after;
        }
        let mut effects = Vec::new();
        if come.contains(&true) {
            let text = format!("there is a pipeline now on {}", self.named(&come));
            effects.push(Effect::of_pipeline(Kind::Refs, text));
        }
        if gone.contains(&true) {
            let text = format!("there is no pipeline any more on {}", self.named(&gone));
            effects.push(Effect::of_pipeline(Kind::Refs, text));
        }
        effects
    }

    pub(super) fn appears(&self, job: &Job) -> Effect {
        let there = present(&self.after.job(&job.name));
        let mut text = format!("is new, in stage {}", code(&job.stage.value));
        match there.contains(&true) {
            true => text.push_str(&format!(": it runs on {}", self.named(&there))),
            false => text.push_str(": it runs on no ref that the conditions tell apart"),
        }
        Effect::of(job, Kind::Appears, text)
    }

    pub(super) fn vanishes(&self, job: &Job) -> Effect {
        let there = present(&self.before.job(&job.name));
        let text = match there.contains(&true) {
            true => format!("is gone; it ran on {}", self.named(&there)),
            false => "is gone".to_owned(),
        };
        Effect::of(job, Kind::Vanishes, text)
    }

    /// Refs that came and went, and refs on which the job starts in another way.
    pub(super) fn of_job(&self, pair: &Pair<'_>) -> Vec<Effect> {
        let before = self.before.job(&pair.before.name);
        let after = self.after.job(&pair.after.name);
        let (old, new) = (present(&before), present(&after));
        let only = |these: &[bool], without: &[bool]| -> Vec<bool> {
            let pairs = these.iter().zip(without);
            pairs.map(|(this, other)| *this && !other).collect()
        };
        let (come, gone) = (only(&new, &old), only(&old, &new));
        let mut effects = Vec::new();
        if come.contains(&true) {
            let also = if old.contains(&true) { "also " } else { "" };
            let text = format!("now {also}runs on {}", self.named(&come));
            effects.push(Effect::of(pair.after, Kind::Refs, text));
        }
        if gone.contains(&true) {
            let text = format!("no longer runs on {}", self.named(&gone));
            effects.push(Effect::of(pair.after, Kind::Refs, text));
        }
        let mut ways: Vec<(String, Vec<bool>)> = Vec::new();
        for (at, (before, after)) in before.iter().zip(&after).enumerate() {
            let (Some(before), Some(after)) = (before, after) else {
                continue;
            };
            for text in [starts(before, after), failure(before, after)]
                .into_iter()
                .flatten()
            {
                if !ways.iter().any(|(known, _)| *known == text) {
                    ways.push((text.clone(), vec![false; self.seen.kinds.named.len()]));
                }
                let way = ways.iter_mut().find(|(known, _)| *known == text);
                if let Some(slot) = way.and_then(|(_, refs)| refs.get_mut(at)) {
                    *slot = true;
                }
            }
        }
        let both: Vec<bool> = old
            .iter()
            .zip(&new)
            .map(|(old, new)| *old && *new)
            .collect();
        for (mut text, refs) in ways {
            // Where it is so wherever the job runs, there is nothing to name.
            if refs != both {
                text.push_str(&format!(" on {}", self.named(&refs)));
            }
            effects.push(Effect::of(pair.after, Kind::When, text));
        }
        effects
    }
}

/// What a rule of the workflow says beside when it holds, if it lets a pipeline be; `rules` are all of them.
fn admitted(rules: Option<&Form>, at: Option<usize>) -> Option<Fields> {
    let rules = rules.and_then(Form::items).unwrap_or_default();
    if rules.is_empty() {
        return Some(Fields::default());
    }
    let rule = rules.get(at?)?.fields()?;
    let never = rule.get("when").and_then(Form::as_text) == Some("never");
    (!never).then(|| rule.without(&["if", "changes", "exists", "when"]))
}

/// Whether a job starts as it does on the ref that is named.
fn starts_as(chosen: &Chosen, named: Option<&PlannedJob>) -> bool {
    named.is_some_and(|job| {
        job.when() == Some(chosen.when) && job.allow_failure() == Some(chosen.allow_failure)
    })
}

/// Whether a job starts in the same way, and its failure means the same.
fn starts_the_same(was: &Chosen, is: &Chosen) -> bool {
    was.when == is.when && was.allow_failure == is.allow_failure
}

/// Whether two decisions differ at most in how the job starts and what its failure means.
fn same_but_told(was: &Chosen, is: &Chosen) -> bool {
    let Chosen {
        because: _,
        when: _,
        start_in,
        allow_failure: _,
        needs,
        interruptible,
        variables,
    } = is;
    *start_in == was.start_in
        // What says nothing is not (18.11).
        && interruptible.unwrap_or(false) == was.interruptible.unwrap_or(false)
        && same_variables(variables, &was.variables)
        && same_needs(needs.as_deref(), was.needs.as_deref())
}

fn same_variables(one: &Variables, other: &Variables) -> bool {
    let values = |variables: &Variables| -> Vec<(String, String, bool)> {
        let one = variables.iter();
        one.map(|(name, one)| (name.clone(), one.value.clone(), one.expand))
            .collect()
    };
    values(one) == values(other)
}

fn same_needs(one: Option<&[Need]>, other: Option<&[Need]>) -> bool {
    let names = |needs: Option<&[Need]>| -> Option<Vec<(String, bool, bool)>> {
        let needs = needs?.iter();
        let parts = |need: &Need| (need.job.clone(), need.artifacts, need.optional);
        Some(needs.map(parts).collect())
    };
    names(one) == names(other)
}

fn present(jobs: &[Option<&PlannedJob>]) -> Vec<bool> {
    jobs.iter().map(Option::is_some).collect()
}

/// How a job starts, if that is another way now.
fn starts(before: &PlannedJob, after: &PlannedJob) -> Option<String> {
    let (old, new) = (before.when(), after.when());
    if old == new {
        return None;
    }
    Some(match (old, new) {
        (_, Some(When::Manual)) => "now waits for a person to start it".to_owned(),
        (Some(When::Manual), Some(When::OnSuccess)) => {
            "now starts by itself; it was manual".to_owned()
        }
        (Some(old), Some(new)) => format!(
            "now runs {} instead of {}",
            code(new.as_str()),
            code(old.as_str())
        ),
        (None, Some(new)) => format!("now always runs {}", code(new.as_str())),
        (_, None) => "may now start in another way".to_owned(),
    })
}

/// What its failure means, if that is another thing now.
fn failure(before: &PlannedJob, after: &PlannedJob) -> Option<String> {
    let (old, new) = (before.allow_failure(), after.allow_failure());
    // A manual job may fail by default: what follows from how the job starts is told with that.
    let follows = |job: &PlannedJob| {
        let manual = job.when() == Some(When::Manual);
        job.allow_failure() == Some(manual)
    };
    let follow = before.when() != after.when() && follows(before) && follows(after);
    if old == new || new.is_none() || follow {
        return None;
    }
    let manual = after.when() == Some(When::Manual);
    Some(
        match (new, manual) {
            (Some(true), true) => "no longer holds up the jobs after it",
            (Some(true), false) => "may now fail without failing the pipeline",
            (_, true) => "now holds up all jobs after it until somebody starts it",
            (_, false) => "now fails the pipeline if it fails",
        }
        .to_owned(),
    )
}
