//! The child pipelines that jobs start, before and after.
//!
//! In: both pipelines. Out: what changes in the child pipelines of each job with `trigger`, in the situations in
//! which that job runs; each side reads its files from its own tree. Always holds: a child pipeline that cannot be
//! read, and the pipeline of another project, is named among what was not compared wherever one side starts it.
//!
//! Facts: GitLab starts children of children and no further ones (`MAX_NESTED_CHILDREN`, 18.11), so a file that
//! starts itself ends there.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::firm::is_open;
use super::names::Names;
use super::words::code;
use super::{Comparison, Effect, Kind, Kinds, Pipelines};
use crate::config::child::{Started, started};
use crate::config::normal::Normal;
use crate::config::{Config, Job};
use crate::finding::Report;
use crate::plan::{Child, Configs, Every, Situation};

/// How deep child pipelines nest.
const LEVELS: usize = 2;
/// Most child pipelines that are compared job by job.
const MOST: usize = 64;

/// Adds what changes in the child pipelines.
pub(super) fn compare(
    pipelines: &Pipelines<'_>,
    default_branch: Option<&str>,
    comparison: &mut Comparison,
) {
    let mut children = Children {
        default_branch,
        left: MOST,
    };
    let parent = Parent {
        pipelines,
        at: &|_, situation| Some(situation.clone()),
        are_same: OnceCell::new(),
        every: OnceCell::new(),
        above: None,
        level: 0,
    };
    children.of(&parent, comparison);
}

/// A pipeline that starts others.
struct Parent<'p> {
    pipelines: &'p Pipelines<'p>,
    /// The situation of a side where the first pipeline is created in this one.
    at: &'p dyn Fn(usize, &Situation) -> Option<Situation>,
    are_same: OnceCell<bool>,
    every: OnceCell<Every>,
    /// The pipeline that starts it.
    above: Option<&'p Parent<'p>>,
    level: usize,
}

impl Parent<'_> {
    /// Whether nothing changes in it and in what starts it.
    fn are_same(&self) -> bool {
        let above = || self.above.is_none_or(Parent::are_same);
        *self
            .are_same
            .get_or_init(|| above() && self.pipelines.are_same())
    }

    /// All configurations of it and of what starts it: their conditions decide together.
    fn every(&self, default_branch: Option<&str>) -> &Every {
        self.every.get_or_init(|| {
            let own = self.pipelines.every(default_branch);
            match self.above {
                Some(above) => above.every(default_branch).clone().and(own),
                None => own,
            }
        })
    }

    /// Both sides, with the jobs that any configuration of them has.
    fn wholes(&self, default_branch: Option<&str>) -> [Arc<Config>; 2] {
        let [before, after] = self.pipelines.sides;
        let [old, new] = &self.pipelines.widest;
        [(before, old), (after, new)].map(|(side, widest)| match side.varies() {
            true => Arc::clone(side.every(default_branch).whole()),
            false => Arc::clone(widest),
        })
    }
}

/// A job that starts a pipeline before, after, or both, and what it starts.
struct Trigger<'c>([Option<(&'c Job, Started)>; 2]);

impl<'c> Trigger<'c> {
    fn of(before: Option<&'c Job>, after: Option<&'c Job>) -> Option<Self> {
        let sides = [before, after].map(|job| job.and_then(|job| Some((job, started(job)?))));
        sides.iter().any(Option::is_some).then_some(Self(sides))
    }

    /// The job after the change; if it starts nothing then, the job before.
    fn job(&self) -> Option<&'c Job> {
        let [before, after] = &self.0;
        after.as_ref().or(before.as_ref()).map(|(job, _)| *job)
    }

    /// Whether both are copies of one job that only differ in their names.
    fn is_copy_of(&self, other: &Self) -> bool {
        let mut sides = self.0.iter().zip(&other.0);
        sides.all(|sides| match sides {
            (Some((one, _)), Some((other, _))) => {
                one.key == other.key && one.variables == other.variables
            }
            (None, None) => true,
            _ => false,
        })
    }
}

