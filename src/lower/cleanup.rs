//! Retention: what an image leaves in the registry goes when it is of no more use.

use super::registry::Right;
use super::{Lowering, marking, quoted};
use crate::gitlab::gates;
use crate::lower::tools::Tool;
use crate::manifest::common::{Entity, When};
use crate::manifest::images::{Image, KeepFor, Retention};
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::resolved::{STAGES, SetNames};
use crate::mutant::{self, Mutant};
use crate::pipeline::{Job, Mapping, Need, Origin, Value};
use crate::source::At;

/// Lists branches and tags, each also as `CI_COMMIT_REF_SLUG` has it.
const BRANCHES: &str = include_str!("../../templates/registry/branches.sh");

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, image) in lowering.manifest.images() {
        if let Some(retention) = image.retention.get() {
            lowering.cleanup(key, image, retention);
        }
    }
}

impl<'m> Lowering<'m> {
    fn cleanup(&mut self, key: &'m At<String>, image: &'m At<Image>, retention: &Retention) {
        let name = key.value.as_str();
        let refs = self.deployments.cleanup_refs(name, image);
        let branches = self.list_branches(key, image, &refs, retention);
        let mut job = Job {
            stage: Some(
                retention
                    .stage
                    .get()
                    .cloned()
                    .unwrap_or_else(|| "cleanup".to_owned()),
            ),
            ..self.job_beside(
                image.cleanup_job(key),
                Origin::Cleanup(name.to_owned()),
                image.common(),
            )
        };
        self.run_on(&mut job, &refs, None);
        let right = match self.deployments.marked_by_cleanup(name, image) {
            Some(_) => Right::Push,
            None => Right::Delete,
        };
        self.with_regctl(&mut job, &[image], right, None);
        if retention.keep_for.get() == Some(&KeepFor::Pipeline) {
            // Whatever happened before: what a failed pipeline leaves is of no use either.
            job.when = (!mutant::on(Mutant::CleanupNotAlways)).then(|| "always".to_owned());
            if retention.dry_run.copied_or(false) {
                let would = format!("would delete {}", self.by_tag(name));
                job.script.push(format!("echo {}", quoted(&would)).into());
            } else {
                let before = self.before_deletion(&mut job, image, right);
                if !before.is_empty() {
                    job.script.push(Self::in_repository(name, image));
                }
                job.script.extend(before);
                job.script.push(self.deletion_of(&self.by_tag(name)));
            }
        } else {
            job.script.push(Self::in_repository(name, image));
            self.after_deployments(&mut job, key, image, &refs);
            if let (Some(branches), Some(needs)) = (branches, &mut job.needs) {
                needs.push(branches);
            }
            if !retention.dry_run.copied_or(false) {
                let before = self.before_deletion(&mut job, image, right);
                job.script.extend(before);
            }
            let commands = self.retention_commands(&job, name, image, retention);
            job.script.extend(commands);
        }
        if let Some(raw) = retention.job.get() {
            job.raw = crate::manifest::raw::mapping(&raw.0, &mut crate::finding::Report::default());
        }
        self.finish(job, None);
    }

    /// Adds the job that lists the living branches, if the retention asks for them: regctl's image has no
    /// git. Returns the clean-up's need for it.
    fn list_branches(
        &mut self,
        key: &'m At<String>,
        image: &'m At<Image>,
        refs: &SetNames,
        retention: &Retention,
    ) -> Option<Need> {
        let name = image.branches_job(key)?;
        let own = retention.stage.get().map_or("cleanup", String::as_str);
        let stages = self.stage_names();
        let stage = match self.target >= gates::NEEDS_IN_STAGE {
            true => own,
            // What a job reads comes from an earlier stage.
            false => {
                let at = stages.iter().position(|known| known == own);
                let before = at.and_then(|at| stages.get(at.checked_sub(1)?));
                before.map_or(own, String::as_str)
            }
        };
        let mut job = Job {
            stage: Some(stage.to_owned()),
            image: Some(self.tool(Tool::Git)),
            variables: Mapping::from_iter([("GIT_STRATEGY", "none")]),
            script: vec![Value::from(BRANCHES)],
            artifacts: Mapping::from_iter([
                ("paths", Value::list(["branches.txt"])),
                ("expire_in", Value::from("1 day")),
            ]),
            ..self.job_beside(name, Origin::Branches(key.value.clone()), image.common())
        };
        if self.target >= gates::NEEDS_IN_STAGE {
            job.needs = Some(vec![Need {
                job: image.build_job(key).value,
                artifacts: false,
                optional: retention.refs.get().is_some(),
            }]);
        }
        self.run_on(&mut job, refs, None);
        let need = Need {
            job: job.name.clone(),
            artifacts: true,
            optional: false,
        };
        self.finish(job, None);
        Some(need)
    }

    /// Lets a job wait for what this pipeline builds, deploys and marks, and mark what no other
    /// job does. A failed test is not a reason to keep what is old.
    fn after_deployments(
        &mut self,
        job: &mut Job,
        key: &'m At<String>,
        image: &'m At<Image>,
        refs: &SetNames,
    ) {
        let name = key.value.as_str();
        let own_refs = image
            .retention
            .get()
            .is_some_and(|own| own.refs.get().is_some());
        let built = self.deployments.image_refs(name, image);
        if self.is_before_build(image) {
            return;
        }
        let mut needs = vec![Need {
            job: image.build_job(key).value,
            artifacts: true,
            // Conditions such as `schedules` are not told by names alone.
            optional: own_refs || covers(self.manifest, &built, refs) != Coverage::Covered,
        }];
        let deployments = self.deployments.of_image(name).to_vec();
        if let Some((place, environment)) = self.deployments.marked_by_cleanup(name, image) {
            if !mutant::on(Mutant::CleanupDoesNotWait) {
                needs.push(marking::deployment(place, environment));
            }
            marking::demand(job, place, environment);
            self.only_after_deployment(place, environment);
            self.mark(job, name, place, environment);
        } else {
            // What waits for a person must not keep the rest from being cleaned up.
            let automatic = deployments
                .iter()
                .filter(|(_, environment)| environment.when.get() != Some(&When::Manual));
            let manifest = self.manifest;
            needs.extend(automatic.map(|(place, environment)| {
                let marked =
                    self.deployments
                        .marked_by_own_job(manifest, environment, &place.value);
                let job = if marked.contains(&name) {
                    environment.mark_job(place)
                } else {
                    environment.deploy_job(place)
                };
                Need {
                    job: job.value,
                    artifacts: false,
                    optional: true,
                }
            }));
        }
        if let [(place, environment), ..] = deployments.as_slice() {
            job.resource_group = self.resource_group(place, environment);
        }
        job.needs = Some(needs);
        self.need_promotions(job, &[name], refs);
    }

    /// Whether a retention is not behind the build: it is about earlier pipelines alone, and waits
    /// for its stage.
    fn is_before_build(&self, image: &Image) -> bool {
        let own = image.retention.get().and_then(|own| own.stage.get());
        let own = own.map_or("cleanup", String::as_str);
        let number = |stage: &str| match self.manifest.declared_stages() {
            Some(stages) => stages.iter().position(|known| known.value == stage),
            None => STAGES.iter().position(|known| *known == stage),
        };
        number(own) <= number(image.stage())
    }
}
