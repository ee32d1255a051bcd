//! Splits a script into commands.

use std::ops::Range;

use super::commands::{Command, Part, Redirection, Word};

/// How deep commands may stand in each other.
const DEPTH: usize = 32;

/// Words that begin, part or end a compound command; commands follow them.
const KEYWORDS: [&str; 14] = [
    "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!", "time",
    "coproc",
];

/// Operators, the longest first.
const OPERATORS: [&str; 26] = [
    "<<<", "&>>", "<<-", ";;&", "&&", "||", ";;", ";&", "|&", "<<", ">>", "<&", ">&", "<>", ">|",
    "&>", "&", "|", ";", "(", ")", "<", ">", "\n", "\r", "\0",
];

/// What ends a list of commands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Parenthesis,
    Arm,
}

pub(super) fn read(text: &str) -> Option<Vec<Command>> {
    let mut reader = Reader {
        text,
        at: 0,
        offset: 0,
        commands: Vec::new(),
        here: Vec::new(),
    };
    reader.list(End::Text, DEPTH)?;
    Some(reader.commands)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Where the text is in the whole script.
    offset: usize,
    commands: Vec<Command>,
    /// Here-documents whose text begins on the next line.
    here: Vec<Here>,
}

struct Here {
    command: usize,
    redirection: usize,
    delimiter: String,
    quoted: bool,
    tabs: bool,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let is = self.rest().starts_with(text);
        if is {
            self.at += text.len();
        }
        is
    }

    fn operator(&self) -> Option<&'static str> {
        let rest = self.rest();
        OPERATORS.into_iter().find(|one| rest.starts_with(one))
    }

    /// Blanks, continued lines and a comment.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.rest().starts_with("\\\n") => self.at += 2,
                Some('\\') if self.rest().starts_with("\\\r\n") => self.at += 3,
                Some('#') => {
                    let line = self.rest().find('\n');
                    self.at = line.map_or(self.text.len(), |line| self.at + line);
                }
                _ => return,
            }
        }
    }

    /// Commands up to an end, which is read.
    fn list(&mut self, end: End, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        // The command whose output the next one reads.
        let mut piped: Option<usize> = None;
        loop {
            self.blanks();
            match self.operator() {
                None if self.rest().is_empty() => return (end == End::Text).then_some(()),
                Some(line @ ("\n" | "\r" | "\0")) => {
                    self.eat(line);
                    if line == "\n" {
                        self.here_documents(depth)?;
                    }
                }
                Some(")") => {
                    self.eat(")");
                    return (end == End::Parenthesis).then_some(());
                }
                Some(one @ (";;&" | ";;" | ";&")) => {
                    self.eat(one);
                    return (end == End::Arm).then_some(());
                }
                Some("(") => {
                    self.eat("(");
                    if self.peek() == Some('(') && self.arithmetic() {
                        piped = None;
                        continue;
                    }
                    self.list(End::Parenthesis, depth)?;
                    piped = None;
                }
                Some(one @ ("|" | "|&")) => {
                    self.eat(one);
                }
                Some(one @ ("&&" | "||" | ";" | "&")) => {
                    self.eat(one);
                    piped = None;
                }
                _ => {
                    let before = self.at;
                    let done = self.command(end, &mut piped, depth)?;
                    if done {
                        return Some(());
                    }
                    // Whatever it is, it is read.
                    if self.at == before {
                        return None;
                    }
                }
            }
        }
    }

    /// `((...))`, from its second parenthesis on; it holds no commands.
    fn arithmetic(&mut self) -> bool {
        let Some(end) = self.rest().find("))") else {
            return false;
        };
        if self
            .rest()
            .get(..end)
            .is_some_and(|inside| inside.contains('\n'))
        {
            return false;
        }
        self.at += end + 2;
        true
    }

    /// One simple command, or a word of a compound one. True if it ends an arm.
    fn command(&mut self, end: End, piped: &mut Option<usize>, depth: usize) -> Option<bool> {
        let start = self.at;
        let mut command = Command {
            reads: piped.take(),
            ..Command::default()
        };
        let mut pending: Vec<Here> = Vec::new();
        let mut test = false;
        loop {
            self.blanks();
            let stop = match self.operator() {
                None => self.rest().is_empty(),
                Some("(") if command.words.len() == 1 && self.rest().starts_with("()") => {
                    // The name of a function; its body follows.
                    self.at += 2;
                    return Some(false);
                }
                Some("&&" | "||" | "|" | "<" | ">" | "(" | ")") if test => {
                    let operator = self.operator()?;
                    let at = self.at;
                    self.eat(operator);
                    command.words.push(self.plain(at, operator));
                    continue;
                }
                Some("<" | ">") if self.substitutes() => false,
                Some(one) if one.contains(['<', '>']) => {
                    self.redirection(one, &mut command, &mut pending, depth)?;
                    continue;
                }
                Some(_) => true,
            };
            if stop {
                break;
            }
            let at = self.at;
            let word = self.word(depth)?;
            if self.at == at {
                return None;
            }
            let plain = match word.parts.as_slice() {
                [
                    Part::Text {
                        text,
                        quoted: false,
                    },
                ] => text.as_str(),
                _ => "",
            };
            if command.words.is_empty() && command.assignments.is_empty() {
                match plain {
                    "esac" if end == End::Arm => return Some(true),
                    "for" | "select" => {
                        self.until_body(depth)?;
                        return Some(false);
                    }
                    "case" => {
                        self.case(depth)?;
                        return Some(false);
                    }
                    "function" => {
                        self.blanks();
                        self.word(depth)?;
                        self.blanks();
                        self.eat("()");
                        return Some(false);
                    }
                    one if KEYWORDS.contains(&one) => {
                        // What a loop reads, its first command reads.
                        if !matches!(one, "}" | "fi" | "done") {
                            *piped = command.reads;
                        }
                        if matches!(one, "}" | "fi" | "done") {
                            self.redirections(depth)?;
                        }
                        return Some(false);
                    }
                    _ => {}
                }
            }
            let descriptor = !plain.is_empty()
                && plain.bytes().all(|byte| byte.is_ascii_digit())
                && self.peek().is_some_and(|c| matches!(c, '<' | '>'));
            if descriptor {
                continue;
            }
            if command.words.is_empty() && is_assignment(&word) {
                command.assignments.push(self.array(word, depth)?);
                continue;
            }
            if plain == "[[" && command.words.is_empty() {
                test = true;
            }
            if plain == "]]" {
                test = false;
            }
            command.words.push(word);
        }
        let end = self
            .text
            .get(start..self.at)
            .unwrap_or_default()
            .trim_end()
            .len();
        command.range = self.range(start, start + end);
        let index = self.commands.len();
        if (!command.words.is_empty() || !command.assignments.is_empty())
            && matches!(self.operator(), Some("|" | "|&"))
        {
            *piped = Some(index);
        }
        self.commands.push(command);
        for mut one in pending {
            one.command = index;
            self.here.push(one);
        }
        Some(false)
    }

    /// An assignment, with the values in parentheses if it is one of bash's arrays.
    fn array(&mut self, mut word: Word, depth: usize) -> Option<Word> {
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

    /// Whether `<(...)` or `>(...)` begins here.
    fn substitutes(&self) -> bool {
        self.rest().starts_with("<(") || self.rest().starts_with(">(")
    }

    fn range(&self, start: usize, end: usize) -> Range<usize> {
        self.offset + start..self.offset + end
    }

    fn plain(&self, at: usize, text: &str) -> Word {
        Word {
            parts: vec![Part::Text {
                text: text.to_owned(),
                quoted: false,
            }],
            range: self.range(at, at + text.len()),
        }
    }

    fn redirections(&mut self, depth: usize) -> Option<()> {
        let mut none = Command::default();
        let mut pending = Vec::new();
        loop {
            self.blanks();
            match self.operator() {
                Some(one) if one.contains(['<', '>']) && !self.substitutes() => {
                    self.redirection(one, &mut none, &mut pending, depth)?;
                }
                _ => break,
            }
        }
        // A here-document of a compound command is skipped as one of nothing.
        if !pending.is_empty() {
            let index = self.commands.len();
            self.commands.push(none);
            for mut one in pending {
                one.command = index;
                self.here.push(one);
            }
        }
        Some(())
    }

    fn redirection(
        &mut self,
        operator: &'static str,
        command: &mut Command,
        pending: &mut Vec<Here>,
        depth: usize,
    ) -> Option<()> {
        self.eat(operator);
        self.blanks();
        let target = self.word(depth)?;
        if operator == "<<" || operator == "<<-" {
            let quoted = |part: &Part| matches!(part, Part::Text { quoted: true, .. });
            pending.push(Here {
                command: 0,
                redirection: command.redirections.len(),
                quoted: target.parts.iter().any(quoted),
                delimiter: target.shown(),
                tabs: operator == "<<-",
            });
        }
        let operator = match operator {
            "<<-" => "<<",
            other => other,
        };
        command.redirections.push(Redirection { operator, target });
        Some(())
    }

    /// The texts of the here-documents that the line before announced.
    fn here_documents(&mut self, depth: usize) -> Option<()> {
        for here in std::mem::take(&mut self.here) {
            let start = self.at;
            let mut body = String::new();
            let mut closed = false;
            while !self.rest().is_empty() {
                let line = self
                    .rest()
                    .split_inclusive('\n')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                self.at += line.len();
                let shown = match here.tabs {
                    true => line.trim_start_matches('\t'),
                    false => &line,
                };
                if shown.trim_end_matches(['\n', '\r']) == here.delimiter {
                    closed = true;
                    break;
                }
                body.push_str(shown);
            }
            // A shell takes the end of the script for the end of the document.
            let _ = closed;
            let range = self.range(start, self.at);
            let parts = match here.quoted {
                true => vec![Part::Text {
                    text: body,
                    quoted: true,
                }],
                false => self.inside(&body, start, depth)?,
            };
            let target = self.commands.get_mut(here.command);
            let target = target.and_then(|one| one.redirections.get_mut(here.redirection));
            if let Some(target) = target {
                target.target = Word { parts, range };
            }
        }
        Some(())
    }

    /// The parts of a text as in double quotes. Places inside of it are those of its beginning.
    fn inside(&mut self, text: &str, start: usize, depth: usize) -> Option<Vec<Part>> {
        let mut inner = Reader {
            text,
            at: 0,
            offset: self.offset + start,
            commands: std::mem::take(&mut self.commands),
            here: Vec::new(),
        };
        let mut parts = Vec::new();
        let read = inner.quoted(&mut parts, None, depth);
        self.commands = inner.commands;
        read.map(|()| parts)
    }

    /// `NAME in words` of a loop, up to where its body begins.
    fn until_body(&mut self, depth: usize) -> Option<()> {
        self.blanks();
        if self.eat("((") {
            return self.arithmetic().then_some(());
        }
        loop {
            self.blanks();
            match self.operator() {
                Some(";" | "\n" | "\r") | None
                    if self.rest().is_empty() || self.operator().is_some() =>
                {
                    return Some(());
                }
                Some(_) => return None,
                None => {}
            }
            let at = self.at;
            self.word(depth)?;
            if self.at == at {
                return None;
            }
        }
    }

    /// `case WORD in pattern) commands ;; esac`, from the word on.
    fn case(&mut self, depth: usize) -> Option<()> {
        let blank_lines = |reader: &mut Self| {
            loop {
                reader.blanks();
                if !reader.eat("\n") && !reader.eat("\r") {
                    break;
                }
            }
        };
        self.blanks();
        self.word(depth)?;
        blank_lines(self);
        if !self.eat("in") {
            return None;
        }
        loop {
            blank_lines(self);
            if self.rest().starts_with("esac") {
                let after = self.rest().chars().nth(4);
                if !after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    self.at += 4;
                    return Some(());
                }
            }
            self.eat("(");
            loop {
                self.blanks();
                if self.eat(")") {
                    break;
                }
                if self.eat("|") {
                    continue;
                }
                let at = self.at;
                self.word(depth)?;
                if self.at == at {
                    return None;
                }
            }
            if self.arm(depth)? {
                return Some(());
            }
        }
    }

    /// The commands of an arm. True if they end with `esac`.
    fn arm(&mut self, depth: usize) -> Option<bool> {
        self.list(End::Arm, depth)?;
        let before = self.text.get(..self.at).unwrap_or_default();
        Some(before.ends_with("esac"))
    }

    /// One word; empty where none begins.
    fn word(&mut self, depth: usize) -> Option<Word> {
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
    fn quoted(&mut self, parts: &mut Vec<Part>, close: Option<char>, depth: usize) -> Option<()> {
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
    fn escaped(&mut self, parts: &mut Vec<Part>) -> Option<()> {
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
    fn expansion(&mut self, parts: &mut Vec<Part>, quoted: bool, depth: usize) -> Option<()> {
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
        if braced {
            self.operand(depth)?;
        }
        let written = self.text.get(start..self.at).unwrap_or_default().to_owned();
        parts.push(Part::Variable {
            name,
            written,
            quoted,
        });
        Some(())
    }

    /// The rest of `${NAME...}`, whose commands are read as well.
    fn operand(&mut self, depth: usize) -> Option<()> {
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
                    self.quoted(&mut Vec::new(), Some('"'), depth)?;
                }
                '$' | '`' => self.expansion(&mut Vec::new(), true, depth)?,
                c => self.at += c.len_utf8(),
            }
        }
    }

    /// The commands up to a closing parenthesis.
    fn output(&mut self, depth: usize) -> Option<Part> {
        let first = self.commands.len();
        let here = std::mem::take(&mut self.here);
        self.list(End::Parenthesis, depth)?;
        self.here = here;
        Some(Part::Output((first..self.commands.len()).collect()))
    }

    /// The commands up to the closing backtick.
    fn backticks(&mut self, depth: usize) -> Option<Part> {
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
        let mut inner = Reader {
            text: &text,
            at: 0,
            offset: self.offset + start,
            commands: std::mem::take(&mut self.commands),
            here: Vec::new(),
        };
        let read = inner.list(End::Text, depth);
        self.commands = inner.commands;
        read.map(|()| Part::Output((first..self.commands.len()).collect()))
    }
}

/// Adds text to the last part, if that is text of the same kind.
fn push(parts: &mut Vec<Part>, new: &str, is_quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted }) if *quoted == is_quoted => text.push_str(new),
        _ => parts.push(Part::Text {
            text: new.to_owned(),
            quoted: is_quoted,
        }),
    }
}

/// Whether a word is `NAME=value` or `NAME+=value`.
fn is_assignment(word: &Word) -> bool {
    let Some(Part::Text {
        text,
        quoted: false,
    }) = word.parts.first()
    else {
        return false;
    };
    let Some((name, _)) = text.split_once('=') else {
        return false;
    };
    let name = name.strip_suffix('+').unwrap_or(name);
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
