//! The two streams, and findings on them.
//!
//! In: texts and reports. Out: bytes on standard output or standard error. Always holds: nothing
//! panics when a stream is closed; a failure on standard error is not worth failing for.

use std::io::{self, Write};

use windlass::finding::output::{Format, Style, write};
use windlass::finding::{Report, Severity};

use crate::cli::{Color, Options};

/// Prints what was asked for.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Says how a command goes on, on standard error; not if findings are printed for a program there.
pub(super) fn say_progress(line: &str, options: &Options) {
    if !options.quiet && options.message_format == Format::Text {
        say(line);
    }
}

/// Says a line on standard error.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether what is printed is to be coloured.
pub(super) fn stdout_color(options: &Options) -> bool {
    color(options, &io::stdout())
}

fn color<S: anstream::stream::RawStream + io::IsTerminal>(options: &Options, stream: &S) -> bool {
    match options.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let choice = anstream::AutoStream::choice(stream);
            io::IsTerminal::is_terminal(stream) && choice != anstream::ColorChoice::Never
        }
    }
}

/// Says findings on standard error, once in a command; warnings only if not `--quiet`.
pub(super) fn say_findings(report: &Report, options: &Options) {
    let color = color(options, &io::stderr());
    let mut bytes = Vec::new();
    let report = audible(report, options.quiet);
    if write(options.message_format, &report, Style { color }, &mut bytes).is_ok() {
        let _ = io::stderr().lock().write_all(&bytes);
    }
}

/// Prints findings on standard output, for a program.
pub(super) fn print_findings(format: Format, report: &Report, quiet: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write(format, &audible(report, quiet), Style::default(), &mut out)?;
    out.flush()
}

/// What of a report is to be said.
fn audible(report: &Report, quiet: bool) -> Report {
    report.filtered(|finding| !quiet || finding.code.severity() == Severity::Error)
}
