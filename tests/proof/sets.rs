//! Manifests with any ref sets, and a job of each kind on any union of them.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const BUILT_IN: [&str; 5] = [
    "branches",
    "tags",
    "merge_requests",
    "schedules",
    "default_branch",
];

/// GitLabs that write where jobs run in one way or another; the first know names and words alone.
const OLDEST: [&str; 2] = ["10.4", "11.3"];
const TARGETS: [&str; 6] = ["12.4", "12.6", "13.3", "13.8", "18.0", "18.11"];

/// What the oldest of them can say.
const WORDS: [&str; 3] = ["branches", "tags", "schedules"];

/// Conditions of which GitLab's `if` may hold one.
const CONDITIONS: [&str; 7] = [
    "$DEPLOY",
    "$DEPLOY == \"yes\"",
    "$DEPLOY != \"yes\"",
    "$DEPLOY == null",
    "$TIER =~ /^prod/",
    "$DEPLOY == \"yes\" && $TIER",
    "$DEPLOY || $TIER == \"prod\"",
];

/// What the oldest targets want to be told.
const HEAD: &str = "\
stages: [check, build, test, build-prod, deploy, cleanup]
kubernetes: {context: x}
registries: {gitlab: {delete_username: U, delete_password: P}}
";

/// A set that words and names of `only` can say.
fn plain() -> impl Strategy<Value = String> {
    select(vec![
        "[main]",
        "['/^release-/', main]",
        "{tags: ['/^v\\d/']}",
        "{of: [branches], except: [schedules]}",
        "{of: [branches], except: [tags]}",
        "{of: [branches, tags], sources: [push]}",
        "{branches: [main], of: [tags]}",
        "{of: [schedules]}",
    ])
    .prop_map(str::to_owned)
}

/// A ref set of a manifest, as its text.
fn set(before: Vec<String>) -> impl Strategy<Value = String> {
    let names = ["main", "'/^release-/'", "v1", "feature/x", "'/^v\\d+$/i'"];
    let some = |most: usize| subsequence(names.to_vec(), 0..=most);
    let known: Vec<String> = BUILT_IN
        .map(str::to_owned)
        .into_iter()
        .chain(before)
        .collect();
    let others = |most: usize| {
        let most = most.min(known.len());
        subsequence(known.clone(), 0..=most)
    };
    let sources = ["push", "schedule", "web", "merge_request_event", "trigger"];
    let filters = (
        proptest::option::weighted(0.25, subsequence(sources.to_vec(), 1..=2)),
        proptest::bool::weighted(0.2),
        proptest::option::weighted(0.25, select(CONDITIONS.to_vec())),
    );
    let requests = proptest::option::weighted(
        0.2,
        (some(2), some(2)).prop_filter("names a branch", |(a, b)| !a.is_empty() || !b.is_empty()),
    );
    (some(2), some(2), requests, others(2), others(2), filters).prop_map(
        |(branches, tags, requests, of, except, (sources, protected, condition))| {
            let mut keys: Vec<String> = Vec::new();
            let mut list = |key: &str, items: &[&str]| {
                if !items.is_empty() {
                    keys.push(format!("{key}: [{}]", items.join(", ")));
                }
            };
            let owned = |all: &'_ [String]| -> Vec<String> { all.to_vec() };
            list("branches", &branches);
            list("tags", &tags);
            let of: Vec<String> = owned(&of);
            let nothing = branches.is_empty() && tags.is_empty() && of.is_empty();
            let of = match nothing && requests.is_none() {
                true => vec!["branches".to_owned()],
                false => of,
            };
            list("of", &of.iter().map(String::as_str).collect::<Vec<_>>());
            list(
                "except",
                &except.iter().map(String::as_str).collect::<Vec<_>>(),
            );
            list("sources", &sources.unwrap_or_default());
            if let Some((source, target)) = requests {
                let side = |key: &str, names: &[&str]| match names {
                    [] => None,
                    names => Some(format!("{key}: [{}]", names.join(", "))),
                };
                let sides = [side("source", &source), side("target", &target)];
                let sides: Vec<String> = sides.into_iter().flatten().collect();
                keys.push(format!("merge_requests: {{{}}}", sides.join(", ")));
            }
            if protected {
                keys.push("protected: true".to_owned());
            }
            if let Some(condition) = condition {
                keys.push(format!("if: '{condition}'"));
            }
            format!("{{{}}}", keys.join(", "))
        },
    )
}

