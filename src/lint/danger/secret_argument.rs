//! A password goes to a login by its standard input.
//!
//! Facts: everybody on the machine sees the arguments of a program; `docker login` itself warns ("docker
//! login", "Provide a password using STDIN").

use crate::finding::{Code, Finding};
use crate::gitlab::shell::commands::Word;
use crate::lint::context::Lint;

/// Programs whose `login` takes `--password-stdin`.
const PROGRAMS: [&str; 9] = [
    "docker", "podman", "buildah", "nerdctl", "skopeo", "helm", "oras", "crane", "regctl",
];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    for script in lint.scripts().iter() {
        for command in &script.commands {
            let Some((program, arguments)) = command.program() else {
                continue;
            };
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
                }
                false => {
                    let message = format!("the password of `{program} login` stands in the file");
                    Finding::new(Code::SecretInFile, place, message).help(
                        "take it back where it was made, and keep the new one in a masked CI/CD variable",
                    )
                }
            };
            lint.push(finding);
        }
    }
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
