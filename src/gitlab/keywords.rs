//! The keys that GitLab knows.
//!
//! For did-you-mean, and to tell what belongs to a job. Facts: `Entry::Job`, `Entry::Bridge`,
//! `Entry::Root` and `Entry::Default` of GitLab FOSS 18.11.2, and GitLab's JSON schema for what
//! the paid editions add (`dast_configuration`, `identity`, `secrets`).

/// Global keys. Everything else at the top level is a job.
pub const GLOBAL: [&str; 11] = [
    "after_script",
    "before_script",
    "cache",
    "default",
    "image",
    "include",
    "services",
    "spec",
    "stages",
    "variables",
    "workflow",
];

/// Keys of a job.
pub const JOB: [&str; 40] = [
    "after_script",
    "allow_failure",
    "artifacts",
    "before_script",
    "cache",
    "coverage",
    "dast_configuration",
    "dependencies",
    "environment",
    "except",
    "extends",
    "hooks",
    "id_tokens",
    "identity",
    "image",
    "inherit",
    "inputs",
    "interruptible",
    "manual_confirmation",
    "needs",
    "only",
    "pages",
    "parallel",
    "publish",
    "release",
    "resource_group",
    "retry",
    "rules",
    "run",
    "script",
    "secrets",
    "services",
    "stage",
    "start_in",
    "tags",
    "timeout",
    "trigger",
    "type",
    "variables",
    "when",
];

/// Keys of `default`.
pub const DEFAULT: [&str; 14] = [
    "after_script",
    "artifacts",
    "before_script",
    "cache",
    "hooks",
    "id_tokens",
    "identity",
    "image",
    "interruptible",
    "retry",
    "secrets",
    "services",
    "tags",
    "timeout",
];

/// What `retry:when` takes: `always`, and every reason for which a job can fail
/// (`Enums::Ci::CommitStatus.failure_reasons`, 19.1). Since when: `gates::value("retry:when", ..)`.
pub const FAILURE_REASONS: [&str; 49] = [
    "always",
    "api_failure",
    "archived_failure",
    "bridge_pipeline_is_child_pipeline",
    "builds_disabled",
    "ci_quota_exceeded",
    "data_integrity_failure",
    "deployment_rejected",
    "downstream_bridge_project_not_found",
    "downstream_pipeline_creation_failed",
    "duo_workflow_not_allowed",
    "environment_creation_failure",
    "failed_outdated_deployment_job",
    "forward_deployment_failure",
    "insufficient_bridge_permissions",
    "insufficient_upstream_permissions",
    "invalid_bridge_trigger",
    "ip_restriction_failure",
    "job_execution_server_timeout",
    "job_execution_timeout",
    "job_router_failure",
    "missing_dependency_failure",
    "no_matching_runner",
    "no_updates_canceling",
    "no_updates_running",
    "pipeline_loop_detected",
    "project_deleted",
    "protected_environment_failure",
    "reached_downstream_pipeline_trigger_rate_limit",
    "reached_max_descendant_pipelines_depth",
    "reached_max_pipeline_hierarchy_size",
    "runner_configuration_error",
    "runner_external_dependency_failure",
    "runner_system_failure",
    "runner_unsupported",
    "scheduler_failure",
    "script_failure",
    "secrets_provider_not_found",
    "server_timeout_canceling",
    "server_timeout_running",
    "stale_schedule",
    "stuck_or_timeout_failure",
    "stuck_pending_no_matching_runners",
    "stuck_pending_with_matching_runners",
    "trace_size_exceeded",
    "unknown_failure",
    "unmet_prerequisites",
    "upstream_bridge_project_not_found",
    "user_blocked",
];

/// Keys that GitLab no longer takes, the version that removed them, and what stands for them.
pub const REMOVED: [(&str, &str, &str); 2] =
    [("type", "15.0", "stage"), ("types", "15.0", "stages")];

/// Whether a job may have this key, in some version from 10.4 on.
pub fn is_job(key: &str) -> bool {
    JOB.contains(&key)
}

/// Whether this key at the top level is not a job.
pub fn is_global(key: &str) -> bool {
    GLOBAL.contains(&key) || key == "types"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_have_nothing_twice() {
        for list in [&GLOBAL[..], &JOB[..], &DEFAULT[..], &FAILURE_REASONS[..]] {
            assert!(list.windows(2).all(|pair| pair[0] < pair[1]), "{list:?}");
        }
        assert!(DEFAULT.iter().all(|key| is_job(key)));
    }

    /// Every key in a file that GitLab 18.11.2 takes is a known one.
    #[test]
    fn every_key_that_gitlab_takes_is_known() {
        let mut seen = 0;
        for case in crate::gitlab::verdicts(include_str!("../../tests/verdicts/keys.jsonl")) {
            assert!(case.valid);
            for (name, value) in case.file.as_mapping().unwrap() {
                let name = name.as_str().unwrap();
                let known: fn(&str) -> bool = match name {
                    // With a script it is a job of that name.
                    "default" if value.get("script").is_none() => |key| DEFAULT.contains(&key),
                    "default" => is_job,
                    // A hidden job may hold anything.
                    name if is_global(name) || name.starts_with('.') => continue,
                    _ => is_job,
                };
                for key in value.as_mapping().into_iter().flat_map(|job| job.keys()) {
                    let key = key.as_str().unwrap();
                    assert!(known(key), "{}: {name}: {key}", case.id);
                    seen += 1;
                }
            }
        }
        assert!(seen > 300, "{seen}");
    }
}
