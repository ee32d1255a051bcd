//! Jobs that run their script by `docker run` or `docker compose run`: tests `via` these.

use super::commands::{Line, Options, arguments, lines, text};
use super::view::Seen;
use super::{Draft, Sets, View, Way, common, docker, script};
use crate::gitlab::shell::commands::{Command, Word};
use crate::pipeline::{Mapping, Value};

/// Options of `run` that take a value.
const VALUED: [&str; 14] = [
    "--name",
    "--env",
    "-e",
    "--workdir",
    "-w",
    "--entrypoint",
    "--volume",
    "-v",
    "--network",
    "--user",
    "-u",
    "--env-file",
    "--platform",
    "--label",
];

/// How to run in a Compose service.
const COMPOSE: &[&[&str]] = &[&["docker", "compose", "run"], &["docker-compose", "run"]];

/// How to start Compose services.
const UP: &[&[&str]] = &[&["docker", "compose", "up"], &["docker-compose", "up"]];

/// What a script runs in a container.
struct Run {
    via: &'static str,
    /// The image's name, or the Compose service's.
    within: String,
    workdir: Option<String>,
    script: Vec<Value>,
}

pub(super) fn recognise(view: &View<'_>, sets: &mut Sets) -> Vec<Draft> {
    let jobs = view.jobs.iter();
    jobs.filter_map(|seen| draft(view, seen, sets)).collect()
}

fn draft(view: &View<'_>, seen: &Seen<'_>, sets: &mut Sets) -> Option<Draft> {
    let own_script = lines(seen.keys.get("script"));
    let mut runs = own_script.iter().flat_map(|line| {
        line.commands
            .iter()
            .filter_map(move |command| run(line, command))
    });
    let (run, None) = (runs.next()?, runs.next()) else {
        return None;
    };
    let mut settings = docker::settings(seen);
    let mut keys = Mapping::new();
    let image = match run.via {
        "compose" => {
            let (image, compose) = compose(view, seen, &run.within, &own_script)?;
            settings.set("compose", compose);
            image
        }
        _ => match view.image(&run.within) {
            Some(name) => name.to_owned(),
            None => run.within.clone(),
        },
    };
    if !script::is_test(&seen.job.stage.value) || seen.job.stage.value != "test" {
        keys.set("stage", seen.job.stage.value.as_str());
    }
    keys.set("image", image);
    keys.set("via", run.via);
    keys.set_if("workdir", run.workdir);
    let commands = own_script.iter().flat_map(|line| &line.commands);
    let up = commands.filter_map(|command| arguments(command, UP));
    let services: Vec<String> = up
        .filter_map(|words| Some(Options::read(words, &[])?.rest))
        .flatten()
        .collect();
    if !services.is_empty() {
        keys.set("services", Value::list(services.iter().map(String::as_str)));
    }
    let (mut own, raw) = common::keys(view, seen);
    docker::strip(&mut own);
    if let Some(Value::Map(variables)) = own.get("variables") {
        let mut variables = variables.clone();
        variables.remove("COMPOSE_FILE");
        docker::replace(&mut own, "variables", Value::Map(variables));
    }
    own.set("script", super::one_or_list(run.script));
    let places = sets.of(view, seen.job);
    let ways = places.iter().map(|placed| {
        let mut keys = keys.clone();
        placed.set(&mut keys, &own, &raw);
        Way {
            keys,
            settings: settings.clone(),
            improves: placed.improves.into_iter().collect(),
        }
    });
    Some(Draft {
        collection: script::collection(&seen.job.stage.value),
        name: seen.job.key.clone(),
        takes: vec![seen.job.key.clone()],
        ways: ways.collect(),
    })
}

/// What a command runs in a container.
fn run(line: &Line, command: &Command) -> Option<Run> {
    let (via, words) = match arguments(command, COMPOSE) {
        Some(words) => ("compose", words),
        None => ("docker", arguments(command, &[&["docker", "run"]])?),
    };
    let at = first(words)?;
    let (options, within, rest) = (words.get(..at)?, words.get(at)?, words.get(at + 1..)?);
    let options = Options::read(options, &VALUED)?;
    let script = match rest {
        [shell, flags, script] if is_shell(shell) && flags.start().contains('c') => {
            let script = text(script)?;
            let all = script
                .lines()
                .map(str::trim_end)
                .filter(|line| !line.is_empty());
            all.map(Value::from).collect()
        }
        [] => return None,
        [first, ..] => {
            let last = rest.last()?;
            let written = line.text.get(first.range.start..last.range.end)?;
            vec![Value::from(written)]
        }
    };
    Some(Run {
        via,
        within: text(within)?,
        workdir: options.one(&["--workdir", "-w"]),
        script,
    })
}

fn is_shell(word: &Word) -> bool {
    ["sh", "bash", "/bin/sh", "/bin/bash"]
        .iter()
        .any(|shell| word.is(shell))
}

/// The position of the first argument that is no option, nor the value of one.
fn first(words: &[Word]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let text = word.shown();
        if !text.starts_with('-') {
            return Some(at);
        }
        at += if VALUED.contains(&text.as_str()) {
            2
        } else {
            1
        };
    }
    None
}

/// The image that a Compose service runs, and `compose` of the manifest.
fn compose(
    view: &View<'_>,
    seen: &Seen<'_>,
    service: &str,
    script: &[Line],
) -> Option<(String, Mapping)> {
    // The image is exported for the files, by its digest.
    let commands = script.iter().flat_map(|line| &line.commands);
    let exports = commands.filter_map(|command| arguments(command, &[&["export"]]));
    let image = exports.flatten().find_map(|word| {
        let word = text(word)?;
        let (_, reference) = word.split_once('=')?;
        view.image(reference).map(str::to_owned)
    })?;
    Some((image.clone(), settings(seen, service, &image)))
}

/// `compose` of the manifest, as a job of a service says it.
pub(super) fn settings(seen: &Seen<'_>, service: &str, image: &str) -> Mapping {
    let mut compose = Mapping::new();
    if let Some(files) = seen.variable("COMPOSE_FILE") {
        let files: Vec<&str> = files.split(':').collect();
        if let Some((last, others)) = files.split_last() {
            compose.set("files", Value::list(others.iter().copied()));
            compose.set("override", *last);
        }
    }
    compose.set("services", Mapping::from_iter([(service, image)]));
    compose
}
