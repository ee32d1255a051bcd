//! A password goes to a login by its standard input.
//!
//! Facts: everybody on the machine sees the arguments of a program; `docker login` itself warns ("docker
//! login", "Provide a password using STDIN").

use crate::finding::{Code, Finding, Fix};
use crate::gitlab::shell::commands::{Command, Word};
use crate::lint::context::Lint;
use crate::lint::script::Script;
use crate::source::Source;

/// Programs whose `login` takes `--password-stdin`.
const PROGRAMS: [&str; 9] = [
    "docker", "podman", "buildah", "nerdctl", "skopeo", "helm", "oras", "crane", "regctl",
];

const TAKE_BACK: &str =
    "take it back where it was made, and keep the new one in a masked CI/CD variable";

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    for script in lint.scripts().iter() {
        for command in &script.commands {
            let Some((program, arguments)) = command.program() else {
                continue;
            };
            if program == "sshpass" {
                sshpass(lint, script, arguments);
                continue;
            }
            let is_login = arguments.iter().any(|word| word.is("login"));
            if !PROGRAMS.contains(&program.as_str()) || !is_login {
                continue;
            }
            let Some((word, value)) = password(arguments) else {
                continue;
            };
            let place = script.at(&word.range, &lint.config.sources);
            if value.is_empty() {
                continue;
            }
            let finding = match value.contains('$') {
                true => {
                    let shown = value.trim_matches('"');
                    let message = format!("`{shown}` is on the command line of `{program} login`");
                    Finding::new(Code::SecretArgument, place, message)
                        .help("everybody on the runner sees the arguments of a program")
                        .help(format!(
                            "write `printf '%s' \"{shown}\" | {program} login ... --password-stdin`"
                        ))
                        .fix(piped(script, command, arguments, &lint.config.sources))
                }
                false => {
                    let message = format!("the password of `{program} login` stands in the file");
                    Finding::new(Code::SecretInFile, place, message).help(TAKE_BACK)
                }
            };
            lint.push(finding);
        }
    }
}

/// `sshpass -p PASSWORD`, where `sshpass -e` reads it from the environment. Its options come first.
fn sshpass(lint: &mut Lint<'_>, script: &Script, arguments: &[Word]) {
    let first = arguments.first().map(Word::shown).unwrap_or_default();
    let found = password(arguments).filter(|_| first.starts_with("-p"));
    let Some((word, value)) = found.filter(|(_, value)| !value.is_empty()) else {
        return;
    };
    let place = script.at(&word.range, &lint.config.sources);
    lint.push(match value.contains('$') {
        true => {
            let message = format!(
                "`{}` is on the command line of `sshpass`",
                value.trim_matches('"')
            );
            Finding::new(Code::SecretArgument, place, message)
                .help("everybody on the runner sees the arguments of a program")
                .help("name the variable `SSHPASS` and write `sshpass -e`, or use a key")
        }
        false => {
            let message = "the password of `sshpass` stands in the file";
            Finding::new(Code::SecretInFile, place, message).help(TAKE_BACK)
        }
    });
}

/// The command with the password on its standard input; `None` unless it is written on one line as a shell
/// reads it, reads nothing itself and is no part of another word.
fn piped(
    script: &Script,
    command: &Command,
    arguments: &[Word],
    sources: &[Source],
) -> Option<Fix> {
    let text = script.text.get(command.range.clone())?;
    let place = script.at(&command.range, sources);
    let written = sources.get(place.file)?.slice(place.span);
    let reads = command
        .redirections
        .iter()
        .any(|one| one.operator.starts_with('<'));
    if written != text || text.contains(['\n', '\'']) || command.reads.is_some() || reads {
        return None;
    }
    let (word, value) = password(arguments)?;
    let name = value.strip_prefix('$')?;
    let name = name
        .strip_prefix('{')
        .and_then(|name| name.strip_suffix('}'))
        .unwrap_or(name);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let at = arguments.iter().position(|one| one == word)?;
    // The option before its value, or one word with both.
    let option = arguments.get(at.checked_sub(1)?)?;
    let first = match word.shown().starts_with('-') {
        true => word,
        false => option,
    };
    let start = first.range.start.checked_sub(command.range.start)?;
    let end = word.range.end.checked_sub(command.range.start)?;
    let (before, after) = (text.get(..start)?, text.get(end..)?);
    let new = format!("printf '%s' \"${name}\" | {before}--password-stdin{after}");
    Some(Fix::Text(place, new))
}

/// The word with the password, and the password; empty if it is what a command prints.
fn password(arguments: &[Word]) -> Option<(&Word, String)> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.shown();
        if text == "-p" || text == "--password" {
            let value = words.next()?;
            return Some((value, value.shown()));
        }
        if let Some(value) = text.strip_prefix("--password=") {
            return Some((word, value.to_owned()));
        }
        let glued = text
            .strip_prefix("-p")
            .filter(|value| value.starts_with('$'));
        if let Some(value) = glued {
            return Some((word, value.to_owned()));
        }
    }
    None
}
