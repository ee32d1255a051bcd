//! Names of branches and tags.

use super::shown;
use crate::gitlab::Refusal;

/// Checks the name of a branch or a tag.
///
/// # Errors
///
/// What git refuses (`git check-ref-format --branch`, 2.51), a blank name, which GitLab takes for none
/// (`$CI_COMMIT_BRANCH` is false there, by `present?`), and the whole name of a ref, which GitLab lets nobody push
/// (`Gitlab::GitRefValidator::EXPANDED_PREFIXES`, 18.11).
pub fn git_ref(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err("is blank, which GitLab takes for no name".into());
    }
    if let Some(c) = name.chars().find(|c| is_refused(*c)) {
        return Err(format!("has {}, which git does not take there", shown(c)).into());
    }
    if let Some(part) = ["..", "@{", "//"]
        .into_iter()
        .find(|part| name.contains(part))
    {
        return Err(format!("has `{part}`, which git does not take").into());
    }
    if let Some(whole) = ["refs/heads/", "refs/remotes/"]
        .into_iter()
        .find(|whole| name.starts_with(whole))
    {
        return Err(format!(
            "begins with `{whole}`, which GitLab does not take: write what follows it"
        )
        .into());
    }
    if let Some(c) = ['-', '/'].into_iter().find(|c| name.starts_with(*c)) {
        return Err(format!("begins with `{c}`, which git does not take").into());
    }
    if let Some(c) = ['.', '/'].into_iter().find(|c| name.ends_with(*c)) {
        return Err(format!("ends with `{c}`, which git does not take").into());
    }
    if name == "@" {
        return Err("is `@`, which git takes for `HEAD`".into());
    }
    for part in name.split('/') {
        if part.starts_with('.') {
            return Err("has a part that begins with `.`, which git does not take".into());
        }
        if part.ends_with(".lock") {
            return Err("has a part that ends with `.lock`, which git does not take".into());
        }
    }
    Ok(())
}

/// Whether a character can stand in no name of a ref.
pub fn is_refused(c: char) -> bool {
    c.is_ascii_control() || " ~^:?*[\\".contains(c)
}
