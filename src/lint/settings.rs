//! Which findings a repository wants, and how bad they are: `.windlass.toml`.
//!
//! ```toml
//! [lint]
//! baseline = "lint-baseline.json"
//!
//! [lint.severity]
//! unpinned-image = "off"
//! missing-resource-group = "error"
//! ```
//!
//! In: the text of the file. Out: the [`Settings`], or why it has none. Always holds: what GitLab refuses
//! stays an error, whatever the settings say.

use std::collections::HashMap;

use serde::Deserialize;
use toml::Spanned;

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
                report.push(
                    Finding::new(Code::BadSetting, span, message)
                        .help("the settings are `lint.baseline` and `lint.severity`"),
                );
                return Err(report);
            }
        };
        let mut severities = HashMap::new();
        for (key, value) in &file.lint.severity {
            let place = |spanned: &Spanned<String>| -> Location {
                let range = spanned.span();
                Span::new(range.start, range.end).into()
            };
            let code = key.get_ref().parse::<Code>();
            let word = WORDS.iter().find(|(word, _)| word == value.get_ref());
            if code.is_err() {
                let names = Code::ALL.iter().map(|code| code.as_str());
                let meant = did_you_mean(key.get_ref(), names);
                let message = format!("unknown finding `{}`", key.get_ref());
                report.push(match meant {
                    Some(meant) => Finding::new(Code::BadSetting, place(key), message)
                        .help(format!("did you mean `{meant}`?")),
                    None => Finding::new(Code::BadSetting, place(key), message)
                        .help("`windlass explain` lists them"),
                });
            }
            if word.is_none() {
                let message = format!("`{}` is not a severity", value.get_ref());
                report.push(
                    Finding::new(Code::BadSetting, place(value), message)
                        .help("it is one of: `off`, `warning`, `error`"),
                );
            }
            if let (Ok(code), Some((_, severity))) = (code, word) {
                severities.insert(code, *severity);
            }
        }
        match report.is_empty() {
            true => Ok(Self {
                baseline: file.lint.baseline,
                severities,
            }),
            false => Err(report),
        }
    }

    /// The findings that are wanted, as bad as they are wanted.
    #[must_use]
    pub fn applied(&self, report: Report) -> Report {
        report.chosen(|mut finding| match self.severities.get(&finding.code) {
            None => Some(finding),
            Some(None) => None,
            Some(Some(severity)) => {
                finding.severity = *severity;
                Some(finding)
            }
        })
    }
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
