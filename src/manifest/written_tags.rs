//! Every tag of a registry that the pipeline writes, and what writes it.
//!
//! In: a manifest. Out: one list, for whoever asks whether two things meet in one tag, what must not be
//! deleted, or whether a registry takes the name. Always holds: a tag that some job writes is in the
//! list; equal tags are equal texts there, however the manifest spells them.

use super::Manifest;
use super::collection::{List, Many};
use super::common::Variables;
use super::deployments::Deployments;
use super::environments::Environment;
use super::images::{Builder, Image, Role};
use super::registries::split_tag;
use super::resolved::tested_tag;
use crate::gitlab::tag_values;
use crate::source::{At, Span};

/// What writes a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer<'m> {
    /// The build, by the image's own tag.
    Build,
    /// The build, by a tag that no other build writes.
    OneBuild,
    /// The build, by a further tag.
    AlsoTag,
    /// The build, its cache.
    Cache,
    /// The tests, as soon as a build has passed them.
    Tested,
    /// A promotion.
    Promotion(&'m str),
    /// The job that marks what an environment deployed.
    Deployed(&'m str),
}

/// A tag that the pipeline writes.
#[derive(Debug, Clone)]
pub struct WrittenTag<'m> {
    /// The image that it is for.
    pub image: &'m str,
    /// What writes it.
    pub writer: Writer<'m>,
    /// The repository, in the one spelling that is compared.
    pub repository: String,
    /// The tag with the manifest's variables put in; in a mark the environment's name stands for what
    /// tells it apart.
    pub tag: String,
    /// The same with GitLab's variables alone.
    pub values: String,
    /// Both as the manifest has them.
    pub written: String,
    /// Where the tag stands, or the entity that has it by itself.
    pub span: Span,
}

impl WrittenTag<'_> {
    /// A tag that both write in one pipeline or another, if their texts are not equal.
    pub fn may_meet(&self, other: &Self) -> Option<String> {
        let marks = |tag: &Self| matches!(tag.writer, Writer::Deployed(_));
        // Marks are told apart by their environments.
        if self.tag == other.tag || marks(self) && marks(other) {
            return None;
        }
        let fixed = |text: &str| text.split('$').next().map_or(0, str::len);
        let begin = fixed(&self.values).min(fixed(&other.values));
        if self.values.get(..begin) != other.values.get(..begin) {
            return None;
        }
        tag_values::common(&self.values, &other.values)
    }
}

