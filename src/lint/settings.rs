//! Which findings a repository wants, and how bad they are: `.windlass.toml`.
//!
//! ```toml
//! [lint]
//! baseline = "lint-baseline.json"
//!
//! [lint.severity]
//! unpinned-image = "off"
//! missing-resource-group = "error"
//!
//! [lint.shellcheck]
//! SC2086 = "warning"
//! ```
//!
//! In: the text of the file. Out: the [`Settings`], or why it has none. Always holds: what GitLab refuses
//! stays an error, whatever the settings say.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::shellcheck::Choices;
use crate::finding::{Code, Finding, Location, Report, Severity, did_you_mean};
use crate::source::{Source, Span};

/// The file, in the project's folder.
pub const SETTINGS: &str = ".windlass.toml";

/// What a repository wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The file with the findings that are known, relative to the project.
    pub baseline: Option<String>,
    /// How bad findings of a code are; `None`: they are not told.
    severities: HashMap<Code, Option<Severity>>,
    /// What is wanted of ShellCheck's numbers.
    pub(super) shellcheck: Choices,
}

/// Words for a severity.
const WORDS: [(&str, Option<Severity>); 3] = [
    ("off", None),
    ("warning", Some(Severity::Warning)),
    ("error", Some(Severity::Error)),
];

impl Settings {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn read(source: &Source) -> Result<Self, Report> {
        let mut report = Report::about(source.clone());
        let (file, errors) = DeTable::parse_recoverable(&source.text);
        for error in errors {
            let span = error.span().unwrap_or_default();
            let message = error.message().lines().next().unwrap_or_default();
            let message = format!("this is not TOML: {message}");
            let span = Span::new(span.start, span.end);
            report.push(Finding::new(Code::BadSetting, span, message));
        }
        if !report.is_empty() {
            return Err(report);
        }
        let mut baseline = None;
        let mut severities = HashMap::new();
        let mut numbers = HashMap::new();
        let names = ["baseline", "severity", "shellcheck"];
        let whole = known(file.get_ref(), "", &["lint"], &mut report);
        let lint = whole
            .first()
            .and_then(|(_, lint)| table(lint, "lint", &mut report));
        let lint = lint.map(|lint| known(lint, "lint.", &names, &mut report));
        for (name, value) in lint.into_iter().flatten() {
            if name == "baseline" {
                baseline = text(value, "`lint.baseline`", &mut report);
                continue;
            }
            let chosen = table(value, &format!("lint.{name}"), &mut report);
            for (key, word) in chosen.into_iter().flatten() {
                let severity = severity(word, &mut report);
                if name == "shellcheck" {
                    match number(key.get_ref()) {
                        Some(code) => numbers.extend(severity.map(|severity| (code, severity))),
                        None => report.push(no_number(key)),
                    }
                    continue;
                }
                match key.get_ref().parse::<Code>() {
                    Ok(code) => severities.extend(severity.map(|severity| (code, severity))),
                    Err(()) => report.push(unknown(key)),
                }
            }
        }
        match report.is_empty() {
            true => Ok(Self {
                baseline,
                severities,
                shellcheck: Choices(numbers),
            }),
            false => Err(report),
        }
    }

    /// How bad findings of a code are; `None`: they are not told.
    pub(super) fn severity(&self, code: Code) -> Option<Severity> {
        let chosen = self.severities.get(&code).copied();
        chosen.unwrap_or(Some(code.severity()))
    }

    /// The findings that are wanted, as bad as they are wanted.
    #[must_use]
    pub fn applied(&self, report: Report) -> Report {
        report.chosen(|mut finding| match self.severities.get(&finding.code) {
            None => Some(finding),
            Some(None) => None,
            // Its numbers are chosen one by one.
            Some(_) if finding.code == Code::ShellCheck => Some(finding),
            Some(Some(severity)) => {
                finding.severity = *severity;
                Some(finding)
            }
        })
    }
}

/// Where a key or a value is.
fn place<T>(spanned: &Spanned<T>) -> Location {
    let range = spanned.span();
    Span::new(range.start, range.end).into()
}

/// The settings of a table that there are, with a report of the others.
fn known<'t>(
    table: &'t DeTable<'_>,
    before: &str,
    names: &[&'static str],
    report: &mut Report,
) -> Vec<(&'static str, &'t Spanned<DeValue<'t>>)> {
    let mut found = Vec::new();
    for (key, value) in table {
        match names.iter().find(|name| **name == key.get_ref().as_ref()) {
            Some(name) => found.push((*name, value)),
            None => {
                let message = format!("unknown setting `{before}{}`", key.get_ref());
                let finding = Finding::new(Code::BadSetting, place(key), message);
                let all: Vec<String> = names
                    .iter()
                    .map(|name| format!("`{before}{name}`"))
                    .collect();
                report.push(match did_you_mean(key.get_ref(), names.iter().copied()) {
                    Some(meant) => finding.help(format!("did you mean `{before}{meant}`?")),
                    None => finding.help(format!("there is: {}", all.join(", "))),
                });
            }
        }
    }
    found
}

