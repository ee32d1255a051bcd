//! What builds an image: one file a builder.
//!
//! In: an image and its caches. Out: the job's access to a daemon or to the registry, and the
//! commands that build the image, push it under its tags, and put its digest into the variable
//! `digest`.

mod arguments;
mod build;
mod buildah;
mod buildkit;
mod buildx;
pub(super) mod compose;
mod daemonless;
mod docker;
mod rows;

use super::Lowering;
use crate::gitlab::gates;
use crate::manifest::images::Builder;
use crate::pipeline::{Job, Value};

pub(super) use arguments::may_be_secret;
pub(super) use build::{Argument, Build, Planned, Reference, Tag};
pub(super) use rows::Unlike;

/// The file in which a build hands its digest on.
pub(super) const DOTENV: &str = "image";

/// The slug of the default branch on a GitLab that may not set it. Longer names, and those that begin
/// or end with another character, have another slug (`Gitlab::Utils.slugify`): they find no cache.
const DEFAULT_BRANCH_SLUG: &str = r#"default_branch_slug=$(printf %s "$CI_DEFAULT_BRANCH" | tr '[:upper:]' '[:lower:]' | tr -c a-z0-9 -)"#;

/// The digest of what was pushed, as BuildKit itself reports it: `"containerimage.digest": "sha256:..."`.
/// Without double quotes and `: ` the command is one plain line of YAML.
const METADATA_DIGEST: &str =
    r"digest=$(sed -n 's/.*containerimage.digest.[ :]*.\(sha256:[0-9a-f]*\).*/\1/p' image.json)";

/// One line a builder.
fn lower(builder: Builder) -> fn(&mut Lowering<'_>, &mut Job, &mut Build<'_>) {
    match builder {
        Builder::Buildx => buildx::lower,
        Builder::Docker => docker::lower,
        Builder::Compose => compose::lower,
        Builder::Buildkit => buildkit::lower,
        Builder::Buildah => buildah::lower,
    }
}

impl Lowering<'_> {
    /// Gives a job the commands of a build.
    pub(super) fn with_build(&mut self, job: &mut Job, build: &mut Build<'_>) {
        let builder = build.builder(self);
        if build.names_default_branch() && self.target < gates::DEFAULT_BRANCH_SLUG {
            job.script.push(Value::from(DEFAULT_BRANCH_SLUG));
        }
        if build.images.iter().any(|image| image.label.is_some()) {
            Self::with_build_time(job, builder == Builder::Compose);
        }
        lower(builder)(self, job, build);
        if build.has_build_tag() {
            let names = build.images.iter().map(|image| image.name.to_owned());
            job.uses.own_tags.extend(names);
        }
        for image in &build.images {
            job.uses.add(image.uses.clone());
        }
    }

    /// Lets later jobs know the digest that stands in the variable `digest`; `write` is the
    /// redirection.
    pub(super) fn hand_on_digest(&self, job: &mut Job, build: &mut Build<'_>, write: &str) {
        let variable = build.digest_variable();
        let name = build.images.first().map_or("", |of| of.name);
        let file = self.handed_on(DOTENV, name);
        job.script.push(Value::from(format!(
            "echo \"{variable}=${{digest:?}}\" {write} {file}"
        )));
        self.hand_on(job, &file);
    }
}
