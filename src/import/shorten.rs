//! A manifest without what it need not say.
//!
//! In: a [`Written`] manifest that changes nothing. Out: a shorter one that changes nothing either. Always
//! holds: each step was compiled and compared; a step that changes something is taken back.

use super::entity::Collection;
use super::settle::Trial;
use super::written::{Entity, Written};
use crate::check::Files;
use crate::config::Repository;
use crate::pipeline::{Mapping, Value};

/// Keys of which each part may go by itself.
const PARTS: [&str; 5] = ["kubernetes", "retention", "rollout", "stop", "job_names"];

/// Keys of the pipeline that windlass may write in the same way.
const OF_PIPELINE: [&str; 2] = ["workflow", "stages"];

/// Keys of the pipeline that nothing takes over once the jobs that did are entities.
const FOR_JOBS: [&str; 5] = [
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
];

/// Keys that `defaults` has for entities of all kinds.
const FOR_ALL: [&str; 5] = ["refs", "runner_tags", "retry", "timeout", "interruptible"];

/// Keys that `defaults` of one kind may say for all of it.
const FOR_ONE: [&str; 11] = [
    "image",
    "via",
    "builder",
    "services",
    "before_script",
    "after_script",
    "cache",
    "artifacts",
    "variables",
    "workdir",
    "job",
];

/// Keys that each entity has a default for, or that the pipeline may give it.
const MAY_GO: [&str; 29] = [
    "stage",
    "refs",
    "timeout",
    "interruptible",
    "retry",
    "runner_tags",
    "when",
    "role",
    "tag",
    "repository",
    "dockerfile",
    "context",
    "builder",
    "cache_from",
    "cache_to",
    "also_tag",
    "job_names",
    "resource_group",
    "auto_stop_in",
    "name",
    "images",
    "rollout",
    "kubernetes",
    "untested",
    "platforms",
    "before_script",
    "after_script",
    "services",
    "cache",
];

impl<P> Trial<'_, P>
where
    P: Files + Repository + Clone + 'static,
{
    /// The same manifest without what it need not say.
    pub(super) fn shortened(&mut self, mut written: Written) -> Written {
        self.step(&mut written, |written| {
            written.accept.clear();
            true
        });
        for key in OF_PIPELINE {
            self.step(&mut written, |written| {
                written.left_out.insert(key.to_owned())
            });
        }
        for key in FOR_JOBS.into_iter().filter(|key| self.parts.map.has(key)) {
            self.step(&mut written, |written| {
                written.left_out.insert(key.to_owned())
            });
        }
        for key in MAY_GO {
            let has = |entity: &Entity| entity.keys.get(key).is_some();
            if written.entities.iter().filter(|entity| has(entity)).count() == 0 {
                continue;
            }
            let all = self.step(&mut written, |written| {
                let entities = written.entities.iter_mut();
                entities
                    .filter_map(|entity| entity.keys.remove(key))
                    .count()
                    > 0
            });
            if all {
                continue;
            }
            for collection in Collection::ALL {
                self.without(&mut written, collection, key);
            }
        }
        for key in PARTS {
            self.parts(&mut written, key);
        }
        self.needs(&mut written);
        self.settings(&mut written);
        self.namespace(&mut written);
        for key in FOR_ALL {
            self.step(&mut written, |written| for_all(written, key));
        }
        for collection in Collection::ALL {
            for key in FOR_ONE {
                self.step(&mut written, |written| for_one(written, collection, key));
            }
        }
        written
    }

    /// Takes away the parts of a key that it need not say.
    fn parts(&mut self, written: &mut Written, key: &str) {
        for at in 0..written.entities.len() {
            let entity = written.entities.get(at);
            let Some(Value::Map(keys)) = entity.and_then(|entity| entity.keys.get(key)).cloned()
            else {
                continue;
            };
            for (part, _) in keys {
                self.step(written, |written| {
                    let Some(entity) = written.entities.get_mut(at) else {
                        return false;
                    };
                    let Some(Value::Map(mut keys)) = entity.keys.get(key).cloned() else {
                        return false;
                    };
                    let gone = keys.remove(&part).is_some();
                    let only = match (key, keys.len(), keys.get("keep_for")) {
                        ("retention", 1, Some(kept)) => kept.clone(),
                        _ => Value::Map(keys.clone()),
                    };
                    match keys.is_empty() {
                        true => drop(entity.keys.remove(key)),
                        false => entity.keys.set(key, only),
                    }
                    gone
                });
            }
        }
    }

    /// A job waits for the builds of its images by itself.
    fn needs(&mut self, written: &mut Written) {
        for at in 0..written.entities.len() {
            let needs = written
                .entities
                .get(at)
                .and_then(|entity| entity.keys.get("needs"));
            let Some(Value::Seq(needs)) = needs.cloned() else {
                continue;
            };
            for need in needs {
                let images = written
                    .entities
                    .iter()
                    .filter(|entity| entity.collection == Collection::Images);
                let builds = images
                    .filter_map(|entity| entity.takes.first())
                    .any(|job| need == Value::from(job.as_str()));
                if !builds {
                    continue;
                }
                self.step(written, |written| {
                    let entity = written.entities.get_mut(at);
                    let Some(Value::Seq(needs)) = entity
                        .as_ref()
                        .and_then(|entity| entity.keys.get("needs"))
                        .cloned()
                    else {
                        return false;
                    };
                    let kept: Vec<Value> =
                        needs.into_iter().filter(|other| *other != need).collect();
                    if let Some(entity) = entity {
                        entity.keys.set("needs", Value::Seq(kept));
                    }
                    true
                });
            }
        }
    }

    /// The namespace that all environments have stands at the top.
    fn namespace(&mut self, written: &mut Written) {
        self.step(written, |written| {
            let of = |entity: &Entity| match entity.keys.get("kubernetes") {
                Some(Value::Map(keys)) => keys.get("namespace").cloned(),
                _ => None,
            };
            let environments = || {
                written
                    .entities
                    .iter()
                    .filter(|entity| entity.collection == Collection::Environments)
            };
            let Some(namespace) = environments().next().and_then(of) else {
                return false;
            };
            if !environments().all(|entity| of(entity).as_ref() == Some(&namespace)) {
                return false;
            }
            let mut top = match written.settings.get("kubernetes") {
                Some(Value::Map(keys)) => keys.clone(),
                _ => return false,
            };
            top.set("namespace", namespace);
            written.settings.set("kubernetes", top);
            for entity in &mut written.entities {
                if let Some(Value::Map(mut keys)) = entity.keys.get("kubernetes").cloned() {
                    keys.remove("namespace");
                    match keys.is_empty() {
                        true => drop(entity.keys.remove("kubernetes")),
                        false => entity.keys.set("kubernetes", keys),
                    }
                }
            }
            true
        });
    }

    /// Takes away what the top of the manifest need not say.
    fn settings(&mut self, written: &mut Written) {
        let all: Vec<(String, Value)> = written.settings.clone().into_iter().collect();
        for (name, value) in all {
            if self.step(written, |written| written.settings.remove(&name).is_some()) {
                continue;
            }
            let Value::Map(keys) = value else { continue };
            for (key, _) in keys {
                self.step(written, |written| {
                    let Some(Value::Map(mut keys)) = written.settings.get(&name).cloned() else {
                        return false;
                    };
                    let gone = keys.remove(&key).is_some();
                    written.settings.set(name.as_str(), keys);
                    gone
                });
            }
        }
    }

    /// Takes a key from the entities of a collection, from all of them or from those that do without.
    fn without(&mut self, written: &mut Written, collection: Collection, key: &str) {
        let of_it =
            |entity: &Entity| entity.collection == collection && entity.keys.get(key).is_some();
        let all = self.step(written, |written| {
            let entities = written.entities.iter_mut().filter(|entity| of_it(entity));
            entities
                .filter_map(|entity| entity.keys.remove(key))
                .count()
                > 0
        });
        if all {
            return;
        }
        for at in 0..written.entities.len() {
            self.step(written, |written| {
                let entity = written.entities.get_mut(at).filter(|entity| of_it(entity));
                entity.is_some_and(|entity| entity.keys.remove(key).is_some())
            });
        }
    }

    /// Makes a change, and takes it back if anything else changes by it.
    fn step(&mut self, written: &mut Written, change: impl FnOnce(&mut Written) -> bool) -> bool {
        if !self.has_attempts() {
            return false;
        }
        let mut changed = written.clone();
        if !change(&mut changed) || !self.is_as_good(&changed) {
            return false;
        }
        *written = changed;
        true
    }
}

