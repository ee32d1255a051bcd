//! `variables`: of the pipeline, of a job, of a rule.
//!
//! Facts: `Entry::Variables` (18.11): a text stands for `value`; numbers and booleans become texts;
//! variables are expanded in it unless `expand` says otherwise.

use super::canon::{Canon, Field, complete, field};
use super::expand::{By, braced};
use super::form::{Fields, Form};
use crate::config::value::{Map, Node, Value};
use crate::config::{Variable, Variables};

/// What else a person sees who starts a pipeline.
const SEEN: &[Field] = &[
    field("description", Canon::Plain),
    field("options", Canon::Plain),
];

/// Variables as they are written; `description` and `options` too.
pub(super) fn written(node: &Node) -> Form {
    let Value::Map(map) = &node.value else {
        return Form::plain(node);
    };
    let mut all = Fields::default();
    for (key, entry) in map.iter() {
        let none = Map::default();
        let map = entry.value.as_map().unwrap_or(&none);
        let value = match &entry.value.value {
            Value::Map(map) => map.get("value"),
            _ => Some(&entry.value),
        };
        let value = value
            .and_then(|node| node.scalar_text())
            .unwrap_or_default();
        let expand = map.given("expand").and_then(Node::as_bool).unwrap_or(true);
        let mut fields = one(&value, expand);
        for (key, form) in complete(map, SEEN).iter() {
            if !matches!(key, "value" | "expand") {
                fields.set(key, form.clone());
            }
        }
        all.set(&*key.text, Form::Map(fields));
    }
    Form::Map(all)
}

/// The variables of a job, those of its matrix included.
pub(super) fn of_job(variables: &Variables) -> Form {
    let mut all = Fields::default();
    for (name, variable) in variables {
        let Variable {
            value,
            expand,
            place: _,
        } = variable;
        all.set(name, Form::Map(one(value, *expand)));
    }
    Form::Map(all)
}

fn one(value: &str, expand: bool) -> Fields {
    let value = match expand {
        true => braced(value, By::GitLab),
        false => value.to_owned(),
    };
    let mut fields = Fields::default();
    fields.set("value", Form::Text(value));
    fields.set(
        "expand",
        Form::or_default(Some(Form::Bool(expand)), Form::Bool(true)),
    );
    fields
}
