//! What our loader of pipelines gets is what Psych gets.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value as Json, json};
use windlass::config::{Node, Value, load_text};
use windlass::source::Source;

use super::ruby::read;

/// Values of every kind that YAML 1.1 reads in its own way.
const SCALARS: [&str; 84] = [
    "yes",
    "Yes",
    "on",
    "ON",
    "off",
    "no",
    "n",
    "y",
    "Y",
    "true",
    "TRUE",
    "null",
    "~",
    "010",
    "0o10",
    "08",
    "0x1F",
    "1_000",
    "1,000",
    "12:30",
    "12:30:45",
    "1.10",
    "1e3",
    "1e5",
    ".5",
    "+1",
    "0b11",
    ".inf",
    "1.",
    "2026-11-21",
    "2026-13-45",
    "=",
    "2026-11-21 10:00:00",
    ":foo",
    "':foo'",
    "0.30",
    "3.10",
    "1e1000",
    "685230.15",
    "190:20:30",
    "1_0.5",
    "0",
    "00",
    "-0",
    "123456789012345678901234567890",
    "1e10",
    "12e03",
    "7e8",
    "00123456",
    "0012348",
    "1:2",
    "docker:2375",
    "20:30",
    "60:60",
    "1.0e+3",
    "1.0e3",
    "-1:30",
    "1:30.5",
    "_1",
    "1_",
    "0x",
    "0b",
    "0b2",
    "+",
    "-.inf",
    ".nan",
    ".",
    "NULL",
    "Null",
    "nULL",
    "False",
    "oFF",
    "1..2",
    "::",
    ":a b",
    "!!str 1",
    "!!binary aGk=",
    "! x",
    "!foo bar",
    "''",
    "\"a\\tb\"",
    "12:3",
    "1,0.5",
    "0_1",
];

/// Whole texts: merges, aliases, duplicates, keys, documents.
const TEXTS: [&str; 54] = [
    "on: 1",
    "yes: {script: [x]}",
    "1: {script: [x]}",
    "~: 1",
    "null: 1",
    "1.5: a",
    "a: 1\na: 2",
    "a: &x [1]\nb: *x",
    "a: *x\nb: &x 1",
    "a: &x {k: 1, m: {p: 1}}\nb: {<<: *x, k: 2, m: {q: 1}}",
    "a: &x {k: 1}\nc: &y {k: 9, z: 3}\nb: {<<: [*x, *y]}",
    "a: &x [1]\nb: {<<: *x}",
    "a: &x {k: 1}\nb: {k: 2, <<: *x}",
    "a: &x {k: 1}\nd: &y {k: 5}\nb: {<<: *x, <<: *y}",
    "<<: {a: 1}",
    "'<<': {a: 1}",
    "script:\n  - echo \"a: b\"",
    "script:\n  - a:",
    "script:\n  - echo a:b",
    "a: |\n  x\n\n",
    "a: >-\n  x\n  y",
    "a: !ruby/object:Object {}",
    "--- \na: 1\n---\nb: 2",
    "- ? x",
    "a: 1\r\nb: 2\r\n",
    "a: &x {k: 1}\nl: &l [*x]\nb: {<<: *l, z: 1}",
    // Continuation lines of quoted texts, however they are indented.
    "a:\n  script:\n  - \"echo 1\n  two\"\n",
    "a: \"x\ny\"\nb: 'x\ny'\n",
    "a:\n  - - - \"x\ny\n\n z\"\n      - b\n",
    "a: 'x\n''y''\nz'\nb: it's\n",
    "a: \"x\n\\\"y\\\"\nz\"\n",
    "it's: \"x\ny\" # it's\nb: 1\n",
    "a: \"x\n\ty\"\n",
    "a: \"x\n\n\ny\"\nb: c\n",
    "a: \"x\\\ny\"\n",
    "a: {b: \"x\ny\",\nc: d\n}\n",
    "- \"x\ny\"\n- 'x\ny'\n- z\n",
    "? \"x\ny\"\n: \"x\ny\"\n",
    "a: \"x\n---\ny\"\n",
    "a: \"x\ny",
    "a: \"x\ny\" z\n",
    "a: \"x: 1\ny: 2\"\nb: \"- x\n- y\"\n",
    "a: \"é\né\"\nb: 'é\né'\n",
    "a: \"x\n# y\nz\"\n",
    // Comments without a space, tags that say nothing, and what stands behind a document.
    "a: [x]# c\nb: \"y\"# c\nc: {d: e}#\n",
    "a: \"x# y\"#z\n",
    "a: !x 1\nb: !x \"1\"\nc: !!int 1\nd: !x yes\n",
    "a: !!set\n",
    "a: 1\n...\nb: 2\n",
    "a:\n  b: 1\n...\n  c: [\n",
    " a: 1\n&x b: 2\n",
    "a: \"x\ny\"# c\n",
    "a: x# c\n",
    "a: 'x'#\n",
];

