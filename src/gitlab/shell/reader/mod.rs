//! Splits a script into commands.
//!
//! In: the text of a script. Out: its commands, those within other commands too; none if a shell would not
//! read it. Always holds: whatever the text is, reading it takes bounded time and depth, and never panics.
//! `compound` reads loops, `case` and what stands around several commands, `redirection` here documents,
//! `word` quotes and expansions.

mod compound;
mod redirection;
mod word;

use std::ops::Range;

use super::commands::{Command, Part, Word};
use compound::Compound;

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
        ..Reader::default()
    };
    reader.list(End::Text, Vec::new(), DEPTH)?;
    Some(reader.commands)
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Where the text is in the whole script.
    offset: usize,
    commands: Vec<Command>,
    /// The commands whose output is that of the text or the substitution which is read, as far as no other
    /// command reads it.
    printing: Vec<usize>,
    /// The compound commands that are not closed yet.
    open: Vec<Compound>,
    /// The function whose body follows.
    named: Option<String>,
    /// The function that the whole text stands in.
    function: Option<String>,
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

    /// Commands up to an end, which is read. `piped` are the commands whose output the next one reads.
    fn list(&mut self, end: End, mut piped: Vec<usize>, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
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
                        piped.clear();
                        continue;
                    }
                    self.begin();
                    self.list(End::Parenthesis, std::mem::take(&mut piped), depth)?;
                    self.close(&mut piped, depth)?;
                }
                Some(one @ ("|" | "|&")) => {
                    self.eat(one);
                }
                Some(one @ ("&&" | "||" | ";" | "&")) => {
                    self.eat(one);
                    piped.clear();
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

    /// One simple command, or a word of a compound one. True if it ends an arm.
    fn command(&mut self, end: End, piped: &mut Vec<usize>, depth: usize) -> Option<bool> {
        let start = self.at;
        let mut command = Command {
            reads: std::mem::take(piped),
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
                    self.named = command.words.first().and_then(Word::literal);
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
                        self.begin();
                        *piped = command.reads;
                        return Some(false);
                    }
                    "case" => {
                        self.begin();
                        self.case(depth)?;
                        self.close(piped, depth)?;
                        return Some(false);
                    }
                    "function" => {
                        self.blanks();
                        self.named = self.word(depth)?.literal();
                        self.blanks();
                        self.eat("()");
                        return Some(false);
                    }
                    "}" | "fi" | "done" => {
                        self.close(piped, depth)?;
                        return Some(false);
                    }
                    one if KEYWORDS.contains(&one) => {
                        if matches!(one, "{" | "if" | "while" | "until") {
                            self.begin();
                        }
                        // What a loop reads, its first command reads.
                        *piped = command.reads;
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
        let index = self.add(command);
        if matches!(self.operator(), Some("|" | "|&")) {
            self.printing.pop();
            piped.push(index);
        }
        for mut one in pending {
            one.command = index;
            self.here.push(one);
        }
        Some(false)
    }

    /// Adds a command, which prints what it prints, and gives its index.
    fn add(&mut self, mut command: Command) -> usize {
        let index = self.commands.len();
        let around = self.open.iter().rev().find_map(|one| one.function.as_ref());
        command.function = around.or(self.function.as_ref()).cloned();
        self.named = None;
        self.commands.push(command);
        self.printing.push(index);
        index
    }

    /// A reader of a text within this one, from an offset of it on, which goes on with its commands.
    fn within<'i>(&mut self, text: &'i str, start: usize) -> Reader<'i> {
        let around = self.open.iter().rev().find_map(|one| one.function.as_ref());
        Reader {
            text,
            offset: self.offset + start,
            commands: std::mem::take(&mut self.commands),
            function: around.or(self.function.as_ref()).cloned(),
            ..Reader::default()
        }
    }

    /// Whether `<(...)` or `>(...)` begins here.
    fn substitutes(&self) -> bool {
        self.rest().starts_with("<(") || self.rest().starts_with(">(")
    }

    fn range(&self, start: usize, end: usize) -> Range<usize> {
        self.offset + start..self.offset + end
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
