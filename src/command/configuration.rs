//! The configuration that `plan`, `diff` and `graph` are about, and the refs that they are asked about.
//!
//! In: the options and arguments. Out: a [`Read`]: a [`Config`] or none, and all that was found.
//! Always holds: what could not be read, as a remote include, is among the findings.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use windlass::config::{self, Config, Repository};
use windlass::files::{self, Links, Unread};
use windlass::finding::Report;
use windlass::plan::{self, Changed, LeftOut, Ref, Situation, Trigger};
use windlass::source::Limits;

use super::git::git;
use super::project::{Unreadable, compilation, source_of};
use super::revision::NAMES;
use super::{Failure, Verdict};
use crate::cli::{Options, Refs};

/// The default branch of a project that says nothing else, since GitLab 14.0.
const DEFAULT_BRANCH: &str = "main";

/// What reading a configuration gave.
pub(super) struct Read {
    /// The configuration; `None` after an error.
    pub(super) config: Option<Config>,
    /// All that was found.
    pub(super) report: Report,
    /// Whether the file is there and can be read, whatever it holds.
    pub(super) readable: bool,
}

impl Read {
    /// What the reader of configurations says, and what was found before.
    pub(super) fn of(result: Result<Config, Report>) -> Self {
        let (config, report) = match result {
            Ok(config) => {
                let report = config.report();
                (Some(config), report)
            }
            Err(report) => (None, report),
        };
        Self {
            config,
            report,
            readable: true,
        }
    }

    /// A file that gives no text.
    pub(super) fn nothing(unreadable: Unreadable) -> Self {
        Self {
            config: None,
            readable: unreadable.readable,
            report: unreadable.report,
        }
    }

    /// How a command ends that has no configuration to work on.
    pub(super) fn refused(&self) -> Result<Verdict, Failure> {
        match self.readable {
            true => Ok(Verdict::Findings),
            false => Err(Failure::Said),
        }
    }
}

/// The configuration of a file, or of the manifest.
pub(super) fn configuration(
    options: &Options,
    root: &Path,
    file: Option<&Path>,
) -> Result<Read, Failure> {
    match file {
        Some(file) => Ok(of_file(root, file)),
        None => of_manifest(options),
    }
}

/// The configuration that the manifest compiles to.
fn of_manifest(options: &Options) -> Result<Read, Failure> {
    let project = compilation(options)?;
    let made = project
        .lowered
        .map(|lowered| config::of_pipeline(&lowered.pipeline, &project.source));
    let mut read = Read {
        config: None,
        report: project.report,
        readable: project.readable,
    };
    match made {
        // The proof has said so of the same pipeline, at the keys of the manifest.
        Some(Err(_)) if read.report.has_errors() => {}
        Some(made) => {
            let made = Read::of(made);
            read.config = made.config;
            read.report.join(made.report);
        }
        None => {}
    }
    Ok(read)
}

/// The configuration of a `.gitlab-ci.yml`.
pub(super) fn of_file(root: &Path, file: &Path) -> Read {
    match source_of(root, &file.to_string_lossy()) {
        Ok(source) => {
            let folder = Folder {
                root: root.to_owned(),
            };
            Read::of(config::read(source, &folder).result)
        }
        Err(unreadable) => Read::nothing(unreadable),
    }
}

/// What the arguments ask about, and which kinds of pipelines are missing if that is all of them.
pub(super) fn situations(
    root: &Path,
    refs: &Refs,
    config: &Config,
) -> Result<(Vec<Situation>, Vec<LeftOut>), Failure> {
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
    let mut refused = None;
    situations.retain_mut(|situation| {
        if refs.closed {
            situation.variables.clear();
        }
        situation.closed |= refs.closed;
        situation.kubernetes = refs.kubernetes.or(situation.kubernetes);
        let mut stated = refs.variable.iter();
        let stated = stated.try_for_each(|(name, value)| situation.state(name, value));
        let fits = stated.is_ok();
        refused = refused.take().or(stated.err());
        fits
    });
    // Of all kinds, those stay that fit to what was stated.
    if let Some(reason) = refused.filter(|_| situations.is_empty()) {
        return Err(Failure::usage(&format!("--variable: {reason}")));
    }
    for situation in &mut situations {
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
    Ok((situations, left_out))
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
