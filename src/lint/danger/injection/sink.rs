//! What the commands of a job read a second time, as code.
//!
//! In: the [`Flow`] of a job. Out: each variable that some program runs as code, the program, and where
//! the text stands. Always holds: what reaches a program as an argument, in its environment or as a file that
//! it does not run is no code.

use std::collections::BTreeSet;

use super::editor;
use super::flow::{At, Flow, Source, Text, Unit};
use super::reader::{Found, Kind, RUNNERS, entrypoint, reader, remote, replaces};
use crate::gitlab::shell::commands::{Word, commands};

/// Code in code is looked at this deep.
const DEPTH: usize = 4;

/// Texts that are read as code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evaluated {
    /// The program that reads it, for a message.
    pub(super) reader: String,
    /// The variables in it that no script of the job sets.
    pub(super) names: BTreeSet<String>,
    /// The script that the text stands in, by its index, and the word there.
    pub(super) unit: usize,
    pub(super) range: std::ops::Range<usize>,
    /// Whether it is a program of `sed` or `awk`.
    pub(super) is_editor: bool,
    /// Whether `sed` reads it, and the sign that the text has to hold then, to be more than a part of `s`.
    pub(super) sed: Option<Option<char>>,
}

/// What a command reads as code.
struct Code<'s> {
    reader: String,
    texts: Vec<Source<'s>>,
    /// The parameters of the code: `$1` and so on.
    parameters: &'s [Word],
    /// Whether it is code of a shell that has the variables of the job.
    is_ours: bool,
    is_editor: bool,
    is_sed: bool,
}

/// All that the scripts of a job read as code.
pub(super) fn evaluated(flow: &Flow<'_>) -> Vec<Evaluated> {
    within(flow, DEPTH)
}

fn within(flow: &Flow<'_>, depth: usize) -> Vec<Evaluated> {
    let mut out = Vec::new();
    for (unit, script) in flow.units.iter().enumerate() {
        for command in 0..script.commands.len() {
            let at = At { unit, command };
            let Some(code) = code(flow, at) else { continue };
            for text in flow.words(code.texts.iter().cloned()) {
                let mut own = vec![(code.reader.clone(), flow.roots(Source::Word(text)))];
                own.extend(nested(flow, at, &code, text, depth));
                own.retain(|(_, names)| !names.is_empty());
                out.extend(own.into_iter().map(|(reader, names)| Evaluated {
                    reader,
                    names,
                    unit: text.unit,
                    range: text.word.range.clone(),
                    is_editor: code.is_editor,
                    sed: code.is_sed.then(|| editor::delimiter(text.word)),
                }));
            }
        }
    }
    out
}

/// What the code in a word reads as code itself: the programs there, and the variables of the job around.
fn nested(
    flow: &Flow<'_>,
    at: At,
    code: &Code<'_>,
    text: Text<'_>,
    depth: usize,
) -> Vec<(String, BTreeSet<String>)> {
    let literal = text.word.literal().filter(|_| code.is_ours && depth > 0);
    let Some(literal) = literal else {
        return Vec::new();
    };
    let all = commands(&literal).unwrap_or_default();
    let inner = Flow::of(vec![Unit {
        text: &literal,
        commands: &all,
    }]);
    let found = within(&inner, depth.saturating_sub(1)).into_iter();
    let around = |name: &String| match (name.parse::<usize>(), flow.command(at)) {
        (Ok(number), Some(command)) => {
            let word = number.checked_sub(1).and_then(|at| code.parameters.get(at));
            let text = word.map(|word| Text {
                unit: at.unit,
                command,
                word,
            });
            text.map(|text| flow.roots(Source::Word(text)))
                .unwrap_or_default()
        }
        _ if matches!(name.as_str(), "@" | "*") => BTreeSet::new(),
        _ => flow.roots(Source::Variable(name.clone(), None)),
    };
    found
        .map(|one| (one.reader, one.names.iter().flat_map(around).collect()))
        .collect()
}