impl Manifest {
    /// A repository in the one spelling that is compared: with the manifest's variables put in, and
    /// the several names of GitLab's and Docker's registries as one.
    pub fn canonical_repository(&self, own: Option<&Variables>, repository: &str) -> String {
        let text = self.expanded(own, repository);
        let mut text = text.strip_suffix('/').unwrap_or(&text).to_owned();
        for same in [
            "${CI_REGISTRY}/${CI_PROJECT_PATH}",
            "${CI_REGISTRY}/${CI_PROJECT_NAMESPACE}/${CI_PROJECT_NAME}",
        ] {
            let rest = text.strip_prefix(same).map(str::to_owned);
            if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                text = format!("${{CI_REGISTRY_IMAGE}}{rest}");
            }
        }
        for hub in ["docker.io/", "index.docker.io/", "registry-1.docker.io/"] {
            if let Some(rest) = text.strip_prefix(hub) {
                text = rest.strip_prefix("library/").unwrap_or(rest).to_owned();
            }
        }
        match text.split_once('/') {
            Some((host, path)) => match host.strip_suffix(":443") {
                Some(host) => format!("{host}/{path}"),
                None => text,
            },
            None => text,
        }
    }

    /// Every tag that the pipeline writes, in the order of the manifest: builds, promotions, marks.
    pub fn written_tags<'m>(&'m self, deployments: &Deployments<'m>) -> Vec<WrittenTag<'m>> {
        let mut tags = Vec::new();
        for (key, image) in self.images() {
            self.of_build(key, image, deployments, &mut tags);
        }
        for (key, promotion) in self.promotions() {
            for name in self.promoted_by(promotion) {
                let Some((image_key, image)) = self.image_entry(name) else {
                    continue;
                };
                for to in promotion.to.get().into_iter().flat_map(Many::iter) {
                    let writer = Writer::Promotion(&key.value);
                    let own = promotion.variables.get();
                    tags.push(self.written(image_key, image, writer, own, to));
                }
            }
        }
        for (key, environment) in self.environments() {
            for name in deployments.marked(self, environment) {
                if let Some((image_key, image)) = self.image_entry(name) {
                    tags.extend(self.mark(key, environment, image_key, image));
                }
            }
        }
        tags
    }

    fn of_build<'m>(
        &'m self,
        key: &'m At<String>,
        image: &'m Image,
        deployments: &Deployments<'m>,
        tags: &mut Vec<WrittenTag<'m>>,
    ) {
        let own = image.variables.get();
        let tag = At::new(image.tag().to_owned(), image.tag.span().unwrap_or(key.span));
        tags.push(self.written(key, image, Writer::Build, own, &tag));
        if let Some(text) = image
            .build_tag()
            .filter(|_| deployments.is_released(&key.value))
        {
            let tag = At::new(text, tag.span);
            tags.push(self.written(key, image, Writer::OneBuild, own, &tag));
        }
        if deployments.tested_stage(self, &key.value).is_some() {
            let tag = At::new(tested_tag(image.tag()), tag.span);
            tags.push(self.written(key, image, Writer::Tested, own, &tag));
        }
        for tag in image.also_tag.get().into_iter().flat_map(List::iter) {
            tags.push(self.written(key, image, Writer::AlsoTag, own, tag));
        }
        let cache = image.cache_to.at().cloned();
        let cache = cache.or_else(|| Some(At::new(image.default_cache()?.to_owned(), key.span)));
        // Buildah names the tags of its caches by their contents.
        let by_contents = self.builder(image) == Builder::Buildah;
        if let Some(cache) = cache.filter(|_| !by_contents) {
            tags.push(self.written(key, image, Writer::Cache, own, &cache));
        }
    }

    fn mark<'m>(
        &'m self,
        key: &'m At<String>,
        environment: &'m Environment,
        image_key: &'m At<String>,
        image: &'m Image,
    ) -> Option<WrittenTag<'m>> {
        let tag = environment.deployed_tag(&key.value)?;
        let tag = At::new(tag, environment.deployed_tag.span().unwrap_or(key.span));
        let own = environment.variables.get();
        let writer = Writer::Deployed(&key.value);
        let mut written = self.written(image_key, image, writer, own, &tag);
        // Of two dynamic environments each has its own.
        let name = self.expanded(own, environment.name(&key.value));
        for of_name in ["${CI_ENVIRONMENT_SLUG}", "${CI_ENVIRONMENT_NAME}"] {
            written.tag = written.tag.replace(of_name, &format!("<{name}>"));
        }
        Some(written)
    }

    /// A tag in an image's repository, or `repository:tag`.
    fn written<'m>(
        &'m self,
        key: &'m At<String>,
        image: &'m Image,
        writer: Writer<'m>,
        own: Option<&Variables>,
        text: &At<String>,
    ) -> WrittenTag<'m> {
        let repository = image.repository(&key.value);
        let (repository, tag) = match split_tag(&text.value) {
            Some((other, tag)) => (other.to_owned(), tag),
            None => (repository, text.value.as_str()),
        };
        WrittenTag {
            image: &key.value,
            writer,
            repository: self.canonical_repository(own.or(image.variables.get()), &repository),
            values: self.expanded(own, tag),
            tag: self.expanded(own, tag),
            written: format!("{repository}:{tag}"),
            span: text.span,
        }
    }
}

impl Image {
    /// The tag of its repository to which its build writes its cache, if the manifest names none.
    pub fn default_cache(&self) -> Option<&'static str> {
        let none = self.cache_from.get().is_some_and(|list| list.0.is_empty());
        // What is built again because it is old must not be made of old layers.
        if none || self.cache_from.is_missing() && self.rebuild.get().is_some() {
            return None;
        }
        Some(match self.role() {
            Role::App | Role::Test => BRANCH_CACHE,
            Role::Production => PRODUCTION_CACHE,
            Role::Toolchain => TOOLCHAIN_CACHE,
        })
    }
}

/// The tag that holds a branch's build cache. A slug has no `_`, so the cache of one branch is never the
/// image of another one: `cache-main` can be the name of a branch.
pub const BRANCH_CACHE: &str = "cache_$CI_COMMIT_REF_SLUG";

/// The cache that only production builds write: what a branch could write must not get into an image
/// that is deployed.
pub const PRODUCTION_CACHE: &str = "cache_production";

/// One cache for all branches, as there is one toolchain for all of them.
pub const TOOLCHAIN_CACHE: &str = "cache_toolchain";
