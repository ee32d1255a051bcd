//! The effective configuration: what GitLab makes pipelines from.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::inputs;
pub use super::location::Kind as IncludeKind;
use super::value::{Located, Map, Node, Place, Value};
use crate::gitlab::expression::Expr;
use crate::pipeline::Origin;
use crate::source::Source;

/// A whole configuration, as GitLab's `YamlProcessor` gives it out.
#[derive(Debug, Clone)]
pub struct Config {
    /// The files, to which [`Place::file`] points; the first is the main one. Of a lowered
    /// pipeline it is the manifest.
    pub sources: Vec<Source>,
    /// The stages in order, `.pre` first and `.post` last.
    pub stages: Vec<Located<String>>,
    /// Which pipelines are created.
    pub workflow: Workflow,
    /// The variables of all jobs.
    pub variables: Variables,
    /// The jobs that can run, in order; those of `parallel` one by one. No two have one name.
    pub jobs: Vec<Job>,
    /// The jobs that others of the same names replace.
    pub replaced: Vec<Replaced>,
    /// What is included and could not be read.
    pub unresolved: Vec<Unresolved>,
    /// The rules of all includes, in the order in which they were evaluated.
    pub include_rules: Vec<Rule>,
    /// The entries of `include` that have rules, in the order in which they were evaluated.
    pub conditional: Vec<Map>,
    /// The conditions on which a path of an include that has a variable names a file of the project.
    pub path_conditions: Vec<Expr>,
    /// What includes that are not read leave as it is among the global keys; `None` if all are
    /// read.
    pub open: Option<Open>,
    /// `spec` of the main file: the inputs that whoever starts a pipeline can give.
    pub spec: Option<Node>,
    /// The texts of the main file that inputs are put into, each behind the keys that lead to it.
    pub blocks: Vec<String>,
    /// The whole configuration as values, `extends` and `!reference` done; hidden jobs too.
    pub tree: Node,
}

/// A job that is gone because another one has its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The name of both: of a copy as `parallel` makes it.
    pub name: String,
    /// Where the one is that is gone.
    pub place: Place,
    /// Where the one is that stays.
    pub by: Place,
}

impl Config {
    /// The names of the inputs that whoever starts a pipeline can give and that the file uses.
    pub fn inputs_used(&self) -> impl Iterator<Item = &str> {
        let inputs = self.spec.as_ref().and_then(|spec| spec.get("inputs"));
        let inputs = inputs
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(Map::iter);
        inputs.map(|(key, _)| &*key.text).filter(|name| {
            let access = format!("inputs.{name}");
            self.blocks.iter().any(|text| text.contains(&access))
        })
    }
}

/// An include that is not read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unresolved {
    /// What kind of place it names; `None` if that is not known.
    pub kind: Option<IncludeKind>,
    /// What is included, as in `project: group/templates, file: /build.yml`.
    pub what: String,
    /// The entry of `include` as it is written: `project`, `ref`, `file`, `inputs`, `rules`, ...
    pub entry: Map,
    /// Why it is not read.
    pub why: NotRead,
    /// Where.
    pub place: Place,
}

/// Why an include is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotRead {
    /// Its file is not here.
    NotHere,
    /// Whether its rules let it in is not known.
    Rules,
    /// A variable in its path is not known.
    Variable,
}

impl NotRead {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            NotRead::NotHere => "not here",
            NotRead::Rules => "whether its rules hold is not known",
            NotRead::Variable => "a variable in it is not known",
        }
    }
}

impl Unresolved {
    /// A value that is put into a file and is not known.
    pub(super) fn of_value(unknown: &inputs::Unknown, place: Place) -> Self {
        let (what, why) = match unknown {
            inputs::Unknown::Variable(name) => (
                format!("the value of `${name}`, which `expand_vars` puts in"),
                NotRead::Variable,
            ),
            inputs::Unknown::Included => (
                "the inputs that `spec:include` declares".to_owned(),
                NotRead::NotHere,
            ),
            inputs::Unknown::Component => (
                "what `spec:component` makes known".to_owned(),
                NotRead::NotHere,
            ),
        };
        Self {
            kind: None,
            what,
            entry: Map::default(),
            why,
            place,
        }
    }

