//! Findings for people.
//!
//! In: sorted findings. Out: for each one a line that terminals and editors can jump from
//! (`windlass.yml:12:5: error[unknown-key]: ...`), the lines concerned and the help; at the end a
//! summary. Always holds: the text is bounded, whatever the report holds.

use std::io;

use annotate_snippets::renderer::{AnsiColor, Effects, Style as Ansi};

use super::excerpt::{self, Mark};
use super::{Count, Locator, Spot, Style, word};
use crate::finding::{Finding, Location, Related, Report, Severity};
use crate::shown;

/// How many findings are shown; who has more starts with these.
const FINDINGS: usize = 100;
/// How many related places of one finding.
const RELATED: usize = 8;
/// How many sentences of help of one finding.
const HELP: usize = 24;
/// The longest message, name or line of help in characters.
const LINE: usize = 600;

/// Writes all findings; nothing at all if there are none.
pub(super) fn write(
    report: &Report,
    findings: &[&Finding],
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let Some(first) = findings.first() else {
        return Ok(());
    };
    let shown = findings.get(..FINDINGS).unwrap_or(findings);
    let locator = Locator::new(report, shown);
    for finding in shown {
        one(finding, &locator, style, out)?;
        writeln!(out)?;
    }
    let more = findings.len() - shown.len();
    if more > 0 {
        writeln!(out, "... and {more} more\n")?;
    }
    let Count { errors, warnings } = Count::of(findings);
    let counts = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}{}", if n == 1 { "" } else { "s" }))
        .collect::<Vec<_>>()
        .join(", ");
    let code = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error)
        .unwrap_or(first)
        .code;
    writeln!(out, "{counts}; run `windlass explain {code}` for more")
}

fn one<'f>(
    finding: &'f Finding,
    locator: &Locator<'_>,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let severity = finding.severity;
    let paint = |text: &str, ansi: Ansi| match style.color {
        true => format!("{ansi}{text}{ansi:#}"),
        false => text.to_owned(),
    };
    let bold = Ansi::new().effects(Effects::BOLD);
    let loud = match severity {
        Severity::Error => AnsiColor::BrightRed.on_default().effects(Effects::BOLD),
        Severity::Warning => AnsiColor::Yellow.on_default().effects(Effects::BOLD),
    };

    let spot = locator.spot(finding);
    let name = shown::one_line(locator.file_of(finding), LINE);
    let place = match spot {
        Spot::Whole => name,
        Spot::Line(line) => format!("{name}:{line}"),
        Spot::Range(range) => format!("{name}:{}:{}", range.start.line, range.start.column),
    };
    let kind = format!("{}[{}]", word(severity), finding.code);
    let message = shown::one_line(&finding.message, LINE);
    writeln!(
        out,
        "{}: {}: {}",
        paint(&place, bold),
        paint(&kind, loud),
        paint(&message, bold)
    )?;

    let shown = finding.related.get(..RELATED).unwrap_or(&finding.related);
    let here = match finding.location {
        Location::Text(place) => Some(place.file),
        Location::Line { .. } | Location::File(_) => None,
    };
    let (near, elsewhere): (Vec<&Related>, Vec<&Related>) = shown
        .iter()
        .partition(|related| Some(related.place.file) == here);
    let mark = |related: &&'f Related| Mark {
        range: locator.range(related.place),
        label: &related.message,
    };
    let mut notes: Vec<(usize, Mark<'_>)> = Vec::new();
    if let (Some(file), Spot::Range(range)) = (here, spot)
        && let Some(source) = locator.source(file)
    {
        let near: Vec<Mark<'_>> = near.iter().map(mark).collect();
        let label = &finding.label;
        let drawn = excerpt::draw(source, severity, Mark { range, label }, &near, style);
        out.write_all(drawn.text.as_bytes())?;
        notes.extend(drawn.left_out.into_iter().map(|mark| (file, mark)));
    }
    let elsewhere = elsewhere.iter();
    notes.extend(elsewhere.map(|related| (related.place.file, mark(related))));
    let note = paint(
        "note",
        AnsiColor::BrightGreen.on_default().effects(Effects::BOLD),
    );
    for (file, Mark { range, label }) in notes {
        let label = shown::one_line(label, LINE);
        let name = shown::one_line(locator.name(file), LINE);
        let start = range.start;
        writeln!(
            out,
            "  {note}: {name}:{}:{}: {label}",
            start.line, start.column
        )?;
    }
    let more = finding.related.len() - shown.len();
    if more > 0 {
        writeln!(out, "  {note}: and {more} more places")?;
    }

    let help = paint(
        "help",
        AnsiColor::BrightCyan.on_default().effects(Effects::BOLD),
    );
    for line in finding.help.iter().take(HELP) {
        writeln!(out, "  {help}: {}", shown::one_line(line, LINE))?;
    }
    Ok(())
}
