//! Logins of jobs that have a Docker client: to the registries of the images that they handle.
//!
//! In: images, by name or reference. Out: commands. Always holds: a password goes through standard
//! input, to each host once a job.

use super::{Lowering, word};
use crate::manifest::collection::Map;
use crate::manifest::registries::{Access, GITLAB};
use crate::pipeline::{Job, Value};

impl<'m> Lowering<'m> {
    /// GitLab's own registry, which may also hold what images are built from: unless all images of
    /// the project are elsewhere.
    fn gitlab_access(&self) -> Option<Access<'m>> {
        let mut images = self.manifest.images();
        let elsewhere = images.all(|(_, image)| image.registry_name() != GITLAB);
        let any = self.manifest.images().next().is_some();
        (!(any && elsewhere)).then(|| self.manifest.registry(GITLAB))
    }

    /// The login to GitLab's own registry.
    pub(super) fn gitlab_login(&self) -> Option<Value> {
        self.gitlab_access()
            .and_then(|access| login("docker", &access))
    }

    /// The other registries that these images are in.
    fn others(&self, images: &[&str]) -> Vec<Access<'m>> {
        let mut others: Vec<Access<'m>> = Vec::new();
        for image in images {
            if let Some(access) = self.registry_holding(image)
                && !access.is_gitlab()
                && !others.iter().any(|known| known.host == access.host)
            {
                others.push(access);
            }
        }
        others
    }

    /// Logs a job with a Docker client, which is in GitLab's registry already, in to the others
    /// that these images are in.
    pub(super) fn log_in(&self, job: &mut Job, images: &[&str]) {
        let gitlab = self.gitlab_login();
        let others = self.others(images);
        let logins = others.iter().filter_map(|access| login("docker", access));
        let after = usize::from(gitlab.is_some() && job.before_script.first() == gitlab.as_ref());
        job.before_script.splice(after..after, logins);
    }

    /// The registries of a job that handles these images, as far as they want a login.
    pub(super) fn registries_of_job(&self, images: &[&str]) -> Vec<Access<'m>> {
        let mut all: Vec<Access<'m>> = self.gitlab_access().into_iter().collect();
        all.extend(self.others(images));
        all.retain(|access| access.push.is_some());
        all
    }

    /// The registry of an image of the manifest, or of one given by its reference.
    fn registry_holding(&self, image: &str) -> Option<Access<'m>> {
        if let Some(own) = self.image(image) {
            return Some(self.manifest.registry_of(own));
        }
        let names = self
            .manifest
            .registries
            .get()
            .into_iter()
            .flat_map(Map::names);
        let mut all = names.map(|name| self.manifest.registry(name));
        all.find(|access| {
            let path = image.strip_prefix(access.host);
            path.is_some_and(|path| path.starts_with('/'))
        })
    }
}

/// The command of a client; none where a registry wants no login.
pub(super) fn login(client: &str, access: &Access<'_>) -> Option<Value> {
    let push = access.push?;
    let host = word(access.host);
    Some(Value::from(format!(
        "printf '%s' \"${}\" | {client} login --username \"${}\" --password-stdin {host}",
        push.password, push.username
    )))
}
