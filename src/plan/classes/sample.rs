//! Texts that a pattern matches, and paths that a glob matches, which read well.
//!
//! In: a [`Pattern`] or a glob. Out: some short texts that it matches, the plainest first. Always holds: what
//! comes out has been asked of the pattern itself.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::text::Space;
use crate::gitlab::names;
use crate::gitlab::regex::Pattern;

/// No name of a ref is longer than this.
const LONGEST: usize = 200;
/// Most texts of one pattern.
pub(super) const MOST: usize = 4;

/// Texts that a pattern matches, the plainest first; none if none was found.
pub(super) fn matching(pattern: &Pattern, space: Space) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(&pattern.to_rust()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for taste in [Taste::Once, Taste::Least, Taste::Last] {
        let mut text = String::new();
        if build(&hir, taste, &mut text).is_none() {
            continue;
        }
        // `release-` is a name, and `release-x` reads more like one.
        let open = text.ends_with(|c: char| !c.is_alphanumeric());
        let more = if open { ["x", "1", ""] } else { ["", "x", "1"] };
        let mut texts = more
            .iter()
            .flat_map(|more| [format!("{text}{more}"), format!("{more}{text}")])
            .filter(|text| space.holds(text) && pattern.is_match(text) == Some(true));
        let text = texts.next();
        found.extend(text.filter(|text| !found.contains(text)));
    }
    found.truncate(MOST);
    found
}

/// Most texts of which each group is told apart by a text that holds a pattern.
const HELD: usize = 4;

/// Texts that hold a pattern which matches some of these texts and not the others, and `beside` may match
/// each of them: whatever a pattern matches, its own text is another one.
pub(super) fn holding(held: &[&str], beside: &[String]) -> Vec<String> {
    let few = held.get(..HELD.min(held.len())).unwrap_or_default();
    let mut texts = Vec::new();
    for group in 0..1_usize << few.len() {
        let within = few.iter().enumerate();
        let within: Vec<&str> = within
            .filter(|(at, _)| group >> at & 1 == 1)
            .map(|(_, text)| *text)
            .collect();
        // As it reads, and in a spelling that does not contain it.
        for spelled in [regex_syntax::escape, hidden as fn(&str) -> String] {
            let within: Vec<String> = within.iter().map(|text| spelled(text)).collect();
            let pattern = match within.is_empty() {
                true => r"[^\s\S]".to_owned(),
                false => format!("^(?:{})$", within.join("|")),
            };
            texts.push(format!("/{pattern}/"));
            // What matches nothing may read as anything.
            texts.extend(
                beside
                    .iter()
                    .map(|text| format!("/{pattern}|[^\\s\\S]{}/", regex_syntax::escape(text))),
            );
        }
    }
    texts
}

/// A pattern of this text that has none of its characters.
fn hidden(text: &str) -> String {
    let codes = text.chars().map(|c| format!("\\x{{{:x}}}", u32::from(c)));
    codes.collect()
}

/// Whether git takes it for a branch or tag, of a length that a column can have.
pub(super) fn is_ref(name: &str) -> bool {
    name.len() <= LONGEST && names::git_ref(name).is_ok()
}

/// Which of the texts that match is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taste {
    /// What may be left out is there once: `release/.*` reads better as `release/x`.
    Once,
    /// What may be left out is left out.
    Least,
    /// What may be left out is left out, and of several ways the last is taken.
    Last,
}

/// Appends a text that matches; nothing if there is none, or it gets too long.
fn build(hir: &Hir, taste: Taste, text: &mut String) -> Option<()> {
    if text.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(member(class)?),
        HirKind::Repetition(repetition) => {
            let once = repetition.min.max(u32::from(taste == Taste::Once));
            for _ in 0..once.min(repetition.max.unwrap_or(u32::MAX)) {
                build(&repetition.sub, taste, text)?;
            }
        }
        HirKind::Capture(capture) => build(&capture.sub, taste, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| build(part, taste, text))?,
        HirKind::Alternation(parts) => {
            let before = text.len();
            let mut one = |part| {
                text.truncate(before);
                build(part, taste, text)
            };
            return match taste {
                Taste::Last => parts.iter().rev().find_map(&mut one),
                Taste::Once | Taste::Least => parts.iter().find_map(&mut one),
            };
        }
    }
    Some(())
}

/// A character of a class, one that reads well if there is one.
fn member(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|r| (r.start(), r.end())).collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|r| (char::from(r.start()), char::from(r.end())))
            .collect(),
    };
    let holds = |c: &char| ranges.iter().any(|(from, to)| (from..=to).contains(&c));
    let well = ['x', '1', 'a', 'A', '-', '_', '/', '.'].into_iter();
    well.chain('a'..='z')
        .chain(
            (0x21..0x7f)
                .map(char::from)
                .filter(|c| !names::is_refused_in_ref(*c)),
        )
        .find(holds)
        .or_else(|| ranges.first().map(|(from, _)| *from))
}

/// A path that a glob matches, if one was found.
pub(super) fn path(glob: &str) -> Option<String> {
    let mut path = String::new();
    let mut rest = glob;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '*' if rest.starts_with("*/") => rest = rest.get(2..).unwrap_or_default(),
            '*' => {
                rest = rest.trim_start_matches('*');
                path.push('x');
            }
            '?' => path.push('x'),
            '{' => {
                let (inside, after) = rest.split_once('}')?;
                path.push_str(inside.split(',').next().unwrap_or_default());
                rest = after;
            }
            '[' => {
                let (inside, after) = rest.split_once(']')?;
                path.push(inside.chars().find(|c| !matches!(c, '^' | '!'))?);
                rest = after;
            }
            other => path.push(other),
        }
    }
    crate::gitlab::glob::matches(glob, &path).then_some(path)
}
