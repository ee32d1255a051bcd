//! What conditions compare: the questions that tell pipelines apart.
//!
//! In: configurations, and single conditions and names. Out: [`Compared`]. Always holds: whatever decides
//! a rule, an `only` or an `except` is a question here, also where a variable is compared with another one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::links::{Link, Subject, subjects};
use super::text::{Question, Questions};
use crate::config::{Changes, Condition, Conditions, Config, Job, Policy, Rule, Variables, When};
use crate::gitlab::expression::{Expr, Lookup};
use crate::gitlab::names::ref_slug;
use crate::gitlab::variables;
use crate::plan::{Ref, files, source};

/// The name of a ref in a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The branch that it runs on.
    Branch,
    /// The tag that it runs on.
    Tag,
    /// The branch that a merge request comes from.
    Source,
    /// The branch that a merge request goes to.
    Target,
}

/// What can be chosen whatever the ref.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Choice {
    /// The value of a variable.
    Variable(String),
    /// Whether a file changed that these globs ask for.
    Changes(Vec<String>),
}

/// How conditions use a variable, besides questions about its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Use {
    /// They ask whether it is set and not blank.
    pub(super) filled: bool,
    /// They tell apart not set, blank and filled: `$A == null`, and within `&&` and `||`.
    pub(super) kind: bool,
    /// They compare it with another variable: each value makes a difference.
    pub(super) value: bool,
}

/// What is asked about a variable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Asked {
    pub(super) questions: Questions,
    pub(super) used: Use,
    /// The values that the file gives it.
    pub(super) given: BTreeSet<String>,
}

/// What conditions compare.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    pub(super) names: BTreeMap<Role, Questions>,
    pub(super) sources: Questions,
    pub(super) variables: BTreeMap<String, Asked>,
    pub(super) links: BTreeSet<Link>,
    /// What the default branch is compared with.
    pub(super) default: Questions,
    /// Every variable that a condition asks for, also those of refs.
    pub(super) asked: BTreeSet<String>,
    /// What decides something together: the variables and globs of one job, of the jobs that it needs, and
    /// of the workflow.
    pub(super) together: BTreeSet<BTreeSet<Choice>>,
    /// Every list of globs that `changes` asks for.
    pub(super) changes: BTreeSet<Vec<String>>,
    /// Whether a list is compared with another ref.
    pub(super) compares: bool,
    /// Whether there is a merge request from each class of branches.
    pub(super) paired: bool,
    /// Whether anything asks for a cluster (`kubernetes: active`).
    pub(super) kubernetes: bool,
    /// The names of environments that conditions ask for and that have variables: what they are called is
    /// not one of the classes.
    pub(super) environments: BTreeSet<String>,
    /// The variables in globs of `exists`, of which one value alone is tried. Whatever a glob of `changes`
    /// says, both answers are.
    pub(super) in_paths: BTreeSet<String>,
}

impl Compared {
    /// What the conditions of a configuration compare.
    pub fn of(config: &Config) -> Self {
        let mut compared = Self::default();
        let workflow = config.workflow.rules.as_deref().unwrap_or_default();
        for rule in workflow {
            compared.rule(rule, &[&config.variables]);
        }
        let includes = config.include_rules.iter();
        includes.for_each(|rule| compared.rule(rule, &[]));
        let paths = config.path_conditions.iter();
        paths.for_each(|condition| compared.condition(condition));
        for job in &config.jobs {
            compared.conditions(&job.conditions, &[&job.variables, &config.variables]);
            compared.environment(job);
        }
        let of_workflow = workflow.iter().map(|rule| &*rule.variables);
        let of_jobs = config.jobs.iter().map(|job| &job.variables);
        for variables in of_workflow.chain([&config.variables]).chain(of_jobs) {
            compared.given(variables);
        }
        config
            .jobs
            .iter()
            .for_each(|job| compared.given_by_job(job));
        compared.together = together(config);
        compared
    }

