//! What jobs with a Docker daemon say about it: `docker` and `compose` of the manifest.
//!
//! In: a job. Out: the settings that it wants, and its own keys without what comes with these.

use super::commands::{is, lines};
use super::view::Seen;
use crate::pipeline::{Mapping, Value};

/// Variables that come with the daemon and the builder.
const VARIABLES: [&str; 9] = [
    "DOCKER_HOST",
    "DOCKER_TLS_CERTDIR",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "DOCKER_DRIVER",
    "DOCKER_BUILDKIT",
    "BUILDX_NO_DEFAULT_ATTESTATIONS",
    "BUILDKITD_FLAGS",
];

/// Commands that log in, and that come with the daemon.
const LOGINS: &[&[&str]] = &[
    &["docker", "login"],
    &["docker", "info"],
    &["docker", "version"],
    &["buildah", "login"],
    &["podman", "login"],
    &["regctl", "registry", "login"],
];

/// Commands that clean up behind a job on a daemon of several jobs.
const ENDS: &[&[&str]] = &[
    &["docker", "buildx", "rm"],
    &["docker", "rm"],
    &["docker", "compose", "down"],
    &["docker", "compose", "--project-name"],
    &["docker", "logout"],
];

/// The settings that a job wants.
pub(super) fn settings(seen: &Seen<'_>) -> Mapping {
    let mut docker = Mapping::new();
    docker.set_if("image", seen.keys.get("image").cloned());
    let host = seen.variable("DOCKER_HOST");
    let services = match seen.keys.get("services") {
        Some(Value::Seq(services)) => services.as_slice(),
        _ => &[],
    };
    let dind = services.iter().find_map(dind);
    match (&dind, host.as_deref()) {
        (Some((name, mirror)), host) => {
            docker.set("dind", name.as_str());
            docker.set_if("registry_mirror", mirror.clone());
            if host.is_some_and(|host| host.ends_with(":2375")) {
                docker.set("tls", Value::Bool(false));
            }
        }
        (None, Some(host)) if host.starts_with("tcp://") => docker.set("daemon", host),
        (None, _) => docker.set("daemon", "host"),
    }
    Mapping::from_iter([("docker", docker)])
}

/// The image of a service that is a daemon, and the mirror that it asks.
fn dind(service: &Value) -> Option<(String, Option<String>)> {
    let keys = match service {
        Value::Str(name) => &Mapping::from_iter([("name", name.as_str())]),
        Value::Map(keys) => keys,
        _ => return None,
    };
    let Some(Value::Str(name)) = keys.get("name") else {
        return None;
    };
    let tag = name.rsplit(':').next().unwrap_or_default();
    if !tag.split('-').any(|part| part == "dind") {
        return None;
    }
    let command = match keys.get("command") {
        Some(Value::Seq(words)) => words.as_slice(),
        _ => &[],
    };
    let texts: Vec<&str> = command
        .iter()
        .filter_map(|word| match word {
            Value::Str(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let behind = |option: &str| {
        let at = texts.iter().position(|text| *text == option)?;
        texts.get(at + 1).copied()
    };
    let joined = texts
        .iter()
        .find_map(|text| text.strip_prefix("--registry-mirror="));
    let mirror = joined.or_else(|| behind("--registry-mirror"));
    Some((name.clone(), mirror.map(str::to_owned)))
}

/// Takes what comes with the daemon from the keys of an entity.
pub(super) fn strip(own: &mut Mapping) {
    if let Some(Value::Map(variables)) = own.get("variables") {
        let mut variables = variables.clone();
        for name in VARIABLES {
            variables.remove(name);
        }
        replace(own, "variables", Value::Map(variables));
    }
    commands(own, "before_script", |line| {
        line.commands.iter().any(|command| is(command, LOGINS)) || writes_auth(line)
    });
    commands(own, "after_script", |line| {
        let own_folder = line.text.starts_with("rm -rf \"$CI_PROJECT_DIR.tmp/");
        own_folder || line.commands.iter().any(|command| is(command, ENDS))
    });
}

/// Whether a line writes a client's file of logins.
fn writes_auth(line: &super::commands::Line) -> bool {
    let mut all = line
        .commands
        .iter()
        .flat_map(|command| &command.redirections);
    all.any(|one| {
        let target = one.target.shown();
        target.ends_with("/config.json") || target.ends_with("/auth.json")
    })
}

/// Takes the lines of a script that pass from the keys of an entity.
pub(super) fn commands(
    own: &mut Mapping,
    key: &str,
    goes: impl Fn(&super::commands::Line) -> bool,
) {
    let kept: Vec<Value> = lines(own.get(key))
        .into_iter()
        .filter(|line| !goes(line))
        .map(|line| Value::from(line.text))
        .collect();
    if own.get(key).is_some() {
        replace(own, key, super::one_or_list(kept));
    }
}

/// Sets a key, or removes it if nothing is left under it.
pub(super) fn replace(own: &mut Mapping, key: &str, value: Value) {
    let nothing = match &value {
        Value::Map(map) => map.is_empty(),
        Value::Seq(items) => items.is_empty(),
        Value::Null => true,
        _ => false,
    };
    if nothing {
        own.remove(key);
    } else {
        own.set(key, value);
    }
}
