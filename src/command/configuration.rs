//! The configuration that `plan`, `diff` and `graph` are about, and the refs that they are asked about.
//!
//! In: the options and arguments. Out: a [`Read`]: [`Configs`] or none, and all that was found.
//! Always holds: what could not be read, as a remote include, is among the findings.

use std::collections::BTreeSet;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use windlass::check::Files;
use windlass::compile::{Project, companions};
use windlass::config::{self, Config, Given, Repository};
use windlass::files::{self, Links, Unread};
use windlass::finding::Report;
use windlass::lower::Lowered;
use windlass::plan::{Changed, Configs, LeftOut, Planned, Situation, Trigger};
use windlass::source::{Limits, Source};

use super::git::git;
use super::project::{Unreadable, compilation, source_of};
use super::revision::NAMES;
use super::{Failure, Verdict};
use crate::cli::{Options, Refs};

/// The default branch of a project that says nothing else, since GitLab 14.0.
const DEFAULT_BRANCH: &str = "main";

/// What reading a configuration gave.
pub(super) struct Read {
    /// The configurations; `None` after an error.
    pub(super) configs: Option<Configs<'static>>,
    /// All that was found.
    pub(super) report: Report,
    /// Whether the file is there and can be read, whatever it holds.
    pub(super) readable: bool,
    /// The files that a manifest writes beside the pipeline; `None` for a pipeline that was not made from one.
    pub(super) companions: Option<Vec<(String, String)>>,
}

impl Read {
    /// What the reader of configurations says.
    pub(super) fn of(result: Result<Configs<'static>, Report>) -> Self {
        let (configs, report) = match result {
            Ok(configs) => (Some(configs), Report::default()),
            Err(report) => (None, report),
        };
        Self {
            configs,
            report,
            readable: true,
            companions: None,
        }
    }

    /// A `.gitlab-ci.yml` in a repository.
    pub(super) fn pipeline(source: Source, repository: impl Repository + 'static) -> Self {
        let repository: Rc<dyn Repository> = Rc::new(repository);
        let files = Rc::clone(&repository);
        let read = move |given: &dyn Given| config::read_where(source.clone(), &*files, given);
        Self::of(Configs::new(read).map(|configs| configs.with_children(repository)))
    }

    /// A pipeline that was made from a manifest in a repository.
    pub(super) fn lowered(
        lowered: Lowered,
        manifest: Source,
        repository: impl Repository + 'static,
    ) -> Result<Self, Failure> {
        let companions = companions(&lowered).map_err(|error| Failure::Io(error.to_string()))?;
        let pipeline = lowered.pipeline;
        let repository: Rc<dyn Repository> = Rc::new(repository);
        let (files, children) = (
            Rc::clone(&repository),
            config::vendored(&pipeline, repository),
        );
        let read =
            move |given: &dyn Given| config::read_pipeline(&pipeline, &manifest, &*files, given);
        let configs = Configs::new(read).map(|configs| configs.with_children(children));
        Ok(Self {
            companions: Some(companions),
            ..Self::of(configs)
        })
    }

