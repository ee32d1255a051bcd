//! `windlass update`: takes presets over, pins them, and writes what the manifest then compiles to.
//!
//! In: the options, and the folder that the presets come from. Out: presets, lock and generated files, and the effects.
//! Always holds: all is written or nothing; nothing is written unless the manifest compiles with the new presets, and
//! each preset and generated file may be written; nothing is fetched.

use std::path::{Path, PathBuf};

use windlass::check::Files;
use windlass::config::Repository;
use windlass::diff::{self, Told};
use windlass::files::{self, Batch, Links, PIPELINE, Unread, WritePlan, compare};
use windlass::finding::{Code, Finding, Location};
use windlass::presets::{LOCK, Lock, Preset, Wrong, named, obstacle};
use windlass::source::{Limits, Source};

use super::configuration::Folder;
use super::effects::{effects, sentences};
use super::generate::{planned, sentence};
use super::output::{keep_effects, print, say_findings, say_progress, stdout_color};
use super::project::{Compilation, compilation_with, source_of};
use super::{Failure, Verdict};
use crate::cli::{Options, Update};

pub(super) fn run(options: &Options, args: &Update) -> Result<Verdict, Failure> {
    let mut project = compiled(options, args.from.as_deref())?;
    if project.files.is_none() {
        return refused(&project, options);
    }
    let presets = project.composed.as_ref();
    let presets = presets.map_or_else(Vec::new, |composed| composed.presets.clone());
    let lock = match pinned(&project.root) {
        Ok(lock) => lock,
        Err(finding) => {
            project.report.push(finding);
            return refused(&project, options);
        }
    };
    let new = lock.with(&project, &presets);
    if presets.is_empty() {
        return forget(options, args, &project, &lock, &new);
    }
    let Some(files) = &project.files else {
        return refused(&project, options);
    };
    let comparison = compare(files, &project.root, &project.source.name)?;
    let changes = effects(options, &project, &comparison);
    let mut found: Vec<Finding> = Vec::new();
    for preset in &presets {
        found.extend(obstacle(&project.root, &lock.lock, preset));
        if comparison.files.iter().any(|file| file.path == preset.path) {
            let message = format!(
                "`{}` is a preset, and a file that windlass generates",
                preset.path
            );
            found.push(
                Finding::new(Code::BadPath, Location::WHOLE, message)
                    .help("name another file in `presets`"),
            );
        }
    }
    let plan = planned(&comparison, &mut project, false);
    let Some(plan) = plan.filter(|_| found.is_empty()) else {
        found
            .into_iter()
            .for_each(|finding| project.report.push(finding));
        return refused(&project, options);
    };
    say_findings(&project.report, options);
    if !args.dry_run {
        for line in written(&project.root, &presets, &lock, &new, &plan)? {
            say_progress(&line, options);
        }
    }
    let Some(changes) = changes else {
        return Ok(Verdict::Clean);
    };
    if !keep_effects(sentences(&changes, "`windlass diff` in the project")) {
        let told = Told {
            against: PIPELINE,
            comparison: &changes,
            mermaid: "",
            color: stdout_color(options),
        };
        print(&diff::tell(&told, diff::Format::Text))?;
    }
    Ok(Verdict::Clean)
}

/// Says why nothing is written.
fn refused(project: &Compilation, options: &Options) -> Result<Verdict, Failure> {
    say_findings(&project.report, options);
    say_progress("nothing was written", options);
    match project.readable {
        true => Ok(Verdict::Findings),
        false => Err(Failure::Said),
    }
}

/// A manifest without presets: the lock forgets those that it had.
fn forget(
    options: &Options,
    args: &Update,
    project: &Compilation,
    old: &Pinned,
    new: &Lock,
) -> Result<Verdict, Failure> {
    say_findings(&project.report, options);
    let name = &project.source.name;
    say_progress(&format!("`{name}` names no presets"), options);
    if !args.dry_run {
        let mut batch = Batch::default();
        let change = old.replace(&project.root, new, &mut batch)?;
        batch.write()?;
        change.iter().for_each(|line| say_progress(line, options));
    }
    Ok(Verdict::Clean)
}

/// Compiles the manifest with the presets of a folder, whatever the lock says.
pub(super) fn compiled(options: &Options, from: Option<&Path>) -> Result<Compilation, Failure> {
    if let Some(from) = from.filter(|from| !from.is_dir()) {
        let from = from.display();
        return Err(Failure::Io(format!("`{from}` is not a folder")));
    }
    compilation_with(options, |root| {
        let manifest = source_of(root, options.manifest());
        let presets = manifest.map_or_else(|_| Vec::new(), |manifest| named(&manifest));
        let folder = |path: &String| match path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => String::new(),
        };
        Box::new(Taken {
            project: Folder::of(options, root),
            from: from.map(Path::to_owned),
            folders: presets.iter().map(folder).collect(),
        })
    })
}

