//! What is downloaded is not run unseen.

use std::collections::HashSet;

use crate::finding::{Code, Finding};
use crate::gitlab::shell::commands::{Command, Part, Word};
use crate::lint::context::Lint;

/// Shells, with the programs that read a script of another language.
pub(super) const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];
const INTERPRETERS: [&str; 6] = ["python", "python3", "node", "perl", "ruby", "php"];
/// Programs that download.
const DOWNLOADERS: [&str; 2] = ["curl", "wget"];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    for script in lint.scripts().iter() {
        for command in &script.commands {
            let Some((program, arguments)) = command.program() else {
                continue;
            };
            let downloaded = match reads_script(&program, arguments) {
                true => source(command, &script.commands),
                false => evaluated(&program, arguments)
                    .and_then(|commands| output(commands, &script.commands)),
            };
            let Some(downloaded) = downloaded else {
                continue;
            };
            let place = script.at(&downloaded.range, &lint.config.sources);
            let message =
                format!("`{program}` runs what is downloaded here, whatever it is by then");
            lint.push(
                Finding::new(Code::PipedDownload, place, message)
                    .help("whoever controls the address controls the job, with all its variables")
                    .help(
                        "download a fixed version to a file, compare its checksum, and run it then; or use an image that has the tool",
                    ),
            );
        }
    }
}

/// Whether a program runs what it reads from its standard input.
fn reads_script(program: &str, arguments: &[Word]) -> bool {
    let first = arguments.first().map(Word::shown);
    if INTERPRETERS.contains(&program) {
        return first.is_none_or(|first| first == "-");
    }
    if !SHELLS.contains(&program) {
        return false;
    }
    for word in arguments {
        let text = word.shown();
        match text.as_str() {
            "-" | "-s" | "--" => return true,
            option if option.starts_with("--") => {}
            option if option.starts_with('-') => {
                if option.contains('c') {
                    return false;
                }
                if option.contains('s') {
                    return true;
                }
            }
            // A file.
            _ => return false,
        }
    }
    true
}

/// The download whose output a command reads, by whatever is between.
fn source<'c>(command: &Command, all: &'c [Command]) -> Option<&'c Command> {
    // A command reads what an earlier one prints.
    let mut open: Vec<usize> = command.reads.clone();
    let mut seen = HashSet::new();
    while let Some(at) = open.pop() {
        let Some(command) = all.get(at).filter(|_| seen.insert(at)) else {
            continue;
        };
        let Some((program, _)) = command.program() else {
            continue;
        };
        if DOWNLOADERS.contains(&program.as_str()) {
            return Some(command);
        }
        open.extend(&command.reads);
    }
    None
}

/// The commands whose output is run: `sh -c "$(...)"`, `eval "$(...)"`, `source <(...)`.
fn evaluated<'w>(program: &str, arguments: &'w [Word]) -> Option<&'w [usize]> {
    let word = match program {
        "eval" | "source" | "." => arguments.first(),
        shell if SHELLS.contains(&shell) => arguments.iter().find(|word| {
            !matches!(word.parts.first(), Some(Part::Text { text, .. }) if text.starts_with('-'))
        }),
        _ => None,
    }?;
    word.parts.iter().find_map(|part| match part {
        Part::Output { printing, .. } => Some(printing.as_slice()),
        Part::Text { .. } | Part::Variable { .. } | Part::Other => None,
    })
}

/// The download, if it is what the commands of a substitution print.
fn output<'c>(commands: &[usize], all: &'c [Command]) -> Option<&'c Command> {
    let last = all.get(*commands.last()?)?;
    let (program, _) = last.program()?;
    match DOWNLOADERS.contains(&program.as_str()) {
        true => Some(last),
        false => None,
    }
}
