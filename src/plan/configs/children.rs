//! The child pipelines that jobs start.
//!
//! In: the [`Configs`] of a pipeline, a job with `trigger` and a [`Situation`] of the pipeline. Out: the child's
//! [`Configs`], and the situation in which GitLab creates it. Always holds: the child reads its files from the
//! repository of its parent; a variable that it gets and whose value is not known stays open.
//!
//! Facts: `Ci::Bridge#child_params` and `Gitlab::Ci::Variables::Downstream::Generator` (18.11). The child has the
//! ref, the merge request and the commit before its own from its parent. The variables that the file sets for the
//! job become variables of the child pipeline, which win over the child's file. The child's own child pipelines get them
//! only from a job with `trigger:forward:pipeline_variables`.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::Configs;
use crate::config::child::Started;
use crate::config::{Conditions, Config, Given, Job, Node, Repository, Rule, Variables};
use crate::finding::Report;
use crate::gitlab::expression::Lookup;
use crate::plan::Truth;
use crate::plan::files::expanded;
use crate::plan::scope::Scope;
use crate::plan::situation::{Changed, Ref, Situation, Trigger};
use crate::source::Source;

/// The child pipeline of a job.
pub enum Child<'r> {
    /// Its files are here.
    Here(Box<Configs<'r>>),
    /// GitLab refuses it, for this reason.
    Refused(Report),
    /// It cannot be read, for this reason.
    NotHere(String),
}

impl<'r> Configs<'r> {
    /// The same in a repository from which child pipelines are read.
    #[must_use]
    pub fn with_children(self, repository: Rc<dyn Repository + 'r>) -> Self {
        Self {
            repository: Some(repository),
            ..self
        }
    }

    /// The child pipeline that a job of one of these configurations starts.
    pub fn child(&self, parent: &Arc<Config>, job: &Job, started: &Started) -> Child<'r> {
        if let Some((file, maker)) = started.made_by_a_job() {
            let reason = format!("the job `{maker}` makes `{file}` while the pipeline runs");
            return Child::NotHere(reason);
        }
        let Some(repository) = self.repository.clone().filter(|_| started.is_child()) else {
            let reason = match started.is_child() {
                true => "the files of the repository are not known",
                false => "it is another project's",
            };
            return Child::NotHere(reason.to_owned());
        };
        let files = Rc::clone(&repository);
        let (parent, started) = (Arc::clone(parent), started.clone());
        let passed = Scope::of(&parent, &Situation::branch("")).always_forwarded(job);
        let read = move |given: &dyn Given| {
            started
                .read(&parent, &*files, given)
                // Both reasons why there is nothing to read were looked at.
                .unwrap_or_else(|| crate::config::read(Source::new("", ""), &*files))
        };
        match Configs::passed(read, passed) {
            Ok(configs) => Child::Here(Box::new(configs.with_children(repository))),
            Err(report) => Child::Refused(report),
        }
    }

    /// The situation of the child pipeline that a job starts; `None` if the job surely does not run.
    pub fn started_in(&self, job: &str, situation: &Situation) -> Option<Situation> {
        let mut passed: Option<Values> = None;
        let mut keeps = Vec::new();
        for (config, situation) in self.possible_in(situation) {
            let scope = Scope::of(&config, &situation);
            let Some(job) = config
                .job(job)
                .filter(|_| scope.admitted().0 != Truth::False)
            else {
                continue;
            };
            for chosen in scope.decide(job).within() {
                keeps.push(forwards(job, "pipeline_variables", false));
                let own = scope.forwarded(job, &chosen.variables);
                passed = Some(match passed {
                    None => own,
                    Some(others) => agreed(others, own),
                });
            }
        }
        let mut child = situation.clone();
        let without = situation.without_parent.clone();
        let without =
            without.unwrap_or_else(|| Arc::new((child.variables.clone(), child.unset.clone())));
        if keeps.contains(&false) {
            (child.variables, child.unset) = (*without).clone();
        }
        child.without_parent = Some(without);
        for (name, value) in passed? {
            child.unset.remove(&name);
            match value {
                Some(value) => child.variables.insert(name, value),
                None => child.variables.remove(&name),
            };
        }
        // A pipeline that nobody pushed knows no earlier commit, and its child does not either.
        let is_branch = matches!(child.reference, Ref::Branch(_));
        if is_branch && !situation.trigger.compares() {
            child.changed = Changed::FirstPush(None);
        }
        child.trigger = Trigger::parse("parent_pipeline");
        Some(child)
    }
}

