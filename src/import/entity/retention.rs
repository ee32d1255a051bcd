//! Jobs that delete tags of an image: its retention.
//!
//! In: a build. Out: what deletes its tags, as keys of `retention`, and the jobs that this takes.

use super::build::Build;
use super::commands::{Options, arguments, assigned, lines, text};
use super::view::Seen;
use super::{View, common};
use crate::gitlab::shell::commands::{Command, Word};
use crate::pipeline::{Mapping, Value};

/// The retention of an image.
pub(super) struct Kept {
    /// Its keys.
    pub(super) keys: Mapping,
    /// The job that deletes.
    pub(super) job: String,
    /// The jobs that it takes the place of.
    pub(super) takes: Vec<String>,
    /// Who deletes, if that is somebody else: keys of the registry.
    pub(super) registry: Mapping,
}

/// What deletes the tags of an image.
pub(super) fn of(view: &View<'_>, build: &Build) -> Option<Kept> {
    view.jobs.iter().find_map(|seen| kept(view, seen, build))
}

fn kept(view: &View<'_>, seen: &Seen<'_>, build: &Build) -> Option<Kept> {
    if seen.keys.get("environment").is_some() {
        return None;
    }
    let script = lines(seen.keys.get("script"));
    let commands: Vec<&Command> = script.iter().flat_map(|line| &line.commands).collect();
    let reference = format!("{}:{}", build.repository, build.tag);
    let whole = |word: &Word| text(word).map(|text| view.expanded(&text));
    let deletes = |command: &&Command| {
        let words = arguments(command, &[&["regctl", "tag", "delete"]])?;
        let mut names = words.iter().filter_map(whole);
        names.rfind(|text| !text.starts_with('-'))
    };
    let own = commands
        .iter()
        .filter_map(deletes)
        .any(|deleted| deleted == reference);
    let repository = commands
        .iter()
        .find_map(|command| assigned(command, "repository"));
    let of_repository = repository.is_some_and(|of| view.expanded(&of) == build.repository);
    // What goes with an environment goes by its branch.
    if commands
        .iter()
        .any(|command| arguments(command, &[&["of_branch"]]).is_some())
    {
        return None;
    }
    let lists = commands
        .iter()
        .any(|command| arguments(command, &[&["images"]]).is_some());
    let mut keys = Mapping::new();
    let mut takes = vec![seen.job.key.clone()];
    if own && !lists {
        keys.set("keep_for", "pipeline");
    } else if of_repository && lists {
        let number = |program: &str| {
            let words = commands
                .iter()
                .find_map(|command| arguments(command, &[&[program]]))?;
            text(words.first()?)?.parse::<i64>().ok()
        };
        if let Some(newest) = number("all_but_newest") {
            keys.set("keep_n", Value::Int(newest));
        }
        if commands
            .iter()
            .any(|command| arguments(command, &[&["gone"]]).is_some())
        {
            keys.set("keep_for", "branch");
        }
        if let Some(seconds) = number("older_than").filter(|seconds| *seconds != 86_400) {
            keys.set("older_than", duration(seconds));
        }
        if commands
            .iter()
            .any(|command| arguments(command, &[&["would_delete"]]).is_some())
        {
            keys.set("dry_run", Value::Bool(true));
        }
        let keep: Vec<String> = commands
            .iter()
            .filter_map(|command| keeps(command))
            .collect();
        if !keep.is_empty() {
            keys.set("keep", Value::list(keep.iter().map(String::as_str)));
        }
    } else {
        return None;
    }
    // What it waits for that was made for it alone.
    for need in seen.job.needs.iter().flat_map(|needs| needs.iter()) {
        let made = |job: &Seen<'_>| job.writes("running-") || job.writes("branches.txt");
        if view.job(&need.job).is_some_and(made) {
            takes.push(need.job.clone());
        }
    }
    for need in seen.job.dependencies.iter().flatten() {
        let made = |job: &Seen<'_>| job.writes("running-") || job.writes("branches.txt");
        if view.job(need).is_some_and(made) && !takes.contains(need) {
            takes.push(need.value.clone());
        }
    }
    keys.set("stage", seen.job.stage.value.as_str());
    let (own, mut raw) = common::keys(view, seen);
    raw.set_if("allow_failure", own.get("allow_failure").cloned());
    if !raw.is_empty() {
        keys.set("job", raw);
    }
    Some(Kept {
        keys,
        job: seen.job.key.clone(),
        takes,
        registry: deleter(seen),
    })
}

/// The variables of the user who deletes, unless it is the job.
fn deleter(seen: &Seen<'_>) -> Mapping {
    let mut registry = Mapping::new();
    for line in lines(seen.keys.get("before_script")) {
        for command in &line.commands {
            let Some(words) = arguments(command, &[&["regctl", "registry", "login"]]) else {
                continue;
            };
            let user = words.iter().flat_map(Word::variables).next();
            let from = command.reads_one().and_then(|from| line.commands.get(from));
            let password = from
                .into_iter()
                .flat_map(|from| &from.words)
                .flat_map(Word::variables)
                .next();
            if let (Some(user), Some(password)) = (user, password)
                && user != "CI_REGISTRY_USER"
            {
                registry.set("delete_username", user);
                registry.set("delete_password", password);
            }
        }
    }
    registry
}

/// Tags that a listing adds to what is kept.
fn keeps(command: &Command) -> Option<String> {
    let words = arguments(command, &[&["images"]])?;
    let kept = command
        .redirections
        .iter()
        .any(|one| one.target.is("/tmp/kept"));
    let options = Options::read(words, &["--include", "--exclude"])?;
    let pattern = options.one(&["--include"]).filter(|_| kept)?;
    Some(match pattern.strip_suffix(".*") {
        Some(start) => format!("/^{start}/"),
        None => pattern,
    })
}

/// Seconds in the largest unit that holds them.
pub(super) fn duration(seconds: i64) -> String {
    let units = [
        (604_800, "week"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ];
    let fits = |(unit, _): &&(i64, &str)| seconds % unit == 0 && seconds >= *unit;
    match units.iter().find(fits) {
        Some((unit, name)) => {
            let count = seconds / unit;
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} {name}{plural}")
        }
        None => format!("{seconds} seconds"),
    }
}
