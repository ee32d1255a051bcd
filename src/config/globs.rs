//! Globs of `changes` and `exists` that match no file, in any file of a configuration.
//!
//! In: a [`Config`]. Out: a warning for each such glob, once for each place. Always holds: nothing
//! is said about a pipeline that was made from a manifest, whose own check does that.

use std::collections::BTreeSet;

use super::Config;
use super::value::{Node, Place, Value};
use crate::finding::{Code, Finding, Fix, Location};
use crate::gitlab::glob::{Compared, unmatchable};

/// The finding about a glob that matches no file.
pub(crate) fn finding(
    glob: &str,
    compared: Compared,
    location: impl Into<Location>,
) -> Option<Finding> {
    let found = unmatchable(glob, compared)?;
    let message = format!("`{glob}` matches no file: it {}", found.why);
    let finding = Finding::new(Code::UnmatchableGlob, location, message);
    Some(match found.meant {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding.help("write it from the project's root, as in `src/**/*`"),
    })
}

/// All of them, in the order of the jobs.
pub(super) fn findings(config: &Config) -> Vec<Finding> {
    if config.jobs.iter().any(|job| job.origin.is_some()) {
        return Vec::new();
    }
    let mut found = Globs::default();
    let entries = config.tree.as_map().into_iter().flat_map(|map| map.iter());
    for (_, entry) in entries {
        for key in ["rules", "only", "except"] {
            if let Some(node) = entry.value.get(key) {
                found.conditions(node);
            }
        }
    }
    found.findings
}

#[derive(Default)]
struct Globs {
    seen: BTreeSet<Place>,
    findings: Vec<Finding>,
}

impl Globs {
    /// Rules, in lists of any depth, or a policy.
    fn conditions(&mut self, node: &Node) {
        if let Value::Seq(items) = &node.value {
            items.iter().for_each(|item| self.conditions(item));
        }
        for (key, compared) in [
            ("changes", Compared::ChangedFiles),
            ("exists", Compared::FilesAndFolders),
        ] {
            if let Some(globs) = node.get(key) {
                self.globs(globs.get("paths").unwrap_or(globs), compared);
            }
        }
    }

    fn globs(&mut self, node: &Node, compared: Compared) {
        match &node.value {
            Value::Seq(items) => items.iter().for_each(|item| self.globs(item, compared)),
            Value::Str(glob) if self.seen.insert(node.place) => {
                let meant = unmatchable(glob, compared).and_then(|found| found.meant);
                let fix = meant.map(|to| Fix::Word {
                    place: node.place,
                    from: glob.to_string(),
                    to,
                });
                let finding = finding(glob, compared, node.place);
                self.findings
                    .extend(finding.map(|finding| finding.fix(fix)));
            }
            _ => {}
        }
    }
}
