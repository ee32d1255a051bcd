//! On which refs a job runs, and how, before and after.

use std::collections::HashMap;

use super::conditions::patterns_of;
use super::words::{code, listed};
use super::{Effect, Kind, Pair, Seen};
use crate::config::{Config, Job, Need, Variables, When};
use crate::plan::{Chosen, Compared, Plan, PlannedJob, Presence, Ref, Situation, Trigger, Truth};

/// Both configurations, seen on the same refs.
pub(super) struct View<'c> {
    situations: &'c [Situation],
    before: Side<'c>,
    after: Side<'c>,
    /// Names of refs that a condition spells out; any other stands for many.
    compared: &'c Compared,
    configs: [&'c Config; 2],
    /// Whether these are all kinds of refs.
    complete: bool,
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

    /// What becomes of a job on each ref; `None`: it is not there.
    fn job(&self, name: &str) -> Vec<Option<&PlannedJob>> {
        let place = self.places.get(name).copied();
        let of = |plan| -> Option<&PlannedJob> {
            let plan: &Plan = plan;
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
            complete: seen.complete,
            situations: seen.situations,
            before: Side::of(old),
            after: Side::of(new),
            compared: seen.compared,
            configs: [before, after],
        }
    }

    /// Whether it is decided on each ref whether there is a pipeline, and no pattern differs.
    pub(super) fn workflow_is_decided(&self) -> bool {
        let plans = self.before.plans.iter().chain(self.after.plans);
        let patterns = |config: &Config| {
            let rules = config.workflow.rules.as_deref();
            patterns_of(rules.unwrap_or_default())
        };
        let [before, after] = self.configs;
        self.complete
            && plans.into_iter().all(|plan| plan.workflow.len() == 1)
            && patterns(before) == patterns(after)
    }

    /// Whether only one side has rules of the workflow.
    pub(super) fn workflow_came_or_went(&self) -> bool {
        let [before, after] = self.configs;
        before.workflow.rules.is_some() != after.workflow.rules.is_some()
    }

    /// Whether it is decided on each ref what becomes of a job, and that differs in nothing but
    /// what [`View::of_job`] tells.
    pub(super) fn is_decided(&self, pair: &Pair<'_>) -> bool {
        let sides = self.before.plans.iter().zip(self.after.plans);
        let mut sides = sides
            .map(|(before, after)| (before.job(&pair.before.name), after.job(&pair.after.name)));
        self.complete
            && sides.all(|sides| match sides {
                (Some(before), Some(after)) => {
                    let (was, is) = (&before.decision, &after.decision);
                    if was.raises.is_some() || is.raises.is_some() {
                        return false;
                    }
                    match (was.possible.as_slice(), is.possible.as_slice()) {
                        ([was], [is]) => is_out(was) || is_out(is) || same_but_told(was, is),
                        _ => false,
                    }
                }
                _ => true,
            })
    }

    /// Refs that get a pipeline now, or none any more.
    pub(super) fn pipeline(&self) -> Vec<Effect> {
        let created = |side: &Side, at: usize| {
            let plan = side.plans.get(at);
            plan.is_some_and(|plan| plan.created != Truth::False)
        };
        let mut come = vec![false; self.situations.len()];
        let mut gone = come.clone();
        for (at, (come, gone)) in come.iter_mut().zip(&mut gone).enumerate() {
            let (before, after) = (created(&self.before, at), created(&self.after, at));
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
                    ways.push((text.clone(), vec![false; self.situations.len()]));
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

    /// Some of the situations, in words: whole kinds of refs where all of a kind are meant.
    fn named(&self, chosen: &[bool]) -> String {
        let mut words = Vec::new();
        for kind in RefKind::ALL {
            let of_kind = |situation: &Situation| RefKind::of(situation) == kind;
            let all: Vec<(&Situation, bool)> = self
                .situations
                .iter()
                .zip(chosen)
                .filter(|(situation, _)| of_kind(situation))
                .map(|(situation, chosen)| (situation, *chosen))
                .collect();
            let meant: Vec<&Situation> = all
                .iter()
                .filter(|(_, chosen)| *chosen)
                .map(|(situation, _)| *situation)
                .collect();
            if meant.is_empty() {
                continue;
            }
            if meant.len() == all.len() && (all.len() > 1 || !self.is_named(meant.first())) {
                words.push(kind.plural().to_owned());
                continue;
            }
            let mut such = false;
            for one in meant {
                // One that stands for others will do.
                if self.is_like(one)
                    && !self.is_named(Some(&one))
                    && std::mem::replace(&mut such, true)
                {
                    continue;
                }
                let name = self.name(one);
                if !words.contains(&name) {
                    words.push(name);
                }
            }
        }
        listed(&words)
    }

    /// Whether conditions spell the name of the ref.
    fn is_named(&self, situation: Option<&&Situation>) -> bool {
        situation.is_some_and(|one| self.compared.spells(&one.reference) || one.is_default_branch())
    }

    fn name(&self, situation: &Situation) -> String {
        let mut text = match (&situation.reference, self.is_named(Some(&situation))) {
            (Ref::Branch(name), true) if situation.trigger == Trigger::Schedule => {
                format!("schedules of {}", code(name))
            }
            (Ref::Branch(name), true) => format!("branch {}", code(name)),
            (Ref::Branch(name), false) => match self.is_like(situation) {
                true => format!("branches such as {}", code(name)),
                false => "other branches".to_owned(),
            },
            (Ref::Tag(name), true) => format!("tag {}", code(name)),
            (Ref::Tag(name), false) => match self.is_like(situation) {
                true => format!("tags such as {}", code(name)),
                false => "other tags".to_owned(),
            },
            (Ref::MergeRequest { source, target }, _) => {
                format!(
                    "merge requests such as {} -> {}",
                    code(source),
                    code(target)
                )
            }
        };
        if let Trigger::Other(word) = &situation.trigger {
            text.push_str(&format!(" started by {}", code(word)));
        }
        if situation.open_merge_request == Some(true) {
            text.push_str(" with an open merge request");
        }
        match situation.protected {
            Some(true) if !situation.is_default_branch() => text.push_str(" if protected"),
            Some(false) => text.push_str(" if not protected"),
            _ => {}
        }
        text
    }

    /// Whether the ref stands for those that a pattern matches.
    fn is_like(&self, situation: &Situation) -> bool {
        self.compared.matches(&situation.reference)
    }
}

fn is_out(chosen: &Chosen) -> bool {
    chosen.when == When::Never
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

/// The kinds of refs that people speak of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RefKind {
    Branch,
    Tag,
    MergeRequest,
    Schedule,
    Other,
}

impl RefKind {
    const ALL: [Self; 5] = [
        Self::Branch,
        Self::Tag,
        Self::MergeRequest,
        Self::Schedule,
        Self::Other,
    ];

    fn of(situation: &Situation) -> Self {
        match (&situation.trigger, &situation.reference) {
            (Trigger::Schedule, _) => Self::Schedule,
            (Trigger::Other(_), _) => Self::Other,
            (_, Ref::Branch(_)) => Self::Branch,
            (_, Ref::Tag(_)) => Self::Tag,
            (_, Ref::MergeRequest { .. }) => Self::MergeRequest,
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Branch => "all branches",
            Self::Tag => "all tags",
            Self::MergeRequest => "all merge requests",
            Self::Schedule => "schedules",
            Self::Other => "pipelines that are started in other ways",
        }
    }
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
        (old, new) => {
            let word = |when: Option<When>| when.map_or("undecided", When::as_str);
            format!(
                "now runs {} instead of {}",
                code(word(new)),
                code(word(old))
            )
        }
    })
}

/// What its failure means, if that is another thing now.
fn failure(before: &PlannedJob, after: &PlannedJob) -> Option<String> {
    let (old, new) = (before.allow_failure(), after.allow_failure());
    // Manual jobs may fail by default: no news where the job became one, or ceased to be.
    if old == new || before.when() != after.when() {
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
