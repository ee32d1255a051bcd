//! The jobs that were made for an entity of the manifest, and what of them its raw keys replace.

use std::collections::HashMap;

use crate::config::{Config, Job};
use crate::manifest::kinds::Raw;
use crate::manifest::raw::member;
use crate::manifest::record::Field;

/// Whether raw keys of an entity hold any of these.
pub(super) fn has_any(raw: &Field<Raw>, keys: &[&str]) -> bool {
    let has = |raw: &Raw| keys.iter().any(|key| member(&raw.0, key).is_some());
    raw.get().is_some_and(has)
}

/// The jobs of each entity.
pub(super) struct ByEntity<'c> {
    config: &'c Config,
    indexes: HashMap<&'c str, Vec<usize>>,
}

impl<'c> ByEntity<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        let mut indexes: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, job) in config.jobs.iter().enumerate() {
            let entity = job.entity.as_deref().unwrap_or_default();
            indexes.entry(entity).or_default().push(index);
        }
        Self { config, indexes }
    }

    /// Their positions.
    pub(super) fn indexes(&self, entity: &str) -> Vec<usize> {
        self.indexes.get(entity).cloned().unwrap_or_default()
    }

    /// The jobs themselves.
    pub(super) fn jobs(&self, entity: &str) -> impl Iterator<Item = &'c Job> + use<'c> {
        let config = self.config;
        let indexes = self.indexes(entity).into_iter();
        indexes.filter_map(|index| config.jobs.get(index))
    }
}
