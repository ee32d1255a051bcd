//! The configuration of each pipeline: which files are included depends on the pipeline.
//!
//! In: a way to read a configuration for what is known of a pipeline, and a [`Situation`]. Out: the
//! configuration and the plan there. Always holds: where it is not known whether an include is in,
//! every possibility is looked at, and what they do not agree on is open; a configuration is read
//! once for the same answers.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::classes::{self, Classes, classes};
use super::decision::{Because, Chosen, Decision};
use super::outcome::{Failure, FailureKind, Plan, PlannedJob, admits, most_worlds, plan, within};
use super::situation::Situation;
use super::{Truth, worlds};
use crate::config::{Asked, Config, Given, NotRead, Nothing, Reading, Rule, Unresolved, When};
use crate::finding::Report;
use crate::gitlab::expression::Lookup;
use crate::gitlab::{glob, regex};

/// Configurations that are kept; few differ.
const KEPT: usize = 2 * worlds::MOST;

/// Jobs of all configurations together that are looked at where it is not known what is included.
const JOBS: usize = 20_000;

/// Reads the configuration as it is with the variables that are given.
type Read<'r> = Box<dyn Fn(&dyn Given) -> Reading + 'r>;

/// The configurations of all pipelines.
pub struct Configs<'r> {
    read: Read<'r>,
    base: Arc<Config>,
    varies: bool,
    known: RefCell<Vec<Known>>,
}

/// What was compiled for another configuration makes room: each has the same bound.
fn forget() {
    glob::forget();
    regex::forget();
    classes::forget();
}

/// A configuration, and the answers that lead to it.
struct Known {
    asked: Vec<Asked>,
    result: Result<Arc<Config>, Report>,
}

/// A plan and the configuration that it is of.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What is effective in the situation.
    pub config: Arc<Config>,
    /// What it does.
    pub plan: Plan,
    /// Why GitLab refuses what is effective there; nothing if it does not.
    pub report: Report,
}

impl<'r> Configs<'r> {
    /// Reads what is effective where nothing is known of the pipeline.
    ///
    /// # Errors
    ///
    /// Why GitLab refuses it, whatever else is included.
    pub fn new(read: impl Fn(&dyn Given) -> Reading + 'r) -> Result<Self, Report> {
        forget();
        let reading = read(&Nothing);
        Ok(Self {
            read: Box::new(read),
            varies: !reading.asked.is_empty(),
            base: Arc::new(reading.result?),
            known: RefCell::default(),
        })
    }

    /// One configuration for all pipelines.
    pub fn fixed(config: Config) -> Self {
        forget();
        let base = Arc::new(config);
        let always = Known {
            asked: Vec::new(),
            result: Ok(Arc::clone(&base)),
        };
        Self {
            read: Box::new(|_| Reading {
                result: Err(Report::default()),
                asked: Vec::new(),
            }),
            base,
            varies: false,
            known: RefCell::new(vec![always]),
        }
    }

    /// What is effective where nothing is known of the pipeline.
    pub fn base(&self) -> &Config {
        &self.base
    }

    fn at(&self, given: &dyn Given) -> Result<Arc<Config>, Report> {
        let same = |known: &&Known| known.asked.iter().all(|asked| asked.same(given));
        if let Some(known) = self.known.borrow().iter().find(same) {
            return known.result.clone();
        }
        let reading = (self.read)(given);
        let result = reading.result.map(Arc::new);
        let mut known = self.known.borrow_mut();
        if known.len() >= KEPT {
            known.remove(0);
        }
        known.push(Known {
            asked: reading.asked,
            result: result.clone(),
        });
        result
    }

    /// The classes of pipelines that all conditions tell apart, those of included files too.
    pub fn classes(&self, default_branch: &str) -> Classes {
        let widest = self.widest();
        let found = classes(&widest, default_branch);
        // Files whose paths have variables are known for a ref alone.
        let by_name = |one: &Unresolved| one.why == NotRead::Variable;
        if !widest.unresolved.iter().any(by_name) {
            return found;
        }
        let (union, _) = together(self.plan_all(&found.refs), &widest);
        match union.jobs.len() == widest.jobs.len() {
            true => found,
            false => classes(&union, default_branch),
        }
    }

    /// Whether what is included depends on the pipeline.
    pub fn varies(&self) -> bool {
        self.varies
    }

