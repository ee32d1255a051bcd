//! What images, tests, tasks, environments and promotions have in common (language, section 12).

use super::collection::{List, Many, Map};
use super::kinds::Text;
use super::record::{Field, Read, Reader, SchemaName, See, record, words};
use super::scalar::VariableValue;
use crate::finding::{Code, Finding};
use crate::source::{Kind, Node};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

words! {
    /// When a job runs, in GitLab's words.
    When {
        /// When every job of the earlier stages succeeded.
        OnSuccess "on_success",
        /// When a person starts it.
        Manual "manual",
        /// Whatever happened before.
        Always "always",
        /// When a job of an earlier stage failed.
        OnFailure "on_failure",
    }
}

record! {
    /// A CI/CD variable, or a value that depends on an image.
    Variable = "value" {
        /// The value. GitLab expands `$NAME` in it. A number that GitLab prints as it is written needs no
        /// quotes.
        value: VariableValue,
        /// A description. GitLab shows it to people who start a pipeline by hand. Top level only.
        description: Text,
        /// The values to choose from when a pipeline is started by hand. Top level only.
        options: List<VariableValue>,
        /// Whether GitLab expands `$NAME` in the value. Default: `true`.
        expand: bool,
        /// Name of an image: the value is its reference by digest.
        image: Text,
        /// Name of an image: the value is its tag.
        tag_of: Text,
        /// Name of an image: the value is its digest, `sha256:...`.
        digest_of: Text,
        /// Name of an image: the value is its repository.
        repository_of: Text,
    }
}

/// Variables by name; those of `defaults` are merged in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Variables(pub Map<Variable>);

impl Read for Variables {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Map::read(node, reader).map(Self)
    }

    fn inherit(&mut self, default: &Self) {
        // Defaults first, as they would stand if they were written out.
        self.0.inherit_entries(&default.0);
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        see(self);
        self.0.visit(see);
    }
}

impl JsonSchema for Variables {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "Variables".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Map::<Variable>::json_schema(generator)
    }
}

/// Arguments of a build, which are no variables of its job: the same in all else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BuildArgs {
    values: Variables,
}

impl std::ops::Deref for BuildArgs {
    type Target = Variables;
    fn deref(&self) -> &Variables {
        &self.values
    }
}

impl std::ops::DerefMut for BuildArgs {
    fn deref_mut(&mut self) -> &mut Variables {
        &mut self.values
    }
}

impl Read for BuildArgs {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Variables::read(node, reader).map(|values| Self { values })
    }

    fn inherit(&mut self, default: &Self) {
        self.values.inherit(&default.values);
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        self.values.0.visit(see);
    }
}

impl JsonSchema for BuildArgs {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "BuildArgs".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Variables::json_schema(generator)
    }
}

record! {
    /// A job that this one waits for; a name alone is enough.
    Need = "job" {
        /// Name of the job: a generated job, a test, a task, a raw job, or a job of an included file. The name
        /// of something with a matrix means all its rows.
        job: Text,
        /// Whether its artifacts are fetched. Default: `true`.
        artifacts: bool,
        /// Whether the job may be missing from the pipeline.
        optional: bool,
    }
}

words! {
    /// Why a job failed, in GitLab's words.
    FailureReason {
        /// Whatever the reason; the default.
        Always "always",
        /// An unknown reason.
        UnknownFailure "unknown_failure",
        /// The script failed.
        ScriptFailure "script_failure",
        /// GitLab's API failed.
        ApiFailure "api_failure",
        /// The job got stuck or timed out.
        StuckOrTimeoutFailure "stuck_or_timeout_failure",
        /// It waited too long for a runner, of which there are some (19.1).
        StuckPendingWithMatchingRunners "stuck_pending_with_matching_runners",
        /// It waited too long for a runner, of which there is none (19.1).
        StuckPendingNoMatchingRunners "stuck_pending_no_matching_runners",
        /// It ran and sent no updates (19.1).
        NoUpdatesRunning "no_updates_running",
        /// It was being canceled and sent no updates (19.1).
        NoUpdatesCanceling "no_updates_canceling",
        /// The runner failed, as when it set the job up.
        RunnerSystemFailure "runner_system_failure",
        /// The runner cannot do what the job wants.
        RunnerUnsupported "runner_unsupported",
        /// The job or the runner is configured wrongly (19.1).
        RunnerConfigurationError "runner_configuration_error",
        /// The runner did not reach something, as a registry (19.1).
        RunnerExternalDependencyFailure "runner_external_dependency_failure",
        /// Artifacts that it wants are missing (13.2).
        MissingDependencyFailure "missing_dependency_failure",
        /// A delayed job could not run (13.2).
        StaleSchedule "stale_schedule",
        /// The script took longer than the job may (13.2).
        JobExecutionTimeout "job_execution_timeout",
        /// GitLab stopped a job that took longer than it may (18.11).
        JobExecutionServerTimeout "job_execution_server_timeout",
        /// The same while it ran (19.1).
        ServerTimeoutRunning "server_timeout_running",
        /// The same while it was being canceled (19.1).
        ServerTimeoutCanceling "server_timeout_canceling",
        /// The job router failed (18.11).
        JobRouterFailure "job_router_failure",
        /// The job is archived (13.2).
        ArchivedFailure "archived_failure",
        /// What the job needs first failed (13.2).
        UnmetPrerequisites "unmet_prerequisites",
        /// No runner could be assigned (13.2).
        SchedulerFailure "scheduler_failure",
        /// The job's data are damaged (13.2).
        DataIntegrityFailure "data_integrity_failure",
    }
}

