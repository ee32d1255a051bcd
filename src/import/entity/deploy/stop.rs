//! The job that stops an environment.

use crate::import::entity::View;
use crate::import::entity::commands::{Options, arguments, assigned, lines};
use crate::import::entity::common;
use crate::pipeline::{Mapping, Value};

/// `stop` of an environment, and the jobs that it takes.
pub(super) struct Stopped {
    pub(super) keys: Mapping,
    pub(super) takes: Vec<String>,
}

pub(super) fn read(view: &View<'_>, name: &str) -> Option<Stopped> {
    let seen = view.job(name)?;
    let script = lines(seen.keys.get("script"));
    let commands = || script.iter().flat_map(|line| &line.commands);
    let mut keys = Mapping::new();
    let deletes = |program: &[&[&str]]| commands().find_map(|command| arguments(command, program));
    if deletes(&[
        &["kubectl", "delete", "namespace"],
        &["kubectl", "delete", "ns"],
    ])
    .is_some()
    {
        keys.set("delete", "namespace");
    } else if deletes(&[&["helm", "uninstall"], &["helm", "delete"]]).is_some() {
        keys.set("delete", "release");
    } else if let Some(words) = deletes(&[&["kubectl", "delete"]])
        && let Some(options) = Options::read(words, &["-l", "--selector", "-n", "--namespace"])
        && let (Some(selector), [kinds]) =
            (options.one(&["-l", "--selector"]), options.rest.as_slice())
    {
        keys.set("delete", "labelled");
        keys.set("kinds", Value::list(kinds.split(',')));
        keys.set("selector", selector);
    } else {
        keys.set("script", common::commands(seen.keys.get("script")?));
    }
    keys.set("stage", seen.job.stage.value.as_str());
    keys.set("when", seen.job.when.as_str());
    let mut takes = vec![name.to_owned()];
    // The tags go with it, in a job of their own where the clients differ.
    let untag = |other: &&crate::import::entity::view::Seen<'_>| {
        let needs = other.job.needs.as_deref().unwrap_or_default();
        needs.iter().any(|need| need.job == name) && needs.len() == 1
    };
    let untag = view.jobs.iter().find(untag);
    let mut images: Vec<&str> = Vec::new();
    for seen in [Some(seen), untag].into_iter().flatten() {
        let script = lines(seen.keys.get("script"));
        let commands = script.iter().flat_map(|line| &line.commands);
        for repository in commands.filter_map(|command| assigned(command, "repository")) {
            let whole = view.expanded(&repository);
            let build = view.builds.iter().find(|build| build.repository == whole);
            images.extend(build.map(|build| build.name.as_str()));
        }
    }
    if !images.is_empty() {
        keys.set(
            "images",
            super::super::one_or_list(images.iter().map(|name| Value::from(*name)).collect()),
        );
        takes.extend(untag.map(|seen| seen.job.key.clone()));
    }
    Some(Stopped { keys, takes })
}
