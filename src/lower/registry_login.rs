//! Logins of jobs that have a Docker client: to the registries of the images that they handle.
//!
//! In: images, by name or reference. Out: commands. Always holds: a password goes through standard
//! input, to each host once a job.

use super::{Lowering, word};
use crate::manifest::collection::Map;
use crate::manifest::registries::{Access, GITLAB};
use crate::pipeline::{Job, Value};

impl<'m> Lowering<'m> {
    /// The login to GitLab's own registry, which may also hold what images are built from: unless
    /// all images of the project are elsewhere.
    pub(super) fn gitlab_login(&self) -> Option<Value> {
        let mut images = self.manifest.images();
        let elsewhere = images.all(|(_, image)| image.registry_name() != GITLAB);
        let any = self.manifest.images().next().is_some();
        (!(any && elsewhere)).then(|| login(&self.manifest.registry(GITLAB)))?
    }

    /// Logs a job in to the other registries that these images are in.
    pub(super) fn log_in(&self, job: &mut Job, images: &[&str]) {
        let gitlab = self.gitlab_login();
        let mut hosts: Vec<&str> = Vec::new();
        let mut logins = Vec::new();
        for image in images {
            if let Some(access) = self
                .registry_holding(image)
                .filter(|access| !access.is_gitlab())
                && !hosts.contains(&access.host)
            {
                hosts.push(access.host);
                logins.extend(login(&access));
            }
        }
        let after = usize::from(gitlab.is_some() && job.before_script.first() == gitlab.as_ref());
        job.before_script.splice(after..after, logins);
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

/// The command; none where a registry wants no login.
fn login(access: &Access<'_>) -> Option<Value> {
    let push = access.push?;
    let host = match access.host {
        host if host.starts_with('$') => format!("\"{host}\""),
        host => word(host),
    };
    Some(Value::from(format!(
        "printf '%s' \"${}\" | docker login --username \"${}\" --password-stdin {host}",
        push.password, push.username
    )))
}