    /// What the rules of includes compare.
    pub(in crate::plan) fn of_includes(config: &Config) -> Self {
        let mut own = Self::default();
        let includes = config.include_rules.iter();
        includes.for_each(|rule| own.rule(rule, &[]));
        let paths = config.path_conditions.iter();
        paths.for_each(|condition| own.condition(condition));
        own.together.insert(own.choices().collect());
        own
    }

    /// What the conditions of one job and of the workflow compare.
    pub fn of_job(config: &Config, job: &Job) -> Self {
        let mut own = Self::default();
        let workflow = config.workflow.rules.as_deref().unwrap_or_default();
        workflow
            .iter()
            .for_each(|rule| own.rule(rule, &[&config.variables]));
        own.conditions(&job.conditions, &[&job.variables, &config.variables]);
        own.environment(job);
        let of_workflow = workflow.iter().map(|rule| &*rule.variables);
        for variables in of_workflow.chain([&config.variables, &job.variables]) {
            own.given(variables);
        }
        own.given_by_job(job);
        own.together.insert(own.choices().collect());
        own
    }

    fn choices(&self) -> impl Iterator<Item = Choice> {
        let variables = self.asked.iter().cloned().map(Choice::Variable);
        variables.chain(self.changes.iter().cloned().map(Choice::Changes))
    }

