//! Builds before the tests: images of the roles `app` and `test`.

use super::Lowering;
use super::builder::Build;
use crate::manifest::common::Entity;
use crate::manifest::images::{Image, Role};
use crate::pipeline::Value;
use crate::source::At;

/// The default branch as a tag can hold it: GitLab has no variable for its slug, which is made as
/// `Gitlab::Utils.slugify` does (GitLab 18).
const DEFAULT_BRANCH_SLUG: &str = "default_branch_slug=$(printf '%s' \"$CI_DEFAULT_BRANCH\" | tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9' '-' | cut -c 1-63 | sed 's/^-*//; s/-*$//')";

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let images: Vec<_> = lowering.images_of(&[Role::App, Role::Test]).collect();
    for (key, image) in images {
        lowering.build(key, image, &BranchCache);
    }
}

/// Where a build finds and leaves its cache if the image does not say.
pub(super) trait DefaultCache {
    /// Tags of the repository to read from, in the order of trying.
    fn from(&self) -> Vec<String>;
    /// The tag to write to.
    fn to(&self) -> String;
    /// Commands that the tags want first.
    fn before(&self) -> Option<&'static str>;
}

/// The branch's cache, and the default branch's for a new branch.
struct BranchCache;

impl DefaultCache for BranchCache {
    fn from(&self) -> Vec<String> {
        vec![
            "cache-$CI_COMMIT_REF_SLUG".to_owned(),
            "cache-$default_branch_slug".to_owned(),
        ]
    }

    fn to(&self) -> String {
        "cache-$CI_COMMIT_REF_SLUG".to_owned()
    }

    fn before(&self) -> Option<&'static str> {
        Some(DEFAULT_BRANCH_SLUG)
    }
}

impl<'m> Lowering<'m> {
    /// The job that builds an image.
    pub(super) fn build(
        &mut self,
        key: &'m At<String>,
        image: &'m At<Image>,
        cache: &impl DefaultCache,
    ) {
        let name = key.value.as_str();
        let common = image.common();
        let mut job = self.job(
            &image.build_job(key),
            format!("images.{name}"),
            key.span,
            common,
        );
        job.stage = Some(image.stage().to_owned());
        job.rules = self.rules(&self.deployments.image_refs(name, image), None);
        let repository = image.repository(name);
        let in_repository = |tag: &str| {
            if tag.contains(['/', ':']) {
                tag.to_owned()
            } else {
                format!("{repository}:{tag}")
            }
        };
        let mut tags = vec![self.by_tag(name)];
        for tag in image
            .also_tag
            .get()
            .into_iter()
            .flat_map(|list| list.iter())
        {
            tags.push(in_repository(&tag.value));
        }
        // What is built again because it is old must not be made of old layers.
        let rebuild = image.rebuild.get();
        let cache_from = match image.cache_from.get() {
            None if rebuild.is_some() => Vec::new(),
            Some(own) => own.iter().map(|tag| in_repository(&tag.value)).collect(),
            None => {
                job.script.extend(cache.before().map(Value::from));
                cache.from().iter().map(|tag| in_repository(tag)).collect()
            }
        };
        let cache_to = match (image.cache_to.get(), image.cache_from.get()) {
            (Some(own), _) => Some(in_repository(own)),
            // `cache_from: []` is "no cache"; writing one that nobody reads would be waste.
            (None, Some(own)) if own.0.is_empty() => None,
            (None, None) if rebuild.is_some() => None,
            (None, _) => Some(in_repository(&cache.to())),
        };
        let build = Build {
            image,
            tags,
            cache_from,
            cache_to,
            labels: rebuild
                .iter()
                .map(|_| super::rebuild::label(name))
                .collect(),
            refs: self.build_refs(name),
        };
        let own = job.artifacts.clone();
        self.with_build(&mut job, name, &build);
        self.need_bases(&mut job, image, &build.refs);
        match rebuild {
            Some(rebuild) => self.rebuild(key, image, rebuild, own, job),
            None => self.finish(job, Some(common)),
        }
    }
}
