//! `windlass update`: takes presets over, pins them, and writes what the manifest then compiles to.
//!
//! In: the options, and the folder that the presets come from. Out: presets, lock and generated files, and the effects.
//! Always holds: nothing is written unless the manifest compiles with the new presets and each generated file may be
//! written; nothing is fetched.

use std::path::{Path, PathBuf};

use windlass::check::Files;
use windlass::config::Repository;
use windlass::diff::{self, Told};
use windlass::files::{self, Links, PIPELINE, Unread, compare};
use windlass::presets::{LOCK, Lock, Preset, named};
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
    let presets = project
        .composed
        .as_ref()
        .map(|composed| composed.presets.clone())
        .unwrap_or_default();
    let Some(new) = &project.files else {
        say_findings(&project.report, options);
        say_progress("nothing was written", options);
        return match project.readable {
            true => Ok(Verdict::Findings),
            false => Err(Failure::Said),
        };
    };
    if presets.is_empty() {
        say_findings(&project.report, options);
        let name = &project.source.name;
        say_progress(&format!("`{name}` names no presets"), options);
        return Ok(Verdict::Clean);
    }
    let comparison = compare(new, &project.root, &project.source.name)?;
    let changes = effects(options, &project, &comparison);
    let Some(plan) = planned(&comparison, &mut project, false) else {
        say_findings(&project.report, options);
        say_progress("nothing was written", options);
        return Ok(Verdict::Findings);
    };
    say_findings(&project.report, options);
    if !args.dry_run {
        written(options, &project.root, &presets)?;
        for outcome in plan.write()? {
            say_progress(&sentence(&outcome), options);
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

/// Writes presets that changed, and the lock.
fn written(options: &Options, root: &Path, presets: &[Preset]) -> Result<(), Failure> {
    let text = |path: &str| files::read(root, path, Links::Refused, Limits::MANIFEST.bytes);
    for Preset { path, text: new } in presets {
        if text(path).is_ok_and(|old| old == *new) {
            continue;
        }
        write(root, path, new)?;
        say_progress(&format!("wrote {path}"), options);
    }
    let old = text(LOCK).ok();
    let known = old.as_deref().map(Lock::read);
    let mut lock = known.and_then(Result::ok).unwrap_or_default();
    // Other manifests of the project may have presets of their own.
    lock.keep(|path| files::look(root, path).is_ok());
    for preset in presets {
        lock.pin(&preset.path, &preset.text);
    }
    let new = lock.text();
    if old.as_ref() != Some(&new) {
        write(root, LOCK, &new)?;
        say_progress(&format!("wrote {LOCK}"), options);
    }
    Ok(())
}

/// Writes a file that lies in the project, and not behind a link that leads elsewhere.
fn write(root: &Path, path: &str, text: &str) -> Result<(), Failure> {
    match files::look(root, path) {
        Ok(()) | Err(Unread::Absent) => Ok(files::write(root, path, text)?),
        Err(unread) => Err(Failure::Io(format!("`{path}` {}", unread.reason()))),
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
