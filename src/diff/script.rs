//! Commands, before and after.

use similar::{ChangeTag, TextDiff};

use super::{Effect, Kind, Pair};
use crate::config::{Located, Value};

/// Other commands, with the lines that differ.
pub(super) fn of(pair: &Pair<'_>) -> Vec<Effect> {
    let (before, after) = (pair.before, pair.after);
    let parts = [
        (
            &before.before_script,
            &after.before_script,
            "before its script",
        ),
        (&before.script, &after.script, ""),
        (
            &before.after_script,
            &after.after_script,
            "after its script",
        ),
    ];
    let mut effects = Vec::new();
    for (old, new, place) in parts {
        let (old, new) = (text(old), text(new));
        if old == new {
            continue;
        }
        let mut text = match (old.is_empty(), new.is_empty()) {
            (true, _) => "now runs commands".to_owned(),
            (_, true) => "no longer runs commands".to_owned(),
            _ => "runs other commands".to_owned(),
        };
        if !place.is_empty() {
            text.push(' ');
            text.push_str(place);
        }
        let mut effect = Effect::of(after, Kind::Script, text);
        effect.lines = changed(&old, &new);
        effects.push(effect);
    }
    effects.extend(hooks(pair));
    effects
}

/// `hooks:pre_get_sources_script` and whatever GitLab adds there.
fn hooks(pair: &Pair<'_>) -> Option<Effect> {
    let of = |job: &crate::config::Job| job.keys.given("hooks").map(|node| plain(&node.value));
    let (old, new) = (of(pair.before), of(pair.after));
    (old != new).then(|| Effect::of(pair.after, Kind::Script, "has other `hooks`"))
}

fn text(commands: &[Located<String>]) -> String {
    commands.iter().fold(String::new(), |mut all, command| {
        all.push_str(command.trim_end_matches('\n'));
        all.push('\n');
        all
    })
}

/// The lines that went and came.
fn changed(old: &str, new: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(old, new);
    let line = |sign: char, line: &str| format!("{sign} {}", line.trim_end_matches('\n'));
    diff.iter_all_changes()
        .filter_map(|change| match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => Some(line('-', change.value())),
            ChangeTag::Insert => Some(line('+', change.value())),
        })
        .collect()
}

/// A value on one line, as JSON with YAML's eyes: to compare, and to show.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Str(text) | Value::Symbol(text) => text.to_string(),
        Value::Seq(items) | Value::Reference(items) => {
            let items: Vec<String> = items.iter().map(|item| plain(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, entry)| format!("{}: {}", key.text, plain(&entry.value.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
