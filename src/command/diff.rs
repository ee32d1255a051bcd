//! `windlass diff`: what a change does.

use std::path::Path;

use windlass::check::Files;
use windlass::compile::compile;
use windlass::config::Repository;
use windlass::diff::{self, Told};
use windlass::files::{PIPELINE, Unread};
use windlass::graph::{Format, Graph};
use windlass::plan::{Configs, together};
use windlass::source::Source;

use super::configuration::{Folder, Read, configuration, known_default_branch, notes};
use super::output::{print, say_findings, stdout_color};
use super::project::{Unreadable, root, source_of};
use super::revision::Revision;
use super::{Failure, Verdict};
use crate::cli::{Diff, DiffFormat, Options};

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
    let mut report = before.report.clone();
    report.join(after.report.clone());
    let default_branch = known_default_branch(&root, args.default_branch.as_deref());
    let default_branch = default_branch.as_deref();
    let plan = |configs: &Configs<'_>| configs.plan_all(&configs.classes(default_branch).refs);
    for configs in [&after.configs, &before.configs].into_iter().flatten() {
        report.join(match configs.varies() {
            true => notes(&plan(configs)),
            false => configs.base().report(),
        });
    }
    say_findings(&report, options);
    let companions = match (&before.companions, &after.companions) {
        (Some(before), Some(after)) => diff::companions(before, after),
        _ => Vec::new(),
    };
    let (Some(before), Some(after)) = (&before.configs, &after.configs) else {
        return match before.readable {
            true => after.refused(),
            false => before.refused(),
        };
    };
    let mut comparison = diff::diff_all(before, after, default_branch);
    comparison.effects.extend(companions);
    let format = match args.format {
        DiffFormat::Text => diff::Format::Text,
        DiffFormat::Json => diff::Format::Json,
        DiffFormat::Markdown => diff::Format::Markdown,
    };
    let mermaid = match format {
        diff::Format::Markdown => {
            let (config, plans) = together(plan(after), after.base());
            Graph::of_plans(&config, &plans).draw(Format::Mermaid)
        }
        diff::Format::Text | diff::Format::Json => String::new(),
    };
    let told = Told {
        against: &against,
        comparison: &comparison,
        mermaid: &mermaid,
        color: stdout_color(options),
    };
    print(&diff::tell(&told, format))?;
    match args.exit_code && !comparison.effects.is_empty() {
        true => Ok(Verdict::Findings),
        false => Ok(Verdict::Clean),
    }
}

/// What a revision has, and what to call it: the same file, or the pipeline where there was no
/// manifest yet, or nothing at all.
fn revision(options: &Options, root: &Path, args: &Diff) -> Result<(Read, String), Failure> {
    let revision = Revision::of(root, &args.against)?.with(Folder::of(options, root));
    let asked = match &args.file {
        Some(file) => file.to_string_lossy().into_owned(),
        None => options.manifest().to_owned(),
    };
    let named = |path: &str| format!("{}:{path}", args.against);
    let against = || args.against.clone();
    match revision.text(&asked) {
        Ok(text) => {
            let source = Source::new(named(&asked), text);
            let read = match &args.file {
                Some(_) => Read::pipeline(source, revision),
                None => compiled(&source, revision)?,
            };
            return Ok((read, against()));
        }
        Err(Unread::Absent) => {}
        Err(unread) => return Ok((unreadable(&named(&asked), &unread), against())),
    }
    if args.file.is_none() {
        let name = named(PIPELINE);
        match revision.text(PIPELINE) {
            Ok(text) => {
                let source = Source::new(name.clone(), text);
                return Ok((Read::pipeline(source, revision), name));
            }
            Err(Unread::Absent) => {}
            Err(unread) => return Ok((unreadable(&name, &unread), against())),
        }
    }
    let against = format!("{}, which has no `{asked}`", args.against);
    let nothing = Source::new(named(&asked), ".nothing: {script: [\"true\"]}\n");
    Ok((Read::pipeline(nothing, revision), against))
}

fn unreadable(name: &str, unread: &Unread) -> Read {
    Read::nothing(Unreadable::of(name, unread, None))
}

/// A file, which says itself whether it is a manifest.
fn file(options: &Options, root: &Path, path: &Path) -> Result<Read, Failure> {
    let source = match source_of(root, &path.to_string_lossy()) {
        Ok(source) => source,
        Err(unreadable) => return Ok(Read::nothing(unreadable)),
    };
    if is_manifest(&source.text) {
        let folder = path.parent().unwrap_or(Path::new(""));
        return compiled(&source, Folder::of(options, &root.join(folder)));
    }
    Ok(Read::pipeline(source, Folder::of(options, root)))
}

/// A manifest has the key `windlass`, which no pipeline can have: a job needs a mapping.
fn is_manifest(text: &str) -> bool {
    let key = |line: &str| line.starts_with("windlass:") || line.starts_with("\"windlass\":");
    text.lines().any(key)
}

fn compiled(source: &Source, files: impl Files + Repository + 'static) -> Result<Read, Failure> {
    let compiled = compile(source, &files).map_err(|error| Failure::Io(error.to_string()))?;
    Ok(match compiled.lowered {
        // What is amiss without being wrong is for `check` to say.
        Some(lowered) => Read::lowered(lowered, compiled.composed.source, files)?,
        None => Read {
            configs: None,
            report: compiled.report,
            readable: true,
            companions: None,
        },
    })
}