    /// A file that gives no text.
    pub(super) fn nothing(unreadable: Unreadable) -> Self {
        Self {
            configs: None,
            readable: unreadable.readable,
            report: unreadable.report,
            companions: None,
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
        Some(file) => Ok(of_file(options, root, file)),
        None => of_manifest(options),
    }
}

/// The configuration that the manifest compiles to.
fn of_manifest(options: &Options) -> Result<Read, Failure> {
    let project = compilation(options)?;
    let folder = Folder {
        root: project.root,
        elsewhere: options.includes_from.clone(),
    };
    let made = project
        .lowered
        .map(|lowered| Read::lowered(lowered, project.source, folder))
        .transpose()?;
    let mut read = Read {
        configs: None,
        report: project.report,
        readable: project.readable,
        companions: None,
    };
    if let Some(made) = made {
        // The proof has said so of the same pipeline, at the keys of the manifest.
        if made.configs.is_some() || !read.report.has_errors() {
            read.report.join(made.report);
        }
        read.configs = made.configs;
        read.companions = made.companions;
    }
    Ok(read)
}

/// The configuration of a `.gitlab-ci.yml`.
pub(super) fn of_file(options: &Options, root: &Path, file: &Path) -> Read {
    match source_of(root, &file.to_string_lossy()) {
        Ok(source) => Read::pipeline(source, Folder::of(options, root)),
        Err(unreadable) => Read::nothing(unreadable),
    }
}

/// What the arguments ask about.
pub(super) struct Asked {
    pub(super) situations: Vec<Situation>,
    /// Which kinds of pipelines are missing if that is all of them.
    pub(super) left_out: Vec<LeftOut>,
    /// What the default branch is taken to be called, if that is not known and may make a difference.
    pub(super) assumed: Option<String>,
}

/// What the arguments ask about.
pub(super) fn situations(
    root: &Path,
    refs: &Refs,
    configs: &Configs<'_>,
) -> Result<Asked, Failure> {
    let default_branch = default_branch(root, refs.default_branch.as_deref());
    let files = configs.asks_for_files().then(|| configs.files()).flatten();
    let (mut situations, left_out) = match refs.all {
        true => {
            let classes = configs.classes(Some(&default_branch));
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
        *situation = situation.clone().with_files(files);
    }
    // What was given makes classes one.
    let mut known = HashSet::new();
    situations.retain(|one| known.insert(one.clone()));
    Ok(Asked {
        situations,
        left_out,
        assumed: assumed(root, refs, configs),
    })
}

/// What the default branch is taken to be called, if that is not known and may make a difference.
pub(super) fn assumed(root: &Path, refs: &Refs, configs: &Configs<'_>) -> Option<String> {
    let is_known = known_default_branch(root, refs.default_branch.as_deref()).is_some();
    let names_target = |request: &String| request.contains("..");
    let names_ref = refs.branch.is_some()
        || refs.tag.is_some()
        || refs.schedule.is_some()
        || refs.merge_request.as_ref().is_some_and(names_target);
    if is_known {
        return None;
    }
    let every = configs.every(Some(DEFAULT_BRANCH));
    let asks = [
        "CI_DEFAULT_BRANCH",
        "CI_DEFAULT_BRANCH_SLUG",
        // GitLab protects the default branch.
        "CI_COMMIT_REF_PROTECTED",
    ];
    let hangs = !names_ref || asks.iter().any(|one| every.compared().asks(one));
    hangs.then(|| DEFAULT_BRANCH.to_owned())
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

/// The default branch: the one that is known, else the usual one.
pub(super) fn default_branch(root: &Path, given: Option<&str>) -> String {
    known_default_branch(root, given).unwrap_or_else(|| DEFAULT_BRANCH.to_owned())
}

/// The default branch: the one given, else the one that `origin/HEAD` points to, which is read
/// without asking git.
pub(super) fn known_default_branch(root: &Path, given: Option<&str>) -> Option<String> {
    let known = || {
        let head = root.join(".git/refs/remotes/origin/HEAD");
        let text = files::read_regular(&head, 1 << 10).ok()?;
        let name = text.trim().strip_prefix("ref: refs/remotes/origin/")?;
        Some(name.to_owned())
    };
    given.map(str::to_owned).or_else(known)
}

/// What there is to say of the configurations that plans are of: includes that are not read, and
/// why GitLab refuses what is effective on a ref.
pub(super) fn notes(planned: &[Planned]) -> Report {
    let mut report = Report::default();
    let mut told: Vec<&Arc<Config>> = Vec::new();
    for one in planned {
        report.join(one.report.clone());
        if !told.iter().any(|told| Arc::ptr_eq(told, &one.config)) {
            told.push(&one.config);
            report.join(one.config.report());
        }
    }
    report
}

/// The repository in a folder, and the folder of included files from elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) root: PathBuf,
    pub(super) elsewhere: Option<PathBuf>,
}

impl Folder {
    /// The project's own.
    pub(super) fn of(options: &Options, root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            elsewhere: options.includes_from.clone(),
        }
    }

    fn project(&self) -> Project {
        Project {
            root: self.root.clone(),
        }
    }
}

impl Files for Folder {
    fn exists(&self, path: &str) -> bool {
        self.project().exists(path)
    }

    fn applied(&self, path: &str) -> Option<Vec<Source>> {
        self.project().applied(path)
    }

    fn refused(&self, path: &str) -> Option<String> {
        self.project().refused(path)
    }

    fn repository(&self) -> &dyn Repository {
        self
    }
}

impl Repository for Folder {
    fn read(&self, path: &str) -> Result<String, Unread> {
        files::read(&self.root, path, Links::Refused, Limits::MANIFEST.bytes)
    }

    fn elsewhere(&self, path: &str) -> Result<(String, String), Unread> {
        let folder = self.elsewhere.as_ref().ok_or(Unread::Absent)?;
        let text = files::read(folder, path, Links::Refused, Limits::MANIFEST.bytes)?;
        Ok((folder.join(path).display().to_string(), text))
    }

    /// The files that git knows and that are still there, as their text is read there too; a file that git does not
    /// know is in no pipeline. Outside of a repository all files that lie there.
    fn paths(&self) -> Option<Vec<String>> {
        let in_repository = std::path::absolute(&self.root).ok()?;
        if !in_repository
            .ancestors()
            .any(|folder| folder.join(".git").exists())
        {
            return files::listed(&self.root);
        }
        let mut known = listed(&self.root, &["ls-files", "-z"])?;
        // Not those that a sparse checkout leaves out.
        let gone = listed(&self.root, &["ls-files", "-z", "--deleted"])?;
        let gone: HashSet<String> = gone.into_iter().collect();
        known.retain(|path| !gone.contains(path));
        Some(known)
    }
}

/// The paths that `git ls-files` prints.
fn listed(root: &Path, arguments: &[&str]) -> Option<Vec<String>> {
    let listed = git(root, arguments, NAMES).ok()?;
    let text = String::from_utf8(listed.stdout).ok()?;
    let paths = text.split('\0').filter(|path| !path.is_empty());
    listed.ok.then(|| paths.map(str::to_owned).collect())
}

/// The same folder with files that are not committed yet, as a new project has them. Links that lead nowhere or out
/// of the project are left out.
pub(super) struct WorkTree<'f>(pub(super) &'f Folder);

impl Repository for WorkTree<'_> {
    fn read(&self, path: &str) -> Result<String, Unread> {
        self.0.read(path)
    }

    fn paths(&self) -> Option<Vec<String>> {
        let known = self.0.paths()?;
        let new = ["ls-files", "-z", "--others", "--exclude-standard"];
        let mut all: BTreeSet<String> = listed(&self.0.root, &new).into_iter().flatten().collect();
        all.extend(known);
        let root = &self.0.root;
        Some(
            all.into_iter()
                .filter(|path| files::look(root, path).is_ok())
                .collect(),
        )
    }
}
