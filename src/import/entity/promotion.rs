//! Jobs that give an image a further name: promotions.

use super::commands::{arguments, lines, text};
use super::view::Seen;
use super::{Collection, Draft, Improvement, Sets, View, Way, common, docker};
use crate::manifest::registries::split_tag;
use crate::pipeline::{Mapping, Value};

/// What copies an image from one name to another.
const COPIES: &[&[&str]] = &[
    &["regctl", "image", "copy"],
    &["crane", "copy"],
    &["crane", "cp"],
    &["skopeo", "copy"],
    &["docker", "buildx", "imagetools", "create"],
];

pub(super) fn recognise(view: &View<'_>, sets: &mut Sets) -> Vec<Draft> {
    let jobs = view.jobs.iter();
    jobs.filter_map(|seen| draft(view, seen, sets)).collect()
}

fn draft(view: &View<'_>, seen: &Seen<'_>, sets: &mut Sets) -> Option<Draft> {
    let script = lines(seen.keys.get("script"));
    let copies = script.iter().flat_map(|line| &line.commands);
    let mut images: Vec<String> = Vec::new();
    let mut to: Vec<String> = Vec::new();
    for words in copies.filter_map(|command| arguments(command, COPIES)) {
        let names: Vec<String> = words
            .iter()
            .filter_map(text)
            .filter(|word| !word.starts_with('-'))
            .collect();
        let [from, target] = names.as_slice() else {
            return None;
        };
        let image = view.image(from.trim_start_matches("docker://"))?;
        let build = view.builds.iter().find(|build| build.name == image)?;
        let target = view.expanded(target.trim_start_matches("docker://"));
        let target = match split_tag(&target) {
            Some((repository, tag)) if repository == build.repository => tag.to_owned(),
            _ => target,
        };
        if !images.iter().any(|known| known == image) {
            images.push(image.to_owned());
        }
        if !to.contains(&target) {
            to.push(target);
        }
    }
    if images.is_empty() {
        return None;
    }
    let (mut own, raw) = common::keys(view, seen);
    docker::strip(&mut own);
    if let Some(Value::Map(variables)) = own.get("variables") {
        let mut variables = variables.clone();
        if variables.get("GIT_STRATEGY") == Some(&Value::from("none")) {
            variables.remove("GIT_STRATEGY");
        }
        docker::replace(&mut own, "variables", Value::Map(variables));
    }
    let texts = |names: &[String]| {
        super::one_or_list(
            names
                .iter()
                .map(|name| Value::from(name.as_str()))
                .collect(),
        )
    };
    let mut keys = Mapping::new();
    keys.set("image", texts(&images));
    keys.set("to", texts(&to));
    keys.set("stage", seen.job.stage.value.as_str());
    keys.set("untested", Value::Bool(true));
    keys.set(
        "job_names",
        Mapping::from_iter([("promote", seen.job.key.as_str())]),
    );
    let name = super::build::slug(&seen.job.key);
    let name = name.strip_prefix("promote-").unwrap_or(&name).to_owned();
    let places = sets.of(view, seen.job);
    let mut ways = Vec::new();
    for improves in [false, true] {
        let better = improves.then_some(Improvement::Promotion);
        for placed in places
            .iter()
            .filter(|placed| improves || placed.improves.is_none())
        {
            let mut keys = keys.clone();
            placed.set(&mut keys, &own, &raw);
            ways.push(Way {
                keys,
                improves: better.into_iter().chain(placed.improves).collect(),
                ..Way::default()
            });
        }
    }
    Some(Draft {
        collection: Collection::Promotions,
        name,
        takes: vec![seen.job.key.clone()],
        ways,
    })
}
