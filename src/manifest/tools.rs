//! How jobs reach a Docker daemon, a cluster, registries and compose (language, section 3).

use super::collection::{List, Map};
use super::kinds::{ProjectPath, Text, VariableName};
use super::record::{Field, Read, Reader, Record, SchemaName, See, Wanted, record, words};
use super::tests::JobImage;
use crate::source::{Kind, Node, Span};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

record! {
    /// How jobs reach a Docker daemon.
    Docker {
        /// The image of jobs that build, or test `via` docker or compose. Default: `tools.docker`, or
        /// else a pinned `docker:<version>-cli`; below GitLab 13 with Compose `docker/compose`.
        image: JobImage,
        /// `dind` (a daemon of the job's own, as a service), `host` (the runner's socket), or the
        /// address of a daemon, `tcp://...`. Only jobs that need a daemon get one. On a daemon of
        /// several jobs each has its own logins, builder, containers and Compose project, and removes
        /// them at its end, also when it fails; only images stay, as a cache. Plugins of the Docker
        /// client must then be installed for all users, not in `~/.docker`.
        daemon: Text,
        /// The image of the `dind` service. Default: the version of `image`.
        dind: Text,
        /// Whether the connection to the `dind` service is encrypted. Default: `true`.
        tls: bool,
        /// URL of a mirror of Docker Hub, which the `dind` daemon asks first.
        registry_mirror: Text,
    }
}

words! {
    /// What a variable with a kubeconfig holds.
    KubeconfigEncoding {
        /// The path of a file: a CI/CD variable of type file.
        File "file",
        /// The file's content, in base64.
        Base64 "base64",
        /// The file's content.
        Text "text",
    }
}

record! {
    /// A kubeconfig in a CI/CD variable; the variable's name alone is enough.
    Kubeconfig = "variable" {
        /// Name of the variable.
        variable: VariableName,
        /// What the variable holds. Default: `file`.
        encoding: KubeconfigEncoding,
    }
}

record! {
    /// How jobs reach a Kubernetes cluster: exactly one of `agent`, `context`, `kubeconfig` and
    /// `integration`.
    Kubernetes {
        /// The GitLab agent: `path/to/agent-project:agent-name`.
        agent: Text,
        /// A context of the kubeconfig that the runner has.
        context: Text,
        /// A kubeconfig in a CI/CD variable.
        kubeconfig: Kubeconfig,
        /// The certificate-based integration of old GitLab versions, removed in GitLab 15.0.
        integration: bool,
        /// The image of jobs that deploy: a name of `images`, or a reference with a tag. Default:
        /// `tools.kubectl`, or else a pinned `alpine/kubectl`; jobs that need helm, kustomize or
        /// envsubst as well use `tools.helm`, or else a pinned `alpine/k8s`.
        image: JobImage,
        /// The namespace of every command.
        namespace: Text,
        /// Whether to create the namespace if it does not exist.
        create_namespace: bool,
    }
}

impl Kubernetes {
    /// The access that holds in an environment: its own over the top-level one. An own way of access
    /// replaces the top-level way, as the two exclude each other.
    pub fn over(&self, top: Option<&Kubernetes>) -> Kubernetes {
        let mut merged = self.clone();
        let Some(top) = top else { return merged };
        let mut top = top.clone();
        if !self.ways().is_empty() {
            top.agent = Field::Absent;
            top.context = Field::Absent;
            top.kubeconfig = Field::Absent;
            top.integration = Field::Absent;
        }
        merged.inherit_keys(&top);
        merged
    }

    /// What says which cluster it is, as far as the manifest knows.
    pub fn cluster(&self) -> [Option<&str>; 3] {
        let kubeconfig = self.kubeconfig.get();
        let variable = kubeconfig.and_then(|of| of.variable.get());
        [
            self.agent.get().map(String::as_str),
            self.context.get().map(String::as_str),
            variable.map(|name| &**name),
        ]
    }

    /// The ways of access that are written.
    pub fn ways(&self) -> Vec<(&'static str, Span)> {
        let integration = self
            .integration
            .at()
            .filter(|at| at.value)
            .map(|at| at.span);
        [
            ("agent", self.agent.span()),
            ("context", self.context.span()),
            ("kubeconfig", self.kubeconfig.span()),
            ("integration", integration),
        ]
        .into_iter()
        .filter_map(|(key, at)| at.map(|at| (key, at)))
        .collect()
    }
}

words! {
    /// How a tag is deleted.
    DeleteBy {
        /// `DELETE` of the tag: GitLab from 16.4, distribution from 3.0.
        Tag "tag",
        /// The tag is moved to a unique empty image, which is then deleted: works with any registry.
        /// The job first checks that it may delete.
        Dummy "dummy",
    }
}

record! {
    /// A registry. Credentials are names of CI/CD variables, never values.
    Registry {
        /// Host and port: `registry.example.com:5000`.
        host: Text,
        /// Name of the variable that holds the user.
        username: VariableName,
        /// Name of the variable that holds the password or token.
        password: VariableName,
        /// Name of the variable that holds the user who may delete, if it is a different one.
        delete_username: VariableName,
        /// Name of the variable that holds the password of the user who may delete.
        delete_password: VariableName,
        /// How a tag is deleted. Default: follows from the version of GitLab.
        delete_by: DeleteBy,
    }
}

record! {
    /// The project's compose files, and which of their services run which image.
    Compose {
        /// The compose files. Default: `docker-compose.yml`.
        files: List<ProjectPath>,
        /// The override file that windlass writes. Default: `docker-compose.windlass.yml`.
        override_file as "override": ProjectPath,
        /// Compose service -> name of the image that it runs.
        services: Map<Text>,
    }
}

/// An entry of GitLab's `include`, verbatim.
#[derive(Debug, Clone, PartialEq)]
pub struct Include(pub Node);

impl Read for Include {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Mapping(_) => Some(Self(node.clone())),
            Kind::Scalar(_) | Kind::Sequence(_) => {
                let wanted = Wanted::Like("mappings such as `{local: ci/extra.yml}`");
                reader.wrong_type(node, wanted);
                None
            }
        }
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        see(self);
    }
}

impl JsonSchema for Include {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "Include".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}
