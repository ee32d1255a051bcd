//! What is known of a pipeline when its includes are evaluated.
//!
//! In: a [`Situation`]. Out: the answers that [`crate::config::read_where`] asks for. Always holds:
//! only variables of the project, of the pipeline and of GitLab itself count; those of the file do
//! not (`Gitlab::Ci::Config#build_variables`, 18.11).

use super::situation::Situation;
use super::{Truth, files, predefined, rules};
use crate::config::{Given, Rule};
use crate::gitlab::expression::Lookup;

/// A variable that no file sets.
pub(super) fn variable(situation: &Situation, name: &str) -> Lookup {
    if let Some(value) = situation.variables.get(name) {
        return Lookup::Set(value.clone());
    }
    if situation.unset.contains(name) {
        return Lookup::Unset;
    }
    match predefined::look_up(situation, name) {
        Some(Lookup::Unknown) | None if situation.closed => Lookup::Unset,
        Some(found) => found,
        None => Lookup::Unknown,
    }
}

/// A variable inside of a path or another text, where conditions find this.
pub(super) fn in_text(situation: &Situation, name: &str, found: Lookup) -> Lookup {
    let is_unset = || {
        situation.unset.contains(name)
            || predefined::look_up(situation, name) == Some(Lookup::Unset)
    };
    match found {
        Lookup::Unset if situation.of_class && !is_unset() => Lookup::Unknown,
        found => found,
    }
}

impl Given for Situation {
    fn rule(&self, rule: &Rule) -> Truth {
        rules::truth(rule, self, &|name| variable(self, name))
    }

    fn variable(&self, name: &str) -> Lookup {
        in_text(self, name, variable(self, name))
    }

    fn expanded(&self, text: &str) -> Option<String> {
        files::expanded(text, &|name| self.variable(name))
    }
}