    /// What two compare together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (role, questions) in &other.names {
            self.names.entry(*role).or_default().extend(questions);
        }
        self.sources.extend(&other.sources);
        for (name, asked) in &other.variables {
            let own = self.variables.entry(name.clone()).or_default();
            own.questions.extend(&asked.questions);
            own.given.extend(asked.given.iter().cloned());
            own.used.filled |= asked.used.filled;
            own.used.kind |= asked.used.kind;
            own.used.value |= asked.used.value;
        }
        self.links.extend(other.links.iter().cloned());
        self.asked.extend(other.asked.iter().cloned());
        self.together.extend(other.together.iter().cloned());
        self.changes.extend(other.changes.iter().cloned());
        self.compares |= other.compares;
        self.paired |= other.paired;
        self.default.extend(&other.default);
        self.kubernetes |= other.kubernetes;
        self.environments.extend(other.environments.iter().cloned());
        self.in_paths.extend(other.in_paths.iter().cloned());
        self
    }

    /// Whether a condition asks for a variable.
    pub fn asks(&self, name: &str) -> bool {
        self.asked.contains(name)
    }

    /// Whether a condition asks for anything about merge requests.
    pub fn asks_for_merge_requests(&self) -> bool {
        self.names_source("merge_request_event")
            || self
                .asked
                .iter()
                .any(|name| name.starts_with("CI_MERGE_REQUEST_"))
    }

    /// Whether a condition names a source.
    pub fn names_source(&self, source: &str) -> bool {
        let is = Question::Is(source.to_owned());
        self.sources.own.contains(&is)
    }

    /// Whether a condition spells the name of a ref; of a merge request that of one of its branches.
    pub fn spells(&self, reference: &Ref) -> bool {
        let is = |role, name: &str| {
            let questions = self.names.get(&role);
            questions.is_some_and(|all| all.own.contains(&Question::Is(name.to_owned())))
        };
        match reference {
            Ref::Branch(name) => is(Role::Branch, name),
            Ref::Tag(name) => is(Role::Tag, name),
            Ref::MergeRequest { source, target } => {
                is(Role::Source, source) || is(Role::Target, target)
            }
        }
    }

    /// Whether a condition asks a variable for just this text, or for a pattern that matches it.
    pub fn spells_value(&self, name: &str, value: &str) -> bool {
        let asked = self.variables.get(name);
        asked.is_some_and(|asked| asked.questions.own.iter().any(|one| one.answer(value)))
    }

    /// Whether a condition spells or matches the branch that a merge request comes from, which has this name.
    pub fn asks_for_source(&self, name: &str) -> bool {
        let questions = self.names.get(&Role::Source);
        questions.is_some_and(|all| all.own.iter().any(|one| one.answer(name)))
    }

    /// Whether a condition asks for the default branch.
    pub(in crate::plan) fn asks_for_default_branch(&self) -> bool {
        self.asks("CI_DEFAULT_BRANCH") || self.asks("CI_DEFAULT_BRANCH_SLUG")
    }

    /// Whether a condition compares the default branch with anything but the name of the pipeline's ref.
    pub(super) fn spells_default_branch(&self) -> bool {
        let is_default =
            |name: &str| matches!(*subjects(name), [Subject::Default | Subject::DefaultSlug]);
        let is_name = |name: &str| {
            let all = subjects(name);
            all.iter().all(|one| matches!(one, Subject::Name(_)))
        };
        // What a name contains is more than the name.
        let linked = self.links.iter().any(|link| {
            let sides = [(&link.left, &link.right), (&link.right, &link.left)];
            let mut sides = sides.into_iter();
            sides.any(|(one, other)| is_default(one) && (link.matched || !is_name(other)))
        });
        self.default != Questions::default() || linked
    }

    /// Whether a pattern of a condition matches the name of a ref.
    pub fn matches(&self, reference: &Ref) -> bool {
        let is = |role, name: &str| {
            let questions = self.names.get(&role);
            questions.is_some_and(|all| {
                all.own
                    .iter()
                    .any(|one| matches!(one, Question::Matches(_)) && one.answer(name))
            })
        };
        match reference {
            Ref::Branch(name) => is(Role::Branch, name),
            Ref::Tag(name) => is(Role::Tag, name),
            Ref::MergeRequest { source, target } => {
                is(Role::Source, source) || is(Role::Target, target)
            }
        }
    }

    /// Asks for a merge request from each class of branches, to compare the pipelines of one push.
    pub fn pair_merge_requests(&mut self) {
        self.paired = true;
    }

    /// Lets all variables and files decide together, and asks for a merge request from each class of branches.
    pub(in crate::plan) fn pair_all(&mut self) {
        self.paired = true;
        self.together.insert(self.choices().collect());
    }

    /// Adds a name or a pattern of refs.
    pub fn name(&mut self, role: Role, text: &str) {
        let questions = self.names.entry(role).or_default();
        questions.own.insert(Question::named(text));
    }

    /// Adds a source.
    pub fn source(&mut self, word: &str) {
        self.sources.own.insert(Question::Is(word.to_owned()));
    }

    /// Adds a variable of which a condition asks whether it is there.
    pub fn variable(&mut self, name: &str) {
        self.bare(name, false);
    }

    /// Adds what a condition compares.
    pub fn condition(&mut self, expr: &Expr) {
        self.expression(expr, false);
    }

    /// `scope`: the variables that the file gives where they are evaluated, the nearest first.
    fn conditions(&mut self, conditions: &Conditions, scope: &[&Variables]) {
        match conditions {
            Conditions::Always => {}
            Conditions::Rules(rules) => rules.iter().for_each(|rule| self.rule(rule, scope)),
            Conditions::Policies { only, except } => {
                let policies = only.iter().chain(except);
                policies.for_each(|one| self.policy(one));
            }
        }
    }

    fn rule(&mut self, rule: &Rule, scope: &[&Variables]) {
        if let Some(Condition { expr, .. }) = &rule.condition {
            self.condition(expr);
        }
        for path in rule.exists.iter().flat_map(|exists| &exists.paths) {
            self.in_paths
                .extend(variables::names(path).map(str::to_owned));
        }
        if let Some(Changes { paths, compare_to }) = &rule.changes {
            self.changes.insert(with_values(paths, scope));
            self.compares |= compare_to.is_some();
        }
    }

    fn policy(&mut self, policy: &Policy) {
        for condition in policy.variables.iter().flatten() {
            self.condition(&condition.expr);
        }
        if let Some(paths) = &policy.changes {
            self.changes.insert(paths.clone());
        }
        self.kubernetes |= policy.kubernetes;
        for one in policy.refs.iter().flatten() {
            let (name, path) = match one.split_once('@') {
                Some((name, path)) => (name, Some(path)),
                None => (one.as_str(), None),
            };
            if let Some(path) = path {
                let is = Question::Is(path.to_owned());
                self.ask("CI_PROJECT_PATH", &is, false);
            }
            match source::of_word(name) {
                // A branch of such a name would match as well; nobody has one.
                Some(source) => self.source(source),
                None if matches!(name, "branches" | "tags") => {}
                None => {
                    self.name(Role::Branch, name);
                    self.name(Role::Tag, name);
                }
            }
        }
    }

    /// The values that the file gives variables which conditions ask for; a job's win over the
    /// workflow's, so any of them may be the one that counts. The conditions come first.
    fn given(&mut self, variables: &Variables) {
        let asked = self.asked.iter();
        let given: Vec<(String, String)> = asked
            .filter_map(|name| Some((name.clone(), variables.get(name)?.value.clone())))
            .collect();
        given
            .into_iter()
            .for_each(|(name, value)| self.give(name, value));
    }

    fn give(&mut self, name: String, value: String) {
        self.variables.entry(name).or_default().given.insert(value);
    }

    /// The same for the variables that a job has from its keys.
    fn given_by_job(&mut self, job: &Job) {
        let environment = job.environment.as_ref().map(|one| one.name.clone());
        let manual = (job.when == When::Manual).then(|| "true".to_owned());
        for (name, value) in [
            ("CI_JOB_NAME", Some(job.name.clone())),
            ("CI_JOB_NAME_SLUG", Some(ref_slug(&job.name))),
            ("CI_JOB_STAGE", Some(job.stage.value.clone())),
            ("CI_JOB_MANUAL", manual),
            ("CI_ENVIRONMENT_NAME", environment),
            ("CI_NODE_TOTAL", Some("1".to_owned())),
            ("CI_NODE_INDEX", Some("1".to_owned())),
        ] {
            if let Some(value) = value.filter(|_| self.asks(name)) {
                self.give(name.to_owned(), value);
            }
        }
    }

    /// Notes the name of a job's environment if the job's conditions ask for it and it has variables.
    fn environment(&mut self, job: &Job) {
        let Some(environment) = &job.environment else {
            return;
        };
        if !environment.name.contains('$') {
            return;
        }
        let mut own = Self::default();
        own.conditions(&job.conditions, &[]);
        if own.asks("CI_ENVIRONMENT_NAME") {
            self.environments.insert(environment.name.clone());
        }
    }
}

