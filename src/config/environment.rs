//! `environment`.
//!
//! Facts: `Entry::Environment` (18.11).

use super::entry::Reader;
use super::model::{Action, Environment};
use super::value::{Located, Map, Node, Value};
use crate::gitlab::names;

const KEYS: [&str; 7] = [
    "name",
    "url",
    "action",
    "on_stop",
    "auto_stop_in",
    "kubernetes",
    "deployment_tier",
];

/// Reads a job's environment.
pub(super) fn read(node: &Node, reader: &mut Reader) -> Option<Environment> {
    let none = Map::default();
    let (map, name) = match &node.value {
        Value::Str(_) => (&none, Some(node)),
        Value::Map(map) => (&**map, map.given("name")),
        _ => {
            let message = "`environment` should be a name or a mapping";
            reader.report(node.place, message);
            return None;
        }
    };
    reader.known_keys(map, "environment", &KEYS);
    let name = match name {
        Some(name) => reader.string(name, "environment:name"),
        None => {
            reader.missing(node.place, "`environment` should have `name`");
            None
        }
    };
    if let Some(name) = &name
        && let Err(error) = names::environment(name)
    {
        reader.report(name.place, format!("`environment:name` {error}"));
    }
    let mut text = |key: &str| {
        let node = map.given(key)?;
        reader.string(node, key)
    };
    let on_stop = text("on_stop");
    let auto_stop_in = text("auto_stop_in").map(|text| text.value);
    let url = text("url");
    if url.is_some_and(|url| url.chars().count() > 255) {
        reader.report(node.place, "`environment:url` has 255 characters at most");
    }
    let action = map.given("action").and_then(|node| {
        let words = ["start", "stop", "prepare", "verify", "access"];
        reader.word(node, "action", &words)
    });
    // A tier that GitLab does not know is taken here and refused when the job is created.
    let tier = map
        .given("deployment_tier")
        .and_then(|node| reader.string(node, "deployment_tier"))
        .map(|tier| tier.value);
    if let Some(node) = map.given("kubernetes")
        && let Some(map) = reader.map(node, "kubernetes")
    {
        let known = [
            "namespace",
            "agent",
            "flux_resource_path",
            "dashboard",
            "managed_resources",
        ];
        reader.known_keys(map, "kubernetes", &known);
    }
    let Located { value, place } = name?;
    Some(Environment {
        name: value,
        action: action
            .and_then(|word| Action::parse(&word))
            .unwrap_or_default(),
        on_stop,
        auto_stop_in,
        tier,
        place,
    })
}
