//! What a build command says, of whatever builder.

use crate::gitlab::shell::commands::Command;
use crate::import::entity::commands::{Line, Options, arguments, assigned, text};
use crate::import::entity::rebuild;

/// What a build command says.
#[derive(Debug, Default)]
pub(super) struct Recipe {
    /// What builds it, in the manifest's word.
    pub(super) builder: &'static str,
    /// The Dockerfile.
    pub(super) file: Option<String>,
    /// The folder that the build sees.
    pub(super) context: Option<String>,
    /// The build stage.
    pub(super) target: Option<String>,
    /// The tags, the main one first.
    pub(super) tags: Vec<String>,
    /// Build arguments.
    pub(super) args: Vec<(String, String)>,
    /// Secrets: an id, and the variable.
    pub(super) secrets: Vec<(String, String)>,
    /// Where the cache is read.
    pub(super) cache_from: Vec<String>,
    /// Where the cache is written.
    pub(super) cache_to: Option<String>,
    /// The platforms, with commas.
    pub(super) platforms: Option<String>,
    /// Other arguments.
    pub(super) options: Vec<String>,
    /// The Compose service.
    pub(super) service: Option<String>,
}

/// Options of the build commands that take a value and are read here.
const READ: [&str; 14] = [
    "-f",
    "--file",
    "-t",
    "--tag",
    "--build-arg",
    "--target",
    "--cache-from",
    "--cache-to",
    "--platform",
    "--label",
    "--secret",
    "--opt",
    "--local",
    "--output",
];

/// Options that take a value and are passed on, or say what windlass says itself.
const VALUED: [&str; 16] = [
    "--network",
    "--progress",
    "--builder",
    "--metadata-file",
    "--frontend",
    "--import-cache",
    "--export-cache",
    "--iidfile",
    "--digestfile",
    "--add-host",
    "--shm-size",
    "--memory",
    "--cpu-quota",
    "--ulimit",
    "--isolation",
    "--storage-driver",
];

/// Options that windlass gives the command itself.
const OWN: [&str; 9] = [
    "--push",
    "--pull",
    "--load",
    "--provenance",
    "--metadata-file",
    "--frontend",
    "--layers",
    "--rm",
    "--builder",
];