/// Globs with the values that the file gives their variables, where it gives them all.
fn with_values(globs: &[String], scope: &[&Variables]) -> Vec<String> {
    let look_up = |name: &str| {
        let found = scope.iter().find_map(|variables| variables.get(name));
        found.map_or(Lookup::Unknown, |one| Lookup::Set(one.value.clone()))
    };
    let globs = globs.iter();
    globs
        .map(|glob| files::expanded(glob, &look_up).unwrap_or_else(|| glob.clone()))
        .collect()
}

fn together(config: &Config) -> BTreeSet<BTreeSet<Choice>> {
    let mut of_workflow = Compared::default();
    for rule in config.workflow.rules.iter().flatten() {
        of_workflow.rule(rule, &[&config.variables]);
    }
    let of_job = |job: &Job| -> BTreeSet<Choice> {
        let mut own = Compared::default();
        own.conditions(&job.conditions, &[&job.variables, &config.variables]);
        own.choices().collect()
    };
    let all: HashMap<&str, BTreeSet<Choice>> = config
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), of_job(job)))
        .collect();
    let mut together = BTreeSet::new();
    for job in &config.jobs {
        let needs = job
            .needs
            .iter()
            .flat_map(|needs| needs.iter())
            .map(|need| need.job.as_str());
        let names = needs.chain([job.name.as_str()]);
        let mut group: BTreeSet<Choice> = of_workflow.choices().collect();
        group.extend(names.filter_map(|name| all.get(name)).flatten().cloned());
        if group.len() > 1 {
            together.insert(group);
        }
    }
    together
}
