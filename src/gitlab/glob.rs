//! Globs, as `changes`, `exists` and `include` have them.
//!
//! In: a glob. Out: whether it matches a path. Facts: Ruby's `File.fnmatch?` with `FNM_PATHNAME`,
//! `FNM_DOTMATCH` and `FNM_EXTGLOB` (GitLab 18.11).

mod inclusion;
mod posix;
mod unmatchable;

pub use inclusion::is_within;
pub use posix::to_posix;
pub use unmatchable::{Compared, Unmatchable, unmatchable};

use std::cell::RefCell;
use std::fmt::Write as _;

use crate::gitlab::regex::{Kept, Regex};

/// Matches no text.
const NOTHING: &str = "[a&&b]";

thread_local! {
    static COMPILED: RefCell<Kept<String, Regex>> = RefCell::default();
}

/// Whether a glob matches a path, as Ruby's `File.fnmatch?` finds it.
pub fn matches(glob: &str, path: &str) -> bool {
    matches_any(glob, std::slice::from_ref(&path)) == Some(true)
}

/// Whether a glob matches one of several paths; `None` if it is too large to be compiled here, or all globs
/// together are.
pub(crate) fn matches_any(glob: &str, paths: &[impl AsRef<str>]) -> Option<bool> {
    if !glob.contains(['*', '?', '[', '{', '\\']) {
        return Some(paths.iter().any(|path| path.as_ref() == glob));
    }
    let source = || to_regex(glob).unwrap_or_else(|| NOTHING.to_owned());
    let regex = COMPILED.with_borrow_mut(|kept| kept.get(glob, source))?;
    Some(paths.iter().any(|path| regex.is_match(path.as_ref())))
}

/// Makes room for the globs of another configuration.
pub(crate) fn forget() {
    COMPILED.with_borrow_mut(Kept::forget);
}

/// A glob as Ruby's `File.fnmatch?` reads it. `None` if it can match nothing.
fn to_regex(glob: &str) -> Option<String> {
    let mut regex = String::from("(?s)^(?:");
    let alternatives = braces(glob)?;
    for (at, alternative) in alternatives.iter().enumerate() {
        if at > 0 {
            regex.push('|');
        }
        translate(alternative, &mut regex)?;
    }
    regex.push_str(")$");
    Some(regex)
}

/// `{a,b}` written out; nested ones too. No more than a thousand, and `None` beyond.
fn braces(glob: &str) -> Option<Vec<String>> {
    const MOST: usize = 1_000;
    let mut done = Vec::new();
    let mut open = vec![glob.to_owned()];
    while let Some(text) = open.pop() {
        if done.len() + open.len() > MOST {
            return None;
        }
        match group(&text) {
            Some((before, items, after)) => {
                for item in items.into_iter().rev() {
                    open.push(format!("{before}{item}{after}"));
                }
            }
            // Ruby matches nothing with a brace that is not closed.
            None if text.contains('{') => return None,
            None => done.push(text),
        }
    }
    Some(done)
}

/// The first whole group of braces: what is before, its items, what is behind.
fn group(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let start = text.find('{')?;
    let inside = text.get(start + 1..)?;
    let (mut depth, mut from) = (0_usize, 0);
    let mut items = Vec::new();
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(inside.get(from..at)?);
                return Some((text.get(..start)?, items, inside.get(at + 1..)?));
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(inside.get(from..at)?);
                from = at + 1;
            }
            _ => {}
        }
    }
    None
}

/// `**/` is any folders or none, `*` and `?` stay in one folder, `[]` is a set.
fn translate(glob: &str, regex: &mut String) -> Option<()> {
    let mut rest = glob;
    let mut opens_folder = true;
    while let Some(c) = rest.chars().next() {
        if opens_folder && let Some(behind) = rest.strip_prefix("**/") {
            regex.push_str("(?-u:(?:[^/]+/)*)");
            rest = behind;
            continue;
        }
        let mut behind = rest.get(c.len_utf8()..).unwrap_or("");
        match c {
            '*' => {
                regex.push_str("(?-u:[^/]*)");
                behind = behind.trim_start_matches('*');
            }
            '?' => regex.push_str("[^/]"),
            '[' => {
                let (class, after) = set(behind)?;
                regex.push_str(&class);
                behind = after;
            }
            '\\' => {
                let escaped = behind.chars().next().unwrap_or('\\');
                behind = behind.get(escaped.len_utf8()..).unwrap_or("");
                literal(escaped, regex);
            }
            c => literal(c, regex),
        }
        opens_folder = c == '/';
        rest = behind;
    }
    Some(())
}

fn literal(c: char, regex: &mut String) {
    let _ = write!(
        regex,
        "{}",
        regex_syntax::escape(c.encode_utf8(&mut [0; 4]))
    );
}

/// The inside of `[...]` as a class, which never matches a slash, and what is behind it.
fn set(text: &str) -> Option<(String, &str)> {
    let (negated, text) = match text.strip_prefix(['!', '^']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let end = text.find(']').filter(|end| *end > 0)?;
    let mut class = String::new();
    for c in text.get(..end)?.chars() {
        match c {
            '-' => class.push('-'),
            c if c.is_alphanumeric() => class.push(c),
            c => {
                let _ = write!(class, "\\x{{{:x}}}", u32::from(c));
            }
        }
    }
    let class = match negated {
        true => format!("[^/{class}]"),
        false => format!("[[{class}]--/]"),
    };
    Some((class, text.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::matches;

    /// Answers of Ruby 3.0's `File.fnmatch?` with GitLab's flags.
    #[test]
    fn agrees_with_ruby() {
        for (glob, path, expected) in [
            ("*.c", "a.c", true),
            ("*.c", "src/a.c", false),
            ("*", ".env", true),
            ("**/*.c", "a.c", true),
            ("**/*.c", "src/x/a.c", true),
            ("**/Dockerfile", "Dockerfile", true),
            ("src/**/*", "src/a.c", true),
            ("src/**/*", "src/x/y/a.c", true),
            ("src/**", "src/a.c", true),
            ("src/**", "src/x/a.c", false),
            ("a.?", "a.c", true),
            ("a?c", "a/c", false),
            ("{a,b}.c", "b.c", true),
            ("{a,{b,c}}.x", "c.x", true),
            ("[a-c].x", "b.x", true),
            ("[!a].x", "b.x", true),
            ("[^a].x", "a.x", false),
            ("a\\*", "a*", true),
            ("./a", "a", false),
            ("src", "src/a", false),
            ("**a", "xa", true),
            ("x**/a", "x1/2/a", false),
            ("[", "[", false),
            ("[]a]", "]", false),
            ("a[/]b", "a/b", false),
            ("{a", "{a", false),
            ("a}", "a}", true),
        ] {
            assert_eq!(matches(glob, path), expected, "{glob} {path}");
        }
    }
}
