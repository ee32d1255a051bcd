//! Builds before the tests: images of the roles `app` and `test`.

use super::Lowering;
use super::builder::{Argument, Build, Planned, Reference, Tag, may_be_secret};
use crate::gitlab::gates;
use crate::gitlab::variables::names;
use crate::manifest::common::Entity;
use crate::manifest::images::{Image, Role};
use crate::mutant::{self, Mutant};
use crate::pipeline::{Handed, Mapping, Origin, Uses};
use crate::source::At;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let images: Vec<_> = lowering.images_of(&[Role::App, Role::Test]).collect();
    for (key, image) in images {
        lowering.build(key, image);
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
        self.run_on(&mut job, &refs, image.narrowed().as_ref());
        let planned = self.planned_build(name, image);
        self.need_bases(&mut job, image, &planned.refs);
        let mut build = Build::of(vec![planned], Mapping::new());
        self.with_build(&mut job, &mut build);
        match image.rebuild.get() {
            Some(rebuild) => self.rebuild(key, image, rebuild, job, &mut build),
            None => {
                self.hand_on_digest(&mut job, &mut build, ">");
                self.finish(job, Some(common));
            }
        }
    }

    /// What the build of an image reads and writes.
    pub(super) fn planned_build<'i>(&self, name: &'i str, image: &'i Image) -> Planned<'i>
    where
        'm: 'i,
    {
        let repository = image.repository(name);
        let in_repository = |tag: &str| Reference::of(&repository, tag);
        let further = image.also_tag.get().into_iter();
        let further = further.flat_map(|list| list.iter());
        let cache_from = match image.cache_from.get() {
            Some(own) => own.iter().map(|tag| in_repository(&tag.value)).collect(),
            None => self.default_caches(image, &repository),
        };
        let refs = self.build_refs(name);
        let mut uses = Uses::default();
        let args = image.build_args.get().into_iter();
        let args = args.flat_map(|args| args.0.iter());
        let args = args.map(|(name, value)| {
            let value = self.build_argument(&value.value, &refs, &mut uses);
            let is_secret = |name: &str| self.image_of(name).is_none() && may_be_secret(name);
            let secret = names(&value).any(is_secret);
            Argument {
                name: name.value.as_str(),
                value,
                may_be_secret: secret,
            }
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
        // Of an image that is built if needed, the first tag is that of its recipe.
        let found_by = image.rebuild.get().map(|_| {
            uses.demands.insert(Handed::Tag(name.to_owned()));
            let tag = format!("${{{}:?}}", super::rebuild::tag_variable(name));
            Reference {
                repository: repository.clone(),
                tag: Some(Tag::Given(tag)),
            }
        });
        let cache_to = image.cache_to.get().map(String::as_str);
        let cache_to = cache_to.or_else(|| image.default_cache());
        let is_labelled = self.deployments.is_labelled(name, image);
        let label = is_labelled.then(Self::build_label);
        Planned {
            name,
            image,
            service: self.compose_services.get(name).copied(),
            args,
            uses,
            reference: in_repository(image.tag()),
            has_build_tag: image.build_tag().is_some()
                && self.deployments.is_released(name)
                && !mutant::on(Mutant::OneTagForAllBuilds),
            also_tag: found_by
                .into_iter()
                .chain(further.map(|tag| in_repository(&tag.value)))
                .collect(),
            cache_from,
            cache_to: cache_to.map(in_repository),
            label,
            refs,
        }
    }

    /// Where a build finds its cache if the image does not say: the one that it writes, and for a new
    /// branch that of the default branch.
    fn default_caches(&self, image: &Image, repository: &str) -> Vec<Reference> {
        let Some(own) = image.default_cache() else {
            return Vec::new();
        };
        let of_branch = matches!(image.role(), Role::App | Role::Test);
        // Older GitLabs don't say which branch is the default one.
        let known = self.target >= gates::DEFAULT_BRANCH;
        let slug = match self.target >= gates::DEFAULT_BRANCH_SLUG {
            true => "CI_DEFAULT_BRANCH_SLUG",
            false => "default_branch_slug",
        };
        let of_default = (of_branch && known).then(|| Reference {
            repository: repository.to_owned(),
            tag: Some(Tag::OfDefaultBranch(slug)),
        });
        [Reference::of(repository, own)]
            .into_iter()
            .chain(of_default)
            .collect()
    }
}
