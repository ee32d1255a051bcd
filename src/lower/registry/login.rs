//! Logins of jobs to the registries of the images that they handle.
//!
//! In: images, by name or reference. Out: commands, and the logins in [`Uses`]. Always holds: a
//! password goes through standard input, to each host once a job; no login is written that is not
//! noted.

use super::{Lowering, word};
use crate::gitlab::shell::wrapped;
use crate::manifest::collection::Map;
use crate::manifest::registries::{Access, Credentials, GITLAB};
use crate::mutant::{self, Mutant};
use crate::pipeline::{Login, Uses, Value};

impl<'m> Lowering<'m> {
    /// GitLab's own registry, which may also hold what images are built from: unless all images of
    /// the project are elsewhere.
    fn gitlab_access(&self) -> Option<Access<'m>> {
        let mut images = self.manifest.images();
        let elsewhere = images.all(|(_, image)| image.registry_name() != GITLAB);
        let any = self.manifest.images().next().is_some();
        (!(any && elsewhere)).then(|| self.manifest.registry(GITLAB))
    }

    /// The login to GitLab's own registry with Docker, which the jobs share.
    pub(in crate::lower) fn shared_login(&self) -> Option<Value> {
        let access = self.gitlab_access()?;
        login("docker", &access, &mut Uses::default())
    }

    /// The commands of a client that log a job in to all registries that these images need.
    pub(in crate::lower) fn logins(
        &self,
        client: &str,
        images: &[&str],
        uses: &mut Uses,
    ) -> Vec<Value> {
        let registries = self.registries_of_job(images).into_iter();
        let logins = registries.filter_map(|access| login(client, &access, uses));
        logins.collect()
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

    /// The registries of a job that handles these images, as far as they want a login.
    pub(in crate::lower) fn registries_of_job(&self, images: &[&str]) -> Vec<Access<'m>> {
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

/// Notes that a job logs in to a registry, and says the login's credentials; none where the registry
/// wants no login.
pub(in crate::lower) fn note_login<'m>(
    access: &Access<'m>,
    uses: &mut Uses,
) -> Option<Credentials<'m>> {
    let push = access.push.filter(|_| !mutant::on(Mutant::NoLogin))?;
    uses.logins.insert(Login {
        host: access.host.to_owned(),
        password: push.password.to_owned(),
    });
    Some(push)
}

/// The command of a client; none where a registry wants no login.
fn login(client: &str, access: &Access<'_>, uses: &mut Uses) -> Option<Value> {
    let push = note_login(access, uses)?;
    let host = word(access.host);
    let input = match mutant::on(Mutant::PasswordAsAnArgument) {
        true => format!("--password \"${}\"", push.password),
        false => "--password-stdin".to_owned(),
    };
    Some(Value::from(wrapped(&format!(
        "printf '%s' \"${}\" | {client} login --username \"${}\" {input} {host}",
        push.password, push.username
    ))))
}
