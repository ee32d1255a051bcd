//! Reads written pipelines with the real reader.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value as Json;
use windlass::pipeline::{Document, Mapping, Value};

/// What Psych gets from each text.
pub(crate) fn read(texts: &[String]) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..texts.len())
        .map(|index| folder.path().join(format!("{index}.yml")))
        .collect();
    for (path, text) in paths.iter().zip(texts) {
        fs::write(path, text).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/psych/read.rb");
    let output = Command::new("ruby")
        .arg(script)
        .args(&paths)
        .output()
        .unwrap_or_else(|error| {
            panic!("ruby does not start ({error}): install the Debian package `ruby`")
        });
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let read: Vec<Json> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read.len(), texts.len());
    read
}

fn json(value: &Value) -> Json {
    match value.plain() {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Str(value) => value.as_str().into(),
        Value::Seq(items) => items.iter().map(json).collect(),
        Value::Map(map) => mapping(map),
        Value::Reference(path) => path.clone().into(),
        Value::Shared(_) => unreachable!("plain values are not shared"),
    }
}

/// A mapping as Psych hands it over.
pub(crate) fn mapping(mapping: &Mapping) -> Json {
    mapping
        .iter()
        .map(|(key, value)| (key.to_owned(), json(value)))
        .collect()
}

/// The first place where two values differ.
fn difference(path: &str, planned: &Json, read: &Json) -> Option<String> {
    match (planned, read) {
        (Json::Object(a), Json::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| {
                let null = Json::Null;
                let (a, b) = (a.get(key), b.get(key));
                let path = format!("{path}.{key:?}");
                match (a, b) {
                    (Some(a), Some(b)) => difference(&path, a, b),
                    _ => Some(format!(
                        "{path}: planned {:?}, read {:?}",
                        a.unwrap_or(&null),
                        b.unwrap_or(&null)
                    )),
                }
            })
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(at, (a, b))| difference(&format!("{path}[{at}]"), a, b)),
        (a, b) => (a != b).then(|| format!("{path}: planned {a}, read {b}")),
    }
}

/// Renders every document and panics unless Psych, and `verify`, read the planned values.
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn assert_read_back(documents: &[Document]) {
    let texts: Vec<String> = documents
        .iter()
        .map(|document| windlass::render::pipeline(document).unwrap())
        .collect();
    for (text, document) in texts.iter().zip(documents) {
        if let Err(mismatch) = windlass::verify::verify(text, document) {
            panic!("{mismatch}\n{text}");
        }
    }
    for ((read, document), text) in read(&texts).into_iter().zip(documents).zip(&texts) {
        let mut planned = mapping(&document.globals);
        let jobs = document.sections.iter().flat_map(|section| &section.jobs);
        for job in jobs {
            planned[&job.name] = mapping(&job.keys);
        }
        let mut read = read;
        if let Some(top) = read.as_object_mut() {
            top.retain(|key, _| !key.starts_with('.') || planned.get(key).is_some());
        }
        if let Some(difference) = difference("", &planned, &read) {
            let excerpt: String = text.chars().take(4_000).collect();
            panic!("{difference}\n{excerpt}");
        }
    }
}
