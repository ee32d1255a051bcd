//! What a change does where whoever starts a pipeline gives other inputs.
//!
//! In: two files, and what the change does where each input has its default. Out: the same with what shows
//! only where an input has another value. Always holds: where the texts that inputs are put into differ,
//! another value of each input is tried, or what was not compared says that none was.

use super::words::code;
use super::{Comparison, Effect, with_defaults};
use crate::config::{Config, Map, Node, Value};
use crate::plan::Configs;

/// Most other values of one input.
const VALUES: usize = 8;

/// A text that no file has.
const ANOTHER: &str = "another-value";

pub(super) fn compare(
    before: &Configs<'_>,
    after: &Configs<'_>,
    default_branch: &str,
    comparison: &mut Comparison,
) {
    let (old, new) = (before.base(), after.base());
    if old.blocks == new.blocks {
        return;
    }
    let declared = |config: &Config| config.spec.as_ref()?.get("inputs")?.as_map().cloned();
    let (Some(old), Some(new)) = (declared(old), declared(new)) else {
        return;
    };
    for (name, entry) in new.iter().filter(|(name, _)| old.has(&name.text)) {
        let mut compared = false;
        for value in others(&entry.value) {
            let (Ok(old), Ok(new)) = (
                before.with_input(&name.text, &value),
                after.with_input(&name.text, &value),
            ) else {
                continue;
            };
            compared = true;
            let told = with_defaults(&old, &new, default_branch);
            for effect in told.effects {
                if !comparison.effects.contains(&effect) {
                    let text = value.scalar_text().unwrap_or_default();
                    let text = format!(
                        "{} if the input {} is {}",
                        effect.text,
                        code(&name.text),
                        code(&text)
                    );
                    comparison.effects.push(Effect { text, ..effect });
                }
            }
        }
        if !compared {
            let text = format!("what other values of the input {} do", code(&name.text));
            comparison.not_compared.push(text);
        }
    }
}

/// Values that an input may have, other than its default.
fn others(declared: &Node) -> Vec<Node> {
    let none = Map::default();
    let declared = declared.as_map().unwrap_or(&none);
    let rules = declared.given("rules").and_then(Node::as_seq);
    let rules = rules.unwrap_or_default().iter().filter_map(Node::as_map);
    let options = [declared].into_iter().chain(rules);
    let mut values: Vec<Node> = options
        .filter_map(|one| one.given("options").and_then(Node::as_seq))
        .flatten()
        .cloned()
        .collect();
    let node = |value| Node::new(value, Default::default());
    let default = declared.given("default").map(|node| &node.value);
    if values.is_empty() {
        values = match declared.given("type").and_then(Node::as_str) {
            Some("boolean") => vec![node(Value::Bool(true)), node(Value::Bool(false))],
            Some("number") => vec![node(Value::Int(1)), node(Value::Int(2))],
            Some("array") => Vec::new(),
            _ => vec![node(Value::Str(ANOTHER.into()))],
        };
    }
    values.retain(|value| Some(&value.value) != default);
    values.truncate(VALUES);
    values
}
