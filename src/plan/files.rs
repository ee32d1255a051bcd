//! `changes` and `exists`: globs against paths.
//!
//! Facts: `Gitlab::Ci::Build::Rules::Rule::Clause` and `Ci::Pipeline#modified_paths` (18.11).

use super::Truth;
use super::situation::{Changed, Ref, Situation};
use crate::config::{Changes, Exists};
use crate::gitlab::expression::Lookup;
use crate::gitlab::glob;

/// Whether one of the globs matches one of the paths. A glob of which nothing is known, because
/// it holds a variable or is too large, decides nothing.
fn any(globs: &[Option<String>], paths: &[String]) -> Truth {
    let mut unknown = false;
    for glob in globs {
        match glob
            .as_deref()
            .and_then(|glob| glob::matches_any(glob, paths))
        {
            Some(true) => return Truth::True,
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown {
        Truth::Unknown
    } else {
        Truth::False
    }
}

/// `rules:changes` and `only:changes`.
pub(super) fn changed(
    changes: &Changes,
    situation: &Situation,
    expand: &dyn Fn(&str) -> Option<String>,
) -> Truth {
    let compares = changes.compare_to.is_some();
    let paths = match (&situation.changed, &situation.reference) {
        (Changed::FirstPush(Some(paths)), _) if compares => Some(paths),
        (Changed::FirstPush(None), _) if compares => None,
        (Changed::Paths(paths), _) if compares => Some(paths),
        (Changed::Unknown, _) if compares => None,
        (Changed::FirstPush(_), Ref::Branch(_)) => return Truth::True,
        (Changed::Paths(paths), Ref::MergeRequest { .. }) => Some(paths),
        // A push on a branch, a merge request and their children know what changed; else everything did.
        (_, Ref::Tag(_)) => return Truth::True,
        (_, Ref::Branch(_)) if !situation.trigger.compares() => return Truth::True,
        (Changed::Paths(paths), Ref::Branch(_)) => Some(paths),
        (Changed::FirstPush(paths), Ref::MergeRequest { .. }) => paths.as_ref(),
        (Changed::Unknown, _) => None,
    };
    let globs: Vec<Option<String>> = changes.paths.iter().map(|glob| expand(glob)).collect();
    match paths {
        Some(paths) => any(&globs, paths),
        // Whatever changed, no glob at all matches nothing.
        None if globs.is_empty() => Truth::False,
        None => Truth::Unknown,
    }
}

/// `rules:exists`.
pub(super) fn exist(
    exists: &Exists,
    situation: &Situation,
    expand: &dyn Fn(&str) -> Option<String>,
) -> Truth {
    if exists.project.is_some() {
        return Truth::Unknown;
    }
    let globs: Vec<Option<String>> = exists.paths.iter().map(|glob| expand(glob)).collect();
    if globs.is_empty() {
        return Truth::False;
    }
    let Some(files) = &situation.files else {
        return Truth::Unknown;
    };
    let in_folder = |glob: &Option<String>| match glob {
        Some(folder) if folder.ends_with('/') => files.iter().any(|file| file.starts_with(folder)),
        _ => false,
    };
    match globs.iter().any(in_folder) {
        true => Truth::True,
        false => any(&globs, files),
    }
}

/// A text with its variables put in, one that is not set as nothing; `None` if one of them is not
/// known.
pub(super) fn expanded(text: &str, look_up: &dyn Fn(&str) -> Lookup) -> Option<String> {
    expanded_within(text, look_up, 0)
}

/// Variables stand in variables; more than a few levels are a circle.
const LEVELS: usize = 10;

fn expanded_within(text: &str, look_up: &dyn Fn(&str) -> Lookup, level: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at_checked(at)?;
        out.push_str(before);
        let after = after.strip_prefix('$')?;
        if let Some(escaped) = after.strip_prefix('$') {
            out.push('$');
            rest = escaped;
            continue;
        }
        let (name, behind) = match after.strip_prefix('{') {
            Some(inside) => inside.split_once('}').unwrap_or(("", after)),
            None => {
                let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = after.find(|c| !word(c)).unwrap_or(after.len());
                after.split_at_checked(end)?
            }
        };
        if name.is_empty() {
            out.push('$');
            rest = after;
            continue;
        }
        match look_up(name) {
            Lookup::Set(value) if level < LEVELS => {
                out.push_str(&expanded_within(&value, look_up, level + 1)?);
            }
            Lookup::Set(value) => out.push_str(&value),
            Lookup::Unset => {}
            Lookup::Filled | Lookup::Unknown => return None,
        }
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}