    pub(super) fn of(entry: &Map, place: Place, why: NotRead) -> Self {
        let kind = IncludeKind::named(entry);
        let part = |key: &str| match &entry.get(key)?.value {
            Value::Seq(items) => {
                let all: Vec<String> = items.iter().filter_map(|item| item.scalar_text()).collect();
                Some(format!("{key}: {}", all.join(", ")))
            }
            _ => Some(format!("{key}: {}", entry.get(key)?.scalar_text()?)),
        };
        let first = kind.map(IncludeKind::as_str);
        let keys = first.into_iter().chain(["ref", "file"]);
        let parts: Vec<String> = keys.filter_map(part).collect();
        Self {
            kind,
            what: parts.join(", "),
            entry: entry.clone(),
            why,
            place,
        }
    }
}

/// As in `local: $FILE (a variable in it is not known)`.
impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            NotRead::NotHere => f.write_str(&self.what),
            why => write!(f, "{}; {}", self.what, why.as_str()),
        }
    }
}

/// What the includes that are not read may not change.
///
/// Such an include lies under the file: it may give each mapping more keys, and change nothing that
/// the file says itself with a scalar or a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Open {
    /// The keys that stay as they are: `rules`, `variables:NAME`, `only:refs`.
    pub firm: BTreeSet<String>,
    /// What only such an include can supply, as in "nothing here defines `.build`".
    pub wants: Vec<String>,
    /// The references in its values that only such an include can resolve, and where they stand:
    /// `script[1]: !reference [.login, script]`.
    pub references: Vec<String>,
}

/// Variables by name.
pub type Variables = IndexMap<String, Variable>;

/// A variable that the file sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its text.
    pub value: String,
    /// Whether other variables are expanded in it.
    pub expand: bool,
    /// Where it is set.
    pub place: Place,
}

/// `workflow`.
#[derive(Debug, Clone, Default)]
pub struct Workflow {
    /// The rules; without any, every pipeline is created. `Some` with nothing in it is `rules:`
    /// without a value, which takes the default `only` of the jobs away.
    pub rules: Option<Vec<Rule>>,
    /// The pipeline's name.
    pub name: Option<Located<String>>,
    /// `auto_cancel:on_new_commit`.
    pub auto_cancel: Option<Located<String>>,
}

/// One job as it may stand in a pipeline.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its name; with `parallel` that of the one copy: `test 1/3`, `test: [linux, arm]`.
    pub name: String,
    /// The key under which it stands in the file.
    pub key: String,
    /// Where its key stands; of a lowered pipeline the manifest entry that it comes from.
    pub place: Place,
    /// Of a lowered pipeline: what the job does, and for which entity of the manifest.
    pub origin: Option<Origin>,
    /// Its stage.
    pub stage: Located<String>,
    /// Whether it starts another pipeline (`trigger`) and has no script.
    pub is_trigger: bool,
    /// In which pipelines it is.
    pub conditions: Conditions,
    /// The job's own `when`; [`When::OnSuccess`] if it has none.
    pub when: When,
    /// How long a delayed job waits.
    pub start_in: Option<Located<String>>,
    /// Whether it may fail, if no rule says otherwise.
    pub allow_failure: AllowFailure,
    /// The jobs that it waits for; `None`: all of earlier stages.
    pub needs: Option<Arc<[Need]>>,
    /// The jobs whose artifacts it gets; `None`: as GitLab chooses.
    pub dependencies: Option<Vec<Located<String>>>,
    /// The environment that it deploys to, prepares or stops.
    pub environment: Option<Environment>,
    /// Jobs of one group never run at the same time.
    pub resource_group: Option<Located<String>>,
    /// Whether a newer pipeline may cancel it; GitLab's own default is not to.
    pub interruptible: Option<bool>,
    /// The image that it runs in.
    pub image: Option<Located<String>>,
    /// The images beside it.
    pub services: Vec<Located<String>>,
    /// Its commands, without those before and after.
    pub script: Vec<Located<String>>,
    /// Commands before it.
    pub before_script: Vec<Located<String>>,
    /// Commands after it.
    pub after_script: Vec<Located<String>>,
    /// Its variables: its own and its matrix's. Those of [`Config::variables`] that
    /// [`Job::inherits`] takes over are not repeated here.
    pub variables: Variables,
    /// Which of the global variables, also those of a workflow rule, it takes over.
    pub inherits: Inherits,
    /// What includes that are not read leave as it is; `None` if all are read.
    pub open: Option<Open>,
    /// Every key of the job with its effective value, those above included.
    pub keys: Map,
}

/// `inherit:variables`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Inherits {
    /// All of them.
    #[default]
    All,
    /// None.
    Nothing,
    /// These.
    Only(Vec<String>),
}

