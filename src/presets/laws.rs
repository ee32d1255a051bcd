//! A manifest that is cut in two, and put together again.

use std::path::Path;

use proptest::prelude::*;
use serde_yaml::{Mapping, Value};

use crate::check::Files;
use crate::compile::compile;
use crate::files::Unread;
use crate::finding::Code;
use crate::source::Source;

/// A project with one preset that has every file.
struct With(String);

impl Files for With {
    fn exists(&self, _: &str) -> bool {
        true
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        match path {
            "p.yml" => Ok(self.0.clone()),
            _ => Err(Unread::Absent),
        }
    }

    fn pins_presets(&self) -> bool {
        false
    }
}

/// What a manifest compiles to, and what is said about it; positions aside.
fn compiled(manifest: &str, preset: &str) -> (Vec<String>, Vec<(Code, String)>) {
    let source = Source::new("windlass.yml", manifest);
    let compiled = compile(&source, &With(preset.to_owned())).unwrap();
    let files = compiled
        .files
        .unwrap_or_else(|| panic!("{:#?}\n{manifest}\n{preset}", compiled.report.sorted()));
    let found = compiled.report.sorted().into_iter();
    let found = found.filter(|found| found.code != Code::Unused);
    let mut found: Vec<_> = found
        .map(|found| (found.code, found.message.clone()))
        .collect();
    found.sort_by(|a, b| (a.0.as_str(), &a.1).cmp(&(b.0.as_str(), &b.1)));
    let bodies = files.files.into_iter().map(|file| file.body);
    (bodies.collect(), found)
}

/// Cuts a list of entries: the first ones go into the preset, one may be cut itself, the others stay.
fn cut(all: &Mapping, at: usize, whole: bool, inside: &[bool]) -> (Mapping, Mapping) {
    let (mut under, mut over) = (Mapping::new(), Mapping::new());
    for (number, (key, value)) in all.iter().enumerate() {
        match (number.cmp(&at), value) {
            (std::cmp::Ordering::Less, _) => drop(under.insert(key.clone(), value.clone())),
            (std::cmp::Ordering::Equal, Value::Mapping(keys)) if !whole => {
                let (mut lower, mut upper) = (Mapping::new(), Mapping::new());
                for (number, (key, value)) in keys.iter().enumerate() {
                    let side = match inside.get(number % inside.len().max(1)) {
                        Some(true) => &mut lower,
                        _ => &mut upper,
                    };
                    side.insert(key.clone(), value.clone());
                }
                under.insert(key.clone(), Value::Mapping(lower));
                over.insert(key.clone(), Value::Mapping(upper));
            }
            _ => drop(over.insert(key.clone(), value.clone())),
        }
    }
    (under, over)
}

const EXAMPLES: [&str; 6] = [
    "facile",
    "services",
    "review-apps",
    "build-and-tag",
    "distributions",
    "retention",
];

/// The keys whose entries may be cut themselves.
const ENTITIES: [&str; 7] = [
    "registries",
    "images",
    "tests",
    "tasks",
    "environments",
    "promotions",
    "defaults",
];

/// The keys that are merged by name or by key, and no deeper.
const NAMES: [&str; 8] = [
    "variables",
    "refs",
    "jobs",
    "tools",
    "docker",
    "kubernetes",
    "compose",
    "pipeline",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// A manifest that is cut at any places of the table compiles to the same files as a whole.
    #[test]
    fn a_manifest_in_two_parts_is_the_same_manifest(
        example in 0..EXAMPLES.len(),
        cuts in prop::collection::vec((0usize..3, 0usize..5, any::<bool>(), prop::collection::vec(any::<bool>(), 1..6)), 30),
    ) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(EXAMPLES[example]);
        let text = std::fs::read_to_string(path.join("windlass.yml")).unwrap();
        let mut value: Value = serde_yaml::from_str(&text).unwrap();
        value.apply_merge().unwrap();
        let Value::Mapping(all) = value else { panic!("{text}") };
        let (mut preset, mut own) = (Mapping::new(), Mapping::new());
        for mapping in [&mut preset, &mut own] {
            mapping.insert("windlass".into(), 1.into());
        }
        own.insert("presets".into(), "p.yml".into());
        for ((key, value), (where_to, at, whole, inside)) in all.iter().zip(&cuts) {
            let name = key.as_str().unwrap();
            if name == "windlass" {
                continue;
            }
            match (where_to, value) {
                (0, _) => drop(preset.insert(key.clone(), value.clone())),
                (1, Value::Mapping(entries)) if ENTITIES.contains(&name) || NAMES.contains(&name) => {
                    let whole = *whole || NAMES.contains(&name);
                    let (under, over) = cut(entries, *at, whole, inside);
                    preset.insert(key.clone(), Value::Mapping(under));
                    own.insert(key.clone(), Value::Mapping(over));
                }
                _ => drop(own.insert(key.clone(), value.clone())),
            }
        }
        let text = |mapping: &Mapping| serde_yaml::to_string(mapping).unwrap();
        let one = compiled(&text(&all), "");
        let two = compiled(&text(&own), &text(&preset));
        prop_assert_eq!(one, two, "{}\n---\n{}", text(&own), text(&preset));
    }
}
