//! Retention: what an image leaves in the registry goes when it is of no more use.

use super::registry::Right;
use super::{Lowering, quoted};
use crate::gitlab::gates;
use crate::lower::tools::Tool;
use crate::manifest::common::Entity;
use crate::manifest::images::{Image, KeepFor, Retention};
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::resolved::SetNames;
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
            stage: Some(Self::cleanup_stage(image).to_owned()),
            ..self.job_beside(
                image.cleanup_job(key),
                Origin::Cleanup(name.to_owned()),
                image.common(),
            )
        };
        let narrowed = self.deployments.narrowed_cleanup(image);
        self.run_on(&mut job, &refs, narrowed.as_ref());
        self.with_regctl(&mut job, &[image], Right::Delete, None);
        if retention.keep_for.get() == Some(&KeepFor::Pipeline) {
            // Whatever happened before: what a failed pipeline leaves is of no use either.
            job.when = (!mutant::on(Mutant::CleanupNotAlways)).then(|| "always".to_owned());
            if retention.dry_run.copied_or(false) {
                let would = format!("would delete {}", self.by_tag(name));
                job.script.push(format!("echo {}", quoted(&would)).into());
            } else {
                let before = self.before_deletion(&mut job, image);
                if !before.is_empty() {
                    job.script.push(Self::in_repository(name, image));
                }
                job.script.extend(before);
                job.script.push(self.deletion_of(&self.by_tag(name)));
            }
        } else {
            job.script.push(Self::in_repository(name, image));
            self.wait_for_lists(&mut job, key, image, &refs, branches);
            if !retention.dry_run.copied_or(false) {
                let before = self.before_deletion(&mut job, image);
                job.script.extend(before);
            }
            let commands = self.retention_commands(&mut job, name, image, retention);
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
        let mut job = Job {
            stage: Some(self.stage_of_list(Self::cleanup_stage(image))),
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
        let narrowed = self.deployments.narrowed_cleanup(image);
        self.run_on(&mut job, refs, narrowed.as_ref());
        let need = Need {
            job: job.name.clone(),
            artifacts: true,
            optional: false,
        };
        self.finish(job, None);
        Some(need)
    }

    /// Lets a job wait for the lists of what runs and which branches live, and so for what this pipeline
    /// deploys. A failed test is not a reason to keep what is old.
    fn wait_for_lists(
        &mut self,
        job: &mut Job,
        key: &'m At<String>,
        image: &'m At<Image>,
        refs: &SetNames,
        branches: Option<Need>,
    ) {
        let name = key.value.as_str();
        let environments = self.deployments.of_image(name).iter();
        let mut needs: Vec<Need> = environments
            .map(|(place, environment)| Need {
                job: environment.running_job(place).value,
                artifacts: true,
                optional: false,
            })
            .collect();
        let asked = !needs.is_empty();
        if asked && self.target < gates::NEEDS_IN_STAGE {
            // The lists do not wait for the deployment, but all earlier stages do.
            let lists = needs.iter().chain(&branches);
            job.dependencies = Some(lists.map(|need| need.job.clone()).collect());
            return;
        }
        if !asked && self.is_before_build(image) {
            return;
        }
        if !asked {
            let own = image.retention.get();
            let own_refs = own.is_some_and(|own| own.refs.get().is_some());
            let built = self.deployments.image_refs(name, image);
            needs.push(Need {
                job: image.build_job(key).value,
                artifacts: false,
                // Conditions such as `schedules` are not told by names alone.
                optional: own_refs || covers(self.manifest, &built, refs) != Coverage::Covered,
            });
        }
        needs.extend(branches);
        job.needs = Some(needs);
        if !asked {
            self.need_promotions(job, &[name], refs);
        }
    }

    /// The stage of an image's retention.
    pub(super) fn cleanup_stage(image: &'m Image) -> &'m str {
        let own = image.retention.get().and_then(|own| own.stage.get());
        own.map_or("cleanup", String::as_str)
    }

    /// The stage of a job that lists something for a job of a stage: the same one, where `needs` can say so;
    /// else what a job reads comes from an earlier stage.
    pub(super) fn stage_of_list(&self, stage: &str) -> String {
        let stages = self.stage_names();
        let at = stages.iter().position(|known| known == stage);
        let before = at.and_then(|at| stages.get(at.checked_sub(1)?));
        let before = before.filter(|_| self.target < gates::NEEDS_IN_STAGE);
        before.cloned().unwrap_or_else(|| stage.to_owned())
    }

    /// Where a stage stands; none if it is not known.
    pub(super) fn stage_number(&self, stage: &str) -> Option<usize> {
        self.stage_names().iter().position(|known| known == stage)
    }

    /// Whether a retention is not behind the build: it is about earlier pipelines alone, and waits
    /// for its stage.
    pub(super) fn is_before_build(&self, image: &'m Image) -> bool {
        self.stage_number(Self::cleanup_stage(image)) <= self.stage_number(image.stage())
    }
}