/// The jobs that start pipelines, each with what it was before.
fn triggers<'c>([before, after]: &'c [Arc<Config>; 2]) -> Vec<Trigger<'c>> {
    let [old, new] = Normal::of_both(before, after);
    let names = Names::of((before, &old), (after, &new));
    let jobs = after.jobs.iter().map(|job| (names.before(job), Some(job)));
    let gone = names.gone().map(|job| (Some(job), None));
    let pairs = jobs.chain(gone);
    pairs.filter_map(|(was, is)| Trigger::of(was, is)).collect()
}

/// A side of a child pipeline.
enum Side<'c> {
    /// Nothing starts it.
    Absent,
    Here(Box<Configs<'c>>),
    Refused(Report),
}

/// What was found about a job that starts a pipeline.
#[derive(Debug, Clone, PartialEq, Default)]
struct Found {
    /// What is said of the job itself.
    of_job: Vec<String>,
    /// What is different in the pipeline that it starts.
    inside: Comparison,
}

struct Children<'d> {
    default_branch: Option<&'d str>,
    /// How many more are compared.
    left: usize,
}

impl Children<'_> {
    /// Adds what changes in the child pipelines of a pipeline.
    fn of(&mut self, parent: &Parent<'_>, comparison: &mut Comparison) {
        let starts = |config: &Arc<Config>| config.jobs.iter().any(|job| job.is_trigger);
        let pipelines = parent.pipelines;
        if parent.level == LEVELS || !pipelines.varies() && !pipelines.widest.iter().any(starts) {
            return;
        }
        let wholes = parent.wholes(self.default_branch);
        let mut told: Vec<(Trigger<'_>, Found)> = Vec::new();
        for trigger in triggers(&wholes) {
            let mut known = told.iter();
            let found = match known.find(|(other, _)| trigger.is_copy_of(other)) {
                Some((_, found)) => found.clone(),
                None => self.child(parent, &trigger, &wholes),
            };
            told.push((trigger, found));
        }
        let is_open = wholes.iter().any(|side| is_open(side));
        for (job, name, found) in by_job(told) {
            for text in found.of_job {
                let effect = Effect::of(job, Kind::Key, text);
                comparison.effects.push(effect.open_unless(!is_open));
            }
            add(&name, found.inside, is_open, comparison);
        }
    }

    /// What changes in the child pipeline of a job.
    fn child(
        &mut self,
        parent: &Parent<'_>,
        trigger: &Trigger<'_>,
        wholes: &[Arc<Config>; 2],
    ) -> Found {
        let mut found = Found::default();
        let mut sides = Vec::new();
        let of_parent = parent.pipelines.sides.iter().zip(wholes);
        for (started, (configs, whole)) in trigger.0.iter().zip(of_parent) {
            let Some((job, started)) = started else {
                sides.push(Side::Absent);
                continue;
            };
            match configs.child(whole, job, started) {
                Child::Here(configs) => sides.push(Side::Here(configs)),
                Child::Refused(report) => sides.push(Side::Refused(report)),
                Child::NotHere(reason) => {
                    let name = code(&started.name);
                    let what = match started.is_child() {
                        true => format!("the child pipeline {name}: {reason}"),
                        false => format!("the pipeline of {name}: {reason}"),
                    };
                    found.inside.leaves_out(what);
                }
            }
        }
        let mut sides = sides.into_iter();
        let (Some(before), Some(after)) = (sides.next(), sides.next()) else {
            return found;
        };
        let (before, after) = match (before, after) {
            (Side::Refused(_), Side::Refused(report)) => {
                let why = first(&report);
                let what = format!("a child pipeline that GitLab refuses, before and after: {why}");
                found.inside.leaves_out(what);
                return found;
            }
            (_, Side::Refused(report)) => {
                let why = first(&report);
                let text = format!("starts a child pipeline that GitLab refuses: {why}");
                found.of_job.push(text);
                return found;
            }
            (Side::Refused(report), after) => {
                let why = first(&report);
                let text = format!("started a child pipeline that GitLab refused: {why}");
                found.of_job.push(text);
                (Side::Absent, after)
            }
            sides => sides,
        };
        match (before, after) {
            (Side::Here(before), Side::Here(after)) => {
                self.between(parent, trigger, [&before, &after], &mut found.inside);
            }
            (Side::Here(before), _) => {
                let after = nothing(&before);
                self.between(parent, trigger, [&before, &after], &mut found.inside);
            }
            (_, Side::Here(after)) => {
                let before = nothing(&after);
                self.between(parent, trigger, [&before, &after], &mut found.inside);
            }
            _ => {}
        }
        found
    }

    /// Adds what changes between both sides of a child pipeline.
    fn between(
        &mut self,
        parent: &Parent<'_>,
        trigger: &Trigger<'_>,
        [before, after]: [&Configs<'_>; 2],
        comparison: &mut Comparison,
    ) {
        let pipelines = Pipelines::of(before, after);
        pipelines.name_what_is_not_read(comparison);
        let at = |side: usize, situation: &Situation| -> Option<Situation> {
            let (job, _) = trigger.0.get(side)?.as_ref()?;
            let own = (parent.at)(side, situation)?;
            let configs = parent.pipelines.sides.get(side)?;
            configs.started_in(&job.name, &own)
        };
        let child = Parent {
            pipelines: &pipelines,
            at: &at,
            are_same: OnceCell::new(),
            every: OnceCell::new(),
            above: Some(parent),
            level: parent.level + 1,
        };
        if !child.are_same() {
            if self.left == 0 {
                let what = format!("what it does: more than {MOST} child pipelines change");
                return comparison.leaves_out(what);
            }
            self.left -= 1;
            let every = child.every(self.default_branch);
            let mut kinds = Kinds::of(every, self.default_branch);
            let sides = |named: &Situation| [at(0, named), at(1, named)];
            kinds
                .named
                .retain(|named| sides(named).iter().any(Option::is_some));
            let cases: Vec<[Option<Situation>; 2]> = kinds.named.iter().map(sides).collect();
            for name in known_on_one_side(&cases) {
                if every.compared().asks(name) {
                    comparison.leaves_out(format!(
                        "what conditions on {} decide: its value is known on one side alone",
                        code(&format!("${name}"))
                    ));
                }
            }
            pipelines.compare(&kinds, &at, comparison);
        }
        self.of(&child, comparison);
    }
}

/// The variables that a child pipeline surely gets on one side, and not on the other.
fn known_on_one_side(cases: &[[Option<Situation>; 2]]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for case in cases {
        let [Some(was), Some(is)] = case else {
            continue;
        };
        for (one, other) in [(was, is), (is, was)] {
            let only = one.variables.keys();
            let only = only.filter(|name| !other.variables.contains_key(*name));
            names.extend(only.map(String::as_str));
        }
    }
    names
}

/// Why GitLab refuses a configuration, in one sentence.
fn first(report: &Report) -> String {
    let sorted = report.sorted();
    sorted
        .first()
        .map(|one| one.message.clone())
        .unwrap_or_default()
}

/// A child pipeline without jobs, which is otherwise this one.
fn nothing<'c>(other: &Configs<'_>) -> Configs<'c> {
    let config = Config::clone(&other.widest());
    Configs::fixed(Config {
        jobs: Vec::new(),
        ..config
    })
}

