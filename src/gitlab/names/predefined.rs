//! Variables that GitLab itself gives a value.
//!
//! In: the name of a variable. Out: whether a job that sets it takes GitLab's own value away, and whether it
//! exists when rules are evaluated (columns "pre-pipeline" and "pipeline"). Facts:
//! "Predefined variables reference" of 18.11, with those of earlier versions (`CI_BUILD_*`,
//! `CI_JOB_JWT*`). Not among them: variables by which a project configures the runner, such as
//! `GIT_STRATEGY`, `FF_*`, `CI_DEBUG_TRACE` and `CI_DEBUG_SERVICES`, and `CI_TEMPLATE_REGISTRY_HOST`,
//! which has a default that is meant to be replaced.

/// Whether a variable exists when rules are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exists {
    /// In every pipeline, with a value that is not blank.
    Always,
    /// Or not, whatever the ref: a feature of the project or the instance may be off, or the project sets it.
    Perhaps,
    /// Inside of jobs alone, or where another product sets it.
    InJobs,
    /// As the ref, the trigger and the job say.
    Sometimes,
}

use Exists::{Always, InJobs, Perhaps, Sometimes};

const PREDEFINED: [(&str, Exists); 146] = [
    ("CHAT_CHANNEL", Sometimes),
    ("CHAT_INPUT", Sometimes),
    ("CHAT_USER_ID", Sometimes),
    ("CI", Sometimes),
    ("CI_API_GRAPHQL_URL", Always),
    ("CI_API_V4_URL", Always),
    ("CI_BUILDS_DIR", InJobs),
    ("CI_BUILD_BEFORE_SHA", Sometimes),
    ("CI_BUILD_ID", Sometimes),
    ("CI_BUILD_MANUAL", Sometimes),
    ("CI_BUILD_NAME", Sometimes),
    ("CI_BUILD_REF", Sometimes),
    ("CI_BUILD_REF_NAME", Sometimes),
    ("CI_BUILD_REF_SLUG", Sometimes),
    ("CI_BUILD_REPO", Sometimes),
    ("CI_BUILD_STAGE", Sometimes),
    ("CI_BUILD_TAG", Sometimes),
    ("CI_BUILD_TOKEN", Sometimes),
    ("CI_BUILD_TRIGGERED", Sometimes),
    ("CI_COMMIT_AUTHOR", Always),
    ("CI_COMMIT_BEFORE_SHA", Always),
    ("CI_COMMIT_BRANCH", Sometimes),
    ("CI_COMMIT_DESCRIPTION", Perhaps),
    ("CI_COMMIT_MESSAGE", Perhaps),
    ("CI_COMMIT_REF_NAME", Sometimes),
    ("CI_COMMIT_REF_PROTECTED", Sometimes),
    ("CI_COMMIT_REF_SLUG", Sometimes),
    ("CI_COMMIT_SHA", Always),
    ("CI_COMMIT_SHORT_SHA", Always),
    ("CI_COMMIT_TAG", Sometimes),
    ("CI_COMMIT_TAG_MESSAGE", Sometimes),
    ("CI_COMMIT_TIMESTAMP", Always),
    ("CI_COMMIT_TITLE", Always),
    ("CI_CONCURRENT_ID", InJobs),
    ("CI_CONCURRENT_PROJECT_ID", InJobs),
    ("CI_CONFIG_PATH", Always),
    ("CI_DEBUG_SERVICES", Perhaps),
    ("CI_DEBUG_TRACE", Perhaps),
    ("CI_DEFAULT_BRANCH", Sometimes),
    ("CI_DEFAULT_BRANCH_SLUG", Sometimes),
    ("CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX", Perhaps),
    ("CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX", Perhaps),
    ("CI_DEPENDENCY_PROXY_PASSWORD", InJobs),
    ("CI_DEPENDENCY_PROXY_SERVER", Perhaps),
    ("CI_DEPENDENCY_PROXY_USER", InJobs),
    ("CI_DEPLOY_FREEZE", Perhaps),
    ("CI_DEPLOY_PASSWORD", InJobs),
    ("CI_DEPLOY_USER", InJobs),
    ("CI_DISPOSABLE_ENVIRONMENT", InJobs),
    ("CI_ENVIRONMENT_ACTION", InJobs),
    ("CI_ENVIRONMENT_ID", InJobs),
    ("CI_ENVIRONMENT_NAME", Sometimes),
    ("CI_ENVIRONMENT_SLUG", InJobs),
    ("CI_ENVIRONMENT_TIER", InJobs),
    ("CI_ENVIRONMENT_URL", InJobs),
    ("CI_GITLAB_FIPS_MODE", Perhaps),
    ("CI_HAS_OPEN_REQUIREMENTS", Sometimes),
    ("CI_JOB_GROUP_NAME", Perhaps),
    ("CI_JOB_ID", InJobs),
    ("CI_JOB_IMAGE", InJobs),
    ("CI_JOB_JWT", Sometimes),
    ("CI_JOB_JWT_V2", Sometimes),
    ("CI_JOB_MANUAL", Sometimes),
    ("CI_JOB_NAME", Sometimes),
    ("CI_JOB_NAME_SLUG", Sometimes),
    ("CI_JOB_STAGE", Sometimes),
    ("CI_JOB_STARTED_AT", InJobs),
    ("CI_JOB_STATUS", InJobs),
    ("CI_JOB_TIMEOUT", InJobs),
    ("CI_JOB_TOKEN", InJobs),
    ("CI_JOB_URL", InJobs),
    ("CI_KUBERNETES_ACTIVE", Sometimes),
    ("CI_NODE_INDEX", Sometimes),
    ("CI_NODE_TOTAL", Sometimes),
    ("CI_OPEN_MERGE_REQUESTS", Sometimes),
    ("CI_PAGES_DOMAIN", Perhaps),
    ("CI_PAGES_HOSTNAME", Perhaps),
    ("CI_PAGES_PATH_PREFIX", Sometimes),
    ("CI_PAGES_URL", Perhaps),
    ("CI_PIPELINE_CREATED_AT", Always),
    ("CI_PIPELINE_ID", InJobs),
    ("CI_PIPELINE_IID", Always),
    // `workflow:name` is evaluated after all rules (`Chain::PopulateMetadata`, 18.11).
    ("CI_PIPELINE_NAME", InJobs),
    ("CI_PIPELINE_SCHEDULE_DESCRIPTION", Sometimes),
    ("CI_PIPELINE_SOURCE", Sometimes),
    ("CI_PIPELINE_TRIGGERED", Sometimes),
    ("CI_PIPELINE_URL", InJobs),
    ("CI_PROJECT_CLASSIFICATION_LABEL", Perhaps),
    ("CI_PROJECT_DESCRIPTION", Perhaps),
    ("CI_PROJECT_DIR", InJobs),
    ("CI_PROJECT_ID", Always),
    ("CI_PROJECT_NAME", Always),
    ("CI_PROJECT_NAMESPACE", Always),
    ("CI_PROJECT_NAMESPACE_ID", Always),
    ("CI_PROJECT_NAMESPACE_SLUG", Always),
    ("CI_PROJECT_PATH", Always),
    ("CI_PROJECT_PATH_SLUG", Always),
    ("CI_PROJECT_REPOSITORY_LANGUAGES", Perhaps),
    ("CI_PROJECT_ROOT_NAMESPACE", Always),
    ("CI_PROJECT_TITLE", Always),
    ("CI_PROJECT_TOPICS", Perhaps),
    ("CI_PROJECT_URL", Always),
    ("CI_PROJECT_VISIBILITY", Always),
    ("CI_REGISTRY", Perhaps),
    ("CI_REGISTRY_IMAGE", Perhaps),
    ("CI_REGISTRY_PASSWORD", InJobs),
    ("CI_REGISTRY_USER", InJobs),
    ("CI_RELEASE_DESCRIPTION", Perhaps),
    ("CI_REPOSITORY_URL", InJobs),
    ("CI_RUNNER_DESCRIPTION", InJobs),
    ("CI_RUNNER_EXECUTABLE_ARCH", InJobs),
    ("CI_RUNNER_ID", InJobs),
    ("CI_RUNNER_REVISION", InJobs),
    ("CI_RUNNER_SHORT_TOKEN", InJobs),
    ("CI_RUNNER_TAGS", InJobs),
    ("CI_RUNNER_VERSION", InJobs),
    ("CI_SERVER", Sometimes),
    ("CI_SERVER_FQDN", Always),
    ("CI_SERVER_HOST", Always),
    ("CI_SERVER_NAME", Always),
    ("CI_SERVER_PORT", Always),
    ("CI_SERVER_PROTOCOL", Always),
    ("CI_SERVER_REVISION", Always),
    ("CI_SERVER_SHELL_SSH_HOST", Always),
    ("CI_SERVER_SHELL_SSH_PORT", Always),
    ("CI_SERVER_TLS_CA_FILE", InJobs),
    ("CI_SERVER_TLS_CERT_FILE", InJobs),
    ("CI_SERVER_TLS_KEY_FILE", InJobs),
    ("CI_SERVER_URL", Always),
    ("CI_SERVER_VERSION", Always),
    ("CI_SERVER_VERSION_MAJOR", Always),
    ("CI_SERVER_VERSION_MINOR", Always),
    ("CI_SERVER_VERSION_PATCH", Always),
    ("CI_SHARED_ENVIRONMENT", Sometimes),
    ("CI_TEMPLATE_REGISTRY_HOST", Always),
    ("CI_TRIGGER_SHORT_TOKEN", Sometimes),
    ("CI_UPSTREAM_JOB_ID", Sometimes),
    ("CI_UPSTREAM_PIPELINE_ID", Sometimes),
    ("CI_UPSTREAM_PROJECT_ID", Sometimes),
    ("GITLAB_CI", Sometimes),
    ("GITLAB_FEATURES", Perhaps),
    ("GITLAB_USER_EMAIL", Perhaps),
    ("GITLAB_USER_ID", Sometimes),
    ("GITLAB_USER_LOGIN", Always),
    ("GITLAB_USER_NAME", Perhaps),
    ("TRIGGER_PAYLOAD", Sometimes),
];

