//! Docker Compose: the generated override file, and tests that run in a service.
//!
//! In: `compose` of the manifest, and a test or a build. Out: the commands of its job, and the
//! override. Always holds: an image under test is pulled by digest; compose builds it only in the
//! job that is there to build it.

use super::docker::OWN_NAME;
use super::{Lowering, builder, in_container, quoted, word};
use crate::gitlab::Version;
use crate::manifest::images::Builder;
use crate::manifest::resolved::image_variable;
use crate::manifest::tests::{Test, Via};
use crate::manifest::tools::Compose;
use crate::mutant::{self, Mutant};
use crate::pipeline::{ComposeBuild, ComposeOverride, ComposeService, Job, Value};

/// Which Docker Compose jobs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComposeCommand {
    /// `docker-compose`, 1.27 or later: it merges files of different `version`, and its override
    /// needs none. It cannot take `build` away, has no `up --wait`, and older names of options.
    V1,
    /// `docker compose`, 2.24.4 or later.
    V2,
}

impl ComposeCommand {
    /// The one of the target: GitLab 13 is of 2020, Compose 2 of 2021.
    pub(super) fn of(lowering: &Lowering<'_>) -> Self {
        if lowering.manifest.target() < Version::new(13, 0) {
            Self::V1
        } else {
            Self::V2
        }
    }

    /// How it is called.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::V1 => "docker-compose",
            Self::V2 => "docker compose",
        }
    }
}

impl<'m> Lowering<'m> {
    /// The value of `COMPOSE_FILE`, if any job runs compose: all jobs with Docker have it.
    pub(super) fn compose_files(&self) -> Option<String> {
        let compose = self.manifest.compose.get()?;
        let mut tests = self.manifest.tests_and_tasks();
        let mut images = self.manifest.images();
        let runs = tests.any(|(_, test, _)| test.via.copied_or(Via::Job) == Via::Compose)
            || images.any(|(_, image)| self.manifest.builder(image) == Builder::Compose);
        runs.then(|| files(compose).1)
    }

    /// Lets the compose commands of a job read the project's files and the override.
    pub(super) fn with_compose(&mut self, job: &mut Job) {
        let Some(compose) = self.manifest.compose.get() else {
            return;
        };
        let (path, files) = files(compose);
        job.variables.set("COMPOSE_FILE", files);
        if self.out.compose.is_none() {
            self.out.compose = Some((path, self.override_of(compose)));
        }
    }

