//! The images of the programs that generated jobs run.

use super::kinds::Text;
use super::record::{Field, record};

record! {
    /// The images that generated jobs take their programs from: references with a tag or a digest.
    /// Default: pinned images.
    ToolImages {
        /// Where the pinned images are pulled from instead of their own registries, as in
        /// `$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX`: `docker:29.1.3-cli` becomes
        /// `PREFIX/docker:29.1.3-cli`, and `ghcr.io/regclient/regctl:v0.11.5-alpine` becomes
        /// `PREFIX/regclient/regctl:v0.11.5-alpine`. Images that the manifest writes stay as they are.
        prefix: Text,
        /// Docker's client; `docker.image` comes first. The `dind` service has the same version.
        docker: Text,
        /// regctl and a shell, for tags of a registry.
        regctl: Text,
        /// git and a shell, for the list of branches.
        git: Text,
        /// kubectl and a shell, for jobs that need no other tool. `kubernetes.image` overrides it.
        kubectl: Text,
        /// helm, kustomize, envsubst and kubectl with a shell. `kubernetes.image` overrides it.
        helm: Text,
        /// Rootless BuildKit and a shell (`builder: buildkit`).
        buildkit: Text,
        /// Buildah and a shell (`builder: buildah`).
        buildah: Text,
    }
}

impl ToolImages {
    /// The images, by key.
    pub fn images(&self) -> [(&'static str, &Field<Text>); 7] {
        [
            ("docker", &self.docker),
            ("regctl", &self.regctl),
            ("git", &self.git),
            ("kubectl", &self.kubectl),
            ("helm", &self.helm),
            ("buildkit", &self.buildkit),
            ("buildah", &self.buildah),
        ]
    }
}
