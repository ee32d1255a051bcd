//! `windlass report`: which windlass generated each of many projects, what is out of date, and what was found.
//!
//! In: the projects. Out: one table, as text, Markdown, HTML or JSON. Always holds: a project that cannot be read is in
//! it, with the reason; a project without a manifest is linted instead of left out.

mod html;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use windlass::files::{Comparison, PIPELINE, Status};
use windlass::finding::output::Format;
use windlass::finding::{Report, Severity};
use windlass::presets::checksum;
use windlass::shown::{Shown, code};

use super::check::Checked;
use super::effects::{effects, sentences, together};
use super::many::{each, table};
use super::output::{Kept, kept, print};
use super::{Failure, lint, status, update};
use crate::cli::{self, Options, ReportFormat};

/// What there is to say about a project.
struct Row {
    project: String,
    /// The windlass that generated the pipeline.
    version: Option<String>,
    state: State,
    errors: usize,
    warnings: usize,
    /// The first digits of each preset's checksum.
    presets: Vec<(String, String)>,
    /// What writing the files anew would change, a sentence each.
    effects: Vec<String>,
    /// Why the project could not be looked at.
    failure: Option<String>,
}

/// How the generated files of a project are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    UpToDate,
    /// An older windlass made them.
    Older,
    /// A newer windlass made them.
    Newer,
    OutOfDate,
    Edited,
    /// Nothing can be compiled.
    Invalid,
    /// The pipeline is written by hand.
    NoManifest,
    Failed,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::UpToDate => "up to date",
            Self::Older => "older windlass",
            Self::Newer => "newer windlass",
            Self::OutOfDate => "out of date",
            Self::Edited => "edited",
            Self::Invalid => "manifest is invalid",
            Self::NoManifest => "no manifest",
            Self::Failed => "failed",
        }
    }

    fn of(files: &Comparison, is_older: bool) -> Self {
        let by_hand = |status: &Status| {
            matches!(
                status,
                Status::Foreign | Status::Differs { edited: true } | Status::Stale { edited: true }
            )
        };
        let by_newer = |status: &Status| matches!(status, Status::Newer { .. });
        let any = |is: &dyn Fn(&Status) -> bool| files.files.iter().any(|file| is(&file.status));
        match files {
            files if files.is_clean() => Self::UpToDate,
            _ if is_older => Self::Older,
            _ if any(&by_hand) => Self::Edited,
            _ if any(&by_newer) => Self::Newer,
            _ => Self::OutOfDate,
        }
    }
}

pub(super) fn run(
    options: &Options,
    args: &cli::Report,
    projects: &[PathBuf],
) -> Result<u8, Failure> {
    let here = [PathBuf::from(".")];
    let projects = if projects.is_empty() { &here } else { projects };
    let rows = each(projects, |project| {
        row(&options.of_project(project), args, project)
    });
    print(&match args.format {
        ReportFormat::Text => text(&rows),
        ReportFormat::Markdown => markdown(&rows),
        ReportFormat::Html => Shown::of_document(&html::page(&rows)),
        ReportFormat::Json => as_json(&rows),
    })?;
    Ok(0)
}

fn row(options: &Options, args: &cli::Report, project: &Path) -> Row {
    let mut row = Row::new(&project.display().to_string());
    let exists = |name: &str| project.join(name).exists();
    if !exists(options.manifest()) && exists(PIPELINE) {
        let (result, found) =
            kept(|| status(lint::run(options, &cli::Lint::default()).map(|it| it as u8)));
        row.state = State::NoManifest;
        row.count(&found.findings);
        if result > 1 {
            row.fail(&found);
        }
        return row;
    }
    let checked = || match &args.presets_from {
        None => Checked::of(options, Format::Json),
        Some(from) => Checked::with(
            options,
            Format::Json,
            update::compiled(options, Some(from))?,
        ),
    };
    let (checked, said) = kept(|| match checked() {
        Ok(checked) => Some(checked),
        Err(failure) => {
            status(Err(failure));
            None
        }
    });
    let Some(checked) = checked.filter(|checked| checked.project.readable) else {
        row.fail(&said);
        return row;
    };
    row.count(&checked.project.report);
    row.state = match &checked.files {
        Some(files) => {
            row.version = files.version();
            State::of(files, checked.upgrade.is_some())
        }
        None => State::Invalid,
    };
    let composed = checked.project.composed.iter();
    let presets = composed.flat_map(|composed| &composed.presets);
    row.presets = presets
        .map(|preset| (preset.path.clone(), checksum(&preset.text)))
        .collect();
    let changed = checked.files.as_ref().filter(|files| !files.is_clean());
    if let Some(effects) = changed.and_then(|files| effects(options, &checked.project, files)) {
        row.effects = sentences(&effects, "`windlass check`");
    }
    row
}

