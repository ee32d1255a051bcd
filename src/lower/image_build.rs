//! Builds before the tests: images of the roles `app` and `test`.

use super::Lowering;
use super::builder::Build;
use super::production_build::ProductionCache;
use super::toolchain_build::ToolchainCache;
use crate::gitlab::gates;
use crate::manifest::common::Entity;
use crate::manifest::images::{Image, Role};
use crate::manifest::written_tags::BRANCH_CACHE;
use crate::pipeline::{Handed, Origin, Uses};
use crate::source::At;

/// The default branch as a tag can hold it: GitLab has no variable for its slug, which is made as
/// `Gitlab::Utils.slugify` does (GitLab 18).
const DEFAULT_BRANCH_SLUG: &str = "default_branch_slug=$(printf '%s' \"$CI_DEFAULT_BRANCH\" | tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9' '-' | cut -c 1-63 | sed 's/^-*//; s/-*$//')";

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let images: Vec<_> = lowering.images_of(&[Role::App, Role::Test]).collect();
    for (key, image) in images {
        lowering.build(key, image);
    }
}

/// Where a build finds its cache if the image does not say.
pub(super) trait DefaultCache {
    /// Tags of the repository to read from, in the order of trying.
    fn from(&self) -> Vec<String>;
    /// Commands that the tags want first.
    fn before(&self) -> Option<&'static str>;
}

/// The branch's cache, and the default branch's for a new branch.
struct BranchCache;

impl DefaultCache for BranchCache {
    fn from(&self) -> Vec<String> {
        vec![
            BRANCH_CACHE.to_owned(),
            "cache-$default_branch_slug".to_owned(),
        ]
    }

    fn before(&self) -> Option<&'static str> {
        Some(DEFAULT_BRANCH_SLUG)
    }
}

impl<'m> Lowering<'m> {
    /// The job that builds an image.
    pub(super) fn build(&mut self, key: &'m At<String>, image: &'m At<Image>) {
        let name = key.value.as_str();
        let common = image.common();
        let mut job = self.job(&image.build_job(key), Origin::build(name), key.span, common);
        job.stage = Some(image.stage().to_owned());
        let refs = self.deployments.image_refs(name, image);
        self.run_on(&mut job, &refs, None);
        let build = self.planned_build(name, image);
        self.with_build(&mut job, &build);
        self.need_bases(&mut job, image, &build.refs);
        match image.rebuild.get() {
            Some(rebuild) => self.rebuild(key, image, rebuild, job),
            None => {
                self.hand_on_digest(&mut job, name);
                self.finish(job, Some(common));
            }
        }
    }

    /// What the build of an image reads and writes.
    pub(super) fn planned_build<'i>(&self, name: &'i str, image: &'i Image) -> Build<'i> {
        let cache: &dyn DefaultCache = match image.role() {
            Role::Production => &ProductionCache,
            Role::App | Role::Test => &BranchCache,
            Role::Toolchain => &ToolchainCache,
        };
        let repository = image.repository(name);
        let in_repository = |tag: &str| {
            if tag.contains(['/', ':']) {
                tag.to_owned()
            } else {
                format!("{repository}:{tag}")
            }
        };
        let further = image.also_tag.get().into_iter();
        let further = further.flat_map(|list| list.iter());
        let further = further.map(|tag| in_repository(&tag.value));
        // What is built again because it is old must not be made of old layers.
        let fresh = image.rebuild.get().is_some();
        let (cache_from, before) = match image.cache_from.get() {
            None if fresh => (Vec::new(), None),
            Some(own) => (
                own.iter().map(|tag| in_repository(&tag.value)).collect(),
                None,
            ),
            None => {
                // Older GitLabs don't say which branch is the default one.
                let known = self.target >= gates::DEFAULT_BRANCH;
                let tags = cache.from().into_iter();
                let tags = tags.filter(|tag| known || !tag.contains("$default_branch"));
                (
                    tags.map(|tag| in_repository(&tag)).collect(),
                    cache.before().filter(|_| known),
                )
            }
        };
        let refs = self.build_refs(name);
        let mut uses = Uses::default();
        let args = image.build_args.get().into_iter();
        let args = args.flat_map(|args| args.0.iter());
        let args = args.map(|(name, value)| {
            let value = self.build_argument(&value.value, &refs, &mut uses);
            (name.value.as_str(), value)
        });
        let args = args.collect();
        let own = [&image.build_options, &image.cache_from, &image.also_tag];
        for text in own
            .into_iter()
            .filter_map(|list| list.get())
            .flat_map(|list| list.iter())
        {
            self.read_text(&text.value, &mut uses);
        }
        if fresh {
            uses.demands.insert(Handed::Recipe(name.to_owned()));
        }
        let cache_to = image.cache_to.get().map(String::as_str);
        let cache_to = cache_to.or_else(|| image.default_cache());
        Build {
            name,
            image,
            args,
            uses,
            tags: [self.by_tag(name)].into_iter().chain(further).collect(),
            cache_from,
            cache_to: cache_to.map(in_repository),
            before,
            labels: fresh
                .then(|| super::rebuild::label(name))
                .into_iter()
                .collect(),
            refs,
        }
    }
}
