//! Arguments that several builders take.
//!
//! In: a build. Out: words of a shell command, quoted, in which `$NAME` is still expanded.

use super::Build;
use crate::lower::{quoted, word};
use crate::manifest::images::Image;

/// `--file`, `--target`, `--build-arg`, `--label` and `--secret`, as Docker and Buildah spell them.
pub(super) fn recipe(build: &Build<'_>) -> Vec<String> {
    let image = build.image;
    let mut lines = Vec::new();
    if image.dockerfile.get().is_some() || image.context.get().is_some() {
        lines.push(format!("--file {}", word(&image.dockerfile())));
    }
    lines.extend(target(image));
    lines.extend(build_args(build));
    lines.extend(labels(build));
    lines.extend(secrets(image));
    lines
}

/// `--target`.
pub(super) fn target(image: &Image) -> Option<String> {
    let target = image.target.get()?;
    Some(format!("--target {}", word(target)))
}

/// `--build-arg` for each build argument.
pub(super) fn build_args(build: &Build<'_>) -> Vec<String> {
    let args = build.args.iter();
    args.map(|(name, value)| format!("--build-arg {}", quoted(&format!("{name}={value}"))))
        .collect()
}

/// `--label` for each label.
pub(super) fn labels(build: &Build<'_>) -> Vec<String> {
    let labels = build.labels.iter();
    labels
        .map(|label| format!("--label {}", quoted(label)))
        .collect()
}

/// `--secret` for each build secret: the value comes from the environment.
pub(super) fn secrets(image: &Image) -> Vec<String> {
    let secrets = image.secrets.get().into_iter();
    secrets
        .flat_map(|secrets| secrets.iter())
        .map(|(id, variable)| format!("--secret id={},env={}", word(&id.value), &*variable.value))
        .collect()
}

/// The platforms, with commas between them.
pub(super) fn platforms(image: &Image) -> Option<String> {
    let platforms = image.platforms.get()?.iter();
    let all: Vec<&str> = platforms.map(|one| one.value.as_str()).collect();
    Some(all.join(","))
}

/// The manifest's own arguments: each is one word.
pub(super) fn options(image: &Image) -> Vec<String> {
    let options = image.build_options.get().into_iter();
    options
        .flat_map(|options| options.iter())
        .map(|option| word(&option.value))
        .collect()
}

/// `--tag` for each tag.
pub(super) fn tags(build: &Build<'_>) -> Vec<String> {
    let tags = build.tags.iter();
    tags.map(|tag| format!("--tag {}", quoted(tag))).collect()
}

/// A command with an argument a line.
pub(super) fn command(lines: &[String]) -> String {
    lines.join(" \\\n  ") + "\n"
}
