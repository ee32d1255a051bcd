//! Text that is safe to print.
//!
//! In: any strings, from files, names and arguments. Out: [`Shown`], the only thing that a command
//! prints. Always holds: what a string says cannot move a cursor, hide or turn text, or begin a line:
//! line breaks and colours are made here alone, and every other control character, bidirectional
//! override or invisible character is shown as a picture of itself.

/// Text of whole lines that is safe to print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    text: String,
    color: bool,
}

/// How a part of a line looks where colours are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// As the terminal shows text.
    Plain,
    /// What matters most.
    Bold,
    /// What matters least.
    Faint,
    /// What is not known.
    Unsure,
    /// What fails, and lines that go.
    Bad,
    /// Lines that come.
    Good,
}

impl Paint {
    /// The parameter of the control sequence (ECMA-48, SGR).
    fn code(self) -> Option<&'static str> {
        match self {
            Paint::Plain => None,
            Paint::Bold => Some("1"),
            Paint::Faint => Some("2"),
            Paint::Unsure => Some("33"),
            Paint::Bad => Some("31"),
            Paint::Good => Some("32"),
        }
    }
}

impl Shown {
    /// No lines yet.
    pub fn new(color: bool) -> Self {
        Self {
            text: String::new(),
            color,
        }
    }

    /// One line.
    pub fn of_line(text: &str) -> Self {
        let mut shown = Self::default();
        shown.line(text);
        shown
    }

    /// Text of several lines in a syntax of its own, as a picture or a page, whose writer has kept
    /// strings from beginning a line.
    pub fn of_document(text: &str) -> Self {
        let mut shown = Self::default();
        shown.document(text);
        shown
    }

    /// A JSON document.
    pub fn of_json(value: &serde_json::Value) -> Self {
        let text = format!("{value:#}\n");
        Self {
            text: json(text),
            color: false,
        }
    }

    /// What [`crate::finding::output`] has drawn, which cleans each string itself.
    pub(crate) fn of_findings(text: String) -> Self {
        Self { text, color: false }
    }

    /// Adds a line: a line break in `text` is shown and breaks none.
    pub fn line(&mut self, text: &str) {
        self.parts(&[(Paint::Plain, text)]);
    }

    /// Adds a line of several parts.
    pub fn parts(&mut self, parts: &[(Paint, &str)]) {
        for (paint, part) in parts {
            match paint.code().filter(|_| self.color && !part.is_empty()) {
                Some(code) => {
                    self.text.push_str("\u{1b}[");
                    self.text.push_str(code);
                    self.text.push('m');
                    self.text.extend(part.chars().map(visible));
                    self.text.push_str("\u{1b}[0m");
                }
                None => self.text.extend(part.chars().map(visible)),
            }
        }
        self.text.push('\n');
    }

    /// Adds the lines of [`Shown::of_document`].
    pub fn document(&mut self, text: &str) {
        let keeps = |c: char| matches!(c, '\n' | '\t');
        let show = |c: char| if keeps(c) { c } else { visible(c) };
        self.text.extend(text.chars().map(show));
    }

    /// Adds lines of another.
    pub fn append(&mut self, other: &Shown) {
        self.text.push_str(&other.text);
    }

    /// The text with its colours.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// A string that is safe to show within a line, of as many characters.
pub fn in_line(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A character, or what is shown instead of it.
pub fn visible(c: char) -> char {
    stand_in(c).unwrap_or(c)
}

/// The longest run of backticks.
pub(crate) fn ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A text as code in a sentence or in Markdown, between more backticks than it holds in a row.
pub fn code(text: &str) -> String {
    let fence = "`".repeat(ticks(text) + 1);
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// What is shown instead of a character, if it must not be shown itself.
fn stand_in(c: char) -> Option<char> {
    let shown = match c {
        // Unicode has a picture of each C0 control: `␛` for escape.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        // Zero-width and directional characters, line separators, tags. The joiner U+200D stays:
        // families of emoji are made of it.
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        _ => return None,
    };
    Some(shown)
}

/// A character of a source line; a tab stays, as the caret below must be moved by its width.
pub(crate) fn in_source(c: char) -> char {
    match c {
        '\t' => '\t',
        c => visible(c),
    }
}

/// A text on one line, at most `limit` characters long.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut clean: String = text.chars().take(limit).map(visible).collect();
    if text.chars().nth(limit).is_some() {
        clean.push_str("...");
    }
    clean
}

/// A JSON text with the same content, in which no character can disturb a terminal. `serde_json`
/// escapes only the C0 controls; the others can stand in strings alone, where an escape is the
/// same character.
fn json(text: String) -> String {
    if !text.chars().any(|c| c != '\n' && stand_in(c).is_some()) {
        return text;
    }
    let mut clean = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if c == '\n' || stand_in(c).is_none() {
            clean.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                clean.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_not_sent() {
        assert_eq!(
            one_line("\u{1b}[31m\u{9b}2J\u{202e}\n\t\r", 99),
            "␛[31m\u{fffd}2J\u{fffd}␊␉␍"
        );
        assert_eq!(one_line("äöü", 2), "äö...");
        assert_eq!(one_line("äöü", 3), "äöü");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"a": "\u{1b}\u{9b}\u{e0041}é\n"});
        let text = json(serde_json::to_string_pretty(&value).expect("no map with other keys"));
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(text.contains(r"\u009b\udb40\udc41é\n"), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).expect("still JSON"),
            value
        );
    }
}
