//! `windlass check`: is the manifest valid, and are the files up to date?

use windlass::diff::{self, Told};
use windlass::files::{Comparison, PIPELINE, compare};
use windlass::finding::output::Format;
use windlass::shown::Shown;

use super::output::{print, print_findings, say_findings, say_progress, stdout_color};
use super::project::{Compilation, compilation};
use super::upgrade::Upgrade;
use super::{Failure, Verdict};
use crate::cli::{Check, Options};

/// What a check found out.
pub(super) struct Checked {
    /// The project; its report has all that was found.
    pub(super) project: Compilation,
    /// Its files; `None` if the manifest has errors.
    pub(super) files: Option<Comparison>,
    /// What an upgrade would change, if that is all that is behind the state of the files.
    pub(super) upgrade: Option<Upgrade>,
}

impl Checked {
    /// Checks a project. `format` says who reads the findings.
    pub(super) fn of(options: &Options, format: Format) -> Result<Self, Failure> {
        Self::with(options, format, compilation(options)?)
    }

    /// Checks a project that is compiled.
    pub(super) fn with(
        options: &Options,
        format: Format,
        mut project: Compilation,
    ) -> Result<Self, Failure> {
        let files = match &project.files {
            Some(files) => Some(compare(files, &project.root, &project.source.name)?),
            None => None,
        };
        let upgrade = files
            .as_ref()
            .and_then(|files| Upgrade::of(options, &project, files));
        match (&upgrade, &files) {
            (Some(upgrade), _) => {
                let finding = upgrade.finding(&project);
                // For people the effects stand below the findings.
                let effects = match format {
                    Format::Text => Vec::new(),
                    _ => upgrade.sentences(),
                };
                let finding = effects
                    .into_iter()
                    .fold(finding, windlass::finding::Finding::help);
                project.report.push(finding);
            }
            (None, Some(files)) => {
                for finding in files.findings(&project.remedy) {
                    project.report.push(finding);
                }
            }
            (None, None) => {}
        }
        Ok(Self {
            project,
            files,
            upgrade,
        })
    }

    /// Whether there is nothing to fix.
    pub(super) fn is_clean(&self, fail_on_older: bool) -> bool {
        let older = fail_on_older && self.upgrade.is_some();
        self.files.is_some() && !self.project.report.has_errors() && !older
    }
}

pub(super) fn run(options: &Options, args: &Check) -> Result<Verdict, Failure> {
    let checked = Checked::of(options, args.format)?;
    let verdict = match checked.is_clean(args.fail_on_older) {
        true => Verdict::Clean,
        false => Verdict::Findings,
    };
    let report = &checked.project.report;
    // Printing may end at a closed pipe; the verdict then still is the status.
    let printed = match args.format {
        Format::Text => {
            say_findings(report, options);
            if let Some(files) = checked.files.as_ref().filter(|files| files.is_clean()) {
                let count = files.files.len();
                let word = if count == 1 { "file is" } else { "files are" };
                let name = &checked.project.source.name;
                say_progress(&format!("{name}: {count} {word} up to date"), options);
            }
            print(&changes(&checked, options))
        }
        Format::Json | Format::Gitlab | Format::Sarif | Format::Junit => {
            print_findings(args.format, report, options)
        }
    };
    match printed {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ if !checked.project.readable => Err(Failure::Said),
        _ => Ok(verdict),
    }
}

/// What generating would change: in effects after an upgrade, else line by line with the command that fixes it.
fn changes(checked: &Checked, options: &Options) -> Shown {
    let mut text = Shown::default();
    match (&checked.upgrade, &checked.files) {
        (Some(upgrade), _) => {
            let told = Told {
                against: PIPELINE,
                comparison: &upgrade.effects,
                mermaid: "",
                color: stdout_color(options),
            };
            text = diff::tell(&told, diff::Format::Text);
        }
        (None, Some(files)) => {
            text = files.diff();
            if let Some(command) = files.fixing(&checked.project.remedy) {
                text.line(&format!("to fix it, run: {command}"));
            }
        }
        (None, None) => {}
    }
    text
}