/// What a command reads as code.
fn code<'s>(flow: &Flow<'s>, at: At) -> Option<Code<'s>> {
    let command = flow.command(at)?;
    let text = |word| Text {
        unit: at.unit,
        command,
        word,
    };
    let word = |word| Source::Word(text(word));
    let ours = |reader: &str, texts: Vec<Source<'s>>| Code {
        reader: format!("`{reader}`"),
        texts,
        parameters: &[],
        is_ours: true,
        is_editor: false,
        is_sed: false,
    };
    // A file that the job has written, run as a program.
    let first = command.words.first()?;
    if first.shown().contains('/') && flow.writes(first) {
        return Some(ours(&first.shown(), flow.file(text(first))));
    }
    let (program, arguments) = command.program()?;
    match program.to_ascii_lowercase().as_str() {
        "eval" => return Some(ours("eval", arguments.iter().map(word).collect())),
        "trap" => return Some(ours("trap", arguments.iter().take(1).map(word).collect())),
        "invoke-expression" | "iex" => {
            let input = std::iter::once(Source::Read(at));
            return Some(Code {
                is_ours: false,
                ..ours(&program, arguments.iter().map(word).chain(input).collect())
            });
        }
        "source" | "." => {
            let file = arguments.first()?;
            let texts = match file.shown().as_str() {
                "/dev/stdin" => vec![Source::Read(at)],
                _ => flow.file(text(file)),
            };
            return Some(ours(&program, texts));
        }
        "ssh" | "autossh" => return Some(ssh(at, arguments, word)),
        "sshpass" => {
            let ssh_at = arguments.iter().position(|word| word.is("ssh"))?;
            return Some(ssh(at, arguments.get(ssh_at + 1..)?, word));
        }
        name => {
            if let Some(program) = editor::program(name, arguments) {
                return Some(Code {
                    is_ours: false,
                    is_editor: true,
                    is_sed: name.ends_with("sed"),
                    ..ours(name, program.into_iter().map(word).collect())
                });
            }
        }
    }
    let own = command.words.len().checked_sub(arguments.len() + 1)?;
    let runs = RUNNERS.contains(&program.as_str());
    for (index, one) in command.words.iter().enumerate() {
        if one.is("install") || one.is("add") {
            return None;
        }
        let Some((name, reader)) = one.literal().and_then(|name| reader(&name)) else {
            continue;
        };
        let anywhere = matches!(reader.kind, Kind::Shell | Kind::Language);
        if index < own || (index > own && !runs && !anywhere) {
            continue;
        }
        let rest = command.words.get(index + 1..).unwrap_or_default();
        let mut parameters: &[Word] = &[];
        let (reader_name, texts) = match reader.find(rest) {
            Found::Code(option, code) => {
                let mut texts: Vec<Source<'s>> = code.into_iter().map(word).collect();
                if program == "xargs" && (code.is_none() || replaces(arguments, code)) {
                    texts.push(Source::Read(at));
                }
                // Behind the code are `$0`, `$1`, ...
                let place =
                    code.and_then(|code| rest.iter().position(|one| std::ptr::eq(one, code)));
                parameters = place.and_then(|at| rest.get(at + 2..)).unwrap_or_default();
                (format!("{name} {option}"), texts)
            }
            Found::Input if index == own || runs => (name, vec![Source::Read(at)]),
            Found::File(Some(file)) if index == own => (name, flow.file(text(file))),
            Found::Input | Found::File(_) => continue,
        };
        if !texts.is_empty() {
            return Some(Code {
                parameters,
                is_ours: reader.kind != Kind::Language && !runs,
                ..ours(&reader_name, texts)
            });
        }
    }
    let (reader, found) = entrypoint(arguments).filter(|_| runs)?;
    Some(Code {
        is_ours: false,
        ..ours(&reader, found.into_iter().map(word).collect())
    })
}

/// The command that `ssh` runs on the other side, and what a shell reads there.
fn ssh<'s>(at: At, arguments: &'s [Word], word: impl Fn(&'s Word) -> Source<'s>) -> Code<'s> {
    let remote = remote(arguments).unwrap_or_default();
    let mut texts: Vec<Source<'s>> = remote.iter().map(word).collect();
    let reads = remote.iter().enumerate().any(|(index, word)| {
        let found = word.literal().and_then(|name| reader(&name));
        let rest = remote.get(index + 1..).unwrap_or_default();
        found.is_some_and(|(_, reader)| matches!(reader.find(rest), Found::Input))
    });
    if remote.is_empty() || reads {
        texts.push(Source::Read(at));
    }
    Code {
        reader: "the shell behind `ssh`".to_owned(),
        texts,
        parameters: &[],
        is_ours: false,
        is_editor: false,
        is_sed: false,
    }
}
