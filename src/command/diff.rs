//! `windlass diff`: what a change does.

use std::path::Path;

use windlass::compile::{Project, compile};
use windlass::config::{self, Config};
use windlass::diff::{self, Told};
use windlass::files::Unread;
use windlass::graph::{Format, Graph};
use windlass::plan;
use windlass::source::Source;

use super::configuration::{Folder, accepted, configuration, default_branch};
use super::output::{print, say_findings, stdout_color};
use super::project::{root, text_of};
use super::revision::Revision;
use super::{Failure, Verdict};
use crate::cli::{Diff, DiffFormat, Options};

/// Where GitLab looks for a pipeline.
const DEFAULT_PIPELINE: &str = ".gitlab-ci.yml";

pub(super) fn run(options: &Options, args: &Diff) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let (before, after, against) = match args.files.as_slice() {
        [before, after] => {
            let name = before.display().to_string();
            (
                file(options, &root, before)?,
                file(options, &root, after)?,
                name,
            )
        }
        _ => {
            let (before, against) = revision(options, &root, args)?;
            let after = configuration(options, &root, args.file.as_deref())?;
            (before, after, against)
        }
    };
    let (Some(before), Some(after)) = (before, after) else {
        return Ok(Verdict::Findings);
    };
    let default_branch = default_branch(&root, args.default_branch.as_deref());
    let effects = diff::diff(&before, &after, &default_branch);
    let format = match args.format {
        DiffFormat::Text => diff::Format::Text,
        DiffFormat::Json => diff::Format::Json,
        DiffFormat::Markdown => diff::Format::Markdown,
    };
    let refs = plan::classes(&after, &default_branch).refs;
    let plans = plan::plan_all(&after, &refs);
    let mermaid = Graph::of_plans(&after, &plans).draw(Format::Mermaid);
    let told = Told {
        against: &against,
        effects: &effects,
        mermaid: &mermaid,
        color: stdout_color(options),
    };
    print(&diff::tell(&told, format))?;
    match args.exit_code && !effects.is_empty() {
        true => Ok(Verdict::Findings),
        false => Ok(Verdict::Clean),
    }
}

/// What a revision has, and what to call it: the same file, or the pipeline where there was no
/// manifest yet, or nothing at all.
fn revision(
    options: &Options,
    root: &Path,
    args: &Diff,
) -> Result<(Option<Config>, String), Failure> {
    let revision = Revision::of(root, &args.against)?;
    let asked = match &args.file {
        Some(file) => file.to_string_lossy().into_owned(),
        None => options.manifest().to_owned(),
    };
    let named = |path: &str| format!("{}:{path}", args.against);
    let text = |path: &str| match revision.text(path) {
        Ok(text) => Ok(Some(text)),
        Err(Unread::Absent) => Ok(None),
        Err(unread) => Err(Failure::Io(format!(
            "`{}` {}",
            named(path),
            unread.reason()
        ))),
    };
    if let Some(text) = text(&asked)? {
        let source = Source::new(named(&asked), text);
        let config = match &args.file {
            Some(_) => read(options, source, &revision),
            None => compiled(options, &source, &revision)?,
        };
        return Ok((config, args.against.clone()));
    }
    if args.file.is_none()
        && let Some(text) = text(DEFAULT_PIPELINE)?
    {
        let source = Source::new(named(DEFAULT_PIPELINE), text);
        return Ok((read(options, source, &revision), named(DEFAULT_PIPELINE)));
    }
    let against = format!("{}, which has no `{asked}`", args.against);
    let nothing = Source::new(named(&asked), ".nothing: {script: [\"true\"]}\n");
    Ok((read(options, nothing, &revision), against))
}

/// A file, which says itself whether it is a manifest.
fn file(options: &Options, root: &Path, path: &Path) -> Result<Option<Config>, Failure> {
    let name = path.to_string_lossy().into_owned();
    let source = Source::new(name.clone(), text_of(root, &name)?);
    let folder = path.parent().unwrap_or(Path::new(""));
    if is_manifest(&source.text) {
        let project = Project {
            root: root.join(folder),
        };
        return compiled(options, &source, &project);
    }
    let folder = Folder {
        root: root.to_owned(),
    };
    Ok(read(options, source, &folder))
}

/// A manifest has the key `windlass`, which no pipeline can have: a job needs a mapping.
fn is_manifest(text: &str) -> bool {
    let key = |line: &str| line.starts_with("windlass:") || line.starts_with("\"windlass\":");
    text.lines().any(key)
}

fn read(options: &Options, source: Source, repository: &dyn config::Repository) -> Option<Config> {
    let reading = config::read(source, repository);
    accepted(reading.result, options)
}

fn compiled(
    options: &Options,
    source: &Source,
    files: &dyn windlass::check::Files,
) -> Result<Option<Config>, Failure> {
    let compiled = compile(source, files).map_err(|error| Failure::Io(error.to_string()))?;
    // What is amiss without being wrong is for `check` to say.
    if compiled.lowered.is_none() {
        say_findings(&compiled.report, options);
    }
    Ok(compiled.lowered.and_then(|lowered| {
        let made = config::of_pipeline(&lowered.pipeline, source);
        accepted(made, options)
    }))
}
