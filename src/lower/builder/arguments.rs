//! Arguments that several builders take.
//!
//! In: a build. Out: words of a shell command, quoted, in which `$NAME` is still expanded.

use super::Build;
use crate::gitlab::variables::{looks_secret, names};
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
    lines.extend(build.args.iter().map(|(name, value)| {
        if by_environment(name, value) {
            format!("--build-arg {name}")
        } else {
            build_arg(name, value)
        }
    }));
    lines.extend(labels(build));
    lines.extend(secrets(image));
    lines
}

/// A client with, before it, the assignments of the build arguments that [`recipe`] names without a
/// value: everybody on the runner can read the arguments of a program, but not its environment.
/// `docker build` and `docker buildx build` (Docker 17 and later) and `buildah build` (1.43) then read
/// the value there; `buildctl` 0.29 and Kaniko 1.24 do not.
pub(super) fn client(build: &Build<'_>, client: &str) -> String {
    let mut out = String::new();
    for (name, value) in &build.args {
        if by_environment(name, value) {
            out.push_str(&format!("{name}={} \\\n  ", quoted(value)));
        }
    }
    out + client
}

/// Whether a build argument goes by the environment: its value may be secret, and the name does not
/// mean anything to the client itself.
fn by_environment(name: &str, value: &str) -> bool {
    let mut letters = name.chars();
    let first = letters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let is_variable = first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_variable && !means_something(name, value) && names(value).any(may_be_secret)
}

/// Whether a variable may hold a secret: any that the project's settings can define (GitLab does not
/// tell the file which ones are masked), and those of GitLab that hold a token.
fn may_be_secret(variable: &str) -> bool {
    // Names and digests of images, which builds hand on.
    let known = variable.starts_with("CI_") || variable.starts_with("IMAGE_");
    // The URL holds the job's token (GitLab 18, Predefined CI/CD variables reference).
    !known || looks_secret(variable) || variable == "CI_REPOSITORY_URL"
}

/// Whether the client, its libraries or the shell read a variable of this name, so that another value
/// would change what they do. The value that it has already changes nothing.
fn means_something(name: &str, value: &str) -> bool {
    let same = value
        .strip_prefix('$')
        .map(|of| of.trim_start_matches('{').trim_end_matches('}'));
    if same == Some(name) {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    let prefixes = [
        "DOCKER_",
        "BUILDX_",
        "BUILDKIT_",
        "BUILDAH_",
        "COMPOSE_",
        "CONTAINERS_",
        "STORAGE_",
        "REGISTRY_AUTH",
        "LD_",
        "XDG_",
        "SSL_",
        "OTEL_",
        "LC_",
    ];
    let whole = [
        "PATH", "HOME", "TMPDIR", "IFS", "ENV", "LANG", "USER", "GODEBUG",
    ];
    upper.ends_with("_PROXY")
        || whole.contains(&upper.as_str())
        || prefixes.iter().any(|prefix| upper.starts_with(prefix))
}

/// `--target`.
pub(super) fn target(image: &Image) -> Option<String> {
    let target = image.target.get()?;
    Some(format!("--target {}", word(target)))
}

/// `--build-arg` for each build argument, with its value.
pub(super) fn build_args(build: &Build<'_>) -> Vec<String> {
    let args = build.args.iter();
    args.map(|(name, value)| build_arg(name, value)).collect()
}

fn build_arg(name: &str, value: &str) -> String {
    format!("--build-arg {}", quoted(&format!("{name}={value}")))
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

#[cfg(test)]
mod tests {
    use super::by_environment;

    #[test]
    fn what_may_be_secret_goes_by_the_environment() {
        for (name, value) in [
            ("A", "$B"),
            ("A", "x-${B}"),
            ("A", "$CI_JOB_TOKEN"),
            ("A", "$CI_REPOSITORY_URL"),
            ("A", "$CI_COMMIT_SHA-$B"),
            ("HTTP_PROXY", "$HTTP_PROXY"),
            ("http_proxy", "${http_proxy}"),
        ] {
            assert!(by_environment(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("A", "b"),
            ("A", "$$B"),
            ("A", "$CI_COMMIT_SHA"),
            ("A", "$CI_REGISTRY_IMAGE/base@${IMAGE_BASE_DIGEST:?}"),
            // These would change what the client itself does.
            ("HTTP_PROXY", "$BUILD_PROXY"),
            ("PATH", "$B"),
            ("DOCKER_HOST", "$B"),
            // No shell has a variable of this name.
            ("a-b", "$B"),
        ] {
            assert!(!by_environment(name, value), "{name}={value}");
        }
    }
}
