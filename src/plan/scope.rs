//! What variables are worth in a situation, and what that makes of the workflow and of each job.
//!
//! In: a [`Config`], a [`Situation`] and a name. Out: what is known of the variable. The order is
//! GitLab's: the project's and the pipeline's variables win over the job's, the workflow rule's and
//! the file's, and these over what GitLab itself sets. Always holds: with an include that is not
//! read, what it may change is not known, unless that is left out of account
//! ([`Scope::if_unchanged`]).

use std::cell::OnceCell;
use std::collections::HashMap;

use super::decision::{Because, Decision};
use super::outcome::{Failure, FailureKind};
use super::situation::Situation;
use super::{Truth, circular, files, given, policy, predefined, rules, unread, written};
use crate::config::{Conditions, Config, Job, Rule, Variable, Variables, When};
use crate::gitlab::expression::Lookup;
use crate::gitlab::names::ref_slug;

/// A configuration in a situation: what variables are worth there.
pub struct Scope<'s> {
    config: &'s Config,
    pub(super) situation: &'s Situation,
    /// Whether includes that are not read are taken to change nothing.
    pub(super) unchanged: bool,
    /// Which rules of the workflow may decide.
    pub(super) workflow: Vec<Option<usize>>,
    /// The rule of the workflow on which GitLab breaks off, if it comes to it.
    raises: Option<usize>,
    /// The names of the copies of each job, if anything asked for them.
    copies: OnceCell<HashMap<&'s str, Vec<&'s str>>>,
    /// See [`Scope::inherits_ring`].
    inherits_ring: OnceCell<bool>,
}

impl<'s> Scope<'s> {
    /// Evaluates the workflow, whose variables the jobs see.
    pub fn of(config: &'s Config, situation: &'s Situation) -> Self {
        Self::new(config, situation, config.open.is_none())
    }

    /// The same if the includes that are not read change nothing.
    pub(super) fn if_unchanged(config: &'s Config, situation: &'s Situation) -> Self {
        Self::new(config, situation, true)
    }

    fn new(config: &'s Config, situation: &'s Situation, unchanged: bool) -> Self {
        let mut scope = Self {
            config,
            situation,
            unchanged,
            workflow: vec![None],
            raises: None,
            copies: OnceCell::new(),
            inherits_ring: OnceCell::new(),
        };
        if let Some(rules) = scope.workflow_rules() {
            let look_up = |name: &str| scope.of_pipeline(name);
            let (possible, raises) = rules::first(rules, situation, &look_up);
            scope.workflow = possible;
            scope.raises = raises;
        }
        scope
    }

