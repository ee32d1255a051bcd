//! The variables that GitLab sets itself, at the time when rules are evaluated.
//!
//! In: a [`Situation`] and a name. Out: what is known of it then. Always holds: what exists only
//! inside of jobs is unset here; a name that GitLab does not know may be set by the project, and
//! so is unknown.
//!
//! Facts: "Predefined variables reference" of 18.11, columns "pre-pipeline" and "pipeline";
//! `Gitlab::Ci::Variables::Builder`.

use super::situation::{Changed, Ref, Situation, Trigger};
use crate::gitlab::expression::Lookup;
use crate::gitlab::names::{Exists, exists, ref_slug};

/// Exist in the rules of jobs, where the job gives them their value ([`super::scope::Scope::of_job`]).
const OF_THE_JOB: [&str; 9] = [
    "CI_ENVIRONMENT_ACTION",
    "CI_ENVIRONMENT_NAME",
    "CI_ENVIRONMENT_TIER",
    "CI_JOB_MANUAL",
    "CI_JOB_NAME",
    "CI_JOB_NAME_SLUG",
    "CI_JOB_STAGE",
    "CI_NODE_INDEX",
    "CI_NODE_TOTAL",
];

/// Whether a job gives a variable its value.
pub(super) fn is_of_the_job(name: &str) -> bool {
    OF_THE_JOB.contains(&name)
}

/// Whether a ref and its protection, merge requests and project give a variable its value.
pub(super) fn is_of_the_ref(name: &str) -> bool {
    matches!(
        name,
        "CI_COMMIT_REF_PROTECTED"
            | "CI_OPEN_MERGE_REQUESTS"
            | "CI_DEFAULT_BRANCH"
            | "CI_DEFAULT_BRANCH_SLUG"
            | "CI_KUBERNETES_ACTIVE"
    )
}

/// Whether a variable of GitLab's is not blank wherever it is set.
pub(super) fn is_never_blank(name: &str) -> bool {
    exists(name) == Some(Exists::Always)
        || matches!(
            name,
            "CI" | "CI_SERVER"
                | "GITLAB_CI"
                | "CI_COMMIT_BRANCH"
                | "CI_COMMIT_TAG"
                | "CI_COMMIT_REF_NAME"
                | "CI_DEFAULT_BRANCH"
                | "CI_MERGE_REQUEST_IID"
                | "CI_MERGE_REQUEST_ID"
                | "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"
                | "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
                | "CI_OPEN_MERGE_REQUESTS"
                | "CI_PIPELINE_SOURCE"
        )
}

/// All values that a variable can have where it is set, if these are few.
pub(super) fn domain(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "CI_DEPLOY_FREEZE" => &["true"],
        "CI_COMMIT_REF_PROTECTED" => &["true", "false"],
        "CI_MERGE_REQUEST_EVENT_TYPE" => &["detached", "merged_result", "merge_train"],
        "CI_MERGE_REQUEST_DRAFT"
        | "CI_MERGE_REQUEST_SQUASH_ON_MERGE"
        | "CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED" => &["true", "false"],
        "CI_PROJECT_VISIBILITY" => &["private", "internal", "public"],
        "CI_SERVER_PROTOCOL" => &["https", "http"],
        _ => return None,
    })
}

/// The texts that GitLab can give a variable whatever the ref, as far as they are known, in projects of
/// these default branches.
pub(super) fn texts(name: &str, defaults: &[String]) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    let slugs = || defaults.iter().map(|one| ref_slug(one)).collect();
    match name {
        "CI" | "GITLAB_CI" | "CI_PIPELINE_TRIGGERED" | "CI_KUBERNETES_ACTIVE" => one("true"),
        "CI_SERVER" => one("yes"),
        // The default branch is one of the classes whether conditions spell it or not.
        "CI_DEFAULT_BRANCH"
        | "CI_COMMIT_BRANCH"
        | "CI_COMMIT_REF_NAME"
        | "CI_MERGE_REQUEST_TARGET_BRANCH_NAME" => defaults.to_vec(),
        "CI_DEFAULT_BRANCH_SLUG" | "CI_COMMIT_REF_SLUG" => slugs(),
        // Any other source is one of the classes only where conditions spell it.
        "CI_PIPELINE_SOURCE" => ["push", "merge_request_event"].map(str::to_owned).to_vec(),
        "CI_COMMIT_BEFORE_SHA" => one(NO_COMMIT),
        name => {
            let domain = domain(name).unwrap_or_default().iter();
            domain.map(|text| (*text).to_owned()).collect()
        }
    }
}

/// `CI_COMMIT_BEFORE_SHA` of a pipeline that knows no earlier commit.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// The prefix of what exists in merge request pipelines alone.
const MERGE_REQUEST: &str = "CI_MERGE_REQUEST_";

/// The one source whose pipelines have a variable, if there is one.
pub(super) fn source_of(name: &str) -> Option<&'static str> {
    match name {
        "CI_PIPELINE_TRIGGERED" | "TRIGGER_PAYLOAD" => Some("trigger"),
        "CI_PIPELINE_SCHEDULE_DESCRIPTION" => Some("schedule"),
        // `Gitlab::Chat::Command#create_pipeline` gives them as variables of the pipeline (18.11).
        "CHAT_CHANNEL" | "CHAT_INPUT" | "CHAT_USER_ID" => Some("chat"),
        _ if name.starts_with("CI_EXTERNAL_PULL_REQUEST_") => Some("external_pull_request_event"),
        _ => None,
    }
}

