//! Which GitLab has what first.
//!
//! In: a keyword by its path (`artifacts:reports:dotenv`), a value, or a predefined variable. Out:
//! the first version in which it works on every instance: where a feature came behind a flag, the
//! version in which the flag was on. Always holds: what is not listed is older than
//! [`Version::OLDEST`].
//!
//! Source: the history notes of GitLab's own documentation, from 10.7 to 18.11, and its changelog;
//! `tests/targets/gates.tsv` holds each row, and a test compares.

use super::Version;
use super::expression::Expr;

/// Ref sets become `rules` from here on. `rules` are of 12.3 and `workflow` of 12.5, but what they
/// ask, `CI_COMMIT_BRANCH`, is of 12.6; before, a tag is told from a branch by `only` and `except`.
pub const RULES: Version = Version::new(12, 6);
/// `workflow:rules:variables`.
pub const WORKFLOW_VARIABLES: Version = Version::new(14, 1);
/// A job's own `when` beside `rules`; before, each rule has its own.
pub const WHEN_BESIDE_RULES: Version = Version::new(14, 6);
/// `rules:changes:compare_to`.
pub const COMPARE_TO: Version = Version::new(15, 3);
/// Parentheses in a condition.
pub const PARENTHESES: Version = Version::new(13, 3);
/// `&&` and `||` in a condition.
pub const AND_OR: Version = Version::new(12, 0);
/// `only:variables`, and conditions at all.
pub const ONLY_VARIABLES: Version = Version::new(10, 7);
/// `only:changes`.
pub const ONLY_CHANGES: Version = Version::new(11, 4);
/// `only: merge_requests`.
pub const MERGE_REQUESTS: Version = Version::new(11, 6);
/// Patterns of `only` are RE2's (11.9.4); before, they are Ruby's.
pub const RE2: Version = Version::new(11, 10);
/// `needs`.
pub const NEEDS: Version = Version::new(12, 2);
/// `needs:job`, `needs:artifacts`.
pub const NEEDS_MAPPING: Version = Version::new(12, 6);
/// `needs: []`.
pub const NEEDS_NOTHING: Version = Version::new(12, 8);
/// `needs:optional`.
pub const NEEDS_OPTIONAL: Version = Version::new(14, 0);
/// `needs` of a job in the same stage.
pub const NEEDS_IN_STAGE: Version = Version::new(14, 2);
/// `environment:action: access`; before, `prepare` says as little.
pub const ACCESS: Version = Version::new(15, 0);
/// `environment:auto_stop_in`.
pub const AUTO_STOP: Version = Version::new(12, 8);
/// `artifacts:reports:dotenv`.
pub const DOTENV: Version = Version::new(12, 9);
/// `services:variables`.
pub const SERVICE_VARIABLES: Version = Version::new(14, 5);
/// `interruptible`.
pub const INTERRUPTIBLE: Version = Version::new(12, 3);
/// `resource_group`.
pub const RESOURCE_GROUP: Version = Version::new(12, 7);
/// `CI_DEFAULT_BRANCH`.
pub const DEFAULT_BRANCH: Version = Version::new(12, 4);
/// `CI_OPEN_MERGE_REQUESTS`.
pub const OPEN_MERGE_REQUESTS: Version = Version::new(13, 8);
/// `CI_COMMIT_REF_PROTECTED`.
pub const REF_PROTECTED: Version = Version::new(11, 11);
/// GitLab's registry lets a job's own credentials delete.
pub const JOB_DELETES: Version = Version::new(12, 3);
/// GitLab's registry deletes a tag by its name.
pub const DELETE_TAG: Version = Version::new(16, 4);
/// `kubectl` through GitLab's agent in a job.
pub const AGENT: Version = Version::new(14, 2);
/// The certificate-based integration is off from here on.
pub const NO_INTEGRATION: Version = Version::new(15, 0);

/// So many jobs GitLab takes in `needs`.
pub fn most_needs(target: Version) -> usize {
    match target {
        target if target < Version::new(12, 7) => 5,
        target if target < Version::new(13, 8) => 10,
        _ => 50,
    }
}

