//! Images of tools whose own entrypoint takes the runner's shell for its arguments.
//!
//! In: the image of a job. Out: whether the job has to take its entrypoint away. The runner starts a
//! container with `sh -c ...`, which the entrypoint gets: one that ends in `exec "$@"`, as those of most
//! official images, runs it; `kubectl` or `trivy` read it as a subcommand and fail.

/// Repositories of such images, without the registry that they are pulled from. Each has a shell.
/// Entrypoints as their Dockerfiles had them in November 2025.
const TOOLS: &[&str] = &[
    "alpine/curl",
    "alpine/git",
    "alpine/helm",
    "alpine/kubectl",
    "amazon/aws-cli",
    "anchore/grype",
    "aquasec/tfsec",
    "aquasec/trivy",
    "aquasecurity/trivy",
    "aws-cli/aws-cli",
    "bitnami/cosign",
    "bitnami/kubectl",
    "bitnamilegacy/kubectl",
    "bitnamisecure/kubectl",
    "bridgecrew/checkov",
    "checkmarx/kics",
    "curlimages/curl",
    "cypress/included",
    "cytopia/yamllint",
    "davidanson/markdownlint-cli2",
    "docker/compose",
    "flyway/flyway",
    "getsentry/sentry-cli",
    "gitleaks/gitleaks",
    "gittools/gitversion",
    "go-containerregistry/crane",
    "goodwithtech/dockle",
    "goreleaser/goreleaser",
    "grafana/k6",
    "hashicorp/packer",
    "hashicorp/terraform",
    "instrumenta/conftest",
    "instrumenta/kubeval",
    "kaniko-project/executor",
    "kustomize/kustomize",
    "lachlanevenson/k8s-helm",
    "lachlanevenson/k8s-kubectl",
    "loadimpact/k6",
    "mikefarah/yq",
    "minio/mc",
    "moby/buildkit",
    "openpolicyagent/conftest",
    "opentofu/opentofu",
    "owasp/dependency-check",
    "pandoc/core",
    "pandoc/extra",
    "pandoc/latex",
    "postman/newman",
    "pulumi/pulumi",
    "rancher/kubectl",
    "rclone/rclone",
    "regclient/regbot",
    "regclient/regctl",
    "regclient/regsync",
    "restic/restic",
    "skopeo/stable",
    "sonarsource/sonar-scanner-cli",
    "squidfunk/mkdocs-material",
    "terraform-linters/tflint",
    "trufflesecurity/trufflehog",
    "wagoodman/dive",
    "yannh/kubeconform",
    "zegl/kube-score",
    "zricethezav/gitleaks",
];

/// Whether the entrypoint of an image must be taken away for a job's shell, from whatever registry
/// or mirror it is pulled.
pub(crate) fn takes_no_shell(reference: &str) -> bool {
    let name = reference.split('@').next().unwrap_or_default();
    let behind = name.rfind('/').map_or(0, |slash| slash + 1);
    let tag = name.get(behind..).and_then(|last| last.find(':'));
    let name = tag.map_or(name, |tag| name.get(..behind + tag).unwrap_or_default());
    TOOLS.iter().any(|tool| {
        let prefix = name.strip_suffix(tool);
        prefix.is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_known_whatever_they_are_pulled_from() {
        assert!(TOOLS.is_sorted());
        for image in [
            "aquasec/trivy",
            "aquasec/trivy:0.67.2",
            "docker.io/bitnami/kubectl:1.33",
            "gcr.io/kaniko-project/executor:v1.24.0-debug",
            "mirror.example.com:5000/hub/alpine/helm:4@sha256:00",
            "$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/amazon/aws-cli:2",
        ] {
            assert!(takes_no_shell(image), "{image}");
        }
        for image in [
            "alpine:3.22",
            "notaquasec/trivy:1",
            "aquasec/trivy/db:1",
            "helm",
            "alpine/k8s:1.34.1",
            "",
        ] {
            assert!(!takes_no_shell(image), "{image}");
        }
    }
}
