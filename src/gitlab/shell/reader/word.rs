//! Words: quotes, expansions and command substitutions.
//!
//! In: a reader at a word. Out: its parts. Always holds: what is in quotes is marked, and commands that a
//! word runs are read as well.

use super::{End, Reader, push};
use crate::gitlab::shell::commands::{Part, Word};

impl Reader<'_> {
    /// An assignment, with the values in parentheses if it is one of bash's arrays.
    pub(super) fn array(&mut self, mut word: Word, depth: usize) -> Option<Word> {
        let is_bare =
            matches!(word.parts.as_slice(), [Part::Text { text, .. }] if text.ends_with('='));
        if !is_bare || !self.eat("(") {
            return Some(word);
        }
        loop {
            self.blanks();
            if self.eat("\n") || self.eat("\r") {
                continue;
            }
            if self.eat(")") {
                break;
            }
            let at = self.at;
            self.word(depth)?;
            if self.at == at {
                return None;
            }
        }
        word.parts.push(Part::Other);
        word.range.end = self.offset + self.at;
        Some(word)
    }

    /// One word; empty where none begins.
    pub(super) fn word(&mut self, depth: usize) -> Option<Word> {
        let depth = depth.checked_sub(1)?;
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' => break,
                '<' | '>' if parts.is_empty() && self.substitutes() => {
                    self.at += 2;
                    parts.push(self.output(depth)?);
                }
                '&' | '|' | ';' | '(' | ')' | '<' | '>' | '\n' | '\r' | '\0' => break,
                '\'' => {
                    self.at += 1;
                    let end = self.rest().find('\'')?;
                    let text = self.rest().get(..end)?.to_owned();
                    self.at += end + 1;
                    push(&mut parts, &text, true);
                }
                '"' => {
                    self.at += 1;
                    push(&mut parts, "", true);
                    self.quoted(&mut parts, Some('"'), depth)?;
                }
                '\\' => {
                    self.at += 1;
                    if self.eat("\n") || self.eat("\r\n") {
                        continue;
                    }
                    let escaped = self.next().unwrap_or('\\');
                    push(&mut parts, escaped.encode_utf8(&mut [0; 4]), true);
                }
                '$' if self.rest().starts_with("$'") => {
                    self.at += 2;
                    self.escaped(&mut parts)?;
                }
                '$' if self.rest().starts_with("$\"") => self.at += 1,
                '$' | '`' => self.expansion(&mut parts, false, depth)?,
                c => {
                    self.at += c.len_utf8();
                    push(&mut parts, c.encode_utf8(&mut [0; 4]), false);
                }
            }
        }
        Some(Word {
            parts,
            range: self.range(start, self.at),
        })
    }

    /// What stands in double quotes, up to the closing one, or to the end of a here-document.
    pub(super) fn quoted(
        &mut self,
        parts: &mut Vec<Part>,
        close: Option<char>,
        depth: usize,
    ) -> Option<()> {
        loop {
            match self.peek() {
                None => return close.is_none().then_some(()),
                Some(c) if Some(c) == close => {
                    self.at += 1;
                    return Some(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some('\n') => self.at += 1,
                        Some(c @ ('$' | '`' | '"' | '\\')) => {
                            self.at += 1;
                            push(parts, c.encode_utf8(&mut [0; 4]), true);
                        }
                        _ => push(parts, "\\", true),
                    }
                }
                Some('$' | '`') => self.expansion(parts, true, depth)?,
                Some(c) => {
                    self.at += c.len_utf8();
                    push(parts, c.encode_utf8(&mut [0; 4]), true);
                }
            }
        }
    }

    /// `$'...'` of bash.
    pub(super) fn escaped(&mut self, parts: &mut Vec<Part>) -> Option<()> {
        loop {
            match self.next()? {
                '\'' => return Some(()),
                '\\' => {
                    let c = match self.next()? {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        c => c,
                    };
                    push(parts, c.encode_utf8(&mut [0; 4]), true);
                }
                c => push(parts, c.encode_utf8(&mut [0; 4]), true),
            }
        }
    }

    /// What begins with `$` or a backtick.
    pub(super) fn expansion(
        &mut self,
        parts: &mut Vec<Part>,
        quoted: bool,
        depth: usize,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let start = self.at;
        if self.eat("`") {
            let part = self.backticks(depth)?;
            parts.push(part);
            return Some(());
        }
        if self.rest().starts_with("$[[") {
            // An input of GitLab, whose value is not known.
            let end = self.rest().find("]]")?;
            self.at += end + 2;
            parts.push(Part::Other);
            return Some(());
        }
        if self.rest().starts_with("$((") {
            let before = self.at;
            self.at += 2;
            if self.arithmetic() {
                parts.push(Part::Other);
                return Some(());
            }
            self.at = before;
        }
        if self.eat("$(") {
            let part = self.output(depth)?;
            parts.push(part);
            return Some(());
        }
        self.at += 1;
        let braced = self.eat("{");
        if braced {
            self.eat("!");
            self.eat("#");
        }
        let other = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        let rest = self.rest();
        let length = rest.find(other).unwrap_or(rest.len());
        let name = match rest.get(..length).unwrap_or_default() {
            "" => match self.peek() {
                Some(c @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) => c.to_string(),
                _ if braced => return None,
                _ => {
                    push(parts, "$", quoted);
                    return Some(());
                }
            },
            digits if !braced && digits.starts_with(|c: char| c.is_ascii_digit()) => {
                digits.chars().take(1).collect()
            }
            name => name.to_owned(),
        };
        self.at += name.len();
        let mut operand = Vec::new();
        if braced {
            self.operand(&mut operand, depth)?;
        }
        let written = self.text.get(start..self.at).unwrap_or_default().to_owned();
        parts.push(Part::Variable {
            name,
            written,
            quoted,
            operand,
        });
        Some(())
    }

    /// The rest of `${NAME...}`: what a shell replaces in it.
    pub(super) fn operand(&mut self, parts: &mut Vec<Part>, depth: usize) -> Option<()> {
        loop {
            match self.peek()? {
                '}' => {
                    self.at += 1;
                    return Some(());
                }
                '\\' => {
                    self.at += 1;
                    self.next()?;
                }
                '\'' => {
                    // In double quotes it is an ordinary sign; then it need not be closed.
                    self.at += 1;
                }
                '"' => {
                    self.at += 1;
                    self.quoted(parts, Some('"'), depth)?;
                }
                '$' | '`' => self.expansion(parts, true, depth)?,
                c => self.at += c.len_utf8(),
            }
        }
    }

    /// The commands up to a closing parenthesis.
    pub(super) fn output(&mut self, depth: usize) -> Option<Part> {
        let first = self.commands.len();
        let here = std::mem::take(&mut self.here);
        let before = std::mem::take(&mut self.printing);
        self.list(End::Parenthesis, Vec::new(), depth)?;
        self.here = here;
        Some(Part::Output {
            commands: (first..self.commands.len()).collect(),
            printing: std::mem::replace(&mut self.printing, before),
        })
    }

    /// The commands up to the closing backtick.
    pub(super) fn backticks(&mut self, depth: usize) -> Option<Part> {
        let start = self.at;
        let mut text = String::new();
        loop {
            match self.next()? {
                '`' => break,
                '\\' => match self.next()? {
                    c @ ('`' | '\\' | '$') => text.push(c),
                    c => text.extend(['\\', c]),
                },
                c => text.push(c),
            }
        }
        let first = self.commands.len();
        let mut inner = self.within(&text, start);
        let read = inner.list(End::Text, Vec::new(), depth);
        self.commands = inner.commands;
        let printing = inner.printing;
        read.map(|()| Part::Output {
            commands: (first..self.commands.len()).collect(),
            printing,
        })
    }

    pub(super) fn plain(&self, at: usize, text: &str) -> Word {
        Word {
            parts: vec![Part::Text {
                text: text.to_owned(),
                quoted: false,
            }],
            range: self.range(at, at + text.len()),
        }
    }
}
