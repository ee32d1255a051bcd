//! Keys that the language does not have.
//!
//! In: an entry of a mapping, and the record that the mapping is. Out: a finding that says what was meant: a key with
//! a similar name, the word of the language for one of GitLab's, or that the key is gone or reserved.

use super::record::{Reader, Record};
use crate::finding::{Code, Finding, did_you_mean};
use crate::source::Entry;

/// Reports a key that a record does not have.
pub(super) fn unknown_key<R: Record>(entry: &Entry, reader: &mut Reader<'_>) {
    let key = &*entry.key.value;
    let place = reader.place();
    let removed = REMOVED
        .iter()
        .find(|(at, removed, _)| (*at, *removed) == (&*place, key));
    if let Some((_, _, since)) = removed {
        let message = format!("`{key}` has no effect: {since}");
        let finding = Finding::new(Code::RemovedKey, entry.key.span, message);
        reader.report.push(finding.help("take the key out"));
        return;
    }
    let code = if RESERVED.contains(&key) {
        Code::ReservedKey
    } else {
        Code::UnknownKey
    };
    let message = match code {
        Code::ReservedKey => format!("`{key}` is reserved for a later version of the language"),
        _ => format!("{place} has no key `{key}`"),
    };
    let names = || R::keys().iter().map(|k| k.name);
    let label = match code {
        Code::ReservedKey => "reserved",
        _ => "unknown here",
    };
    let finding = Finding::new(code, entry.key.span, message).label(label);
    if code == Code::ReservedKey {
        let help = "until then: GitLab files come in by `include`, and manifests share by `defaults` and anchors";
        reader.report.push(finding.help(help));
        return;
    }
    let meant = did_you_mean(key, names());
    let elsewhere = ELSEWHERE
        .iter()
        .find(|(word, here, _)| *word == key && names().any(|n| n == *here));
    let hidden = key.starts_with('.') || key.starts_with("x-");
    let finding = match (elsewhere, meant) {
        (None, _) if hidden => finding.help(
            "there are no hidden keys: an anchor stands at its first use, and `defaults` holds what several share",
        ),
        (Some((_, _, help)), _) => finding.help(*help),
        (None, Some(name)) => finding.help(format!("did you mean `{name}`?")),
        (None, None) => {
            let all: Vec<_> = names().collect();
            finding.help(format!("its keys are `{}`", all.join("`, `")))
        }
    };
    reader.report.push(finding);
}

/// Keys that an earlier windlass read: where, the key, and why it has no effect any more. Within `windlass: 1` a
/// manifest that has one is still taken.
pub(super) const REMOVED: &[(&str, &str, &str)] = &[(
    "the manifest",
    "scripts",
    "the scripts for registries stand in the pipeline",
)];

/// Keys that a later version of the language will have (language, section 13 l).
const RESERVED: &[&str] = &["extends", "presets", "parts"];

/// Words that people bring along from GitLab, where the language has another one:
/// the word, the key that must exist at the place, and what to say.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "tags",
        "runner_tags",
        "runner tags are `runner_tags` here; `tags` means git tags",
    ),
    (
        "only",
        "refs",
        "where a job runs is said by `refs`, which names ref sets",
    ),
    (
        "rules",
        "refs",
        "where a job runs is said by `refs`, which names ref sets",
    ),
    (
        "except",
        "refs",
        "where a job runs is said by `refs`, which names ref sets with `except`",
    ),
    (
        "branches",
        "refs",
        "name the branches once in top-level `refs`, then name that set here",
    ),
    (
        "dependencies",
        "needs",
        "`needs` decides which artifacts are fetched as well",
    ),
    (
        "parallel",
        "matrix",
        "rows of variables are `matrix` here, one named job a row",
    ),
    (
        "file",
        "dockerfile",
        "the Dockerfile's path is `dockerfile`",
    ),
    (
        "before",
        "before_script",
        "commands before the script are `before_script`",
    ),
];
