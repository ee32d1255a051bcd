//! A command on several projects at once.
//!
//! In: the projects, each a folder. Out: for each what the command prints for it alone, the findings of all with the
//! projects' folders in their paths, and a table; one exit status, the worst. Always holds: what is printed stands
//! in the order in which the projects were given, and does not depend on how many threads worked.

use std::collections::{BTreeSet, HashSet};
use std::io::Read as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use windlass::files;
use windlass::finding::output::Format;
use windlass::finding::{Report, Severity};
use windlass::shown::Shown;
use windlass::source::Limits;

use super::effects::together;
use super::output::{Kept, kept, print, print_findings, say_all, say_findings, say_progress};
use super::{Failure, one, status};
use crate::cli::{Command, DiffFormat, Options};

/// Standard input, as the list of projects.
const STDIN: &str = "-";

/// What the main thread has, too: nesting is bounded by it.
const STACK: usize = 8 << 20;

/// The projects that the options name, each once; none if the current folder is meant.
pub(super) fn projects(options: &Options) -> Result<Vec<PathBuf>, Failure> {
    let mut projects = options.directories.clone();
    if let Some(list) = &options.projects {
        let (text, base) = match list.to_str() {
            Some(STDIN) => (of_stdin()?, Path::new("")),
            _ => {
                let text = files::read_regular(list, Limits::MANIFEST.bytes);
                let cannot = |unread: files::Unread| {
                    let list = list.display();
                    Failure::Io(format!(
                        "cannot read the list `{list}`: it {}",
                        unread.reason()
                    ))
                };
                (
                    text.map_err(cannot)?,
                    list.parent().unwrap_or(Path::new("")),
                )
            }
        };
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        projects.extend(lines.map(|line| base.join(line)));
        if projects.is_empty() {
            let list = list.display();
            return Err(Failure::usage(&format!("`{list}` lists no project")));
        }
    }
    let mut seen = HashSet::new();
    projects.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(projects)
}

fn of_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let mut input = std::io::stdin().lock().take(Limits::MANIFEST.bytes as u64);
    input
        .read_to_string(&mut text)
        .map_err(|error| Failure::Io(format!("cannot read the list of projects: {error}")))?;
    Ok(text)
}

/// Does something for each project, on all processors; the results are in the order of the projects.
pub(super) fn each<T: Send>(projects: &[PathBuf], work: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(project) = projects.get(number) else {
                return;
            };
            let result = work(project);
            if let Ok(mut results) = results.lock() {
                results.push((number, result));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.min(projects.len()) {
            let started = thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, worker);
            // A system without threads works as well, one project after the other.
            if started.is_err() {
                worker();
            }
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Runs a command on several projects; gives the exit status.
pub(super) fn run(
    options: &Options,
    command: &Command,
    projects: &[PathBuf],
) -> Result<u8, Failure> {
    let of_one = match command {
        Command::Generate(args) => args.stdout.then_some("generate --stdout"),
        Command::Check(_) | Command::Update(_) => None,
        Command::Lint(args) => {
            let stdin = args.files.iter().any(|file| file.as_os_str() == STDIN);
            stdin.then_some("lint -")
        }
        Command::Diff(args) => (!args.files.is_empty()).then_some("diff BEFORE AFTER"),
        _ => Some("this command"),
    };
    if let Some(of_one) = of_one {
        let count = projects.len();
        return Err(Failure::usage(&format!(
            "{of_one} works on one project, and {count} are given"
        )));
    }
    let done: Vec<(u8, Kept)> = each(projects, |project| {
        kept(|| {
            let result = one(&options.of_project(project), command);
            status(result.map(|verdict| verdict as u8))
        })
    });
    let rows: Vec<Row<'_>> = projects
        .iter()
        .zip(&done)
        .map(|(project, (status, kept))| Row::new(project, *status, kept))
        .collect();
    tell(options, command, &rows)?;
    Ok(rows.iter().map(|row| row.status).max().unwrap_or_default())
}

/// What came of one project.
struct Row<'k> {
    project: String,
    status: u8,
    kept: &'k Kept,
}

impl<'k> Row<'k> {
    fn new(project: &Path, status: u8, kept: &'k Kept) -> Self {
        Self {
            project: project.display().to_string(),
            status,
            kept,
        }
    }

    fn result(&self) -> &'static str {
        match self.status {
            0 => "ok",
            1 => "findings",
            _ => "failed",
        }
    }
}

