//! RE2's syntax, checked and put into that of Rust's `regex`.
//!
//! In: the text between the slashes. Out: an equal regular expression in Rust's syntax, or the
//! first place where RE2 would stop. The two differ in what a backslash, a group and a class may
//! hold; those are read here. What they share (brackets that match, what can be repeated, ranges)
//! is left to `regex-syntax`.

use regex_syntax::ast::{self, Ast, RepetitionKind, RepetitionRange};

use super::PatternError;
use super::class;

/// RE2 repeats nothing more often than this, nested repetitions multiplied.
const MOST_REPEATS: u32 = 1000;

/// Puts a pattern into Rust's syntax.
pub(super) fn to_rust(source: &str) -> Result<String, PatternError> {
    let mut reader = Reader {
        source,
        at: 0,
        out: String::new(),
        places: Vec::new(),
    };
    reader.read()?;
    let place = |offset: usize| {
        let before = reader.places.iter().rev().find(|(out, _)| *out <= offset);
        before.map_or(0, |(_, at)| *at)
    };
    let tree = ast::parse::ParserBuilder::new()
        .nest_limit(250)
        .build()
        .parse(&reader.out)
        .map_err(|error| {
            PatternError::new(place(error.span().start.offset), error.kind().to_string())
        })?;
    ast::visit(&tree, Repeats(vec![1]))
        .map_err(|offset| PatternError::new(place(offset), "repeats more than 1000 times"))?;
    Ok(reader.out)
}

/// A pattern that is being read, and what it becomes.
pub(super) struct Reader<'a> {
    source: &'a str,
    at: usize,
    out: String,
    /// Offsets in `out` and the offsets in `source` that they come from.
    places: Vec<(usize, usize)>,
}

