//! One key of the manifest, one change of the pipeline.
//!
//! `cases/*.txt` hold a manifest (`base`), and cases: a heading that names the key, what is merged
//! over the manifest, and, after `=>`, the lines by which the pipeline then differs. A line is a
//! path and a value as GitLab gets it; hidden jobs do not count. `WINDLASS_BLESS=1 cargo test
//! --test lowering` writes these lines anew: read them before you commit them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value as Json;
use serde_yaml::Value as Yaml;
use similar::{ChangeTag, TextDiff};

use crate::compiled::{Complete, files, json};

/// A case as it is written.
struct Case {
    heading: String,
    over: String,
    changes: String,
}

/// `over` merged into `base`: mappings merge, all else replaces.
fn merge(base: &mut Yaml, over: &Yaml) {
    match (base, over) {
        (Yaml::Mapping(base), Yaml::Mapping(over)) => {
            for (key, value) in over {
                match base.get_mut(key) {
                    Some(slot) => merge(slot, value),
                    None => drop(base.insert(key.clone(), value.clone())),
                }
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// The name of the function that begins on a line.
fn function(line: &str) -> Option<&str> {
    let (name, _) = line.split_once("() {")?;
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    name.bytes().all(word).then_some(name)
}

/// A value as lines: a path and a leaf each; lists have no numbers, so that one item more is one
/// line more.
fn lines(path: &str, value: &Json, out: &mut String) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            // In order of the alphabet: that of the text has no meaning.
            for (key, value) in map.iter().collect::<BTreeMap<_, _>>() {
                lines(&format!("{path}.{key}"), value, out);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                lines(&format!("{path}[]"), item, out);
            }
        }
        // Functions are tried by running them.
        Json::String(text)
            if text.lines().filter_map(function).count() > 0 && text.contains('\n') =>
        {
            let names = text.lines().filter_map(function);
            let names: Vec<&str> = names.collect();
            writeln!(out, "{path} (functions: {})", names.join(", ")).unwrap();
        }
        Json::String(text) if text.contains('\n') => {
            for line in text.lines() {
                writeln!(out, "{path} | {line}").unwrap();
            }
        }
        Json::String(text) => writeln!(out, "{path} {text}").unwrap(),
        other => writeln!(out, "{path} {other}").unwrap(),
    }
}

/// The text of a manifest: JSON is YAML in which every string is quoted.
fn text_of(manifest: &Yaml) -> String {
    serde_json::to_string_pretty(manifest).unwrap()
}

/// All that a manifest compiles to, as lines.
#[track_caller]
fn compiled(manifest: &Yaml) -> String {
    let mut out = String::new();
    let written = text_of(manifest);
    for (path, text) in files(&written, &Complete) {
        narrow(&written, &path, &text);
        if path == ".gitlab-ci.yml" {
            for (key, value) in json(&text).as_object().unwrap() {
                if !key.starts_with('.') {
                    lines(key, value, &mut out);
                }
            }
        } else if path.ends_with(".yml") {
            lines(&path, &json(&text), &mut out);
        } else {
            writeln!(out, "{path} is a file").unwrap();
        }
    }
    out
}

/// No line is wider than 120 characters, save those that a text of the manifest fills.
fn narrow(manifest: &str, path: &str, text: &str) {
    for line in text.lines().filter(|line| line.chars().count() > 120) {
        let own = line.split(|c: char| c.is_whitespace() || c == '"');
        let longest = own.max_by_key(|word| word.len()).unwrap_or_default();
        let by_hand = longest.len() > 60 || manifest.contains(line.trim_start_matches([' ', '-']));
        assert!(by_hand, "{path}: {line}");
    }
}

/// The lines of one that the other lacks.
fn changes(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let changed = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => return None,
        };
        Some(format!("{sign} {}", change.value()))
    });
    changed.collect()
}

fn parse(text: &str) -> (String, Vec<Case>) {
    let mut parts = text.split("\n## ");
    let base = parts.next().unwrap().to_owned();
    let cases = parts.map(|part| {
        let (heading, rest) = part.split_once('\n').unwrap();
        let (over, changes) = rest.split_once("=>\n").unwrap();
        Case {
            heading: heading.to_owned(),
            over: over.to_owned(),
            changes: changes.trim_end().to_owned(),
        }
    });
    (base, cases.collect())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/lowering/cases")
}

/// The manifests of all cases, with their names.
pub(super) fn manifests() -> Vec<(String, String)> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let (base, cases) = parse(&std::fs::read_to_string(&path).unwrap());
        let base: Yaml = serde_yaml::from_str(&base).unwrap();
        for case in cases {
            let mut manifest = base.clone();
            merge(&mut manifest, &serde_yaml::from_str(&case.over).unwrap());
            let name = format!("{}: {}", path.display(), case.heading);
            out.push((name, text_of(&manifest)));
        }
    }
    out
}

