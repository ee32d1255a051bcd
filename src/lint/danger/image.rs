//! An image is of one version.

use indexmap::IndexMap;

use crate::config::{Job, Located, Node, Place};
use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

/// Tags that move to each new version.
const MOVING: [&str; 12] = [
    "latest", "stable", "edge", "nightly", "lts", "rolling", "mainline", "dind", "main", "master",
    "develop", "current",
];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    let mut found: IndexMap<&str, Vec<Place>> = IndexMap::new();
    for job in config.jobs.iter().filter(|job| !is_of_macos(job)) {
        for Located { value, place } in job.image.iter().chain(&job.services) {
            let places = found.entry(value.as_str()).or_default();
            if !places.contains(place) {
                places.push(*place);
            }
        }
    }
    for (image, places) in found {
        let Some(why) = moving(image) else {
            continue;
        };
        // At each place, as an allowance is for one line.
        for place in places {
            let message = format!("`{image}` {why}: the job may change overnight");
            let finding = Finding::new(Code::UnpinnedImage, place, message);
            lint.push(finding.help("name a version, as in `alpine:3.22`, or the digest"));
        }
    }
}

/// Whether a job runs on a runner for macOS, where `image` names a virtual machine that has no tags.
fn is_of_macos(job: &Job) -> bool {
    let tags = job.keys.given("tags");
    let mut tags = tags.into_iter().flat_map(Node::flat);
    let by_tag = tags.any(|tag| tag.as_str().is_some_and(|tag| tag.contains("macos")));
    let image = job.image.as_ref();
    by_tag || image.is_some_and(|image| image.value.starts_with("macos-"))
}

/// Why an image may be another one tomorrow; `None` if its name has variables, as then that is not known.
fn moving(image: &str) -> Option<String> {
    if image.contains(['$', '@']) || image.trim().is_empty() {
        return None;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        None => Some("has no tag, so it is the latest".to_owned()),
        Some((_, tag)) if MOVING.contains(&tag) => Some("moves to each new version".to_owned()),
        Some(_) => None,
    }
}