/// Those whose value a project is meant to replace.
const REPLACED: [&str; 3] = [
    "CI_DEBUG_SERVICES",
    "CI_DEBUG_TRACE",
    "CI_TEMPLATE_REGISTRY_HOST",
];

/// Beginnings of names that only GitLab uses.
const BEGINNINGS: [&str; 2] = ["CI_EXTERNAL_PULL_REQUEST_", "CI_MERGE_REQUEST_"];

/// Whether GitLab itself gives the variable a value.
pub fn is_predefined(name: &str) -> bool {
    exists(name).is_some() && !REPLACED.contains(&name)
        || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

/// Whether a variable of GitLab's exists when rules are evaluated; `None` for other names.
pub fn exists(name: &str) -> Option<Exists> {
    let at = PREDEFINED.binary_search_by_key(&name, |(name, _)| name);
    at.ok()
        .and_then(|at| PREDEFINED.get(at))
        .map(|(_, exists)| *exists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_gitlab_sets_is_predefined() {
        assert!(PREDEFINED.is_sorted_by_key(|(name, _)| *name));
        for name in [
            "CI",
            "CI_REGISTRY",
            "CI_MERGE_REQUEST_IID",
            "GITLAB_USER_EMAIL",
            "CI_COMMIT_SHA",
        ] {
            assert!(is_predefined(name), "{name}");
        }
        for name in [
            "GIT_STRATEGY",
            "CI_DEBUG_TRACE",
            "FF_USE_FASTZIP",
            "CI_REGISTRY_MIRROR",
            "KUBECONFIG",
        ] {
            assert!(!is_predefined(name), "{name}");
        }
    }
}
