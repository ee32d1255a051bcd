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

/// What a union surely holds: whole kinds of refs, and single names or patterns.
#[derive(Debug, Default)]
struct Atoms {
    names: HashSet<String>,
    /// `branch:x`, `tag:x` for single ones; `branch`, `tag`, `merge request` for all of a kind.
    atoms: HashSet<String>,
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
        if have.names.contains(&set.value) || want.atoms.is_empty() {
            continue;
        }
        // Schedules, other sources and the like run on refs of some kind: not decided by names.
        let missing = want.atoms.iter().any(|atom| {
            let kind = atom.split(':').next().unwrap_or(atom);
            let whole = have.atoms.contains(kind);
            let some = have
                .atoms
                .iter()
                .any(|known| known.split(':').next() == Some(kind));
            if whole || have.atoms.contains(atom) {
                return false;
            }
            if !some || (atom == kind && !want.filtered) {
                return true;
            }
            // A pattern of the same kind may cover it; other plain names surely do not.
            let plain = |atom: &String| !atom.contains(":/") && !atom.contains('$');
            let names = have
                .atoms
                .iter()
                .filter(|known| known.split(':').next() == Some(kind));
            plain(atom) && !want.filtered && names.into_iter().all(plain)
        });
        if missing {
            return Coverage::Misses(set.value.clone());
        }
    }
    Coverage::Covered
}

fn collect(manifest: &Manifest, name: &str, into: &mut Atoms, depth: usize) {
    into.names.insert(name.to_owned());
    match name {
        "branches" => drop(into.atoms.insert("branch".to_owned())),
        "tags" => drop(into.atoms.insert("tag".to_owned())),
        "merge_requests" => drop(into.atoms.insert("merge request".to_owned())),
        "default_branch" => drop(into.atoms.insert("branch:$CI_DEFAULT_BRANCH".to_owned())),
        _ => {}
    }
    let Some(set) = manifest.refs.get().and_then(|sets| sets.get(name)) else {
        return;
    };
    if depth > 50 {
        return;
    }
    into.filtered |= is_filtered(set);
    for branch in set.branches.get().into_iter().flat_map(|list| list.iter()) {
        into.atoms.insert(format!("branch:{}", &*branch.value));
    }
    for tag in set.tags.get().into_iter().flat_map(Many::iter) {
        into.atoms.insert(format!("tag:{}", &*tag.value));
    }
    if set.merge_requests.at().is_some() {
        into.atoms.insert("merge request:".to_owned());
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
