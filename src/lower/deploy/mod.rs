//! Deployments: into an environment, by digest, watched, and undone if they fail.
//!
//! In: an environment. Out: its job, which reaches the cluster ([`cluster`]), lets one driver of
//! [`DRIVERS`] change it, and watches the change ([`rollout`]). Another driver is a file here and a
//! line in that list.

pub(super) mod cluster;
mod rollout;
mod script;
mod set_image;

use super::Lowering;
use crate::manifest::common::Entity;
use crate::manifest::environments::{Deploy, Environment};
use crate::pipeline::{Job, Mapping, Value};
use crate::source::At;

/// What a driver does in the job.
#[derive(Debug, Default)]
struct Change {
    /// Commands of windlass that change the cluster.
    commands: Vec<String>,
    /// The project's own commands that do.
    own: Vec<Value>,
    /// The workloads that are changed, if nobody names them.
    workloads: Vec<String>,
}

/// What a driver does; nothing if the environment is deployed by another one.
type Driver = fn(&Lowering<'_>, &Deploy) -> Option<Change>;

/// The drivers; an environment names exactly one.
const DRIVERS: &[Driver] = &[set_image::lower, script::lower];

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, environment) in lowering.manifest.environments() {
        lowering.deploy(key, environment);
    }
}

impl<'m> Lowering<'m> {
    fn deploy(&mut self, key: &'m At<String>, environment: &'m At<Environment>) {
        let common = environment.common();
        let entity = format!("environments.{}", key.value);
        let mut job = self.job(&environment.deploy_job(key), entity, key.span, common);
        job.stage = Some(environment.stage().to_owned());
        job.rules = self.rules(
            &environment
                .refs
                .get()
                .map(|refs| refs.0.clone())
                .unwrap_or_default(),
            None,
        );
        // A deployment that is cancelled half-way leaves nobody knows what.
        job.interruptible = Some(false);
        job.resource_group = Some(self.resource_group(key, environment));
        let mut named = Mapping::from_iter([("name", environment.name(&key.value))]);
        named.set_if("url", environment.url.get().cloned());
        named.set_if(
            "auto_stop_in",
            environment.auto_stop_in.get().map(|text| text.to_string()),
        );
        named.set_if(
            "deployment_tier",
            environment.deployment_tier.get().map(|tier| tier.as_str()),
        );
        job.environment = Some(named);
        self.with_cluster(&mut job, environment);
        self.drive(&mut job, environment);
        let images = self.manifest.deployed_by(environment);
        self.need_builds(&mut job, &images);
        self.finish(job, Some(common));
    }

    /// Gives a job the commands of the driver.
    fn drive(&self, job: &mut Job, environment: &Environment) {
        let Some(deploy) = environment.deploy.get() else {
            return;
        };
        for driver in DRIVERS {
            if let Some(change) = driver(self, deploy) {
                job.script.extend(rollout::commands(environment, change));
            }
        }
    }

    /// The resource group of everything that touches an environment.
    pub(super) fn resource_group(&self, key: &At<String>, environment: &Environment) -> String {
        let own = environment.resource_group.get().cloned();
        own.unwrap_or_else(|| environment.name(&key.value).to_owned())
    }
}
