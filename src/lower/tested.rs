//! A tag for builds that passed their tests, where a promotion in another pipeline looks for it.
//!
//! In: an image that such a promotion names. Out: a job that gives the build of this pipeline the tag,
//! by digest. Always holds: it waits for every test of the image that runs in its pipeline, and runs
//! only where one of them may.

use super::registry::Right;
use super::{Lowering, quoted};
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::manifest::changes::Narrowed;
use crate::manifest::common::Entity;
use crate::manifest::images::Image;
use crate::manifest::promoted_tested::{OneTest, stage_of};
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::resolved::{SetNames, tested_tag};
use crate::pipeline::{Job, Need, Origin, Value};
use crate::source::At;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, image) in lowering.manifest.images() {
        let name = key.value.as_str();
        let stage = lowering.deployments.tested_stage(lowering.manifest, name);
        if let Some(stage) = stage {
            lowering.mark_tested(key, image, stage);
        }
    }
}

impl<'m> Lowering<'m> {
    fn mark_tested(&mut self, key: &'m At<String>, image: &'m At<Image>, stage: &str) {
        let name = key.value.as_str();
        let tests = self.manifest.tests_of(name);
        let refs = Manifest::refs_of_tests(&tests);
        let narrowed = image.narrowed();
        let of_job = narrowed.as_ref();
        let needs = tests.iter().map(|test| self.need_of(test, &refs, of_job).0);
        let mut job = Job {
            stage: Some(stage.to_owned()),
            needs: Some(needs.collect()),
            interruptible: self.if_known(gates::INTERRUPTIBLE, true),
            ..self.job_beside(
                image.tested_job(key),
                Origin::Tested(name.to_owned()),
                image.common(),
            )
        };
        self.run_on(&mut job, &refs, narrowed.as_ref());
        self.with_regctl(&mut job, &[image], Right::Push, None);
        self.need_builds(&mut job, &[name]);
        let build = self.by_digest_or_fail(name, &mut job.uses);
        job.script.push(Value::from(format!(
            "regctl image copy {} {}",
            quoted(&build),
            quoted(&self.tested(name))
        )));
        self.finish(job, None);
    }

    /// The reference of the build that passed its tests.
    pub(super) fn tested(&self, name: &str) -> String {
        tested_tag(&self.by_tag(name))
    }

    /// The wait of a job on these refs, if these files changed, for a test, with the test's stage; optional
    /// where the test may be missing.
    pub(super) fn need_of(
        &self,
        (key, test): &OneTest<'_>,
        refs: &SetNames,
        narrowed: Option<&Narrowed>,
    ) -> (Need, String) {
        let own = Manifest::refs_of(&test.refs, test.span);
        let together = match (self.manifest.narrowed_test(test), narrowed) {
            (None, _) => true,
            (Some(test), _) if !test.of_builds => false,
            (Some(test), Some(narrowed)) => narrowed.is_within(&test),
            (Some(_), None) => self.manifest.holds_only_tags(refs),
        };
        let always = together
            && test.job.is_missing()
            && covers(self.manifest, &own, refs) == Coverage::Covered;
        let need = Need {
            job: test.run_job(key).value,
            artifacts: false,
            optional: !always,
        };
        (need, stage_of(test).to_owned())
    }
}
