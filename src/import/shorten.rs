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

/// Keys of the pipeline that windlass may write in the same way.
const OF_PIPELINE: [&str; 2] = ["workflow", "stages"];

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
const MAY_GO: [&str; 26] = [
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
        for key in FOR_ALL {
            self.step(&mut written, |written| for_all(written, key));
        }
        for key in MAY_GO {
            let has = |entity: &Entity| entity.keys.get(key).is_some();
            if written.entities.iter().filter(|entity| has(entity)).count() == 0 {
                continue;
            }
            let all = self.step(&mut written, |written| {
                let entities = written.entities.iter_mut();
                entities.fold(false, |gone, entity| {
                    entity.keys.remove(key).is_some() || gone
                })
            });
            if all {
                continue;
            }
            for collection in Collection::ALL {
                self.without(&mut written, collection, key);
            }
        }
        for collection in Collection::ALL {
            for key in FOR_ONE {
                self.step(&mut written, |written| for_one(written, collection, key));
            }
        }
        written
    }

    /// Takes a key from the entities of a collection, from all of them or from those that do without.
    fn without(&mut self, written: &mut Written, collection: Collection, key: &str) {
        let of_it =
            |entity: &Entity| entity.collection == collection && entity.keys.get(key).is_some();
        let all = self.step(written, |written| {
            let entities = written.entities.iter_mut().filter(|entity| of_it(entity));
            entities.fold(false, |gone, entity| {
                entity.keys.remove(key).is_some() || gone
            })
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
    let values: Option<Vec<&Value>> = entities.map(|entity| entity.keys.get(key)).collect();
    let Some(value) = values.and_then(|values| common(&values)) else {
        return false;
    };
    for entity in written.entities.iter_mut().filter(|entity| !own(entity)) {
        if entity.keys.get(key) == Some(&value) {
            entity.keys.remove(key);
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