/// The value that most have, if it is worth to be told once.
fn common(values: &[&Value]) -> Option<Value> {
    let count = |value: &Value| values.iter().filter(|other| **other == value).count();
    let most = values.iter().copied().max_by_key(|value| count(value))?;
    (count(most) > 1 && count(most) * 2 > values.len()).then(|| most.clone())
}

fn for_all(written: &mut Written, key: &str) -> bool {
    // A deployment says itself where it happens, and is never interrupted.
    let own = |entity: &Entity| {
        entity.collection == Collection::Environments && ["refs", "interruptible"].contains(&key)
            || entity.collection == Collection::Promotions && key == "refs"
    };
    let entities = written.entities.iter().filter(|entity| !own(entity));
    let values: Vec<Option<&Value>> = entities.map(|entity| entity.keys.get(key)).collect();
    let told: Vec<&Value> = values.iter().copied().flatten().collect();
    // A few that do not say it say that they have none.
    if told.len() * 2 < values.len() || told.len() < values.len() && key == "refs" {
        return false;
    }
    let Some(value) = common(&told) else {
        return false;
    };
    for entity in written.entities.iter_mut().filter(|entity| !own(entity)) {
        match entity.keys.get(key) {
            Some(own) if *own == value => drop(entity.keys.remove(key)),
            Some(_) => {}
            None => entity.keys.set(key, Value::Null),
        }
    }
    written.defaults.set(key, value);
    true
}

fn for_one(written: &mut Written, collection: Collection, key: &str) -> bool {
    let entities = written
        .entities
        .iter()
        .filter(|entity| entity.collection == collection);
    let values: Option<Vec<&Value>> = entities.map(|entity| entity.keys.get(key)).collect();
    let Some(values) = values else { return false };
    let Some(value) = common(&values) else {
        return false;
    };
    // These are merged with the entity's own.
    let merged = key == "variables";
    if merged && values.iter().any(|other| **other != value) {
        return false;
    }
    let name = collection.as_str();
    let mut defaults = match written.defaults.get(name) {
        Some(Value::Map(map)) => map.clone(),
        _ => Mapping::new(),
    };
    defaults.set(key, value.clone());
    written.defaults.set(name, defaults);
    let entities = written.entities.iter_mut();
    for entity in entities.filter(|entity| entity.collection == collection) {
        if entity.keys.get(key) == Some(&value) {
            entity.keys.remove(key);
        }
    }
    true
}
