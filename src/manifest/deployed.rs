//! Which environments deploy which images, and what follows for where these are built, marked and
//! cleaned up.
//!
//! In: a manifest. Out: answers, each from what the manifest says and the language's own defaults.

use std::collections::{HashMap, HashSet};

use super::Manifest;
use super::collection::Many;
use super::environments::Environment;
use super::images::{Image, KeepFor, Role};
use super::resolved::{SetNames, image_variable};
use crate::source::At;

impl Manifest {
    /// The names of the images that an environment deploys; `all` are those that can be.
    pub fn deployed_by<'m>(&'m self, environment: &'m Environment) -> Vec<&'m str> {
        let mut names = Vec::new();
        for at in environment.deployed_images() {
            if at.value == "all" {
                let all = self.images().filter(|(_, image)| image.is_deployable());
                names.extend(all.map(|(key, _)| key.value.as_str()));
            } else {
                names.push(at.value.as_str());
            }
        }
        let substituted = self.substituted_by(environment).into_iter();
        names.extend(substituted.map(|image| image.value));
        names
    }

    /// The images of which an environment's files hold the variable, as `$IMAGE_APP`, with where
    /// the environment says so.
    pub fn substituted_by<'m>(&'m self, environment: &'m Environment) -> Vec<At<&'m str>> {
        let deploy = environment.deploy.get();
        let apply = deploy.and_then(|deploy| deploy.apply.get());
        let names = apply.and_then(|apply| apply.envsubst.get());
        let images = self.image_names();
        let image = |variable: &str| {
            let mut images = images.iter().copied();
            images.find(|image| image_variable(image) == variable)
        };
        names
            .into_iter()
            .flat_map(|names| names.iter())
            .filter_map(|name| Some(At::new(image(&name.value)?, name.span)))
            .collect()
    }

    /// The images that an environment deploys or names, with where it says so.
    pub fn deployed_at(&self, environment: &Environment) -> Vec<At<String>> {
        let named = environment.deployed_images().into_iter().cloned();
        let substituted = self.substituted_by(environment).into_iter();
        named
            .chain(substituted.map(|image| image.map(str::to_owned)))
            .collect()
    }
}

/// An environment with its key.
pub type Deployment<'m> = (&'m At<String>, &'m At<Environment>);

/// Which environments deploy which image, found once for all images.
#[derive(Debug)]
pub struct Deployments<'m>(HashMap<&'m str, Vec<Deployment<'m>>>);

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
        Self(all)
    }

    /// The environments that deploy an image, in the order of the manifest.
    pub fn of_image(&self, name: &str) -> &[Deployment<'m>] {
        self.0.get(name).map_or(&[], Vec::as_slice)
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
