//! Everything that is written means the same to the reader that counts: Ruby's Psych, by which
//! GitLab loads its configuration.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by a panic, also in a function that several tests use"
)]

#[path = "psych/documents.rs"]
mod documents;
#[path = "psych/loader.rs"]
mod loader;
#[path = "psych/memory.rs"]
mod memory;
#[path = "psych/ruby.rs"]
mod ruby;
#[path = "psych/strings.rs"]
mod strings;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use strings::{Random, VALUES};
use windlass::pipeline::{Document, Holder, Mapping, Section, Shared, Union, Value, WrittenJob};
use windlass::render;
use windlass::verify::verify;

/// How many strings one document holds.
const BATCH: usize = 4_000;

fn document(variables: Mapping, jobs: Vec<(&str, Mapping)>) -> Document {
    let jobs = jobs.into_iter().map(|(name, keys)| WrittenJob {
        name: name.into(),
        comment: String::new(),
        bases: vec![],
        keys,
    });
    Document {
        globals: Mapping::from_iter([("variables", variables)]),
        bases: vec![],
        sections: vec![Section {
            title: "Strings: \u{85}all".into(),
            jobs: jobs.collect(),
        }],
    }
}

/// Every string as a key and a value of a mapping, in lists, in mappings in lists, in lists on
/// one line, and behind an anchor.
fn everywhere(strings: &[String]) -> Document {
    let text = |text: &String| Value::from(text.as_str());
    let keys = || strings.iter().filter(|key| *key != "<<");
    let list = |of: &[String]| Value::Seq(of.iter().map(text).collect());
    let entries: Mapping = keys().map(|key| (key.as_str(), key.as_str())).collect();
    let rules = keys().map(|key| {
        let variables = Mapping::from_iter([(key.as_str(), key.as_str())]);
        Value::Map(Mapping::from_iter([
            ("if", text(key)),
            ("variables", Value::Map(variables)),
        ]))
    });
    let nested = strings
        .chunks(2)
        .map(|pair| Value::Seq(vec![list(pair), list(pair)]));
    let jobs: Mapping = strings
        .chunks(3)
        .enumerate()
        .map(|(at, some)| {
            let flow = Mapping::from_iter([("needs", list(some)), ("command", list(some))]);
            (format!("k{at}"), flow)
        })
        .collect();
    let shared: Mapping = strings
        .iter()
        .step_by(8)
        .enumerate()
        .map(|(at, string)| {
            let shared = Shared {
                holder: Holder::Refs(Union {
                    sets: vec![string.clone()],
                    when: None,
                }),
                key: "key".into(),
                value: Box::new(text(string)),
            };
            (format!("k{at}"), vec![shared.clone().into(), shared.into()])
        })
        .collect();
    document(
        entries,
        vec![
            ("script", Mapping::from_iter([("script", list(strings))])),
            (
                "rules",
                Mapping::from_iter([("rules", Value::Seq(rules.collect()))]),
            ),
            (
                "nested",
                Mapping::from_iter([("script", Value::Seq(nested.collect()))]),
            ),
            ("flow", jobs),
            ("shared", shared),
        ],
    )
}

fn assert_strings_survive(mut strings: Vec<String>) {
    strings.sort();
    strings.dedup();
    let documents: Vec<Document> = strings.chunks(BATCH).map(everywhere).collect();
    ruby::assert_read_back(&documents);
}

#[test]
fn short_strings_survive() {
    let strings = strings::short();
    assert!(strings.len() > 60_000);
    assert_strings_survive(strings);
}

#[test]
fn awkward_strings_survive() {
    let mut random = Random(2018);
    let mut strings: Vec<String> = VALUES.iter().map(|&value| value.to_owned()).collect();
    strings.resize_with(100_000, || random.string());
    assert_strings_survive(strings);
}

#[test]
fn every_character_survives() {
    let planes = (1..0x1_0000).chain((0x1_0000..=0x10_ffff).step_by(0x3ff));
    let characters = planes.filter_map(char::from_u32);
    let strings: Vec<String> = characters
        .flat_map(|c| [format!("{c}"), format!("a{c}\nb")])
        .collect();
    let list = Value::list(strings);
    let keys = Mapping::from_iter([("script", list)]);
    ruby::assert_read_back(&[document(Mapping::new(), vec![("characters", keys)])]);
}

#[test]
fn merges_and_aliases_survive() {
    let mut runner = TestRunner::deterministic();
    let strategy = documents::document();
    let documents: Vec<Document> = (0..400)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect();
    let texts = documents.iter().map(|d| render::pipeline(d).unwrap());
    let merging = texts.filter(|text| text.contains("<<: [*") && text.contains(": *"));
    assert!(merging.count() > 20, "the documents hardly share anything");
    ruby::assert_read_back(&documents);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rendered_document_is_the_planned_one(planned in documents::document()) {
        let text = render::pipeline(&planned).unwrap();
        let read = verify(&format!("# header\n\n{text}"), &planned);
        prop_assert!(read.is_ok(), "{:?}\n{}", read, text);
        prop_assert_eq!(render::pipeline(&planned).unwrap(), text);
    }
}
