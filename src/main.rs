//! The `windlass` command.

mod cli;
mod command;

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(internal_error));
    command::run(&cli::Cli::read())
}

/// A panic is a mistake in windlass itself; it ends with the status that says so.
#[allow(
    clippy::exit,
    reason = "a hook cannot return a status, and release builds abort after it"
)]
fn internal_error(panic: &std::panic::PanicHookInfo<'_>) {
    let panic = windlass::shown::in_line(&panic.to_string());
    let _ = writeln!(
        std::io::stderr(),
        "error: internal error, please report it with the manifest: {panic}"
    );
    std::process::exit(i32::from(command::FAILURE));
}
