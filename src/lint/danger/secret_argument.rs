//! A password goes to a login by its standard input.
//!
//! Facts: everybody on the machine sees the arguments of a program; `docker login` itself warns ("docker
//! login", "Provide a password using STDIN").

use std::ops::Range;

use crate::finding::{Code, Finding, Fix};
use crate::gitlab::shell::commands::{Command, Part, Word};
use crate::lint::context::Lint;
use crate::lint::script::Script;
use crate::lint::shellcheck::shell_of;
use crate::source::Span;

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
                        .fix(piped(lint, script, command, arguments))
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

/// The command with the password on its standard input. `None` unless it surely does the same: a POSIX shell
/// runs it, the password is one variable, the command reads nothing itself and is written as the shell reads it,
/// on one line or on several.
fn piped(lint: &Lint<'_>, script: &Script, command: &Command, arguments: &[Word]) -> Option<Fix> {
    let sources = &lint.config.sources;
    let reads = command
        .redirections
        .iter()
        .any(|one| one.operator.starts_with('<'));
    let twice = arguments
        .iter()
        .any(|word| word.start() == "--password-stdin");
    let replaces_shell = command.words.first().is_some_and(|word| word.is("exec"));
    if !command.reads.is_empty() || reads || twice || replaces_shell {
        return None;
    }
    let is_posix = |at: &usize| {
        let job = lint.config.jobs.get(*at);
        let own = lint.scripts();
        job.is_some_and(|job| {
            shell_of(job, own.of(*at)).is_some()
                && (job.image.is_some() || own.of(*at).any(|script| is_of_posix(&script.text)))
        })
    };
    if !script.jobs.iter().all(is_posix) {
        return None;
    }
    let (word, _) = password(arguments)?;
    let is_empty = |part: &&Part| matches!(part, Part::Text { text, .. } if text.is_empty());
    let parts: Vec<&Part> = word.parts.iter().filter(|part| !is_empty(part)).collect();
    let [prefix @ .., Part::Variable { name, written, .. }] = parts.as_slice() else {
        return None;
    };
    let is_plain = *written == format!("${name}") || *written == format!("${{{name}}}");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !is_plain || !name.chars().all(is_name) {
        return None;
    }
    let first = match prefix {
        // The option stands before it.
        [] => {
            let at = arguments.iter().position(|one| one == word)?;
            arguments.get(at.checked_sub(1)?)?
        }
        [Part::Text { text, .. }] if OPTIONS.contains(&text.as_str()) => word,
        _ => return None,
    };
    let place = script.at(&command.range, sources);
    let source = sources.get(place.file)?;
    let option = script
        .at(&(first.range.start..word.range.end), sources)
        .span;
    let is_same = |range: &Range<usize>, span: Span| {
        let text = script.text.get(range.clone()).unwrap_or_default();
        let written = source.slice(span);
        // Quotes in a double-quoted scalar are escaped, and lines of a block scalar are indented.
        text.split_whitespace()
            .eq(written.replace("\\\"", "\"").split_whitespace())
    };
    if !is_same(&command.range, place.span)
        || !is_same(&(first.range.start..word.range.end), option)
    {
        return None;
    }
    let (format, quote) = match source.slice(script.place.span).chars().next()? {
        '\'' => ("%s", "\""),
        '"' => ("'%s'", "\\\""),
        _ => ("'%s'", "\""),
    };
    let before = source.slice(Span::new(place.span.start, option.start));
    let after = source.slice(Span::new(option.end, place.span.end));
    let new = format!("printf {format} {quote}${name}{quote} | {before}--password-stdin{after}");
    Some(Fix::Text(place, new))
}

/// Whether a text is of a POSIX shell, and of no other.
fn is_of_posix(text: &str) -> bool {
    const SIGNS: [&str; 5] = ["export ", "; then", "; do", "/dev/null", "|| true"];
    SIGNS.iter().any(|sign| text.contains(sign))
}

/// The options with their value in the same word, as far as that.
const OPTIONS: [&str; 3] = ["-p", "-p=", "--password="];

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
        // `-p=VALUE`, and `-pVALUE` where it is a variable.
        let glued = text
            .strip_prefix("-p")
            .and_then(|value| match value.strip_prefix('=') {
                Some(value) => Some(value),
                None => value.starts_with('$').then_some(value),
            });
        if let Some(value) = glued {
            return Some((word, value.to_owned()));
        }
    }
    None
}
