//! `windlass lint`: what is wrong with any `.gitlab-ci.yml`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use windlass::files::{self, Links, PIPELINE, Unread};
use windlass::finding::Report;
use windlass::finding::fix::fixed;
use windlass::lint::{self, Baseline, Project, SETTINGS, Settings};
use windlass::source::{Limits, Source};

use super::configuration::{Folder, Read, known_default_branch};
use super::output::{print_findings, say_progress};
use super::project::{Unreadable, root, source_of};
use super::shellcheck::Installed;
use super::{Failure, Verdict};
use crate::cli::{Lint, Options};

/// The file of standard input.
const STDIN: &str = "-";

pub(super) fn run(options: &Options, args: &Lint) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let files = match args.files.as_slice() {
        [] => vec![PathBuf::from(PIPELINE)],
        files => files.to_vec(),
    };
    let settings = match settings(&root) {
        Ok(settings) => settings,
        Err(unread) => {
            print_findings(args.format, &unread.report, options)?;
            return unread.refused();
        }
    };
    let mut report = Report::default();
    let shellcheck = Installed::new(options);
    let asked = Asked {
        args,
        settings: &settings,
        shellcheck: &shellcheck,
    };
    let mut readable = true;
    for file in &files {
        let found = one(options, &asked, &root, file)?;
        readable &= found.readable;
        report.join(found.report);
    }
    if let Some(file) = &args.write_baseline {
        let count = report.sorted().len();
        files::write(
            &root,
            &file.to_string_lossy(),
            &Baseline::of(&report).text(),
        )?;
        say_progress(
            &format!("{}: {count} findings are known", file.display()),
            options,
        );
        return Ok(Verdict::Clean);
    }
    let baseline = args
        .baseline
        .clone()
        .or(settings.baseline.map(PathBuf::from));
    if let Some(file) = baseline {
        report = known(&root, &file)?.new_of(&report);
    }
    let printed = print_findings(args.format, &report, options);
    if report.is_empty() {
        let names: Vec<String> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        say_progress(&format!("{}: nothing found", names.join(", ")), options);
    }
    match (printed, report.has_errors()) {
        (Err(error), _) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ if !readable => Err(Failure::Said),
        (_, true) => Ok(Verdict::Findings),
        (_, false) => Ok(Verdict::Clean),
    }
}

/// What the repository wants; nothing special if it does not say so.
fn settings(root: &Path) -> Result<Settings, Box<Read>> {
    match files::read(root, SETTINGS, Links::Inside, Limits::MANIFEST.bytes) {
        Err(Unread::Absent) => Ok(Settings::default()),
        Err(unread) => {
            let unreadable = Unreadable::of(SETTINGS, &unread, None);
            Err(Box::new(Read::nothing(unreadable)))
        }
        Ok(text) => Settings::read(&Source::new(SETTINGS, text)).map_err(|report| {
            Box::new(Read {
                configs: None,
                report,
                readable: true,
                companions: None,
            })
        }),
    }
}

/// The findings that are known.
fn known(root: &Path, file: &Path) -> Result<Baseline, Failure> {
    let cannot = |reason: String| {
        Failure::Io(format!(
            "cannot read the baseline `{}`: {reason}",
            file.display()
        ))
    };
    let text = files::read_regular(&root.join(file), Limits::MANIFEST.bytes);
    let text = text.map_err(|unread| cannot(format!("it {}", unread.reason())))?;
    Baseline::read(&text).map_err(cannot)
}

/// What is asked of each file.
struct Asked<'a> {
    args: &'a Lint,
    settings: &'a Settings,
    shellcheck: &'a Installed<'a>,
}