/// What GitLab itself sets of this name; `None` if it knows no such name.
pub(super) fn look_up(situation: &Situation, name: &str) -> Option<Lookup> {
    let set = |text: &str| Lookup::Set(text.to_owned());
    let reference = &situation.reference;
    let found = match name {
        "CI" | "GITLAB_CI" => set("true"),
        "CI_SERVER" => set("yes"),
        "CI_PIPELINE_SOURCE" => set(situation.trigger.as_str()),
        "CI_COMMIT_REF_NAME" => set(situation.ref_name()),
        "CI_COMMIT_REF_SLUG" => Lookup::Set(ref_slug(situation.ref_name())),
        "CI_COMMIT_BRANCH" => match reference {
            Ref::Branch(branch) => set(branch),
            Ref::Tag(_) | Ref::MergeRequest { .. } => Lookup::Unset,
        },
        "CI_COMMIT_TAG" => match reference {
            Ref::Tag(tag) => set(tag),
            Ref::Branch(_) | Ref::MergeRequest { .. } => Lookup::Unset,
        },
        "CI_COMMIT_TAG_MESSAGE" => match reference {
            Ref::Tag(_) => Lookup::Unknown,
            Ref::Branch(_) | Ref::MergeRequest { .. } => Lookup::Unset,
        },
        "CI_COMMIT_REF_PROTECTED" => match situation.protected {
            Some(protected) => set(if protected { "true" } else { "false" }),
            None => Lookup::Filled,
        },
        "CI_DEFAULT_BRANCH" => match &situation.default_branch {
            Some(branch) => set(branch),
            None => Lookup::Filled,
        },
        "CI_DEFAULT_BRANCH_SLUG" => match &situation.default_branch {
            Some(branch) => Lookup::Set(ref_slug(branch)),
            None => Lookup::Filled,
        },
        "CI_KUBERNETES_ACTIVE" => match situation.kubernetes {
            Some(true) => set("true"),
            Some(false) => Lookup::Unset,
            None => Lookup::Unknown,
        },
        "CI_OPEN_MERGE_REQUESTS" => open_merge_requests(situation),
        "CI_PIPELINE_TRIGGERED" if situation.trigger.as_str() == "trigger" => set("true"),
        "CI_PIPELINE_SCHEDULE_DESCRIPTION" if situation.trigger == Trigger::Schedule => {
            Lookup::Filled
        }
        "CI_COMMIT_BEFORE_SHA" if !compares(situation) => set(NO_COMMIT),
        _ if name.starts_with(MERGE_REQUEST) => merge_request(situation, name)?,
        _ if source_of(name) == Some(situation.trigger.as_str()) => Lookup::Unknown,
        _ if source_of(name).is_some() => Lookup::Unset,
        name => match exists(name)? {
            Exists::Always => Lookup::Filled,
            Exists::Perhaps => Lookup::Unknown,
            Exists::InJobs => Lookup::Unset,
            Exists::Sometimes => return None,
        },
    };
    Some(found)
}

/// Whether GitLab leaves the value of a variable to others in a pipeline.
pub(super) fn is_free(situation: &Situation, name: &str) -> bool {
    !matches!(
        look_up(situation, name),
        Some(Lookup::Set(_) | Lookup::Unset)
    )
}

/// Whether the pipeline may know a commit before its own: a push on a branch that existed, or its child.
fn compares(situation: &Situation) -> bool {
    situation.trigger.compares()
        && matches!(situation.reference, Ref::Branch(_))
        && !matches!(situation.changed, Changed::FirstPush(_))
}

fn open_merge_requests(situation: &Situation) -> Lookup {
    match (&situation.reference, situation.open_merge_request) {
        // "Only available in branch and merge request pipelines."
        (Ref::Tag(_), _) => Lookup::Unset,
        (Ref::MergeRequest { .. }, _) => Lookup::Filled,
        (Ref::Branch(_), Some(true)) => Lookup::Filled,
        (Ref::Branch(_), Some(false)) => Lookup::Unset,
        (Ref::Branch(_), None) => Lookup::Unknown,
    }
}

fn merge_request(situation: &Situation, name: &str) -> Option<Lookup> {
    let Ref::MergeRequest { source, target } = &situation.reference else {
        return Some(Lookup::Unset);
    };
    let rest = name.strip_prefix(MERGE_REQUEST)?;
    Some(match rest {
        "SOURCE_BRANCH_NAME" => Lookup::Set(source.clone()),
        "TARGET_BRANCH_NAME" => Lookup::Set(target.clone()),
        "REF_PATH"
        | "ID"
        | "IID"
        | "PROJECT_ID"
        | "PROJECT_PATH"
        | "PROJECT_URL"
        | "SOURCE_PROJECT_ID"
        | "SOURCE_PROJECT_PATH"
        | "SOURCE_PROJECT_URL"
        | "TITLE"
        | "EVENT_TYPE"
        | "TARGET_BRANCH_PROTECTED"
        | "DRAFT"
        | "SQUASH_ON_MERGE"
        | "DIFF_BASE_SHA"
        | "DIFF_ID" => Lookup::Filled,
        _ => Lookup::Unknown,
    })
}