/// What was found by the name of the job: copies of a job with the same are one.
fn by_job<'c>(told: Vec<(Trigger<'c>, Found)>) -> Vec<(&'c Job, String, Found)> {
    let mut all: Vec<(&Job, Found, bool)> = Vec::new();
    for (trigger, found) in told {
        let Some(job) = trigger.job() else {
            continue;
        };
        match all
            .iter_mut()
            .find(|(other, known, _)| other.key == job.key && *known == found)
        {
            Some((_, _, several)) => *several = true,
            None => all.push((job, found, false)),
        }
    }
    let all = all.into_iter();
    all.map(|(job, found, several)| {
        let name = if several { &job.key } else { &job.name };
        (job, name.clone(), found)
    })
    .collect()
}

/// Adds what was found in the child pipelines of a job. `is_open`: a file that is not read may change the job.
fn add(name: &str, found: Comparison, is_open: bool, comparison: &mut Comparison) {
    let Comparison {
        effects,
        rewritten,
        not_compared,
    } = found;
    let within = |effects: Vec<Effect>| {
        let effects = effects.into_iter();
        effects.map(|mut effect| {
            effect.within.insert(0, name.to_owned());
            effect.open_unless(!is_open)
        })
    };
    comparison.effects.extend(within(effects));
    comparison.rewritten.extend(within(rewritten));
    for what in not_compared {
        comparison.leaves_out(format!("in what {} starts: {what}", code(name)));
    }
}
