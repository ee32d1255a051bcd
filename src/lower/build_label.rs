//! The label of an image that says when and for which ref it was built.
//!
//! In: an image of which older builds are deleted. Out: the label of its builds. Always holds: the registry's
//! time of an image is not used, as a build that found all its layers in a cache says theirs; nor is the
//! branch's slug in a tag, which several branches may share.

use super::Lowering;
use crate::gitlab::gates;
use crate::pipeline::{Job, Value};

/// Its name; `templates/registry` reads it.
const NAME: &str = "windlass.build=";

/// The label where a variable that is missing would be complained about: jobs that do not build read the same
/// file, and a branch has no git tag.
pub(super) fn in_compose(label: &str) -> String {
    ["CI_JOB_STARTED_AT", "build_time", "CI_COMMIT_TAG"]
        .into_iter()
        .fold(label.to_owned(), |text, name| {
            text.replace(&format!("${name}"), &format!("${{{name}-}}"))
        })
}

impl Lowering<'_> {
    /// The label: `TIME REF [GIT_TAG]`.
    pub(super) fn build_label(&self) -> String {
        let time = match self.target < gates::JOB_STARTED_AT {
            true => "build_time",
            false => "CI_JOB_STARTED_AT",
        };
        format!("{NAME}${time} $CI_COMMIT_REF_NAME $CI_COMMIT_TAG")
    }

    /// Lets a build know when it began, where GitLab does not say so.
    pub(super) fn with_build_time(&self, job: &mut Job) {
        if self.target < gates::JOB_STARTED_AT {
            let lines = [
                "build_time=$(date -u +%Y-%m-%dT%H:%M:%SZ)",
                "export build_time",
            ];
            job.script.extend(lines.map(Value::from));
        }
    }
}