/// Three sets, of which each may hold those before it.
fn sets() -> impl Strategy<Value = Vec<String>> {
    let name = |count: usize| (0..count).map(|at| format!("set-{at}")).collect();
    let one = |count| prop_oneof![plain(), set(name(count))];
    (one(0), one(1), one(2)).prop_map(|(a, b, c)| vec![a, b, c])
}

fn union(words: &[&'static str], most: usize) -> impl Strategy<Value = String> {
    let sets = ["set-0", "set-1", "set-2"];
    let all: Vec<&str> = sets.iter().chain(words).copied().collect();
    subsequence(all, 1..=most).prop_map(|sets| sets.join(", "))
}

#[derive(Debug, Clone)]
pub(crate) struct Made {
    target: &'static str,
    sets: Vec<String>,
    unions: Vec<String>,
    /// Whether the optional parts are there.
    parts: Vec<bool>,
}

pub(crate) fn made() -> impl Strategy<Value = Made> {
    let oldest = proptest::collection::vec(plain(), 3);
    prop_oneof![
        1 => with(&OLDEST, oldest, &WORDS, 1),
        3 => with(&TARGETS, sets(), &BUILT_IN, 3),
    ]
}

fn with(
    targets: &[&'static str],
    sets: impl Strategy<Value = Vec<String>>,
    words: &[&'static str],
    most: usize,
) -> impl Strategy<Value = Made> {
    (
        select(targets.to_vec()),
        sets,
        proptest::collection::vec(union(words, most), 8),
        proptest::collection::vec(any::<bool>(), 8),
    )
        .prop_map(|(target, sets, unions, parts)| Made {
            target,
            sets,
            unions,
            parts,
        })
}

/// A manifest with a job of each kind, each on the refs of another union.
pub(crate) fn manifest(made: &Made) -> String {
    let Made {
        target,
        sets,
        unions,
        parts,
    } = made;
    let mut text = format!("windlass: 1\ngitlab: '{target}'\n{HEAD}refs:\n");
    for (at, set) in sets.iter().enumerate() {
        let _ = writeln!(text, "  set-{at}: {set}");
    }
    let refs = |at: usize| match parts[at] {
        true => format!("refs: [{}], ", unions[at]),
        false => String::new(),
    };
    let when = |part: usize, yes: &str| match parts[part] {
        true => yes.to_owned(),
        false => String::new(),
    };
    let changes = match OLDEST.contains(target) {
        true => String::new(),
        false => when(4, ", changes: ['docs/*']"),
    };
    let _ = writeln!(
        text,
        "images:\n  \
           tools: {{role: toolchain, {}rebuild: {{stage: check, older_than: 1 week, manual: true}}}}\n  \
           app: {{{}retention: {{keep_n: 3{}}}}}\n  \
           live: {{role: production, retention: {{keep_n: 3}}}}\n\
         tests:\n  \
           unit: {{image: 'alpine:3', {}script: x{}}}\n\
         environments:\n  \
           prod: {{refs: [{}], deploy: {{set_image: {{deployment/a: {{a: live}}}}}}}}\n\
         promotions:\n  \
           tag: {{image: tools, refs: [{}], to: stable}}\n\
         jobs:\n  \
           raw: {{refs: [{}], stage: test, script: x}}",
        refs(0),
        refs(1),
        when(2, ", refs: [schedules]"),
        refs(3),
        changes,
        unions[5],
        unions[6],
        unions[7],
    );
    text
}