record! {
    /// How often GitLab repeats a failed job; a number alone is enough.
    Retry = "max" {
        /// How often: 0 to 2.
        max: i64,
        /// For which failures: `runner_system_failure`, `script_failure`, ...
        when: Many<FailureReason>,
        /// For which exit codes.
        exit_codes: Many<i64>,
    }
}

/// Whether a failure of the job lets the pipeline go on.
#[derive(Debug, Clone, PartialEq)]
pub enum AllowFailure {
    /// Always or never.
    Any(bool),
    /// For these exit codes.
    ExitCodes(Vec<i64>),
}

record! {
    /// The exit codes with which a job may fail.
    AllowedExitCodes {
        /// One or several exit codes.
        exit_codes: Many<i64>,
    }
}

impl Read for AllowFailure {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if matches!(node.kind, Kind::Mapping(_)) {
            let codes = AllowedExitCodes::read(node, reader)?;
            let codes = codes.exit_codes.get()?.iter().map(|at| at.value).collect();
            return Some(Self::ExitCodes(codes));
        }
        bool::read(node, reader).map(Self::Any)
    }

    fn visit<'m>(&'m self, _: &mut See<'_, 'm>) {}
}

impl JsonSchema for AllowFailure {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "AllowFailure".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let codes = generator.subschema_for::<AllowedExitCodes>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, codes] })
    }
}

/// A matrix in the shape of GitLab's `parallel:matrix`: rows of variables, one value or several.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix(pub List<Map<Many<Text>>>);

impl Read for Matrix {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let rows = List::<Map<Many<Text>>>::read(node, reader)?;
        if rows.0.is_empty() {
            let finding =
                Finding::new(Code::Empty, node.span, "a matrix without rows makes no job");
            reader.fault(
                node,
                finding.help("remove `matrix`, or write `null` to undo a default"),
            );
            return None;
        }
        Some(Self(rows))
    }

    fn visit<'m>(&'m self, _: &mut See<'_, 'm>) {}
}

impl JsonSchema for Matrix {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "Matrix".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        List::<Map<Many<Text>>>::json_schema(generator)
    }
}

