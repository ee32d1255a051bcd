//! The commands, one file each; the only place that prints.
//!
//! In: the parsed command line. Out: what was asked for on standard output, findings and progress
//! on standard error, and the exit status. Always holds: a closed pipe ends a command in silence,
//! any other failure to print is a failure of the command.

mod check;
mod child;
mod completions;
mod configuration;
mod diff;
mod effects;
mod explain;
mod generate;
mod git;
mod graph;
mod import;
mod init;
mod lint;
mod man;
mod many;
mod output;
mod plan;
mod project;
mod report;
mod revision;
mod schema;
mod shellcheck;
mod update;
mod upgrade;

use std::io;
use std::process::ExitCode;

use windlass::files;
use windlass::shown::Shown;

use crate::cli::{Cli, Command, Options};

/// Exit status of an input/output or internal error.
pub(crate) const FAILURE: u8 = 3;

/// How a command ended, when it could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Nothing to say.
    Clean = 0,
    /// Findings or drift.
    Findings = 1,
}

/// Why a command could not do its work.
#[derive(Debug)]
enum Failure {
    /// An argument that only the command itself can judge is wrong.
    Usage(Shown),
    /// Something cannot be read or written; the sentence to be said about it.
    Io(String),
    /// The same, and already said as a finding.
    Said,
    /// Standard output cannot be written.
    Output(io::Error),
}

impl Failure {
    /// A wrong argument, in one sentence.
    fn usage(message: &str) -> Self {
        Failure::Usage(Shown::of_line(&format!("error: {message}")))
    }
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Self {
        Failure::Io(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

/// Runs the command of a command line.
pub(crate) fn run(cli: &Cli) -> ExitCode {
    let result = match many::projects(&cli.options) {
        Ok(projects) => match (projects.as_slice(), &cli.command) {
            (_, Command::Report(args)) => report::run(&cli.options, args, &projects),
            ([], command) => one(&cli.options, command).map(|verdict| verdict as u8),
            ([project], command) => {
                one(&cli.options.of_project(project), command).map(|verdict| verdict as u8)
            }
            (several, command) => many::run(&cli.options, command, several),
        },
        Err(failure) => Err(failure),
    };
    ExitCode::from(status(result))
}

/// Runs a command on one project.
fn one(options: &Options, command: &Command) -> Result<Verdict, Failure> {
    match command {
        Command::Generate(args) => generate::run(options, args),
        Command::Update(args) => update::run(options, args),
        Command::Check(args) => check::run(options, args),
        Command::Plan(args) => plan::run(options, args),
        Command::Diff(args) => diff::run(options, args),
        Command::Lint(args) => lint::run(options, args),
        Command::Graph(args) => graph::run(options, args),
        Command::Init(args) => init::run(options, args),
        Command::Import(args) => import::run(options, args),
        Command::Schema => schema::run(),
        Command::Explain(args) => explain::run(options, args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        // It is of any number of projects, and does not come here.
        Command::Report(_) => Ok(Verdict::Clean),
    }
}

/// The exit status, after what went wrong has been said.
fn status(result: Result<u8, Failure>) -> u8 {
    match result {
        Ok(status) => status,
        // Whoever closed the pipe has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(Failure::Output(error)) => {
            output::say(&format!("error: cannot write to standard output: {error}"));
            FAILURE
        }
        Err(Failure::Io(message)) => {
            output::say(&format!("error: {message}"));
            FAILURE
        }
        Err(Failure::Said) => FAILURE,
        Err(Failure::Usage(lines)) => {
            output::say_all(&lines);
            2
        }
    }
}
