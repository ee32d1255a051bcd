//! `windlass import`: a manifest for an existing pipeline, proven to make the same one.
//!
//! In: the options and arguments. Out: the manifest, or why there is none. Always holds: what is
//! written was compiled and compared with the pipeline, and nothing changed in what was compared.

use std::path::Path;

use windlass::diff::{self, Comparison, Told, diff_all};
use windlass::files::{self, PIPELINE, Unread, check_relative};
use windlass::import::{Depth, Imported, Pipeline, Refused, import};
use windlass::plan::Configs;
use windlass::shown::Shown;

use super::configuration::{Folder, Read, configuration, known_default_branch};
use super::output::{print, say_all, say_findings, say_progress, stdout_color};
use super::project::{root, source_of};
use super::{Failure, Verdict};
use crate::cli::{Import, Options};

pub(super) fn run(options: &Options, args: &Import) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let file = args.file.as_deref().unwrap_or(Path::new(PIPELINE));
    let name = file.to_string_lossy();
    let source = match source_of(&root, &name) {
        Ok(source) => source,
        Err(unreadable) => {
            say_findings(&unreadable.report, options);
            return Read::nothing(unreadable).refused();
        }
    };
    let before = Read::pipeline(source.clone(), Folder::of(options, &root));
    let Some(pipeline) = &before.configs else {
        say_findings(&before.report, options);
        return before.refused();
    };
    let branch = known_default_branch(&root, args.default_branch.as_deref());
    let branch = branch.as_deref();
    if args.check {
        return held(options, &root, &name, pipeline, branch);
    }
    let manifest = options.manifest();
    if !args.stdout {
        writable(&root, manifest, args.force)?;
    }
    let pipeline = Pipeline {
        source: &source,
        configs: pipeline,
        default_branch: branch,
    };
    let project = Folder::of(options, &root);
    match import(&pipeline, manifest, args.gitlab, depth(args), &project) {
        Ok(imported) => {
            say_findings(&imported.report, options);
            if args.stdout {
                print(&Shown::of_document(&imported.text))?;
            } else {
                files::write(&root, manifest, &imported.text)?;
            }
            if !imported.changes.effects.is_empty() {
                say_all(&told(options, &name, &imported.changes));
            }
            say_taken(options, args, &name, &imported);
            return Ok(Verdict::Clean);
        }
        Err(Refused::Internal(fault)) => return Err(Failure::Io(fault.to_string())),
        Err(Refused::Findings(report)) => say_findings(&report, options),
        Err(Refused::Differs(comparison)) => say_all(&told(options, &name, &comparison)),
    }
    let why =
        format!("nothing was written: no manifest was found that makes the pipeline of {name}");
    say_progress(&why, options);
    Ok(Verdict::Findings)
}

fn depth(args: &Import) -> Depth {
    match (args.raw, args.improve) {
        (true, _) => Depth::Jobs,
        (_, true) => Depth::Improved,
        _ => Depth::Entities,
    }
}

fn say_taken(options: &Options, args: &Import, name: &str, imported: &Imported) {
    let say = |line: &str| say_progress(line, options);
    if !args.stdout {
        let lines = imported.text.lines().count();
        say(&format!("wrote {} ({lines} lines)", options.manifest()));
    }
    if let Some(why) = &imported.rewritten {
        say(&format!(
            "the text of the pipeline could not be kept: {why}"
        ));
        say("it is written anew, without comments, and anchors are written out");
    }
    if !imported.lost.is_empty() {
        say("these comments have no place in the manifest:");
    }
    for comment in &imported.lost {
        say(&format!("  {name}:{}: {}", comment.line, comment.text));
    }
    let kinds = ["images", "tests", "tasks", "environments", "promotions"];
    let taken = &imported.entities;
    let count = |kind: &str| taken.iter().filter(|one| one.collection == kind).count();
    let counts = kinds.map(|kind| (kind, count(kind)));
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| match count {
            1 => format!("1 {}", kind.trim_end_matches('s')),
            _ => format!("{count} {kind}"),
        })
        .collect();
    let jobs: usize = taken.iter().map(|one| one.jobs.len()).sum();
    if !counts.is_empty() {
        let all = jobs + imported.raw.len();
        say(&format!(
            "{jobs} of {all} jobs became entities: {}",
            counts.join(", ")
        ));
    }
    for effect in &imported.unimproved {
        let job = effect.job.as_deref().unwrap_or("every job");
        say(&format!(
            "  not improved, as the job would change more than is meant: {job} {}",
            effect.text
        ));
    }
    let compared = match imported.changes.not_compared.is_empty() {
        true => "",
        false => " in what was compared",
    };
    let changes = &imported.changes.effects;
    match changes.len() {
        0 => say(&format!(
            "it makes the pipeline of {name}: nothing changes{compared}"
        )),
        count => {
            let losses = changes.iter().filter(|effect| effect.is_loss()).count();
            say(&format!(
                "it changes the pipeline of {name} as told above: {count} changes, {losses} of them losses"
            ));
        }
    }
    for what in &imported.changes.not_compared {
        say(&format!("  not compared: {what}"));
    }
    if !args.stdout && name == PIPELINE {
        say("next: `windlass generate --force` writes .gitlab-ci.yml from it");
    }
}

/// Whether the manifest that is there makes the pipeline.
fn held(
    options: &Options,
    root: &Path,
    name: &str,
    before: &Configs<'_>,
    default_branch: Option<&str>,
) -> Result<Verdict, Failure> {
    let after = configuration(options, root, None)?;
    say_findings(&after.report, options);
    let Some(configs) = &after.configs else {
        return after.refused();
    };
    let comparison = diff_all(before, configs, default_branch);
    print(&told(options, name, &comparison))?;
    match comparison.effects.is_empty() {
        true => Ok(Verdict::Clean),
        false => Ok(Verdict::Findings),
    }
}

fn told(options: &Options, name: &str, comparison: &Comparison) -> Shown {
    let told = Told {
        against: name,
        comparison,
        mermaid: "",
        color: stdout_color(options),
    };
    diff::tell(&told, diff::Format::Text)
}

/// Refuses to lose a manifest.
fn writable(root: &Path, manifest: &str, force: bool) -> Result<(), Failure> {
    check_relative(manifest).map_err(|why| Failure::Io(format!("`{manifest}` {why}")))?;
    match files::look(root, manifest) {
        Err(Unread::Absent) => Ok(()),
        Ok(()) if force => Ok(()),
        Ok(()) => Err(Failure::Io(format!(
            "`{manifest}` exists; --force overwrites it, --check compares it with the pipeline"
        ))),
        Err(unread) => Err(Failure::Io(format!("`{manifest}` {}", unread.reason()))),
    }
}
