//! Jobs that build an image and push it: images.
//!
//! In: the jobs. Out: a [`Build`] of each that runs one build command, and a draft. Always holds: the
//! arguments are read as a shell passes them, not as text.

mod recipe;

use super::commands::{bare, is, lines};
use super::view::Seen;
use super::{
    Collection, Draft, Improvement, Sets, View, Way, common, docker, in_container, rebuild,
    retention,
};
use crate::manifest::registries::split_tag;
use crate::manifest::resolved::image_variable;
use crate::pipeline::{Mapping, Value};
use recipe::{Recipe, recipe};

/// A job that builds an image.
#[derive(Debug)]
pub(in crate::import) struct Build {
    /// The key of the job.
    pub(super) job: String,
    /// What the image is called in the manifest.
    pub(super) name: String,
    /// Its repository, variables of the pipeline replaced.
    pub(super) repository: String,
    /// Its tag.
    pub(super) tag: String,
    /// Whether another job asks before whether it is needed.
    pub(super) is_checked: bool,
    /// What else the command says.
    recipe: Recipe,
}

/// The builds among the jobs.
pub(super) fn find(view: &View<'_>) -> Vec<Build> {
    let mut all: Vec<Build> = Vec::new();
    for seen in &view.jobs {
        let script = lines(seen.keys.get("script"));
        let commands = script.iter().flat_map(|line| &line.commands);
        let mut recipes = commands.filter_map(|command| recipe(command, &script));
        let (Some(recipe), None) = (recipes.next(), recipes.next()) else {
            continue;
        };
        let Some(first) = recipe.tags.first() else {
            continue;
        };
        let whole = view.expanded(first);
        let own = split_tag(&whole).unwrap_or((&whole, "latest"));
        let mut name = name(first, own.0, &seen.job.key);
        // Of an image that is built if needed the check makes the reference.
        let checked = rebuild::tag(view, &name);
        let second = recipe.tags.get(1).map(|tag| view.expanded(&bare(tag)));
        let second = second.as_deref().and_then(split_tag);
        let (repository, tag) = match (&checked, second) {
            (Some(tag), Some((repository, _))) => (repository, tag.as_str()),
            _ => own,
        };
        if checked.is_some() && all.iter().any(|other| other.name == name) {
            continue;
        }
        let is_checked = checked.is_some();
        let taken = |name: &String| all.iter().any(|other| other.name == *name);
        if taken(&name) {
            name = slug(&seen.job.key);
        }
        if taken(&name) {
            continue;
        }
        all.push(Build {
            job: seen.job.key.clone(),
            name,
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            is_checked,
            recipe,
        });
    }
    all
}

/// What an image is called: as its variable, as its repository, or as its job.
fn name(tag: &str, repository: &str, job: &str) -> String {
    let variable = tag
        .trim_start_matches("${")
        .trim_start_matches('$')
        .trim_end_matches('}');
    let path = repository
        .strip_prefix("$CI_REGISTRY_IMAGE/")
        .unwrap_or_default();
    let last = slug(path.rsplit('/').next().unwrap_or_default());
    if let Some(name) = variable.strip_prefix("IMAGE_") {
        let own = slug(&name.to_ascii_lowercase().replace('_', "-"));
        return if image_variable(&last) == variable {
            last
        } else {
            own
        };
    }
    if !last.is_empty() && !last.starts_with("ci_") && !path.contains('$') {
        return last;
    }
    let words: Vec<String> = slug(job).split('-').map(str::to_owned).collect();
    let says_nothing = [
        "build",
        "image",
        "docker",
        "push",
        "job",
        "stage",
        "and",
        "ci",
        "container",
    ];
    let words: Vec<String> = words
        .into_iter()
        .filter(|word| !says_nothing.contains(&word.as_str()))
        .collect();
    match words.is_empty() {
        true => "app".to_owned(),
        false => words.join("-"),
    }
}

/// A name of the manifest: lower-case letters, digits, `-` and `_`.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' => out.push(c),
            _ if out.is_empty() || out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    out.trim_end_matches('-').to_owned()
}

