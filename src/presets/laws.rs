//! A manifest that is cut in two, and put together again.

use std::path::Path;

use proptest::prelude::*;
use serde_yaml::{Mapping, Value};

use super::merge::KINDS;
use super::{Origin, compose, entries};
use crate::check::Files;
use crate::compile::compile;
use crate::files::Unread;
use crate::finding::{Code, Report};
use crate::manifest::{
    self,
    common::{Common, Entity as _},
};
use crate::source::{Node, Source, Span};

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

/// Cuts a list of entries: the first ones go into the preset, one may be cut itself if it is `divisible`, the others
/// stay.
fn cut(
    all: &Mapping,
    at: usize,
    divisible: impl Fn(&str) -> bool,
    inside: &[bool],
) -> (Mapping, Mapping) {
    let (mut under, mut over) = (Mapping::new(), Mapping::new());
    for (number, (key, value)) in all.iter().enumerate() {
        match (number.cmp(&at), value) {
            (std::cmp::Ordering::Less, _) => drop(under.insert(key.clone(), value.clone())),
            (std::cmp::Ordering::Equal, Value::Mapping(keys))
                if divisible(key.as_str().unwrap_or_default()) =>
            {
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
                    // Of what `defaults` holds for all kinds each value is taken as a whole.
                    let divisible = |key: &str| {
                        !whole && !NAMES.contains(&name) && (name != "defaults" || KINDS.contains(&key))
                    };
                    let (under, over) = cut(entries, *at, divisible, inside);
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

/// A project with several presets.
struct Presets(Vec<String>);

impl Files for Presets {
    fn exists(&self, _: &str) -> bool {
        true
    }

    fn text(&self, path: &str) -> Result<String, Unread> {
        let number: usize = path.parse().map_err(|_| Unread::Absent)?;
        self.0.get(number).cloned().ok_or(Unread::Absent)
    }

    fn pins_presets(&self) -> bool {
        false
    }
}

/// The paths of all values of a tree, and where their keys stand.
fn paths(node: &Node, above: &str, out: &mut Vec<(String, Span)>) {
    for entry in entries(node) {
        let path = format!("{above}{}", entry.key.value);
        out.push((path.clone(), entry.key.span));
        paths(&entry.value, &format!("{path}."), out);
    }
}

/// Keys of each way to merge, and values that fit and do not fit.
const VALUES: [(&str, &[&str]); 7] = [
    ("gitlab", &["'18.0'", "'17.0'", "null", "[a]"]),
    (
        "include",
        &["[{local: a}]", "[{local: b}]", "null", "{a: 1}"],
    ),
    (
        "variables",
        &["{A: '1'}", "{A: null, B: '2'}", "null", "{B: {value: x}}"],
    ),
    (
        "refs",
        &[
            "{m: {branches: [a]}}",
            "{m: {tags: [b]}}",
            "{m: null}",
            "{m: 3}",
        ],
    ),
    (
        "tools",
        &[
            "{git: a, kubectl: b}",
            "{git: c}",
            "{git: null}",
            "x",
            "!t {git: d}",
        ],
    ),
    (
        "tests",
        &[
            "{t: {image: a, variables: {A: '1'}}}",
            "{t: {script: b, variables: {B: '2', A: null}}}",
            "{t: null}",
            "{t: [a], u: {retry: 1}}",
            "null",
            "{t: {retry: {max: 1}}, u: null}",
        ],
    ),
    (
        "defaults",
        &[
            "{timeout: 1h, tests: {image: a, retry: 2}}",
            "{tests: {retry: null, variables: {C: '3'}}}",
            "{tests: null}",
            "{timeout: null, retry: 1}",
        ],
    ),
];

proptest! {
    /// Each value of the merged tree is said to come from where it stands, and nothing else is said to be in effect.
    #[test]
    fn an_origin_is_a_place_of_the_merged_tree(
        files in prop::collection::vec(prop::collection::vec(prop::option::of(0_usize..6), VALUES.len()), 1..5),
    ) {
        let text = |values: &Vec<Option<usize>>| {
            let said = values.iter().zip(VALUES).filter_map(|(value, (key, all))| {
                Some(format!("{key}: {}\n", all.get((*value)?)?))
            });
            format!("windlass: 1\n{}", said.collect::<String>())
        };
        let mut texts: Vec<String> = files.iter().map(text).collect();
        let own = texts.pop().unwrap_or_default();
        let names: Vec<String> = (0..texts.len()).map(|number| format!("'{number}'")).collect();
        let own = format!("{own}presets: [{}]\n", names.join(", "));
        let composed = compose(&Source::new("m", own.clone()), &Presets(texts.clone()), &mut Report::default());
        let mut merged = Vec::new();
        paths(composed.root.as_ref().unwrap(), "", &mut merged);
        for (path, key) in &merged {
            let origin = composed.origin(path);
            let Some(origin) = origin else {
                return Err(TestCaseError::fail(format!("{path} has no origin\n{own}{texts:#?}")));
            };
            let (file, at) = composed.source.locate(key.start);
            let value = origin.values.first().unwrap();
            prop_assert_eq!((&*value.file, value.line, &value.path), (file, at.line, path), "{}{:#?}", own, texts);
            for hidden in &origin.instead_of {
                prop_assert!(!origin.values.contains(hidden), "{}", path);
            }
        }
        // A path of one of the files need not be in the merged tree.
        let mut all = Vec::new();
        composed.layers.iter().for_each(|layer| paths(layer, "", &mut all));
        for (path, _) in all {
            let is_own = |origin: &Origin| origin.values.iter().any(|value| value.path == path);
            let says = composed.origin(&path).is_some_and(|origin| is_own(&origin));
            prop_assert_eq!(says, merged.iter().any(|(known, _)| *known == path), "{}\n{}{:#?}", path, own, texts);
        }
    }
}

/// What an entity takes over from `defaults` is what its origin names.
#[test]
fn an_origin_in_defaults_is_what_the_entity_takes_over() {
    let all = [
        ("refs", "[x]"),
        ("runner_tags", "[x]"),
        ("retry", "1"),
        ("timeout", "1h"),
        ("interruptible", "false"),
    ];
    let defaults = all.map(|(key, value)| format!("{key}: {value}")).join(", ");
    for (kind, keys) in [
        ("images", "role: app"),
        ("images", "role: production"),
        ("tests", ""),
        ("tasks", ""),
        ("environments", ""),
        ("promotions", ""),
    ] {
        let text = format!("windlass: 1\ndefaults: {{{defaults}}}\n{kind}: {{e: {{{keys}}}}}\n");
        let composed = compose(
            &Source::new("m", text.clone()),
            &Presets(Vec::new()),
            &mut Report::default(),
        );
        let manifest =
            manifest::read(composed.root.as_ref().unwrap(), &mut Report::default()).unwrap();
        let is_set = |key: &str| {
            let of = |common: Common<'_>| match key {
                "refs" => common.refs.at().is_some(),
                "runner_tags" => common.runner_tags.at().is_some(),
                "retry" => common.retry.at().is_some(),
                "timeout" => common.timeout.at().is_some(),
                _ => common.interruptible.at().is_some(),
            };
            match kind {
                "images" => of(manifest.images.get().unwrap().get("e").unwrap().common()),
                "tests" => of(manifest.tests.get().unwrap().get("e").unwrap().common()),
                "tasks" => of(manifest.tasks.get().unwrap().get("e").unwrap().common()),
                "environments" => of(manifest
                    .environments
                    .get()
                    .unwrap()
                    .get("e")
                    .unwrap()
                    .common()),
                _ => of(manifest
                    .promotions
                    .get()
                    .unwrap()
                    .get("e")
                    .unwrap()
                    .common()),
            }
        };
        for (key, _) in all {
            let origin = composed.origin(&format!("{kind}.e.{key}"));
            assert_eq!(origin.is_some(), is_set(key), "{key} of {text}");
        }
    }
}
