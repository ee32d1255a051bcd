//! Whether one union of ref sets covers another, as far as names alone can tell.
//!
//! Always holds: `Misses` is said only of refs that are surely not covered; what depends on
//! conditions is left to the pipeline's own rules.

use std::collections::HashSet;

use super::Manifest;
use super::collection::Many;
use super::refs::RefSet;
use super::resolved::SetNames;

/// What can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// Covered, or not decidable from the names.
    Covered,
    /// These refs are not covered: the name of the set that holds them.
    Misses(String),
}

/// A kind of refs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Branch,
    Tag,
    MergeRequest,
}

/// Refs of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Atom {
    /// All of them.
    All(Kind),
    /// One of this name.
    Named(Kind, String),
    /// Those that a pattern matches, or one whose name is in a variable, or some of which no more is
    /// said.
    Some(Kind, String),
}

impl Atom {
    /// What a name or pattern of the manifest is.
    fn of(kind: Kind, text: &str) -> Self {
        match text.starts_with('/') || text.contains('$') {
            true => Self::Some(kind, text.to_owned()),
            false => Self::Named(kind, text.to_owned()),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::All(kind) | Self::Named(kind, _) | Self::Some(kind, _) => *kind,
        }
    }

    /// Whether some of these refs are surely not among others.
    fn misses(&self, have: &Atoms, filtered: bool) -> bool {
        let kind = self.kind();
        if have.atoms.contains(&Self::All(kind)) || have.atoms.contains(self) {
            return false;
        }
        let mut same = have.atoms.iter().filter(|known| known.kind() == kind);
        match self {
            _ if !have.atoms.iter().any(|known| known.kind() == kind) => true,
            _ if filtered => false,
            Self::All(_) => true,
            // A pattern may match it; other names surely do not.
            Self::Named(..) => same.all(|known| matches!(known, Self::Named(..))),
            Self::Some(..) => false,
        }
    }
}

/// What a union surely holds: whole kinds of refs, and single names or patterns.
#[derive(Debug, Default)]
struct Atoms {
    names: HashSet<String>,
    atoms: HashSet<Atom>,
    /// Whether a filter makes the atoms an upper bound only.
    filtered: bool,
}

/// Whether `outer` covers each set of `inner`.
pub fn covers(manifest: &Manifest, outer: &SetNames, inner: &SetNames) -> Coverage {
    let mut have = Atoms::default();
    for set in outer {
        collect(manifest, &set.value, &mut have, 0);
    }
    for set in inner {
        let mut want = Atoms::default();
        collect(manifest, &set.value, &mut want, 0);
        if have.names.contains(&set.value) {
            continue;
        }
        // Schedules, other sources and the like run on refs of some kind: not decided by names.
        let mut wanted = want.atoms.iter();
        if wanted.any(|atom| atom.misses(&have, want.filtered)) {
            return Coverage::Misses(set.value.clone());
        }
    }
    Coverage::Covered
}

/// Whether `outer` surely covers each set of `inner`: in doubt it does not.
pub fn surely_covers(manifest: &Manifest, outer: &SetNames, inner: &SetNames) -> bool {
    let mut have = Atoms::default();
    for set in outer {
        collect(manifest, &set.value, &mut have, 0);
    }
    inner.iter().all(|set| {
        let mut want = Atoms::default();
        collect(manifest, &set.value, &mut want, 0);
        let holds =
            |atom: &Atom| have.atoms.contains(&Atom::All(atom.kind())) || have.atoms.contains(atom);
        let same = outer.iter().any(|own| own.value == set.value);
        same || !have.filtered && !want.atoms.is_empty() && want.atoms.iter().all(holds)
    })
}

fn collect(manifest: &Manifest, name: &str, into: &mut Atoms, depth: usize) {
    // A set that several others contain is looked at once.
    if !into.names.insert(name.to_owned()) {
        return;
    }
    let built_in = match name {
        "branches" => Some(Atom::All(Kind::Branch)),
        "tags" => Some(Atom::All(Kind::Tag)),
        "merge_requests" => Some(Atom::All(Kind::MergeRequest)),
        "default_branch" => Some(Atom::of(Kind::Branch, "$CI_DEFAULT_BRANCH")),
        _ => None,
    };
    into.atoms.extend(built_in);
    let Some(set) = manifest.refs.get().and_then(|sets| sets.get(name)) else {
        return;
    };
    if depth > 50 {
        return;
    }
    into.filtered |= is_filtered(set);
    for branch in set.branches.get().into_iter().flat_map(|list| list.iter()) {
        into.atoms.insert(Atom::of(Kind::Branch, &branch.value));
    }
    for tag in set.tags.get().into_iter().flat_map(Many::iter) {
        into.atoms.insert(Atom::of(Kind::Tag, &tag.value));
    }
    if set.merge_requests.at().is_some() {
        let some = Atom::Some(Kind::MergeRequest, String::new());
        into.atoms.insert(some);
    }
    for other in set.of.get().into_iter().flat_map(Many::iter) {
        collect(manifest, &other.value, into, depth + 1);
    }
}

fn is_filtered(set: &RefSet) -> bool {
    set.except.at().is_some()
        || set.sources.at().is_some()
        || set.condition.at().is_some()
        || set.protected.copied_or(false)
}
