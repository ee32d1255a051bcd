//! Commands, before and after.

use similar::{ChangeTag, TextDiff};

use super::{Effect, Kind, Pair};
use crate::config::Located;
use crate::config::normal::Form;

/// Other commands, with the lines that differ. `old` and `new` are the whole lists; those before
/// the script are a part of them.
pub(super) fn of(pair: &Pair<'_>, key: &str, old: Option<&Form>, new: Option<&Form>) -> Effect {
    let place = match key {
        "after_script" => " after its script",
        _ if only_before(pair) => " before its script",
        _ => "",
    };
    let (old, new) = (text(old), text(new));
    let changed = lines(&old, &new);
    let text = match (old.is_empty(), new.is_empty(), changed.is_empty()) {
        (true, ..) => format!("now runs commands{place}"),
        (_, true, _) => format!("no longer runs commands{place}"),
        (_, _, true) => format!("runs the same lines{place} as other commands"),
        _ => format!("runs other commands{place}"),
    };
    let mut effect = Effect::of(pair.after, Kind::Script, text);
    effect.lines = changed;
    effect
}

/// Whether the script itself is the same.
fn only_before(pair: &Pair<'_>) -> bool {
    same(&pair.before.script, &pair.after.script)
}

fn same(one: &[Located<String>], other: &[Located<String>]) -> bool {
    let texts = |commands: &[Located<String>]| -> Vec<String> {
        let commands = commands.iter();
        commands.map(|command| command.value.clone()).collect()
    };
    texts(one) == texts(other)
}

/// Whether no file that is not read can change what differs in the commands before the script and in it.
pub(super) fn is_firm(pair: &Pair<'_>) -> bool {
    let before = same(&pair.before.before_script, &pair.after.before_script);
    (only_before(pair) || pair.firm.has("script")) && (before || pair.firm.has("before_script"))
}

fn text(commands: Option<&Form>) -> String {
    let commands = commands.and_then(Form::items).unwrap_or_default();
    let texts = commands.iter().filter_map(Form::as_text);
    texts.fold(String::new(), |mut all, command| {
        all.push_str(command);
        all.push('\n');
        all
    })
}

/// The lines that went, with a `-`, and that came, with a `+`.
pub(super) fn lines(old: &str, new: &str) -> Vec<String> {
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
