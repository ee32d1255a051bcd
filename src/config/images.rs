//! `image` and `services`.
//!
//! Facts: `Entry::Image`, `Entry::Service` (18.11).

use super::entry::Reader;
use super::shape::Need::{Free, Wanted};
use super::shape::Shape::{
    self, Map, Name, NonEmpty, SomeWords, Text, TextOrNumber, TextOrTexts, Texts, Variables,
};
use super::value::{Located, Node, Value};
use crate::finding::Code;

const PULL_POLICIES: &[&str] = &["always", "never", "if-not-present"];

const IMAGE: Shape = Map(&[
    ("name", Name(usize::MAX), Wanted),
    ("entrypoint", Texts, Free),
    ("docker", DOCKER, Free),
    ("kubernetes", KUBERNETES, Free),
    ("pull_policy", SomeWords(PULL_POLICIES), Free),
]);

/// Options of the executors (`schemas/imageable/executor_opts.json`).
const DOCKER: Shape = Map(&[
    ("platform", NonEmpty(64), Free),
    ("user", NonEmpty(255), Free),
]);
const KUBERNETES: Shape = Map(&[("user", TextOrNumber, Free)]);

const SERVICE: Shape = Map(&[
    ("name", Name(usize::MAX), Wanted),
    ("alias", Text, Free),
    ("entrypoint", Texts, Free),
    ("command", TextOrTexts, Free),
    ("docker", DOCKER, Free),
    ("kubernetes", KUBERNETES, Free),
    ("pull_policy", SomeWords(PULL_POLICIES), Free),
    ("variables", Variables, Free),
]);

/// The name of an image.
pub(super) fn image(node: &Node, reader: &mut Reader) -> Option<Located<String>> {
    named(node, "image", &IMAGE, reader)
}

fn named(node: &Node, what: &str, shape: &Shape, reader: &mut Reader) -> Option<Located<String>> {
    match &node.value {
        Value::Str(name) if !name.trim().is_empty() => {
            Some(Located::new(name.to_string(), node.place))
        }
        Value::Map(map) => {
            shape.check(node, what, reader);
            let name = map.get("name")?;
            Some(Located::new(name.as_str()?.to_owned(), name.place))
        }
        _ => {
            let message = format!("`{what}` should be a name or a mapping");
            reader.found(Code::WrongType, node.place, message);
            None
        }
    }
}

/// The names of the services' images.
pub(super) fn services(node: &Node, reader: &mut Reader) -> Vec<Located<String>> {
    let Some(items) = node.as_seq() else {
        reader.found(Code::WrongType, node.place, "`services` should be a list");
        return Vec::new();
    };
    let mut names = Vec::new();
    for item in items {
        match &item.value {
            // GitLab makes no service of nothing.
            Value::Null => {}
            Value::Seq(_) => names.extend(services(item, reader)),
            _ => names.extend(named(item, "services", &SERVICE, reader)),
        }
    }
    names
}
