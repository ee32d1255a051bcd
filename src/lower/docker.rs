//! Jobs with a Docker daemon: the image with the client, the daemon, and the login.

use super::Lowering;
use crate::gitlab::gates;
use crate::manifest::record::Field;
use crate::manifest::tools::Docker;
use crate::pipeline::{Base, Image, Job, Mapping, Service, Value};

/// The Docker that jobs use if the manifest names none; client and daemon are of one version, as
/// Docker 29 asks for.
const VERSION: &str = "29.1.3";

/// Name of the hidden job, and of its anchor.
const BASE: &str = "docker";

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

    /// Gives a job a daemon and the login. What the job has of its own comes after.
    pub(super) fn with_docker(&mut self, job: &mut Job) {
        let docker = self.docker();
        let client = self.client(&docker);
        let mut services = Vec::new();
        let mut variables = Mapping::new();
        match self.daemon() {
            Daemon::Dind => {
                let mut dind = dind(&docker, &client);
                if self.target < gates::SERVICE_VARIABLES {
                    dind.variables = Mapping::new();
                }
                services.push(dind);
                let tls = docker.tls.copied_or(true);
                variables = dind_variables(tls);
            }
            Daemon::Host => {}
            Daemon::Address(address) => variables.set("DOCKER_HOST", address),
        }
        let login = Value::from(
            "printf '%s' \"$CI_REGISTRY_PASSWORD\" | docker login --username \"$CI_REGISTRY_USER\" \
             --password-stdin \"$CI_REGISTRY\"",
        );
        self.docker_base(&client, &services, &variables, &login);
        job.bases.push(BASE.to_owned());
        job.image = Some(client);
        job.services.splice(0..0, services);
        variables.merge(&job.variables);
        job.variables = variables;
        job.before_script.insert(0, login);
    }

    fn client(&self, docker: &Docker) -> Image {
        match docker.image.get() {
            Some(image) => self.job_image(image),
            None => Image {
                name: format!("docker:{VERSION}-cli"),
                ..Image::default()
            },
        }
    }

    fn docker_base(
        &mut self,
        client: &Image,
        services: &[Service],
        variables: &Mapping,
        login: &Value,
    ) {
        let bases = &mut self.out.pipeline.bases;
        if bases.iter().any(|base| base.name == BASE) {
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
        keys.set("before_script", Value::Seq(vec![login.clone()]));
        let comment = match services {
            [] => "Docker, logged in to the registry.",
            _ => {
                "A Docker daemon of the job's own, logged in to the registry. Only jobs that need one have it."
            }
        };
        bases.push(Base {
            name: BASE.to_owned(),
            comment: comment.to_owned(),
            keys,
        });
    }

    /// Commands that set up a BuildKit builder, and those that take it away where the daemon
    /// outlives the job.
    pub(super) fn builder_setup(&self) -> (Vec<String>, Vec<String>) {
        let docker = self.docker();
        let name = match self.daemon() {
            Daemon::Dind => "job".to_owned(),
            // A shared daemon: the name must not meet that of another job.
            Daemon::Host | Daemon::Address(_) => "job-$CI_JOB_ID".to_owned(),
        };
        let mut setup = Vec::new();
        let mut create = vec![
            "docker buildx create --use --name".to_owned(),
            super::word(&name),
        ];
        // BuildKit runs in a container of its own and does not know the daemon's mirror.
        if let (Daemon::Dind, Some(mirror)) = (self.daemon(), docker.registry_mirror.get()) {
            let (host, plain) = mirror_host(mirror);
            let http = if plain {
                format!("[registry.\"{host}\"]\\n  http = true\\n")
            } else {
                String::new()
            };
            setup.push(format!(
                "printf '[registry.\"docker.io\"]\\n  mirrors = [\"%s\"]\\n{http}' {} > /tmp/buildkitd.toml",
                super::quoted(&host)
            ));
            create.push("--buildkitd-config /tmp/buildkitd.toml".to_owned());
        }
        // A context carries the TLS settings of the environment, which `create` alone refuses.
        setup.push("docker context create daemon".to_owned());
        create.push("daemon".to_owned());
        setup.push(create.join(" "));
        let away = match self.daemon() {
            Daemon::Dind => Vec::new(),
            Daemon::Host | Daemon::Address(_) => {
                vec![format!("docker buildx rm --force {}", super::word(&name))]
            }
        };
        (setup, away)
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

fn dind(docker: &Docker, client: &Image) -> Service {
    let name = match (&docker.dind, client.name.strip_prefix("docker:")) {
        (Field::Set(own), _) => own.value.clone(),
        (_, Some(tag)) => format!("docker:{}-dind", tag.trim_end_matches("-cli")),
        (_, None) => format!("docker:{VERSION}-dind"),
    };
    let tls = docker.tls.copied_or(true);
    let mut command = Vec::new();
    if let Some(mirror) = docker.registry_mirror.get() {
        command = vec!["--registry-mirror".to_owned(), mirror.clone()];
    }
    // The Kubernetes executor waits for the service at this port.
    let port = if tls { "2376" } else { "2375" };
    let variables = Mapping::from_iter([("HEALTHCHECK_TCP_PORT", port)]);
    Service {
        name,
        alias: Some("docker".to_owned()),
        command,
        variables,
        ..Service::default()
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
