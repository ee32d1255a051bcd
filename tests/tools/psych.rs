//! Ruby's Psych, with the options that GitLab loads a configuration with.

use std::process::Command;

use serde_json::Value as Json;
use windlass::compile::Project;
use windlass::pipeline::{Mapping, Value};

use super::{examples, folder, pipeline, succeeds};
use crate::compiled;

/// What Psych gets from a committed pipeline; what is no JSON stands as text of another shape.
pub(crate) fn read(example: &str) -> Json {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/psych/read.rb");
    let path = folder(example).join(".gitlab-ci.yml");
    let output = succeeds(Command::new("ruby").arg(script).arg(path), "ruby");
    let read: Json = serde_json::from_str(&output).unwrap();
    assert!(read.is_object(), "{read}");
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
        other => panic!("not in an example: {other}"),
    }
}

fn mapping(of: &Mapping) -> Json {
    of.iter()
        .map(|(key, value)| (key.to_owned(), json(value)))
        .collect()
}

#[test]
fn psych_gets_what_was_planned() {
    for example in examples() {
        let root = folder(&example);
        let manifest = std::fs::read_to_string(root.join(compiled::MANIFEST)).unwrap();
        let lowered = compiled::compiled(&manifest, &Project { root })
            .lowered
            .unwrap();
        let document = lowered.pipeline.to_document();
        let mut planned = mapping(&document.globals);
        for job in document.sections.iter().flat_map(|section| &section.jobs) {
            planned[&job.name] = mapping(&job.keys);
        }
        let mut read = read(&example);
        read.as_object_mut()
            .unwrap()
            .retain(|key, _| !key.starts_with('.'));
        assert_eq!(read, planned, "{example}");
    }
}

#[test]
fn psych_gets_what_our_own_reading_gives() {
    for example in examples() {
        assert_eq!(
            read(&example),
            compiled::json(&pipeline(&example)),
            "{example}"
        );
    }
}