    /// What is effective if the rules of all includes hold; as far as GitLab takes that.
    pub fn widest(&self) -> Arc<Config> {
        let widest = self.at(&Widest);
        widest.unwrap_or_else(|_| Arc::clone(&self.base))
    }

    /// Whether the workflow alone admits a pipeline.
    pub fn admits(&self, situation: &Situation) -> Truth {
        let config = self.at(situation);
        config.map_or(Truth::Unknown, |config| admits(&config, situation))
    }

    /// A plan as one of a configuration that has all its jobs, as [`Configs::widest`] does, and why
    /// GitLab refuses what is effective there.
    pub fn plan_onto(&self, whole: &Arc<Config>, situation: &Situation) -> (Plan, Report) {
        let planned = self.plan(situation);
        let plan = match Arc::ptr_eq(whole, &planned.config) {
            true => planned.plan,
            false => onto(whole, planned.plan),
        };
        (plan, planned.report)
    }

    /// The same for several situations.
    pub fn plan_all(&self, situations: &[Situation]) -> Vec<Planned> {
        let most = most_worlds(&self.base, situations.len());
        let plan = |one| self.plan_within(one, most);
        situations.iter().map(plan).collect()
    }

    /// What is effective in a situation, and what it does.
    pub fn plan(&self, situation: &Situation) -> Planned {
        self.plan_within(situation, most_worlds(&self.base, 1))
    }

    /// The same, with so many ways tried in which unknown variables may be set.
    fn plan_within(&self, situation: &Situation, most: usize) -> Planned {
        let config = match self.at(situation) {
            Ok(config) => config,
            Err(report) => return self.refused(situation, report),
        };
        let undecided = |why: NotRead| matches!(why, NotRead::Rules | NotRead::Variable);
        if !config.unresolved.iter().any(|one| undecided(one.why)) {
            let plan = within(&config, situation, most);
            let report = Report::default();
            return Planned {
                config,
                plan,
                report,
            };
        }
        let few = most.min(JOBS / self.widest().decisions().max(1));
        let worlds = worlds::of_rules(&config.include_rules, situation, few);
        let most = most / worlds.len().max(1);
        let mut all: Vec<Planned> = Vec::new();
        for world in &worlds {
            if let Ok(config) = self.at(world) {
                let plan = within(&config, world, most);
                let report = Report::default();
                all.push(Planned {
                    config,
                    plan,
                    report,
                });
            }
        }
        if worlds.len() < 2 || all.is_empty() {
            let plan = within(&config, situation, most);
            let report = Report::default();
            return Planned {
                config,
                plan,
                report,
            };
        }
        let refused = all.len() < worlds.len();
        let mut planned = agreed(all, situation, &config);
        if refused {
            // In a pipeline that may be this one GitLab refuses what is included.
            planned.plan.created = match planned.plan.created {
                Truth::True => Truth::Unknown,
                other => other,
            };
        }
        planned
    }

    fn refused(&self, situation: &Situation, report: Report) -> Planned {
        let mut plan = plan(&self.base, situation);
        let why = report.sorted().first().map(|one| one.message.clone());
        plan.created = Truth::False;
        plan.absence = None;
        plan.jobs = Vec::new();
        plan.otherwise = None;
        plan.failures = vec![Failure {
            job: String::new(),
            kind: FailureKind::Refused(why.unwrap_or_default()),
            place: Default::default(),
            certain: true,
        }];
        // What is in is known: nothing is left open.
        let config = Config {
            unresolved: Vec::new(),
            open: None,
            ..Config::clone(&self.base)
        };
        Planned {
            config: Arc::new(config),
            plan,
            report,
        }
    }
}

