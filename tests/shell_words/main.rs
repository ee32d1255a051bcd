//! Each text of the manifest that reaches generated shell: whatever stands there, either a finding
//! says so, or the programs of the job get exactly that text, with its variables replaced, and nothing
//! else runs. Real dash runs the jobs; the programs are stubs that record their arguments.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod cases;
#[path = "../compiled/mod.rs"]
mod compiled;
mod job;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use cases::{CASES, Case};
use compiled::{Complete, compiled, findings, json};
use proptest::prelude::*;
use serde_json::Value as Json;
use windlass::finding::{Location, Severity};
use windlass::manifest::words::{Text, readers, rows};

/// What stands for a text in a case, and the text of the first run.
const MARK: &str = "@@";
const PLAIN: &str = "mrk";

/// Whether a value is free text or has free keys, without looking into other records.
fn is_free(schema: &Json) -> bool {
    if schema["$ref"].is_string() || !schema["const"].is_null() {
        return false;
    }
    let is_string = |kind: &Json| kind == "string";
    let kinds = &schema["type"];
    is_string(kinds)
        || kinds
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(is_string))
        || schema["additionalProperties"].is_object()
        || ["anyOf", "oneOf"].iter().any(|of| {
            let choices = schema[*of].as_array();
            choices.is_some_and(|choices| choices.iter().any(is_free))
        })
        || schema["items"].is_object() && is_free(&schema["items"])
}

/// `Record.key` of every such value of the language.
fn free() -> BTreeSet<String> {
    let schema = windlass::manifest::schema();
    let records = schema["definitions"].as_object().unwrap().iter();
    let records = records.map(|(name, record)| (name.as_str(), record));
    let mut all = BTreeSet::new();
    for (name, record) in records.chain([("Manifest", &schema)]) {
        let choices = record["anyOf"].as_array().into_iter().flatten();
        for of in choices.chain([record]) {
            for (key, value) in of["properties"].as_object().into_iter().flatten() {
                if is_free(value) {
                    all.insert(format!("{name}.{key}"));
                }
            }
        }
    }
    all
}

fn classified() -> Vec<String> {
    let row = |(records, keys, _): &(&[&str], &[&str], &[Text])| -> Vec<String> {
        let of = |record: &&str| {
            let record = (*record).to_owned();
            keys.iter().map(move |key| format!("{record}.{key}"))
        };
        records.iter().flat_map(of).collect()
    };
    rows().flat_map(row).collect()
}

#[test]
fn every_free_text_of_the_language_is_classified_once() {
    let classified = classified();
    let once: BTreeSet<String> = classified.iter().cloned().collect();
    assert_eq!(once.len(), classified.len(), "a key stands twice");
    let free = free();
    assert!(free.len() > 100);
    let missing: Vec<_> = free.difference(&once).collect();
    assert!(
        missing.is_empty(),
        "src/manifest/words.rs lacks {missing:?}"
    );
    let gone: Vec<_> = once.difference(&free).collect();
    assert!(gone.is_empty(), "no free text: {gone:?}");
}

#[test]
fn every_text_that_a_program_gets_has_a_case() {
    let covered: BTreeSet<String> = CASES.iter().map(|case| case.key.to_owned()).collect();
    let silent = [
        Text::NoShell,
        Text::Script,
        Text::Plain,
        Text::ListedPath,
        Text::OwnPath,
    ];
    let reaches = |name: &String| {
        let (record, key) = name.split_once('.').unwrap();
        readers(record, key)
            .unwrap()
            .iter()
            .any(|text| !silent.contains(text))
    };
    let wanted: BTreeSet<String> = classified().into_iter().filter(reaches).collect();
    assert_eq!(covered, wanted);
}

/// The jobs of a case with a text in its place; `None` if an error is found, which then points at it.
fn jobs(case: &Case, text: &str) -> Option<String> {
    let [before, after] = case.around;
    let value = format!("{before}{text}{after}");
    let path = Json::from(format!("{value}/x")).to_string();
    let manifest = case.manifest.replace("@/@", &path);
    let manifest = manifest.replace(MARK, &Json::from(value).to_string());
    let compiled = compiled(&manifest, &Complete);
    let found = compiled.report.sorted();
    let errors: Vec<_> = found
        .iter()
        .filter(|finding| finding.code.severity() == Severity::Error)
        .collect();
    if errors.is_empty() {
        let files = compiled.files.unwrap().sealed(compiled::MANIFEST);
        let (_, text) = { files.iter() }
            .find(|(path, _)| path == ".gitlab-ci.yml")
            .unwrap();
        return Some(job::script(&json(text)));
    }
    let line = case.manifest.find(MARK).unwrap();
    let line = case.manifest[..line].matches('\n').count();
    let points = errors.iter().any(|finding| match finding.location {
        Location::Text(place) => {
            manifest[..place.span.start].matches('\n').count() == line && !finding.help.is_empty()
        }
        _ => false,
    });
    assert!(points, "{}: {text:?}: {:?}", case.key, findings(&compiled));
    None
}

