//! The two streams, and findings on them.
//!
//! In: [`Shown`] texts and reports. Out: bytes on standard output or standard error. Always holds:
//! nothing but a [`Shown`] is printed, so what a file says reaches no terminal as it is; nothing panics when a stream is closed; a failure on standard error is not worth failing for.

use std::cell::RefCell;
use std::io::{self, Write};

use windlass::finding::output::{Format, Style, show};
use windlass::finding::{Report, Severity};
use windlass::shown::Shown;

use crate::cli::{Color, Options};

thread_local! {
    /// What a command of this thread prints, while it is kept back.
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// What a command would have printed.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What was asked for.
    pub(super) asked: Shown,
    /// How the command went on.
    pub(super) progress: Shown,
    /// What it changes in effects, if it tells that.
    pub(super) effects: Vec<String>,
    /// What it could not do, and says once for all projects.
    pub(super) notes: Vec<String>,
    /// All findings.
    pub(super) findings: Report,
    /// The format of the findings, if they are what was asked for.
    pub(super) format: Option<Format>,
}

/// Runs a command, and keeps back what it prints in this thread.
pub(super) fn kept<T>(command: impl FnOnce() -> T) -> (T, Kept) {
    KEPT.set(Some(Kept::default()));
    let result = command();
    (result, KEPT.take().unwrap_or_default())
}

/// Keeps something back, if this thread does. Whether it did.
fn keep(what: impl FnOnce(&mut Kept)) -> bool {
    KEPT.with_borrow_mut(|kept| kept.as_mut().map(what).is_some())
}

/// Keeps effects back, if this thread does, to tell those of all projects together. Whether it did.
pub(super) fn keep_effects(effects: Vec<String>) -> bool {
    keep(|kept| kept.effects = effects)
}

/// Prints what was asked for.
pub(super) fn print(text: &Shown) -> io::Result<()> {
    if keep(|kept| kept.asked.append(text)) {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_str().as_bytes())?;
    out.flush()
}

/// Says how a command goes on, on standard error; not if findings are printed for a program there.
pub(super) fn say_progress(line: &str, options: &Options) {
    if !options.quiet && options.message_format == Format::Text {
        say(line);
    }
}

/// Says what the command cannot do, as [`say_progress`] does; of several projects once.
pub(super) fn note(what: &str, options: &Options) {
    let line = format!("note: {what}");
    if !keep(|kept| kept.notes.push(line.clone())) {
        say_progress(&line, options);
    }
}

/// Says a line on standard error.
pub(super) fn say(line: &str) {
    say_all(&Shown::of_line(line));
}

/// Says lines on standard error, in one piece: others write to it, too.
pub(super) fn say_all(text: &Shown) {
    if keep(|kept| kept.progress.append(text)) {
        return;
    }
    let _ = io::stderr().lock().write_all(text.as_str().as_bytes());
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
    if keep(|kept| kept.findings.join(report.clone())) {
        return;
    }
    let color = color(options, &io::stderr());
    let report = audible(report, options.quiet);
    if let Ok(shown) = show(options.message_format, &report, Style { color }) {
        say_all(&shown);
    }
}

/// Prints findings on standard output, where they are what was asked for.
pub(super) fn print_findings(format: Format, report: &Report, options: &Options) -> io::Result<()> {
    let keeps = keep(|kept| {
        kept.findings.join(report.clone());
        kept.format = Some(format);
    });
    if keeps {
        return Ok(());
    }
    let color = stdout_color(options);
    print(&show(
        format,
        &audible(report, options.quiet),
        Style { color },
    )?)
}

/// What of a report is to be said.
fn audible(report: &Report, quiet: bool) -> Report {
    report.filtered(|finding| !quiet || finding.severity == Severity::Error)
}
