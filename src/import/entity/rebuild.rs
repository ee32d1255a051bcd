//! Jobs that ask whether an image must be built: `rebuild` of an image.

use super::View;
use super::build::Build;
use super::commands::{Line, arguments, assigned, lines, text};
use super::view::Seen;
use crate::gitlab::shell::commands::Command;
use crate::manifest::resolved::image_variable;
use crate::pipeline::{Mapping, Value};

/// When an image is built again.
pub(super) struct Asked {
    /// The keys of `rebuild`.
    pub(super) keys: Mapping,
    /// The job that asks.
    pub(super) check: String,
    /// The job that builds in any case.
    pub(super) force: Option<String>,
}

/// The names that a script gathers in the variable `names`, one after the other.
pub(super) fn names(script: &[Line]) -> Vec<String> {
    let commands = script.iter().flat_map(|line| &line.commands);
    let gathered = commands.filter_map(|command| assigned(command, "names"));
    gathered
        .map(|names| names.strip_prefix("$names,").unwrap_or(&names).to_owned())
        .collect()
}

/// What asks whether a build is needed.
pub(super) fn of(view: &View<'_>, build: &Build) -> Option<Asked> {
    let check = view.jobs.iter().find(|seen| asks(seen, build))?;
    let script = lines(check.keys.get("script"));
    let commands: Vec<&Command> = script.iter().flat_map(|line| &line.commands).collect();
    let mut keys = Mapping::new();
    let age = commands.iter().find_map(|command| {
        let words = arguments(command, &[&["current"]])?;
        text(words.get(1)?)?.parse::<i64>().ok()
    });
    if let Some(age) = age.filter(|age| *age > 0) {
        keys.set("older_than", super::retention::duration(age));
    }
    let pattern = commands
        .iter()
        .find_map(|command| text(arguments(command, &[&["checksums"]])?.first()?));
    if let Some(pattern) = pattern {
        let globs: Vec<String> = globs(&pattern);
        keys.set("changes", Value::list(globs.iter().map(String::as_str)));
    }
    keys.set("stage", check.job.stage.value.as_str());
    let force = view.jobs.iter().find(|seen| forces(seen, build));
    if force.is_some() {
        keys.set("manual", Value::Bool(true));
    }
    Some(Asked {
        keys,
        check: check.job.key.clone(),
        force: force.map(|seen| seen.job.key.clone()),
    })
}

/// The tag that a build moves besides that of its recipe.
pub(super) fn tag(view: &View<'_>, name: &str) -> Option<String> {
    let variable = format!("{}=", image_variable(name));
    let check = view.jobs.iter().find(|seen| prints(seen, &variable))?;
    let script = lines(check.keys.get("script"));
    let commands = script.iter().flat_map(|line| &line.commands);
    let moved = |command| text(arguments(command, &[&["move_tag"]])?.first()?);
    let mut written = commands
        .clone()
        .filter_map(|command| assigned(command, "tag"));
    let own = |tag: &String| tag != "$recipe" && tag != "$1";
    commands
        .clone()
        .find_map(moved)
        .or_else(|| written.rfind(own))
}

fn asks(seen: &Seen<'_>, build: &Build) -> bool {
    seen.job.key != build.job && prints(seen, &format!("{}=", image_variable(&build.name)))
}

/// Whether a job hands on a variable that the recipe of an image makes.
fn prints(seen: &Seen<'_>, variable: &str) -> bool {
    let script = lines(seen.keys.get("script"));
    let mut commands = script.iter().flat_map(|line| &line.commands);
    commands.any(|command| {
        let words = arguments(command, &[&["printf"]]).unwrap_or_default();
        words
            .iter()
            .any(|word| word.start().starts_with(variable) && word.shown().contains("$recipe"))
    })
}

/// Whether a job builds the same image and hands on nothing.
fn forces(seen: &Seen<'_>, build: &Build) -> bool {
    let script = lines(seen.keys.get("script"));
    let first = names(&script).into_iter().next();
    let variable = format!("${}", image_variable(&build.name));
    seen.job.key != build.job && first.is_some_and(|first| first == variable)
}

/// The globs of a pattern of paths.
fn globs(pattern: &str) -> Vec<String> {
    let inner = pattern
        .strip_prefix(r"\./(")
        .and_then(|rest| rest.strip_suffix(')'));
    let glob = |text: &str| {
        text.replace("(.*/)?", "**/")
            .replace("[^/]*", "*")
            .replace("[^/]", "?")
            .replace(".*", "**/*")
            .replace(r"\.", ".")
    };
    inner.unwrap_or(pattern).split('|').map(glob).collect()
}
