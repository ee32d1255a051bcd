//! `windlass plan`: which jobs run on a ref, and why.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use windlass::config::{self, Config, Problems, Repository};
use windlass::plan::{self, Changed, Ref, Situation, Style};
use windlass::source::Source;

use super::output::{print, say, say_findings, stdout_color};
use super::project::{compilation, root, text_of};
use super::{Failure, Verdict};
use crate::cli::{Options, Plan, PlanFormat};

/// The default branch of a project that says nothing else, since GitLab 14.0.
const DEFAULT_BRANCH: &str = "main";

pub(super) fn run(options: &Options, args: &Plan) -> Result<Verdict, Failure> {
    let root = root(options)?;
    let config = match &args.file {
        Some(file) => of_file(&root, file),
        None => of_manifest(options),
    }?;
    let Some(config) = config else {
        return Ok(Verdict::Findings);
    };
    let situation = situation(&root, args);
    let plan = plan::plan(&config, &situation);
    let style = Style {
        color: stdout_color(options),
    };
    let text = match args.format {
        PlanFormat::Text => plan::text(&config, &plan, style),
        PlanFormat::Json => format!("{:#}\n", plan::json(&config, &plan)),
    };
    print(&text)?;
    match plan.failures.iter().any(|failure| failure.certain) {
        true => Ok(Verdict::Findings),
        false => Ok(Verdict::Clean),
    }
}

/// The configuration that the manifest compiles to.
fn of_manifest(options: &Options) -> Result<Option<Config>, Failure> {
    let project = compilation(options)?;
    say_findings(&project.report, &project.source, options);
    match &project.lowered {
        Some(lowered) => {
            let made = config::of_pipeline(&lowered.pipeline, &project.source);
            Ok(accepted(made, std::slice::from_ref(&project.source)))
        }
        None if project.readable => Ok(None),
        None => Err(Failure::Said),
    }
}

/// The configuration of a `.gitlab-ci.yml`.
fn of_file(root: &Path, file: &Path) -> Result<Option<Config>, Failure> {
    let name = file.to_string_lossy().into_owned();
    let text = text_of(root, &name)?;
    let folder = Folder {
        root: root.to_owned(),
    };
    let reading = config::read(Source::new(name, text), &folder);
    Ok(accepted(reading.result, &reading.sources))
}

/// Says why GitLab refuses a configuration, if it does.
fn accepted(result: Result<Config, Problems>, sources: &[Source]) -> Option<Config> {
    match result {
        Ok(config) => {
            for include in &config.unresolved {
                let at = plan::shown(sources, include.place);
                say(&format!(
                    "{at}: note: not read, so not planned: {}",
                    include.what
                ));
            }
            Some(config)
        }
        Err(Problems(problems)) => {
            for problem in problems {
                let at = plan::shown(sources, problem.place);
                say(&format!("{at}: error: {}", problem.message));
            }
            None
        }
    }
}

/// What the arguments ask about.
fn situation(root: &Path, args: &Plan) -> Situation {
    let default_branch = args
        .default_branch
        .clone()
        .or_else(|| default_branch(root))
        .unwrap_or_else(|| DEFAULT_BRANCH.to_owned());
    let situation = if let Some(tag) = &args.tag {
        Situation::tag(tag)
    } else if let Some(branch) = &args.schedule {
        Situation::schedule(branch)
    } else if let Some(request) = &args.merge_request {
        match request.split_once("..") {
            Some((source, target)) => Situation::merge_request(source, target),
            None => Situation::merge_request(request, &default_branch),
        }
    } else {
        Situation::branch(args.branch.as_ref().unwrap_or(&default_branch))
    };
    let mut situation = situation.with_default_branch(default_branch);
    situation.variables = args.variable.iter().cloned().collect();
    if !args.changed.is_empty() {
        situation.changed = Changed::Paths(args.changed.clone());
    }
    // The files here are those of the ref only where no other ref is asked about.
    if !matches!(situation.reference, Ref::Tag(_)) {
        let folder = Folder {
            root: root.to_owned(),
        };
        situation.files = folder.paths();
    }
    situation
}

/// The branch that `origin/HEAD` points to, without asking git.
fn default_branch(root: &Path) -> Option<String> {
    let head = root.join(".git/refs/remotes/origin/HEAD");
    let text = std::fs::read_to_string(head).ok()?;
    let name = text.trim().strip_prefix("ref: refs/remotes/origin/")?;
    Some(name.to_owned())
}

/// The repository in a folder.
struct Folder {
    root: PathBuf,
}

impl Repository for Folder {
    fn read(&self, path: &str) -> Option<String> {
        let inside = path.split('/').all(|part| part != "..");
        inside.then(|| text_of(&self.root, path).ok()).flatten()
    }

    /// The files that git knows; a file that it does not is in no pipeline.
    fn paths(&self) -> Option<Vec<String>> {
        let output = Command::new("git")
            .arg("-C")
            .arg(&self.root)
            .args(["ls-files", "-z"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let paths = text.split('\0').filter(|path| !path.is_empty());
        output
            .status
            .success()
            .then(|| paths.map(str::to_owned).collect())
    }
}
