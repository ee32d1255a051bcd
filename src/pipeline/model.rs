//! A pipeline in GitLab's concepts, before it is laid out as text.

use super::{Base, BaseId, Holder, Mapping, Origin, Policies, Shared, Union, Uses, Value};
use crate::gitlab::expression::Expr;
use crate::source::{At, Span};

/// A whole pipeline.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pipeline {
    /// The stages in order.
    pub stages: Vec<String>,
    /// The entries of `include`.
    pub include: Vec<Include>,
    /// The folder of the project with included files from elsewhere; not a part of what is written.
    pub includes_from: Option<String>,
    /// Which pipelines are created at all; the first rule that matches decides.
    pub workflow: Vec<Rule>,
    /// Variables of every job.
    pub variables: Mapping,
    /// Raw top-level keys, merged over all others.
    pub raw: Mapping,
    /// Whether the target knows `default` and `inherit` (12.9).
    pub has_default: bool,
    /// Keys that several jobs take over whole.
    pub bases: Vec<Base>,
    /// The jobs, in the manifest's order.
    pub jobs: Vec<Job>,
}

/// An entry of `include`, verbatim.
#[derive(Debug, Clone, PartialEq)]
pub struct Include {
    /// The entry.
    pub value: Value,
    /// Where it stands in the manifest.
    pub span: Span,
}

/// One job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// What it does, and for which entity of the manifest.
    pub origin: Origin,
    /// The place of that entity, or of the name that it gives the job.
    pub place: Span,
    /// What it uses of images and of earlier jobs.
    pub uses: Uses,
    /// A comment above it, or empty.
    pub comment: String,
    /// The [`Base`]s that it takes keys from.
    pub bases: Vec<BaseId>,
    /// Its stage; `None` is GitLab's `test`.
    pub stage: Option<String>,
    /// The image that it runs in.
    pub image: Option<Image>,
    /// Services beside it.
    pub services: Vec<Service>,
    /// Where it runs. Empty: wherever the workflow admits a pipeline.
    pub rules: Rules,
    /// Where it runs on a GitLab without rules. At most one of the two is not empty.
    pub policies: Policies,
    /// Jobs that it waits for; `None`: all earlier stages.
    pub needs: Option<Vec<Need>>,
    /// Jobs of earlier stages whose artifacts it fetches; `None`: all of them.
    pub dependencies: Option<Vec<String>>,
    /// When it runs, if not `on_success`.
    pub when: Option<String>,
    /// Whether its failure lets the pipeline go on: a boolean or `{exit_codes}`.
    pub allow_failure: Option<Value>,
    /// The environment that it deploys to or uses.
    pub environment: Option<Mapping>,
    /// Jobs of one group never run at the same time.
    pub resource_group: Option<String>,
    /// Whether a newer pipeline may cancel it.
    pub interruptible: Option<bool>,
    /// How often it is repeated: a number or `{max, when}`.
    pub retry: Option<Value>,
    /// How long it may take.
    pub timeout: Option<String>,
    /// Tags of the runners that may take it.
    pub tags: Vec<String>,
    /// Its copies.
    pub parallel: Option<Parallel>,
    /// Its variables.
    pub variables: Mapping,
    /// Its caches.
    pub cache: Vec<Mapping>,
    /// Commands before the script.
    pub before_script: Vec<Value>,
    /// The script.
    pub script: Vec<Value>,
    /// Commands after the script.
    pub after_script: Vec<Value>,
    /// The coverage pattern.
    pub coverage: Option<String>,
    /// Files that it hands on.
    pub artifacts: Mapping,
    /// Raw keys, merged over all others.
    pub raw: Mapping,
}

/// The copies of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parallel {
    /// So many.
    Number(i64),
    /// One for each row of variables (13.3).
    Matrix(Vec<Mapping>),
}

impl Pipeline {
    /// Whether raw keys replace the rules of the workflow, or the whole of it. Raw keys merge, so
    /// others beside the rules, such as `auto_cancel` or `name`, leave them as they are.
    pub fn replaces_workflow_rules(&self) -> bool {
        match self.raw.get("workflow").map(Value::plain) {
            None => false,
            Some(Value::Map(workflow)) => workflow.get("rules").is_some(),
            Some(_) => true,
        }
    }
}

impl Parallel {
    fn to_value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Int(*number),
            Self::Matrix(rows) => {
                let rows = Value::list(rows.iter().cloned());
                Mapping::from_iter([("matrix", rows)]).into()
            }
        }
    }
}

