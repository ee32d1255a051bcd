//! Texts that libyaml takes and a parser of YAML 1.2 does not, for want of spaces.
//!
//! In: a text, and where the parser stopped. Out: the same text with spaces put in there, which
//! changes no value. Always holds: every offset of the text leads back to the one in the original;
//! the work is bounded, however many such places there are.
//!
//! libyaml, which Psych uses, asks a continuation line of a quoted text for no indentation at all
//! (what such a line begins with is folded into one space), and takes `[a]# comment`.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Parser};

/// How many bytes are parsed again at most, for all such scalars of a file.
const BYTES: usize = 64 << 20;

/// A text with some spaces more.
pub(super) struct Lenient<'t> {
    pub(super) text: Cow<'t, str>,
    /// Where spaces were put in, by offset in the text as it is now, and how many up to there.
    inserted: Vec<(usize, usize)>,
    /// How many bytes may still be parsed.
    left: usize,
    /// Where the parser stopped last, in the original text.
    stopped: Option<usize>,
    /// So many spaces are more than any line is indented by.
    spaces: usize,
}

/// Whether an error of the parser is about spaces that libyaml does not ask for.
pub(super) fn is_cause(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::TabInIndentation
            | ErrorKind::CommentNotSeparated
    )
}

impl<'t> Lenient<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            inserted: Vec::new(),
            left: BYTES,
            stopped: None,
            spaces: deepest(text) + 1,
        }
    }

    /// The offset in the original text.
    pub(super) fn original(&self, offset: usize) -> usize {
        let before = self.inserted.partition_point(|(at, _)| *at <= offset);
        let last = before.checked_sub(1).and_then(|at| self.inserted.get(at));
        last.map_or(offset, |(at, spaces)| {
            // Inside of what was put in, the line's beginning.
            offset.max(*at).saturating_sub(*spaces)
        })
    }

    /// Puts in the spaces that the parser wants where it stopped; false if that is too much work.
    pub(super) fn fix(&mut self, kind: &ErrorKind, stopped: usize) -> bool {
        let Some(left) = self.left.checked_sub(self.text.len().saturating_mul(2)) else {
            return false;
        };
        self.left = left;
        let at = self.original(stopped);
        if self.stopped.is_some_and(|last| at <= last) {
            return false;
        }
        self.stopped = Some(at);
        match kind {
            ErrorKind::CommentNotSeparated => {
                self.insert(&[stopped], 1);
                true
            }
            _ => self.indent(stopped),
        }
    }

    /// Indents the lines of the scalar in which the parser stopped.
    fn indent(&mut self, stopped: usize) -> bool {
        let spaces = self.spaces;
        let before = self.text.get(..stopped).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let Some(quote) = quote(self.text.get(..line).unwrap_or_default(), spaces) else {
            return false;
        };
        let end = end(&self.text, line, quote);
        let scalar = self.text.get(line..end).unwrap_or_default();
        let breaks = scalar.match_indices('\n').map(|(at, _)| line + at + 1);
        let lines: Vec<usize> = std::iter::once(line)
            .chain(breaks)
            .filter(|at| !is_document(self.text.get(*at..).unwrap_or_default()))
            .collect();
        self.insert(&lines, spaces);
        true
    }

    /// Puts spaces at the beginning of these lines, which stand behind all that was put in before.
    fn insert(&mut self, lines: &[usize], spaces: usize) {
        let mut text = String::with_capacity(self.text.len() + lines.len() * spaces);
        let mut total = self.inserted.last().map_or(0, |(_, total)| *total);
        let mut from = 0;
        for line in lines {
            text.push_str(self.text.get(from..*line).unwrap_or_default());
            text.push_str(&" ".repeat(spaces));
            total += spaces;
            self.inserted.push((text.len(), total));
            from = *line;
        }
        text.push_str(self.text.get(from..).unwrap_or_default());
        self.text = Cow::Owned(text);
    }
}

/// How far any line is indented. Lists and explicit keys nest inside of a line: `- - ? a`.
fn deepest(text: &str) -> usize {
    let indentation = |line: &str| line.len() - line.trim_start_matches([' ', '-', '?', ':']).len();
    text.lines().map(indentation).max().unwrap_or(0)
}

/// Whether a text begins with `---` or `...`, which may stand in no quoted scalar.
fn is_document(text: &str) -> bool {
    let behind = text.strip_prefix("---").or(text.strip_prefix("..."));
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with([' ', '\t', '\r', '\n']))
}

/// The quote of the scalar in which a text ends. What closes it leaves nothing open.
fn quote(text: &str, spaces: usize) -> Option<char> {
    let closes = |quote: &char| {
        let closed = format!("{text}{}{quote}", " ".repeat(spaces));
        let errors = Parser::new_from_str(&closed).find_map(Result::err);
        errors.is_none_or(|error| *error.kind() != ErrorKind::UnclosedQuotedScalar)
    };
    ['"', '\''].into_iter().find(closes)
}

/// Where a quoted scalar ends that goes on at `from`.
fn end(text: &str, from: usize, quote: char) -> usize {
    let mut chars = text.get(from..).unwrap_or_default().char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote == '"' => drop(chars.next()),
            c if c == quote => {
                let doubled = chars.clone().next().is_some_and(|(_, next)| next == quote);
                if quote == '"' || !doubled {
                    return from + at;
                }
                chars.next();
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use granit_parser::ErrorKind;

    use super::Lenient;

    #[test]
    fn offsets_lead_back_to_the_original() {
        let text = "a:\n  - \"x\ny\nz\"\nb: c\n";
        let mut indented = Lenient::new(text);
        assert!(indented.fix(
            &ErrorKind::InvalidQuotedScalarIndent,
            text.find('y').unwrap()
        ));
        assert_eq!(&*indented.text, "a:\n  - \"x\n     y\n     z\"\nb: c\n");
        for (at, c) in indented.text.char_indices().filter(|(_, c)| *c != ' ') {
            assert_eq!(text[indented.original(at)..].chars().next(), Some(c));
        }
        assert_eq!(indented.original(indented.text.len()), text.len());
    }
}
