//! Which effects happen whatever the files hold that are not read.
//!
//! In: both configurations. Out: for each key whether it is firm. Always holds: GitLab merges a file over what it
//! includes, so a key is firm where both sides say it themselves with a scalar or a list
//! ([`Open`](crate::config::Open)); whether a job is there, on which refs it runs and what a key is that one side
//! does not say, such a file may decide.

use std::collections::BTreeSet;

use crate::config::normal::Form;
use crate::config::{Config, Job, Open};

/// The keys that no file which is not read can change, before and after.
#[derive(Clone, Copy)]
pub(super) struct Firm<'c>([Side<'c>; 2]);

#[derive(Clone, Copy)]
enum Side<'c> {
    /// Every file is read.
    All,
    /// These.
    Only(&'c BTreeSet<String>),
    /// None.
    Nothing,
}

/// Whether a file that a configuration includes is not read.
pub(super) fn is_open(config: &Config) -> bool {
    config.open.is_some() || !config.unresolved.is_empty()
}

impl<'c> Side<'c> {
    fn of(config: &Config, open: Option<&'c Open>) -> Self {
        match (is_open(config), open) {
            (false, _) => Self::All,
            (true, Some(open)) => Self::Only(&open.firm),
            (true, None) => Self::Nothing,
        }
    }

    fn has(self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key),
            Self::Nothing => false,
        }
    }
}

impl<'c> Firm<'c> {
    /// The global keys.
    pub(super) fn of(before: &'c Config, after: &'c Config) -> Self {
        Self([before, after].map(|config| Side::of(config, config.open.as_ref())))
    }

    /// The keys of a job.
    pub(super) fn of_job(
        (before, was): (&Config, &'c Job),
        (after, is): (&Config, &'c Job),
    ) -> Self {
        let before = Side::of(before, was.open.as_ref());
        let after = Side::of(after, is.open.as_ref());
        Self([before, after])
    }

    /// Nothing, unless every file is read on both sides.
    pub(super) fn only_if_all_is_read(self) -> Self {
        match self.is_all() {
            true => self,
            false => Self([Side::Nothing; 2]),
        }
    }

    /// Whether every file is read on both sides.
    pub(super) fn is_all(self) -> bool {
        self.0.iter().all(|side| matches!(side, Side::All))
    }

    /// Whether nothing can change a key.
    pub(super) fn has(self, key: &str) -> bool {
        self.0.iter().all(|side| side.has(key))
    }

    /// Whether nothing can change the difference of two values of a key.
    pub(super) fn has_value(self, key: &str, old: Option<&Form>, new: Option<&Form>) -> bool {
        let fields = |form: Option<&'_ Form>| form.and_then(Form::fields).cloned();
        let (Some(old), Some(new)) = (fields(old), fields(new)) else {
            return self.has(key);
        };
        let inside = |name: &str| {
            let name = format!("{key}:{name}");
            self.0.iter().all(|side| side.has(key) || side.has(&name))
        };
        new.differing(&old).into_iter().all(inside)
    }
}
