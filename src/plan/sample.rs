//! Names that a pattern matches, to have a ref of each kind.
//!
//! In: a [`Pattern`]. Out: a short name that it matches and that may be the name of a ref, if one
//! was found. Always holds: what comes out has been asked of the pattern itself.

use regex::bytes::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::gitlab::regex::Pattern;

/// Longer than this no name of a ref is.
const LONGEST: usize = 200;

/// A name that a pattern matches.
pub(super) fn matching(pattern: &Pattern) -> Option<String> {
    let source = pattern.to_rust();
    let regex = Regex::new(&source).ok()?;
    let hir = regex_syntax::parse(&source).ok()?;
    let mut name = String::new();
    build(&hir, &mut name)?;
    // `release-` is a name, and `release-x` reads more like one.
    let open = name.ends_with(|c: char| !c.is_alphanumeric());
    let more = if open { ["x", "1", ""] } else { ["", "x", "1"] };
    more.iter()
        .flat_map(|more| [format!("{name}{more}"), format!("{more}{name}")])
        .find(|name| is_ref(name) && regex.is_match(name.as_bytes()))
}

/// Whether git takes it for a branch or tag, as far as that matters here.
fn is_ref(name: &str) -> bool {
    let bad = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    !name.is_empty()
        && !name.contains(bad)
        && !name.contains("..")
        && !name.starts_with(['/', '-', '.'])
        && !name.ends_with(['/', '.'])
        && !name.contains("//")
}

/// Appends the shortest text that matches; nothing if there is none, or it gets too long.
fn build(hir: &Hir, name: &mut String) -> Option<()> {
    if name.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => name.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => name.push(member(class)?),
        HirKind::Repetition(repetition) => {
            // A star may as well be taken once: `release/.*` reads better as `release/x`.
            let once = repetition.min.max(u32::from(repetition.max != Some(0)));
            for _ in 0..once.min(repetition.max.unwrap_or(u32::MAX)) {
                build(&repetition.sub, name)?;
            }
        }
        HirKind::Capture(capture) => build(&capture.sub, name)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| build(part, name))?,
        HirKind::Alternation(parts) => {
            let before = name.len();
            return parts.iter().find_map(|part| {
                name.truncate(before);
                build(part, name)
            });
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
    ['x', '1', 'a', 'A', '-', '_', '/', '.']
        .into_iter()
        .find(holds)
        .or_else(|| ranges.first().map(|(from, _)| *from))
}

/// A name that two patterns match, if one was found: the one name behind the other.
pub(super) fn matching_both(one: &Pattern, other: &Pattern) -> Option<String> {
    let (left, right) = (matching(one)?, matching(other)?);
    let (a, b) = (
        Regex::new(&one.to_rust()).ok()?,
        Regex::new(&other.to_rust()).ok()?,
    );
    let is_both = |name: &String| a.is_match(name.as_bytes()) && b.is_match(name.as_bytes());
    [
        format!("{left}{right}"),
        format!("{right}{left}"),
        format!("{left}-{right}"),
        format!("{right}-{left}"),
    ]
    .into_iter()
    .find(|name| is_ref(name) && is_both(name))
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