    /// The workflow's rules; an empty list is none at all.
    pub(super) fn workflow_rules(&self) -> Option<&'s [Rule]> {
        let rules = self.config.workflow.rules.as_deref()?;
        (!rules.is_empty()).then_some(rules)
    }

    /// Whether the workflow admits a pipeline, and by which rule if it does not.
    pub(super) fn admitted(&self) -> (Truth, Option<usize>) {
        let open = !self.unchanged && !self.config.is_firm("workflow:rules");
        let Some(rules) = self.workflow_rules().filter(|_| !open) else {
            let truth = if open { Truth::Unknown } else { Truth::True };
            return (truth, None);
        };
        let admits = |at: &Option<usize>| {
            let rule = at.and_then(|at| rules.get(at));
            rule.is_some_and(|rule| rule.when != Some(When::Never))
        };
        let admitting = self.workflow.iter().filter(|at| admits(at)).count();
        match admitting {
            _ if self.raises.is_some() => (Truth::Unknown, None),
            0 => (Truth::False, self.workflow.iter().flatten().copied().last()),
            n if n == self.workflow.len() => (Truth::True, None),
            _ => (Truth::Unknown, None),
        }
    }

    /// What makes the workflow itself fail.
    pub(super) fn failure(&self) -> Option<Failure> {
        let rule = self.workflow_rules()?.get(self.raises?)?;
        Some(Failure {
            job: "workflow".to_owned(),
            kind: FailureKind::Raises,
            place: rule.place,
            certain: self.workflow.is_empty(),
        })
    }

    /// A variable as the workflow's rules see it.
    pub(super) fn of_pipeline(&self, name: &str) -> Lookup {
        if let Some(value) = self.situation.variables.get(name) {
            return Lookup::Set(value.clone());
        }
        match self.config.variables.get(name) {
            Some(_) if !self.keeps_variable(name) => Lookup::Unknown,
            Some(variable) => self.written(name, &variable.value),
            None => self.predefined(name),
        }
    }

    /// A variable that the file sets.
    fn written(&self, name: &str, text: &str) -> Lookup {
        written::look_up(self.situation, name, text)
    }

    /// Whether no include that is not read can set a global variable otherwise.
    fn keeps_variable(&self, name: &str) -> bool {
        self.unchanged || self.config.is_firm(&format!("variables:{name}"))
    }

    fn predefined(&self, name: &str) -> Lookup {
        match given::variable(self.situation, name) {
            Lookup::Unset
                if !self.unchanged && predefined::look_up(self.situation, name).is_none() =>
            {
                Lookup::Unknown
            }
            found => found,
        }
    }

    /// A variable as a job's rules see it.
    pub fn of_job(&self, job: &Job, name: &str) -> Lookup {
        if let Some(value) = self.situation.variables.get(name) {
            return Lookup::Set(value.clone());
        }
        if !self.unchanged {
            return self.of_open_job(job, name);
        }
        if let Some(own) = job.variables.get(name) {
            return self.written(name, &own.value);
        }
        if job.inherits.takes(name) {
            if let Some(found) = self.of_workflow(name) {
                return found;
            }
            if let Some(global) = self.config.variables.get(name) {
                return self.written(name, &global.value);
            }
        }
        self.of_any_job(job, name)
    }

    /// A variable as a job's rules see it, where an include may give the job variables.
    fn of_open_job(&self, job: &Job, name: &str) -> Lookup {
        let firm = |key: &str| job.is_firm(key);
        let known = match name {
            "CI_JOB_STAGE" => firm("stage"),
            "CI_JOB_MANUAL" => firm("when"),
            "CI_ENVIRONMENT_NAME" => firm("environment"),
            "CI_NODE_INDEX" | "CI_NODE_TOTAL" => firm("parallel"),
            _ => true,
        };
        if let Some(own) = job.variables.get(name) {
            return match firm(&format!("variables:{name}")) {
                true => self.written(name, &own.value),
                false => Lookup::Unknown,
            };
        }
        let of_gitlab =
            predefined::look_up(self.situation, name).is_some() || name.starts_with("CI_JOB_");
        let of_file = self.config.variables.contains_key(name) || self.of_workflow(name).is_some();
        match known && of_gitlab && !of_file {
            true => self.of_any_job(job, name),
            false => Lookup::Unknown,
        }
    }

    /// A variable that the file does not set.
    fn of_any_job(&self, job: &Job, name: &str) -> Lookup {
        match name {
            "CI_JOB_NAME" => Lookup::Set(job.name.clone()),
            "CI_JOB_NAME_SLUG" => Lookup::Set(ref_slug(&job.name)),
            "CI_JOB_STAGE" => Lookup::Set(job.stage.value.clone()),
            "CI_JOB_MANUAL" if job.when == When::Manual => Lookup::Set("true".to_owned()),
            "CI_JOB_MANUAL" => Lookup::Unset,
            "CI_NODE_INDEX" | "CI_NODE_TOTAL" => self.of_copies(job, name),
            "CI_ENVIRONMENT_NAME" => match &job.environment {
                Some(environment) => self.expanded_name(job, &environment.name),
                None => Lookup::Unset,
            },
            _ => self.predefined(name),
        }
    }

    /// Which copy of a `parallel` job it is, from 1, and how many there are; a job that is not parallel is
    /// the only one of 1 and has no index.
    fn of_copies(&self, job: &Job, name: &str) -> Lookup {
        let is_copy = job.name != job.key;
        let copies = self.copies.get_or_init(|| {
            let mut copies: HashMap<&str, Vec<&str>> = HashMap::new();
            for job in &self.config.jobs {
                copies.entry(&job.key).or_default().push(&job.name);
            }
            copies
        });
        let copies = copies.get(job.key.as_str()).filter(|_| is_copy);
        let number = match (name, copies) {
            ("CI_NODE_TOTAL", Some(copies)) => copies.len(),
            ("CI_NODE_TOTAL", None) => 1,
            (_, Some(copies)) => match copies.iter().position(|own| *own == job.name) {
                Some(at) => at + 1,
                None => return Lookup::Unset,
            },
            (_, None) => return Lookup::Unset,
        };
        Lookup::Set(number.to_string())
    }

    /// The name of a job's environment, as far as its variables are known; it is put in before rules are
    /// evaluated (`Variables::Builder#predefined_variables_from_job_attr`, 18.11).
    fn expanded_name(&self, job: &Job, name: &str) -> Lookup {
        let look_up = |name: &str| match name {
            "CI_ENVIRONMENT_NAME" => Lookup::Unset,
            name => self.of_job(job, name),
        };
        match files::expanded(name, &look_up) {
            Some(name) => Lookup::Set(name),
            None => Lookup::Filled,
        }
    }

    /// The text of a variable of a job, if GitLab puts variables into it: what is written and what is given,
    /// without what the job's own rules set. Without a job: what every job may inherit.
    pub(super) fn referring(&self, job: Option<&'s Job>, name: &str) -> Option<&'s str> {
        let expanded = |variable: &'s Variable| variable.expand.then_some(variable.value.as_str());
        let given = self.situation.variables.get(name);
        let own = job.and_then(|job| job.variables.get(name));
        let text = match (given, own) {
            (Some(given), _) => Some(given.as_str()),
            (None, Some(own)) => expanded(own),
            (None, None) if job.is_some_and(|job| !job.inherits.takes(name)) => None,
            (None, None) => match self.text_of_workflow(name) {
                Some(text) => text,
                None => self.config.variables.get(name).and_then(expanded),
            },
        };
        text.filter(|text| text.contains(['$', '%']))
    }

    /// The names of the variables that every job may inherit.
    pub(super) fn inherited(&self) -> impl Iterator<Item = &'s str> {
        let given = self.situation.variables.keys().map(String::as_str);
        self.of_file().chain(given)
    }

    /// The names of the variables that the file sets for all jobs, or a rule of the workflow.
    pub(super) fn of_file(&self) -> impl Iterator<Item = &'s str> {
        let global = self.config.variables.keys().map(String::as_str);
        global.chain(self.of_workflow_rules())
    }

    /// The text that the file gives a variable for all jobs, and whether variables in it are expanded; `None` if it
    /// is not known which one.
    pub(super) fn text_of_file(&self, name: &str) -> Option<(&'s str, bool)> {
        match self.text_of_workflow(name) {
            Some(text) => Some((text?, true)),
            None => {
                let variable = self.config.variables.get(name)?;
                Some((variable.value.as_str(), variable.expand))
            }
        }
    }

    /// The variables that the file sets for all jobs.
    pub(super) fn global_variables(&self) -> &'s Variables {
        &self.config.variables
    }

    /// Whether a ring of variables is among those that jobs inherit.
    pub(super) fn inherits_ring(&self) -> bool {
        let find = || circular::among(self, None, self.inherited()).is_some();
        *self.inherits_ring.get_or_init(find)
    }

    /// The names of the variables that the rules of the workflow set.
    fn of_workflow_rules(&self) -> impl Iterator<Item = &'s str> {
        let rules = self.workflow_rules().unwrap_or_default().iter();
        rules.flat_map(|rule| rule.variables.keys().map(String::as_str))
    }

    /// A variable that a rule of the workflow sets, or may set.
    fn of_workflow(&self, name: &str) -> Option<Lookup> {
        let text = self.text_of_workflow(name)?;
        Some(text.map_or(Lookup::Unknown, |text| self.written(name, text)))
    }

    /// The same as a text; `Some(None)` if it is not known which one.
    fn text_of_workflow(&self, name: &str) -> Option<Option<&'s str>> {
        let rules = self.workflow_rules()?;
        let applied = self.workflow.iter().flatten();
        let mut found = applied
            .filter_map(|at| rules.get(*at))
            .filter(|rule| rule.when != Some(When::Never))
            .map(|rule| rule.variables.get(name).map(|v| v.value.as_str()));
        let first = found.next()?;
        match found.all(|other| other == first) {
            true => first.map(Some),
            false => Some(None),
        }
    }

    /// What becomes of a job.
    pub(super) fn decide(&self, job: &Job) -> Decision {
        let decision = self.by_conditions(job);
        match self.unchanged {
            true => decision,
            false => unread::widen(job, &decision),
        }
    }

    fn by_conditions(&self, job: &Job) -> Decision {
        let look_up = |name: &str| self.of_job(job, name);
        match &job.conditions {
            Conditions::Always => Decision {
                possible: vec![rules::as_it_is(job, Because::Unconditional)],
                raises: None,
            },
            Conditions::Rules(list) => rules::decide(job, list, self.situation, &look_up),
            Conditions::Policies { only, except } => policy::decide(
                job,
                only.as_ref(),
                except.as_ref(),
                self.situation,
                &look_up,
            ),
        }
    }
}