impl Row {
    fn new(project: &str) -> Self {
        Self {
            project: project.to_owned(),
            version: None,
            state: State::Failed,
            errors: 0,
            warnings: 0,
            presets: Vec::new(),
            effects: Vec::new(),
            failure: None,
        }
    }

    fn count(&mut self, report: &Report) {
        let found = report.sorted();
        let count = |severity| found.iter().filter(|one| one.severity == severity).count();
        (self.errors, self.warnings) = (count(Severity::Error), count(Severity::Warning));
    }

    fn fail(&mut self, said: &Kept) {
        self.state = State::Failed;
        let found = said.findings.sorted();
        let found = found.first().map(|finding| finding.message.clone());
        let line = said.progress.as_str().lines().next().map(str::to_owned);
        self.failure = found.or(line).or(Some("it cannot be read".to_owned()));
    }

    fn cells(&self) -> [String; 6] {
        let version = self.version.clone();
        let presets = self.presets.iter();
        let presets = presets.map(|(path, checksum)| {
            let name = path.rsplit('/').next().unwrap_or(path);
            format!("{name}@{}", checksum.get(..DIGITS).unwrap_or(checksum))
        });
        let presets: Vec<String> = presets.collect();
        let presets = match presets.is_empty() {
            true => "-".to_owned(),
            false => presets.join(", "),
        };
        [
            self.project.clone(),
            version.unwrap_or("-".to_owned()),
            presets,
            self.state.as_str().to_owned(),
            self.errors.to_string(),
            self.warnings.to_string(),
        ]
    }
}

const COLUMNS: [&str; 6] = [
    "project", "windlass", "presets", "files", "errors", "warnings",
];

/// How much of a checksum is shown, in hexadecimal digits.
const DIGITS: usize = 8;

/// What is told below the table: why projects failed, and what generating would change. Projects with the same
/// effects are named together.
fn details(rows: &[Row]) -> Vec<(String, Vec<String>)> {
    let failed = rows.iter().filter_map(|row| {
        let failure = row.failure.clone()?;
        Some((row.project.clone(), vec![failure]))
    });
    let effects = together(rows.iter().map(|row| (row.project.as_str(), &*row.effects)));
    let effects = effects.into_iter();
    failed
        .chain(effects.map(|shared| (shared.projects, shared.effects)))
        .collect()
}

fn text(rows: &[Row]) -> Shown {
    let mut lines = vec![COLUMNS.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let mut text = table(&lines);
    for (about, lines) in details(rows) {
        text.line("");
        text.line(&about);
        for line in lines {
            text.line(&format!("  {line}"));
        }
    }
    text
}

fn markdown(rows: &[Row]) -> Shown {
    let mut text = Shown::default();
    let row_of = |cells: [String; 6]| format!("| {} |", cells.join(" | "));
    text.line(&row_of(COLUMNS.map(str::to_owned)));
    text.line("|---|---|---|---|---:|---:|");
    for row in rows {
        let mut cells = row.cells();
        for cell in cells.iter_mut().take(3) {
            *cell = code(cell).replace('|', "\\|");
        }
        text.line(&row_of(cells));
    }
    for (about, lines) in details(rows) {
        text.line("");
        text.line(&format!("**{}**", code(&about)));
        text.line("");
        for line in lines {
            text.line(&format!("- {}", code(&line)));
        }
    }
    text
}

fn as_json(rows: &[Row]) -> Shown {
    let rows = rows.iter().map(|row| {
        json!({
            "project": row.project,
            "windlass": row.version,
            "files": row.state.as_str(),
            "errors": row.errors,
            "warnings": row.warnings,
            "presets": row.presets.iter().cloned().collect::<BTreeMap<_, _>>(),
            "effects": row.effects,
            "failure": row.failure,
        })
    });
    let version = env!("CARGO_PKG_VERSION");
    Shown::of_json(&json!({ "windlass": version, "projects": rows.collect::<Vec<_>>() }))
}
