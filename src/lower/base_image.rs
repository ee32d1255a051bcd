//! Images that are built from other images of the manifest: an image value in `build_args`.
//!
//! Always holds: such a build waits for those of its bases, and takes what they built.

use super::Lowering;
use super::uses::read_images;
use crate::manifest::common::Variable;
use crate::manifest::images::{Image, Role};
use crate::manifest::resolved::SetNames;
use crate::pipeline::{Handed, Job, Need, Origin, Uses};

impl Lowering<'_> {
    /// The value of a build argument in a shell command: the job fails if no build handed on what
    /// it depends on.
    pub(super) fn build_argument(
        &self,
        variable: &Variable,
        refs: &SetNames,
        uses: &mut Uses,
    ) -> String {
        read_images(variable, uses);
        if let Some(base) = variable.image.get() {
            return self.base(base, refs, uses);
        }
        if let Some(base) = variable.digest_of.get() {
            uses.demands.insert(Handed::Digest(base.clone()));
            return format!("${{{}:?}}", super::digest_variable(base));
        }
        if let Some(own) = variable.value.get() {
            self.read_text(own, uses);
        }
        self.variable_text(variable).unwrap_or_default()
    }

    /// A base by its digest; a toolchain that may not be in this pipeline by its tag.
    fn base(&self, name: &str, refs: &SetNames, uses: &mut Uses) -> String {
        if self.is_certainly_built(name, refs) {
            uses.digest(name);
            let repository = self.image(name).map(|image| image.repository(name));
            let digest = super::digest_variable(name);
            return format!("{}@${{{digest}:?}}", repository.unwrap_or_default());
        }
        self.by_tag(name)
    }

    /// Whether an image is built wherever something on these refs happens. Of a toolchain only equal
    /// names say so: any condition may leave its build out.
    fn is_certainly_built(&self, name: &str, refs: &SetNames) -> bool {
        let Some(image) = self.image(name) else {
            return false;
        };
        let built = self.deployments.image_refs(name, image);
        let has = |set: &str| built.iter().any(|known| known.value == set);
        image.role() != Role::Toolchain || refs.iter().all(|set| has(&set.value))
    }

    /// Lets a job that builds or checks an image wait for the builds of its bases.
    pub(super) fn need_bases(&mut self, job: &mut Job, image: &Image, refs: &SetNames) {
        let bases: Vec<(Need, String)> = image
            .bases()
            .filter_map(|base| {
                let (key, of) = self.manifest.image_entry(&base.value)?;
                let need = Need {
                    job: of.build_job(key).value,
                    artifacts: true,
                    optional: !self.is_certainly_built(&base.value, refs),
                };
                Some((need, of.stage().to_owned()))
            })
            .collect();
        self.imply(job, bases);
    }

    /// Lets a job wait for others, given with their stages. Where all are of earlier stages and the
    /// job names nothing that it waits for, the stages do that.
    pub(super) fn imply(&mut self, job: &mut Job, others: Vec<(Need, String)>) {
        let same_stage = others
            .iter()
            .any(|(_, stage)| job.stage.as_ref() == Some(stage));
        if job.needs.is_none() {
            if !same_stage {
                return;
            }
            self.implied.push(job.name.clone());
        }
        let needs = job.needs.get_or_insert_default();
        for (need, _) in others {
            match needs.iter_mut().find(|known| known.job == need.job) {
                // The digest is an artifact.
                Some(known) => known.artifacts = true,
                None => needs.push(need),
            }
        }
    }

    /// `needs` takes away what a job had by its stage. A job that has them only because it waits for
    /// one of its own stage gets back the artifacts of the earlier ones.
    pub(super) fn restore_artifacts(&mut self) {
        let stages = self.stage_names();
        let number = |job: &Job| {
            let stage = job.stage.as_deref().unwrap_or("test");
            stages.iter().position(|known| known == stage)
        };
        let jobs = &mut self.out.pipeline.jobs;
        let giving: Vec<(String, Option<usize>)> = jobs
            .iter()
            .filter(|job| {
                let gives = !job.artifacts.is_empty() || job.raw.get("artifacts").is_some();
                // A check speaks to the build of its own image alone.
                let check = matches!(job.origin, Origin::Check(_));
                gives && !check && job.when.as_deref() != Some("manual")
            })
            .map(|job| (job.name.clone(), number(job)))
            .collect();
        for job in jobs
            .iter_mut()
            .filter(|job| self.implied.contains(&job.name))
        {
            let own = number(job);
            let Some(needs) = &mut job.needs else {
                continue;
            };
            for (giver, _) in giving.iter().filter(|(_, stage)| *stage < own) {
                if !needs.iter().any(|need| need.job == *giver) {
                    needs.push(Need {
                        job: giver.clone(),
                        artifacts: true,
                        // It may run on fewer refs.
                        optional: true,
                    });
                }
            }
        }
    }

    /// The refs of an image's build.
    pub(super) fn build_refs(&self, name: &str) -> SetNames {
        let image = self.image(name);
        image
            .map(|image| self.deployments.image_refs(name, image))
            .unwrap_or_default()
    }
}
