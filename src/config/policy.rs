//! `only` and `except`.
//!
//! Facts: `Entry::Policy` (18.11).

use super::entry::Reader;
use super::model::Policy;
use super::rules;
use super::value::{Located, Node, Place, Value};
use crate::finding::Code;
use crate::gitlab::regex::Pattern;

/// What a job without conditions says: branches and tags, no merge requests.
pub(crate) fn default_only() -> Policy {
    let word = |word: &str| Located::new(word.to_owned(), Place::default());
    Policy {
        refs: Some(vec![word("branches"), word("tags")]),
        ..Policy::default()
    }
}

/// Reads a policy. One of `only` without `refs` keeps the default ones, also under
/// `workflow:rules`.
pub(super) fn read(node: &Node, what: &str, reader: &mut Reader) -> Policy {
    let mut policy = Policy {
        place: node.place,
        ..Policy::default()
    };
    match &node.value {
        Value::Seq(_) => policy.refs = Some(refs(node, what, reader)),
        Value::Map(map) if map.is_empty() => {
            reader.missing_as(
                Code::Empty,
                node.place,
                format!("`{what}` should not be empty"),
            );
        }
        Value::Map(map) => {
            let known = ["refs", "kubernetes", "variables", "changes"];
            reader.known_keys(map, what, &known);
            policy.refs = map.given("refs").map(|node| refs(node, "refs", reader));
            policy.changes = map.given("changes").map(|node| {
                let paths = reader.strings(node, "changes");
                paths.into_iter().map(|path| path.value).collect()
            });
            if let Some(node) = map.given("kubernetes") {
                policy.kubernetes = reader.word(node, "kubernetes", &["active"]).is_some();
            }
            policy.variables = map.given("variables").map(|node| {
                let items = node.as_seq().unwrap_or_default();
                if node.as_seq().is_none() {
                    reader.found(
                        Code::WrongType,
                        node.place,
                        "`variables` should be a list of conditions",
                    );
                }
                items
                    .iter()
                    .filter_map(|item| rules::condition(item, "variables", reader))
                    .collect()
            });
        }
        _ => reader.found(
            Code::WrongType,
            node.place,
            format!("`{what}` should be a list or a mapping"),
        ),
    }
    if what == "only" && policy.refs.is_none() {
        policy.refs = default_only().refs;
    }
    policy
}

/// Names and patterns. What looks like a pattern must be one, unless a path follows it.
fn refs(node: &Node, what: &str, reader: &mut Reader) -> Vec<Located<String>> {
    let refs = reader.strings(node, what);
    for one in &refs {
        if one.starts_with('/')
            && looks_like_a_pattern(one)
            && let Err(error) = Pattern::parse(one)
        {
            let message = format!("`{what}` has `{}`, which {}", **one, error.message);
            reader.found(Code::BadRegex, one.place, message);
        }
    }
    refs
}

/// `/text/flags`: `RubySyntax.matches_syntax?`.
pub(crate) fn looks_like_a_pattern(text: &str) -> bool {
    let ends = text
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'));
    ends.is_some_and(|(_, flags)| flags.chars().all(|c| "ismU".contains(c)))
}
