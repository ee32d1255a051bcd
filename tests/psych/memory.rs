//! The memory that `verify` tells is what Ruby says, or a little more.

use std::process::Command;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use windlass::check::Files;
use windlass::compile::compile;
use windlass::pipeline::{Document, Mapping, Value};
use windlass::source::Source;
use windlass::{render, verify};

use crate::documents;

struct Everything;

impl Files for Everything {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

/// What Ruby and `verify` count for each document.
fn counted(documents: &[Document]) -> Vec<(usize, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("ruby");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/psych/size.rb"));
    let mut told = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let text = render::pipeline(document).unwrap();
        told.push(verify::verify(&text, document).unwrap().memory);
        let path = folder.path().join(format!("{index}.yml"));
        std::fs::write(&path, text).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let ruby: Vec<usize> = lines.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(ruby.len(), told.len());
    ruby.into_iter().zip(told).collect()
}

fn examples() -> Vec<Document> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let entries = std::fs::read_dir(folder).unwrap();
    let manifests = entries.map(|entry| entry.unwrap().path().join("windlass.yml"));
    let manifests = manifests.filter(|path| path.exists());
    let pipeline = |path| {
        let source = Source::new("windlass.yml", std::fs::read_to_string(path).unwrap());
        let compiled = compile(&source, &Everything).unwrap();
        compiled.lowered.unwrap().pipeline.to_document()
    };
    manifests.map(pipeline).collect()
}

#[test]
fn the_memory_of_an_example_is_what_ruby_counts() {
    let examples = examples();
    assert!(examples.len() > 4, "{} examples", examples.len());
    for (ruby, told) in counted(&examples) {
        assert!((ruby..=ruby * 5 / 4).contains(&told), "{told}, Ruby {ruby}");
    }
}

#[test]
fn no_document_takes_more_memory_than_is_told() {
    let mut runner = TestRunner::deterministic();
    let strategy = documents::document();
    let tree = |_| strategy.new_tree(&mut runner).unwrap().current();
    let documents: Vec<Document> = (0..100).map(tree).collect();
    for (ruby, told) in counted(&documents) {
        assert!((ruby..=ruby * 2).contains(&told), "{told}, Ruby {ruby}");
    }
}

/// Texts, lists and mappings around each size at which Ruby takes another kind of room.
#[test]
fn every_size_is_told() {
    let document = |value: Value| Document {
        globals: Mapping::from_iter([("variables", value)]),
        ..Document::default()
    };
    let texts = [0, 15, 16, 23, 24, 55, 56, 135, 136, 615, 616, 5_000];
    let texts = texts.map(|length| document(Value::from("x".repeat(length).as_str())));
    let sizes = [
        1, 3, 4, 8, 9, 16, 17, 20, 21, 37, 38, 64, 65, 128, 129, 300, 1_000,
    ];
    let lists = sizes.map(|size| document(Value::list(vec!["x"; size])));
    let mappings = sizes.map(|size| {
        let keys = (0..size).map(|key| (key.to_string(), Value::from(true)));
        document(Value::Map(keys.collect()))
    });
    let documents: Vec<Document> = texts.into_iter().chain(lists).chain(mappings).collect();
    for (at, (ruby, told)) in counted(&documents).into_iter().enumerate() {
        assert!(
            (ruby..=ruby + 200).contains(&told),
            "{at}: {told}, Ruby {ruby}"
        );
    }
}
