//! The configuration that `plan`, `diff` and `graph` are about, and the refs that they are asked about.
//!
//! In: the options and arguments. Out: a [`Config`], or `None` after everything wrong with it was
//! said. Always holds: what could not be read, as a remote include, is said, not dropped.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use windlass::config::{self, Config, Repository};
use windlass::files::{self, Links, Unread};
use windlass::finding::Report;
use windlass::plan::{self, Changed, LeftOut, Ref, Situation, Trigger};
use windlass::source::{Limits, Source};

use super::Failure;
use super::git::git;
use super::output::{say, say_findings};
use super::project::{compilation, text_of};
use super::revision::NAMES;
use crate::cli::{Options, Refs};

/// The default branch of a project that says nothing else, since GitLab 14.0.
const DEFAULT_BRANCH: &str = "main";

/// The configuration of a file, or of the manifest.
pub(super) fn configuration(
    options: &Options,
    root: &Path,
    file: Option<&Path>,
) -> Result<Option<Config>, Failure> {
    match file {
        Some(file) => of_file(options, root, file),
        None => of_manifest(options),
    }
}

/// The configuration that the manifest compiles to.
pub(super) fn of_manifest(options: &Options) -> Result<Option<Config>, Failure> {
    let project = compilation(options)?;
    say_findings(&project.report, options);
    match &project.lowered {
        Some(lowered) => {
            let made = config::of_pipeline(&lowered.pipeline, &project.source);
            Ok(accepted(made, options))
        }
        None if project.readable => Ok(None),
        None => Err(Failure::Said),
    }
}

/// The configuration of a `.gitlab-ci.yml`.
pub(super) fn of_file(
    options: &Options,
    root: &Path,
    file: &Path,
) -> Result<Option<Config>, Failure> {
    let name = file.to_string_lossy().into_owned();
    let text = text_of(root, &name)?;
    let folder = Folder {
        root: root.to_owned(),
    };
    let reading = config::read(Source::new(name, text), &folder);
    Ok(accepted(reading.result, options))
}

/// Says why GitLab refuses a configuration, if it does.
pub(super) fn accepted(result: Result<Config, Report>, options: &Options) -> Option<Config> {
    match result {
        Ok(config) => {
            for include in &config.unresolved {
                let at = plan::shown(&config.sources, include.place);
                say(&format!(
                    "{at}: note: not read, so not planned: {}",
                    include.what
                ));
            }
            Some(config)
        }
        Err(report) => {
            say_findings(&report, options);
            None
        }
    }
}

/// What the arguments ask about, and which kinds of pipelines are missing if that is all of them.
pub(super) fn situations(
    root: &Path,
    refs: &Refs,
    config: &Config,
) -> (Vec<Situation>, Vec<LeftOut>) {
    let default_branch = default_branch(root, refs.default_branch.as_deref());
    let files = Folder {
        root: root.to_owned(),
    }
    .paths();
    let (mut situations, left_out) = match refs.all {
        true => {
            let classes = plan::classes(config, &default_branch);
            (classes.situations, classes.left_out)
        }
        false => (vec![situation(refs, &default_branch)], Vec::new()),
    };
    for situation in &mut situations {
        if refs.closed {
            situation.variables.clear();
        }
        situation.variables.extend(refs.variable.iter().cloned());
        situation.closed |= refs.closed;
        if !refs.changed.is_empty() {
            situation.changed = Changed::Paths(refs.changed.clone());
        }
        // The files here are those of a ref that is worked on, and not those of a tag.
        if !matches!(situation.reference, Ref::Tag(_)) {
            situation.files.clone_from(&files);
        }
    }
    // What was given makes classes one.
    let mut known = HashSet::new();
    situations.retain(|one| known.insert(one.clone()));
    (situations, left_out)
}

/// The one ref that the arguments name, or the default branch.
fn situation(refs: &Refs, default_branch: &str) -> Situation {
    let situation = if let Some(tag) = &refs.tag {
        Situation::tag(tag)
    } else if let Some(branch) = &refs.schedule {
        Situation::schedule(branch)
    } else if let Some(request) = &refs.merge_request {
        match request.split_once("..") {
            Some((source, target)) => Situation::merge_request(source, target),
            None => Situation::merge_request(request, default_branch),
        }
    } else {
        Situation::branch(refs.branch.as_deref().unwrap_or(default_branch))
    };
    let situation = Situation {
        protected: refs.protected,
        open_merge_request: Some(refs.open_merge_request),
        trigger: match &refs.source {
            Some(source) => Trigger::parse(source),
            None => situation.trigger,
        },
        ..situation
    };
    situation.with_default_branch(default_branch)
}

/// The default branch: the one given, else the one that `origin/HEAD` points to, which is read
/// without asking git.
pub(super) fn default_branch(root: &Path, given: Option<&str>) -> String {
    let known = || {
        let head = root.join(".git/refs/remotes/origin/HEAD");
        let text = files::read_regular(&head, 1 << 10).ok()?;
        let name = text.trim().strip_prefix("ref: refs/remotes/origin/")?;
        Some(name.to_owned())
    };
    given
        .map(str::to_owned)
        .or_else(known)
        .unwrap_or_else(|| DEFAULT_BRANCH.to_owned())
}

/// The repository in a folder.
pub(super) struct Folder {
    pub(super) root: PathBuf,
}

impl Repository for Folder {
    fn read(&self, path: &str) -> Result<String, Unread> {
        files::read(&self.root, path, Links::Refused, Limits::MANIFEST.bytes)
    }

    /// The files that git knows; a file that it does not is in no pipeline.
    fn paths(&self) -> Option<Vec<String>> {
        let listed = git(&self.root, &["ls-files", "-z"], NAMES).ok()?;
        let text = String::from_utf8(listed.stdout).ok()?;
        let paths = text.split('\0').filter(|path| !path.is_empty());
        listed.ok.then(|| paths.map(str::to_owned).collect())
    }
}
