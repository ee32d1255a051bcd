//! Arguments that several builders take.
//!
//! In: a build. Out: words of a shell command, quoted, in which `$NAME` is still expanded.

use super::{Argument, Build};
use crate::gitlab::variables::looks_secret;
use crate::lower::{quoted, word};

/// `--file`, `--target`, `--build-arg`, `--label` and `--secret`, as Docker and Buildah spell them.
pub(super) fn recipe(build: &mut Build<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if build.has_own_dockerfile() {
        lines.push(format!("--file {}", word(&build.dockerfile())));
    }
    lines.extend(target(build));
    lines.extend(build.args().iter().map(|arg| match by_environment(arg) {
        true => format!("--build-arg {}", arg.name),
        false => build_arg(arg),
    }));
    lines.extend(secrets(build));
    lines
}

/// A client with, before it, the assignments of the build arguments that [`recipe`] names without a
/// value: everybody on the runner can read the arguments of a program, but not its environment.
/// `docker build` and `docker buildx build` (Docker 17 and later) and `buildah build` (1.43) then read
/// the value there; `buildctl` 0.29 does not.
pub(super) fn client(build: &mut Build<'_>, client: &str) -> String {
    let mut out = String::new();
    for arg in build.args().iter().filter(|arg| by_environment(arg)) {
        out.push_str(&format!("{}={} \\\n  ", arg.name, quoted(&arg.value)));
    }
    out + client
}

/// Whether a build argument goes by the environment: its value may be secret, and the name does not
/// mean anything to the client itself.
fn by_environment(arg: &Argument<'_>) -> bool {
    let mut letters = arg.name.chars();
    let first = letters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let is_variable = first && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_variable && arg.may_be_secret && !means_something(arg.name, &arg.value)
}

/// Whether a variable that is not an image's may hold a secret: any that the project's settings can
/// define (GitLab does not tell the file which ones are masked), and those of GitLab that hold a token.
pub(in crate::lower) fn may_be_secret(variable: &str) -> bool {
    // GitLab's own prefix. The URL holds the job's token (GitLab 18, Predefined CI/CD variables
    // reference).
    !variable.starts_with("CI_") || looks_secret(variable) || variable == "CI_REPOSITORY_URL"
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
pub(super) fn target(build: &mut Build<'_>) -> Option<String> {
    Some(format!("--target {}", word(&build.target()?)))
}

fn build_arg(arg: &Argument<'_>) -> String {
    let word = quoted(&format!("{}={}", arg.name, arg.value));
    format!("--build-arg {word}")
}

/// `--secret` for each build secret: the value comes from the environment.
pub(super) fn secrets(build: &mut Build<'_>) -> Vec<String> {
    let secrets = build.secrets().into_iter();
    secrets
        .map(|(id, variable)| format!("--secret id={},env={}", word(&id), word(&variable)))
        .collect()
}

/// The manifest's own arguments: each is one word.
pub(super) fn options(build: &mut Build<'_>) -> Vec<String> {
    build.options().iter().map(|option| word(option)).collect()
}

/// `--tag` for each tag.
pub(super) fn tags(build: &mut Build<'_>) -> Vec<String> {
    let tags = build.tags();
    let tags = tags.iter();
    tags.map(|tag| format!("--tag {}", quoted(tag))).collect()
}

/// A command with an argument a line.
pub(super) fn command(lines: &[String]) -> String {
    lines.join(" \\\n  ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{Argument, by_environment, may_be_secret};
    use crate::gitlab::variables::names;

    fn goes_by_environment(name: &str, value: &str) -> bool {
        by_environment(&Argument {
            name,
            value: value.to_owned(),
            may_be_secret: names(value).any(may_be_secret),
        })
    }

    #[test]
    fn what_may_be_secret_goes_by_the_environment() {
        for (name, value) in [
            ("A", "$B"),
            ("A", "x-${B}"),
            ("A", "$CI_JOB_TOKEN"),
            // An image of the manifest has this variable, or the project's settings.
            ("A", "$IMAGE_TOKEN_DIGEST"),
            ("A", "$CI_REPOSITORY_URL"),
            ("A", "$CI_COMMIT_SHA-$B"),
            ("HTTP_PROXY", "$HTTP_PROXY"),
            ("http_proxy", "${http_proxy}"),
        ] {
            assert!(goes_by_environment(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("A", "b"),
            ("A", "$$B"),
            ("A", "$CI_COMMIT_SHA"),
            // These would change what the client itself does.
            ("HTTP_PROXY", "$BUILD_PROXY"),
            ("PATH", "$B"),
            ("DOCKER_HOST", "$B"),
            // No shell has a variable of this name.
            ("a-b", "$B"),
        ] {
            assert!(!goes_by_environment(name, value), "{name}={value}");
        }
    }
}
