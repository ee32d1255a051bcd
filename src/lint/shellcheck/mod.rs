//! What ShellCheck says of the scripts of jobs, at the lines of the file.
//!
//! In: the scripts of a configuration, and somebody who runs ShellCheck. Out: a finding for each comment of
//! ShellCheck that is right for CI (`chosen.rs`). Always holds: a script that several jobs share is checked
//! once, and a comment is told once; a finding lies inside of the value that the text comes from; a script
//! of another shell, as PowerShell, is not checked (`dialect.rs`); nothing that ShellCheck prints is trusted.

mod chosen;
mod comment;
mod dialect;
mod joined;

use std::collections::HashSet;
use std::ops::Range;

pub(in crate::lint) use chosen::Choices;
pub use comment::{Comment, read};

use super::context::Lint;
use super::script::{Script, Scripts};
use super::subject::Subject as _;
use crate::config::{Config, Place};
use crate::finding::{Code, Finding, Location};
use dialect::Shell;
pub(super) use dialect::{has_busybox, shell_of};
use joined::{Joined, joined};

/// How many comments of one file become findings.
const MOST: usize = 1_000;

/// What ShellCheck says of some scripts, which are counted from 0.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Its comments, in the order of the scripts.
    pub comments: Vec<Comment>,
    /// The scripts for which it took too long.
    pub unanswered: Vec<usize>,
}

/// Runs ShellCheck.
pub trait ShellCheck {
    /// What it says of some scripts. `None` if it is not installed or gives no report: the implementer says
    /// so.
    fn check(&self, scripts: &[&str]) -> Option<Answer>;
}

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    lint.unasked.push(Code::ShellCheck);
    let severity = lint.settings.severity(Code::ShellCheck);
    let Some((runner, default)) = lint.shellcheck.zip(severity) else {
        return;
    };
    let (config, scripts) = (lint.config(), lint.scripts());
    let (all, is_whole) = joined(&config, &scripts);
    if all.is_empty() {
        return;
    }
    let texts: Vec<&str> = all.iter().map(|one| one.text.as_str()).collect();
    let Some(Answer {
        comments,
        unanswered,
    }) = runner.check(&texts)
    else {
        return;
    };
    if is_whole && unanswered.is_empty() {
        lint.unasked.retain(|code| *code != Code::ShellCheck);
    }
    if !is_whole {
        let why = "the scripts of all jobs are too long for it: it got the first of them";
        left_out(lint, Location::WHOLE, why);
    }
    for script in unanswered.iter().filter_map(|at| all.get(*at)) {
        let first = script.item(2).and_then(|(index, _)| scripts.get(index));
        let place = first.map_or(Location::WHOLE, |first| first.place.into());
        left_out(
            lint,
            place,
            "it took too long for the script that begins here, which is not checked",
        );
    }
    let mut told: HashSet<(u32, Place)> = HashSet::new();
    for comment in chosen::once(comments) {
        let Some(script) = all.get(comment.script) else {
            continue;
        };
        let Some(severity) = lint
            .settings
            .shellcheck
            .severity(&comment, script.shell, default)
        else {
            continue;
        };
        let Some((item, range)) = range(&scripts, script, &comment) else {
            continue;
        };
        let place = item.at(&range, &config.sources);
        let is_constant = chosen::is_about_constants(comment.code) && has_inputs(item, &config);
        if is_constant || chosen::hides_nothing(comment.code, item, range.start) {
            continue;
        }
        if !told.insert((comment.code, place)) {
            continue;
        }
        if told.len() > MOST {
            let why = "it says more of these scripts than is told here";
            left_out(lint, Location::WHOLE, why);
            break;
        }
        let message = format!("SC{}: {}", comment.code, comment.message);
        let mut finding = Finding::new(Code::ShellCheck, place, message);
        finding.severity = severity;
        if script.shell == Shell::Ash && chosen::is_of_dialect(comment.code) {
            let image = script.image.as_deref().unwrap_or_default();
            finding = finding.help(format!(
                "`{image}` has no bash: the runner gives the script to the `sh` of BusyBox"
            ));
        }
        let code = comment.code;
        lint.push(finding.help(format!("see https://www.shellcheck.net/wiki/SC{code}")));
    }
}

/// Says what ShellCheck does not say.
fn left_out(lint: &mut Lint<'_>, place: Location, why: &str) {
    let message = format!("ShellCheck: {why}");
    lint.push(Finding::new(Code::ShellCheck, place, message));
}

/// The command that a comment is about, and where in its text.
fn range<'s>(
    scripts: &'s Scripts,
    joined: &Joined,
    comment: &Comment,
) -> Option<(&'s Script, Range<usize>)> {
    let (index, line) = joined.item(comment.line)?;
    let script = scripts.get(index)?;
    let start = offset(&script.text, line, comment.column);
    let end = match joined.item(comment.end_line) {
        Some((same, line)) if same == index => offset(&script.text, line, comment.end_column),
        // It goes on in later items of the list.
        _ => script.text.len(),
    };
    Some((script, visible(&script.text, start..end)))
}

/// Whether a command is written with inputs, whose values are in its text.
fn has_inputs(script: &Script, config: &Config) -> bool {
    let source = config.sources.get(script.place.file);
    source.is_some_and(|source| source.slice(script.place.span).contains("$[["))
}

/// The offset of a line and a column, both from 1, in a text; its end if there is no such place.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for (number, content) in text.split('\n').enumerate() {
        if number + 1 == line {
            let mut columns = content.char_indices().map(|(at, _)| at);
            return start
                + columns
                    .nth(column.saturating_sub(1))
                    .unwrap_or(content.len());
        }
        start += content.len() + 1;
    }
    text.len()
}

/// A range that has a character to point at: ShellCheck also points between two of them, and behind the end.
fn visible(text: &str, range: Range<usize>) -> Range<usize> {
    let is_blank = |range: &Range<usize>| {
        let inside = text.get(range.clone()).unwrap_or_default();
        inside.trim().is_empty()
    };
    if !is_blank(&range) {
        return range;
    }
    let after = text.get(range.start..).unwrap_or_default();
    let of_line = after.split('\n').next().unwrap_or_default();
    let skipped = of_line.len() - of_line.trim_start().len();
    if let Some(next) = of_line.trim_start().chars().next() {
        let start = range.start + skipped;
        return start..start + next.len_utf8();
    }
    let before = text.get(..range.start).unwrap_or_default().trim_end();
    let last = before.char_indices().next_back().map_or(0, |(at, _)| at);
    last..before.len()
}

#[cfg(test)]
mod tests {
    use super::{offset, visible};

    #[test]
    fn positions_are_offsets() {
        let text = "é a\n\n\tb c";
        for (line, column, rest) in [
            (1, 1, "é a\n\n\tb c"),
            (1, 3, "a\n\n\tb c"),
            (1, 9, "\n\n\tb c"),
            (2, 1, "\n\tb c"),
            (3, 2, "b c"),
            (4, 1, ""),
        ] {
            assert_eq!(text.get(offset(text, line, column)..), Some(rest));
        }
    }

    #[test]
    fn a_range_always_has_a_character() {
        let text = "if a\n\n then é";
        for (range, seen) in [
            (0..2, "if"),
            (0..0, "i"),
            (4..4, "a"),
            (5..5, "a"),
            (6..7, "t"),
            (14..14, "é"),
        ] {
            assert_eq!(text.get(visible(text, range)), Some(seen));
        }
        assert_eq!(visible("", 0..0), 0..0);
    }
}