pub(super) fn recognise(view: &View<'_>, sets: &mut Sets) -> Vec<Draft> {
    let builds = view.builds.iter();
    builds
        .filter_map(|build| draft(view, build, sets))
        .collect()
}

/// Commands beside the build that come with an image.
const BESIDE: &[&[&str]] = &[
    &["docker", "login"],
    &["docker", "logout"],
    &["docker", "info"],
    &["docker", "version"],
    &["docker", "pull"],
    &["docker", "push"],
    &["docker", "tag"],
    &["docker", "images"],
    &["docker", "buildx"],
    &["docker", "context"],
    &["docker", "build"],
    &["docker", "compose"],
    &["docker-compose"],
    &["buildctl-daemonless.sh"],
    &["buildctl"],
    &["buildah"],
    &["true"],
    &["echo"],
    &["docker", "image", "build"],
];

/// Whether the script does nothing but what an image does.
fn only_builds(seen: &Seen<'_>) -> bool {
    let script = lines(seen.keys.get("script"));
    let mut commands = script.iter().flat_map(|line| &line.commands);
    commands.all(|command| !command.words.is_empty() && is(command, BESIDE))
}

fn draft(view: &View<'_>, build: &Build, sets: &mut Sets) -> Option<Draft> {
    let seen = view.job(&build.job)?;
    let recipe = &build.recipe;
    let (mut own, raw) = common::keys(view, seen);
    let mut settings = match recipe.builder {
        "buildkit" | "buildah" => Mapping::new(),
        _ => docker::settings(seen),
    };
    if let Some(service) = &recipe.service {
        settings.set(
            "compose",
            in_container::settings(seen, service, &build.name),
        );
    }
    docker::strip(&mut own);
    if let Some(Value::Map(variables)) = own.get("variables") {
        let mut variables = variables.clone();
        variables.remove("COMPOSE_FILE");
        docker::replace(&mut own, "variables", Value::Map(variables));
    }
    if let Some(Value::Map(artifacts)) = own.get("artifacts") {
        let artifacts = without_handover(artifacts);
        docker::replace(&mut own, "artifacts", Value::Map(artifacts));
    }
    let mut keys = Mapping::new();
    keys.set("role", "app");
    keys.set("stage", seen.job.stage.value.as_str());
    keys.set_if("dockerfile", recipe.file.clone());
    keys.set_if(
        "context",
        recipe.context.clone().filter(|context| context != "."),
    );
    keys.set_if("target", recipe.target.clone());
    if !recipe.args.is_empty() {
        let args = recipe
            .args
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        keys.set("build_args", Mapping::from_iter(args));
    }
    if !recipe.secrets.is_empty() {
        let secrets = recipe
            .secrets
            .iter()
            .map(|(id, name)| (id.as_str(), name.as_str()));
        keys.set("secrets", Mapping::from_iter(secrets));
    }
    if let Some(platforms) = &recipe.platforms {
        keys.set("platforms", Value::list(platforms.split(',')));
    }
    if !recipe.options.is_empty() {
        keys.set(
            "build_options",
            Value::list(recipe.options.iter().map(String::as_str)),
        );
    }
    keys.set("builder", recipe.builder);
    keys.set("repository", build.repository.as_str());
    keys.set("tag", build.tag.as_str());
    let more: Vec<String> = recipe
        .tags
        .iter()
        .skip(if build.is_checked { 2 } else { 1 })
        .filter_map(|tag| also(view, build, tag))
        .collect();
    if !more.is_empty() {
        keys.set("also_tag", Value::list(more.iter().map(String::as_str)));
    }
    caches(view, build, &mut keys);
    let mut takes = vec![build.job.clone()];
    let tested = format!("tested-{}", build.name);
    takes.extend(view.job(&tested).map(|_| tested));
    let mut names = Mapping::from_iter([("build", build.job.as_str())]);
    if let Some(asked) = rebuild::of(view, build).filter(|_| build.is_checked) {
        keys.set("rebuild", asked.keys);
        names.set("check", asked.check.as_str());
        names.set_if("force", asked.force.clone());
        takes.push(asked.check);
        takes.extend(asked.force);
    }
    if let Some(kept) = retention::of(view, build) {
        keys.set("retention", kept.keys);
        if !kept.registry.is_empty() {
            let gitlab = Mapping::from_iter([("gitlab", kept.registry)]);
            settings.set("registries", gitlab);
        }
        names.set("cleanup", kept.job.as_str());
        takes.extend(kept.takes);
    }
    keys.set("job_names", names);
    let mut ways = Vec::new();
    let roles = match (build.tag.as_str(), seen.job.stage.value.as_str()) {
        (_, "build-prod") => ["production", "app", "test"],
        ("$CI_PIPELINE_ID", _) => ["test", "app", "toolchain"],
        ("latest", _) => ["toolchain", "app", "test"],
        _ => ["app", "test", "production"],
    };
    let places = sets.of(view, seen.job);
    for improves in [false, true] {
        let better = improves.then_some(Improvement::Build);
        if improves && !only_builds(seen) {
            continue;
        }
        let roles = roles.iter().take(if improves { 1 } else { 3 });
        for role in roles {
            let places = places
                .iter()
                .filter(|placed| improves || placed.improves.is_none());
            // An image has its paths from nobody else.
            for placed in places.filter(|placed| !placed.inherits) {
                let mut keys = keys.clone();
                keys.set("role", *role);
                placed.set(&mut keys, &own, &raw);
                ways.push(Way {
                    keys,
                    settings: settings.clone(),
                    improves: better.into_iter().chain(placed.improves).collect(),
                });
            }
        }
    }
    Some(Draft {
        collection: Collection::Images,
        name: build.name.clone(),
        takes,
        ways,
    })
}

