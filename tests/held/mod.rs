//! A repository that is held in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use windlass::check::Files;
use windlass::config::Repository;
use windlass::files::Unread;

/// Texts by path.
#[derive(Clone, Default)]
pub(crate) struct Held(Arc<BTreeMap<String, String>>);

impl Held {
    pub(crate) fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(Arc::new(files.into_iter().collect()))
    }
}

impl Repository for Held {
    fn read(&self, path: &str) -> Result<String, Unread> {
        self.0.get(path).cloned().ok_or(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(self.0.keys().cloned().collect())
    }
}

impl Files for Held {
    fn exists(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let is_there = |one: &String| one == path || one.starts_with(&folder);
        path == "." || self.0.keys().any(is_there)
    }

    fn repository(&self) -> &dyn Repository {
        self
    }
}