/// Prints what the commands printed, and the table.
fn tell(options: &Options, command: &Command, rows: &[Row<'_>]) -> Result<(), Failure> {
    let mut report = Report::default();
    for row in rows {
        report.join(row.kept.findings.clone().below(&row.project));
        // What failed, and what was written; that all is well stands in the table.
        let is_news =
            row.status > 1 || matches!(command, Command::Generate(_) | Command::Update(_));
        for line in row.kept.progress.as_str().lines().filter(|_| is_news) {
            say_all(&Shown::of_line(&format!("{}: {line}", row.project)));
        }
    }
    let notes: BTreeSet<&String> = rows.iter().flat_map(|row| &row.kept.notes).collect();
    for line in notes {
        say_progress(line, options);
    }
    match rows.iter().find_map(|row| row.kept.format) {
        Some(format) => print_findings(format, &report, options)?,
        None => say_findings(&report, options),
    }
    let format = match command {
        Command::Diff(args) => args.format,
        Command::Check(args) if args.format != Format::Text => return Ok(()),
        Command::Lint(args) if args.format != Format::Text => return Ok(()),
        _ => DiffFormat::Text,
    };
    match format {
        DiffFormat::Json => return Ok(print(&as_json(rows))?),
        DiffFormat::Markdown => return Ok(print(&sections(rows, "## "))?),
        DiffFormat::Text => print(&sections(rows, ""))?,
    }
    print(&effects_of(rows))?;
    let counted = |row: &Row<'_>, severity| {
        let findings = row.kept.findings.sorted();
        let count = findings.iter().filter(|one| one.severity == severity);
        count.count().to_string()
    };
    let mut lines = vec![["project", "result", "errors", "warnings"].map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        let errors = counted(row, Severity::Error);
        let warnings = counted(row, Severity::Warning);
        [
            row.project.clone(),
            row.result().to_owned(),
            errors,
            warnings,
        ]
    }));
    if !options.quiet {
        print(&table(&lines))?;
    }
    Ok(())
}

/// The effects of all projects, each once.
fn effects_of(rows: &[Row<'_>]) -> Shown {
    let all = rows
        .iter()
        .map(|row| (row.project.as_str(), row.kept.effects.as_slice()));
    let mut text = Shown::default();
    for shared in together(all) {
        text.line(&shared.projects);
        for effect in &shared.effects {
            text.line(&format!("  {effect}"));
        }
        text.line("");
    }
    text
}

/// What was asked for of each project, below its name.
fn sections(rows: &[Row<'_>], heading: &str) -> Shown {
    let mut text = Shown::default();
    for row in rows {
        if !row.kept.asked.as_str().is_empty() {
            text.line(&format!("{heading}{}", row.project));
            text.append(&row.kept.asked);
            text.line("");
        }
    }
    text
}

/// The JSON of each project, by its name.
fn as_json(rows: &[Row<'_>]) -> Shown {
    let projects = rows.iter().map(|row| {
        let value = serde_json::from_str(row.kept.asked.as_str()).unwrap_or_default();
        (row.project.clone(), value)
    });
    let projects: serde_json::Map<String, serde_json::Value> = projects.collect();
    Shown::of_json(&serde_json::json!({ "projects": projects }))
}

/// Lines of cells, each column as wide as its widest cell.
pub(super) fn table<const N: usize>(lines: &[[String; N]]) -> Shown {
    let mut text = Shown::default();
    let cell = |cell: &String| windlass::shown::in_line(cell);
    let mut widths = [0; N];
    for line in lines {
        for (width, value) in widths.iter_mut().zip(line) {
            *width = cell(value).chars().count().max(*width);
        }
    }
    for line in lines {
        let cells = line.iter().zip(widths);
        let cells = cells.map(|(value, width)| format!("{:width$}", cell(value)));
        text.line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
