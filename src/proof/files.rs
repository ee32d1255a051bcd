//! Of which files one must have changed for a job to run, read from the manifest a second time.
//!
//! In: `changes` of an entity, or of the images that it uses. Out: [`Files`], or nothing if the job runs
//! whatever changed. Always holds: where nothing is known of the changed files, the answer is "maybe".

use std::collections::{BTreeSet, HashSet};

use crate::gitlab::glob;
use crate::manifest::Manifest;
use crate::manifest::collection::{List, Many};
use crate::manifest::environments::{Environment, Promotion};
use crate::manifest::images::Role;
use crate::manifest::kinds::Text;
use crate::manifest::record::Field;
use crate::manifest::tests::{Test, Via};
use crate::plan::{Changed, Presence, Ref, Situation, Trigger};

/// The globs of which one must match a changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    globs: BTreeSet<String>,
    /// Whether the job runs for every tag, as builds do.
    every_tag: bool,
}

impl Files {
    /// Those that an image or environment says.
    pub(super) fn of(changes: &Field<List<Text>>) -> Option<Self> {
        let changes = changes.get()?;
        Some(Self {
            globs: changes.iter().map(|glob| glob.value.clone()).collect(),
            every_tag: true,
        })
    }

    /// Whether a job on these refs runs.
    pub(super) fn presence(&self, situation: &Situation) -> Presence {
        let is_tag = matches!(situation.reference, Ref::Tag(_));
        if is_tag && self.every_tag {
            return Presence::In;
        }
        let Changed::Paths(paths) = &situation.changed else {
            return Presence::Maybe;
        };
        let mut unknown = false;
        for glob in &self.globs {
            match glob::matches_any(glob, paths) {
                Some(true) => return Presence::In,
                Some(false) => {}
                None => unknown = true,
            }
            unknown |= glob.contains('$');
        }
        // Of what no push started everything has changed, unless it is compared with another branch.
        let pushed = match situation.reference {
            Ref::Branch(_) => situation.trigger == Trigger::Push,
            Ref::MergeRequest { .. } => true,
            Ref::Tag(_) => false,
        };
        match pushed && !unknown {
            true => Presence::Out,
            false => Presence::Maybe,
        }
    }
}

/// What images of these names want together; nothing if one of them is always built.
fn of_images<'m>(manifest: &Manifest, names: impl Iterator<Item = &'m str>) -> Option<Files> {
    let mut all: Option<Files> = None;
    for image in names.filter_map(|name| manifest.image(name)) {
        if image.role() != Role::Toolchain {
            let own = Files::of(&image.changes)?;
            if all.as_ref().is_some_and(|all| *all != own) {
                return None;
            }
            all = Some(own);
        }
    }
    all
}

pub(super) fn of_test(manifest: &Manifest, test: &Test) -> Option<Files> {
    if matches!(test.changes, Field::Null) {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    let image = test.image.get().and_then(|image| image.name.get());
    names.extend(image.map(String::as_str));
    let compose = manifest.compose.get();
    let compose = compose.and_then(|compose| compose.services.get());
    for service in test.services.get().into_iter().flat_map(List::iter) {
        let Some(name) = service.value.name.get() else {
            continue;
        };
        names.push(name);
        if test.via.get() == Some(&Via::Compose) {
            names.pop();
            let image = compose.and_then(|services| services.get(name));
            names.extend(image.map(|image| image.value.as_str()));
        }
        let variables = service.value.variables.get().into_iter();
        let variables = variables.flat_map(|of| of.0.iter());
        names.extend(
            variables
                .flat_map(|(_, variable)| variable.value.images())
                .map(|image| image.value.as_str()),
        );
    }
    let variables = test.variables.get().into_iter();
    let variables = variables.flat_map(|of| of.0.iter());
    names.extend(
        variables
            .flat_map(|(_, variable)| variable.value.images())
            .map(|image| image.value.as_str()),
    );
    if let Some(own) = Files::of(&test.changes) {
        let mut used = names.iter().filter_map(|name| manifest.image(name));
        return Some(Files {
            every_tag: used.any(|image| image.changes.get().is_some()),
            ..own
        });
    }
    let counts = |name: &&str| {
        let image = manifest.image(name);
        image.is_some_and(|image| image.role() != Role::Test || image.changes.get().is_some())
    };
    of_images(manifest, names.into_iter().filter(counts))
}

pub(super) fn of_environment(manifest: &Manifest, environment: &Environment) -> Option<Files> {
    match &environment.changes {
        Field::Null => None,
        own if own.get().is_some() => Files::of(own),
        _ => of_images(manifest, manifest.deployed_by(environment).into_iter()),
    }
}

pub(super) fn of_promotion(manifest: &Manifest, promotion: &Promotion) -> Option<Files> {
    let named = promotion.image.get().into_iter().flat_map(Many::iter);
    let all: Vec<&str> = named.map(|name| name.value.as_str()).collect();
    let names = manifest.images().filter(|(key, image)| {
        let of_all = all.contains(&"all") && matches!(image.role(), Role::App | Role::Production);
        of_all || all.contains(&key.value.as_str())
    });
    of_images(manifest, names.map(|(key, _)| key.value.as_str()))
}

/// What the clean-ups of an environment's images want, each for itself; nothing if one of them always runs.
pub(super) fn of_clean_ups(
    manifest: &Manifest,
    environment: &Environment,
    always: &HashSet<String>,
) -> Option<Files> {
    let mut union = Files {
        globs: BTreeSet::new(),
        every_tag: true,
    };
    for name in manifest.deployed_by(environment) {
        let Some(image) = manifest.image(name).filter(|image| image.is_pruned()) else {
            continue;
        };
        let own = Files::of(&image.changes).filter(|_| !always.contains(name))?;
        union.globs.extend(own.globs);
    }
    Some(union)
}
