//! The keys of a job that decide nothing about where it runs, and their shapes.
//!
//! Facts: the entries of GitLab FOSS 18.11.2 under `lib/gitlab/ci/config/entry`.

use super::enterprise;
use super::entry::Reader;
use super::inputs;
use super::shape::{Need, Shape};
use super::steps;
use super::value::{Map, Node, Value};
use crate::finding::Code;
use crate::gitlab::regex::Pattern;
use crate::gitlab::{keywords, names};

use Need::{Free, Wanted};
use Shape::{
    Any, AnyMap, Commands, Duration, DurationUpTo, Each, Flag, FlagOr, GatedWords, Maps, Name,
    Number, NumberText, Numbers, Text, TextOr, TextOrTexts, Texts, Word,
};

const OUTCOMES: &[&str] = &["on_success", "on_failure", "always"];

const RETRY: Shape = Shape::Map(&[
    ("max", NumberText(0, 2), Free),
    (
        "when",
        GatedWords("retry:when", &keywords::FAILURE_REASONS),
        Free,
    ),
    ("exit_codes", Numbers, Free),
]);

const ARTIFACTS: Shape = Shape::Map(&[
    ("name", Text, Free),
    ("untracked", Flag, Free),
    ("paths", Texts, Free),
    ("reports", REPORTS, Free),
    ("when", Word(OUTCOMES), Free),
    ("expire_in", Duration, Free),
    ("expose_as", Name(100), Free),
    ("exclude", Texts, Free),
    ("public", Flag, Free),
    (
        "access",
        Word(&["none", "developer", "maintainer", "all"]),
        Free,
    ),
]);

const REPORTS: Shape = Shape::Map(&[
    ("junit", TextOrTexts, Free),
    ("codequality", TextOrTexts, Free),
    ("sast", TextOrTexts, Free),
    ("secret_detection", TextOrTexts, Free),
    ("dependency_scanning", TextOrTexts, Free),
    ("container_scanning", TextOrTexts, Free),
    ("cluster_image_scanning", TextOrTexts, Free),
    ("dast", TextOrTexts, Free),
    ("performance", TextOrTexts, Free),
    ("browser_performance", TextOrTexts, Free),
    ("load_performance", TextOrTexts, Free),
    ("license_scanning", TextOrTexts, Free),
    ("metrics", TextOrTexts, Free),
    ("lsif", TextOrTexts, Free),
    ("dotenv", TextOrTexts, Free),
    ("terraform", TextOrTexts, Free),
    ("accessibility", TextOrTexts, Free),
    ("coverage_fuzzing", TextOrTexts, Free),
    ("api_fuzzing", TextOrTexts, Free),
    ("cyclonedx", TextOrTexts, Free),
    ("annotations", TextOrTexts, Free),
    ("requirements", TextOrTexts, Free),
    ("requirements_v2", TextOrTexts, Free),
    ("repository_xray", TextOrTexts, Free),
    ("sarif", TextOrTexts, Free),
    (
        "coverage_report",
        Shape::Map(&[
            ("coverage_format", Word(&["cobertura", "jacoco"]), Wanted),
            ("path", Name(usize::MAX), Wanted),
        ]),
        Free,
    ),
]);

const CACHE: Shape = Shape::Map(&[
    ("key", TextOr(&CACHE_KEY), Free),
    ("untracked", Flag, Free),
    ("paths", Texts, Free),
    ("when", Word(OUTCOMES), Free),
    ("policy", Text, Free),
    ("unprotect", Flag, Free),
    ("fallback_keys", Texts, Free),
]);

const CACHE_KEY: Shape = Shape::Map(&[
    ("files", Texts, Free),
    ("files_commits", Texts, Free),
    ("prefix", Text, Free),
]);

const RELEASE: Shape = Shape::Map(&[
    ("tag_name", Name(usize::MAX), Wanted),
    ("tag_message", Text, Free),
    ("name", Text, Free),
    ("description", Name(usize::MAX), Wanted),
    ("ref", Text, Free),
    ("milestones", TextOrTexts, Free),
    ("released_at", Text, Free),
    ("assets", Shape::Map(&[("links", Maps, Wanted)]), Free),
]);

const PAGES: Shape = FlagOr(&Shape::Map(&[
    ("publish", Text, Free),
    ("path_prefix", Text, Free),
    ("expire_in", Duration, Free),
]));

const TRIGGER: Shape = TextOr(&Shape::Map(&[
    ("project", Name(usize::MAX), Free),
    ("include", Any, Free),
    ("branch", Text, Free),
    ("strategy", Word(&["depend", "mirror"]), Free),
    ("forward", FORWARD, Free),
    ("inputs", AnyMap, Free),
]));

const FORWARD: Shape = Shape::Map(&[
    ("yaml_variables", Flag, Free),
    ("pipeline_variables", Flag, Free),
]);

