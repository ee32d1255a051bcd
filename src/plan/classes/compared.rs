//! What conditions compare: the questions that tell pipelines apart.
//!
//! In: configurations, and single conditions and names. Out: [`Compared`]. Always holds: whatever decides
//! a rule, an `only` or an `except` is a question here, also where a variable is compared with another one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::text::{Question, Questions};
use crate::config::{Changes, Condition, Conditions, Config, Job, Policy, Rule, Variables};
use crate::gitlab::expression::{Comparison, Expr};
use crate::plan::{Ref, source};

/// A pattern, as the value of a variable, that matches no text.
const NOTHING: &str = "/^no-such-text$/";

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

/// A text that conditions ask about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Subject {
    Name(Role),
    /// `CI_PIPELINE_SOURCE`.
    Started,
    /// `CI_DEFAULT_BRANCH`, which is one branch in all situations.
    Default,
    Variable(String),
}

/// Two texts that a condition compares with each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Link {
    pub(super) left: Subject,
    pub(super) right: Subject,
    /// Whether the right one may be a pattern.
    pub(super) matched: bool,
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
    /// Each value makes a difference.
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
    /// Whether the default branch is compared with a text or a pattern.
    default_spelled: bool,
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
}

impl Compared {
    /// What the conditions of a configuration compare.
    pub fn of(config: &Config) -> Self {
        let mut compared = Self::default();
        let workflow = config.workflow.rules.as_deref().unwrap_or_default();
        for rule in workflow {
            compared.rule(rule);
        }
        config
            .include_rules
            .iter()
            .for_each(|rule| compared.rule(rule));
        for job in &config.jobs {
            compared.conditions(&job.conditions);
        }
        let of_workflow = workflow.iter().map(|rule| &*rule.variables);
        let of_jobs = config.jobs.iter().map(|job| &job.variables);
        for variables in of_workflow.chain([&config.variables]).chain(of_jobs) {
            compared.given(variables);
        }
        compared.together = together(config);
        compared
    }

