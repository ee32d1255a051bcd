//! What the rest of a pipeline uses.
//!
//! In: the blocks of a pipeline, and keys that go. Out: hidden jobs and keys of `default` that nothing uses
//! any more, and the hidden jobs that a job extends. Always holds: what an anchor, `extends` or `!reference`
//! of a block that stays names is used.

use std::collections::BTreeSet;

use super::sections::Parts;
use crate::config::{Config, Job, Map, Node, Value};

impl Parts<'_> {
    /// Hidden jobs that nothing uses once some keys are gone.
    pub(super) fn unused(&self, gone: &BTreeSet<String>) -> BTreeSet<String> {
        let mut unused = BTreeSet::new();
        loop {
            let stays = |key: &str| !gone.contains(key) && !unused.contains(key);
            let mut used: BTreeSet<String> = BTreeSet::new();
            for (key, entry) in self.map.iter().filter(|(key, _)| stays(&key.text)) {
                self.named(&key.text, &entry.value, &mut used);
            }
            let keys = self.map.iter().map(|(key, _)| key.text.to_string());
            let more: Vec<String> = keys
                .filter(|key| key.starts_with('.') && stays(key) && !used.contains(key))
                .collect();
            if more.is_empty() {
                return unused;
            }
            unused.extend(more);
        }
    }

    /// The hidden jobs that a job is made from, also by way of others.
    pub(super) fn extended(&self, job: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut open = vec![job.to_owned()];
        while let Some(key) = open.pop() {
            let mut names = BTreeSet::new();
            if let Some(value) = self.map.get(&key) {
                self.named(&key, value, &mut names);
            }
            open.extend(names.into_iter().filter(|name| all.insert(name.clone())));
        }
        all
    }

    /// The keys that a block names.
    fn named(&self, key: &str, value: &Node, out: &mut BTreeSet<String>) {
        names(value, out);
        let needs = self.block(key).into_iter().flat_map(|block| &block.needs);
        let needs = needs.filter_map(|at| self.file.blocks.get(*at));
        out.extend(needs.map(|block| block.key.clone()));
    }
}

/// The keys of `default` that no job takes over, of those that entities say themselves.
pub(super) fn unused_defaults(config: &Config, gone: &BTreeSet<String>) -> BTreeSet<String> {
    let own = |job: &Job, key: &str| {
        config
            .tree
            .get(&job.key)
            .is_some_and(|own| own.get(key).is_some())
    };
    let takes =
        |job: &Job, key: &str| !gone.contains(&job.key) && job.keys.has(key) && !own(job, key);
    let keys = ["interruptible", "retry", "timeout", "tags"].into_iter();
    let unused = keys.filter(|key| !config.jobs.iter().any(|job| takes(job, key)));
    unused.map(str::to_owned).collect()
}

/// The jobs that a value names: in `extends`, and by `!reference`.
fn names(node: &Node, out: &mut BTreeSet<String>) {
    match &node.value {
        Value::Map(map) => {
            for (key, entry) in Map::iter(map) {
                if &*key.text == "extends" {
                    let one = std::slice::from_ref(&entry.value);
                    let all = entry.value.as_seq().unwrap_or(one);
                    let all = all.iter().filter_map(|name| name.as_str());
                    out.extend(all.map(str::to_owned));
                }
                names(&entry.value, out);
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| names(item, out)),
        Value::Reference(path) => {
            let first = path.first().and_then(Node::as_str);
            out.extend(first.map(str::to_owned));
        }
        _ => {}
    }
}
