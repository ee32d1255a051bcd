//! The programs of generated jobs, and the images that jobs have them from.
//!
//! In: a [`Tool`]. Out: the image: the manifest's, else the pinned one, from the manifest's mirror if it
//! names one. Always holds: the job gets a shell, whatever the image starts by itself.

use super::Lowering;
use super::entrypoint::takes_no_shell;
use crate::manifest::tool_images::ToolImages;
use crate::pipeline::Image;

/// A program that generated jobs need. Docker has its own rules: see [`super::docker`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// regctl (regclient 0.11.5), in a variant with a shell.
    Regctl,
    /// git, for `ls-remote`.
    Git,
    /// kubectl alone.
    Kubectl,
    /// helm, kustomize, envsubst, curl and kubectl (alpine-docker/k8s, its Dockerfile). `alpine/helm` has
    /// no kubectl, which reaches the cluster, watches workloads and deletes namespaces.
    Helm,
    /// Rootless BuildKit with `buildctl`.
    Buildkit,
    /// Buildah.
    Buildah,
}

impl Tool {
    /// The image of windlass's own choice, and whether it starts a shell by itself.
    fn pinned(self) -> (&'static str, bool) {
        match self {
            Self::Regctl => ("ghcr.io/regclient/regctl:v0.11.5-alpine", true),
            Self::Git => ("alpine/git:2.49.1", false),
            Self::Kubectl => ("alpine/kubectl:1.34.1", false),
            Self::Helm => ("alpine/k8s:1.34.1", true),
            Self::Buildkit => ("moby/buildkit:v0.29.0-rootless", false),
            Self::Buildah => ("quay.io/buildah/stable:v1.43.1", false),
        }
    }

    fn own(self, tools: &ToolImages) -> Option<&str> {
        let field = match self {
            Self::Regctl => &tools.regctl,
            Self::Git => &tools.git,
            Self::Kubectl => &tools.kubectl,
            Self::Helm => &tools.helm,
            Self::Buildkit => &tools.buildkit,
            Self::Buildah => &tools.buildah,
        };
        field.get().map(String::as_str)
    }
}

impl Lowering<'_> {
    /// The image of a program.
    pub(crate) fn tool(&self, tool: Tool) -> Image {
        let (pinned, mut starts_shell) = tool.pinned();
        let own = self.manifest.tools.get().and_then(|tools| tool.own(tools));
        if let Some(own) = own {
            starts_shell &= !takes_no_shell(own);
        }
        Image {
            name: own.map_or_else(|| self.mirrored(pinned), str::to_owned),
            entrypoint: (!starts_shell).then(|| vec![String::new()]),
            ..Image::default()
        }
    }

    /// The reference of a pinned image in the manifest's mirror, if it names one.
    pub(super) fn mirrored(&self, pinned: &str) -> String {
        let tools = self.manifest.tools.get();
        let Some(prefix) = tools.and_then(|tools| tools.prefix.get()) else {
            return pinned.to_owned();
        };
        let path = match pinned.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) => path,
            _ => pinned,
        };
        format!("{}/{path}", prefix.trim_end_matches('/'))
    }
}
