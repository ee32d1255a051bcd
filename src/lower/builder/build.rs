//! What a job builds: an image, or each image of a group in a row of its own.
//!
//! In: images with all names resolved. Out: the texts that a builder puts into its commands. Always
//! holds: for one image they are its own; for several, what differs is a variable of the row.

use super::rows::{Field, Rows};
use crate::lower::{Lowering, digest_variable};
use crate::manifest::images::{Builder, Image};
use crate::manifest::registries::split_tag;
use crate::manifest::resolved::{SetNames, build_tag, image_variable, upper};
use crate::mutant::{self, Mutant};
use crate::pipeline::{Mapping, Uses};

/// An image to build, all names resolved.
pub(in crate::lower) struct Planned<'m> {
    /// The image's name.
    pub name: &'m str,
    /// The image.
    pub image: &'m Image,
    /// The compose service that is built, if one is.
    pub service: Option<&'m str>,
    /// Its reference by its own tag.
    pub reference: Reference,
    /// Whether it has, beside that tag, one that no other build writes: what an environment runs does
    /// not lose its only tag when the same commit is built again.
    pub has_build_tag: bool,
    /// Its further tags.
    pub also_tag: Vec<Reference>,
    /// What the cache is read from.
    pub cache_from: Vec<Reference>,
    /// What the cache is written to.
    pub cache_to: Option<Reference>,
    /// The build arguments.
    pub args: Vec<Argument<'m>>,
    /// What arguments and tags use of earlier jobs.
    pub uses: Uses,
    /// The label that says when and for which ref it is built, `name=value`.
    pub label: Option<String>,
    /// Where it is built.
    pub refs: SetNames,
}

impl Planned<'_> {
    /// Whether the manifest says where the Dockerfile is.
    pub(super) fn has_own_dockerfile(&self) -> bool {
        self.image.dockerfile.get().is_some() || self.image.context.get().is_some()
    }
}

/// A build argument.
pub(in crate::lower) struct Argument<'m> {
    /// Its name.
    pub name: &'m str,
    /// Its value.
    pub value: String,
    /// Whether a variable in its value may hold a secret.
    pub may_be_secret: bool,
}

/// An image or a cache in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lower) struct Reference {
    /// Its repository.
    pub repository: String,
    /// Its tag, if it has one.
    pub tag: Option<Tag>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lower) enum Tag {
    /// As the manifest or the language has it.
    Given(String),
    /// The cache of the default branch: the variable that holds its slug. Where GitLab does not set
    /// one, the job does: see [`super::DEFAULT_BRANCH_SLUG`].
    OfDefaultBranch(&'static str),
}

impl Reference {
    /// A tag of a repository, or a whole reference.
    pub(in crate::lower) fn of(repository: &str, text: &str) -> Self {
        let (repository, tag) = match split_tag(text) {
            Some((repository, tag)) => (repository, Some(tag)),
            None if text.contains(['/', ':']) => (text, None),
            None => (repository, Some(text)),
        };
        Self {
            repository: repository.to_owned(),
            tag: tag.map(|tag| Tag::Given(tag.to_owned())),
        }
    }

    /// The reference for a shell.
    pub(super) fn text(&self) -> String {
        self.joined(":", "", "")
    }

    /// The reference for Docker Compose: where GitLab does not set the variable, jobs that do not
    /// build have none, and compose would complain.
    pub(super) fn in_compose(&self) -> String {
        self.joined(":", "{", "-}")
    }

    /// The repository of a cache for builders that keep each layer under a tag of its own: what is a
    /// tag for others is a repository there.
    pub(super) fn as_repository(&self) -> String {
        self.joined("/", "", "")
    }

    /// With the sign before the tag, and what stands around the name of a variable.
    fn joined(&self, sign: &str, before: &str, after: &str) -> String {
        let repository = &self.repository;
        match &self.tag {
            None => repository.clone(),
            Some(Tag::Given(tag)) => format!("{repository}{sign}{tag}"),
            Some(Tag::OfDefaultBranch(slug)) => {
                format!("{repository}{sign}cache_${before}{slug}{after}")
            }
        }
    }
}

/// The images of a job.
pub(in crate::lower) struct Build<'m> {
    /// The images.
    pub images: Vec<Planned<'m>>,
    /// The variables that tell them apart.
    pub rows: Rows,
}

/// A reference as a builder writes it.
type Written = fn(&Reference) -> String;

impl<'m> Build<'m> {
    /// A job for one image, or for several with the variables that mean something already.
    pub(in crate::lower) fn of(images: Vec<Planned<'m>>, taken: Mapping) -> Self {
        let names: Vec<&str> = images.iter().map(|image| image.name).collect();
        let rows = Rows::of(&names, taken);
        Self { images, rows }
    }

