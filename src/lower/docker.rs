//! Jobs with a Docker daemon: the image with the client, the daemon, and the login.
//!
//! In: a job. Out: the job, which reaches a daemon. A `dind` daemon ends with its job, and so does all
//! that the job left there. Another daemon outlives the job, and so do the client's settings with a
//! shell executor. Always holds: what a job puts there has a name of its own, and `after_script`
//! removes it; only images stay, as a cache.

use super::Lowering;
use super::compose::ComposeCommand;
use crate::gitlab::gates;
use crate::manifest::record::Field;
use crate::manifest::tools::Docker;
use crate::pipeline::{Base, BaseId, Image, Job, Mapping, Service, Value};

/// The Docker that jobs use if the manifest names none; client and daemon are of one version, as
/// Docker 29 asks for.
const VERSION: &str = "29.1.3";

/// The Docker of targets before 13: the last one that Docker Compose 1 can speak to by itself.
/// Docker 29 refuses the API versions of Compose 1.
const OLD_VERSION: &str = "20.10.24";

/// Docker Compose 1 with a Docker client, where a manifest with such a target names no image.
const OLD_COMPOSE: &str = "docker/compose:1.29.2";

/// The first major version of Docker Engine whose fresh installations keep images in containerd (release
/// notes of 29.0).
const CONTAINERD_STORE: u32 = 29;

/// Name of the hidden job, and of its anchor.
const BASE: BaseId = BaseId::only("docker");

/// The folder of the client's settings (logins, contexts and builders) in a job whose daemon outlives
/// it. It is next to the project, so that it is in no build context, and in a folder that the runner
/// makes for its own files. `after_script` has another shell and knows it by its name.
const OWN_SETTINGS: &str = "$CI_PROJECT_DIR.tmp/docker-$CI_JOB_ID";

/// A name on the daemon that no other job has: of a container, a builder or a Compose project.
pub(super) const OWN_NAME: &str = "job-$CI_JOB_ID";

/// How the daemon is reached.
enum Daemon {
    /// A service of the job's own.
    Dind,
    /// The runner's socket.
    Host,
    /// An address.
    Address(String),
}

