//! The label of an image that says when and for which ref it was built.
//!
//! In: an image of which older builds are deleted. Out: the label of its builds. Always holds: the registry's
//! time of an image is not used, as a build that found all its layers in a cache says theirs; nor is the
//! branch's slug in a tag, which several branches may share.

use super::Lowering;
use crate::gitlab::gates;
use crate::pipeline::{Job, Value};

/// `TIME REF [GIT_TAG]`; `templates/registry` reads it.
pub(super) const LABEL: &str = "windlass.build=$CI_JOB_STARTED_AT $CI_COMMIT_REF_NAME $CI_COMMIT_TAG";

/// The label where a variable that is missing would be complained about: jobs that do not build read the same
/// file, and a branch has no git tag.
pub(super) fn in_compose(label: &str) -> String {
    let mut text = label.to_owned();
    if label == LABEL {
        for name in ["CI_JOB_STARTED_AT", "CI_COMMIT_TAG"] {
            text = text.replace(&format!("${name}"), &format!("${{{name}-}}"));
        }
    }
    text
}

impl Lowering<'_> {
    /// Lets a build know when it began, where GitLab does not say so.
    pub(super) fn with_build_time(&self, job: &mut Job) {
        if self.target < gates::JOB_STARTED_AT {
            let time = "export CI_JOB_STARTED_AT=\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"";
            job.script.push(Value::from(time));
        }
    }
}
