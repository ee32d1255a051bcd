//! Named ref sets (language, section 4).

use super::collection::{List, Many};
use super::common::Variables;
use super::kinds::{Expression, Pattern, Text};
use super::record::{record, words};

record! {
    /// Branches or tags that merge requests come from or go to.
    MergeRequests {
        /// Source branches: names or `/regex/`.
        source: Many<Pattern>,
        /// Target branches: names or `/regex/`.
        target: Many<Pattern>,
    }
}

record! {
    /// A set of refs, named once and used everywhere. It holds the `branches`, `tags`,
    /// `merge_requests` and sets of `of`, without those of `except`, where all the rest is true.
    RefSet = "branches" {
        /// Branches: names or `/regex/`. A list alone means this.
        branches: List<Pattern>,
        /// Git tags: names or `/regex/`.
        tags: Many<Pattern>,
        /// Merge request pipelines.
        merge_requests: MergeRequests,
        /// Other sets that it includes.
        of: Many<Text>,
        /// Sets that it excludes.
        except: Many<Text>,
        /// Only pipelines started in these ways: values of `CI_PIPELINE_SOURCE`.
        sources: Many<PipelineSource>,
        /// Only protected refs.
        protected: bool,
        /// A GitLab `if` expression that must be true as well.
        condition as "if": Expression,
        /// Variables of every job on these refs.
        variables: Variables,
    }
}

words! {
    /// What starts a pipeline: `CI_PIPELINE_SOURCE`.
    PipelineSource {
        /// A push to a branch, or a new tag.
        Push "push",
        /// Something new in a merge request.
        MergeRequestEvent "merge_request_event",
        /// A schedule.
        Schedule "schedule",
        /// A person, by the page that runs pipelines.
        Web "web",
        /// The Web IDE.
        WebIde "webide",
        /// The pipelines API.
        Api "api",
        /// A trigger token.
        Trigger "trigger",
        /// `trigger` of another project's pipeline, or a job token.
        Pipeline "pipeline",
        /// `trigger` of a pipeline of the same project.
        ParentPipeline "parent_pipeline",
        /// A command of ChatOps.
        Chat "chat",
        /// A CI service other than GitLab.
        External "external",
        /// A pull request of a mirrored GitHub repository.
        ExternalPullRequestEvent "external_pull_request_event",
        /// A push to the project's container registry.
        ContainerRegistryPush "container_registry_push",
        /// A DAST scan that somebody asks for.
        OndemandDastScan "ondemand_dast_scan",
        /// The check of a site before such a scan.
        OndemandDastValidation "ondemand_dast_validation",
        /// A scan execution policy.
        SecurityOrchestrationPolicy "security_orchestration_policy",
        /// A scheduled pipeline execution policy.
        PipelineExecutionPolicySchedule "pipeline_execution_policy_schedule",
    }
}
