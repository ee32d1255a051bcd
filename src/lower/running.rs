//! What runs: an environment is asked before the retention of its images deletes anything.
//!
//! In: the environments that deploy an image of which older builds are deleted. Out: a job for each, which
//! lists every image that the workloads of its cluster name. Always holds: the list has what runs and what
//! `kubectl rollout undo` can go back to, whoever deployed it and however; whoever may not ask fails, and
//! the retention with it. Of dynamic environments one job asks for all.

use super::deploy::cluster::{Client, Namespace};
use super::{Lowering, own_folder, word};
use crate::driver::Deploy;
use crate::gitlab::gates;
use crate::gitlab::variables::names;
use crate::manifest::common::{Entity, When};
use crate::manifest::environments::Environment;
use crate::manifest::images::Image;
use crate::manifest::reach::surely_covers;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Job, Mapping, Need, Origin, Value};
use crate::source::At;

/// The kinds that run containers, and those in which a workload keeps what it was before.
const KINDS: &str =
    "pods,deployments,replicasets,statefulsets,daemonsets,controllerrevisions,jobs,cronjobs";

/// The images that they name, and those that nodes found under these names.
const IMAGES: &str = r#"'jsonpath={..image} {..imageID}{"\n"}'"#;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let manifest = lowering.manifest;
    for (key, environment) in manifest.environments() {
        let images = lowering.deployments.asked_for(manifest, environment);
        if !images.is_empty() {
            lowering.ask(key, environment, &images);
        }
    }
}

/// The file in which an environment answers: first the time, in seconds.
pub(crate) fn file(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let key: String = key
        .chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect();
    format!("running-{key}.txt")
}

impl<'m> Lowering<'m> {
    fn ask(
        &mut self,
        key: &'m At<String>,
        environment: &'m At<Environment>,
        images: &[(&'m At<String>, &'m At<Image>)],
    ) {
        let refs = self.deployments.running_refs(self.manifest, environment);
        let stages = images.iter().map(|(_, image)| Self::cleanup_stage(image));
        let first = stages.min_by_key(|stage| self.stage_number(stage));
        let file = word(&file(&key.value));
        let mut job = Job {
            stage: Some(self.stage_of_list(first.unwrap_or("cleanup"))),
            variables: self.access_variables(environment),
            artifacts: Mapping::from_iter([
                ("paths", Value::list([file.clone()])),
                ("expire_in", Value::from("1 hour")),
            ]),
            ..self.job_beside(
                environment.running_job(key),
                Origin::Running(key.value.clone()),
                environment.common(),
            )
        };
        job.variables.set("GIT_STRATEGY", "none");
        if self.target >= gates::NEEDS_IN_STAGE {
            job.needs = self.needs_of_question(key, environment, images);
        }
        let narrowed = self.deployments.narrowed_running(images);
        self.run_on(&mut job, &refs, narrowed.as_ref());
        let access = environment.access(self.manifest);
        let (everywhere, namespace) = match self.asks_everywhere(key, environment) {
            true => ("--all-namespaces ", Namespace::Ignored),
            false => ("", Namespace::Used),
        };
        let integration = access.integration.copied_or(false);
        if self.target >= gates::PREPARE && self.is_of_environment(environment, namespace) {
            let place = [
                ("name", environment.name(&key.value)),
                ("action", self.no_deployment()),
            ];
            job.environment = Some(Mapping::from_iter(place));
        } else if integration {
            // GitLab gives the access to jobs of an environment alone, and takes this one for a deployment.
            let place = [("name", environment.name(&key.value))];
            job.environment = Some(Mapping::from_iter(place));
        }
        self.with_cluster(&mut job, environment, Client::of(environment), namespace);
        job.script.push(format!("date +%s > {file}").into());
        job.script.push(
            format!("kubectl get {KINDS} \\\n  {everywhere}--output {IMAGES} >> {file}\n").into(),
        );
        let drivers = environment
            .deploy
            .get()
            .into_iter()
            .flat_map(Deploy::drivers);
        let planned: Vec<Value> = drivers
            .flat_map(|driver| driver.value.list_planned(&file))
            .collect();
        if !planned.is_empty() && !mutant::on(Mutant::ForgetsWhatIsPlanned) {
            own_folder::give(&mut job);
            job.script.extend(planned);
        }
        self.finish(job, None);
    }