/// The image of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Its reference.
    pub name: String,
    /// The image of the manifest that it is, if it is one.
    pub own: Option<String>,
    /// What starts the container instead of the image's own entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// When the runner pulls it.
    pub pull_policy: Vec<String>,
}

/// A service beside a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its image.
    pub name: String,
    /// The image of the manifest that it is, if it is one.
    pub own: Option<String>,
    /// Its host name.
    pub alias: Option<String>,
    /// What starts it.
    pub entrypoint: Vec<String>,
    /// Its arguments.
    pub command: Vec<String>,
    /// Its variables.
    pub variables: Mapping,
}

/// A job that another one waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its name.
    pub job: String,
    /// Whether its artifacts are fetched.
    pub artifacts: bool,
    /// Whether it may be missing.
    pub optional: bool,
}

/// Where a job runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// The union of ref sets that they say, by which jobs share them.
    pub union: Option<Union>,
    /// The rules; the first that matches decides.
    pub list: Vec<Rule>,
}

/// The place in the manifest that something comes from. It explains and does not count: things
/// from different places may be equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Provenance(pub Option<Span>);

impl PartialEq for Provenance {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Provenance {}

/// A rule: what must be true, and what follows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rule {
    /// GitLab's `if`.
    pub condition: Option<Expr>,
    /// Paths of which one must have changed, and against what.
    pub changes: Option<Changes>,
    /// When the job runs then; the job's own `when` if `None`.
    pub when: Option<&'static str>,
    /// Variables that hold then.
    pub variables: Mapping,
    /// The entry of the manifest that asks for it.
    pub provenance: Provenance,
}

/// `rules:changes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Globs.
    pub paths: Vec<String>,
    /// The ref to compare with; `None`: what was pushed.
    pub compare_to: Option<String>,
    /// Where the manifest has the globs.
    pub provenance: Provenance,
}

impl Rule {
    /// A rule with nothing but a condition.
    pub fn when_true(condition: Expr) -> Self {
        Self {
            condition: Some(condition),
            ..Self::default()
        }
    }

    /// A rule by which the job or pipeline is left out.
    pub fn never(condition: Expr) -> Self {
        Self {
            condition: Some(condition),
            when: Some("never"),
            ..Self::default()
        }
    }

    fn to_value(&self) -> Value {
        let mut map = Mapping::new();
        map.set_if("if", self.condition.as_ref().map(ToString::to_string));
        if let Some(changes) = &self.changes {
            let paths = strings(&changes.paths);
            let changes = match &changes.compare_to {
                None => paths,
                Some(to) => Value::Map(Mapping::from_iter([
                    ("paths", paths),
                    ("compare_to", to.as_str().into()),
                ])),
            };
            map.set("changes", changes);
        }
        map.set_if("when", self.when);
        if !self.variables.is_empty() {
            map.set("variables", self.variables.clone());
        }
        map.into()
    }
}

/// A list of strings.
pub fn strings<S: AsRef<str>>(items: &[S]) -> Value {
    Value::list(items.iter().map(AsRef::as_ref))
}

/// The rules as GitLab reads them.
pub fn rules_value(rules: &[Rule]) -> Value {
    Value::Seq(rules.iter().map(Rule::to_value).collect())
}

impl Rules {
    fn to_value(&self) -> Value {
        let value = rules_value(&self.list);
        match &self.union {
            Some(union) => Value::Shared(Shared {
                holder: Holder::Refs(union.clone()),
                key: "rules".to_owned(),
                value: Box::new(value),
            }),
            None => value,
        }
    }
}

impl Image {
    /// The image as GitLab reads it: its name alone where that is all.
    pub fn to_value(&self) -> Value {
        if self.entrypoint.is_none() && self.pull_policy.is_empty() {
            return self.name.as_str().into();
        }
        let mut map = Mapping::new();
        map.set("name", self.name.as_str());
        map.set_if(
            "entrypoint",
            self.entrypoint.as_ref().map(|list| strings(list)),
        );
        if let [one] = self.pull_policy.as_slice() {
            map.set("pull_policy", one.as_str());
        } else if !self.pull_policy.is_empty() {
            map.set("pull_policy", strings(&self.pull_policy));
        }
        map.into()
    }
}

impl Service {
    /// The service as GitLab reads it.
    pub fn to_value(&self) -> Value {
        let mut map = Mapping::new();
        map.set("name", self.name.as_str());
        map.set_if("alias", self.alias.clone());
        if !self.entrypoint.is_empty() {
            map.set("entrypoint", strings(&self.entrypoint));
        }
        if !self.command.is_empty() {
            map.set("command", strings(&self.command));
        }
        if !self.variables.is_empty() {
            map.set("variables", self.variables.clone());
        }
        if map.len() == 1 {
            self.name.as_str().into()
        } else {
            map.into()
        }
    }
}

