//! The configuration of each pipeline: which files are included depends on the pipeline.
//!
//! In: a way to read a configuration for what is known of a pipeline, and a [`Situation`]. Out: the
//! configuration and the plan there. Always holds: where it is not known whether an include is in,
//! every possibility is looked at, and what they do not agree on is open; a configuration is read
//! once for the same answers; a file has the same index in the sources of all configurations.

mod agreed;
mod children;
mod every;
mod union;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::classes::{self, Classes};
use super::outcome::{Failure, FailureKind, Plan, admits, most_worlds, plan, within};
use super::situation::Situation;
use super::{Truth, worlds};
use crate::config::{
    Asked, Config, Given, Map, Node, NotRead, Nothing, Reading, Repository, Rule, Value, When,
};
use crate::finding::Report;
use crate::gitlab::expression::Lookup;
use crate::gitlab::{glob, regex};
use crate::source::Source;
use agreed::agreed;
pub use children::Child;
use children::Passed;
pub use every::Every;
pub use union::together;

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
    /// The files that the readings so far have read, the main one first.
    sources: RefCell<Vec<Source>>,
    /// The files that child pipelines are made of, if they are known.
    repository: Option<Rc<dyn Repository + 'r>>,
    /// The paths of its files, listed once and only if a rule asks for files; `None`: they are not known.
    files: OnceCell<Option<Arc<[String]>>>,
    /// Variables that each of its pipelines gets from the job that starts it.
    passed: BTreeMap<String, String>,
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
        Self::passed(read, BTreeMap::new())
    }

    /// The same where each pipeline gets these variables from the job that starts it.
    fn passed(
        read: impl Fn(&dyn Given) -> Reading + 'r,
        passed: BTreeMap<String, String>,
    ) -> Result<Self, Report> {
        forget();
        let Reading { result, asked } = read(&Passed {
            given: &Nothing,
            passed: &passed,
        });
        let base = Arc::new(result?);
        Ok(Self {
            read: Box::new(read),
            varies: !asked.is_empty(),
            sources: RefCell::new(base.sources.clone()),
            // Where nothing was asked, it is the configuration of every pipeline.
            known: RefCell::new(vec![Known {
                asked,
                result: Ok(Arc::clone(&base)),
            }]),
            base,
            repository: None,
            files: OnceCell::new(),
            passed,
        })
    }

    /// The paths of the repository's files; `None` if they are not known.
    pub fn files(&self) -> Option<&Arc<[String]>> {
        let list = || Some(self.repository.as_ref()?.paths()?.into());
        self.files.get_or_init(list).as_ref()
    }

    /// The same in the repository of another one, whose files are not listed again.
    #[must_use]
    pub(crate) fn with_files_of(self, other: &Configs<'_>) -> Self {
        match self.asks_for_files() {
            true => Self {
                files: OnceCell::from(other.files().cloned()),
                ..self
            },
            false => self,
        }
    }

    /// What it does in each of several situations where the files of its repository are known.
    pub(crate) fn plan_with_files(&self, situations: &[Situation]) -> Vec<Planned> {
        if !self.asks_for_files() {
            return self.plan_all(situations);
        }
        let here = situations.iter().cloned();
        let here: Vec<Situation> = here.map(|one| one.with_files(self.files())).collect();
        self.plan_all(&here)
    }

    /// Whether any rule asks for files of the repository (`exists`).
    pub fn asks_for_files(&self) -> bool {
        self.base.asks_for_files() || self.widest().asks_for_files()
    }

    /// The same file where whoever starts a pipeline gives a value for an input, by its name.
    ///
    /// # Errors
    ///
    /// Why GitLab refuses it then.
    pub fn with_input<'s>(&'s self, name: &str, value: &Node) -> Result<Configs<'s>, Report> {
        let mut inputs = Map::default();
        inputs.put(name, value.clone());
        let inputs = Node::new(Value::Map(Arc::new(inputs)), Default::default());
        let configs = Configs::new(move |given| {
            (self.read)(&Started {
                given,
                sources: None,
                inputs: Some(&inputs),
            })
        })?;
        Ok(Configs {
            repository: self.repository.clone(),
            ..configs
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
            sources: RefCell::default(),
            repository: None,
            files: OnceCell::new(),
            passed: BTreeMap::new(),
        }
    }

    /// What is effective where nothing is known of the pipeline.
    pub fn base(&self) -> &Config {
        &self.base
    }

    /// What is effective where this is known, or why GitLab refuses it.
    pub(super) fn at(&self, given: &dyn Given) -> Result<Arc<Config>, Report> {
        let given = &Passed {
            given,
            passed: &self.passed,
        };
        let same = |known: &&Known| known.asked.iter().all(|asked| asked.same(given));
        if let Some(known) = self.known.borrow().iter().find(same) {
            return known.result.clone();
        }
        let sources = self.sources.borrow().clone();
        let reading = (self.read)(&Started {
            given,
            sources: Some(&sources),
            inputs: None,
        });
        let result = reading.result.map(Arc::new);
        if let Ok(config) = &result
            && config.sources.len() > sources.len()
        {
            self.sources.borrow_mut().clone_from(&config.sources);
        }
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

    /// The configurations that may be effective in a situation, and the situations that they are
    /// effective in; none where GitLab refuses what may be included.
    fn possible(&self, situation: &Situation, most: usize) -> Possible {
        let mut possible = Possible::default();
        let config = match self.at(situation) {
            Ok(config) => config,
            Err(report) => {
                possible.refused = Some(report);
                return possible;
            }
        };
        if !is_undecided(&config) {
            possible.all.push((config, situation.clone()));
            return possible;
        }
        let widest = self.widest();
        let few = most.min(JOBS / widest.decisions().max(1));
        let rules = config.include_rules.iter().chain(&widest.include_rules);
        for world in worlds::of_rules(&rules, situation, few) {
            match self.at(&world) {
                Ok(config) => possible.all.push((config, world.situation)),
                Err(report) => possible.refused = Some(report),
            }
        }
        possible.undecided = Some(config);
        possible
    }

    /// The configurations of this file and of another one that may be effective in one pipeline, pair by
    /// pair; without those of which GitLab refuses one.
    pub fn pairs(&self, other: &Self, situation: &Situation, most: usize) -> Vec<[Arc<Config>; 2]> {
        let both = |given: &dyn Given| match (self.at(given), other.at(given)) {
            (Ok(own), Ok(other)) => Some([own, other]),
            _ => None,
        };
        match both(situation) {
            Some(pair) if !pair.iter().any(|config| is_undecided(config)) => return vec![pair],
            _ => {}
        }
        let widest = [self.widest(), other.widest()];
        let own = [self.at(situation), other.at(situation)];
        let configs = widest.iter().chain(own.iter().flatten());
        let rules = configs.flat_map(|config| &config.include_rules);
        let worlds = worlds::of_rules(&rules, situation, most);
        worlds.iter().filter_map(|world| both(world)).collect()
    }

    /// The classes of pipelines that all conditions tell apart, those of included files too; with each name of
    /// the default branch that makes a difference, if it is not known.
    pub fn classes(&self, default_branch: Option<&str>) -> Classes {
        let every = self.every(default_branch);
        every.classes_of(every.compared(), default_branch)
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

    /// Why GitLab refuses what is effective in a situation, if it does.
    pub fn refusal(&self, situation: &Situation) -> Option<Report> {
        self.at(situation).err()
    }

    /// Whether the workflow alone admits a pipeline.
    pub fn admits(&self, situation: &Situation) -> Truth {
        let config = self.at(situation);
        config.map_or(Truth::Unknown, |config| admits(&config, situation))
    }

    /// A plan as one of a configuration that has all its jobs, as [`Every::whole`] does, and why GitLab
    /// refuses what is effective there.
    pub fn plan_onto(&self, whole: &Arc<Config>, situation: &Situation) -> (Plan, Report) {
        let mut planned = self.plan(situation);
        let report = std::mem::take(&mut planned.report);
        (union::onto(whole, planned), report)
    }

    /// What is effective in each of several situations, and what it does.
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
        let possible = self.possible(situation, most);
        let planned = |config: Arc<Config>, situation: &Situation, most| Planned {
            plan: within(&config, situation, most),
            report: Report::default(),
            config,
        };
        let Some(undecided) = possible.undecided else {
            return match (possible.all.into_iter().next(), possible.refused) {
                (Some((config, _)), _) => planned(config, situation, most),
                (None, report) => self.refused(situation, report.unwrap_or_default()),
            };
        };
        if possible.all.is_empty() || (possible.all.len() < 2 && possible.refused.is_none()) {
            return planned(undecided, situation, most);
        }
        let most = most / possible.all.len();
        let worlds = possible.all.into_iter();
        let all: Vec<Planned> = worlds
            .map(|(config, situation)| planned(config, &situation, most))
            .collect();
        let mut planned = agreed(all, situation, &undecided);
        if possible.refused.is_some() && planned.plan.created == Truth::True {
            // In a pipeline that may be this one GitLab refuses what is included.
            planned.plan.created = Truth::Unknown;
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

/// Whether it is not known what is included.
fn is_undecided(config: &Config) -> bool {
    let undecided = |why| matches!(why, NotRead::Rules | NotRead::Variable);
    config.unresolved.iter().any(|one| undecided(one.why))
}

/// The configurations that may be effective in a situation.
#[derive(Default)]
struct Possible {
    /// Each with what is known of the pipelines that it is effective in.
    all: Vec<(Arc<Config>, Situation)>,
    /// Why GitLab refuses what may be included there.
    refused: Option<Report>,
    /// What is effective if what is not known is left open; nothing if all is known.
    undecided: Option<Arc<Config>>,
}

/// What is known of a pipeline, and with what its files are read.
struct Started<'n> {
    given: &'n dyn Given,
    /// The files that other readings have read; those of `given` if none are named.
    sources: Option<&'n [Source]>,
    /// The inputs that it is started with.
    inputs: Option<&'n Node>,
}

impl Given for Started<'_> {
    fn rule(&self, rule: &Rule) -> Truth {
        self.given.rule(rule)
    }

    fn variable(&self, name: &str) -> Lookup {
        self.given.variable(name)
    }

    fn expanded(&self, text: &str) -> Option<String> {
        self.given.expanded(text)
    }

    fn sources(&self) -> &[Source] {
        self.sources.unwrap_or_else(|| self.given.sources())
    }

    fn inputs(&self) -> Option<&Node> {
        self.inputs.or_else(|| self.given.inputs())
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