impl Lowering<'_> {
    fn docker(&self) -> Docker {
        self.manifest.docker.get().cloned().unwrap_or_default()
    }

    fn daemon(&self) -> Daemon {
        match self.docker().daemon.get().map(String::as_str) {
            None | Some("dind") => Daemon::Dind,
            Some("host") => Daemon::Host,
            Some(address) => Daemon::Address(address.to_owned()),
        }
    }

    /// Gives a job a daemon, and the logins to the registries of these images. What the job has of
    /// its own comes after. `removals` are commands that remove from the daemon what the job leaves
    /// there.
    pub(super) fn with_docker(&mut self, job: &mut Job, images: &[&str], removals: &[String]) {
        let docker = self.docker();
        let client = self.client(&docker);
        let mut services = Vec::new();
        let mut variables = Mapping::new();
        if self.daemon_outlives_job() {
            variables.set("DOCKER_CONFIG", OWN_SETTINGS);
            remove_at_end(job, removals);
        }
        match self.daemon() {
            Daemon::Dind => {
                services.push(self.dind(&docker, &client));
                let tls = docker.tls.copied_or(true);
                variables = dind_variables(tls);
            }
            Daemon::Host => {}
            Daemon::Address(address) => variables.set("DOCKER_HOST", address),
        }
        if let Some(files) = self.compose_files() {
            variables.set("COMPOSE_FILE", files);
        }
        self.docker_base(&client, &services, &variables);
        job.bases.push(BASE);
        job.image = Some(client);
        job.services.splice(0..0, services);
        variables.merge(&job.variables);
        job.variables = variables;
        let logins = self.logins("docker", images, &mut job.uses);
        job.before_script.splice(0..0, logins);
    }

    /// Whether the daemon is there for other jobs too.
    pub(super) fn daemon_outlives_job(&self) -> bool {
        !matches!(self.daemon(), Daemon::Dind)
    }

    fn client(&self, docker: &Docker) -> Image {
        let tools = self.manifest.tools.get();
        let own = tools.and_then(|tools| tools.docker.get().cloned());
        match docker.image.get() {
            Some(image) => self.job_image(image, None),
            None if own.is_some() => Image {
                name: own.unwrap_or_default(),
                ..Image::default()
            },
            None if self.has_old_docker() && self.manifest.compose.get().is_some() => Image {
                name: self.mirrored(OLD_COMPOSE),
                // The image's own entrypoint takes its arguments for those of compose.
                entrypoint: Some(vec![String::new()]),
                ..Image::default()
            },
            None => Image {
                name: self.mirrored(&format!("docker:{}-cli", self.docker_version())),
                ..Image::default()
            },
        }
    }

    /// Whether the target goes with Docker and Compose of its own time.
    pub(super) fn has_old_docker(&self) -> bool {
        ComposeCommand::of(self) == ComposeCommand::V1
    }

    fn docker_version(&self) -> &'static str {
        if self.has_old_docker() {
            OLD_VERSION
        } else {
            VERSION
        }
    }

    fn docker_base(&mut self, client: &Image, services: &[Service], variables: &Mapping) {
        let login = self.shared_login();
        let bases = &mut self.out.pipeline.bases;
        if bases.iter().any(|base| base.id == BASE) {
            return;
        }
        let mut keys = Mapping::new();
        keys.set("image", client.to_value());
        if !services.is_empty() {
            keys.set(
                "services",
                Value::Seq(services.iter().map(Service::to_value).collect()),
            );
        }
        if !variables.is_empty() {
            keys.set("variables", variables.clone());
        }
        if let Some(login) = login {
            keys.set("before_script", Value::Seq(vec![login]));
        }
        let comment = match services {
            [] => "Docker, logged in to the registry.",
            _ => {
                "A Docker daemon of the job's own, logged in to the registry. Only jobs that need one have it."
            }
        };
        bases.push(Base {
            id: BASE,
            of: String::new(),
            comment: comment.to_owned(),
            keys,
        });
    }

    fn dind(&self, docker: &Docker, client: &Image) -> Service {
        let name = match (&docker.dind, beside(&client.name)) {
            (Field::Set(own), _) => own.value.clone(),
            (_, Some(beside)) => beside,
            (_, None) => self.mirrored(&format!("docker:{}-dind", self.docker_version())),
        };
        let tls = docker.tls.copied_or(true);
        let mut command = Vec::new();
        if let Some(mirror) = docker.registry_mirror.get() {
            command = vec!["--registry-mirror".to_owned(), mirror.clone()];
        }
        // The Kubernetes executor waits for the service at this port.
        let port = if tls { "2376" } else { "2375" };
        let variables = self.if_known(
            gates::SERVICE_VARIABLES,
            Mapping::from_iter([("HEALTHCHECK_TCP_PORT", port)]),
        );
        Service {
            name,
            alias: Some("docker".to_owned()),
            command,
            variables: variables.unwrap_or_default(),
            ..Service::default()
        }
    }

    /// Whether the daemon itself reads and writes caches in a registry and builds for several platforms:
    /// with the containerd image store, which a fresh Docker Engine has from 29 on. A service is fresh;
    /// what another daemon has is not known, and it wants a builder in a container.
    pub(super) fn engine_keeps_caches(&self) -> bool {
        let docker = self.docker();
        let service = self.dind(&docker, &self.client(&docker));
        let version = docker_version_of(&service.name);
        !self.daemon_outlives_job() && version.is_some_and(|major| major >= CONTAINERD_STORE)
    }

    /// The name of the job's BuildKit builder, as a word of the shell: its container is on the daemon.
    pub(super) fn builder_name(&self) -> String {
        super::word(match self.daemon_outlives_job() {
            false => "job",
            true => OWN_NAME,
        })
    }

    /// Commands that set up a BuildKit builder.
    pub(super) fn builder_setup(&self) -> Vec<String> {
        let docker = self.docker();
        let name = self.builder_name();
        let mut setup = Vec::new();
        let mut create = vec![format!("docker buildx create --use --name {name}")];
        // BuildKit runs in a container of its own and does not know the daemon's mirror.
        if let (Daemon::Dind, Some(mirror)) = (self.daemon(), docker.registry_mirror.get()) {
            let (host, plain) = mirror_host(mirror);
            let host = super::quoted(&host);
            let (http, again) = match plain {
                true => ("[registry.\"%s\"]\\n  http = true\\n", format!(" {host}")),
                false => ("", String::new()),
            };
            setup.push(format!(
                "printf '[registry.\"docker.io\"]\\n  mirrors = [\"%s\"]\\n{http}' {host}{again} > /tmp/buildkitd.toml"
            ));
            create.push("--buildkitd-config /tmp/buildkitd.toml".to_owned());
        }
        // A context carries the TLS settings of the environment, which `create` alone refuses.
        setup.push("docker context create daemon".to_owned());
        create.push("daemon".to_owned());
        setup.push(create.join(" "));
        setup
    }
}