    /// Whether the question is about all namespaces: those of a dynamic environment may have one each.
    fn asks_everywhere(&self, key: &At<String>, environment: &Environment) -> bool {
        let access = environment.access(self.manifest);
        let namespace = access.namespace.get().map(String::as_str);
        namespace.is_some_and(|text| environment.owns(&key.value, self.manifest, text))
    }

    /// Whether the environment may run its images where nobody asks: manifests, charts and scripts can name
    /// a namespace of their own.
    pub(in crate::lower) fn may_run_elsewhere(
        &self,
        key: &At<String>,
        environment: &Environment,
    ) -> bool {
        let deploy = environment.deploy.get();
        !self.asks_everywhere(key, environment)
            && deploy
                .is_some_and(|deploy| !deploy.drivers().all(|of| of.value.stays_in_namespace()))
            && !mutant::on(Mutant::BelievesTheNamespace)
    }

    /// What a question waits for: the deployment of this pipeline, if there is one that starts by itself.
    fn needs_of_question(
        &self,
        key: &At<String>,
        environment: &At<Environment>,
        images: &[(&'m At<String>, &'m At<Image>)],
    ) -> Option<Vec<Need>> {
        let behind: Vec<_> = images
            .iter()
            .filter(|(_, image)| !self.is_before_build(image))
            .collect();
        if behind.is_empty() {
            return None;
        }
        let need = |job: String, optional| Need {
            job,
            artifacts: false,
            optional,
        };
        let refs = self.deployments.running_refs(self.manifest, environment);
        let own = environment.refs.get().map(|refs| refs.0.clone());
        let own = own.unwrap_or_default();
        let deploys = environment.when.get() != Some(&When::Manual);
        let same =
            own.len() == refs.len() && own.iter().zip(&refs).all(|(a, b)| a.value == b.value);
        let waits = !mutant::on(Mutant::CleanupDoesNotWait);
        let narrowed = self.deployments.narrowed_running(images);
        let deployed = self.manifest.narrowed_environment(environment);
        let together = deployed.is_none_or(|deployed| {
            let asked = narrowed.as_ref();
            asked.is_some_and(|asked| asked.is_within(&deployed))
        });
        let always = deploys && same && together && environment.job.is_missing() && waits;
        let mut needs = Vec::new();
        if !always {
            needs.extend(behind.into_iter().map(|(key, image)| {
                let built = self.deployments.image_refs(&key.value, image);
                let retention = image.retention.get();
                let elsewhere = retention.is_some_and(|own| own.refs.get().is_some());
                let there = surely_covers(self.manifest, &built, &refs);
                let together = match (image.narrowed(), &narrowed) {
                    (None, _) => true,
                    (Some(built), Some(asked)) => asked.is_within(&built),
                    (Some(_), None) => false,
                };
                let optional = elsewhere || !there || !together;
                need(image.build_job(key).value, optional)
            }));
        }
        if deploys && waits {
            needs.push(need(environment.deploy_job(key).value, !always));
        }
        Some(needs)
    }

    /// Whether what a job uses to reach the cluster depends on its environment: GitLab's integration, and
    /// variables, which a project may define for an environment alone.
    fn is_of_environment(&self, environment: &Environment, namespace: Namespace) -> bool {
        let access = environment.access(self.manifest);
        let kubeconfig = access.kubeconfig.get().is_some();
        let integration = access.integration.copied_or(false);
        let own = access.namespace.get();
        let own = own.filter(|_| namespace != Namespace::Ignored);
        let texts = [access.agent.get(), access.context.get(), own];
        let mut texts = texts.into_iter().flatten();
        let named = texts.any(|text| names(text).any(|name| name.starts_with("CI_ENVIRONMENT_")));
        kubeconfig || integration || named
    }
}
