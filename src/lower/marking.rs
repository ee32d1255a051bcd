//! Marking: the tag that says what an environment runs is moved once the rollout is done.
//!
//! In: an environment. Out: a job right after its deployment, if the retention of the image is not
//! there already. Always holds: what a deployment did not reach is never marked; nothing is turned
//! back by an older pipeline that comes last.

use super::{Lowering, quoted};
use crate::gitlab::gates;
use crate::manifest::environments::Environment;
use crate::manifest::resolved::STAGES;
use crate::pipeline::{Job, Mapping, Need, Origin, Value};
use crate::source::At;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, environment) in lowering.manifest.environments() {
        let images = lowering.marked(key, environment);
        if !images.is_empty() {
            lowering.mark_deployed(key, environment, &images);
        }
    }
}

impl<'m> Lowering<'m> {
    /// The images of an environment that a job of its own marks.
    pub(super) fn marked(&self, key: &At<String>, environment: &'m Environment) -> Vec<&'m str> {
        let deployments = &self.deployments;
        deployments.marked_by_own_job(self.manifest, environment, &key.value)
    }

    /// Whether any environment has such a job.
    pub(super) fn marks(&self) -> bool {
        let mut environments = self.manifest.environments();
        environments.any(|(key, environment)| !self.marked(key, environment).is_empty())
    }

    fn mark_deployed(
        &mut self,
        key: &'m At<String>,
        environment: &'m At<Environment>,
        images: &[&str],
    ) {
        let name = environment.mark_job(key);
        let refs = environment.refs.get();
        let refs = refs.map(|refs| refs.0.clone()).unwrap_or_default();
        let mut job = Job {
            name: name.value,
            origin: Origin {
                entity: format!("environments.{}.deployed_tag", key.value),
                span: name.span,
            },
            stage: Some(self.stage_after(environment.stage()).to_owned()),
            needs: Some(vec![Need {
                job: environment.deploy_job(key).value,
                artifacts: false,
                optional: false,
            }]),
            resource_group: self.resource_group(key, environment),
            ..Job::default()
        };
        self.run_on(&mut job, &refs, None);
        if environment.is_dynamic(&key.value) {
            // For `$CI_ENVIRONMENT_SLUG`; nothing is deployed.
            let action = match self.target < gates::ACCESS {
                true => "prepare",
                false => "access",
            };
            let place = [("name", environment.name(&key.value)), ("action", action)];
            job.environment = Some(Mapping::from_iter(place));
        }
        self.need_builds(&mut job, images);
        self.need_promotions(&mut job, images, &refs);
        self.with_registry_script(&mut job);
        for image in images {
            job.script.push(self.mark(image, key, environment));
        }
        self.finish(job, None);
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

    /// The command that moves the tag of an environment to an image.
    pub(super) fn mark(&self, image: &str, key: &At<String>, environment: &Environment) -> Value {
        let options = self.image(image).map(|image| self.push_options(image));
        // An older pipeline that comes last must not turn the tag back.
        Value::from(format!(
            "registry_move_tag {}--unless-newer {} {}",
            options.unwrap_or_default(),
            quoted(&self.by_digest_or_fail(image)),
            quoted(&environment.deployed_tag(&key.value))
        ))
    }
}
