//! `environment`.
//!
//! Facts: `Entry::Environment` (18.11).

use super::entry::Reader;
use super::model::{Action, Environment};
use super::shape::Need::{Free, Wanted};
use super::shape::Shape::{self, Any, Flag, NonEmpty, Text};
use super::value::{Located, Map, Node, Value};
use crate::finding::Code;
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

const KUBERNETES: Shape = Shape::Map(&[
    ("namespace", Text, Free),
    ("agent", Text, Free),
    ("flux_resource_path", Text, Free),
    ("dashboard", Any, Free),
    ("managed_resources", MANAGED_RESOURCES, Free),
]);

/// `schemas/kubernetes/dashboard.json` and `managed_resources.json`.
const DASHBOARD: Shape = Shape::Map(&[
    ("namespace", NonEmpty(63), Wanted),
    ("flux_resource_path", NonEmpty(255), Free),
]);
const MANAGED_RESOURCES: Shape = Shape::Map(&[("enabled", Flag, Free)]);

/// `environment:kubernetes` (`Entry::Kubernetes`, 18.11).
fn kubernetes(node: &Node, reader: &mut Reader) {
    KUBERNETES.check(node, "kubernetes", reader);
    let Some(map) = node.as_map() else {
        return;
    };
    if map.is_empty() {
        reader.found(Code::Empty, node.place, "`kubernetes` should not be empty");
    }
    let filled = |map: &Map, key: &str| map.given(key).is_some_and(|node| !is_blank(node));
    let flux = filled(map, "flux_resource_path");
    let dashboard = map.given("dashboard").filter(|node| !is_blank(node));
    if let Some(dashboard) = dashboard {
        DASHBOARD.check(dashboard, "dashboard", reader);
    }
    let managed = map.given("managed_resources");
    let manages = managed.and_then(|node| node.get("enabled")?.as_bool()) == Some(true);
    if (flux || dashboard.is_some() || manages) && !filled(map, "agent") {
        let message = "`kubernetes` should have `agent` beside `dashboard`, `flux_resource_path` \
                       and `managed_resources`";
        reader.found(Code::MissingKey, node.place, message);
    }
    if flux && !filled(map, "namespace") {
        let message = "`kubernetes` should have `namespace` beside `flux_resource_path`";
        reader.found(Code::MissingKey, node.place, message);
    }
    for key in ["namespace", "flux_resource_path"] {
        let twice = dashboard
            .and_then(Node::as_map)
            .is_some_and(|map| filled(map, key));
        if filled(map, key) && twice {
            let message = format!("`{key}` stands in `kubernetes` and in its `dashboard`");
            reader.found(Code::Exclusive, node.place, message);
        }
    }
}

/// What Rails calls `blank?`.
fn is_blank(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => true,
        Value::Str(text) => text.trim().is_empty(),
        Value::Seq(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

/// Reads a job's environment.
pub(super) fn read(node: &Node, reader: &mut Reader) -> Option<Environment> {
    let none = Map::default();
    let (map, name) = match &node.value {
        Value::Str(_) => (&none, Some(node)),
        Value::Map(map) => (&**map, map.given("name")),
        _ => {
            let message = "`environment` should be a name or a mapping";
            reader.found(Code::WrongType, node.place, message);
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
        reader.found(
            Code::BadName,
            name.place,
            format!("`environment:name` {error}"),
        );
    }
    let mut text = |key: &str| {
        let node = map.given(key)?;
        reader.string(node, key)
    };
    let on_stop = text("on_stop");
    let auto_stop_in = text("auto_stop_in").map(|text| text.value);
    let url = text("url");
    if url.is_some_and(|url| url.chars().count() > 255) {
        reader.found(
            Code::OutOfRange,
            node.place,
            "`environment:url` has 255 characters at most",
        );
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
    if let Some(node) = map.given("kubernetes") {
        kubernetes(node, reader);
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
