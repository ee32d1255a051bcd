//! Marking: a tag that says to people what an environment deployed last, if the manifest asks for one.
//!
//! In: an environment with `deployed_tag`. Out: a job right after its deployment. Always holds: what a
//! deployment did not reach is never marked; nothing is turned back by an older pipeline that comes last. No
//! clean-up depends on it: it does not move when somebody rolls back in the cluster.

use super::handover::Handover;
use super::registry::{Function, Right};
use super::{Lowering, quoted, word};
use crate::gitlab::gates;
use crate::manifest::common::{Entity, When};
use crate::manifest::environments::Environment;
use crate::manifest::images::Image;
use crate::manifest::resolved::{STAGES, variable};
use crate::pipeline::{Handed, Job, Mapping, Need, Origin};
use crate::source::At;

/// The file in which a deployment says that it is done.
const DOTENV: &str = "deployed";

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, environment) in lowering.manifest.environments() {
        let images = lowering.deployments.marked(lowering.manifest, environment);
        if !images.is_empty() {
            lowering.mark_deployed(key, environment, &images);
        }
    }
}

impl<'m> Lowering<'m> {
    fn mark_deployed(
        &mut self,
        key: &'m At<String>,
        environment: &'m At<Environment>,
        images: &[&str],
    ) {
        let refs = environment.refs.get();
        let refs = refs.map(|refs| refs.0.clone()).unwrap_or_default();
        let mut job = Job {
            stage: Some(self.stage_after(environment.stage()).to_owned()),
            needs: Some(vec![deployment(key, environment)]),
            resource_group: self.resource_group(key, environment),
            ..self.job_beside(
                environment.mark_job(key),
                Origin::Mark(key.value.clone()),
                environment.common(),
            )
        };
        let narrowed = self.manifest.narrowed_environment(environment);
        self.run_on(&mut job, &refs, narrowed.as_ref());
        if environment.is_dynamic(&key.value) {
            // For `$CI_ENVIRONMENT_SLUG`; nothing is deployed.
            let place = [
                ("name", environment.name(&key.value)),
                ("action", self.no_deployment()),
            ];
            job.environment = Some(Mapping::from_iter(place));
        }
        self.need_builds(&mut job, images);
        self.need_promotions(&mut job, images, &refs);
        let handled: Vec<&Image> = images
            .iter()
            .filter_map(|name| self.image(name))
            .map(|at| &at.value)
            .collect();
        self.with_regctl(&mut job, &handled, Right::Push, None);
        demand(&mut job, key, environment);
        for name in images {
            if let Some(image) = self.image(name) {
                job.script.push(Self::in_repository(name, image));
            }
            self.mark(&mut job, name, key, environment);
        }
        self.only_after_deployment(key, environment);
        self.finish(job, None);
    }

    /// Lets the deployment say that it is done, if a job marks what it deploys and GitLab starts
    /// that job after a failure as well.
    pub(super) fn tell_deployed(
        &self,
        job: &mut Job,
        key: &At<String>,
        environment: &'m Environment,
    ) {
        if !environment.may_fail() || environment.deployed_tag.is_missing() {
            return;
        }
        let file = self.handed_on(DOTENV, &key.value);
        let line = format!("echo \"{}=yes\" > {file}", deployed_variable(&key.value));
        job.script.push(line.into());
        self.hand_on(job, &file);
    }

    /// Notes that a target without `needs` would mark what nobody has deployed yet.
    fn only_after_deployment(&mut self, key: &At<String>, environment: &Environment) {
        if environment.when.get() == Some(&When::Manual) && environment.may_fail() {
            let span = environment.when.span().unwrap_or(key.span);
            let what = "`deployed_tag` with `when: manual` without `allow_failure: false`";
            self.lacks_below(gates::NEEDS, what, span);
        }
    }

    /// The action of a job that is about an environment and does not deploy it.
    pub(super) fn no_deployment(&self) -> &'static str {
        match self.target < gates::ACCESS {
            true => "prepare",
            false => "access",
        }
    }

    /// The stage of what comes right after a job: the same one, where `needs` can say so.
    fn stage_after(&self, stage: &'m str) -> &'m str {
        if self.target >= gates::NEEDS_IN_STAGE {
            return stage;
        }
        let stages: Vec<&str> = match self.manifest.declared_stages() {
            Some(stages) => stages.iter().map(|stage| stage.value.as_str()).collect(),
            None => STAGES.to_vec(),
        };
        let mut after = stages.into_iter().skip_while(|known| *known != stage);
        after.nth(1).unwrap_or(stage)
    }

    /// By which variables deployments say that they are done.
    pub(super) fn deployed(&self) -> impl Iterator<Item = Handover> {
        let environments = self.manifest.environments();
        environments.map(|(key, environment)| Handover {
            what: Handed::Deployed(key.value.clone()),
            job: environment.deploy_job(key).value,
            file: self.handed_on(DOTENV, &key.value),
        })
    }

    /// Lets a job move the tag of an environment to an image, in the image's repository. An older
    /// pipeline that comes last must not turn the tag back.
    fn mark(&mut self, job: &mut Job, image: &str, key: &At<String>, environment: &Environment) {
        let Some(tag) = environment.deployed_tag(&key.value) else {
            return;
        };
        let tag = word(&tag);
        let image = quoted(&self.by_digest_or_fail(image, &mut job.uses));
        let command = self.call(job, Function::Mark, &format!("{tag} {image}"));
        job.script.push(command.into());
    }
}

/// A job's wait for a deployment.
fn deployment(key: &At<String>, environment: &Environment) -> Need {
    Need {
        job: environment.deploy_job(key).value,
        artifacts: environment.may_fail(),
        optional: false,
    }
}

/// Lets a job fail after a deployment that failed. GitLab starts what needs a job that may
/// fail, as every manual one may, after its failure too. It has to fail rather than to pass: after a
/// retry of the deployment it is then to be retried as well.
fn demand(job: &mut Job, key: &At<String>, environment: &Environment) {
    if !environment.may_fail() {
        return;
    }
    let variable = deployed_variable(&key.value);
    let demand = format!(": \"${{{variable}:?{} is not deployed}}\"", key.value);
    job.script.push(demand.into());
    job.uses.demands.insert(Handed::Deployed(key.value.clone()));
}

/// The variable by which a deployment says that it is done.
fn deployed_variable(key: &str) -> String {
    variable("DEPLOYED", key)
}
