//! Environments: where and how images are deployed (language, section 7), and promotions.

use super::collection::{List, Many};
use super::common::{When, entity};
use super::kinds::{Expiry, KubectlDuration, ProjectPath, Raw, Text, VariableName, Workload};
use super::record::{record, words};
use super::tools::Kubernetes;
use crate::driver::Deploy;

record! {
    /// A Job of Kubernetes that must complete before the deployment.
    Migrate = "file" {
        /// The file with the Job, and nothing else.
        file: ProjectPath,
        /// Names of the variables to substitute in the file; no others are. `IMAGE_<NAME>` is the image by
        /// digest.
        envsubst: List<VariableName>,
        /// How long it may take. Default: `5m`.
        timeout: KubectlDuration,
    }
}

record! {
    /// How the deployment is watched.
    Rollout {
        /// The workloads to watch: Deployments, StatefulSets, DaemonSets and Jobs. Default: what
        /// `set_image` names, or what is applied. Helm watches its own release. Workloads without a
        /// rollout, such as a CronJob, are changed last and not watched.
        watch: List<Workload>,
        /// How long to wait for each. Default: `5m`.
        timeout: KubectlDuration,
        /// Whether a failed rollout is undone. Default: `true`.
        undo: bool,
        /// Your own commands that test the deployment once its workloads are ready. If one of them fails, it is
        /// undone as a failed rollout is.
        verify: Many<Text>,
    }
}

words! {
    /// What a stop job deletes.
    StopDelete {
        /// The environment's namespace with all that is in it; no other may use it.
        Namespace "namespace",
        /// The helm release that the driver `helm` names.
        Release "release",
        /// Objects with a label that only this environment uses.
        Labelled "labelled",
    }
}

record! {
    /// How a dynamic environment is stopped.
    Stop {
        /// What is deleted in the cluster.
        delete: StopDelete,
        /// For `labelled`: the kinds of objects, as kubectl takes them.
        kinds: List<Text>,
        /// For `labelled`: the label selector, as in `env=$CI_ENVIRONMENT_SLUG`.
        selector: Text,
        /// Your own commands instead. The job has no checkout.
        script: Many<Text>,
        /// Images whose tags of this ref, and whose build cache, are deleted as well.
        images: Many<Text>,
        /// When the job runs. Default: `manual`.
        when: When,
        /// The stage of the job. Default: the stage of the deploy job.
        stage: Text,
        /// GitLab keys merged over the job.
        job: Raw,
    }
}

words! {
    /// GitLab's deployment tiers.
    Tier {
        /// Production.
        Production "production",
        /// Staging.
        Staging "staging",
        /// Testing.
        Testing "testing",
        /// Development.
        Development "development",
        /// Anything else.
        Other "other",
    }
}

record! {
    /// Other names for the jobs of an environment.
    EnvironmentJobNames {
        /// The job that deploys. Default: `deploy-<name>`.
        deploy: Text,
        /// The job that stops. Default: `stop-<name>`.
        stop: Text,
        /// The job that deletes the tags of `stop`, if it is one of its own. Default: `untag-<name>`.
        untag: Text,
        /// The job that moves `deployed_tag`. Default: `mark-<name>`.
        mark: Text,
        /// The job that lists what the environment runs, for the retention of its images. Default:
        /// `running-<name>`.
        running: Text,
    }
}

entity! {
    /// A place that images are deployed to.
    Environment {
        /// GitLab's name of the environment. Default: the key. With a `$` it is a dynamic environment,
        /// as for review apps.
        name: Text,
        /// Its URL.
        url: Text,
        /// When GitLab stops it automatically. Default: `1 week` for dynamic environments.
        auto_stop_in: Expiry,
        /// GitLab's deployment tier.
        deployment_tier: Tier,
        /// How it is deployed.
        deploy: Deploy,
        /// A Job of Kubernetes that runs to its end first: a migration. If it fails, nothing is deployed.
        migrate: Migrate,
        /// Images that the applied files or the script name. `all` means all images that these refs
        /// build.
        images: Many<Text>,
        /// Deploy only when one of these paths changed. Default: the `changes` of the images that it
        /// deploys.
        changes: List<Text>,
        /// How the deployment is watched.
        rollout: Rollout,
        /// Access to the cluster. Overrides the top-level `kubernetes`, key by key.
        kubernetes: Kubernetes,
        /// How it is stopped. Required for dynamic environments.
        stop: Stop,
        /// A tag that a job moves to what the environment's own deployment job deployed last, for people to
        /// read. No retention depends on it.
        deployed_tag: Text,
        /// Jobs of one resource group never run at the same time. Default: the environment's name.
        resource_group: Text,
        /// Other names for its jobs.
        job_names: EnvironmentJobNames,
    }
}

record! {
    /// Another name for the job.
    PromotionJobNames {
        /// The job. Default: `promote-<name>`.
        promote: Text,
    }
}

entity! {
    /// A further name for an image that is built already: never a rebuild.
    Promotion {
        /// Names of images, or `all`.
        image: Many<Text>,
        /// The tag in the image's repository, or `repository:tag`.
        to: Many<Text>,
        /// Another registry, a name of `registries`, that it is copied to.
        registry: Text,
        /// Whether images may be promoted before their tests pass. Default: `false`.
        untested: bool,
        /// Another name for the job.
        job_names: PromotionJobNames,
    }
}
