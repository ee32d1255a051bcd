//! What is kept lies in the project.
//!
//! Facts: the runner keeps no file outside of the project's folder (`artifacts:paths`, `cache:paths`, 18.11),
//! and expands no `~`.

use std::sync::Arc;

use crate::config::Node;
use crate::finding::{Code, Finding, Severity};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

/// Folders of a system, in which no runner has a project.
const OUTSIDE: [&str; 8] = [
    "/root/",
    "/tmp/",
    "/usr/",
    "/etc/",
    "/var/cache/",
    "/var/lib/",
    "~/",
    "../",
];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = Arc::clone(&lint.config);
    for job in &config.jobs {
        for key in ["artifacts", "cache"] {
            let Some(node) = job.keys.given(key) else {
                continue;
            };
            let paths = node.flat().into_iter().filter_map(|one| one.get("paths"));
            for path in paths.filter_map(Node::as_seq).flatten() {
                check_one(lint, key, path);
            }
        }
    }
}

fn check_one(lint: &mut Lint<'_>, key: &str, path: &Node) {
    let Some(text) = path.as_str() else { return };
    let place = path.place;
    let slashed = format!("{text}/");
    let is_outside = |folder: &&str| text.starts_with(*folder) || slashed == **folder;
    if !OUTSIDE.iter().any(is_outside) || !lint.is_new(Code::BadPath, &format!("{place:?}")) {
        return;
    }
    let message = format!("`{text}` is not in the project, so nothing of it is kept");
    let help = match key {
        "cache" => {
            "let the tool put its files into the project, as with `PIP_CACHE_DIR: $CI_PROJECT_DIR/.cache`"
        }
        _ => "copy it into the project first",
    };
    lint.push(
        Finding::new(Code::BadPath, place, message)
            .severity(Severity::Warning)
            .help(help),
    );
}
