//! Manifests in which a few things were changed at random: most of each stays whole, so that every
//! step of the compiler is met.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use windlass::finding::Code;

use crate::answer;

/// All manifests that the tests have.
pub(crate) static MANIFESTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut paths: Vec<_> = fs::read_dir(root.join("manifests"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let examples = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap();
    paths.extend(examples.map(|entry| entry.unwrap().path().join("windlass.yml")));
    for code in Code::ALL {
        let near_miss = root
            .join("findings")
            .join(code.as_str())
            .join("near-miss.yml");
        paths.extend(near_miss.exists().then_some(near_miss));
    }
    assert!(paths.len() > 30, "{paths:?}");
    paths.sort();
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    texts.collect()
});

/// What is put in the place of a value, or between two characters.
const NASTY: &[&str] = &[
    "",
    " ",
    "~",
    "null",
    "\"\"",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "{a: {}}",
    "*a",
    "&a x",
    "<<: *a",
    "!x y",
    "!reference [a, b]",
    "!reference []",
    "!!str 1",
    "yes",
    "1.10",
    "-1",
    "0x1F",
    "1e9",
    ".inf",
    "2019-01-01",
    "99999999999999999999",
    "\"\\0\"",
    "\"\\e[2J\"",
    "'\u{7f}'",
    "é",
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\u{a0}",
    "# \u{2028}",
    "\"\\L\\P\\N\\_\"",
    "\u{feff}",
    "😀",
    "\r",
    "\r\n",
    "\t",
    "\n",
    "\n\n  ",
    "---",
    "...",
    "%",
    "@",
    "`",
    "|",
    ">",
    "|2+\n",
    "# ",
    ": ",
    ":",
    "- ",
    "? ",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    "$",
    "$A",
    "${A",
    "$CI_COMMIT_SHA",
    "/",
    "/(/",
    "/./",
    "..",
    "../..",
    "/etc/passwd",
    ".git",
    "all",
    "branches",
    "tags",
    "app",
    "php",
    "php-ci",
    "prod",
    "{image: app}",
    "{tag_of: nothing}",
    "{job: a, optional: true}",
    "pages",
    "default",
    ".a",
    "<<",
    "'<<'",
    "a b",
    "A",
    "production",
    "toolchain",
    "compose",
    "manual",
    "1 week",
    "never",
    "0",
    "refs: {a: {of: [a]}}",
    "needs: []",
    "job: {script: null}",
    "stage: deploy",
    "deploy",
];

/// A change of a text.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    DeleteChar(Index),
    /// Another byte; where that is not an UTF-8, what a reader makes of it.
    Byte(Index, u8),
    Insert(Index, usize),
    Value(Index, usize),
    DeleteLine(Index),
    DoubleLine(Index, Index),
    SwapLines(Index, Index),
    Indent(Index, bool),
    Nest(Index, usize),
    Alias(Index, Index),
    Join(Index),
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let nasty = || 0..NASTY.len();
    prop_oneof![
        at().prop_map(Change::DeleteChar),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (at(), nasty()).prop_map(|(at, what)| Change::Insert(at, what)),
        (at(), nasty()).prop_map(|(at, what)| Change::Value(at, what)),
        (at(), nasty()).prop_map(|(at, what)| Change::Value(at, what)),
        at().prop_map(Change::DeleteLine),
        (at(), at()).prop_map(|(from, to)| Change::DoubleLine(from, to)),
        (at(), at()).prop_map(|(a, b)| Change::SwapLines(a, b)),
        (at(), any::<bool>()).prop_map(|(at, deeper)| Change::Indent(at, deeper)),
        (at(), 1usize..120).prop_map(|(at, depth)| Change::Nest(at, depth)),
        (at(), at()).prop_map(|(a, b)| Change::Alias(a, b)),
        at().prop_map(Change::Join),
    ]
}

/// Where words begin and end: what a person would take for a key or a value.
fn words(text: &str) -> Vec<(usize, usize)> {
    let between = |c: char| c.is_whitespace() || "[]{},".contains(c);
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (between(c), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                let colon = usize::from(text[from..at].ends_with(':'));
                found.push((from, at - colon));
                start = None;
            }
            _ => {}
        }
    }
    found
}

pub(crate) fn apply(text: &mut String, change: &Change) {
    let chars: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let words = words(text);
    if chars.is_empty() || words.is_empty() {
        return;
    }
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    match change {
        Change::DeleteChar(at) => {
            text.remove(chars[at.index(chars.len())]);
            return;
        }
        Change::Byte(at, byte) => {
            let mut bytes = text.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = *byte;
            *text = String::from_utf8_lossy(&bytes).into_owned();
            return;
        }
        Change::Insert(at, what) => {
            text.insert_str(chars[at.index(chars.len())], NASTY[*what]);
            return;
        }
        Change::Value(at, what) => {
            let (from, to) = words[at.index(words.len())];
            text.replace_range(from..to, NASTY[*what]);
            return;
        }
        Change::Nest(at, depth) => {
            let (from, to) = words[at.index(words.len())];
            text.insert_str(to, &"]".repeat(*depth));
            text.insert_str(from, &"[".repeat(*depth));
            return;
        }
        Change::Alias(a, b) => {
            let (a, b) = (words[a.index(words.len())], words[b.index(words.len())]);
            if a.0 < b.0 {
                text.replace_range(b.0..b.1, "*x");
                text.insert_str(a.0, "&x ");
            }
            return;
        }
        Change::DeleteLine(at) => {
            lines.remove(at.index(lines.len()));
        }
        Change::DoubleLine(from, to) => {
            let line = lines[from.index(lines.len())].clone();
            lines.insert(to.index(lines.len()), line);
        }
        Change::SwapLines(a, b) => {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
        }
        Change::Indent(at, deeper) => {
            let line = &mut lines[at.index(text.split_inclusive('\n').count())];
            match deeper {
                true => line.insert_str(0, "  "),
                false => *line = line.strip_prefix("  ").unwrap_or(line).to_owned(),
            }
        }
        Change::Join(at) => {
            let line = &mut lines[at.index(text.split_inclusive('\n').count())];
            *line = line.trim_end_matches('\n').to_owned();
        }
    }
    *text = lines.concat();
}

/// How many changed texts of each kind are tried: manifests here, pipelines in `pipelines`.
pub(crate) const CASES: u32 = 10_000;

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_time: 60_000, ..ProptestConfig::with_cases(CASES) })]

    /// A few changes leave most of a manifest whole, so that every step of the compiler is met.
    #[test]
    fn changed_manifests_are_answered(
        which in any::<Index>(),
        changes in prop::collection::vec(change(), 1..5),
    ) {
        let mut text = MANIFESTS[which.index(MANIFESTS.len())].clone();
        for change in &changes {
            apply(&mut text, change);
        }
        answer(&text);
    }

}

proptest! {
    /// Texts that are far from any manifest.
    #[test]
    fn nonsense_is_answered(parts in prop::collection::vec(0..NASTY.len(), 0..40)) {
        let text: String = parts.iter().map(|part| NASTY[*part]).collect();
        answer(&text);
        answer(&format!("windlass: 1\njobs:\n  unit: {{script: {text}}}\n"));
    }
}