/// Writes presets that changed, the generated files and the lock, all or nothing; says what was done.
fn written(
    root: &Path,
    presets: &[Preset],
    old: &Pinned,
    new: &Lock,
    plan: &WritePlan<'_>,
) -> Result<Vec<String>, Failure> {
    let mut batch = Batch::default();
    let mut said = Vec::new();
    for Preset { path, text } in presets {
        let there = files::read(root, path, Links::Refused, Limits::MANIFEST.bytes);
        if there.is_ok_and(|there| there == *text) {
            continue;
        }
        batch.put(path, &root.join(path), text, false)?;
        said.push(format!("wrote {path}"));
    }
    plan.stage(&mut batch)?;
    // The lock comes last: while it is the old one, a preset that is new is known to be.
    let lock = old.replace(root, new, &mut batch)?;
    batch.write()?;
    said.extend(lock);
    said.extend(plan.outcomes().iter().map(sentence));
    Ok(said)
}

/// The lock of a project.
struct Pinned {
    lock: Lock,
    /// Its text; `None` if there is no such file.
    text: Option<String>,
}

/// Reads the lock. One that nobody can read, as after a merge conflict, pins nothing and is written anew.
fn pinned(root: &Path) -> Result<Pinned, Finding> {
    let wrong = |message: String| Wrong {
        line: 1,
        message,
        is_newer: false,
    };
    let text = match files::read(root, LOCK, Links::Refused, Limits::MANIFEST.bytes) {
        Ok(text) => Some(text),
        Err(Unread::Absent) => None,
        Err(unread) => return Err(wrong(format!("`{LOCK}` {}", unread.reason())).finding()),
    };
    let lock = match text.as_deref().map(Lock::read) {
        None => Lock::default(),
        Some(Ok(lock)) => lock,
        Some(Err(wrong)) if wrong.is_newer => return Err(wrong.finding()),
        Some(Err(_)) => Lock::default(),
    };
    Ok(Pinned { lock, text })
}

impl Pinned {
    /// The same with the presets that the manifest has now. Other manifests of the project may have presets of
    /// their own.
    fn with(&self, project: &Compilation, presets: &[Preset]) -> Lock {
        let mut lock = self.lock.clone();
        lock.prune(|path| matches!(files::look(&project.root, path), Err(Unread::Absent)));
        lock.pin(&files::normalize(&project.source.name), presets);
        lock
    }

    /// Writes the new lock if it is another one, and removes it if it pins nothing; says so.
    fn replace(
        &self,
        root: &Path,
        new: &Lock,
        batch: &mut Batch,
    ) -> Result<Option<String>, Failure> {
        let (text, target) = (new.text(), root.join(LOCK));
        Ok(match (&self.text, new.is_empty()) {
            (None, true) => None,
            (Some(_), true) => {
                batch.remove(LOCK, &target);
                Some(format!("removed {LOCK}"))
            }
            (Some(old), false) if *old == text => None,
            (_, false) => {
                batch.put(LOCK, &target, &text, false)?;
                Some(format!("wrote {LOCK}"))
            }
        })
    }
}

/// A project with the presets of a folder in the place of its own.
struct Taken {
    project: Folder,
    from: Option<PathBuf>,
    /// The folders of the project that are copies of that folder, each with a slash at its end.
    folders: Vec<String>,
}

impl Files for Taken {
    fn exists(&self, path: &str) -> bool {
        self.project.exists(path)
    }

    fn refused(&self, path: &str) -> Option<String> {
        self.project.refused(path)
    }

    fn applied(&self, path: &str) -> Option<Vec<Source>> {
        self.project.applied(path)
    }

    fn repository(&self) -> &dyn Repository {
        self.project.repository()
    }

    fn pins_presets(&self) -> bool {
        false
    }

    /// A preset that the folder does not have is the project's own.
    fn text(&self, path: &str) -> Result<String, Unread> {
        let inside = self
            .folders
            .iter()
            .filter_map(|folder| path.strip_prefix(folder.as_str()));
        if let (Some(from), Some(inside)) = (&self.from, inside.min_by_key(|rest| rest.len())) {
            match files::read(from, inside, Links::Inside, Limits::MANIFEST.bytes) {
                Err(Unread::Absent) => {}
                read => return read,
            }
        }
        self.project.text(path)
    }
}
