//! Which environments deploy which image, and what follows from it: where images are built and
//! cleaned up, and which job marks what is deployed.
//!
//! Always holds: the environments of an image stand in the order of the manifest, each once.

use std::collections::{HashMap, HashSet};

use super::Manifest;
use super::collection::Many;
use super::environments::Environment;
use super::images::{Image, KeepFor, Role};
use super::resolved::SetNames;
use crate::source::At;

/// An environment with its key.
pub type Deployment<'m> = (&'m At<String>, &'m At<Environment>);

/// Which environments deploy which image, found once for all images.
#[derive(Debug)]
pub struct Deployments<'m> {
    environments: HashMap<&'m str, Vec<Deployment<'m>>>,
    promoted: HashSet<&'m str>,
}

impl<'m> Deployments<'m> {
    /// Those of a manifest.
    pub fn of(manifest: &'m Manifest) -> Self {
        let mut all: HashMap<&str, Vec<Deployment<'m>>> = HashMap::new();
        for (key, environment) in manifest.environments() {
            for image in manifest.deployed_by(environment) {
                let known = all.entry(image).or_default();
                // An environment may name an image several times.
                if known.last().is_none_or(|(last, _)| *last != key) {
                    known.push((key, environment));
                }
            }
        }
        let promotions = manifest.promotions();
        Self {
            environments: all,
            promoted: promotions
                .flat_map(|(_, promotion)| manifest.promoted_by(promotion))
                .collect(),
        }
    }

    /// Whether an environment may run builds of an image: it deploys them, or a promotion names them.
    /// Each of these builds has a tag of its own ([`Image::build_tag`]).
    pub fn is_released(&self, name: &str) -> bool {
        !self.of_image(name).is_empty() || self.promoted.contains(name)
    }

    /// The environments that deploy an image, in the order of the manifest.
    pub fn of_image(&self, name: &str) -> &[Deployment<'m>] {
        self.environments.get(name).map_or(&[], Vec::as_slice)
    }

    /// Where an image is built: what it says; a production image where it is deployed; else the
    /// default.
    pub fn image_refs(&self, name: &str, image: &At<Image>) -> SetNames {
        let own = image.refs.get().is_some();
        if own || image.role() != Role::Production {
            return Manifest::refs_of(&image.refs, image.span);
        }
        self.deployed_refs(name)
    }

    /// Where the retention of an image runs: where it says; for a production image where it is
    /// deployed, as that is what it waits for; else where it is built.
    pub fn cleanup_refs(&self, name: &str, image: &At<Image>) -> SetNames {
        let own = image.retention.get().and_then(|own| own.refs.get());
        if let Some(own) = own {
            own.0.clone()
        } else if image.role() == Role::Production && !self.of_image(name).is_empty() {
            self.deployed_refs(name)
        } else {
            self.image_refs(name, image)
        }
    }

    /// The environment of which the retention of an image moves the tag itself: the only one that
    /// deploys it, and so the one that the retention waits for.
    pub fn marked_by_cleanup(&self, name: &str, image: &Image) -> Option<Deployment<'m>> {
        let retention = image.retention.get()?;
        let after_deploy = retention.keep_for.is_missing() && retention.refs.is_missing();
        match self.of_image(name) {
            [(key, environment)] if after_deploy && image.role() == Role::Production => {
                (!environment.is_dynamic(&key.value)).then_some((*key, *environment))
            }
            _ => None,
        }
    }

    /// The images whose tag a job of the environment moves as soon as they are deployed. Where an
    /// image waits for several environments, the last of which may be manual, its retention comes
    /// too late for that.
    pub fn marked_by_own_job(
        &self,
        manifest: &'m Manifest,
        environment: &'m Environment,
        key: &str,
    ) -> Vec<&'m str> {
        let own = !environment.deployed_tag.is_missing();
        let mut images = manifest.deployed_by(environment);
        images.retain(|name| {
            let Some(image) = manifest.image(name) else {
                return false;
            };
            let kept = image
                .retention
                .get()
                .is_some_and(|retention| retention.keep_for.get() != Some(&KeepFor::Pipeline));
            let wanted = own || (kept && !environment.is_dynamic(key));
            wanted && self.marked_by_cleanup(name, image).is_none()
        });
        let mut seen = HashSet::new();
        images.retain(|name| seen.insert(*name));
        images
    }

    /// The union of the refs of the environments that deploy an image.
    fn deployed_refs(&self, name: &str) -> SetNames {
        let mut sets: SetNames = Vec::new();
        for (_, environment) in self.of_image(name) {
            for set in environment.refs.get().into_iter().flat_map(Many::iter) {
                if !sets.iter().any(|known| known.value == set.value) {
                    sets.push(set.clone());
                }
            }
        }
        sets
    }
}
