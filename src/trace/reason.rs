//! The rules by which windlass writes a job and its keys, in a sentence each.

use crate::pipeline::Origin;

pub(super) const HEADER: &str =
    "Each generated file says what made it, from what, and has a digest that shows edits.";
pub(super) const BASE: &str =
    "Keys that several jobs have alike stand once; a job takes them over with `<<`.";
pub(super) const REFS: &str =
    "The conditions of a set of refs stand once, and every job on these refs uses them.";
pub(super) const CHANGES: &str = "What uses an image with `changes` runs when the image is built: for a merge request and for a branch that \
     lasts after its own changes, for another branch after those since the default branch.";
pub(super) const SHARED: &str = "Shell that several jobs run stands once; `*` puts it into a job.";

/// What a job is for.
pub(super) fn of_origin(origin: &Origin) -> String {
    let sentence = match origin {
        Origin::Build(images) if images.len() > 1 => {
            "It builds the images of a group, one in each row of its matrix."
        }
        Origin::Build(_) => "It builds an image and hands its digest to later jobs.",
        Origin::ForceBuild(_) => {
            "A person starts it to build the image also where nothing changed (`rebuild`)."
        }
        Origin::Check(_) => "It decides whether the image must be built (`rebuild`).",
        Origin::Cleanup(_) => "It deletes tags of the image that the retention does not keep.",
        Origin::Test(_) => "It is a test of the manifest.",
        Origin::Task(_) => "It is a task of the manifest.",
        Origin::Deploy(_) => {
            "It deploys the environment with the images of this pipeline, by their digests."
        }
        Origin::Running(_) => {
            "It lists the images that the environment runs, so that no clean-up deletes them."
        }
        Origin::Mark(_) => {
            "It moves the tag of what is deployed to the image that the environment runs."
        }
        Origin::Stop(_) => {
            "It stops the environment; GitLab starts it when the branch is deleted, too."
        }
        Origin::Untag(_) => "It deletes the tags of an environment that was stopped.",
        Origin::Branches(_) => {
            "It lists the branches that exist, which the retention of the image asks for."
        }
        Origin::Tested(_) => {
            "It marks the build as tested, which promotions in other pipelines look for."
        }
        Origin::Promotion(_) => "It gives an image that was built already a further name.",
        Origin::Raw(_) => "It is a job of the manifest's `jobs`, verbatim.",
    };
    sentence.to_owned()
}

/// Why a generated job has a key.
pub(super) fn of_key(key: &str) -> &'static str {
    match key {
        "stage" => "Each kind of job has its stage, if the manifest names no other.",
        "image" => "The image has what the job's commands need; tools are pinned to a version.",
        "services" => "Only a job that needs a daemon or names a service has one.",
        "rules" | "only" | "except" => {
            "`refs` become conditions; of those that do the same the shortest are written."
        }
        "needs" => {
            "The job waits for what it uses, and for nothing else, where the stages say too much or too little."
        }
        "dependencies" => "The job fetches the artifacts that it uses, and no others.",
        "when" => "When the job starts, as the manifest says or as its kind needs it.",
        "allow_failure" => "Whether the pipeline goes on when the job fails.",
        "environment" => "GitLab shows the environment and its deployments.",
        "resource_group" => {
            "Jobs that change the same environment or registry wait for each other."
        }
        "interruptible" => {
            "A newer pipeline may cancel a job, save for what must not stop half-way."
        }
        "retry" => "What fails by the runner's fault is repeated as the manifest says.",
        "timeout" => "A job takes at most one hour, if the manifest says nothing else.",
        "tags" => "The runners that take the job (`runner_tags`).",
        "parallel" => "One copy of the job for each row of the matrix.",
        "variables" => "What the commands of the job and its services read.",
        "cache" => "GitLab's cache, as the manifest says.",
        "before_script" => "Logins, and what must be there before the commands.",
        "script" => "The commands of the job, each of which fails the job when it fails.",
        "after_script" => "What is removed or reported also when the job failed.",
        "coverage" => "The pattern that finds the coverage in the log.",
        "artifacts" => {
            "Files that later jobs read: digests as a dotenv report, and what the manifest names."
        }
        _ => "The manifest's `job` of the entity, verbatim.",
    }
}

/// Why the pipeline has a key of its own.
pub(super) fn of_global(key: &str) -> &'static str {
    match key {
        "stages" => "The stages that jobs use, in the manifest's order or in that of the language.",
        "workflow" => {
            "A pipeline for each kind of ref on which a job runs, and never two for one push."
        }
        "variables" => {
            "The manifest's variables, and one for each image, so that no address is written twice."
        }
        "default" => "What holds for all jobs that do not say otherwise.",
        "include" => "The manifest's `include`, verbatim.",
        _ => "The manifest's `pipeline`, verbatim.",
    }
}
