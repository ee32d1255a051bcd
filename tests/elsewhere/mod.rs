//! A repository that has nothing but files from elsewhere, by what an include calls them.

use std::collections::BTreeMap;

use windlass::config::Repository;
use windlass::files::Unread;

/// The files' texts by path; any other file is not read.
pub(crate) struct Elsewhere(pub(crate) BTreeMap<String, String>);

impl Repository for Elsewhere {
    fn read(&self, _path: &str) -> Result<String, Unread> {
        Err(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }

    fn elsewhere(&self, path: &str) -> Result<(String, String), Unread> {
        let text = self.0.get(path).cloned().ok_or(Unread::Absent)?;
        Ok((path.to_owned(), text))
    }
}
