//! Pipelines that are listed by hand, with the variables that GitLab gives them.

use proptest::prelude::*;
use proptest::sample::select;

use crate::brute::{World, brute, words};

const BRANCHES: [&str; 6] = ["main", "release-1", "feature", "v1", "feature/x", "trunk"];
const TAGS: [&str; 5] = ["v1", "V2", "main", "release-1", "nightly"];
const DEFAULTS: [&str; 3] = ["main", "trunk", "release-1"];
const SOURCES: [&str; 6] = [
    "push",
    "schedule",
    "web",
    "trigger",
    "parent_pipeline",
    "api",
];

/// A pipeline: its variables.
pub(crate) fn world() -> impl Strategy<Value = World<'static>> {
    let kind = prop_oneof![
        3 => (select(&BRANCHES[..]), select(&SOURCES[..]), any::<bool>()).prop_map(|(name, source, open)| {
            World::from([
                ("CI_COMMIT_BRANCH", Some(name)),
                ("CI_COMMIT_REF_NAME", Some(name)),
                ("CI_PIPELINE_SOURCE", Some(source)),
                ("CI_OPEN_MERGE_REQUESTS", open.then_some("group/project!1")),
            ])
        }),
        2 => (select(&TAGS[..]), select(&SOURCES[..])).prop_map(|(name, source)| {
            World::from([
                ("CI_COMMIT_TAG", Some(name)),
                ("CI_COMMIT_REF_NAME", Some(name)),
                ("CI_PIPELINE_SOURCE", Some(source)),
            ])
        }),
        2 => (select(&BRANCHES[..]), select(&BRANCHES[..]), prop::bool::weighted(0.1)).prop_map(
            |(source, target, child)| {
                World::from([
                    ("CI_COMMIT_REF_NAME", Some(source)),
                    ("CI_MERGE_REQUEST_IID", Some("1")),
                    ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", Some(source)),
                    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", Some(target)),
                    ("CI_OPEN_MERGE_REQUESTS", Some("group/project!1")),
                    (
                        "CI_PIPELINE_SOURCE",
                        Some(if child { "parent_pipeline" } else { "merge_request_event" }),
                    ),
                ])
            },
        ),
    ];
    let deploy = select(vec![None, Some(""), Some(" "), Some("yes"), Some("no")]);
    let tier = select(vec![None, Some(""), Some("prod"), Some("test")]);
    let protected = select(vec!["true", "false"]);
    (kind, select(&DEFAULTS[..]), protected, deploy, tier).prop_map(
        |(mut world, default, protected, deploy, tier)| {
            for name in [
                "CI_COMMIT_BRANCH",
                "CI_COMMIT_TAG",
                "CI_OPEN_MERGE_REQUESTS",
                "CI_MERGE_REQUEST_IID",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
            ] {
                world.entry(name).or_insert(None);
            }
            world.insert("CI_DEFAULT_BRANCH", Some(default));
            world.insert("CI_COMMIT_REF_PROTECTED", Some(protected));
            world.insert("DEPLOY", deploy);
            world.insert("TIER", tier);
            world
        },
    )
}

/// The first of these conditions that holds.
pub(crate) fn first<'c>(
    conditions: impl IntoIterator<Item = Option<&'c String>>,
    world: &World<'_>,
) -> Option<usize> {
    let holds =
        |condition: Option<&String>| condition.is_none_or(|text| brute(&words(text), world));
    conditions.into_iter().position(holds)
}