/// The daemon's image beside that of a client that is named like Docker's own, wherever it is:
/// `mirror/docker:29.1.3-cli` and `mirror/docker:29.1.3-dind`.
fn beside(client: &str) -> Option<String> {
    let name = client.split('@').next().unwrap_or_default();
    let at = name.rfind('/').map_or(0, |slash| slash + 1);
    let tag = name.get(at..)?.strip_prefix("docker:")?;
    let folder = name.get(..at)?;
    Some(format!(
        "{folder}docker:{}-dind",
        tag.trim_end_matches("-cli")
    ))
}

/// The major version of Docker in an image that is named like Docker's own: `mirror/docker:29.1.3-dind`.
fn docker_version_of(image: &str) -> Option<u32> {
    let (_, last) = image.rsplit_once('/').unwrap_or(("", image));
    let tag = last.strip_prefix("docker:")?;
    let end = tag.find(|c: char| !c.is_ascii_digit());
    tag.get(..end.unwrap_or(tag.len()))?.parse().ok()
}

/// Lets a job remove what it leaves on its daemon, and its settings last: also when it fails or times
/// out, and, from GitLab 17.0 on, when it is cancelled. The project's own `after_script` comes first,
/// because it may read the logs of a container, and it may fail.
fn remove_at_end(job: &mut Job, removals: &[String]) {
    let mut commands: Vec<String> = removals
        .iter()
        .map(|command| format!("{command} || true"))
        .collect();
    // Not `$DOCKER_CONFIG`: a variable of the project's settings would take its place.
    commands.push(format!("rm -rf {}", super::word(OWN_SETTINGS)));
    if job.after_script.is_empty() {
        job.after_script = commands.into_iter().map(Value::from).collect();
    } else {
        let trap = format!("trap '{}' EXIT", commands.join("; "));
        job.after_script.insert(0, Value::from(trap));
    }
}

/// Host of a mirror's URL, and whether it is reached without TLS.
fn mirror_host(url: &str) -> (String, bool) {
    let plain = url.starts_with("http://");
    match url.strip_prefix('$') {
        Some(variable) => (
            format!("${{{}#*://}}", variable.trim_matches(['{', '}'])),
            false,
        ),
        None => {
            let host = url
                .trim_start_matches("https://")
                .trim_start_matches("http://");
            (host.trim_end_matches('/').to_owned(), plain)
        }
    }
}

/// How a client finds the `dind` service (GitLab 18, Use Docker to build Docker images).
fn dind_variables(tls: bool) -> Mapping {
    if tls {
        Mapping::from_iter([
            ("DOCKER_HOST", "tcp://docker:2376"),
            ("DOCKER_TLS_CERTDIR", "/certs"),
            ("DOCKER_TLS_VERIFY", "1"),
            ("DOCKER_CERT_PATH", "/certs/client"),
        ])
    } else {
        Mapping::from_iter([
            ("DOCKER_HOST", "tcp://docker:2375"),
            ("DOCKER_TLS_CERTDIR", ""),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::{beside, docker_version_of};

    #[test]
    fn the_daemon_comes_from_where_the_client_comes_from() {
        for (client, daemon) in [
            ("docker:29.1.3-cli", Some("docker:29.1.3-dind")),
            ("docker:28", Some("docker:28-dind")),
            ("docker:29-cli@sha256:aa", Some("docker:29-dind")),
            (
                "host:5000/hub/docker:29-cli",
                Some("host:5000/hub/docker:29-dind"),
            ),
            ("docker", None),
            ("my-docker:29", None),
            ("tools:1", None),
        ] {
            assert_eq!(beside(client).as_deref(), daemon, "{client}");
        }
    }

    #[test]
    fn the_version_of_docker_is_in_the_name_of_its_own_image_alone() {
        for (image, version) in [
            ("docker:29.1.3-dind", Some(29)),
            ("docker:29-dind@sha256:aa", Some(29)),
            ("registry.example.com:5000/mirror/docker:28-dind", Some(28)),
            ("docker:dind", None),
            ("docker", None),
            ("docker@sha256:aa", None),
            ("my-docker:29", None),
            ("docker:29/dind", None),
            ("docker:$VERSION-dind", None),
            ("docker:99999999999-dind", None),
        ] {
            assert_eq!(docker_version_of(image), version, "{image}");
        }
    }
}
