//! Registries with what the language says for them (section 3): where they are, and who may push
//! and delete there.
//!
//! Always holds: credentials are names of variables; `gitlab` is there without being written.

use super::Manifest;
use super::collection::Map;
use super::images::Image;
use super::record::Field;
use super::tools::{DeleteBy, Registry};
use crate::gitlab::gates;

/// The registry that is built in.
pub const GITLAB: &str = "gitlab";

/// Names of the variables that hold a user and a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credentials<'m> {
    /// The variable with the user.
    pub username: &'m str,
    /// The variable with the password or token.
    pub password: &'m str,
}

impl Credentials<'static> {
    /// Those that every job has for GitLab's registry.
    pub const JOB: Self = Self {
        username: "CI_REGISTRY_USER",
        password: "CI_REGISTRY_PASSWORD",
    };
}

/// How a registry is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access<'m> {
    /// Its name in the manifest.
    pub name: &'m str,
    /// Host and port; empty if the manifest has no such registry.
    pub host: &'m str,
    /// Who pushes and pulls; `None`: nobody has to say who he is.
    pub push: Option<Credentials<'m>>,
    /// Who deletes.
    pub delete: Option<Credentials<'m>>,
    /// How a tag is deleted; `None`: as the registry can.
    pub delete_by: Option<DeleteBy>,
}

impl Access<'_> {
    /// Whether it is GitLab's own.
    pub fn is_gitlab(&self) -> bool {
        self.name == GITLAB
    }
}

fn pair<'m, T: std::ops::Deref<Target = str>>(
    username: &'m Field<T>,
    password: &'m Field<T>,
) -> Option<Credentials<'m>> {
    Some(Credentials {
        username: username.get()?,
        password: password.get()?,
    })
}

impl Manifest {
    /// A registry by name.
    pub fn registry<'m>(&'m self, name: &'m str) -> Access<'m> {
        let written: Option<&Registry> = self.registries.get().and_then(|all| {
            let at = Map::get(all, name)?;
            Some(&at.value)
        });
        let push = written.and_then(|own| pair(&own.username, &own.password));
        let delete = written.and_then(|own| pair(&own.delete_username, &own.delete_password));
        let host = written.and_then(|own| own.host.get());
        let delete_by = written.and_then(|own| own.delete_by.get().copied());
        let is_gitlab = name == GITLAB;
        let push = push.or(is_gitlab.then_some(Credentials::JOB));
        Access {
            name,
            host: match host {
                _ if is_gitlab => "$CI_REGISTRY",
                Some(host) => host,
                None => "",
            },
            push,
            delete: delete.or(push),
            delete_by: delete_by.or(match self.target() < gates::DELETE_TAG {
                _ if !is_gitlab => None,
                true => Some(DeleteBy::Dummy),
                false => Some(DeleteBy::Tag),
            }),
        }
    }

    /// The registry of an image.
    pub fn registry_of<'m>(&'m self, image: &'m Image) -> Access<'m> {
        self.registry(image.registry_name())
    }
}

impl Image {
    /// The name of its registry.
    pub fn registry_name(&self) -> &str {
        self.registry.get().map_or(GITLAB, String::as_str)
    }
}

/// Repository and tag of a reference; `None` if it has no tag.
pub fn split_tag(reference: &str) -> Option<(&str, &str)> {
    let (repository, tag) = reference.rsplit_once(':')?;
    // What holds a slash is a path behind a port.
    (!tag.contains('/') && !repository.is_empty() && !tag.is_empty()).then_some((repository, tag))
}

#[cfg(test)]
mod tests {
    use super::split_tag;

    #[test]
    fn a_port_is_no_tag() {
        for (reference, expected) in [
            (
                "registry.example.com:5000/app:1.4",
                Some(("registry.example.com:5000/app", "1.4")),
            ),
            (
                "$CI_REGISTRY_IMAGE/app:$CI_COMMIT_TAG",
                Some(("$CI_REGISTRY_IMAGE/app", "$CI_COMMIT_TAG")),
            ),
            ("registry.example.com:5000/app", None),
            ("app", None),
            ("app:", None),
            (":1", None),
        ] {
            assert_eq!(split_tag(reference), expected, "{reference}");
        }
    }
}
