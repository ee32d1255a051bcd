//! Characters that few expect, at every place of a manifest and of a pipeline where a string may stand: line
//! and paragraph separators, byte order marks, controls, signs that YAML, shells and GitLab read otherwise.
//!
//! `compile` reads back all that it writes and compares it with what it meant to write; what differs is an
//! internal error, on which [`answer`] fails.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_yaml::Value;
use windlass::diff::diff;
use windlass::plan;

use crate::answer;
use crate::changes::MANIFESTS;
use crate::pipelines::{PIPELINES, read};

const TEXTS: &[&str] = &[
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\u{feff}",
    "\u{a0}",
    "\u{ad}",
    "\u{200b}",
    "\u{202e}",
    "\u{7f}",
    "\u{80}",
    "\u{9b}31m",
    "\u{0}",
    "\u{1}",
    "\u{b}",
    "\u{c}",
    "\u{1b}[2J",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{10ffff}",
    "\u{e000}",
    "e\u{301}",
    "\u{1f600}",
    "\r",
    "\r\n",
    "\n",
    "\n\n",
    "\n  \n",
    "\t",
    " ",
    "'",
    "\"",
    "`",
    "\\",
    "\\u2028",
    "$",
    "$$",
    "${",
    "$(x)",
    "%A%",
    "#",
    " #",
    ": ",
    "- ",
    "? ",
    "&a",
    "*a",
    "!x",
    "|",
    ">",
    "@",
    "$[[ inputs.a ]]",
    "$[[",
    "]]",
    "<<",
    "~",
    "=",
    "---",
    "...",
    "EOF",
    "*",
    "**",
    "?",
    "[",
    "{",
    "}",
];

/// How a text is put into a string.
#[derive(Debug, Clone, Copy)]
enum Into {
    Whole,
    Before,
    Behind,
    Within,
}

fn put(own: &str, text: &str, into: Into) -> String {
    let middle = own.char_indices().nth(own.chars().count() / 2);
    match into {
        Into::Whole => text.to_owned(),
        Into::Before => format!("{text}{own}"),
        Into::Behind => format!("{own}{text}"),
        Into::Within => match middle {
            Some((at, _)) => format!("{}{text}{}", &own[..at], &own[at..]),
            None => text.to_owned(),
        },
    }
}

/// Every string of a tree, keys too.
fn strings<'v>(value: &'v mut Value, found: &mut Vec<&'v mut String>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Sequence(items) => items.iter_mut().for_each(|item| strings(item, found)),
        Value::Mapping(map) => map.values_mut().for_each(|value| strings(value, found)),
        Value::Tagged(tagged) => strings(&mut tagged.value, found),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same tree with its mappings as lists of pairs, so that keys are strings like any others.
fn pairs(value: Value) -> Value {
    match value {
        Value::Mapping(map) => {
            let pair = |(key, value)| Value::Sequence(vec![pairs(key), pairs(value)]);
            let items = map.into_iter().map(pair).collect();
            let tagged = serde_yaml::value::TaggedValue {
                tag: serde_yaml::value::Tag::new("pairs"),
                value: Value::Sequence(items),
            };
            Value::Tagged(Box::new(tagged))
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(pairs).collect()),
        other => other,
    }
}

fn mappings(value: Value) -> Value {
    match value {
        Value::Tagged(tagged) if tagged.tag == "pairs" => {
            let mut map = serde_yaml::Mapping::new();
            let Value::Sequence(items) = tagged.value else {
                panic!("pairs are a list");
            };
            for pair in items {
                let Value::Sequence(pair) = pair else {
                    panic!("a pair is a list");
                };
                let [key, value] = <[Value; 2]>::try_from(pair).unwrap();
                map.insert(mappings(key), mappings(value));
            }
            Value::Mapping(map)
        }
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(mappings).collect()),
        other => other,
    }
}

/// Trees as lists of pairs.
fn trees(texts: &[String]) -> Vec<Value> {
    let trees = texts
        .iter()
        .filter_map(|text| serde_yaml::from_str(text).ok());
    // What this library can read and not write is left aside.
    let trees = trees.filter(|tree: &Value| serde_yaml::to_string(tree).is_ok());
    let trees: Vec<Value> = trees.map(pairs).collect();
    assert!(trees.len() > 30, "{}", trees.len());
    trees
}

static MANIFEST_TREES: LazyLock<Vec<Value>> = LazyLock::new(|| trees(&MANIFESTS));
static PIPELINE_TREES: LazyLock<Vec<Value>> = LazyLock::new(|| trees(&PIPELINES));

/// The text of a tree with one string changed.
fn changed(trees: &[Value], tree: Index, place: Index, text: &str, into: Into) -> String {
    let mut tree = trees[tree.index(trees.len())].clone();
    let mut all = Vec::new();
    strings(&mut tree, &mut all);
    if !all.is_empty() {
        let at = place.index(all.len());
        *all[at] = put(all[at], text, into);
    }
    serde_yaml::to_string(&mappings(tree)).unwrap()
}

fn place() -> impl Strategy<Value = (Index, Index, &'static str, Into)> {
    let into = select(vec![Into::Whole, Into::Before, Into::Behind, Into::Within]);
    (any::<Index>(), any::<Index>(), select(TEXTS), into)
}

/// Cases in CI; `PROPTEST_CASES` says another number.
fn cases(usual: u32) -> ProptestConfig {
    let given = std::env::var("PROPTEST_CASES").ok();
    let cases = given.and_then(|given| given.parse().ok()).unwrap_or(usual);
    ProptestConfig::with_cases(cases)
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// A manifest is compiled into files that read back as they were meant, or refused.
    #[test]
    fn manifests_with_any_text_are_answered((tree, at, text, into) in place()) {
        answer(&changed(&MANIFEST_TREES, tree, at, text, into));
    }

    /// A pipeline is planned, shown and compared, or refused.
    #[test]
    fn pipelines_with_any_text_are_answered((tree, at, text, into) in place()) {
        let before = serde_yaml::to_string(&mappings(PIPELINE_TREES[tree.index(PIPELINE_TREES.len())].clone()));
        let text = changed(&PIPELINE_TREES, tree, at, text, into);
        if let Some(config) = read(&text) {
            let classes = plan::classes(&config, "main");
            let few = &classes.situations[..classes.situations.len().min(4)];
            let plans = plan::plan_all(&config, few);
            plan::table(&config, &plans, &classes.left_out, plan::Style::default());
            let same = diff(&config, &config, "main");
            prop_assert!(same.effects.is_empty(), "{text}\n{:?}", same.effects);
            if let Some(before) = read(&before.unwrap()) {
                diff(&before, &config, "main");
            }
        }
    }
}
