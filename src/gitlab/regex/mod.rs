//! Regular expressions as pipelines write them: `/pattern/flags`.
//!
//! In: a literal. Out: a [`Pattern`] that RE2 compiles, or where and why it does not. Always
//! holds: a pattern is only read, so that a manifest full of patterns costs nothing; it is compiled
//! when [`Pattern::is_match`] is first asked.
//!
//! Facts: `Gitlab::UntrustedRegexp::RubySyntax` and `Expression::Lexeme::Pattern` (18.11.2); RE2
//! was asked through google-re2 1.1 (RE2 2025-11-05), also on 150 000 generated patterns: none
//! passes here that RE2 refuses, and both match alike. RE2 since GitLab 11.9.4, in `if` since it
//! has `=~` (11.0).

mod class;
mod compiled;
mod confined;
mod empty;
mod matching;
mod only;
mod re2;

use std::fmt;

pub(crate) use compiled::{Kept, Regex};
pub use empty::OnEmpty;
pub(crate) use matching::forget;
pub use only::{Ruby, name as only_name};

/// A regular expression between slashes and its flags, in RE2's syntax.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    source: String,
    flags: String,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// The byte of the literal where it goes wrong.
    pub offset: usize,
    /// A sentence fragment.
    pub message: String,
}

impl PatternError {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { offset, message }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PatternError {}

/// Flags of a literal: ignore case, `.` matches line ends, `^` and `$` match at lines, lazy.
const FLAGS: &str = "ismU";

impl Pattern {
    /// Reads a literal of `only`, `except` or of a manifest's ref set: any slash may stand
    /// between the first and the last.
    pub fn parse(literal: &str) -> Result<Self, PatternError> {
        let Some(rest) = literal.strip_prefix('/') else {
            return Err(PatternError::new(0, "has no slash before the pattern"));
        };
        if let Some(at) = literal.find(['\n', '\r']) {
            return Err(PatternError::new(at, "has a line break in the pattern"));
        }
        let Some(end) = rest.rfind('/') else {
            return Err(PatternError::new(
                literal.len(),
                "has no slash after the pattern",
            ));
        };
        let (source, flags) = rest.split_at(end);
        let flags = flags.strip_prefix('/').unwrap_or(flags);
        if let Some((at, flag)) = flags.char_indices().find(|(_, c)| !FLAGS.contains(*c)) {
            let message = format!("has the flag `{flag}`; there are `i`, `s`, `m` and `U`");
            return Err(PatternError::new(end + 2 + at, message));
        }
        Self::new(source, flags).map_err(|e| PatternError::new(e.offset + 1, e.message))
    }

    /// Reads the value of `coverage`. GitLab cuts off its first and last character and so keeps
    /// the slash of `/x/i`: a pattern with flags never matches there and is refused.
    pub fn parse_coverage(literal: &str) -> Result<Self, PatternError> {
        let pattern = Self::parse(literal)?;
        match pattern.flags.is_empty() {
            true => Ok(pattern),
            false => Err(PatternError::new(
                literal.len() - pattern.flags.len(),
                format!(
                    "has flags, which GitLab does not take off here; write `/(?{}){}/`",
                    pattern.flags, pattern.source
                ),
            )),
        }
    }

    /// Reads a whole literal of `if`, where a slash in the pattern is written `\/` and the
    /// pattern has two characters at least.
    pub fn parse_condition(literal: &str) -> Result<Self, PatternError> {
        match condition_literal(literal) {
            Some(end) if end == literal.len() => Self::from_condition(literal),
            _ => Err(Self::why_no_condition(literal)),
        }
    }

    /// The pattern of a literal that [`condition_literal`] has found.
    pub(crate) fn from_condition(literal: &str) -> Result<Self, PatternError> {
        // GitLab takes the backslash of `\/` away before it looks for flags and hands over.
        Self::parse(&literal.replace("\\/", "/")).map_err(|error| {
            let mut read = 0;
            let offset = literal.char_indices().find(|(at, c)| {
                let escape = literal
                    .get(*at..)
                    .is_some_and(|rest| rest.starts_with("\\/"));
                let found = !escape && read >= error.offset;
                read += if escape { 0 } else { c.len_utf8() };
                found
            });
            let offset = offset.map_or(literal.len(), |(at, _)| at);
            PatternError::new(offset, error.message)
        })
    }