/// A name, and the version that has it first.
type Gate = (&'static str, Version);

const fn gate(name: &'static str, major: u16, minor: u16) -> Gate {
    (name, Version::new(major, minor))
}

/// Keywords by their path; a list has no path of its own, and `*` is a name that people choose.
#[rustfmt::skip]
const KEYWORDS: &[Gate] = &[
    gate("allow_failure:exit_codes", 13, 9),
    gate("artifacts:access", 16, 11),
    gate("artifacts:exclude", 13, 1),
    gate("artifacts:expose_as", 12, 5),
    gate("artifacts:public", 16, 7),
    gate("artifacts:reports", 11, 2),
    gate("artifacts:reports:accessibility", 16, 7),
    gate("artifacts:reports:annotations", 16, 3),
    gate("artifacts:reports:api_fuzzing", 16, 7),
    gate("artifacts:reports:browser_performance", 14, 0),
    gate("artifacts:reports:codequality", 11, 5),
    gate("artifacts:reports:container_scanning", 11, 5),
    gate("artifacts:reports:coverage_fuzzing", 16, 7),
    gate("artifacts:reports:coverage_report", 14, 10),
    gate("artifacts:reports:cyclonedx", 15, 3),
    gate("artifacts:reports:dast", 11, 5),
    gate("artifacts:reports:dependency_scanning", 11, 5),
    gate("artifacts:reports:dotenv", 12, 9),
    gate("artifacts:reports:junit", 11, 2),
    gate("artifacts:reports:load_performance", 13, 2),
    gate("artifacts:reports:metrics", 11, 10),
    gate("artifacts:reports:requirements", 16, 7),
    gate("artifacts:reports:sast", 11, 5),
    gate("artifacts:reports:secret_detection", 13, 1),
    gate("artifacts:reports:terraform", 12, 10),
    gate("cache:fallback_keys", 16, 0),
    gate("cache:key:files", 12, 5),
    gate("cache:key:prefix", 12, 5),
    gate("cache:unprotect", 15, 8),
    gate("cache:when", 13, 5),
    gate("dast_configuration", 14, 1),
    gate("environment:auto_stop_in", 12, 8),
    gate("environment:deployment_tier", 13, 10),
    gate("environment:kubernetes", 12, 6),
    gate("environment:kubernetes:agent", 17, 6),
    gate("except:changes", 11, 4),
    gate("except:variables", 10, 7),
    gate("extends", 11, 3),
    gate("hooks", 15, 10),
    gate("id_tokens", 15, 7),
    gate("identity", 17, 1),
    gate("image:docker", 16, 7),
    gate("image:docker:user", 16, 8),
    gate("image:kubernetes", 18, 0),
    gate("image:pull_policy", 15, 2),
    gate("inherit", 12, 9),
    gate("inputs", 18, 10),
    gate("interruptible", 12, 3),
    gate("manual_confirmation", 17, 1),
    gate("needs", 12, 2),
    gate("needs:artifacts", 12, 6),
    gate("needs:job", 12, 6),
    gate("needs:optional", 14, 0),
    gate("needs:parallel", 16, 3),
    gate("needs:pipeline", 12, 6),
    gate("needs:project", 12, 7),
    gate("only:changes", 11, 4),
    gate("only:variables", 10, 7),
    gate("pages", 17, 9),
    gate("parallel", 11, 5),
    gate("parallel:matrix", 13, 3),
    gate("publish", 16, 1),
    gate("release", 13, 2),
    gate("resource_group", 12, 7),
    gate("retry:exit_codes", 16, 11),
    gate("retry:max", 11, 5),
    gate("retry:when", 11, 5),
    gate("rules", 12, 3),
    gate("rules:allow_failure", 12, 8),
    gate("rules:changes:compare_to", 15, 3),
    gate("rules:changes:paths", 15, 2),
    gate("rules:exists", 12, 4),
    gate("rules:exists:paths", 17, 0),
    gate("rules:interruptible", 16, 10),
    gate("rules:needs", 16, 2),
    gate("rules:variables", 13, 10),
    gate("run", 17, 5),
    gate("secrets", 13, 4),
    gate("services:docker", 16, 7),
    gate("services:docker:user", 16, 8),
    gate("services:kubernetes", 18, 0),
    gate("services:pull_policy", 15, 2),
    gate("services:variables", 14, 5),
    gate("start_in", 11, 4),
    gate("timeout", 12, 3),
    gate("trigger", 11, 8),
    gate("trigger:forward", 14, 10),
    gate("trigger:include", 12, 7),
    gate("trigger:inputs", 17, 11),
    gate("trigger:strategy", 12, 3),
    gate("variables:*:description", 13, 7),
    gate("variables:*:expand", 15, 7),
    gate("variables:*:options", 15, 7),
    gate("variables:*:value", 13, 7),
    // At the top alone.
    gate("default", 12, 1),
    gate("default:artifacts", 12, 7),
    gate("default:hooks", 15, 10),
    gate("default:id_tokens", 16, 4),
    gate("default:interruptible", 12, 7),
    gate("default:retry", 12, 7),
    gate("default:tags", 12, 7),
    gate("default:timeout", 12, 7),
    gate("include", 11, 4),
    gate("include:component", 16, 2),
    gate("include:file", 11, 7),
    gate("include:inputs", 16, 0),
    gate("include:integrity", 17, 9),
    gate("include:rules", 14, 3),
    gate("include:template", 11, 7),
    gate("spec", 15, 11),
    gate("workflow", 12, 5),
    gate("workflow:auto_cancel", 16, 9),
    gate("workflow:name", 15, 7),
    gate("workflow:rules:auto_cancel", 16, 9),
    gate("workflow:rules:changes", 14, 5),
    gate("workflow:rules:exists", 14, 5),
    gate("workflow:rules:variables", 14, 1),
];

/// Values of a keyword.
#[rustfmt::skip]
const VALUES: &[(&str, Gate)] = &[
    ("artifacts:expire_in", gate("never", 13, 3)),
    ("artifacts:reports:coverage_report:coverage_format", gate("jacoco", 18, 4)),
    ("environment:action", gate("access", 15, 0)),
    ("environment:action", gate("prepare", 13, 2)),
    ("environment:action", gate("verify", 15, 0)),
    ("only", gate("external_pull_requests", 12, 3)),
    ("only", gate("merge_requests", 11, 6)),
    ("stage", gate(".post", 12, 4)),
    ("stage", gate(".pre", 12, 4)),
    ("trigger:strategy", gate("mirror", 18, 2)),
    ("when", gate("delayed", 11, 4)),
];

/// Predefined variables.
#[rustfmt::skip]
const VARIABLES: &[Gate] = &[
    gate("CI_API_GRAPHQL_URL", 15, 11),
    gate("CI_API_V4_URL", 11, 7),
    gate("CI_COMMIT_BEFORE_SHA", 11, 2),
    gate("CI_COMMIT_BRANCH", 12, 6),
    gate("CI_COMMIT_DESCRIPTION", 10, 8),
    gate("CI_COMMIT_MESSAGE", 10, 8),
    gate("CI_COMMIT_REF_PROTECTED", 11, 11),
    gate("CI_COMMIT_SHORT_SHA", 11, 7),
    gate("CI_COMMIT_TAG_MESSAGE", 15, 5),
    gate("CI_COMMIT_TIMESTAMP", 13, 4),
    gate("CI_COMMIT_TITLE", 10, 8),
    gate("CI_DEFAULT_BRANCH", 12, 4),
    gate("CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX", 14, 3),
    gate("CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX", 13, 7),
    gate("CI_DEPENDENCY_PROXY_PASSWORD", 13, 7),
    gate("CI_DEPENDENCY_PROXY_SERVER", 13, 7),
    gate("CI_DEPENDENCY_PROXY_USER", 13, 7),
    gate("CI_DEPLOY_FREEZE", 13, 2),
    gate("CI_DEPLOY_PASSWORD", 10, 8),
    gate("CI_DEPLOY_USER", 10, 8),
    gate("CI_ENVIRONMENT_ACTION", 13, 11),
    gate("CI_ENVIRONMENT_TIER", 14, 0),
    gate("CI_JOB_IMAGE", 12, 9),
    gate("CI_JOB_NAME_SLUG", 15, 4),
    gate("CI_JOB_STARTED_AT", 13, 10),
    gate("CI_JOB_STATUS", 13, 5),
    gate("CI_JOB_TIMEOUT", 15, 7),
    gate("CI_JOB_URL", 11, 1),
    gate("CI_KUBERNETES_ACTIVE", 13, 0),
    gate("CI_MERGE_REQUEST_EVENT_TYPE", 12, 3),
    gate("CI_MERGE_REQUEST_ID", 11, 6),
    gate("CI_MERGE_REQUEST_IID", 11, 6),
    gate("CI_MERGE_REQUEST_LABELS", 11, 9),
    gate("CI_MERGE_REQUEST_PROJECT_ID", 11, 6),
    gate("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", 11, 6),
    gate("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", 11, 9),
    gate("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", 11, 6),
    gate("CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED", 15, 2),
    gate("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", 11, 9),
    gate("CI_MERGE_REQUEST_TITLE", 11, 9),
    gate("CI_NODE_INDEX", 11, 5),
    gate("CI_NODE_TOTAL", 11, 5),
    gate("CI_OPEN_MERGE_REQUESTS", 13, 8),
    gate("CI_PAGES_DOMAIN", 11, 8),
    gate("CI_PAGES_URL", 11, 8),
    gate("CI_PIPELINE_CREATED_AT", 13, 10),
    gate("CI_PIPELINE_IID", 11, 0),
    gate("CI_PIPELINE_NAME", 16, 3),
    gate("CI_PIPELINE_SCHEDULE_DESCRIPTION", 17, 8),
    gate("CI_PIPELINE_URL", 11, 1),
    gate("CI_PROJECT_DESCRIPTION", 15, 1),
    gate("CI_PROJECT_NAMESPACE_ID", 15, 7),
    gate("CI_PROJECT_ROOT_NAMESPACE", 13, 2),
    gate("CI_PROJECT_TITLE", 12, 4),
    gate("CI_RELEASE_DESCRIPTION", 15, 5),
    gate("CI_SERVER_FQDN", 16, 10),
    gate("CI_SERVER_HOST", 12, 1),
    gate("CI_SERVER_PORT", 12, 8),
    gate("CI_SERVER_PROTOCOL", 12, 8),
    gate("CI_SERVER_SHELL_SSH_HOST", 15, 11),
    gate("CI_SERVER_SHELL_SSH_PORT", 15, 11),
    gate("CI_SERVER_URL", 12, 7),
    gate("CI_SERVER_VERSION_MAJOR", 11, 4),
    gate("CI_SERVER_VERSION_MINOR", 11, 4),
    gate("KUBE_INGRESS_BASE_DOMAIN", 11, 8),
];

fn find(gates: &[Gate], name: &str) -> Option<Version> {
    let found = gates.iter().find(|(known, _)| *known == name);
    found.map(|(_, since)| *since)
}

/// Since when a keyword is there; `None` if in every target.
pub fn keyword(path: &str) -> Option<Version> {
    find(KEYWORDS, path)
}

/// Since when a keyword has a value; `None` if in every target.
pub fn value(path: &str, value: &str) -> Option<Version> {
    let mut gates = VALUES.iter();
    let found = gates.find(|(known, (word, _))| *known == path && *word == value);
    found.map(|(_, (_, since))| *since)
}

/// Since when GitLab sets a variable; `None` if in every target, or if it is none of GitLab's.
pub fn variable(name: &str) -> Option<Version> {
    find(VARIABLES, name)
}

/// Since when a condition can be asked: its operators, and what GitLab sets of its variables.
pub fn condition(expr: &Expr) -> Version {
    let variables = expr.variables().into_iter().filter_map(variable);
    variables.fold(expr.since(), Version::max)
}