/// In which pipelines a job is.
#[derive(Debug, Clone, PartialEq)]
pub enum Conditions {
    /// In all: it has no conditions, and `workflow:rules` or its own empty `rules:` took the
    /// default away.
    Always,
    /// `rules`; the first that matches decides.
    Rules(Vec<Rule>),
    /// `only` and `except`, or the default `only`.
    Policies {
        /// All of its parts must hold.
        only: Option<Policy>,
        /// None of its parts may hold.
        except: Option<Policy>,
    },
}

/// A rule of a job or of the workflow.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rule {
    /// Where it stands; of a lowered pipeline the entry of the manifest that asks for it.
    pub place: Place,
    /// `if`
    pub condition: Option<Condition>,
    /// `changes`
    pub changes: Option<Changes>,
    /// `exists`
    pub exists: Option<Exists>,
    /// `when`
    pub when: Option<When>,
    /// `start_in`
    pub start_in: Option<String>,
    /// `allow_failure`
    pub allow_failure: Option<bool>,
    /// `needs`, which then replaces the job's.
    pub needs: Option<Arc<[Need]>>,
    /// `interruptible`
    pub interruptible: Option<bool>,
    /// `variables`
    pub variables: Arc<Variables>,
}

impl Rule {
    /// How many decisions it takes: most conditions compare one or two variables.
    fn decisions(&self) -> usize {
        const FEW: usize = 4;
        let condition = self.condition.as_ref();
        condition.map_or(1, |condition| condition.expr.leaves().div_ceil(FEW))
    }
}

/// An expression and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// As it is written.
    pub text: String,
    /// As it is read.
    pub expr: Expr,
    /// Where.
    pub place: Place,
}

/// `rules:changes`, `only:changes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Globs of which one must match a changed file.
    pub paths: Vec<String>,
    /// The ref to compare with; `None`: what was pushed.
    pub compare_to: Option<String>,
}

/// `rules:exists`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exists {
    /// Globs of which one must match a file of the repository.
    pub paths: Vec<String>,
    /// Another project whose files count.
    pub project: Option<String>,
}

/// `only` or `except`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Where it stands.
    pub place: Place,
    /// Words, names, patterns, with `@path`; one must match.
    pub refs: Option<Vec<Located<String>>>,
    /// Expressions of which one must hold.
    pub variables: Option<Vec<Condition>>,
    /// Globs of which one must match a changed file.
    pub changes: Option<Vec<String>>,
    /// Whether the project must have an active cluster.
    pub kubernetes: bool,
}

/// When a job of a pipeline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum When {
    /// If everything before went well.
    #[default]
    OnSuccess,
    /// If something before failed.
    OnFailure,
    /// Whatever happened before.
    Always,
    /// When a person starts it.
    Manual,
    /// After a time.
    Delayed,
    /// Not at all.
    Never,
}

impl When {
    /// All of them.
    pub const ALL: [When; 6] = [
        When::OnSuccess,
        When::OnFailure,
        When::Always,
        When::Manual,
        When::Delayed,
        When::Never,
    ];

    /// GitLab's word.
    pub fn as_str(self) -> &'static str {
        match self {
            When::OnSuccess => "on_success",
            When::OnFailure => "on_failure",
            When::Always => "always",
            When::Manual => "manual",
            When::Delayed => "delayed",
            When::Never => "never",
        }
    }

    /// From GitLab's word.
    pub fn parse(word: &str) -> Option<Self> {
        When::ALL.into_iter().find(|when| when.as_str() == word)
    }
}

/// Whether a job's failure lets the pipeline go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowFailure {
    /// Always, or never.
    Is(bool),
    /// With these exit codes; a manual job blocks.
    ExitCodes(Vec<i64>),
}

impl AllowFailure {
    /// What GitLab stores as `allow_failure` when it creates the job.
    pub fn at_creation(&self) -> bool {
        *self == AllowFailure::Is(true)
    }
}

/// A job that another one waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The name of the one job; `needs` on a parallel job is one of these for each copy.
    pub job: String,
    /// Whether its artifacts are fetched.
    pub artifacts: bool,
    /// Whether it may be missing.
    pub optional: bool,
    /// Of another pipeline or project, which says nothing about this one.
    pub elsewhere: bool,
    /// Where it stands.
    pub place: Place,
}