/// Runs the cases of one file.
#[track_caller]
fn run(name: &str) {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let (base_text, cases) = parse(&text);
    let base: Yaml = serde_yaml::from_str(&base_text).unwrap();
    let before = compiled(&base);
    let mut written = base_text.trim_end().to_owned() + "\n";
    let mut wrong = String::new();
    for case in &cases {
        let mut manifest = base.clone();
        let over: Yaml = serde_yaml::from_str(&case.over).unwrap();
        merge(&mut manifest, &over);
        let changes = changes(&before, &compiled(&manifest));
        let changes = changes.trim_end();
        assert!(!changes.is_empty(), "{name}: {}: no effect", case.heading);
        if changes != case.changes {
            let Case {
                heading,
                changes: expected,
                ..
            } = case;
            writeln!(wrong, "## {heading}\nexpected\n{expected}\nis\n{changes}\n").unwrap();
        }
        let Case { heading, over, .. } = case;
        writeln!(written, "\n## {heading}\n{over}=>\n{changes}").unwrap();
    }
    if std::env::var_os("WINDLASS_BLESS").is_some() {
        std::fs::write(path, written).unwrap();
    } else {
        assert!(wrong.is_empty(), "{name}:\n{wrong}");
    }
}

#[test]
fn builders() {
    run("builders.txt");
}

#[test]
fn group() {
    run("group.txt");
}

#[test]
fn docker() {
    run("docker.txt");
}

#[test]
fn kubernetes() {
    run("kubernetes.txt");
}

#[test]
fn registries_and_retention() {
    run("retention.txt");
}

#[test]
fn registries() {
    run("registries.txt");
}

#[test]
fn compose() {
    run("compose.txt");
}

#[test]
fn refs() {
    run("refs.txt");
}

#[test]
fn images() {
    run("images.txt");
}

#[test]
fn matrix_toolchains_and_rebuilds() {
    run("matrix.txt");
}

#[test]
fn tests_and_tasks() {
    run("tests.txt");
}

#[test]
fn environments() {
    run("environments.txt");
}

#[test]
fn dynamic_environments() {
    run("review.txt");
}

#[test]
fn drivers() {
    run("drivers.txt");
}

#[test]
fn common_keys() {
    run("common.txt");
}

#[test]
fn defaults() {
    run("defaults.txt");
}

#[test]
fn targets() {
    run("targets.txt");
}

#[test]
fn promotions() {
    run("promotions.txt");
}

#[test]
fn raw_keys_and_globals() {
    run("raw.txt");
}

/// Keys of the language that no case can show: `windlass` has one value, `made_for` is about windlass,
/// `includes_from` names a folder from which nothing is copied into the pipeline, `accept` is about findings,
/// `scripts` was removed, and `presets` names other manifests.
const WITHOUT_EFFECT: &[&str] = &[
    "windlass",
    "made_for",
    "includes_from",
    "accept",
    "scripts",
    "presets",
];

/// Every key that stands anywhere in a value.
fn keys(value: &Yaml, out: &mut BTreeSet<String>) {
    match value {
        Yaml::Mapping(map) => {
            for (key, value) in map {
                out.extend(key.as_str().map(str::to_owned));
                keys(value, out);
            }
        }
        Yaml::Sequence(items) => items.iter().for_each(|item| keys(item, out)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_language_has_a_case() {
    let mut written = BTreeSet::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for case in parse(&text).1 {
            keys(&serde_yaml::from_str(&case.over).unwrap(), &mut written);
        }
    }
    let mut known = BTreeSet::new();
    properties("", &windlass::manifest::schema(), &mut known);
    assert!(known.len() > 200, "{known:?}");
    let missing: Vec<&(String, String)> = known
        .iter()
        .filter(|(_, key)| !written.contains(key) && !WITHOUT_EFFECT.contains(&key.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    for key in WITHOUT_EFFECT {
        assert!(!written.contains(*key), "`{key}` has a case");
    }
}

/// The keys that a JSON schema knows, each with the definition that it belongs to.
fn properties(definition: &str, schema: &Json, out: &mut BTreeSet<(String, String)>) {
    match schema {
        Json::Object(map) => {
            for (name, value) in map {
                if name == "properties" {
                    let keys = value.as_object().unwrap().keys();
                    out.extend(keys.map(|key| (definition.to_owned(), key.clone())));
                }
                if name == "definitions" {
                    for (name, value) in value.as_object().unwrap() {
                        properties(name, value, out);
                    }
                } else {
                    properties(definition, value, out);
                }
            }
        }
        Json::Array(items) => items
            .iter()
            .for_each(|item| properties(definition, item, out)),
        _ => {}
    }
}

#[test]
fn tools() {
    run("tools.txt");
}
