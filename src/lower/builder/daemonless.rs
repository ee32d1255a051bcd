//! What builders without a daemon share: an image of their own, and a login that needs no Docker.
//!
//! In: the tool. Out: a job that has no service and no privileges, and logs in to the registry.

use super::build::Build;
use crate::gitlab::shell::wrapped;
use crate::lower::registry::note_login;
use crate::lower::{Lowering, quoted, word};
use crate::pipeline::{Base, BaseId, Image, Job, Mapping, Uses, Value};

/// A builder that needs nothing but its own image.
pub(super) struct Tool {
    /// The hidden job that its jobs share.
    pub base: BaseId,
    /// Its image.
    pub image: Image,
    /// What people read above the hidden job.
    pub comment: &'static str,
    /// Its settings.
    pub variables: Mapping,
    /// The commands that log in.
    pub logins: Vec<Value>,
}

/// The digest of what was pushed, as the builder itself reports it.
pub(super) const FILE_DIGEST: &str = "digest=$(cat image.digest)";

/// Gives a job the tool. What the job has of its own comes after.
pub(super) fn set_up(lowering: &mut Lowering<'_>, job: &mut Job, tool: &Tool) {
    let mut keys = Mapping::from_iter([("image", tool.image.to_value())]);
    if !tool.variables.is_empty() {
        keys.set("variables", tool.variables.clone());
    }
    if !tool.logins.is_empty() {
        keys.set("before_script", Value::Seq(tool.logins.clone()));
    }
    let bases = &mut lowering.out.pipeline.bases;
    if !bases.iter().any(|base| base.id == tool.base) {
        bases.push(Base {
            id: tool.base,
            of: String::new(),
            comment: tool.comment.to_owned(),
            keys,
        });
    }
    job.bases.push(tool.base);
    job.image = Some(tool.image.clone());
    let mut variables = tool.variables.clone();
    variables.merge(&job.variables);
    job.variables = variables;
    job.before_script.splice(0..0, tool.logins.iter().cloned());
}

/// Writes a file of logins as `docker login` would. The secret is not an argument of a program: printf
/// is the shell's own.
pub(super) fn auth_file(
    lowering: &Lowering<'_>,
    folder: &str,
    build: &Build<'_>,
    uses: &mut Uses,
) -> Vec<Value> {
    let registries = lowering.registries_of_job(&build.handled());
    let file = word(&format!("{folder}/config.json"));
    let folder = word(folder);
    let mut lines = vec![format!("mkdir -p {folder}")];
    let (mut entries, mut values) = (Vec::new(), String::new());
    for (number, access) in registries.iter().enumerate() {
        let Some(push) = note_login(access, uses) else {
            continue;
        };
        let variable = match number {
            0 => "auth".to_owned(),
            _ => format!("auth_{}", number + 1),
        };
        lines.push(format!(
            "{variable}=$(printf '%s' \"${}:${}\" | base64 | tr -d '\\n')",
            push.username, push.password
        ));
        entries.push("\"%s\": {\"auth\": \"%s\"}");
        values.push_str(&format!(
            " {} \"${variable}\"",
            quoted(docker_key(access.host))
        ));
    }
    if entries.is_empty() {
        return Vec::new();
    }
    lines.push(wrapped(&format!(
        "(umask 077; printf '{{\"auths\": {{{}}}}}\\n'{values} > {file})",
        entries.join(", ")
    )));
    vec![Value::from(lines.join("\n") + "\n")]
}

/// The name of a registry in that file: Docker Hub has one of its own.
fn docker_key(host: &str) -> &str {
    match host {
        "docker.io" | "index.docker.io" => "https://index.docker.io/v1/",
        host => host,
    }
}