/// The keys and their shapes.
const KEYS: &[(&str, Shape)] = &[
    ("artifacts", ARTIFACTS),
    ("release", RELEASE),
    ("pages", PAGES),
    ("trigger", TRIGGER),
    ("timeout", DurationUpTo(TIMEOUT)),
    ("tags", Texts),
    (
        "hooks",
        Shape::Map(&[("pre_get_sources_script", Commands, Free)]),
    ),
    (
        "id_tokens",
        Each(&Shape::Map(&[("aud", TextOrTexts, Wanted)])),
    ),
    ("publish", Text),
    ("manual_confirmation", Text),
];

/// The longest timeout in seconds: Rails' `1.month` (`Project::MAX_BUILD_TIMEOUT`).
const TIMEOUT: u64 = 2_629_746;

/// Most runner tags, and most caches of a job.
const TAGS: usize = 49;
const CACHES: usize = 4;

/// Checks the keys that are kept as values alone.
pub(super) fn check(name: &str, job: &Map, reader: &mut Reader) {
    if let Some(entry) = job.entry("publish").filter(|entry| !entry.value.is_null())
        && !publishes(name, job)
    {
        let message = "`publish` stands in a job that publishes no pages; write `pages: true`";
        reader.report(entry.key_place, message);
    }
    for (key, shape) in KEYS {
        if let Some(node) = job.given(key) {
            shape.check(node, key, reader);
        }
    }
    if let Some(node) = job.given("tags")
        && node.as_seq().is_some_and(|tags| tags.len() > TAGS)
    {
        reader.found(
            Code::OutOfRange,
            node.place,
            format!("`tags` takes {TAGS} tags at most"),
        );
    }
    if let Some(artifacts) = job.given("artifacts").and_then(Node::as_map) {
        self::artifacts(artifacts, reader);
    }
    if let Some(release) = job.given("release").and_then(Node::as_map) {
        released_at(release, reader);
    }
    if let Some(node) = job.given("run") {
        steps::check(node, reader);
    }
    if let Some(node) = job.given("inputs") {
        inputs::of_job(node, reader);
    }
    if let Some(node) = job.given("retry") {
        match &node.value {
            Value::Map(_) => RETRY.check(node, "retry", reader),
            _ => Number(0, 2).check(node, "retry", reader),
        }
    }
    if let Some(node) = job.given("cache") {
        caches(node, reader);
    }
    enterprise::check(job, reader);
    if let Some(node) = job.given("coverage") {
        coverage(node, reader);
    }
    if let Some(node) = job.get("trigger") {
        trigger(node, reader);
    }
}

/// Whether a job is one that GitLab Pages are made from (`pages_job?`, 18.11).
fn publishes(name: &str, job: &Map) -> bool {
    match job.given("pages").map(|node| &node.value) {
        Some(Value::Bool(pages)) => *pages,
        Some(Value::Map(pages)) if !pages.is_empty() => true,
        _ => name == "pages",
    }
}

/// What of `artifacts` fits together (`Entry::Artifacts`, 18.11).
fn artifacts(artifacts: &Map, reader: &mut Reader) {
    if let Some(public) = artifacts.entry("public")
        && artifacts.has("access")
    {
        let message = "`public` may not stand beside `access`, which says the same";
        reader.found(Code::Exclusive, public.key_place, message);
    }
    let Some(exposed) = artifacts.given("expose_as") else {
        return;
    };
    if let Some(name) = exposed.as_str()
        && let Err(error) = names::exposed(name)
    {
        reader.report(exposed.place, format!("`expose_as` {error}"));
    }
    let paths = artifacts.given("paths").and_then(Node::as_seq);
    if paths.is_none_or(<[Node]>::is_empty) {
        reader.missing(exposed.place, "`expose_as` wants `paths`");
    }
    for path in paths.unwrap_or_default() {
        if path.as_str().is_some_and(|path| path.contains('*')) {
            let message = "`paths` may not have a `*` beside `expose_as`";
            reader.found(Code::Exclusive, path.place, message);
        }
    }
}

/// `release:released_at` is a date and time of ISO 8601.
fn released_at(release: &Map, reader: &mut Reader) {
    let Some((node, text)) = release
        .given("released_at")
        .and_then(|node| Some((node, node.as_str()?)))
    else {
        return;
    };
    let date = text.split(['T', ' ']).next().unwrap_or_default();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !date.split('-').all(digits) {
        let message = "`released_at` should be a date and time, as in `2026-03-15T08:00:00Z`";
        reader.found(Code::WrongType, node.place, message);
    }
}

fn caches(node: &Node, reader: &mut Reader) {
    // Lists in the list count once, whatever they hold.
    if node.as_seq().is_some_and(|caches| caches.len() > CACHES) {
        reader.found(
            Code::OutOfRange,
            node.place,
            format!("`cache` takes {CACHES} caches at most"),
        );
    }
    for cache in node.flat() {
        CACHE.check(cache, "cache", reader);
        let Some(map) = cache.as_map() else {
            continue;
        };
        if let Some(policy) = map.given("policy").and_then(Node::as_str)
            && !policy.is_empty()
            && !["pull", "push", "$"]
                .iter()
                .any(|part| policy.contains(part))
        {
            let message = format!("`policy` is `{policy}`; it can be pull-push, push, pull");
            reader.found(Code::UnknownWord, cache.place, message);
        }
        if let Some(keys) = map.given("fallback_keys").and_then(Node::as_seq)
            && keys.len() > 5
        {
            reader.found(
                Code::OutOfRange,
                cache.place,
                "`fallback_keys` takes 5 keys at most",
            );
        }
        match map.given("key") {
            Some(key) if key.as_str().is_some() => cache_name(key, "key", reader),
            Some(key) => cache_key(key, reader),
            None => {}
        }
    }
}