    /// Gives a job the commands of `docker compose run`; says which images it needs.
    pub(super) fn in_compose(&mut self, job: &mut Job, test: &'m Test) -> Vec<&'m str> {
        let manifest = self.manifest;
        let Some(compose) = manifest.compose.get() else {
            return Vec::new();
        };
        let docker_compose = ComposeCommand::of(self);
        let command = docker_compose.word();
        let environment = match docker_compose {
            ComposeCommand::V1 => in_container::environment(&job.variables, "-e"),
            ComposeCommand::V2 => in_container::environment(&job.variables, "--env"),
        };
        let mapped = |service: &str| compose.services.get().and_then(|map| map.get(service));
        let name = test
            .image
            .get()
            .and_then(|image| image.name.get())
            .map(String::as_str)
            .unwrap_or_default();
        let runs = self.compose_services.get(name).copied().unwrap_or_default();
        let services: Vec<&str> = test
            .services
            .get()
            .into_iter()
            .flat_map(|list| list.iter())
            .filter_map(|service| service.value.name.get().map(String::as_str))
            .collect();
        let mut images = vec![name];
        let mut others = Vec::new();
        for service in &services {
            match mapped(service) {
                Some(image) if image.value != name => images.push(&image.value),
                Some(_) => {}
                None => others.push(word(service)),
            }
        }
        let down = format!("{command} down --volumes --remove-orphans");
        self.with_docker(job, &images, &[down]);
        self.with_compose(job);
        if self.daemon_outlives_job() && job.variables.get("COMPOSE_PROJECT_NAME").is_none() {
            job.variables.set("COMPOSE_PROJECT_NAME", OWN_NAME);
        }
        // Docker before 19.03 always prints what it does.
        let quiet = match docker_compose {
            ComposeCommand::V1 => "",
            ComposeCommand::V2 => " --quiet",
        };
        // Pulled by digest, so that what is tested is what was built. The override names the image by
        // this variable, so compose finds it and neither pulls nor builds one. A tag would not do: on a
        // daemon of several jobs another job may move it.
        for image in &images {
            let (tag, reference) = (
                self.by_tag(image),
                self.by_digest_or_fail(image, &mut job.uses),
            );
            if reference != tag && !mutant::on(Mutant::TestsTakeWhatTheTagNames) {
                let variable = image_variable(image);
                job.script.push(Value::from(format!(
                    "export {variable}={}",
                    quoted(&reference)
                )));
            }
            job.script
                .push(Value::from(format!("docker pull{quiet} {}", quoted(&tag))));
        }
        if !others.is_empty() {
            job.script.push(Value::from(format!(
                "{command} pull --quiet {}",
                others.join(" ")
            )));
        }
        if !services.is_empty() {
            let names: Vec<_> = services.iter().map(|service| word(service)).collect();
            let wait = match docker_compose {
                ComposeCommand::V1 => "",
                ComposeCommand::V2 => " --wait",
            };
            // What a service depends on is built only where that is meant.
            let no_build = match self.out.compose.as_ref() {
                Some((_, of)) if of.may_build() => " --no-build",
                _ => "",
            };
            job.script.push(Value::from(format!(
                "{command} up --detach{wait}{no_build} {}",
                names.join(" ")
            )));
        }
        let mut run = vec![format!("{command} run --rm --no-deps")];
        if docker_compose == ComposeCommand::V1 {
            run.push("-T".to_owned());
        }
        run.extend(in_container::workdir(test));
        run.extend(environment);
        run.push(word(runs));
        job.script.push(in_container::command(&run, &test.script));
        images
    }

    fn override_of(&self, compose: &'m Compose) -> ComposeOverride {
        let first = compose
            .files
            .get()
            .and_then(|files| files.iter().next())
            .map_or("docker-compose.yml", |file| &*file.value);
        let folder = first.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut of = ComposeOverride::default();
        let services = compose.services.get().into_iter();
        for (service, name) in services.flat_map(|map| map.iter()) {
            let Some((key, image)) = self.manifest.image_entry(&name.value) else {
                continue;
            };
            let build = if self.manifest.builder(image) == Builder::Compose {
                let build = self.planned_build(&key.value, image);
                for (id, variable) in image.secrets.get().into_iter().flat_map(|all| all.iter()) {
                    let secret = (id.value.clone(), variable.value.to_string());
                    // Of one image on two services, or of two images.
                    if !of.secrets.contains(&secret) {
                        of.secrets.push(secret);
                    }
                }
                ComposeBuild::Over(builder::compose::keys(&build, folder))
            } else if ComposeCommand::of(self) == ComposeCommand::V1 {
                ComposeBuild::Kept
            } else {
                ComposeBuild::Reset
            };
            of.services.push(ComposeService {
                name: service.value.clone(),
                image: self.by_tag(&name.value),
                build,
            });
        }
        of
    }
}

/// The override's path, and the value of `COMPOSE_FILE`.
fn files(compose: &Compose) -> (String, String) {
    let path = match compose.override_file.get() {
        Some(path) => path.to_string(),
        None => "docker-compose.windlass.yml".to_owned(),
    };
    let own: Vec<String> = match compose.files.get() {
        Some(files) => files.iter().map(|file| file.value.to_string()).collect(),
        None => vec!["docker-compose.yml".to_owned()],
    };
    let files = own
        .iter()
        .chain([&path])
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(":");
    (path, files)
}

/// A text as compose must read it: `$NAME` and `${NAME}` are substituted there as here; any other
/// `$` is doubled, as compose refuses it.
pub(super) fn interpolated(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        out.push(c);
        if c == '$' {
            let doubled = rest.next_if_eq(&'$').is_some();
            let name = |c: &char| c.is_ascii_alphabetic() || matches!(c, '_' | '{');
            if doubled || !rest.peek().is_some_and(name) {
                out.push('$');
            }
        }
    }
    out
}

/// A path of the project, seen from a folder of the project.
pub(super) fn seen_from(folder: &str, path: &str) -> String {
    let parts = |path: &'_ str| -> Vec<String> {
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
        parts.map(str::to_owned).collect()
    };
    let (from, to) = (parts(folder), parts(path));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(common).map(|_| "..");
    let down = to.iter().skip(common).map(String::as_str);
    let all: Vec<&str> = up.chain(down).collect();
    if all.is_empty() {
        ".".to_owned()
    } else {
        all.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::{interpolated, seen_from};

    #[test]
    fn compose_substitutes_what_a_shell_would() {
        for (text, expected) in [
            ("$TAG ${TAG}", "$TAG ${TAG}"),
            ("pa$$word", "pa$$word"),
            ("$5 a$", "$$5 a$$"),
        ] {
            assert_eq!(interpolated(text), expected);
        }
    }

    #[test]
    fn paths_are_seen_from_a_folder() {
        for (folder, path, expected) in [
            ("", ".", "."),
            ("", "app", "app"),
            ("docker", ".", ".."),
            ("docker/ci", "docker/php", "../php"),
            ("app", "app/Dockerfile", "Dockerfile"),
            (".", "./a/", "a"),
        ] {
            assert_eq!(seen_from(folder, path), expected);
        }
    }
}
