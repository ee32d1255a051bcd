//! What a change does where whoever starts a pipeline gives other inputs.
//!
//! In: two files, and what the change does where each input has its default. Out: the same with what shows
//! only where an input has another value. Always holds: where the texts that inputs are put into differ,
//! another value of each input is tried, and so is each text that such a text compares with; what was not compared
//! names an input of which no value was tried, or of which others may decide.

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
    default_branch: Option<&str>,
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
    let blocks = differing(&before.base().blocks, &after.base().blocks);
    for (name, entry) in new.iter().filter(|(name, _)| old.has(&name.text)) {
        let access = format!("inputs.{}", name.text);
        let own: Vec<&str> = { blocks.iter().copied() }
            .filter(|block| block.contains(&access))
            .collect();
        let (values, all) = others(&entry.value, &own);
        // Of two inputs in one text only one has another value at a time.
        let is_alone =
            |block: &&str| block.matches("inputs.").count() == block.matches(&access).count();
        let all = all && own.iter().all(is_alone);
        let mut compared = all || !own.iter().any(|block| decides_by_value(block));
        let mut tried = false;
        for value in values {
            let (Ok(old), Ok(new)) = (
                before.with_input(&name.text, &value),
                after.with_input(&name.text, &value),
            ) else {
                continue;
            };
            tried = true;
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
        compared &= tried;
        if !compared {
            let text = format!("what other values of the input {} do", code(&name.text));
            comparison.not_compared.push(text);
        }
    }
}

/// The texts that only one of two files has.
fn differing<'b>(old: &'b [String], new: &'b [String]) -> Vec<&'b str> {
    let only = |these: &'b [String], others: &'b [String]| {
        let these = these.iter().filter(|one| !others.contains(one));
        these.map(String::as_str).collect::<Vec<_>>()
    };
    [only(old, new), only(new, old)].concat()
}

/// Whether a value that was not tried may do what no other does: a condition compares it, or a function makes
/// another text of it. Any other text has the value in it, whatever it is.
fn decides_by_value(block: &str) -> bool {
    let (path, text) = block.split_once(": ").unwrap_or((block, ""));
    let of_condition = [":if", ":only", ":except", ":exists", ":changes", ":when"];
    of_condition.iter().any(|key| path.contains(key)) || text.contains('|')
}

/// The texts in quotes within a text.
fn quoted(block: &str) -> Vec<&str> {
    let of = |quote: char| block.split(quote).skip(1).step_by(2);
    let all = of('"').chain(of('\''));
    all.filter(|text| !text.contains("$[[")).collect()
}

/// Values that an input may have, other than its default, and whether there are no more; `blocks` are texts that
/// it is put into.
fn others(declared: &Node, blocks: &[&str]) -> (Vec<Node>, bool) {
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
    let mut all = !values.is_empty();
    if values.is_empty() {
        values = match declared.given("type").and_then(Node::as_str) {
            Some("boolean") => {
                all = true;
                vec![node(Value::Bool(true)), node(Value::Bool(false))]
            }
            Some("number") => vec![node(Value::Int(1)), node(Value::Int(2))],
            Some("array") => Vec::new(),
            _ => {
                let spelled = blocks.iter().flat_map(|block| quoted(block));
                let texts = [ANOTHER].into_iter().chain(spelled);
                texts.map(|text| node(Value::Str(text.into()))).collect()
            }
        };
    }
    values.retain(|value| Some(&value.value) != default);
    all &= values.len() <= VALUES;
    values.truncate(VALUES);
    (values, all)
}
