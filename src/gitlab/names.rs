//! Names, and whether GitLab, a registry or a cluster takes them.
//!
//! In: a name as it would be written. Out: nothing, or what is wrong with it as a sentence
//! fragment. Always holds: a name that passes is taken by GitLab FOSS 18.11.2 and, as far as its
//! rules are documented, by 10.4.

mod kubernetes;
mod oci;
mod predefined;
mod slug;

use super::limits;

pub use kubernetes::{
    Workload, label as kubernetes_label, resource as kubernetes_resource,
    workload as kubernetes_workload,
};
pub use oci::{image as image_reference, repository as image_repository, tag as image_tag};
pub use predefined::is_predefined;
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
pub fn exposed(title: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if title.chars().count() > 100 {
        return Err("has more than 100 characters".to_owned());
    }
    match title.starts_with(word) && title.chars().all(|c| word(c) || matches!(c, '-' | ' ')) {
        true => Ok(()),
        false => Err(
            "takes letters, digits, `-`, `_` and spaces, and begins with none of `-` and space"
                .to_owned(),
        ),
    }
}

/// Whether GitLab reads this key as something else than a job.
pub fn is_reserved_job(name: &str) -> bool {
    RESERVED_JOBS.contains(&name)
}

/// Checks the name of a job that is to run.
pub fn job(name: &str) -> Result<(), String> {
    short(name)?;
    if is_reserved_job(name) {
        return Err("is a global key of GitLab and no name of a job".to_owned());
    }
    if name == "<<" {
        return Err("is YAML's key for merging".to_owned());
    }
    if name.starts_with('.') {
        return Err("starts with a dot; GitLab hides such a job and never runs it".to_owned());
    }
    if name == "pages:deploy" {
        return Err("is the job that GitLab adds for Pages".to_owned());
    }
    printable(name)
}

/// Checks the name of a stage. GitLab compares the letter case.
pub fn stage(name: &str) -> Result<(), String> {
    short(name)?;
    printable(name)
}

/// Checks the name of an environment; variables may stand in it.
pub fn environment(name: &str) -> Result<(), String> {
    short(name)?;
    let taken = |c: char| c.is_ascii_alphanumeric() || "-_/${}. ".contains(c);
    if let Some(c) = name.chars().find(|c| !taken(*c)) {
        return Err(format!(
            "has {}; it may have letters, digits, spaces, `-`, `_`, `/`, `.`, `$`, `{{` and `}}`",
            shown(c)
        ));
    }
    if name.starts_with('/') || name.ends_with('/') {
        return Err("has a slash at one end".to_owned());
    }
    Ok(())
}

/// Checks a resource group. A file with any text there is valid, and the rule of environments
/// holds once a pipeline is created (documentation of 18.11).
pub fn resource_group(name: &str) -> Result<(), String> {
    environment(name)
}

/// Checks the name of a CI/CD variable, which is to be usable in every shell.
pub fn variable(name: &str) -> Result<(), String> {
    short(name)?;
    if let Some(bare) = name.strip_prefix('$') {
        return Err(match variable(bare.trim_matches(['{', '}'])) {
            Ok(()) => "has a `$`; only its name is wanted".to_owned(),
            Err(_) => "is not a variable name".to_owned(),
        });
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("starts with a digit".to_owned());
    }
    match name
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || *c == '_'))
    {
        None => Ok(()),
        Some(c) => Err(format!(
            "has {}; it may have letters, digits and `_`",
            shown(c)
        )),
    }
}

fn short(name: &str) -> Result<(), String> {
    match name.chars().count() {
        0 => Err("is empty".to_owned()),
        1..=limits::NAME => Ok(()),
        length => Err(format!(
            "has {length} characters; {} are the most",
            limits::NAME
        )),
    }
}

fn printable(name: &str) -> Result<(), String> {
    match name.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(c) => Err(format!("has {}", shown(c))),
    }
}

/// What to answer about a reference or a resource where its grammar does not matter: a text with
/// a `$` is known only when a job runs.
fn without_looking(text: &str) -> Option<Result<(), String>> {
    if text.is_empty() {
        Some(Err("is empty".to_owned()))
    } else if text.contains(char::is_whitespace) {
        Some(Err("has a blank in it".to_owned()))
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
