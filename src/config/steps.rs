//! The steps of `run`.
//!
//! In: the value of `run`. Out: reports. Always holds: what passes, GitLab's schema of steps passes.
//!
//! Facts: `app/validators/json_schemas/run_steps.json` (18.11).

use super::entry::Reader;
use super::shape::{Need, Shape};
use super::value::{Map, Node};
use crate::finding::Code;

use Need::{Free, Wanted};
use Shape::{AnyMap, Each, NonEmpty, Text, TextOr};

/// What a step does: one of these.
const ACTIONS: [&str; 3] = ["script", "step", "func"];

const STEP: Shape = Shape::Map(&[
    ("name", Text, Wanted),
    ("env", Each(&Text), Free),
    ("inputs", AnyMap, Free),
    ("script", NonEmpty(usize::MAX), Free),
    ("step", REFERENCE, Free),
    ("func", REFERENCE, Free),
]);

const REFERENCE: Shape = TextOr(&Shape::Map(&[
    (
        "git",
        Shape::Map(&[
            ("url", Text, Wanted),
            ("rev", Text, Wanted),
            ("dir", Text, Free),
            ("file", Text, Free),
        ]),
        Free,
    ),
    (
        "oci",
        Shape::Map(&[
            ("registry", Text, Wanted),
            ("repository", Text, Wanted),
            ("tag", Text, Wanted),
            ("dir", Text, Free),
            ("file", Text, Free),
        ]),
        Free,
    ),
]));

/// Checks the steps of a job.
pub(super) fn check(node: &Node, reader: &mut Reader) {
    let Some(steps) = node.as_seq() else {
        reader.found(
            Code::WrongType,
            node.place,
            "`run` should be a list of steps",
        );
        return;
    };
    for step in steps {
        STEP.check(step, "run", reader);
        if let Some(map) = step.as_map() {
            fits_together(map, step, reader);
        }
    }
}

/// What of a step fits together.
fn fits_together(step: &Map, node: &Node, reader: &mut Reader) {
    if let Some(name) = step.get("name")
        && name.as_str().is_some_and(|name| !is_word(name))
    {
        let message =
            "the name of a step should have letters, digits and `_` alone, and no digit first";
        reader.found(Code::BadName, name.place, message);
    }
    for key in ["env", "inputs"] {
        let entries = step.get(key).and_then(Node::as_map).into_iter();
        for (name, entry) in entries.flat_map(Map::iter) {
            if !is_word(&name.text) {
                let message = format!(
                    "`{}` of `{key}` should have letters, digits and `_` alone",
                    name.text
                );
                reader.found(Code::BadName, entry.key_place, message);
            }
        }
    }
    let mut actions = ACTIONS.into_iter().filter_map(|key| step.entry(key));
    match (actions.next(), actions.next()) {
        (None, _) => reader.missing(
            node.place,
            "a step of `run` should have `script`, `step` or `func`",
        ),
        (Some(_), None) => {}
        (Some(_), Some(second)) => reader.found(
            Code::Exclusive,
            second.key_place,
            "a step of `run` should have one of `script`, `step` and `func`",
        ),
    }
    if let Some(inputs) = step.entry("inputs").filter(|_| step.has("script")) {
        let message = "`inputs` may not stand beside `script` in a step of `run`";
        reader.found(Code::Exclusive, inputs.key_place, message);
    }
    for key in ["step", "func"] {
        let Some(map) = step.get(key).and_then(Node::as_map) else {
            continue;
        };
        if map.has("git") == map.has("oci") {
            let message = format!("`{key}` should have one of `git` and `oci`");
            reader.found(Code::Exclusive, node.place, message);
        }
    }
}

/// Whether it may name a step, a variable or an input.
fn is_word(name: &str) -> bool {
    let mut letters = name.chars();
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    letters.next().is_some_and(first) && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
