//! Deployments: into an environment, by digest, watched, and undone if they fail.
//!
//! In: an environment. Out: its job, which reaches the cluster ([`cluster`]), lets the driver change it
//! ([`crate::driver`]), and watches the change ([`rollout`]).

pub(crate) mod cluster;
pub(crate) mod manifests;
mod migrate;
pub(crate) mod rollout;
pub(crate) mod substitution;

use super::{Lowering, own_folder};
use crate::driver::Deploy;
use crate::gitlab::gates;
use crate::manifest::common::Entity;
use crate::manifest::environments::Environment;
use crate::pipeline::{Handed, Job, Mapping, Origin, Uses, Value};
use crate::source::At;

/// What a driver does in the job.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// What its commands use.
    pub(crate) uses: Uses,
    /// Commands that deploy nothing yet. They may end what an earlier job left half done.
    pub(crate) prepare: Vec<Value>,
    /// Commands of windlass that change it.
    pub(crate) commands: Vec<String>,
    /// Commands that change what has no rollout, once all that has one is ready: there is then
    /// nothing to take back.
    pub(crate) after: Vec<String>,
    /// The project's own commands that change it.
    pub(crate) own: Vec<Value>,
    /// Whether the commands use the folder of the job's own.
    pub(crate) own_folder: bool,
    /// The workloads that are changed, as the manifest names them; none if the driver itself waits.
    pub(crate) workloads: Vec<String>,
    /// How all of it goes back.
    pub(crate) undo: Undo,
}

/// How a change goes back.
#[derive(Debug, Default)]
pub(crate) enum Undo {
    /// Each workload that the job waits for goes back to the template that it had.
    #[default]
    Templates,
    /// By this command.
    Command(String),
    /// Everything in these manifests goes back. They are named as `kubectl apply` takes them.
    Manifests(String),
}

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, environment) in lowering.manifest.environments() {
        lowering.deploy(key, environment);
    }
}

impl<'m> Lowering<'m> {
    fn deploy(&mut self, key: &'m At<String>, environment: &'m At<Environment>) {
        let common = environment.common();
        let origin = Origin::Deploy(key.value.clone());
        let mut job = self.job(&environment.deploy_job(key), origin, key.span, common);
        job.stage = Some(environment.stage().to_owned());
        let refs = environment.refs.get().map(|refs| refs.0.clone());
        let narrowed = self.manifest.narrowed_environment(environment);
        self.run_on(&mut job, &refs.unwrap_or_default(), narrowed.as_ref());
        // A deployment that is cancelled half-way leaves nobody knows what.
        job.interruptible = self.if_known(gates::INTERRUPTIBLE, false);
        job.resource_group = self.resource_group(key, environment);
        let mut named = Mapping::from_iter([("name", environment.name(&key.value))]);
        named.set_if("url", environment.url.get().cloned());
        if environment.stop.get().is_some() {
            named.set("on_stop", environment.stop_job(key).value);
        }
        named.set_if("auto_stop_in", self.auto_stop_in(key, environment));
        named.set_if(
            "deployment_tier",
            environment.deployment_tier.get().map(|tier| tier.as_str()),
        );
        job.environment = Some(named);
        let client = cluster::Client::of(environment);
        let by_itself = environment
            .deploy
            .get()
            .is_some_and(Deploy::leaves_cluster_alone);
        let namespace = match by_itself {
            true => cluster::Namespace::NoCluster,
            false => cluster::Namespace::Created,
        };
        self.with_cluster(&mut job, environment, client, namespace);
        self.drive(&mut job, environment);
        self.tell_deployed(&mut job, key, environment);
        let images = self.manifest.deployed_by(environment);
        self.need_builds(&mut job, &images);
        let refs = environment.refs.get();
        let refs = refs.map(|refs| refs.0.clone()).unwrap_or_default();
        self.need_promotions(&mut job, &images, &refs);
        self.finish(job, Some(common));
    }

    /// Gives a job the commands of the driver.
    fn drive(&self, job: &mut Job, environment: &Environment) {
        let mut uses = Uses::default();
        let images = substitution::image_variables(self, environment, &mut uses);
        job.variables.merge(&images);
        job.uses.add(uses);
        let mut migration = migrate::commands(self, environment);
        if !migration.is_empty() {
            own_folder::give(job);
            // The driver may ask for a digest only where it names it.
            job.script.extend(self.demanded_digests(&mut job.uses));
        }
        for driver in environment
            .deploy
            .get()
            .into_iter()
            .flat_map(Deploy::drivers)
        {
            let mut change = driver.value.lower(self, environment);
            if change.own_folder || rollout::uses_own_folder(environment, &change) {
                own_folder::give(job);
            }
            self.read_commands(&change.own, &mut change.uses);
            self.read_commands(&rollout::verify(environment), &mut change.uses);
            job.uses.add(std::mem::take(&mut change.uses));
            let script = rollout::commands(environment, change);
            job.script.extend(self.demanded_digests(&mut job.uses));
            job.script.append(&mut migration);
            job.script.extend(script);
        }
    }

    /// Variables may hold digests: without them the job must not begin.
    fn demanded_digests(&self, uses: &mut Uses) -> Option<Value> {
        let names = self.manifest.images().map(|(key, _)| key.value.as_str());
        let missing = names.filter(|name| {
            let digest = Handed::Digest((*name).to_owned());
            let used = uses.variables.iter().any(|(_, handed)| *handed == digest);
            used && uses.demands.insert(digest)
        });
        let demanded: Vec<String> = missing
            .map(|name| format!("\"${{{}:?}}\"", super::digest_variable(name)))
            .collect();
        (!demanded.is_empty()).then(|| Value::from(format!(": {}", demanded.join(" "))))
    }

    /// The resource group of everything that touches an environment; none by itself where GitLab
    /// has no groups.
    pub(super) fn resource_group(
        &self,
        key: &At<String>,
        environment: &Environment,
    ) -> Option<String> {
        let own = environment.resource_group.get().cloned();
        let name = environment.name(&key.value).to_owned();
        own.or_else(|| self.if_known(gates::RESOURCE_GROUP, name))
    }

    /// Whether GitLab runs one job of the environment at a time: the jobs have a resource group.
    pub(crate) fn deploys_alone(&self, environment: &Environment) -> bool {
        let own = environment.resource_group.get().is_some();
        own || self.if_known(gates::RESOURCE_GROUP, ()).is_some()
    }
}