/// The calls of a case with a plain text, run once.
fn plain_run(case: &Case) -> Vec<job::Call> {
    static RUNS: Mutex<BTreeMap<String, Vec<job::Call>>> = Mutex::new(BTreeMap::new());
    let id = format!("{:?} {}", case.around, case.manifest);
    if let Some(known) = RUNS.lock().unwrap().get(&id) {
        return known.clone();
    }
    let plain = jobs(case, PLAIN).unwrap_or_else(|| panic!("{}: `{PLAIN}` is refused", case.key));
    let calls = job::run(&plain);
    let reached = calls.iter().flatten().any(|word| word.contains(PLAIN));
    assert!(
        reached,
        "{}: it reaches no program: {calls:?}\n{plain}",
        case.key
    );
    RUNS.lock().unwrap().insert(id, calls.clone());
    calls
}

/// A text in a pattern of tags stands for itself, however it is quoted there.
fn unquote(calls: &mut [job::Call]) {
    let lists = |call: &&mut job::Call| call.first().is_some_and(|name| name == "images");
    for word in calls.iter_mut().filter(lists).flatten() {
        *word = word.replace("\\Q", "").replace("\\E", "");
    }
}

#[track_caller]
fn holds(case: &Case, text: &str) {
    let Some(script) = jobs(case, text) else {
        return;
    };
    let Some(expanded) = job::expanded(text).and_then(|text| (case.read)(&text)) else {
        return;
    };
    let mut calls = job::run(&script);
    unquote(&mut calls);
    calls.sort();
    // A job stops where a variable holds no tag; here it holds what shells read.
    let stopped = |call: &job::Call| call.iter().any(|word| word.starts_with("no tag: "));
    if calls.iter().any(stopped) {
        return;
    }
    let mut wanted = plain_run(case);
    for word in wanted.iter_mut().flatten() {
        *word = word.replace(PLAIN, &expanded);
    }
    unquote(&mut wanted);
    wanted.sort();
    assert_eq!(calls, wanted, "{}: {text:?}\n{script}", case.key);
}

/// What a shell, or a program, might take for something of its own.
const PIECES: [&str; 32] = [
    "a",
    "b",
    " ",
    "\"",
    "'",
    "$",
    "${",
    "}",
    "$$",
    "`",
    "$(canary)",
    "`canary`",
    ";canary;",
    "\n",
    "\t",
    "-",
    "--",
    "*",
    "?",
    "[a]",
    "\\",
    "|",
    "&",
    ">",
    "<",
    "#",
    "~",
    "!",
    "%s",
    "${A}",
    "$A",
    "${A:-b}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_get_what_is_written(
        case in 0..CASES.len(),
        pieces in proptest::collection::vec(0..PIECES.len(), 1..6),
    ) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        holds(&CASES[case], &text);
    }
}

#[test]
fn what_was_read_otherwise_once() {
    for text in [
        "x${Y",
        "-x",
        "npm rc,src=/etc/passwd",
        "$(canary)",
        "a'; canary; '",
        "a\nb",
        "${A:-`canary`}",
        "`${A:-b}$$b",
        "$A?--*'",
        "${A}",
    ] {
        for case in CASES {
            holds(case, text);
        }
    }
}

#[test]
fn a_clean_up_deletes_nothing_else_than_the_like_of_a_tag() {
    let manifest =
        "windlass: 1\nimages: {app: {also_tag: [v$VERSION], retention: {older_than: 1 week}}}\n";
    let script = job::script(&compiled::pipeline(manifest));
    for (version, runs) in [
        ("1.2", true),
        ("|latest", false),
        ("a\nlatest", false),
        (".*", false),
        ("", false),
    ] {
        let calls = job::run_with(&script, "VERSION", version);
        let deletes = calls.iter().any(|call| call[0] == "delete");
        assert_eq!(deletes, runs, "{version:?}: {calls:?}\n{script}");
    }
}