/// What several configurations that may be effective agree on.
fn agreed(all: Vec<Planned>, situation: &Situation, undecided: &Config) -> Planned {
    let (union, plans) = together(all, undecided);
    let mut union = Arc::unwrap_or_clone(union);
    union.unresolved.clone_from(&undecided.unresolved);
    union
        .sources
        .iter_mut()
        .zip(&undecided.sources)
        .for_each(|(mine, other)| {
            if mine.name != other.name {
                mine.clone_from(other);
            }
        });
    let mut plans = plans.into_iter();
    let Some(mut whole) = plans.next() else {
        return Planned {
            config: Arc::new(undecided.clone()),
            plan: plan(undecided, situation),
            report: Report::default(),
        };
    };
    for other in plans {
        if whole.created != other.created {
            whole.created = Truth::Unknown;
            whole.absence = None;
        }
        for (job, other) in whole.jobs.iter_mut().zip(&other.jobs) {
            join(&mut job.decision, &other.decision);
            if let (Some(mine), Some(others)) = (&mut job.otherwise, &other.otherwise) {
                join(mine, others);
            }
        }
        let others = other.failures.iter().filter(|one| one.certain);
        let certain: HashSet<_> = others.map(Failure::what).collect();
        for failure in &mut whole.failures {
            failure.certain &= certain.contains(&failure.what());
        }
        let known: HashSet<_> = whole.failures.iter().map(Failure::what).collect();
        let new = other.failures.iter();
        let new: Vec<Failure> = new
            .filter(|one| !known.contains(&one.what()))
            .cloned()
            .collect();
        let open = |one| Failure {
            certain: false,
            ..one
        };
        whole.failures.extend(new.into_iter().map(open));
    }
    whole.situation = situation.clone();
    Planned {
        config: Arc::new(union),
        plan: whole,
        report: Report::default(),
    }
}

/// Adds what may become of a job in another configuration.
fn join(into: &mut Decision, other: &Decision) {
    for chosen in &other.possible {
        let same = |one: &Chosen| {
            let because = one.because;
            *one == Chosen {
                because,
                ..chosen.clone()
            }
        };
        if !into.possible.iter().any(same) {
            into.possible.push(Chosen {
                because: Because::Include,
                ..chosen.clone()
            });
        }
    }
    into.raises = into.raises.or(other.raises);
}

/// Plans of different configurations as plans of one that has the jobs of all. A job that is not
/// included is not in the pipeline.
pub fn together(all: Vec<Planned>, otherwise: &Config) -> (Arc<Config>, Vec<Plan>) {
    let Some(first) = all.first().map(|first| Arc::clone(&first.config)) else {
        return (Arc::new(otherwise.clone()), Vec::new());
    };
    if all.iter().all(|one| Arc::ptr_eq(&one.config, &first)) {
        return (first, all.into_iter().map(|one| one.plan).collect());
    }
    let mut union = Config::clone(&first);
    let mut seen = HashSet::from([Arc::as_ptr(&first)]);
    let mut names: HashSet<String> = union.jobs.iter().map(|job| job.name.clone()).collect();
    for Planned { config, .. } in all.iter().skip(1) {
        if !seen.insert(Arc::as_ptr(config)) {
            continue;
        }
        for stage in &config.stages {
            if union.stage_index(stage).is_none() {
                let before_post = union.stages.len().saturating_sub(1);
                union.stages.insert(before_post, stage.clone());
            }
        }
        for job in &config.jobs {
            if names.insert(job.name.clone()) {
                union.jobs.push(job.clone());
            }
        }
        for include in &config.unresolved {
            if !union.unresolved.contains(include) {
                union.unresolved.push(include.clone());
            }
        }
    }
    let plans = all.into_iter().map(|planned| onto(&union, planned.plan));
    let plans = plans.collect();
    (Arc::new(union), plans)
}

/// A plan as one of a configuration that has all its jobs, and others.
fn onto(whole: &Config, mut plan: Plan) -> Plan {
    let mut own: HashMap<String, PlannedJob> = std::mem::take(&mut plan.jobs)
        .into_iter()
        .map(|job| (job.name.clone(), job))
        .collect();
    for (index, job) in whole.jobs.iter().enumerate() {
        plan.jobs.push(match own.remove(&job.name) {
            Some(planned) => PlannedJob { index, ..planned },
            None => PlannedJob {
                index,
                name: job.name.clone(),
                stage: job.stage.value.clone(),
                decision: Decision {
                    possible: vec![not_included(job)],
                    raises: None,
                },
                otherwise: None,
            },
        });
    }
    plan
}

fn not_included(job: &crate::config::Job) -> Chosen {
    Chosen {
        when: When::Never,
        ..super::rules::as_it_is(job, Because::NotIncluded)
    }
}

/// Every local include is in, whatever its rules ask for.
struct Widest;

impl Given for Widest {
    fn rule(&self, rule: &Rule) -> Truth {
        match rule.when {
            Some(When::Never) => Truth::False,
            _ => Truth::True,
        }
    }

    fn variable(&self, _name: &str) -> Lookup {
        Lookup::Unknown
    }

    fn expanded(&self, _text: &str) -> Option<String> {
        None
    }
}