/// The variables that a child pipeline gets, with the values that are known.
type Values = BTreeMap<String, Option<String>>;

/// What is known in two pipelines, one of which is the real one.
fn agreed(one: Values, mut other: Values) -> Values {
    let mut both = Values::new();
    for (name, value) in one {
        let same = other.remove(&name) == Some(value.clone());
        both.insert(name, value.filter(|_| same));
    }
    both.extend(other.into_keys().map(|name| (name, None)));
    both
}

/// Whether a key of `trigger:forward` is on; what GitLab assumes without it is `otherwise`.
fn forwards(job: &Job, key: &str, otherwise: bool) -> bool {
    let forward = job
        .keys
        .given("trigger")
        .and_then(|node| node.get("forward"));
    let given = forward
        .and_then(|node| node.get(key))
        .and_then(Node::as_bool);
    given.unwrap_or(otherwise)
}

impl<'s> Scope<'s> {
    /// The variables that the child pipeline of a job gets where a rule of the job sets these.
    fn forwarded(&self, job: &'s Job, of_rule: &Variables) -> Values {
        if !forwards(job, "yaml_variables", true) {
            return Values::new();
        }
        // Those of the pipeline win over those of the file.
        let are_known = self.unchanged && !forwards(job, "pipeline_variables", false);
        let inherited = self.of_file().filter(|name| job.inherits.takes(name));
        let own = of_rule.keys().chain(job.variables.keys());
        let names = own.cloned().chain(inherited.map(str::to_owned));
        let value = |name: &str| {
            let variable = of_rule.get(name).or_else(|| job.variables.get(name));
            let (text, expand) = match variable {
                Some(variable) => (variable.value.as_str(), variable.expand),
                None => self.text_of_file(name)?,
            };
            match expand && text.contains('$') {
                true if text.contains("$$") => None,
                true => expanded(text, &|name| self.of_job(job, name)),
                false => Some(text.to_owned()),
            }
        };
        let passed = |name: String| {
            let value = value(&name).filter(|_| are_known);
            (name, value)
        };
        names.map(passed).collect()
    }

    /// The variables that the child pipeline of a job gets in every pipeline with one value.
    fn always_forwarded(&self, job: &Job) -> BTreeMap<String, String> {
        let conditions = match &job.conditions {
            Conditions::Rules(rules) => rules.as_slice(),
            Conditions::Always | Conditions::Policies { .. } => &[],
        };
        let workflow = self.workflow_rules().unwrap_or_default().iter();
        let varies = |name: &str| {
            let mut rules = conditions.iter().chain(workflow.clone());
            rules.any(|rule| rule.variables.contains_key(name))
        };
        let mut known = BTreeMap::new();
        if forwards(job, "yaml_variables", true)
            && !forwards(job, "pipeline_variables", false)
            && self.unchanged
        {
            let inherited = self.global_variables().iter();
            let inherited = inherited.filter(|(name, _)| job.inherits.takes(name));
            for (name, variable) in inherited.chain(&job.variables) {
                let is_plain = !variable.expand || !variable.value.contains('$');
                match is_plain && !varies(name) {
                    true => known.insert(name.clone(), variable.value.clone()),
                    false => known.remove(name),
                };
            }
        }
        known
    }
}

/// What is known of a pipeline, with the variables that it gets from the job that starts it.
pub(super) struct Passed<'p> {
    pub(super) given: &'p dyn Given,
    pub(super) passed: &'p BTreeMap<String, String>,
}

impl Given for Passed<'_> {
    fn rule(&self, rule: &Rule) -> Truth {
        self.given.rule(rule)
    }

    fn variable(&self, name: &str) -> Lookup {
        match self.passed.get(name) {
            Some(value) => Lookup::Set(value.clone()),
            None => self.given.variable(name),
        }
    }

    fn expanded(&self, text: &str) -> Option<String> {
        match self.passed.is_empty() {
            true => self.given.expanded(text),
            false => expanded(text, &|name| self.variable(name)),
        }
    }

    fn sources(&self) -> &[Source] {
        self.given.sources()
    }

    fn inputs(&self) -> Option<&Node> {
        self.given.inputs()
    }
}
