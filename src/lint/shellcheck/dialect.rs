//! Which shell reads the script of a job.
//!
//! In: a job and its scripts. Out: the shell; `None` if it may be none of POSIX, as PowerShell. Always
//! holds: what is not known of an image makes it one with bash, of which ShellCheck accepts more.
//!
//! Facts: in a container the runner takes bash where the image has it, else `sh` (gitlab-runner 18.11,
//! `BashDetectShellScript` in `shells/bash.go`), whatever the script's first line says: to the runner
//! that is a comment. The official images below have no bash ("Image Variants" on Docker Hub, 2026).

use crate::config::{Job, Value};
use crate::lint::script::Script;

/// A shell, as far as ShellCheck tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::lint) enum Shell {
    /// bash, or an image that may have it.
    Bash,
    /// The `sh` of BusyBox, in an image that has no bash.
    Ash,
}

impl Shell {
    /// The first line of a script for it; `-e` as the runner ends at the first command that fails.
    pub(super) fn shebang(self) -> &'static str {
        match self {
            Shell::Bash => "#!/bin/bash -e",
            Shell::Ash => "#!/bin/sh -e",
        }
    }
}

/// Official images without bash, whatever the tag.
const WITHOUT: [&str; 3] = ["alpine", "busybox", "docker"];
/// Official images without bash, if the tag says `alpine`.
const ON_ALPINE: [&str; 4] = ["node", "python", "golang", "rust"];
/// Where official images come from; the name alone is Docker Hub's.
const OFFICIAL: [&str; 7] = [
    "",
    "library",
    "docker.io",
    "docker.io/library",
    "public.ecr.aws/docker/library",
    "mirror.gcr.io/library",
    "mirror.gcr.io",
];
/// GitLab's own proxy of Docker Hub, in both of its forms.
const PROXY: &str = "CI_DEPENDENCY_PROXY_";

/// What a tag, an image or an entrypoint of Windows or PowerShell has in it.
const OTHER: [&str; 5] = ["windows", "powershell", "pwsh", "servercore", "nanoserver"];

/// The shell of a job.
pub(in crate::lint) fn shell_of<'s>(
    job: &Job,
    mut scripts: impl Iterator<Item = &'s Script>,
) -> Option<Shell> {
    let is_other = |text: &str| {
        let text = text.to_lowercase();
        OTHER.iter().any(|other| text.contains(other))
    };
    let image = job.image.as_ref().map_or("", |image| &image.value);
    let tags = texts(job.keys.given("tags").map(|tags| &tags.value));
    let entrypoint = job
        .keys
        .given("image")
        .and_then(|image| image.get("entrypoint"));
    let entrypoint = texts(entrypoint.map(|node| &node.value));
    let mut words = tags.iter().chain(&entrypoint).map(String::as_str);
    if is_other(image) || words.any(is_other) || scripts.any(|script| is_foreign(&script.text)) {
        return None;
    }
    Some(match has_no_bash(image) {
        true => Shell::Ash,
        false => Shell::Bash,
    })
}

/// Whether a job surely runs where BusyBox stands for the usual programs.
pub(in crate::lint) fn has_busybox(job: &Job) -> bool {
    job.image
        .as_ref()
        .is_some_and(|image| has_no_bash(&image.value))
}

/// The texts of a list, or the one that stands for it.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Seq(items)) => items.iter().filter_map(|item| item.scalar_text()).collect(),
        Some(Value::Str(text)) => vec![text.to_string()],
        _ => Vec::new(),
    }
}

/// Whether an image is known to have no bash.
fn has_no_bash(image: &str) -> bool {
    let (from, name) = image.rsplit_once('/').unwrap_or(("", image));
    let is_official = OFFICIAL.contains(&from) || from.contains(PROXY);
    let name = name.split('@').next().unwrap_or_default();
    let (name, tag) = name.split_once(':').unwrap_or((name, ""));
    is_official
        && (WITHOUT.contains(&name) || (ON_ALPINE.contains(&name) && tag.contains("alpine")))
}

/// Whether a text is of PowerShell or `cmd`, or has an input in it whose value is not known.
fn is_foreign(text: &str) -> bool {
    if text.contains("$[[") || text.to_lowercase().contains("$env:") {
        return true;
    }
    text.lines().any(|line| {
        let first = line.split_whitespace().next().unwrap_or_default();
        is_cmdlet(first)
            || is_assignment(line)
            || (!line.contains('\'') && has_percent_variable(line))
    })
}

/// `Write-Host`, `Invoke-WebRequest`: a verb and a noun, each with a capital.
fn is_cmdlet(word: &str) -> bool {
    let Some((verb, noun)) = word.split_once('-') else {
        return false;
    };
    let is_word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.chars().all(|c| c.is_ascii_alphanumeric())
            && text.chars().any(|c| c.is_ascii_lowercase())
    };
    is_word(verb) && is_word(noun)
}

/// `$name = value`, as PowerShell assigns.
fn is_assignment(line: &str) -> bool {
    let Some((name, _)) = line.trim().split_once(" = ") else {
        return false;
    };
    let name = name.strip_prefix('$').unwrap_or_default();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `%CI_PROJECT_DIR%`, as `cmd` writes a variable.
fn has_percent_variable(line: &str) -> bool {
    let mut parts = line.split('%').skip(1);
    parts.any(|part| {
        part.len() > 2
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            && line.contains(&format!("%{part}%"))
    })
}

#[cfg(test)]
mod tests {
    use super::{has_no_bash, is_foreign};

    #[test]
    fn images_without_bash_are_known_by_their_names() {
        for image in [
            "alpine",
            "alpine:3.22",
            "docker.io/library/alpine@sha256:0",
            "docker:28-cli",
            "${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/node:22-alpine",
            "golang:1.25-alpine3.22",
        ] {
            assert!(has_no_bash(image), "{image}");
        }
        for image in [
            "",
            "node:22",
            "alpine/git:2",
            "me/alpine",
            "maven:3-alpine",
            "$IMAGE",
        ] {
            assert!(!has_no_bash(image), "{image}");
        }
    }

    #[test]
    fn other_shells_are_known_by_their_words() {
        for text in [
            "Write-Host done",
            "$x = 1",
            "echo $Env:CI_JOB_ID",
            "copy a %CI_PROJECT_DIR%\\b",
            "echo $[[ inputs.name ]]",
        ] {
            assert!(is_foreign(text), "{text}");
        }
        for text in [
            "apt-get update",
            "test \"$x\" = 1",
            "date +%Y-%m-%d",
            "date +%H%M%S",
            "echo 100%",
            "curl -w '%HTTP%'",
            "X-Y: z",
        ] {
            assert!(!is_foreign(text), "{text}");
        }
    }
}