    /// The images of the manifest that it handles: its own, and those that they are built from.
    pub(super) fn handled(&self) -> Vec<&'m str> {
        let all = self.images.iter().flat_map(|of| {
            let bases = of.image.bases().map(|base| base.value.as_str());
            [of.name].into_iter().chain(bases)
        });
        all.collect()
    }

    /// What builds it.
    pub(super) fn builder(&mut self, lowering: &Lowering<'_>) -> Builder {
        let builders = self.images.iter();
        let builders: Vec<Builder> = builders
            .map(|of| lowering.manifest.builder(of.image))
            .collect();
        let first = builders.first().copied().unwrap_or(Builder::Buildx);
        if let Some(other) = builders.iter().position(|own| *own != first) {
            self.rows.differs(other, "builder");
        }
        first
    }

    /// The variable that holds the digest.
    pub(in crate::lower) fn digest_variable(&mut self) -> String {
        let names: Vec<String> = self.images.iter().map(|of| upper(of.name)).collect();
        digest_variable(&self.rows.text(Field::UpperName, &names))
    }

    /// Values of each image, as many for all of them, as one list.
    fn list<T>(
        &mut self,
        key: &'static str,
        of: impl Fn(&Planned<'m>) -> Vec<T>,
        one: impl Fn(&mut Rows, &[&T]) -> String,
    ) -> Vec<String> {
        let all: Vec<Vec<T>> = self.images.iter().map(of).collect();
        let length = all.first().map_or(0, Vec::len);
        if let Some(other) = all.iter().position(|own| own.len() != length) {
            self.rows.differs(other, key);
            return Vec::new();
        }
        let values = |at| -> Vec<&T> { all.iter().filter_map(|own| own.get(at)).collect() };
        let rows = &mut self.rows;
        (0..length).map(|at| one(rows, &values(at))).collect()
    }

    fn texts(
        &mut self,
        key: &'static str,
        of: impl Fn(&Planned<'m>) -> Vec<String>,
    ) -> Vec<String> {
        self.list(key, of, |rows, all| rows.text(Field::Key(key), all))
    }

    fn text(&mut self, key: &'static str, of: impl Fn(&Planned<'m>) -> String) -> String {
        self.texts(key, |image| vec![of(image)]).concat()
    }

    fn references(
        &mut self,
        key: &'static str,
        written: Written,
        of: impl Fn(&Planned<'m>) -> Vec<Reference>,
    ) -> Vec<String> {
        self.list(key, of, |rows, all| written(&joined(rows, key, all)))
    }

    /// Whether its images get a tag that no other build has.
    pub(super) fn has_build_tag(&self) -> bool {
        self.images.iter().any(|of| of.has_build_tag)
    }

    /// All tags; the first one is that by which later jobs find the image.
    pub(super) fn tags(&mut self) -> Vec<String> {
        let mut tags = match self.images.as_slice() {
            [one] => vec![format!("${}", image_variable(one.name))],
            _ => self.references("tag", Reference::text, |of| vec![of.reference.clone()]),
        };
        if self.has_build_tag() {
            let own = tags.first().map(|tag| build_tag(tag));
            tags.extend(own);
        }
        let also = self.references("also_tag", Reference::text, |of| of.also_tag.clone());
        tags.extend(
            also.into_iter()
                .filter(|_| !mutant::on(Mutant::AlsoTagsForgotten)),
        );
        tags
    }

    /// What the cache is read from.
    pub(super) fn cache_from(&mut self, written: Written) -> Vec<String> {
        self.references("cache_from", written, |of| of.cache_from.clone())
    }

    /// What the cache is written to.
    pub(super) fn cache_to(&mut self, written: Written) -> Option<String> {
        let cache = |of: &Planned<'m>| of.cache_to.iter().cloned().collect();
        let all = self.references("cache_to", written, cache).pop();
        all.filter(|_| !mutant::on(Mutant::NoCache))
    }

    /// Whether its job must know the slug of the default branch.
    pub(super) fn names_default_branch(&self) -> bool {
        let mut caches = self.images.iter().flat_map(|of| &of.cache_from);
        caches.any(|cache| matches!(cache.tag, Some(Tag::OfDefaultBranch(_))))
    }

    /// The folder that the build sees.
    pub(super) fn context(&mut self) -> String {
        self.text("context", |of| of.image.context().to_owned())
    }

    /// The Dockerfile's path.
    pub(super) fn dockerfile(&mut self) -> String {
        self.text("dockerfile", |of| of.image.dockerfile())
    }

    /// The Dockerfile's folder and name.
    pub(super) fn dockerfile_in_folder(&mut self) -> (String, String) {
        let parts = |of: &Planned<'m>| {
            let path = of.image.dockerfile();
            let (folder, file) = path.rsplit_once('/').unwrap_or((".", &path));
            (folder.to_owned(), file.to_owned())
        };
        let folder = self.text("dockerfile", |of| parts(of).0);
        (folder, self.text("dockerfile", |of| parts(of).1))
    }

    /// Whether the manifest says where the Dockerfile is.
    pub(super) fn has_own_dockerfile(&self) -> bool {
        self.images.iter().any(Planned::has_own_dockerfile)
    }

    /// The stage of the Dockerfile.
    pub(super) fn target(&mut self) -> Option<String> {
        let target = |of: &Planned<'m>| of.image.target.get().cloned().into_iter().collect();
        self.texts("target", target).pop()
    }

    /// The platforms, with commas between them.
    pub(super) fn platforms(&mut self) -> Option<String> {
        let platforms = |of: &Planned<'m>| {
            let all = of.image.platforms.get().into_iter();
            let joined = all.map(|all| {
                let all: Vec<&str> = all.iter().map(|one| one.value.as_str()).collect();
                all.join(",")
            });
            joined.collect()
        };
        let all = self.texts("platforms", platforms).pop();
        all.filter(|_| !mutant::on(Mutant::PlatformsForgotten))
    }

    /// The manifest's own options.
    pub(super) fn options(&mut self) -> Vec<String> {
        let options = |of: &Planned<'m>| {
            let all = of.image.build_options.get().into_iter();
            let all = all.flat_map(|options| options.iter());
            all.map(|option| option.value.clone()).collect()
        };
        self.texts("build_options", options)
    }

    /// The label that says when and for which ref it is built, `name=value`.
    pub(super) fn labels(&mut self) -> Vec<String> {
        self.texts("retention", |of| of.label.iter().cloned().collect())
    }

    /// The secrets: an id, and the variable that holds the value.
    pub(super) fn secrets(&mut self) -> Vec<(String, String)> {
        let all = |of: &Planned<'m>| -> Vec<(String, String)> {
            let all = of.image.secrets.get().into_iter();
            let all = all.flat_map(|secrets| secrets.iter());
            all.map(|(id, variable)| (id.value.clone(), variable.value.to_string()))
                .collect()
        };
        let ids = |of: &Planned<'m>| all(of).into_iter().map(|(id, _)| id).collect();
        let ids = self.texts("secrets", ids);
        let variables = |of: &Planned<'m>| all(of).into_iter().map(|(_, name)| name).collect();
        let variables = self.texts("secrets", variables);
        ids.into_iter().zip(variables).collect()
    }

    /// The compose service that is built.
    pub(super) fn service(&mut self) -> String {
        self.text("service", |of| of.service.unwrap_or_default().to_owned())
    }

    /// The build arguments.
    pub(super) fn args(&mut self) -> Vec<Argument<'m>> {
        let Some((first, others)) = self.images.split_first() else {
            return Vec::new();
        };
        let other = others.iter().position(|of| {
            let has = |arg: &Argument<'_>| of.args.iter().any(|own| own.name == arg.name);
            of.args.len() != first.args.len() || !first.args.iter().all(has)
        });
        if let Some(other) = other {
            self.rows.differs(other + 1, "build_args");
            return Vec::new();
        }
        let args = first.args.iter().map(|arg| {
            let all = self.images.iter().flat_map(|of| &of.args);
            let all: Vec<_> = all.filter(|own| own.name == arg.name).collect();
            let values: Vec<&String> = all.iter().map(|own| &own.value).collect();
            Argument {
                name: arg.name,
                value: self.rows.text(Field::Argument(arg.name), &values),
                may_be_secret: all.iter().any(|own| own.may_be_secret),
            }
        });
        args.collect()
    }
}

/// One reference for those of several images.
fn joined(rows: &mut Rows, key: &'static str, all: &[&Reference]) -> Reference {
    let repositories: Vec<&String> = all.iter().map(|one| &one.repository).collect();
    let repository = rows.text(Field::Key("repository"), &repositories);
    let given = all.iter().map(|one| match &one.tag {
        Some(Tag::Given(tag)) => Some(tag),
        None | Some(Tag::OfDefaultBranch(_)) => None,
    });
    let first = all.first().and_then(|one| one.tag.clone());
    let tag = match given.collect::<Option<Vec<&String>>>() {
        Some(tags) => Some(Tag::Given(rows.text(Field::Key(key), &tags))),
        None => {
            if let Some(other) = all.iter().position(|one| one.tag != first) {
                rows.differs(other, key);
            }
            first
        }
    };
    Reference { repository, tag }
}