/// `environment`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name, variables not expanded.
    pub name: String,
    /// What the job does to it.
    pub action: Action,
    /// The job that stops it.
    pub on_stop: Option<Located<String>>,
    /// After what time it is stopped.
    pub auto_stop_in: Option<String>,
    /// `deployment_tier`.
    pub tier: Option<String>,
    /// Where the name stands.
    pub place: Place,
}

/// `environment:action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// Deploys; the default.
    #[default]
    Start,
    /// Stops.
    Stop,
    /// Prepares.
    Prepare,
    /// Verifies (15.0).
    Verify,
    /// Only uses (15.0).
    Access,
}

impl Action {
    /// GitLab's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Start => "start",
            Action::Stop => "stop",
            Action::Prepare => "prepare",
            Action::Verify => "verify",
            Action::Access => "access",
        }
    }

    /// From GitLab's word.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Action::Start,
            Action::Stop,
            Action::Prepare,
            Action::Verify,
            Action::Access,
        ]
        .into_iter()
        .find(|action| action.as_str() == word)
    }
}

impl Job {
    /// Whether no include that is not read can change a key: `rules`, `variables:NAME`.
    pub fn is_firm(&self, key: &str) -> bool {
        self.open
            .as_ref()
            .is_none_or(|open| open.firm.contains(key))
    }
}

impl Config {
    /// Whether no include that is not read can change a global key: `stages`, `workflow:rules`.
    pub fn is_firm(&self, key: &str) -> bool {
        self.open
            .as_ref()
            .is_none_or(|open| open.firm.contains(key))
    }

    /// How many decisions a plan of it takes: one for each rule of the workflow and of a job, several for a rule
    /// with a long condition, and one for each job without.
    pub fn decisions(&self) -> usize {
        let all = |rules: &[Rule]| -> usize { rules.iter().map(Rule::decisions).sum() };
        let of_job = |job: &Job| match &job.conditions {
            Conditions::Rules(rules) => all(rules).max(1),
            Conditions::Always | Conditions::Policies { .. } => 1,
        };
        let workflow = self.workflow.rules.as_deref().unwrap_or_default();
        all(workflow) + self.jobs.iter().map(of_job).sum::<usize>()
    }

    /// Whether any rule asks for files of the repository (`exists`).
    pub fn asks_for_files(&self) -> bool {
        let of_jobs = self.jobs.iter().flat_map(|job| match &job.conditions {
            Conditions::Rules(rules) => rules.as_slice(),
            Conditions::Always | Conditions::Policies { .. } => &[],
        });
        let of_workflow = self.workflow.rules.iter().flatten();
        let mut rules = of_jobs.chain(of_workflow).chain(&self.include_rules);
        rules.any(|rule| rule.exists.is_some())
    }

    /// The names of all variables that the file sets: for all jobs, in a job, or by a rule of the workflow.
    pub fn set_variables(&self) -> HashSet<&str> {
        let workflow = self.workflow.rules.iter().flatten();
        workflow
            .map(|rule| &*rule.variables)
            .chain([&self.variables])
            .chain(self.jobs.iter().map(|job| &job.variables))
            .flat_map(|variables| variables.keys().map(String::as_str))
            .collect()
    }

    /// All variables that the file sets: for all jobs, in a job, by a rule of a job or of the workflow; each
    /// once, where it stands.
    pub fn all_variables(&self) -> Vec<(&str, &Variable)> {
        let mut seen = HashSet::new();
        let rules = self.jobs.iter().filter_map(|job| match &job.conditions {
            Conditions::Rules(rules) => Some(rules),
            Conditions::Always | Conditions::Policies { .. } => None,
        });
        let rules = rules.chain(&self.workflow.rules).flatten();
        let own = self.jobs.iter().map(|job| &job.variables);
        let all = std::iter::once(&self.variables).chain(own);
        let all = all.chain(rules.map(|rule| &*rule.variables));
        let named = all.flat_map(|variables| variables.iter());
        named
            .filter(|(_, variable)| seen.insert(variable.place))
            .map(|(name, variable)| (name.as_str(), variable))
            .collect()
    }

    /// The job of a name.
    pub fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The position of a stage.
    pub fn stage_index(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.value == name)
    }

    /// A place as people read it: `windlass.yml:12:5`.
    pub fn shown(&self, place: Place) -> String {
        match self.sources.get(place.file) {
            Some(source) => {
                let (name, at) = source.locate(place.span.start);
                format!("{name}:{}:{}", at.line, at.column)
            }
            None => String::new(),
        }
    }
}
