//! Every ref set that a job follows is one that some pipeline is on.

use super::Proof;
use super::refs::{Number, OnRef};
use crate::config::Given as _;
use crate::finding::{Code, Finding};
use crate::gitlab::expression::Lookup;
use crate::manifest::collection::Map;
use crate::plan::{Classes, Truth, with_rare};

/// Reports ref sets that hold none of these pipelines, if they are all that there are.
pub(super) fn check(proof: &mut Proof<'_>, classes: &Classes) {
    let manifest = proof.manifest;
    let used = proof.meaning.jobs.followed.iter();
    let used = used.flat_map(|followed| followed.union.iter().copied());
    let mut empty = proof.meaning.sets.made_of(used);
    if !classes.is_complete() {
        return;
    }
    let set = proof.config.set_variables();
    for situation in classes.situations.iter().flat_map(with_rare) {
        if empty.is_empty() {
            return;
        }
        // What the file sets may differ from job to job.
        let look_up = |name: &str| match set.contains(name) {
            true => Lookup::Unknown,
            false => situation.variable(name),
        };
        let mut on_ref = OnRef::of(&proof.meaning.sets, &situation);
        let is_out = |set: &Number| on_ref.holds(&[*set], &look_up) == Truth::False;
        empty.retain(is_out);
    }
    for (key, _) in manifest.refs.get().into_iter().flat_map(Map::iter) {
        if !empty.contains(&proof.meaning.sets.number(&key.value)) {
            continue;
        }
        let message = format!("no pipeline is on the refs of `{}`", key.value);
        let finding = Finding::new(Code::Empty, key.span, message)
            .help("its keys exclude each other: `sources`, `if`, `protected` and `except` narrow what `branches`, `tags`, `merge_requests` and `of` hold")
            .help("change one of them, or remove the set and what uses it");
        proof.report.push(finding);
    }
}