    /// What the conditions of one job and of the workflow compare.
    pub fn of_job(config: &Config, job: &Job) -> Self {
        let mut own = Self::default();
        let workflow = config.workflow.rules.as_deref().unwrap_or_default();
        workflow.iter().for_each(|rule| own.rule(rule));
        own.conditions(&job.conditions);
        let of_workflow = workflow.iter().map(|rule| &*rule.variables);
        for variables in of_workflow.chain([&config.variables, &job.variables]) {
            own.given(variables);
        }
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
        self.default_spelled |= other.default_spelled;
        self.kubernetes |= other.kubernetes;
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

    /// The names of branches and tags that conditions spell.
    pub(in crate::plan) fn spelled(&self) -> BTreeSet<String> {
        let questions = self.names.values().flat_map(|all| &all.own);
        let spelled = questions.filter_map(|one| match one {
            Question::Is(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        });
        spelled.collect()
    }

    /// Whether a condition compares the default branch with anything but the branch or tag of a pipeline.
    pub(in crate::plan) fn spells_default_branch(&self) -> bool {
        let is_default = |subject: &Subject| *subject == Subject::Default;
        let is_name = |subject: &Subject| matches!(subject, Subject::Name(_));
        let linked = self.links.iter().any(|link| {
            (is_default(&link.left) && !is_name(&link.right))
                || (is_default(&link.right) && !is_name(&link.left))
        });
        self.default_spelled || linked
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

    fn conditions(&mut self, conditions: &Conditions) {
        match conditions {
            Conditions::Always => {}
            Conditions::Rules(rules) => rules.iter().for_each(|rule| self.rule(rule)),
            Conditions::Policies { only, except } => {
                let policies = only.iter().chain(except);
                policies.for_each(|one| self.policy(one));
            }
        }
    }

    fn rule(&mut self, rule: &Rule) {
        if let Some(Condition { expr, .. }) = &rule.condition {
            self.condition(expr);
        }
        if let Some(Changes { paths, compare_to }) = &rule.changes {
            self.changes.insert(paths.clone());
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
        for name in &self.asked {
            if let Some(variable) = variables.get(name) {
                let asked = self.variables.entry(name.clone()).or_default();
                asked.given.insert(variable.value.clone());
            }
        }
    }

    /// `joined`: it is an operand of `&&` or `||`, where a blank text is no nothing.
    fn expression(&mut self, expr: &Expr, joined: bool) {
        match expr {
            Expr::Any(terms) | Expr::All(terms) => {
                terms.iter().for_each(|term| self.expression(term, true));
            }
            Expr::Not(inner) => self.expression(inner, false),
            Expr::Variable(name) => self.bare(name.as_str(), joined),
            Expr::Compare { op, left, right } => self.comparison(*op, left, right),
            Expr::Input(_) | Expr::Text(_) | Expr::Pattern(_) | Expr::Bool(_) | Expr::Null => {}
        }
    }

    fn comparison(&mut self, op: Comparison, left: &Expr, right: &Expr) {
        let matched = matches!(op, Comparison::Match | Comparison::NotMatch);
        match (left, right) {
            (Expr::Variable(left), Expr::Variable(right)) => {
                self.link(left.as_str(), right.as_str(), matched);
            }
            (Expr::Variable(name), Expr::Text(text)) if matched => {
                self.ask(name.as_str(), &Question::matched_by(text.as_str()), true);
            }
            (Expr::Text(text), Expr::Variable(name)) if matched => {
                let holds = Question::Holds(text.as_str().to_owned());
                self.ask(name.as_str(), &holds, false);
            }
            (Expr::Variable(name), Expr::Pattern(literal)) if matched => {
                let matches = Question::Matches(literal.pattern().clone());
                self.ask(name.as_str(), &matches, false);
            }
            (Expr::Variable(name), Expr::Text(text)) | (Expr::Text(text), Expr::Variable(name)) => {
                let is = Question::Is(text.as_str().to_owned());
                self.ask(name.as_str(), &is, false);
            }
            (Expr::Variable(name), Expr::Bool(bool)) | (Expr::Bool(bool), Expr::Variable(name))
                if !matched =>
            {
                self.ask(name.as_str(), &Question::Is(bool.to_string()), false);
            }
            (Expr::Variable(name), _) if is_plain(right) => self.bare(name.as_str(), true),
            (_, Expr::Variable(name)) if is_plain(left) => self.bare(name.as_str(), true),
            (left, right) => {
                // A comparison of what conditions are worth: each value may make a difference.
                let mut literals = Vec::new();
                let mut names = Vec::new();
                for side in [left, right] {
                    texts(side, &mut literals);
                    names.extend(side.variables().into_iter().map(str::to_owned));
                    self.expression(side, true);
                }
                for name in names {
                    for literal in &literals {
                        self.ask(&name, &Question::Is(literal.clone()), true);
                    }
                    if let Some(asked) = self.variables.get_mut(&name) {
                        asked.used.value = true;
                    }
                }
            }
        }
    }

    /// A variable by itself.
    fn bare(&mut self, name: &str, kind: bool) {
        self.asked.insert(name.to_owned());
        for subject in subjects(name) {
            match subject {
                (Subject::Variable(name), _) => {
                    let used = &mut self.variables.entry(name).or_default().used;
                    used.filled = true;
                    used.kind |= kind;
                }
                // A name always is something; its slug may be blank.
                (Subject::Name(role), true) => {
                    let questions = self.names.entry(role).or_default();
                    questions.slug.insert(Question::Is(String::new()));
                }
                _ => {}
            }
        }
    }

    fn ask(&mut self, name: &str, question: &Question, kind: bool) {
        self.asked.insert(name.to_owned());
        for (subject, slug) in subjects(name) {
            let questions = match &subject {
                Subject::Name(role) => self.names.entry(*role).or_default(),
                Subject::Started => &mut self.sources,
                Subject::Default => {
                    self.default_spelled = true;
                    continue;
                }
                Subject::Variable(name) => {
                    let asked = self.variables.entry(name.clone()).or_default();
                    asked.used.kind |= kind;
                    &mut asked.questions
                }
            };
            match slug {
                true => questions.slug.insert(question.clone()),
                false => questions.own.insert(question.clone()),
            };
        }
    }

    fn link(&mut self, left: &str, right: &str, matched: bool) {
        for name in [left, right] {
            self.bare(name, true);
        }
        for (subject, slug) in subjects(left).into_iter().chain(subjects(right)) {
            if let (Subject::Name(role), true) = (subject, slug) {
                self.names.entry(role).or_default().linked = true;
            }
        }
        for (left, _) in subjects(left) {
            for (right, _) in subjects(right) {
                self.links.insert(Link {
                    left: left.clone(),
                    right,
                    matched,
                });
            }
        }
    }
}

impl Compared {
    /// The same with every text that a text is compared with by way of a variable, in a project of this
    /// default branch.
    pub(super) fn resolved(&self, default_branch: &str) -> Self {
        let mut all = self.clone();
        for link in self.links.iter().filter(|link| link.matched) {
            all.add(&link.right, Question::Is(NOTHING.to_owned()));
        }
        // What one link adds another one may pass on.
        for _ in 0..3 {
            for Link {
                left,
                right,
                matched,
            } in &self.links
            {
                for (text, given) in all.texts(right, default_branch) {
                    let question = match *matched && given {
                        true => Question::matched_by(&text),
                        false => Question::Is(text),
                    };
                    all.add(left, question);
                }
                for (text, _) in all.texts(left, default_branch) {
                    let question = match matched {
                        true => Question::Holds(text),
                        false => Question::Is(text),
                    };
                    all.add(right, question);
                }
            }
        }
        for subject in self.links.iter().flat_map(|link| [&link.left, &link.right]) {
            if let Subject::Variable(name) = subject
                && let Some(asked) = all.variables.get_mut(name)
            {
                asked.used.value = true;
            }
        }
        all
    }

    /// The texts that are known of a subject, and whether it is a value of the file.
    fn texts(&self, subject: &Subject, default_branch: &str) -> Vec<(String, bool)> {
        let spelled = |questions: &Questions| -> Vec<(String, bool)> {
            let own = questions.own.iter();
            own.filter_map(|question| match question {
                Question::Is(text) => Some((text.clone(), false)),
                _ => None,
            })
            .collect()
        };
        match subject {
            Subject::Name(role) => self.names.get(role).map(spelled).unwrap_or_default(),
            Subject::Started => spelled(&self.sources),
            Subject::Default => vec![(default_branch.to_owned(), true)],
            Subject::Variable(name) => match self.variables.get(name) {
                Some(asked) => {
                    let mut all = spelled(&asked.questions);
                    all.extend(asked.given.iter().map(|text| (text.clone(), true)));
                    all
                }
                None => Vec::new(),
            },
        }
    }

    fn add(&mut self, subject: &Subject, question: Question) {
        let questions = match subject {
            Subject::Name(role) => self.names.entry(*role).or_default(),
            Subject::Started => &mut self.sources,
            Subject::Default => return,
            Subject::Variable(name) => {
                &mut self.variables.entry(name.clone()).or_default().questions
            }
        };
        questions.own.insert(question);
    }
}

/// What a variable of a condition is: the name of a ref, by itself or as a slug (`true`), or a variable.
fn subjects(name: &str) -> Vec<(Subject, bool)> {
    let names = |roles: &[Role], slug| {
        let roles = roles.iter();
        roles.map(|role| (Subject::Name(*role), slug)).collect()
    };
    match name {
        "CI_COMMIT_BRANCH" => names(&[Role::Branch], false),
        "CI_COMMIT_TAG" => names(&[Role::Tag], false),
        "CI_COMMIT_REF_NAME" => names(&[Role::Branch, Role::Tag, Role::Source], false),
        "CI_COMMIT_REF_SLUG" => names(&[Role::Branch, Role::Tag, Role::Source], true),
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME" => names(&[Role::Source], false),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME" => names(&[Role::Target], false),
        "CI_PIPELINE_SOURCE" => vec![(Subject::Started, false)],
        "CI_DEFAULT_BRANCH" => vec![(Subject::Default, false)],
        other => vec![(Subject::Variable(other.to_owned()), false)],
    }
}

fn together(config: &Config) -> BTreeSet<BTreeSet<Choice>> {
    let mut of_workflow = Compared::default();
    for rule in config.workflow.rules.iter().flatten() {
        of_workflow.rule(rule);
    }
    let of_job = |job: &Job| -> BTreeSet<Choice> {
        let mut own = Compared::default();
        own.conditions(&job.conditions);
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

/// Neither a variable nor an expression.
fn is_plain(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Input(_) | Expr::Text(_) | Expr::Pattern(_) | Expr::Bool(_) | Expr::Null
    )
}

fn texts(expr: &Expr, found: &mut Vec<String>) {
    match expr {
        Expr::Text(text) => found.push(text.as_str().to_owned()),
        Expr::Any(terms) | Expr::All(terms) => terms.iter().for_each(|term| texts(term, found)),
        Expr::Not(inner) => texts(inner, found),
        Expr::Compare { left, right, .. } => {
            texts(left, found);
            texts(right, found);
        }
        Expr::Bool(_) | Expr::Variable(_) | Expr::Input(_) | Expr::Pattern(_) | Expr::Null => {}
    }
}