/// A key is part of a path: no slash, and no dots alone.
fn cache_name(node: &Node, what: &str, reader: &mut Reader) {
    let text = node.as_str().unwrap_or_default();
    let dots = text.to_ascii_lowercase().replace("%2e", ".");
    if text.contains('/') || text.to_ascii_lowercase().contains("%2f") {
        reader.found(
            Code::BadName,
            node.place,
            format!("`{what}` may not have a `/`"),
        );
    } else if !dots.is_empty() && dots.chars().all(|c| c == '.') {
        reader.found(
            Code::BadName,
            node.place,
            format!("`{what}` may not be dots alone"),
        );
    }
}

fn cache_key(node: &Node, reader: &mut Reader) {
    let Some(map) = node.as_map() else {
        return;
    };
    let given = ["files", "files_commits"].map(|key| map.has(key));
    if given == [true, true] || given == [false, false] {
        let message = "`key` should have one of `files` and `files_commits`";
        reader.found(Code::MissingKey, node.place, message);
    }
    for key in ["files", "files_commits"] {
        if let Some(files) = map.get(key).and_then(Node::as_seq)
            && !(1..=2).contains(&files.len())
        {
            reader.found(
                Code::OutOfRange,
                node.place,
                format!("`{key}` takes one file or two"),
            );
        }
    }
    if let Some(prefix) = map.given("prefix") {
        cache_name(prefix, "prefix", reader);
    }
}

fn coverage(node: &Node, reader: &mut Reader) {
    let valid = match &node.value {
        Value::Str(text) => Pattern::parse(text).is_ok(),
        _ => false,
    };
    if !valid {
        let message = "`coverage` should be a pattern between slashes";
        reader.found(Code::BadRegex, node.place, message);
    }
}

/// A job with `trigger` names a project or a file.
fn trigger(node: &Node, reader: &mut Reader) {
    let blank = match &node.value {
        Value::Str(text) => text.trim().is_empty(),
        Value::Map(map) => map.given("project").is_none() && map.given("include").is_none(),
        _ => false,
    };
    if blank {
        reader.missing(node.place, "`trigger` should have `project` or `include`");
    }
    let Some(map) = node.as_map().filter(|map| map.has("include")) else {
        return;
    };
    let known = ["strategy", "include", "forward", "inputs"];
    reader.known_keys(map, "trigger", &known);
    if let Some(include) = map.given("include") {
        child(include, reader);
    }
}

/// Files that a child pipeline may be made of (`INCLUDE_MAX_SIZE`, 18.11).
const CHILD_FILES: usize = 3;

/// `trigger:include`: a path, or a list of paths and mappings.
fn child(node: &Node, reader: &mut Reader) {
    let includes = match &node.value {
        Value::Str(_) => return,
        Value::Seq(includes) => includes,
        _ => {
            let message = "`trigger:include` should be a path or a list";
            return reader.found(Code::WrongType, node.place, message);
        }
    };
    if includes.len() > CHILD_FILES {
        let message = format!("`trigger:include` takes {CHILD_FILES} files at most");
        reader.found(Code::OutOfRange, node.place, message);
    }
    for include in includes.iter() {
        let Value::Map(map) = &include.value else {
            if include.as_str().is_none() {
                let message = "each `include` of `trigger` should be a path or a mapping";
                reader.found(Code::WrongType, include.place, message);
            }
            continue;
        };
        reader.known_keys(map, "include", &CHILD_KEYS);
        for (key, wants) in [("artifact", "job"), ("project", "file")] {
            if map.given(key).is_some() && map.given(wants).is_none() {
                let message = format!("`{key}` of `trigger` wants `{wants}`");
                reader.found(Code::MissingKey, include.place, message);
            }
        }
    }
}

/// Keys of a file that a child pipeline is made of (`Entry::Include`, 18.11).
const CHILD_KEYS: [&str; 12] = [
    "local",
    "file",
    "remote",
    "project",
    "ref",
    "integrity",
    "template",
    "component",
    "artifact",
    "inputs",
    "job",
    "rules",
];

/// A whole number or a list of them.
pub(super) fn integers(node: &Node, what: &str, reader: &mut Reader) -> Vec<i64> {
    let items = match &node.value {
        Value::Seq(items) => items.as_ref(),
        _ => std::slice::from_ref(node),
    };
    let numbers: Option<Vec<i64>> = items
        .iter()
        .map(|item| match item.value {
            Value::Int(number) => i64::try_from(number).ok(),
            _ => None,
        })
        .collect();
    numbers.unwrap_or_else(|| {
        reader.found(
            Code::WrongType,
            node.place,
            format!("`{what}` should be whole numbers"),
        );
        Vec::new()
    })
}
