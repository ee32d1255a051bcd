//! What every rule gets: the configuration, and each kind of pipeline that it makes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Project;
use super::pipeline::{creation, duplicates, interruptible, manual, stop};
use super::script::{self, Scripts};
use super::settings::Settings;
use super::shellcheck::ShellCheck;
use super::subject::{self, Subject};
use crate::config::{Config, Job, Map, Place, Repository, Value};
use crate::finding::{Code, Finding, Location, Report};
use crate::plan::{
    Absence, Classes, Compared, Configs, CounterExamples, Every, Failure, LeftOut, Plan, Presence,
    Situation, Truth,
};

/// A kind of pipeline that the workflow surely admits.
pub(super) struct Seen {
    /// What it is created for.
    pub(super) situation: Situation,
    /// Whether no project would have such a pipeline, though one could.
    pub(super) is_far_fetched: bool,
    /// The rule of the workflow that admits it, if that is decided and there is one.
    pub(super) workflow: Option<usize>,
    /// Why nothing is created.
    pub(super) absence: Option<Absence>,
    /// What becomes of each job, in the order of the configuration.
    pub(super) jobs: Vec<Presence>,
}

/// What every rule gets.
pub(super) struct Lint<'l> {
    /// A configuration that has the jobs of all.
    pub(super) config: Arc<Config>,
    pub(super) every: Every,
    pub(super) repository: &'l dyn Repository,
    /// The default branch, if it is known.
    default_branch: Option<&'l str>,
    pub(super) compared: Compared,
    pub(super) classes: Classes,
    /// The pipelines of the classes.
    pub(super) seen: Vec<Seen>,
    pub(super) settings: &'l Settings,
    pub(super) shellcheck: Option<&'l dyn ShellCheck>,
    /// Codes whose rule could not look: that nothing was found says nothing.
    pub(super) unasked: Vec<Code>,
    scripts: Arc<Scripts>,
    pub(super) configs: &'l Configs<'l>,
    commands: CounterExamples,
    index: HashMap<String, usize>,
    told: HashSet<(Code, String)>,
    findings: Vec<Finding>,
    /// What GitLab refuses in some pipelines.
    refused: Report,
}

impl<'l> Lint<'l> {
    pub(super) fn new(configs: &'l Configs<'l>, project: &'l Project<'l>) -> Self {
        let every = configs.every(project.default_branch);
        let config = Arc::clone(every.whole());
        let mut compared = every.compared().clone();
        compared.pair_merge_requests();
        let classes = every.classes_of(&compared, project.default_branch);
        let jobs = config.jobs.iter().enumerate();
        Self {
            commands: CounterExamples::of(&compared, &classes.situations, Some(project.file)),
            index: jobs.map(|(at, job)| (job.name.clone(), at)).collect(),
            scripts: Arc::new(script::of(&config)),
            seen: Vec::new(),
            told: HashSet::new(),
            findings: Vec::new(),
            refused: Report::default(),
            repository: project.repository,
            default_branch: project.default_branch,
            settings: project.settings,
            shellcheck: project.shellcheck,
            unasked: Vec::new(),
            config,
            every,
            compared,
            classes,
            configs,
        }
    }

    /// Looks at each kind of pipeline once.
    pub(super) fn pipelines(&mut self) {
        let situations = std::mem::take(&mut self.classes.situations);
        for situation in &situations {
            if let Some(refusal) = self.configs.refusal(situation) {
                self.refused.join(refusal);
                continue;
            }
            if self.configs.admits(situation) != Truth::True {
                continue;
            }
            let Some(plan) = self.plan(situation) else {
                continue;
            };
            let is_far_fetched = subject::is_far_fetched(&self.config, &plan.situation);
            let is_told = !is_far_fetched;
            if is_told {
                creation::check(self, &plan);
            }
            if is_told && plan.created != Truth::False {
                duplicates::check(self, &plan);
                manual::check(self, &plan);
                stop::check(self, &plan);
                interruptible::check(self, &plan);
            }
            let workflow = match plan.workflow.as_slice() {
                [one] => *one,
                _ => None,
            };
            self.seen.push(Seen {
                is_far_fetched,
                workflow,
                absence: plan.absence.clone(),
                jobs: plan.jobs.iter().map(|job| job.presence()).collect(),
                situation: plan.situation,
            });
        }
        self.classes.situations = situations;
    }

    /// Whether a push would need a project that gives a variable just the text that a condition compares it
    /// with, as `RELEASE=yes`: who wants one such pipeline starts it by hand.
    pub(super) fn is_asked_for(&self, situation: &Situation) -> bool {
        subject::is_asked_for(&self.config, &self.compared, situation)
    }

    /// The scripts of all jobs.
    pub(super) fn scripts(&self) -> Arc<Scripts> {
        Arc::clone(&self.scripts)
    }

    /// Adds a finding that is true of all pipelines.
    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(super) fn into_report(mut self) -> Report {
        if !self.classes.is_complete() {
            let reasons: Vec<String> = self
                .classes
                .left_out
                .iter()
                .map(LeftOut::to_string)
                .collect();
            let message = format!(
                "not every kind of pipeline was looked at: {}",
                reasons.join("; ")
            );
            let finding = Finding::new(Code::PartlyProven, Location::WHOLE, message);
            self.push(finding.help("`windlass plan` shows any pipeline that you ask for"));
        }
        let mut report = Report::of(&self.config.sources, self.findings);
        report.join(self.refused);
        report
    }
}

impl Subject for Lint<'_> {
    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config)
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    fn is_new(&mut self, code: Code, subject: &str) -> bool {
        self.told.insert((code, subject.to_owned()))
    }

    fn place(&self, job: &Job, path: &[&str]) -> Location {
        at(&job.keys, path).unwrap_or(job.place).into()
    }

    fn global(&self, path: &[&str]) -> Option<Location> {
        at(self.config.tree.as_map()?, path).map(Location::from)
    }

    fn need(&self, job: &Job, _failure: &Failure, other: &str) -> Location {
        let mut needs = job.needs.iter().flat_map(|needs| needs.iter());
        let need = needs.find(|need| need.job == other && !need.optional);
        need.map_or(job.place, |need| need.place).into()
    }

    fn own_workflow(&self) -> bool {
        self.config.workflow.rules.is_some()
    }

    fn is_rare_request(&self, situation: &Situation) -> bool {
        let is_unknown = self.default_branch.is_none();
        subject::is_rare_request(&self.config, &self.compared, is_unknown, situation)
    }

    fn admits(&self, situation: &Situation) -> Truth {
        self.configs.admits(situation)
    }

    fn plan(&mut self, situation: &Situation) -> Option<Plan> {
        let (plan, refused) = self.configs.plan_onto(&self.config, situation);
        if refused.is_empty() {
            return Some(plan);
        }
        self.refused.join(refused);
        None
    }

    fn command(&self, situation: &Situation) -> String {
        self.commands.command(situation)
    }

    fn tell(&mut self, finding: Finding, situation: &Situation) {
        let helps = self.commands.helps(situation);
        self.push(helps.into_iter().fold(finding, Finding::help));
    }
}

/// Where the key at the end of a path is, as far as the path leads: the value if it is on one line.
fn at(map: &Map, path: &[&str]) -> Option<Place> {
    let (first, rest) = path.split_first()?;
    let entry = map.entry(first)?;
    let inner = entry.value.as_map().and_then(|map| at(map, rest));
    let own = match &entry.value.value {
        Value::Seq(_) | Value::Map(_) | Value::Reference(_) | Value::Null => entry.key_place,
        _ => entry.value.place,
    };
    Some(inner.unwrap_or(own))
}