/// The table that a value should be.
fn table<'t>(
    value: &'t Spanned<DeValue<'_>>,
    name: &str,
    report: &mut Report,
) -> Option<&'t DeTable<'t>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        let message = format!("`{name}` should be a table");
        report.push(
            Finding::new(Code::BadSetting, place(value), message)
                .help(format!("write `[{name}]` on a line of its own")),
        );
    }
    table
}

/// The text that a value should be.
fn text(value: &Spanned<DeValue<'_>>, what: &str, report: &mut Report) -> Option<String> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        let message = format!("{what} should be a text");
        report
            .push(Finding::new(Code::BadSetting, place(value), message).help("write it in quotes"));
    }
    text.map(str::to_owned)
}

/// The severity that a word is, or a report that it is none.
fn severity(word: &Spanned<DeValue<'_>>, report: &mut Report) -> Option<Option<Severity>> {
    let written = text(word, "a severity", report)?;
    let known = WORDS.iter().find(|(known, _)| *known == written);
    if known.is_none() {
        let message = format!("`{written}` is not a severity");
        report.push(
            Finding::new(Code::BadSetting, place(word), message)
                .help("it is one of: `off`, `warning`, `error`"),
        );
    }
    known.map(|(_, severity)| *severity)
}

/// What is wrong with the name of a finding.
fn unknown(name: &Spanned<DeString<'_>>) -> Finding {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let message = format!("unknown finding `{}`", name.get_ref());
    let finding = Finding::new(Code::BadSetting, place(name), message);
    match did_you_mean(name.get_ref(), codes) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding.help("`windlass explain` lists them"),
    }
}

/// What is wrong with a number.
fn no_number(name: &Spanned<DeString<'_>>) -> Finding {
    let message = format!("`{}` is not a number of ShellCheck's", name.get_ref());
    Finding::new(Code::BadSetting, place(name), message)
        .help("write it as ShellCheck does: `SC2086`")
}

/// 2086 of `SC2086`.
fn number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("SC")?;
    let is_number = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<String> {
        let read = Settings::read(&Source::new(SETTINGS, text));
        let report = read.err().unwrap_or_default();
        report
            .sorted()
            .iter()
            .map(|found| found.message.clone())
            .collect()
    }

    #[test]
    fn findings_are_switched_off_and_made_worse() {
        let text =
            "[lint]\nbaseline = 'known.json'\n[lint.severity]\nunused = 'off'\ndrift = 'warning'\n";
        let settings = Settings::read(&Source::new(SETTINGS, text)).expect("it is right");
        assert_eq!(settings.baseline.as_deref(), Some("known.json"));
        let mut report = Report::about(Source::new("f", "abc"));
        for code in [Code::Unused, Code::Drift, Code::Empty] {
            report.push(Finding::new(code, Location::WHOLE, code.to_string()));
        }
        let report = settings.applied(report);
        let found: Vec<_> = report
            .sorted()
            .iter()
            .map(|one| (one.code, one.severity))
            .collect();
        assert_eq!(
            found,
            [
                (Code::Drift, Severity::Warning),
                (Code::Empty, Severity::Error)
            ]
        );
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let text = "[lint]\nbaselin = 'x'\nseverty = 1\n[lint.severity]\nunusd = 1\ndrft = 'off'\n\
                    [lint.shellcheck]\nSC1 = 'no'\n[other]\n";
        let all = [
            "unknown setting `lint.baselin`",
            "unknown setting `lint.severty`",
            "unknown finding `unusd`",
            "a severity should be a text",
            "unknown finding `drft`",
            "`SC1` is not a number of ShellCheck's",
            "`no` is not a severity",
            "unknown setting `other`",
        ];
        assert_eq!(wrong(text), all);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        assert!(wrong("").is_empty());
        for (text, message) in [
            ("[lint.severity]\nunusd = 'off'", "unknown finding `unusd`"),
            ("[lint.severity]\nunused = 'of'", "`of` is not a severity"),
            (
                "[lint.shellcheck]\n2086 = 'off'",
                "`2086` is not a number of ShellCheck's",
            ),
            ("[lint.shellcheck]\nSC2086 = 'no'", "`no` is not a severity"),
            ("[lnt]", "unknown setting `lnt`"),
            ("[lint]\nbaselin = 'x'", "unknown setting `lint.baselin`"),
            ("[lint]\nbaseline = 1", "`lint.baseline` should be a text"),
            ("lint = 1", "`lint` should be a table"),
            ("[lint.severity]\nunused = 1", "a severity should be a text"),
            ("[lint", "this is not TOML: "),
            ("[lint]\n[lint]", "this is not TOML: "),
        ] {
            let wrong = wrong(text);
            assert_eq!(wrong.len(), 1, "{wrong:?}");
            assert!(
                wrong.iter().all(|one| one.starts_with(message)),
                "{wrong:?}"
            );
        }
    }
}
