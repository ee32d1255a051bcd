//! The names of the default branch that conditions tell apart.
//!
//! In: what conditions compare. Out: the usual name, then each other one that makes a difference. Always
//! holds: whatever the default branch is called, conditions decide as they do for one of these names, or what
//! is missing is said.

use super::LeftOut;
use super::compared::{Compared, Role};
use super::text::{Question, Space};

/// A default branch that no condition names.
const ANOTHER: &str = "trunk";

/// The names of the default branch, the usual one first.
pub(super) struct Defaults {
    first: String,
    others: Vec<String>,
    /// Whether conditions ask for the first by its name.
    named: bool,
    /// Whether another name makes a difference on refs that do not have it.
    everywhere: bool,
}

impl Defaults {
    /// The one that is known.
    pub(super) fn known(name: &str) -> Self {
        Self {
            first: name.to_owned(),
            others: Vec::new(),
            named: false,
            everywhere: false,
        }
    }

    /// All that conditions tell apart.
    pub(super) fn of(compared: &Compared, left_out: &mut Vec<LeftOut>) -> Self {
        let mut defaults = Self::known(compared.usual_default_branch());
        if !compared.asks_for_default_branch() {
            return defaults;
        }
        let mut questions = compared.resolved(&[]).default;
        if compared.paired || compared.spells_default_branch() {
            // The branch of a push is also the source of a merge request, and what is asked of a ref is asked of
            // the default branch where that one is compared with it.
            for role in [Role::Branch, Role::Tag, Role::Source, Role::Target] {
                questions.extend(&compared.role(role));
            }
        }
        let first = std::slice::from_ref(&defaults.first);
        let texts = questions.told_apart(Space::Ref, first, &[ANOTHER]);
        left_out.extend(texts.unfound.into_iter().map(LeftOut::Pattern));
        if !texts.complete {
            left_out.push(LeftOut::Combinations);
        }
        let others = texts.texts.into_iter().filter(|one| *one != defaults.first);
        defaults.others = others.collect();
        defaults.named = defaults.others.iter().any(|one| one == ANOTHER);
        defaults.everywhere = compared.spells_default_branch();
        defaults
    }

    /// The usual name.
    pub(super) fn first(&self) -> &str {
        &self.first
    }

    /// The other names.
    pub(super) fn others(&self) -> &[String] {
        &self.others
    }

    /// The names of the refs on which another default branch than the first makes a difference; nothing if
    /// it does on all refs.
    pub(super) fn changes<'d>(&'d self, default: &'d str) -> Option<Vec<&'d str>> {
        let first = self.named.then_some(self.first.as_str());
        (!self.everywhere).then(|| first.into_iter().chain([default]).collect())
    }

    /// The names that other texts are compared with.
    pub(super) fn compared(&self) -> Vec<String> {
        let others = self.others.iter().filter(|_| self.everywhere);
        let first = std::iter::once(&self.first);
        first.chain(others).cloned().collect()
    }
}

impl Compared {
    /// The default branch of a project whose configuration says nothing of it: `main`, as GitLab names it,
    /// or `master` where that alone is named.
    fn usual_default_branch(&self) -> &'static str {
        let named = |name: &str| {
            let is = Question::Is(name.to_owned());
            let roles = [Role::Branch, Role::Target].map(|role| self.names.get(&role));
            roles.into_iter().flatten().any(|all| all.own.contains(&is))
        };
        match named("master") && !named("main") {
            true => "master",
            false => "main",
        }
    }
}
