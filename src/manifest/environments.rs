//! Environments: where and how images are deployed (language, section 7), and promotions.

use super::collection::{List, Many, Map};
use super::common::{Variable, When, entity};
use super::kinds::{Expiry, KubectlDuration, ProjectPath, Raw, Text, VariableName, Workload};
use super::record::{Read, Reader, SchemaName, See, Wanted, record, words};
use super::tools::Kubernetes;
use crate::finding::{Code, Finding};
use crate::source::{At, Kind, Node};
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Workload -> container -> image, as `kubectl set image` takes them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SetImage(pub Vec<(At<Workload>, Map<Text>)>);

impl Read for SetImage {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            reader.wrong_type(
                node,
                Wanted::Like("a mapping such as `{deployment/web: {container: image}}`"),
            );
            return None;
        };
        let mut workloads = Vec::new();
        for entry in entries.iter() {
            let key = Node {
                kind: Kind::Scalar(crate::source::Scalar {
                    text: entry.key.value.clone(),
                    plain: entry.plain_key,
                }),
                span: entry.key.span,
                defined: None,
                tag: None,
            };
            let workload = Workload::read(&key, reader);
            let containers = reader.below(&entry.key.value, |reader| {
                Map::<Text>::read(&entry.value, reader)
            });
            if let (Some(workload), Some(containers)) = (workload, containers) {
                if containers.is_empty() {
                    let message = format!("`{}` names no container", entry.key.value);
                    let finding = Finding::new(Code::Empty, entry.key.span, message)
                        .help("write `{container: image}`");
                    reader.report.push(finding);
                    continue;
                }
                workloads.push((At::new(workload, entry.key.span), containers));
            }
        }
        Some(Self(workloads))
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        see(self);
        self.0
            .iter()
            .for_each(|(_, containers)| containers.visit(see));
    }
}

impl JsonSchema for SetImage {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "SetImage".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Map::<Map<Text>>::json_schema(generator)
    }
}

record! {
    /// Manifests for `kubectl apply`.
    Apply {
        /// Files and folders.
        files: List<ProjectPath>,
        /// Names of the variables that are substituted in them, and no others. `IMAGE_<NAME>` is
        /// the image by digest.
        envsubst: List<VariableName>,
    }
}

record! {
    /// An overlay for `kubectl apply -k`.
    Kustomize {
        /// Folder of the overlay.
        path: ProjectPath,
        /// Image name in the overlay -> name of the image.
        images: Map<Text>,
    }
}

record! {
    /// A chart for `helm upgrade --install`.
    Helm {
        /// The chart: a folder of the project or a reference.
        chart: Text,
        /// Name of the release; cut to 53 characters, as Helm takes no more.
        release: Text,
        /// Value files.
        values: List<ProjectPath>,
        /// Single values, all of them strings; `{tag_of: IMAGE}` and the like depend on an image.
        set: Map<Variable>,
        /// More arguments of the command.
        options: List<Text>,
    }
}

record! {
    /// How the environment is deployed: exactly one driver.
    Deploy {
        /// `kubectl set image`: workload -> container -> image.
        set_image: SetImage,
        /// `kubectl apply` of files.
        apply: Apply,
        /// `kubectl apply -k` of an overlay.
        kustomize: Kustomize,
        /// `helm upgrade --install`.
        helm: Helm,
        /// Own commands.
        script: Many<Text>,
    }
}

record! {
    /// How the deployment is watched.
    Rollout {
        /// The workloads to watch: Deployments, StatefulSets, DaemonSets and Jobs; if not written
        /// what `set_image` names, or what is applied. A helm release watches itself. What has no
        /// rollout, such as a CronJob, is changed last and not watched.
        watch: List<Workload>,
        /// How long to wait for each; `5m` if not written.
        timeout: KubectlDuration,
        /// Whether a failed rollout is undone; `true` if not written.
        undo: bool,
    }
}

words! {
    /// What a stop job deletes.
    StopDelete {
        /// The environment's namespace with all that is in it; no other may use it.
        Namespace "namespace",
        /// The helm release that the driver `helm` names.
        Release "release",
        /// What carries a label that tells the environment apart.
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
        /// Own commands instead; the job has no checkout.
        script: Many<Text>,
        /// Images of which the tags of this ref, and its build cache, are deleted as well.
        images: Many<Text>,
        /// When the job runs; `manual` if not written.
        when: When,
        /// Its stage; that of the deploy job if not written.
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
        /// The job that deploys; `deploy-<name>` if not written.
        deploy: Text,
        /// The job that stops; `stop-<name>` if not written.
        stop: Text,
        /// The job that deletes the tags of `stop`, if it is one of its own; `untag-<name>` if not
        /// written.
        untag: Text,
        /// The job that moves `deployed_tag`; `mark-<name>` if not written.
        mark: Text,
        /// The job that lists what the environment runs, for the retention of its images;
        /// `running-<name>` if not written.
        running: Text,
    }
}

entity! {
    /// A place that images are deployed to.
    Environment {
        /// GitLab's name of the environment; the key if not written. With a `$` it is a dynamic
        /// environment, as for review apps.
        name: Text,
        /// Its address.
        url: Text,
        /// When GitLab stops it by itself; `1 week` for dynamic environments if not written.
        auto_stop_in: Expiry,
        /// GitLab's deployment tier.
        deployment_tier: Tier,
        /// How it is deployed.
        deploy: Deploy,
        /// Images that its own files or script name; `all` means all that these refs build.
        images: Many<Text>,
        /// How the deployment is watched.
        rollout: Rollout,
        /// Access to the cluster; over the top-level `kubernetes`, key by key.
        kubernetes: Kubernetes,
        /// How it is stopped; required for dynamic environments.
        stop: Stop,
        /// A tag that a job moves to what the environment's own deployment job deployed last, for people to
        /// read. No retention depends on it.
        deployed_tag: Text,
        /// Jobs of one resource group never run at the same time; the environment's name if not
        /// written.
        resource_group: Text,
        /// Other names for its jobs.
        job_names: EnvironmentJobNames,
    }
}

record! {
    /// Another name for the job.
    PromotionJobNames {
        /// The job; `promote-<name>` if not written.
        promote: Text,
    }
}

entity! {
    /// A further name for an image that is built already: never a rebuild.
    Promotion {
        /// Names of images, or `all`.
        image: Many<Text>,
        /// The tag in its repository, or `repository:tag`.
        to: Many<Text>,
        /// Another registry, a name of `registries`, that it is copied to.
        registry: Text,
        /// Whether images may be promoted before their tests pass; `false` if not written.
        untested: bool,
        /// Another name for the job.
        job_names: PromotionJobNames,
    }
}