/// A value as `read.rb` prints it.
fn typed(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(number) => serde_json::from_str(&number.to_string()).unwrap(),
        Value::Float(number) => json!({ "Float": ruby_float(*number) }),
        Value::Str(text) => json!(&**text),
        Value::Symbol(text) => json!({ "Symbol": format!(":{}", symbol(text)) }),
        Value::Seq(items) | Value::Reference(items) => items.iter().map(typed).collect(),
        Value::Map(map) => {
            let mut out = Map::new();
            for (key, entry) in map.iter() {
                let name = match (key.is_string, &*key.text) {
                    (true, text) => text.to_owned(),
                    (false, "") => "NilClass: nil".to_owned(),
                    (false, "true") => "TrueClass: true".to_owned(),
                    (false, "false") => "FalseClass: false".to_owned(),
                    (false, text) if text.contains('.') => format!("Float: {text}"),
                    (false, text) => format!("Integer: {text}"),
                };
                out.insert(name, typed(&entry.value));
            }
            Json::Object(out)
        }
    }
}

fn ruby_float(number: f64) -> String {
    match number {
        n if n.is_nan() => "NaN".to_owned(),
        n if n.is_infinite() => if n > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        n if n.fract() == 0.0 => format!("{n:.1}"),
        n => n.to_string(),
    }
}

fn symbol(text: &str) -> String {
    match text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        true => text.to_owned(),
        false => format!("{text:?}"),
    }
}

/// Where we read otherwise, and why.
const DISAGREEMENTS: [(&str, &str); 1] = [(
    "a: !!binary aGk=",
    "the text stays as it is written: no pipeline has binary values",
)];

#[test]
fn every_text_is_loaded_as_by_psych() {
    let scalars = SCALARS.iter().map(|scalar| format!("a: {scalar}"));
    let texts: Vec<String> = scalars
        .chain(TEXTS.iter().map(|text| (*text).to_owned()))
        .collect();
    let mut wrong = Vec::new();
    for (text, psych) in texts.iter().zip(read(&texts)) {
        // What Psych refuses is printed as a text about the file.
        let psych = (psych.is_object() || psych.is_array()).then_some(psych);
        let ours = load_text(&Source::new("a", text.as_str()))
            .ok()
            .map(|node| typed(&node));
        let known = DISAGREEMENTS.iter().any(|(known, _)| known == text);
        if (ours == psych) == known {
            wrong.push(format!("{text:?}: Psych {psych:?}, ours {ours:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}: {wrong:#?}",
        wrong.len(),
        texts.len()
    );
}

/// A quoted text as YAML 1.2 wants it means the same with its lines indented by any other amount.
#[test]
fn continuation_lines_mean_the_same_at_every_indentation() {
    let lines = proptest::collection::vec("[a-z:#'-]{1,5}( [a-z\"]{1,3})?", 1..6);
    let texts = (lines, "[ ]{0,9}", 0_usize..4, proptest::bool::ANY);
    let mut runner = TestRunner::deterministic();
    let mut written = Vec::new();
    for _ in 0..500 {
        let (lines, indentation, depth, double) = texts.new_tree(&mut runner).unwrap().current();
        let quote = if double { '"' } else { '\'' };
        let line = |line: &String| match double {
            true => line.replace('"', "\\\""),
            false => line.replace('\'', "''"),
        };
        let lines: Vec<String> = lines.iter().map(line).collect();
        let list = "- ".repeat(depth);
        let text = lines.join(&format!("\n{indentation}"));
        written.push(format!(
            "a:\n  b: {quote}{text}{quote}\n  c:\n  {list}- d: {quote}{text}{quote}\nit's: x # '\"\n"
        ));
    }
    for (text, psych) in written.iter().zip(read(&written)) {
        let ours = load_text(&Source::new("a", text.as_str()));
        let ours = ours.ok().map(|node| typed(&node));
        let psych = psych.is_object().then_some(psych);
        assert_eq!(ours, psych, "{text}");
    }
}
