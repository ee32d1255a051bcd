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

use serde::Deserialize;
use toml::Spanned;

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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    lint: Lint,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lint {
    baseline: Option<String>,
    #[serde(default)]
    severity: HashMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    shellcheck: HashMap<Spanned<String>, Spanned<String>>,
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
        let file: File = match toml::from_str(&source.text) {
            Ok(file) => file,
            Err(error) => {
                let span = error.span().unwrap_or_default();
                let message = error.message().lines().next().unwrap_or_default();
                let message = format!("this setting cannot be read: {message}");
                let span = Span::new(span.start, span.end);
                report.push(Finding::new(Code::BadSetting, span, message).help(
                    "the settings are `lint.baseline`, `lint.severity` and `lint.shellcheck`",
                ));
                return Err(report);
            }
        };
        let mut severities = HashMap::new();
        for (key, value) in &file.lint.severity {
            let severity = severity(value, &mut report);
            match key.get_ref().parse::<Code>() {
                Ok(code) => severities.extend(severity.map(|severity| (code, severity))),
                Err(()) => report.push(unknown(key)),
            }
        }
        let mut numbers = HashMap::new();
        for (key, value) in &file.lint.shellcheck {
            let severity = severity(value, &mut report);
            match number(key.get_ref()) {
                Some(code) => numbers.extend(severity.map(|severity| (code, severity))),
                None => {
                    let message = format!("`{}` is not a number of ShellCheck's", key.get_ref());
                    report.push(
                        Finding::new(Code::BadSetting, place(key), message)
                            .help("write it as ShellCheck does: `SC2086`"),
                    );
                }
            }
        }
        match report.is_empty() {
            true => Ok(Self {
                baseline: file.lint.baseline,
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
fn place(spanned: &Spanned<String>) -> Location {
    let range = spanned.span();
    Span::new(range.start, range.end).into()
}

/// The severity that a word is, or a report that it is none.
fn severity(word: &Spanned<String>, report: &mut Report) -> Option<Option<Severity>> {
    let known = WORDS.iter().find(|(known, _)| known == word.get_ref());
    if known.is_none() {
        let message = format!("`{}` is not a severity", word.get_ref());
        report.push(
            Finding::new(Code::BadSetting, place(word), message)
                .help("it is one of: `off`, `warning`, `error`"),
        );
    }
    known.map(|(_, severity)| *severity)
}

/// What is wrong with the name of a finding.
fn unknown(name: &Spanned<String>) -> Finding {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let message = format!("unknown finding `{}`", name.get_ref());
    let finding = Finding::new(Code::BadSetting, place(name), message);
    match did_you_mean(name.get_ref(), codes) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding.help("`windlass explain` lists them"),
    }
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
            (
                "[lnt]",
                "this setting cannot be read: unknown field `lnt`, expected `lint`",
            ),
            ("[lint", "this setting cannot be read: "),
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
