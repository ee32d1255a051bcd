//! `windlass plan`: which jobs run on a ref, and why.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use windlass::config::{self, Config, Problems, Repository};
use windlass::finding::did_you_mean;
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
    let plans = plan::plan_all(&config, &situations(&root, args, &config));
    let style = Style {
        color: stdout_color(options),
    };
    print(&shown(&config, &plans, args, style)?)?;
    let fails = |plan: &plan::Plan| plan.failures.iter().any(|failure| failure.certain);
    match plans.iter().any(fails) {
        true => Ok(Verdict::Findings),
        false => Ok(Verdict::Clean),
    }
}

/// The plans as they were asked for.
fn shown(
    config: &Config,
    plans: &[plan::Plan],
    args: &Plan,
    style: Style,
) -> Result<String, Failure> {
    if let Some(name) = &args.why {
        let why = |plan: &plan::Plan| {
            let jobs = plan.jobs.iter();
            let asked = jobs.filter(|job| is_asked(config, job.index, name));
            asked
                .map(|job| plan::why(config, plan, job, style))
                .collect::<Vec<_>>()
        };
        let all: Vec<String> = plans.iter().flat_map(why).collect();
        return match all.is_empty() {
            true => Err(no_such_job(config, name)),
            false => Ok(all.join("\n")),
        };
    }
    Ok(match (args.format, plans) {
        (PlanFormat::Json, [one]) if !args.all => format!("{:#}\n", plan::json(config, one)),
        (PlanFormat::Json, all) => {
            let all: Vec<_> = all.iter().map(|one| plan::json(config, one)).collect();
            format!("{:#}\n", serde_json::Value::from(all))
        }
        (PlanFormat::Text, [one]) if !args.all => plan::text(config, one, style),
        (PlanFormat::Text, all) => plan::table(config, all, style),
    })
}

/// Whether a job is the one of a name, or one of its copies.
fn is_asked(config: &Config, index: usize, name: &str) -> bool {
    let job = config.jobs.get(index);
    job.is_some_and(|job| job.name == name || job.key == name)
}

fn no_such_job(config: &Config, name: &str) -> Failure {
    let names = config.jobs.iter().map(|job| job.key.as_str());
    let meant = match did_you_mean(name, names) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    Failure::Usage(format!("there is no job `{name}`{meant}"))
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
fn situations(root: &Path, args: &Plan, config: &Config) -> Vec<Situation> {
    let default_branch = args
        .default_branch
        .clone()
        .or_else(|| default_branch(root))
        .unwrap_or_else(|| DEFAULT_BRANCH.to_owned());
    let files = Folder {
        root: root.to_owned(),
    }
    .paths();
    let mut situations = if args.all {
        plan::kinds(config, &default_branch)
    } else {
        vec![situation(args, &default_branch)]
    };
    for situation in &mut situations {
        let given = args.variable.iter().cloned();
        situation.variables = given.collect();
        if !args.changed.is_empty() {
            situation.changed = Changed::Paths(args.changed.clone());
        }
        // The files here are those of a ref that is worked on, and not those of a tag.
        if !matches!(situation.reference, Ref::Tag(_)) {
            situation.files.clone_from(&files);
        }
    }
    situations
}

/// The one ref that the arguments name, or the default branch.
fn situation(args: &Plan, default_branch: &str) -> Situation {
    let situation = if let Some(tag) = &args.tag {
        Situation::tag(tag)
    } else if let Some(branch) = &args.schedule {
        Situation::schedule(branch)
    } else if let Some(request) = &args.merge_request {
        match request.split_once("..") {
            Some((source, target)) => Situation::merge_request(source, target),
            None => Situation::merge_request(request, default_branch),
        }
    } else {
        Situation::branch(args.branch.as_deref().unwrap_or(default_branch))
    };
    situation.with_default_branch(default_branch)
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