impl Need {
    fn to_value(&self) -> Value {
        if self.artifacts && !self.optional {
            return self.job.as_str().into();
        }
        let mut map = Mapping::new();
        map.set("job", self.job.as_str());
        if !self.artifacts {
            map.set("artifacts", false);
        }
        if self.optional {
            map.set("optional", true);
        }
        map.into()
    }
}

impl Job {
    /// A job of this name without any keys.
    pub fn new(name: At<String>, origin: Origin) -> Self {
        Self {
            name: name.value,
            origin,
            place: name.span,
            uses: Uses::default(),
            comment: String::new(),
            bases: Vec::new(),
            stage: None,
            image: None,
            services: Vec::new(),
            rules: Rules::default(),
            policies: Policies::default(),
            needs: None,
            dependencies: None,
            when: None,
            allow_failure: None,
            environment: None,
            resource_group: None,
            interruptible: None,
            retry: None,
            timeout: None,
            tags: Vec::new(),
            parallel: None,
            variables: Mapping::new(),
            cache: Vec::new(),
            before_script: Vec::new(),
            script: Vec::new(),
            after_script: Vec::new(),
            coverage: None,
            artifacts: Mapping::new(),
            raw: Mapping::new(),
        }
    }

    /// The images of the manifest with which it may do anything; one may come twice.
    pub fn used_images(&self) -> impl Iterator<Item = &str> {
        let parts = self.uses.parts.iter().map(String::as_str);
        let built = self.origin.built().iter().map(String::as_str);
        self.named().chain(parts).chain(built)
    }

    /// The images of the manifest that it names, by tag or by digest; one may come twice.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let own = self.image.iter().map(|image| &image.own);
        let own = own.chain(self.services.iter().map(|service| &service.own));
        let own = own.filter_map(Option::as_deref);
        own.chain(self.uses.images.iter().map(String::as_str))
    }

    /// Whether GitLab never runs it: a job whose name begins with a dot (18.11).
    pub fn is_hidden(&self) -> bool {
        self.name.starts_with('.')
    }

    /// The job as GitLab reads it, in the order in which people write it.
    pub fn to_mapping(&self) -> Mapping {
        let mut map = Mapping::new();
        let list = |items: &[Value]| (!items.is_empty()).then(|| Value::Seq(items.to_vec()));
        map.set_if("stage", self.stage.clone());
        map.set_if("image", self.image.as_ref().map(Image::to_value));
        let services: Vec<_> = self.services.iter().map(Service::to_value).collect();
        map.set_if("services", list(&services));
        if !self.variables.is_empty() {
            map.set("variables", self.variables.clone());
        }
        if !self.rules.list.is_empty() {
            map.set("rules", self.rules.to_value());
        }
        self.policies.write(&mut map);
        let needs = self
            .needs
            .as_ref()
            .map(|all| all.iter().map(Need::to_value).collect::<Vec<_>>());
        map.set_if("needs", needs);
        map.set_if(
            "dependencies",
            self.dependencies.as_ref().map(|all| strings(all)),
        );
        map.set_if("when", self.when.clone());
        map.set_if("allow_failure", self.allow_failure.clone());
        map.set_if("environment", self.environment.clone());
        map.set_if("resource_group", self.resource_group.clone());
        map.set_if("interruptible", self.interruptible);
        map.set_if("retry", self.retry.clone());
        map.set_if("timeout", self.timeout.clone());
        if !self.tags.is_empty() {
            map.set("tags", strings(&self.tags));
        }
        map.set_if("parallel", self.parallel.as_ref().map(Parallel::to_value));
        match self.cache.as_slice() {
            [] => {}
            [one] => map.set("cache", one.clone()),
            several => map.set("cache", Value::list(several.iter().cloned())),
        }
        map.set_if("before_script", list(&self.before_script));
        map.set_if("script", list(&self.script));
        map.set_if("after_script", list(&self.after_script));
        map.set_if("coverage", self.coverage.clone());
        if !self.artifacts.is_empty() {
            map.set("artifacts", self.artifacts.clone());
        }
        // GitLab takes one or the other; what is written by hand counts.
        if self.raw.get("rules").is_some() {
            map.remove("only");
            map.remove("except");
        }
        match &self.origin {
            // What is null there takes a key away that `extends` brings.
            Origin::Raw(_) => {
                for (key, value) in self.raw.iter() {
                    map.set(key, value.clone());
                }
            }
            _ => map.merge(&self.raw),
        }
        map
    }
}