impl Reader<'_> {
    pub(super) fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Steps over a text if it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Steps over what comes next up to a text and over that, and returns it.
    pub(super) fn until(&mut self, text: &str) -> Option<String> {
        let (before, _) = self.rest().split_once(text)?;
        let before = before.to_owned();
        self.at += before.len() + text.len();
        Some(before)
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn emit(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Writes a character that stands for itself, in a class or outside.
    pub(super) fn emit_char(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(c) if c.is_ascii_alphanumeric() => self.out.push(c),
            _ => self.out.push_str(&format!("\\x{{{code:x}}}")),
        }
    }

    fn read(&mut self) -> Result<(), PatternError> {
        let mut repeated = false;
        loop {
            let start = self.at;
            self.places.push((self.out.len(), start));
            let Some(c) = self.next() else { return Ok(()) };
            let operator = match c {
                '*' | '+' | '?' => Some(c.to_string()),
                '{' => self.count(start)?,
                _ => None,
            };
            if let Some(operator) = operator {
                if repeated {
                    return Err(PatternError::new(start, "repeats what is repeated already"));
                }
                self.emit(&operator);
                if self.take("?") {
                    self.emit("?");
                }
                repeated = true;
                continue;
            }
            repeated = false;
            match c {
                '\\' => self.escape(start)?,
                '[' => class::read(self, start)?,
                '(' => self.group(start)?,
                ')' | '|' | '^' | '$' | '.' => self.emit(&c.to_string()),
                _ => self.emit_char(u32::from(c)),
            }
        }
    }

    /// `{2}`, `{2,}`, `{2,3}`; any other brace stands for itself.
    fn count(&mut self, start: usize) -> Result<Option<String>, PatternError> {
        let Some((inside, _)) = self.rest().split_once('}') else {
            return Ok(None);
        };
        let inside = inside.to_owned();
        let (least, most) = inside.split_once(',').unwrap_or((&inside, "0"));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if least.is_empty() || !digits(least) || !digits(most) {
            return Ok(None);
        }
        for number in [least, most] {
            if !number.is_empty() && number.parse().map_or(true, |n: u32| n > MOST_REPEATS) {
                return Err(PatternError::new(start, "repeats more than 1000 times"));
            }
        }
        self.at += inside.len() + 1;
        Ok(Some(format!("{{{inside}}}")))
    }

    fn group(&mut self, start: usize) -> Result<(), PatternError> {
        if !self.take("?") {
            self.emit("(");
            return Ok(());
        }
        for around in ["=", "!", "<=", "<!"] {
            if self.take(around) {
                let message = "looks ahead or behind, which RE2 cannot";
                return Err(PatternError::new(start, message));
            }
        }
        if self.take("P<") || self.take("<") {
            let name = self.until(">").unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(PatternError::new(start, "has a bad name for a group"));
            }
            // The name has no part in what matches, and Rust is stricter about it.
            self.emit("(");
            return Ok(());
        }
        self.flags(start)
    }

    /// `(?i)`, `(?i-s:`, `(?:`
    fn flags(&mut self, start: usize) -> Result<(), PatternError> {
        let (mut on, mut off, mut negated) = (String::new(), String::new(), false);
        loop {
            match self.next() {
                Some(flag @ ('i' | 'm' | 's' | 'U')) => {
                    let flags = if negated { &mut off } else { &mut on };
                    if !flags.contains(flag) {
                        flags.push(flag);
                    }
                }
                Some('-') if !negated => negated = true,
                Some(end @ (':' | ')')) if !(negated && off.is_empty()) => {
                    // RE2 takes `(?)` for nothing and lets the last mention of a flag win.
                    on.retain(|flag| !off.contains(flag));
                    match (on.is_empty() && off.is_empty(), end) {
                        (true, ')') => {}
                        (_, _) if off.is_empty() => self.emit(&format!("(?{on}{end}")),
                        (_, _) => self.emit(&format!("(?{on}-{off}{end}")),
                    }
                    return Ok(());
                }
                _ => {
                    let message = "opens a group that RE2 does not know; \
                                   it has `(`, `(?:`, `(?P<name>` and flags `(?imsU)`";
                    return Err(PatternError::new(start, message));
                }
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<(), PatternError> {
        if self.take("Q") {
            let rest = self.rest().to_owned();
            let quoted = self.until("\\E").unwrap_or_else(|| {
                self.at = self.source.len();
                rest
            });
            for c in quoted.chars() {
                self.emit_char(u32::from(c));
            }
            return Ok(());
        }
        match self.peek() {
            Some('b') => self.emit("(?-u:\\b)"),
            Some('B') => self.emit("(?-u:\\B)"),
            Some('A') => self.emit("\\A"),
            Some('z') => self.emit("\\z"),
            Some('C') => self.emit("(?s-u:.)"),
            _ => {
                if !class::shorthand(self, start)? {
                    let code = class::escaped(self, start)?;
                    self.emit_char(code);
                }
                return Ok(());
            }
        }
        self.next();
        Ok(())
    }
}

/// Multiplies nested repetitions; stops at the offset of one that is too much.
struct Repeats(Vec<u32>);

impl ast::Visitor for Repeats {
    type Output = ();
    type Err = usize;

    fn finish(self) -> Result<(), usize> {
        Ok(())
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), usize> {
        if let Ast::Repetition(repetition) = tree {
            let times = match &repetition.op.kind {
                RepetitionKind::Range(
                    RepetitionRange::Exactly(n)
                    | RepetitionRange::AtLeast(n)
                    | RepetitionRange::Bounded(_, n),
                ) => (*n).max(1),
                _ => 1,
            };
            let product = self.0.last().unwrap_or(&1).saturating_mul(times);
            if product > MOST_REPEATS {
                return Err(repetition.op.span.start.offset);
            }
            self.0.push(product);
        }
        Ok(())
    }

    fn visit_post(&mut self, tree: &Ast) -> Result<(), usize> {
        if let Ast::Repetition(_) = tree {
            self.0.pop();
        }
        Ok(())
    }
}