    /// Why a text that begins like a pattern is none in `if`.
    pub(crate) fn why_no_condition(literal: &str) -> PatternError {
        let body = literal.strip_prefix('/').unwrap_or(literal);
        let mut chars = body.char_indices();
        if let (Some((_, c)), Some((at, '/'))) = (
            chars.next().filter(|(_, c)| !"/\\".contains(*c)),
            chars.next(),
        ) {
            return PatternError::new(
                at + 1,
                format!("is a pattern of one character, which `if` cannot read; write `/[{c}]/`"),
            );
        }
        if body.starts_with('/') {
            return PatternError::new(1, "is an empty pattern, which `if` cannot read");
        }
        match condition_literal(literal) {
            Some(end) => PatternError::new(end, "goes on after the pattern"),
            None => PatternError::new(literal.len(), "has no slash after the pattern"),
        }
    }

    /// The pattern that the text of a variable holds, which may have several lines.
    pub(crate) fn in_value(text: &str) -> Option<Self> {
        let text = text.replace("\\/", "/");
        let line = text.split('\n').find(|line| {
            let flags = line
                .strip_prefix('/')
                .and_then(|rest| rest.rsplit_once('/'));
            flags.is_some_and(|(_, flags)| flags.chars().all(|c| FLAGS.contains(c)))
        })?;
        Self::parse(line).ok()
    }

    fn new(source: &str, flags: &str) -> Result<Self, PatternError> {
        re2::to_rust(source)?;
        Ok(Self {
            source: source.to_owned(),
            flags: flags.to_owned(),
        })
    }

    /// The text between the slashes, as RE2 gets it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Some of `i`, `s`, `m` and `U`.
    pub fn flags(&self) -> &str {
        &self.flags
    }

    /// The same pattern in the syntax of the crate `regex`, for its `bytes` half.
    pub fn to_rust(&self) -> String {
        // Checked when it was made; were it wrong after all, this matches nothing.
        let body = re2::to_rust(&self.source).unwrap_or_else(|_| "[a&&b]".to_owned());
        let mut flags: Vec<char> = self.flags.chars().collect();
        flags.sort_unstable();
        flags.dedup();
        match flags.is_empty() {
            true => body,
            false => format!("(?{}){body}", flags.into_iter().collect::<String>()),
        }
    }

    /// The literal for `if`, or nothing if `if` cannot hold it: one character, a line break, a
    /// backslash before the last slash.
    pub fn to_condition(&self) -> Option<String> {
        let literal = format!("/{}/{}", self.source.replace('/', "\\/"), self.flags);
        (Self::parse_condition(&literal).as_ref() == Ok(self)).then_some(literal)
    }
}

/// The literal for `only`, `except` and `coverage`.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.source, self.flags)
    }
}

/// Where the pattern ends that opens `text`, as GitLab's lexer finds it, or nothing if there is
/// none: `\/([^\/]|\\/)+[^\\]\/[ismU]*`, with the backtracking of Ruby's regular expressions.
pub(crate) fn condition_literal(text: &str) -> Option<usize> {
    let body = text.strip_prefix('/')?;
    let char_at = |at: usize| body.get(at..).and_then(|rest| rest.chars().next());
    // Where the repeated group may stop, the latest last.
    let mut stops = Vec::new();
    let mut at = 0;
    let end = loop {
        match (char_at(at), char_at(at + 1)) {
            // The backslash alone, then a slash as the last character, then the slash that ends.
            (Some('\\'), Some('/')) if char_at(at + 2) == Some('/') => break at + 3,
            (Some('\\'), Some('/')) => at += 2,
            (Some(c), _) if c != '/' => at += c.len_utf8(),
            _ => {
                break stops.iter().rev().find_map(|stop: &usize| {
                    let last = char_at(*stop).filter(|c| *c != '\\')?;
                    let slash = stop + last.len_utf8();
                    (char_at(slash) == Some('/')).then_some(slash + 1)
                })?;
            }
        }
        stops.push(at);
    };
    let flags = body.get(end..).unwrap_or("");
    let length = flags
        .find(|c: char| !FLAGS.contains(c))
        .unwrap_or(flags.len());
    Some(1 + end + length)
}

#[cfg(test)]
mod tests;
