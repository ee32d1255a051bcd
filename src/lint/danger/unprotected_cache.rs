//! What a protected branch takes from a cache, no merge request has put there.
//!
//! Facts: protected and other refs have caches of their own; `cache:unprotect` (15.8) gives them one
//! ("Use the same cache for all branches", 18.11).

use std::sync::Arc;

use crate::config::Node;
use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

/// With one of these in its key, no other pipeline has the cache.
const OF_ONE_PIPELINE: [&str; 3] = ["CI_PIPELINE_ID", "CI_PIPELINE_IID", "CI_COMMIT_SHA"];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = Arc::clone(&lint.config);
    for job in &config.jobs {
        let Some(cache) = job.keys.given("cache") else {
            continue;
        };
        for cache in cache.flat() {
            let entry = cache.as_map().and_then(|cache| cache.entry("unprotect"));
            let Some(entry) = entry.filter(|entry| entry.value.as_bool() == Some(true)) else {
                continue;
            };
            let place = entry.key_place;
            if !lint.is_new(Code::UnprotectedCache, &format!("{place:?}")) {
                continue;
            }
            let key = cache.get("key").and_then(Node::scalar_text);
            let is_own = |key: &String| OF_ONE_PIPELINE.iter().any(|name| key.contains(name));
            if key.as_ref().is_some_and(is_own) {
                continue;
            }
            let key = key.map(|key| format!(" `{key}`")).unwrap_or_default();
            let message = format!(
                "merge requests can put anything into the cache{key} of protected branches"
            );
            lint.push(
                Finding::new(Code::UnprotectedCache, place, message)
                    .help("remove `unprotect`: then protected branches have a cache of their own"),
            );
        }
    }
}
