//! What builds an image: one file a builder.
//!
//! In: an image and its caches. Out: the job's access to a daemon or to the registry, and the
//! commands that build the image, push it under its tags, and put its digest into the variable
//! `digest`.

mod arguments;
mod buildah;
mod buildkit;
mod buildx;
pub(super) mod compose;
mod daemonless;
mod docker;
mod kaniko;

use super::Lowering;
use crate::manifest::images::{Builder, Image};
use crate::manifest::resolved::SetNames;
use crate::pipeline::{Job, Uses, Value};

/// An image to build, all names resolved.
pub(super) struct Build<'m> {
    /// The image's name.
    pub name: &'m str,
    /// The image.
    pub image: &'m Image,
    /// Its reference by tag, and its further tags.
    pub tags: Vec<String>,
    /// References that the cache is read from.
    pub cache_from: Vec<String>,
    /// The reference that the cache is written to.
    pub cache_to: Option<String>,
    /// A command that the caches' names want first.
    pub before: Option<&'static str>,
    /// Names and values of the build arguments.
    pub args: Vec<(&'m str, String)>,
    /// What arguments and labels use of earlier jobs.
    pub uses: Uses,
    /// Labels, `name=value`.
    pub labels: Vec<String>,
    /// Where it is built.
    pub refs: SetNames,
}

impl<'m> Build<'m> {
    /// The images of the manifest that it handles: its own, and those that it is built from.
    fn images(&self) -> Vec<&'m str> {
        let bases = self.image.bases().map(|base| base.value.as_str());
        [self.name].into_iter().chain(bases).collect()
    }
}

/// The file in which a build hands its digest on.
pub(super) const DOTENV: &str = "image.env";

/// The digest of what was pushed, as BuildKit itself reports it.
const METADATA_DIGEST: &str =
    r#"digest=$(sed -n 's/.*"containerimage.digest": *"\([^"]*\)".*/\1/p' image.json)"#;

/// One line a builder.
fn lower(builder: Builder) -> fn(&mut Lowering<'_>, &mut Job, &Build<'_>) {
    match builder {
        Builder::Buildx => buildx::lower,
        Builder::Docker => docker::lower,
        Builder::Compose => compose::lower,
        Builder::Buildkit => buildkit::lower,
        Builder::Buildah => buildah::lower,
        Builder::Kaniko => kaniko::lower,
    }
}

impl Lowering<'_> {
    /// Gives a job the commands of a build.
    pub(super) fn with_build(&mut self, job: &mut Job, build: &Build<'_>) {
        let builder = self.manifest.builder(build.image);
        // Kaniko reads its cache where it writes it.
        let before = build.before.filter(|_| builder != Builder::Kaniko);
        job.script.extend(before.map(Value::from));
        lower(builder)(self, job, build);
        job.uses.add(build.uses.clone());
    }

    /// Lets later jobs know the digest that stands in the variable `digest`.
    pub(super) fn hand_on_digest(&self, job: &mut Job, name: &str) {
        let variable = super::digest_variable(name);
        let file = self.handed_on(DOTENV, name);
        job.script.push(Value::from(format!(
            "echo \"{variable}=${{digest:?}}\" > {file}"
        )));
        self.hand_on(job, &file);
    }
}