/// Declares an entity: a record that ends with the common job keys.
macro_rules! entity {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $($body:tt)* }
    ) => {
        $crate::manifest::record::record! {
            $(#[doc = $doc])+
            $name {
                $($body)*
                /// The stage of the job. Each kind of entity has its own default.
                stage: $crate::manifest::kinds::Text,
                /// Refs the job runs on: names of ref sets, or the built-in `branches`, `tags`,
                /// `merge_requests`, `schedules`, `default_branch`. Several names mean all of these
                /// refs.
                refs: $crate::manifest::collection::Many<$crate::manifest::kinds::Text>,
                /// Jobs that this one waits for, instead of all earlier stages. With `[]` it starts at
                /// once.
                needs: $crate::manifest::collection::List<$crate::manifest::common::Need>,
                /// When the job runs, with GitLab's words. Default: `on_success`.
                when: $crate::manifest::common::When,
                /// Whether the pipeline goes on when the job fails. Default: `true` for manual jobs.
                allow_failure: $crate::manifest::common::AllowFailure,
                /// Variables of the job.
                variables: $crate::manifest::common::Variables,
                /// Commands before the script.
                before_script: $crate::manifest::collection::Many<$crate::manifest::kinds::Text>,
                /// Commands after the script, also when it failed.
                after_script: $crate::manifest::collection::Many<$crate::manifest::kinds::Text>,
                /// Files that GitLab keeps and hands to later jobs.
                artifacts: $crate::manifest::artifacts::Artifacts,
                /// GitLab's cache between pipelines; not the cache of an image build.
                cache: $crate::manifest::collection::Many<$crate::manifest::artifacts::Cache>,
                /// How often a failed job is repeated: 0 to 2.
                retry: $crate::manifest::common::Retry,
                /// How long the job may take. Default: one hour; with `null` the project's own timeout.
                timeout: $crate::manifest::kinds::Timeout,
                /// Whether a newer pipeline may cancel the job. Default: `true`, except for
                /// deployments.
                interruptible: bool,
                /// Tags of the runners that may take the job: GitLab's job keyword `tags`.
                runner_tags: $crate::manifest::collection::List<$crate::manifest::kinds::Text>,
                /// GitLab keys merged over the generated job as `extends` does: mappings merge,
                /// lists and scalars replace, `null` removes.
                job: $crate::manifest::kinds::Raw,
            }
        }

        impl $crate::manifest::common::Entity for $name {
            fn common(&self) -> $crate::manifest::common::Common<'_> {
                $crate::manifest::common::Common {
                    stage: &self.stage,
                    refs: &self.refs,
                    needs: &self.needs,
                    when: &self.when,
                    allow_failure: &self.allow_failure,
                    variables: &self.variables,
                    before_script: &self.before_script,
                    after_script: &self.after_script,
                    artifacts: &self.artifacts,
                    cache: &self.cache,
                    retry: &self.retry,
                    timeout: &self.timeout,
                    interruptible: &self.interruptible,
                    runner_tags: &self.runner_tags,
                    job: &self.job,
                }
            }

            fn inherit_for_all(&mut self, all: &$crate::manifest::common::ForAll<'_>) {
                self.refs.inherit(all.refs);
                self.runner_tags.inherit(all.runner_tags);
                self.retry.inherit(all.retry);
                self.timeout.inherit(all.timeout);
                self.interruptible.inherit(all.interruptible);
            }
        }
    };
}

/// The common job keys of an entity.
#[derive(Debug, Clone, Copy)]
#[allow(
    missing_docs,
    reason = "each is documented where `entity!` declares it"
)]
pub struct Common<'m> {
    pub stage: &'m Field<Text>,
    pub refs: &'m Field<Many<Text>>,
    pub needs: &'m Field<List<Need>>,
    pub when: &'m Field<When>,
    pub allow_failure: &'m Field<AllowFailure>,
    pub variables: &'m Field<Variables>,
    pub before_script: &'m Field<Many<Text>>,
    pub after_script: &'m Field<Many<Text>>,
    pub artifacts: &'m Field<super::artifacts::Artifacts>,
    pub cache: &'m Field<Many<super::artifacts::Cache>>,
    pub retry: &'m Field<Retry>,
    pub timeout: &'m Field<super::kinds::Timeout>,
    pub interruptible: &'m Field<bool>,
    pub runner_tags: &'m Field<List<Text>>,
    pub job: &'m Field<super::kinds::Raw>,
}

/// Something of the manifest that becomes jobs.
pub trait Entity: super::record::Record {
    /// Its common job keys.
    fn common(&self) -> Common<'_>;

    /// Takes over the defaults that hold for every kind of entity.
    fn inherit_for_all(&mut self, all: &ForAll<'_>);
}

/// The defaults that hold for every kind of entity, or for one kind of them.
#[derive(Debug, Clone, Copy)]
#[allow(
    missing_docs,
    reason = "each is documented where `Defaults` declares it"
)]
pub struct ForAll<'m> {
    pub refs: &'m Field<Many<Text>>,
    pub runner_tags: &'m Field<List<Text>>,
    pub retry: &'m Field<Retry>,
    pub timeout: &'m Field<super::kinds::Timeout>,
    pub interruptible: &'m Field<bool>,
}

impl<'m> ForAll<'m> {
    /// All of them.
    pub fn of(all: &'m super::Defaults) -> Self {
        Self {
            refs: &all.refs,
            runner_tags: &all.runner_tags,
            retry: &all.retry,
            timeout: &all.timeout,
            interruptible: &all.interruptible,
        }
    }
}

pub(crate) use entity;
