//! Scripts inside a container that a job starts itself, by `docker run` or Docker Compose.
//!
//! In: the script of a test. Out: the one command of the job that runs it. Always holds: what the
//! script says is read by a shell in the container, never by the job's.

use super::word;
use crate::gitlab::shell::wrapped;
use crate::manifest::collection::Many;
use crate::manifest::record::Field;
use crate::manifest::tests::Test;
use crate::pipeline::{Mapping, Value};

/// Words that a shell knows itself (POSIX.1-2024, XCU 2.4, 2.15 and 1.6; dash, bash and busybox
/// know some more): there may be no program of that name.
const BUILT_IN: &[&str] = &[
    ".", ":", "[", "alias", "bg", "break", "case", "cd", "command", "continue", "declare", "do",
    "done", "echo", "elif", "else", "esac", "eval", "exec", "exit", "export", "false", "fc", "fg",
    "fi", "for", "function", "getopts", "hash", "if", "in", "jobs", "kill", "let", "local",
    "printf", "pwd", "pushd", "popd", "read", "readonly", "return", "select", "set", "shift",
    "shopt", "source", "test", "then", "time", "times", "trap", "true", "type", "typeset",
    "ulimit", "umask", "unalias", "unset", "until", "wait", "while",
];

/// Where in the container it runs.
pub(super) fn workdir(test: &Test) -> Option<String> {
    let workdir = test.workdir.get()?;
    Some(format!("--workdir {}", word(workdir)))
}

/// The job's own variables go along into the container.
pub(super) fn environment(variables: &Mapping, option: &str) -> Vec<String> {
    let names = variables.iter();
    names.map(|(name, _)| format!("{option} {name}")).collect()
}

/// A script inside a container: one program as it is, anything else by a shell there.
pub(super) fn command(run: &[String], script: &Field<Many<String>>) -> Value {
    let command = run.join(" ");
    let lines: Vec<&str> = script
        .get()
        .into_iter()
        .flat_map(Many::iter)
        .map(|line| line.value.as_str())
        .collect();
    if let [line] = lines.as_slice()
        && is_program(line)
    {
        return Value::from(format!("{command} {line}"));
    }
    // Inside single quotes nothing is expanded here: it is the container's shell that reads it.
    // Lines keep their own indentation, on which here-documents and quoted text depend.
    let body: String = lines
        .iter()
        .map(|line| format!("{}\n", line.trim_end_matches('\n').replace('\'', r"'\''")))
        .collect();
    // As the runner's own shells: a failing command fails its pipeline, where the shell can.
    let pipefail = if lines
        .iter()
        .any(|line| line.replace("||", "").contains('|'))
    {
        "if (set -o pipefail) 2> /dev/null; then set -o pipefail; fi\n"
    } else {
        ""
    };
    let start = wrapped(&format!("{command} sh -ec"));
    Value::from(format!("{start} '\n{pipefail}{body}'\n"))
}

/// Whether a command surely is one program with plain arguments, for which no shell is needed.
fn is_program(line: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=,@%+".contains(c);
    let first = line.split(' ').next().unwrap_or_default();
    line.chars().all(plain)
        && !first.is_empty()
        && !first.contains('=')
        && !BUILT_IN.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::is_program;

    #[test]
    fn only_a_program_with_plain_arguments_needs_no_shell() {
        for line in ["make test", "vendor/bin/phing ci", "./test -x", "cdk synth"] {
            assert!(is_program(line), "{line}");
        }
        for line in [
            "cd app",
            "export A=b",
            "test -f x",
            ". ./env",
            "A=1 make",
            "make && make test",
            "",
            " make",
            "echo $HOME",
            "ls *.c",
            "~/run",
            "if x",
        ] {
            assert!(!is_program(line), "{line}");
        }
    }
}
