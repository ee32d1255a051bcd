//! Names, and whether GitLab, a registry or a cluster takes them.
//!
//! In: a name as it would be written. Out: nothing, or what is wrong with it as a sentence
//! fragment. Always holds: a name that passes is taken by GitLab FOSS 18.11.2 and, as far as its
//! rules are documented, by 10.4.

mod git_ref;
mod kubernetes;
mod oci;
mod predefined;
mod slug;

use super::{Refusal, limits};

pub use git_ref::{git_ref, is_refused as is_refused_in_ref};
pub use kubernetes::{
    Workload, label as kubernetes_label, resource as kubernetes_resource,
    workload as kubernetes_workload,
};
pub use oci::{image as image_reference, repository as image_repository, tag as image_tag};
pub use predefined::{Exists, exists, is_predefined};
pub use slug::{environment_slug, environment_slugs, ref_slug};

/// Global keys of GitLab, which are no jobs. The first eight are reserved by the root entry of
/// the configuration; the others are taken for a job only if they hold a `script`, or, for
/// `types`, only since 15.0.
const RESERVED_JOBS: [&str; 12] = [
    "image",
    "services",
    "stages",
    "before_script",
    "after_script",
    "variables",
    "cache",
    "include",
    "default",
    "workflow",
    "spec",
    "types",
];

/// Checks the title of exposed artifacts (`EXPOSE_AS_REGEX`, `/\A\w[-\w ]*\z/`, 18.11).
pub fn exposed(title: &str) -> Result<(), Refusal> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if title.chars().count() > 100 {
        return Err("has more than 100 characters".into());
    }
    match title.starts_with(word) && title.chars().all(|c| word(c) || matches!(c, '-' | ' ')) {
        true => Ok(()),
        false => Err(
            "takes letters, digits, `-`, `_` and spaces, but does not begin with `-` or a space"
                .into(),
        ),
    }
}

/// Whether GitLab reads this key as something else than a job.
pub fn is_reserved_job(name: &str) -> bool {
    RESERVED_JOBS.contains(&name)
}

/// Checks the name of a job that is to run.
pub fn job(name: &str) -> Result<(), Refusal> {
    short(name)?;
    if is_reserved_job(name) {
        return Err("is a global key of GitLab and no name of a job".into());
    }
    if name == "<<" {
        return Err("is YAML's key for merging".into());
    }
    if name.starts_with('.') {
        return Err(Refusal::instead(
            "starts with a dot",
            "GitLab hides such a job and never runs it",
        ));
    }
    if name == "pages:deploy" {
        return Err("is the job that GitLab adds for Pages".into());
    }
    printable(name)
}

/// Checks the name of a stage. GitLab compares the letter case.
pub fn stage(name: &str) -> Result<(), Refusal> {
    short(name)?;
    printable(name)
}

/// Checks the name of an environment; variables may stand in it.
pub fn environment(name: &str) -> Result<(), Refusal> {
    short(name)?;
    let taken = |c: char| c.is_ascii_alphanumeric() || "-_/${}. ".contains(c);
    if let Some(c) = name.chars().find(|c| !taken(*c)) {
        let may = "it may have letters, digits, spaces, `-`, `_`, `/`, `.`, `$`, `{` and `}`";
        return Err(Refusal::instead(format!("has {}", shown(c)), may));
    }
    if name.starts_with('/') || name.ends_with('/') {
        return Err("has a slash at one end".into());
    }
    Ok(())
}

/// Checks a resource group. A file with any text there is valid, and the rule of environments
/// holds once a pipeline is created (documentation of 18.11).
pub fn resource_group(name: &str) -> Result<(), Refusal> {
    environment(name)
}

/// Checks the name of a CI/CD variable, which is to be usable in every shell.
pub fn variable(name: &str) -> Result<(), Refusal> {
    short(name)?;
    if let Some(bare) = name.strip_prefix('$') {
        return Err(match variable(bare.trim_matches(['{', '}'])) {
            Ok(()) => Refusal::instead("has a `$`", "only its name is wanted"),
            Err(_) => "is not a variable name".into(),
        });
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("starts with a digit".into());
    }
    match name
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || *c == '_'))
    {
        None => Ok(()),
        Some(c) => Err(Refusal::instead(
            format!("has {}", shown(c)),
            "it may have letters, digits and `_`",
        )),
    }
}

fn short(name: &str) -> Result<(), Refusal> {
    match name.chars().count() {
        0 => Err("is empty".into()),
        1..=limits::NAME => Ok(()),
        length => Err(Refusal::instead(
            format!("has {length} characters"),
            format!("{} are the most", limits::NAME),
        )),
    }
}

fn printable(name: &str) -> Result<(), Refusal> {
    match name.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(c) => Err(format!("has {}", shown(c)).into()),
    }
}

/// What to answer about a reference or a resource where its grammar does not matter: a text with
/// a `$` is known only when a job runs.
fn without_looking(text: &str) -> Option<Result<(), Refusal>> {
    if text.is_empty() {
        Some(Err("is empty".into()))
    } else if text.contains(char::is_whitespace) {
        Some(Err("has a blank in it".into()))
    } else {
        text.contains('$').then_some(Ok(()))
    }
}

/// A character as messages name it.
fn shown(c: char) -> String {
    match c {
        ' ' => "a space".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        c if c.is_control() => format!("the control character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}

#[cfg(test)]
mod tests;
