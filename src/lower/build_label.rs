//! The label of an image that says when and for which ref it was built.
//!
//! In: an image of which older builds are deleted. Out: the label of its builds. Always holds: the registry's
//! time of an image is not used, as a build that found all its layers in a cache says theirs; nor is the
//! branch's slug in a tag, which several branches may share. Times compare as text: all are UTC.

use super::Lowering;
use crate::mutant::{self, Mutant};
use crate::pipeline::Job;

/// Its name; `templates/registry` reads it.
const NAME: &str = "windlass.build=";

/// The label where a variable that is missing would be complained about: jobs that do not build read the same
/// file, and a branch has no git tag.
pub(super) fn in_compose(label: &str) -> String {
    ["build_time", "CI_COMMIT_TAG"]
        .into_iter()
        .fold(label.to_owned(), |text, name| {
            text.replace(&format!("${name}"), &format!("${{{name}-}}"))
        })
}

impl Lowering<'_> {
    /// The label: `TIME REF [GIT_TAG]`.
    pub(super) fn build_label() -> String {
        let time = match mutant::on(Mutant::TimesOfGitlab) {
            true => "CI_JOB_STARTED_AT",
            false => "build_time",
        };
        format!("{NAME}${time} $CI_COMMIT_REF_NAME $CI_COMMIT_TAG")
    }

    /// Lets a build know when it began. GitLab's `CI_JOB_STARTED_AT` is in the time zone of its
    /// settings (gitlab-org/gitlab#337294). Compose reads variables of the environment.
    pub(super) fn with_build_time(job: &mut Job, exported: bool) {
        job.script
            .push("build_time=$(date -u +%Y-%m-%dT%H:%M:%SZ)".into());
        if exported {
            job.script.push("export build_time".into());
        }
    }
}