/// The recipe that a command says, if it builds an image.
pub(super) fn recipe(command: &Command, script: &[Line]) -> Option<Recipe> {
    let valued: Vec<&str> = READ.iter().chain(&VALUED).copied().collect();
    let builders: [(&'static str, &[&[&str]]); 5] = [
        ("buildx", &[&["docker", "buildx", "build"]]),
        (
            "docker",
            &[&["docker", "build"], &["docker", "image", "build"]],
        ),
        (
            "compose",
            &[
                &["docker", "compose", "build"],
                &["docker-compose", "build"],
            ],
        ),
        (
            "buildkit",
            &[&["buildctl-daemonless.sh", "build"], &["buildctl", "build"]],
        ),
        ("buildah", &[&["buildah", "bud"], &["buildah", "build"]]),
    ];
    let found = |(builder, programs): &(&'static str, &[&[&str]])| {
        Some((*builder, arguments(command, programs)?))
    };
    let (builder, words) = builders.iter().find_map(found)?;
    let options = Options::read(words, &valued)?;
    let mut recipe = Recipe {
        builder,
        file: options.one(&["-f", "--file"]),
        target: options.one(&["--target"]),
        tags: options.all(&["-t", "--tag"]),
        platforms: options.one(&["--platform"]),
        ..Recipe::default()
    };
    let reference = |text: &String| {
        let fields = text.split(',');
        let named = fields.clone().find_map(|field| field.strip_prefix("ref="));
        named.unwrap_or(text).to_owned()
    };
    let from = options.all(&["--cache-from", "--import-cache"]);
    recipe.cache_from = from.iter().map(reference).collect();
    let to = options.one(&["--cache-to", "--export-cache"]);
    recipe.cache_to = to.as_ref().map(reference);
    for arg in options.all(&["--build-arg"]) {
        match arg.split_once('=') {
            Some(("BUILDKIT_INLINE_CACHE", _)) => {
                // The cache is an image of its own then.
                recipe.cache_to = recipe.tags.pop();
            }
            Some((name, value)) => recipe.args.push((name.to_owned(), value.to_owned())),
            None => {
                let value = assigned(command, &arg).unwrap_or_else(|| format!("${arg}"));
                recipe.args.push((arg, value));
            }
        }
    }
    for secret in options.all(&["--secret"]) {
        let field = |key: &str| {
            let mut fields = secret.split(',');
            fields.find_map(|field| field.strip_prefix(key).map(str::to_owned))
        };
        let (id, variable) = (field("id=")?, field("env="));
        recipe.secrets.push((id.clone(), variable.unwrap_or(id)));
    }
    for label in options.all(&["--label"]) {
        if !label.starts_with("windlass.build=") {
            recipe.options.extend(["--label".to_owned(), label]);
        }
    }
    match builder {
        "compose" => recipe.service = options.rest.first().cloned(),
        "buildkit" => buildkit(&mut recipe, &options, script),
        _ => recipe.context = options.rest.first().cloned(),
    }
    let known =
        |name: &str| OWN.contains(&name) || READ.contains(&name) || name.ends_with("-cache");
    for (name, value) in options.given.iter().filter(|(name, _)| !known(name)) {
        recipe.options.push(match value {
            Some(value) if name.starts_with("--") => format!("{name}={value}"),
            _ => name.clone(),
        });
    }
    pushed(&mut recipe, script);
    (options.rest.len() <= 1 && !recipe.tags.is_empty()).then_some(recipe)
}

fn buildkit(recipe: &mut Recipe, options: &Options, script: &[Line]) {
    let (mut folder, mut name) = (None, None);
    for local in options.all(&["--local"]) {
        match local.split_once('=') {
            Some(("context", path)) => recipe.context = Some(path.to_owned()),
            Some(("dockerfile", path)) => folder = Some(path.to_owned()),
            _ => {}
        }
    }
    for opt in options.all(&["--opt"]) {
        match opt.split_once('=') {
            Some(("filename", file)) => name = Some(file.to_owned()),
            Some(("target", target)) => recipe.target = Some(target.to_owned()),
            Some(("platform", platforms)) => recipe.platforms = Some(platforms.to_owned()),
            Some((key, value)) => {
                if let Some(arg) = key.strip_prefix("build-arg:") {
                    recipe.args.push((arg.to_owned(), value.to_owned()));
                }
            }
            None => {}
        }
    }
    let folder = folder.unwrap_or_else(|| ".".to_owned());
    let name = name.unwrap_or_else(|| "Dockerfile".to_owned());
    recipe.file = Some(match folder.as_str() {
        "." => name,
        folder => format!("{folder}/{name}"),
    });
    for output in options.all(&["--output"]) {
        let names = output.split("name=").nth(1).unwrap_or_default();
        let names = names.split(",push=").next().unwrap_or_default();
        let names = names.trim_matches('"').split(',');
        recipe.tags.extend(names.map(str::to_owned));
    }
    if recipe.tags.first().is_some_and(|tag| tag == "$names") {
        recipe.tags = rebuild::names(script);
    }
}

/// The tags that are pushed beside those of the command, and those that `docker-compose` gives.
fn pushed(recipe: &mut Recipe, script: &[Line]) {
    let commands = || script.iter().flat_map(|line| &line.commands);
    for command in commands() {
        let Some([from, to]) = arguments(command, &[&["docker", "tag"]]) else {
            continue;
        };
        let (Some(from), Some(to)) = (text(from), text(to)) else {
            continue;
        };
        if recipe.builder == "compose" && recipe.tags.is_empty() {
            recipe.tags.push(from);
        }
        if !recipe.tags.contains(&to) {
            recipe.tags.push(to);
        }
    }
    if recipe.builder == "compose" && recipe.tags.is_empty() {
        let push = commands().find_map(|command| {
            arguments(command, &[&["docker", "push"]])?
                .first()
                .and_then(text)
        });
        recipe.tags.extend(push);
    }
    if recipe.cache_to.is_none() && recipe.builder == "compose" {
        let cache = |tag: &String| tag.contains(":cache_");
        recipe.cache_to = recipe.tags.iter().find(|tag| cache(tag)).cloned();
        recipe.tags.retain(|tag| !cache(tag));
        for command in commands() {
            let pulled =
                arguments(command, &[&["docker", "pull"]]).and_then(|words| text(words.first()?));
            recipe.cache_from.extend(pulled);
        }
    }
}
