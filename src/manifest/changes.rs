//! Which files must change for a job to run.
//!
//! In: `changes` of images, tests and environments. Out: for each entity its [`Narrowed`], or nothing if it
//! runs whatever changed. Always holds: what inherits its paths from images inherits them from all that it
//! uses, so it never runs without one of them; if the images do not agree, it inherits nothing
//! ([`Inherited::Unlike`]), and `check` says so.

use std::collections::{BTreeSet, HashSet};

use super::Manifest;
use super::collection::{List, Many};
use super::common::Variable;
use super::deployments::Deployments;
use super::environments::{Environment, Promotion};
use super::images::{Image, Role};
use super::kinds::Text;
use super::record::{Field, all};
use super::resolved::SetNames;
use super::tests::{Test, Via};
use crate::gitlab::glob::is_within;
use crate::source::{At, Span};

/// A job runs only when one of these paths changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Narrowed {
    /// The globs, as GitLab reads them.
    pub paths: Vec<String>,
    /// Where they are written.
    pub span: Span,
    /// Whether the job runs where an image is built. If not, it is about no image, and a tag and every branch
    /// but the default branch are compared with that one.
    pub of_builds: bool,
}

impl Narrowed {
    fn of(field: &Field<List<Text>>) -> Option<Self> {
        let own = field.at()?;
        Some(Self {
            paths: own.iter().map(|glob| glob.value.clone()).collect(),
            span: own.span,
            of_builds: true,
        })
    }

    /// Whether these are the same paths, in any order.
    pub fn is_like(&self, other: &Self) -> bool {
        set(&self.paths) == set(&other.paths)
    }

    /// Whether each file that these paths name is surely one of the others, as those of `api/src/**/*` are of
    /// `api/**/*`.
    pub fn is_within(&self, other: &Self) -> bool {
        let is_named = |path: &String| other.paths.iter().any(|other| is_within(path, other));
        self.paths.iter().all(is_named)
    }
}

fn set(paths: &[String]) -> BTreeSet<&str> {
    paths.iter().map(String::as_str).collect()
}

/// What the images that something uses say together.
#[derive(Debug)]
pub enum Inherited<'m> {
    /// All are always built.
    Nothing,
    /// They are built together: when these paths changed.
    Paths(Narrowed),
    /// The first two that are not built together.
    Unlike(&'m str, &'m str),
}

impl<'m> Inherited<'m> {
    /// What images say, each with what narrows its build.
    fn of(images: impl IntoIterator<Item = (&'m str, Option<Narrowed>)>) -> Self {
        let mut first: Option<(&str, Option<Narrowed>)> = None;
        for (name, narrowed) in images {
            match &first {
                None => first = Some((name, narrowed)),
                Some((other, known)) => {
                    let same = match (known, &narrowed) {
                        (None, None) => true,
                        (Some(known), Some(own)) => known.is_like(own),
                        _ => false,
                    };
                    if !same {
                        return Self::Unlike(other, name);
                    }
                }
            }
        }
        match first.and_then(|(_, narrowed)| narrowed) {
            Some(narrowed) => Self::Paths(narrowed),
            None => Self::Nothing,
        }
    }

    fn paths(self) -> Option<Narrowed> {
        match self {
            Self::Paths(narrowed) => Some(narrowed),
            Self::Nothing | Self::Unlike(..) => None,
        }
    }
}

impl Image {
    /// When it is built.
    pub fn narrowed(&self) -> Option<Narrowed> {
        Narrowed::of(&self.changes)
    }
}

impl Manifest {
    /// Whether any image is built only when files changed.
    fn narrows_images(&self) -> bool {
        self.images().any(|(_, image)| image.changes.at().is_some())
    }

    /// What images of these names say. Toolchains are always there.
    fn inherited<'m>(&'m self, names: impl IntoIterator<Item = &'m str>) -> Inherited<'m> {
        let named = names.into_iter().filter_map(|name| {
            let image = self.image(name)?;
            (image.role() != Role::Toolchain).then(|| (name, image.narrowed()))
        });
        Inherited::of(named)
    }