/// A further tag: of the same repository alone by its name.
fn also(view: &View<'_>, build: &Build, tag: &str) -> Option<String> {
    let whole = view.expanded(tag);
    if whole == format!("{}:{}-$CI_JOB_ID", build.repository, build.tag) {
        return None;
    }
    match split_tag(&whole) {
        Some((repository, tag)) if repository == build.repository => Some(tag.to_owned()),
        _ => Some(whole),
    }
}

/// Where the cache is, if windlass would not have it there.
fn caches(view: &View<'_>, build: &Build, keys: &mut Mapping) {
    let recipe = &build.recipe;
    let usual = |cache: &String| cache.contains("cache_$") || cache.ends_with("cache_production");
    if recipe.cache_from.iter().chain(&recipe.cache_to).any(usual) {
        return;
    }
    let short = |cache: &String| also(view, build, cache).unwrap_or_else(|| cache.clone());
    let from: Vec<String> = recipe.cache_from.iter().map(short).collect();
    keys.set("cache_from", Value::list(from.iter().map(String::as_str)));
    match &recipe.cache_to {
        Some(cache) => keys.set("cache_to", short(cache)),
        None => keys.set("cache_to", Value::Null),
    }
}

/// Artifacts without the file that hands the digest on.
fn without_handover(artifacts: &Mapping) -> Mapping {
    let is_ours = |value: &Value| match value {
        Value::Str(path) => {
            path == "image.env" || path.starts_with("image-") && path.ends_with(".env")
        }
        _ => false,
    };
    let mut out = artifacts.clone();
    let rest = |value: &Value| match value {
        Value::Seq(items) => {
            let kept: Vec<Value> = items
                .iter()
                .filter(|item| !is_ours(item))
                .cloned()
                .collect();
            Value::Seq(kept)
        }
        other if is_ours(other) => Value::Null,
        other => other.clone(),
    };
    if let Some(paths) = artifacts.get("paths") {
        docker::replace(&mut out, "paths", rest(paths));
    }
    if let Some(Value::Map(reports)) = artifacts.get("reports") {
        let mut reports = reports.clone();
        if let Some(dotenv) = reports.get("dotenv").map(rest) {
            docker::replace(&mut reports, "dotenv", dotenv);
        }
        docker::replace(&mut out, "reports", Value::Map(reports));
    }
    out
}
