//! Which tests an image has to pass before it is promoted, and who says that it did.
//!
//! Always holds: a test that only a person starts, and that nobody has to start, is not among them;
//! without any there is nothing to wait for.

use super::Manifest;
use super::collection::List;
use super::common::{AllowFailure, Entity, When};
use super::deployments::Deployments;
use super::environments::Promotion;
use super::images::Role;
use super::reach::{Coverage, covers};
use super::resolved::SetNames;
use super::tests::Test;
use crate::source::At;

/// A test with its key.
pub type OneTest<'m> = (&'m At<String>, &'m At<Test>);

impl Manifest {
    /// The tests of an image: those that run in it, beside it as a service, or name it in a variable.
    pub fn tests_of<'m>(&'m self, image: &str) -> Vec<OneTest<'m>> {
        let tests = self.tests_and_tasks();
        let tests = tests.filter(|(_, test, is_task)| {
            !is_task && self.is_run_by(image, test) && !is_left_to_people(test)
        });
        tests.map(|(key, test, _)| (key, test)).collect()
    }

    fn is_run_by(&self, image: &str, test: &Test) -> bool {
        let compose = self.compose.get();
        let services = compose.and_then(|compose| compose.services.get());
        let service = |name: &str| {
            let of = services.and_then(|services| services.get(name));
            name == image || of.is_some_and(|of| of.value == image)
        };
        let own = test.image.get().and_then(|own| own.name.get());
        let beside = test.services.get().into_iter().flat_map(List::iter);
        let variables = test.variables.get().into_iter();
        own.is_some_and(|own| own == image)
            || beside
                .filter_map(|one| one.value.name.get())
                .any(|name| service(name))
            || variables
                .flat_map(|of| of.0.iter())
                .flat_map(|(_, variable)| variable.value.images())
                .any(|name| name.value == image)
    }

    /// Where any of these tests runs.
    pub fn refs_of_tests(tests: &[OneTest<'_>]) -> SetNames {
        let mut all: SetNames = Vec::new();
        for (_, test) in tests {
            for set in Self::refs_of(&test.refs, test.span) {
                if !all.iter().any(|known| known.value == set.value) {
                    all.push(set);
                }
            }
        }
        all
    }
}

/// Whether a person starts the test and may leave that: the pipeline passes without it.
fn is_left_to_people(test: &At<Test>) -> bool {
    let common = test.common();
    let waits = common.allow_failure.get() == Some(&AllowFailure::Any(false));
    common.when.get() == Some(&When::Manual) && !waits
}

/// The stage of a test.
pub fn stage_of(test: &Test) -> &str {
    test.stage.get().map_or("test", String::as_str)
}

impl Deployments<'_> {
    /// Whether a promotion takes from another pipeline only an image that passed its tests there.
    pub fn wants_tested(&self, manifest: &Manifest, promotion: &Promotion, name: &str) -> bool {
        let Some(image) = manifest.image(name) else {
            return false;
        };
        let refs = promotion.refs.get();
        let refs = refs.map(|refs| refs.0.clone()).unwrap_or_default();
        !promotion.untested.copied_or(false)
            && image.role() != Role::Toolchain
            && manifest.promoted_by(promotion).contains(&name)
            && covers(manifest, &self.image_refs(name, image), &refs) != Coverage::Covered
            && !manifest.tests_of(name).is_empty()
    }

    /// The stage of the job that marks an image which passed its tests: that of the first promotion
    /// that wants such a one. `None` if no promotion does.
    pub fn tested_stage<'m>(&self, manifest: &'m Manifest, name: &str) -> Option<&'m str> {
        let mut promotions = manifest.promotions();
        let (_, first) = promotions.find(|(_, one)| self.wants_tested(manifest, one, name))?;
        Some(self.promotion_stage(manifest, first))
    }

    /// Whether sets of refs may have a pipeline in common with the builds of an image.
    pub fn may_be_built(&self, manifest: &Manifest, name: &str, refs: &SetNames) -> bool {
        let Some(image) = manifest.image(name) else {
            return false;
        };
        let built = self.image_refs(name, image);
        let mut sets = refs.iter();
        sets.any(|set| covers(manifest, &built, &vec![set.clone()]) == Coverage::Covered)
    }
}