    /// The images that a test runs in, uses as services, or names in variables, with where it says so.
    pub fn used_by_test<'m>(&'m self, test: &'m Test) -> Vec<&'m At<Text>> {
        let mut names = Vec::new();
        names.extend(test.image.get().and_then(|image| image.name.at()));
        let compose = self.compose.get();
        let by_compose = compose.and_then(|compose| compose.services.get());
        let services = test.services.get().into_iter().flat_map(List::iter);
        for service in services.filter_map(|service| service.value.name.at()) {
            match test.via.copied_or(Via::Job) {
                Via::Compose => names.extend(by_compose.and_then(|of| of.get(&service.value))),
                Via::Job | Via::Docker => names.push(service),
            }
        }
        let variables = all::<Variable>(test).into_iter();
        names.extend(variables.flat_map(Variable::images));
        names.retain(|name| self.image(&name.value).is_some());
        names
    }

    /// What the images of a test say. One that exists for tests alone and is always built says nothing.
    pub fn inherited_by_test<'m>(&'m self, test: &'m Test) -> Inherited<'m> {
        if !self.narrows_images() {
            return Inherited::Nothing;
        }
        let used = self.used_by_test(test).into_iter();
        let used = used.filter(|name| {
            let image = self.image(&name.value);
            image.is_some_and(|image| image.is_deployable() || image.changes.at().is_some())
        });
        self.inherited(used.map(|name| name.value.as_str()))
    }

    /// When a test runs: by its own `changes`, or else by those of its images.
    pub fn narrowed_test(&self, test: &Test) -> Option<Narrowed> {
        match &test.changes {
            Field::Null => None,
            own => match Narrowed::of(own) {
                Some(own) => Some(Narrowed {
                    of_builds: !matches!(self.inherited_by_test(test), Inherited::Nothing),
                    ..own
                }),
                None => self.inherited_by_test(test).paths(),
            },
        }
    }

    /// What the images of an environment say.
    pub fn inherited_by_environment<'m>(&'m self, environment: &'m Environment) -> Inherited<'m> {
        match self.narrows_images() {
            true => self.inherited(self.deployed_by(environment)),
            false => Inherited::Nothing,
        }
    }

    /// When an environment is deployed: by its own `changes`, or else by those of its images.
    pub fn narrowed_environment(&self, environment: &Environment) -> Option<Narrowed> {
        match &environment.changes {
            Field::Null => None,
            own => {
                let inherited = || self.inherited_by_environment(environment).paths();
                Narrowed::of(own).or_else(inherited)
            }
        }
    }

    /// What the images of a promotion say.
    pub fn inherited_by_promotion<'m>(&'m self, promotion: &'m Promotion) -> Inherited<'m> {
        match self.narrows_images() {
            true => self.inherited(self.promoted_by(promotion)),
            false => Inherited::Nothing,
        }
    }

    /// When a promotion runs.
    pub fn narrowed_promotion(&self, promotion: &Promotion) -> Option<Narrowed> {
        self.inherited_by_promotion(promotion).paths()
    }

    /// Whether these sets have no pipelines but those of tags, for which every image is built.
    pub fn holds_only_tags(&self, sets: &SetNames) -> bool {
        !sets.is_empty() && sets.iter().all(|set| self.is_of_tags(&set.value, 0))
    }

    fn is_of_tags(&self, name: &str, depth: usize) -> bool {
        if name == "tags" {
            return true;
        }
        let Some(set) = self.refs.get().and_then(|sets| sets.get(name)) else {
            return false;
        };
        let others = set.of.get().into_iter().flat_map(Many::iter);
        let mut others = others.map(|other| self.is_of_tags(&other.value, depth + 1));
        depth < 50
            && set.branches.at().is_none()
            && set.merge_requests.at().is_none()
            && others.all(|of_tags| of_tags)
    }
}

impl Deployments<'_> {
    /// When the clean-up of an image runs: only where there is something new, unless it says itself where it
    /// runs.
    pub fn narrowed_cleanup(&self, image: &Image) -> Option<Narrowed> {
        let elsewhere = image.retention.get().and_then(|own| own.refs.get());
        image.narrowed().filter(|_| elsewhere.is_none())
    }

    /// When an environment is asked what it runs: whenever the clean-up of one of its images runs.
    pub fn narrowed_running<'m>(
        &self,
        images: &[(&'m At<String>, &'m At<Image>)],
    ) -> Option<Narrowed> {
        let mut union: Option<Narrowed> = None;
        let mut seen = HashSet::new();
        for (_, image) in images {
            let narrowed = self.narrowed_cleanup(image)?;
            let union = union.get_or_insert(Narrowed {
                paths: Vec::new(),
                ..narrowed
            });
            let new = narrowed.paths.into_iter();
            union
                .paths
                .extend(new.filter(|path| seen.insert(path.clone())));
        }
        union
    }
}
