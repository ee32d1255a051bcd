//! The commands of a job, and what their arguments say.
//!
//! In: the texts of `script` and its like. Out: [`Line`]s with the commands that a shell reads in them, and
//! [`Options`] of a command. Always holds: a word whose text a shell makes by running something is not read.

use crate::gitlab::shell::commands::{Command, Part, Word, commands};
use crate::pipeline::Value;

/// One text of a script.
pub(super) struct Line {
    /// As it is written.
    pub(super) text: String,
    /// What a shell runs; nothing if the text does not read as a script.
    pub(super) commands: Vec<Command>,
}

/// The texts of a script.
pub(super) fn lines(value: Option<&Value>) -> Vec<Line> {
    let flat = value.map(super::common::commands);
    let items = match flat {
        Some(Value::Seq(items)) => items,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let texts = items.into_iter().filter_map(|item| match item {
        Value::Str(text) => Some(text),
        _ => None,
    });
    texts
        .map(|text| Line {
            commands: commands(&text).unwrap_or_default(),
            text,
        })
        .collect()
}

/// The arguments of a command that is one of some programs, each with the words that follow its name.
pub(super) fn arguments<'c>(command: &'c Command, programs: &[&[&str]]) -> Option<&'c [Word]> {
    let (name, words) = command.program()?;
    programs.iter().find_map(|program| {
        let (first, rest) = program.split_first()?;
        let fits = *first == name && rest.len() <= words.len();
        let follows = rest.iter().zip(words).all(|(wanted, word)| word.is(wanted));
        (fits && follows).then(|| words.get(rest.len()..)).flatten()
    })
}

/// Whether a command is one of some programs.
pub(super) fn is(command: &Command, programs: &[&[&str]]) -> bool {
    arguments(command, programs).is_some()
}

/// The text of a word with variables as they are written; `None` if a command makes a part of it.
pub(super) fn text(word: &Word) -> Option<String> {
    let made = |part: &Part| matches!(part, Part::Output { .. } | Part::Other);
    (!word.parts.iter().any(made)).then(|| word.shown())
}

/// The value that a command gives a variable.
pub(super) fn assigned(command: &Command, name: &str) -> Option<String> {
    let all = command.assignments.iter().chain(&command.words);
    let mut values = all.filter_map(text);
    values.find_map(|text| Some(text.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

/// `${NAME:?}` is `$NAME` in a manifest: windlass writes the other itself.
pub(super) fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        match after.split_once(":?}") {
            Some((name, behind)) if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                out.push_str(&format!("${name}"));
                rest = behind;
            }
            _ => {
                out.push_str("${");
                rest = after;
            }
        }
    }
    out + rest
}

/// The options of a command, and its other arguments.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Options with their values, in order.
    pub(super) given: Vec<(String, Option<String>)>,
    /// The other arguments.
    pub(super) rest: Vec<String>,
}

impl Options {
    /// Reads arguments; `valued` are the options that take a value. `None` if one is made by a command.
    pub(super) fn read(words: &[Word], valued: &[&str]) -> Option<Self> {
        let mut out = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = text(word)?;
            if !text.starts_with('-') || text == "-" {
                out.rest.push(text);
                continue;
            }
            match text.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    out.given.push((name.to_owned(), Some(value.to_owned())));
                }
                _ if valued.contains(&text.as_str()) => {
                    let value = self::text(words.next()?)?;
                    out.given.push((text, Some(value)));
                }
                _ => out.given.push((text, None)),
            }
        }
        Some(out)
    }

    /// The values of an option under its names.
    pub(super) fn all(&self, names: &[&str]) -> Vec<String> {
        let given = self.given.iter();
        let given = given.filter(|(name, _)| names.contains(&name.as_str()));
        given.filter_map(|(_, value)| value.clone()).collect()
    }

    /// The last value of an option under its names.
    pub(super) fn one(&self, names: &[&str]) -> Option<String> {
        self.all(names).pop()
    }
}
