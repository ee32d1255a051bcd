//! Which environments deploy which image, and what follows from it: where images are built and
//! cleaned up, and which clusters are asked first what they run.
//!
//! Always holds: the environments of an image stand in the order of the manifest, each once.

use std::collections::{HashMap, HashSet};

use super::Manifest;
use super::collection::Many;
use super::environments::Environment;
use super::images::{Image, Role};
use super::resolved::SetNames;
use crate::source::At;

/// An environment with its key.
pub type Deployment<'m> = (&'m At<String>, &'m At<Environment>);

/// Which environments deploy which image, found once for all images.
#[derive(Debug)]
pub struct Deployments<'m> {
    environments: HashMap<&'m str, Vec<Deployment<'m>>>,
    promoted: HashSet<&'m str>,
    stopped: HashSet<&'m str>,
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
        let stops = manifest.environments().filter_map(|(_, of)| of.stop.get());
        let stopped = stops.flat_map(|stop| stop.images.get().into_iter().flat_map(Many::iter));
        Self {
            stopped: stopped.map(|image| image.value.as_str()).collect(),
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
        union(self.of_image(name))
    }

    /// Where the retention of an image runs: where it says; else where it is deployed, so that whoever may
    /// deploy is asked there what runs, in a dynamic environment only if there is no other; else where it is built.
    pub fn cleanup_refs(&self, name: &str, image: &At<Image>) -> SetNames {
        let own = image.retention.get().and_then(|own| own.refs.get());
        if let Some(own) = own {
            return own.0.clone();
        }
        let all = self.of_image(name);
        let lasting = all.iter().filter(|(key, of)| !of.is_dynamic(&key.value));
        match (all, union(lasting)) {
            ([], _) => self.image_refs(name, image),
            (all, lasting) if lasting.is_empty() => union(all),
            (_, lasting) => lasting,
        }
    }

    /// The images for whose retention an environment is asked what it runs.
    pub fn asked_for(
        &self,
        manifest: &'m Manifest,
        environment: &'m Environment,
    ) -> Vec<(&'m At<String>, &'m At<Image>)> {
        let names = once(manifest.deployed_by(environment)).into_iter();
        let images = names.filter_map(|name| manifest.image_entry(name));
        images.filter(|(_, image)| image.is_pruned()).collect()
    }

    /// Where an environment is asked what it runs: wherever the retention of one of its images runs.
    pub fn running_refs(&self, manifest: &'m Manifest, environment: &'m Environment) -> SetNames {
        let images = self.asked_for(manifest, environment).into_iter();
        distinct(images.flat_map(|(key, image)| self.cleanup_refs(&key.value, image)))
    }

    /// The images whose builds say for which ref they were made: older ones are deleted, or those of a ref
    /// when its environment stops.
    pub fn is_labelled(&self, name: &str, image: &Image) -> bool {
        image.is_pruned() || self.stopped.contains(name)
    }

    /// The images whose tag a job of the environment moves when they are deployed.
    pub fn marked(&self, manifest: &'m Manifest, environment: &'m Environment) -> Vec<&'m str> {
        if environment.deployed_tag.is_missing() {
            return Vec::new();
        }
        let mut images = once(manifest.deployed_by(environment));
        images.retain(|name| manifest.image(name).is_some());
        images
    }
}

/// The union of the refs of environments.
fn union<'d, 'm: 'd>(environments: impl IntoIterator<Item = &'d Deployment<'m>>) -> SetNames {
    let refs = environments.into_iter().map(|(_, of)| &of.refs);
    distinct(refs.flat_map(|refs| refs.get().into_iter().flat_map(Many::iter).cloned()))
}

/// Each set once.
fn distinct(sets: impl Iterator<Item = At<String>>) -> SetNames {
    let mut all: SetNames = Vec::new();
    for set in sets {
        if !all.iter().any(|known| known.value == set.value) {
            all.push(set);
        }
    }
    all
}

/// Each name once.
fn once(mut names: Vec<&str>) -> Vec<&str> {
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(*name));
    names
}
