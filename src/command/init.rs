//! `windlass init`: a first manifest from what the repository holds.
//!
//! In: the options. Out: the manifest. Always holds: a manifest or a pipeline that is there stays.

use windlass::compile::compile;
use windlass::config::Repository;
use windlass::files::{self, PIPELINE, Unread};
use windlass::init::draft;
use windlass::shown::Shown;
use windlass::source::Source;

use super::configuration::{Folder, WorkTree};
use super::output::{print, say_findings, say_progress};
use super::project::root;
use super::{Failure, Verdict};
use crate::cli::{Init, Options};

pub(super) fn run(options: &Options, args: &Init) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let manifest = options.manifest();
    let taken = |path: &str| !matches!(files::look(&root, path), Err(Unread::Absent));
    if !args.stdout {
        if taken(manifest) {
            return Err(Failure::Io(format!("`{manifest}` exists already")));
        }
        if taken(PIPELINE) {
            return Err(Failure::Io(format!(
                "there is a `{PIPELINE}`: `windlass import` makes a manifest of it"
            )));
        }
    }
    let folder = Folder::of(options, &root);
    if folder.paths().is_none() {
        return Err(Failure::Io(format!(
            "cannot list the files of `{}`",
            root.display()
        )));
    }
    let draft = draft(&WorkTree(&folder));
    let source = Source::new(manifest, draft.text.as_str());
    let compiled = compile(&source, &folder).map_err(|error| Failure::Io(error.to_string()))?;
    if args.stdout {
        print(&Shown::of_document(&draft.text))?;
    } else {
        files::write(&root, manifest, &draft.text)?;
        let lines = draft.text.lines().count();
        say_progress(&format!("wrote {manifest} ({lines} lines)"), options);
    }
    say_findings(&compiled.report, options);
    for path in &draft.found {
        say_progress(&format!("  from {path}"), options);
    }
    if !args.stdout {
        say_progress("next: read it, then `windlass generate`", options);
    }
    Ok(Verdict::Clean)
}
