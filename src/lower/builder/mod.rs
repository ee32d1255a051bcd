//! What builds an image: one file a builder.
//!
//! In: an image and its caches. Out: the commands that build it, push it under its tags, and put
//! its digest into the variable `digest`.

mod buildx;

use super::Lowering;
use crate::manifest::images::Image;
use crate::manifest::resolved::SetNames;
use crate::pipeline::{Job, Value};

/// An image to build, all names resolved.
pub(super) struct Build<'m> {
    /// The image.
    pub image: &'m Image,
    /// Its reference by tag, and its further tags.
    pub tags: Vec<String>,
    /// References that the cache is read from.
    pub cache_from: Vec<String>,
    /// The reference that the cache is written to.
    pub cache_to: Option<String>,
    /// Labels, `name=value`.
    pub labels: Vec<String>,
    /// Where it is built.
    pub refs: SetNames,
}

/// The file in which a build hands its digest on.
pub(super) const DOTENV: &str = "image.env";

impl Lowering<'_> {
    /// Gives a job the commands of a build, and hands the digest on to later jobs.
    pub(super) fn with_build(&mut self, job: &mut Job, name: &str, build: &Build<'_>) {
        self.with_docker(job);
        buildx::lower(self, job, build);
        let variable = super::digest_variable(name);
        job.script.push(Value::from(format!(
            "echo \"{variable}=${{digest:?}}\" > {DOTENV}"
        )));
        super::common::add_dotenv(&mut job.artifacts, DOTENV);
    }
}