/// What is found in one file.
fn one(options: &Options, asked: &Asked<'_>, root: &Path, file: &Path) -> Result<Read, Failure> {
    let name = file.to_string_lossy();
    let (source, folder) = match &*name {
        STDIN => (of_stdin(), root.to_owned()),
        name => (source_of(root, name), repository(root, file)),
    };
    let source = match source {
        Ok(source) => source,
        Err(unreadable) => return Ok(Read::nothing(unreadable)),
    };
    let branch = known_default_branch(&folder, asked.args.default_branch.as_deref());
    let folder = Folder::of(options, &folder);
    let look = |source: Source| {
        let mut read = Read::pipeline(source, folder.clone());
        if let Some(configs) = &read.configs {
            let project = Project {
                file: &name,
                default_branch: branch.as_deref(),
                repository: &folder,
                settings: asked.settings,
                shellcheck: Some(asked.shellcheck),
            };
            let found = lint::lint(configs, &project);
            read.report.join(found);
        }
        read
    };
    let found = look(source.clone());
    match asked.args.fix && name != STDIN {
        true => fix(options, root, &source, found, look),
        false => Ok(found),
    }
}

/// Changes a file as its findings say, until no fix is left: what GitLab refuses hides what else there is.
fn fix(
    options: &Options,
    root: &Path,
    source: &Source,
    found: Read,
    look: impl Fn(Source) -> Read,
) -> Result<Read, Failure> {
    /// More rounds than one fix can uncover others.
    const ROUNDS: usize = 8;
    let (mut found, mut text, mut total) = (found, source.text.to_string(), 0);
    for _ in 0..ROUNDS {
        let Some((better, count, after)) = fixed_once(&source.name, &text, &found, &look) else {
            break;
        };
        (text, found) = (better, after);
        total += count;
    }
    if total == 0 {
        return Ok(found);
    }
    files::write(root, &source.name, &text)?;
    let what = match total {
        1 => "finding is",
        _ => "findings are",
    };
    say_progress(&format!("{}: {total} {what} fixed", source.name), options);
    Ok(found)
}

/// The text with the fixes of its findings, how many they are, and what is found then; `None` if there are
/// none, or nothing is better by them: GitLab takes the file at last, or less is found.
fn fixed_once(
    name: &str,
    text: &str,
    found: &Read,
    look: impl Fn(Source) -> Read,
) -> Option<(String, usize, Read)> {
    let findings = found.report.sorted();
    let own = findings
        .iter()
        .filter(|one| found.report.file_of(one) == name);
    let (better, count) = fixed(text, own.filter_map(|one| one.fix.as_deref()));
    if count == 0 {
        return None;
    }
    let after = look(Source::new(name, better.clone()));
    let is_better = match (found.configs.is_some(), after.configs.is_some()) {
        (false, true) => true,
        (true, false) => false,
        _ => after.report.sorted().len() < findings.len(),
    };
    is_better.then_some((better, count, after))
}

/// The folder that a file's local includes are relative to: the repository around it, or the project's.
/// A file outside of the project that is in no repository has its own folder around it.
fn repository(root: &Path, file: &Path) -> PathBuf {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (file, whole_root) = (whole(&root.join(file)), whole(root));
    let mut around = file.ancestors().skip(1);
    let found = around.find(|folder| *folder == whole_root || folder.join(".git").exists());
    match found {
        Some(folder) if folder == whole_root => root.to_owned(),
        Some(folder) => folder.to_owned(),
        None => file.parent().unwrap_or(root).to_owned(),
    }
}

fn of_stdin() -> Result<Source, Unreadable> {
    const NAME: &str = "<stdin>";
    let limit = Limits::MANIFEST.bytes;
    let mut bytes = Vec::new();
    let mut input = std::io::stdin().lock().take(limit as u64 + 1);
    let unread = match input.read_to_end(&mut bytes) {
        Err(error) => Unread::Failed(error),
        Ok(_) if bytes.len() > limit => Unread::TooLarge(limit),
        Ok(_) => match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                return Ok(Source::new(NAME, text));
            }
            Err(error) => Unread::NotUtf8(error.into_bytes()),
        },
    };
    Err(Unreadable::of(NAME, &unread, None))
}
