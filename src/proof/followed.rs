//! Which refs each job has to follow: those of the manifest's entity that it was made for.
//!
//! In: a manifest and the configuration that it was lowered to. Out: for each job the unions of ref
//! sets. Always holds: a job whose rules the manifest gives itself (`rules`, `only`, `except`, or
//! another job by `extends`) follows nothing.
//!
//! An image is built on its own `refs`; of the role `production` without any, where it is deployed.
//! The clean-up follows the build, or where the image of that role is deployed, unless it has `refs`
//! itself. What checks whether to build follows the build; what marks or stops follows the
//! deployment (language, sections 5, 7 and 10).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::made::has_any;
use super::refs::{Number, RefSets};
use crate::config::{Config, Job};
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::manifest::collection::{Many, Map};
use crate::manifest::images::{Image, Role};
use crate::manifest::kinds::{Raw, Text};
use crate::manifest::raw::{self, member};
use crate::manifest::record::Field;
use crate::source::{At, Node, Span};

/// Keys of GitLab that say where a job runs, or may bring along such.
const OWN_RULES: [&str; 4] = ["rules", "only", "except", "extends"];

/// A union of ref sets, and the entity that asks for it.
pub(super) struct Followed {
    pub(super) union: Vec<Number>,
    /// The names of the sets.
    pub(super) names: Vec<String>,
    /// As in `environments.production`.
    pub(super) entity: String,
    /// Where it asks for them.
    pub(super) place: Span,
    /// Whether `changes` may leave the job out of more pipelines.
    pub(super) narrowed: bool,
}

/// What all jobs follow.
pub(super) struct Jobs {
    /// Every union that an entity asks for.
    pub(super) followed: Vec<Followed>,
    /// The positions there of what each job follows, in the order of the configuration's jobs.
    pub(super) of_jobs: Vec<Vec<usize>>,
}

impl Jobs {
    pub(super) fn of(manifest: &Manifest, sets: &RefSets<'_>, config: &Config) -> Self {
        let mut entities = Entities {
            sets,
            followed: Vec::new(),
            by_name: HashMap::new(),
        };
        entities.images(manifest);
        entities.tests(manifest);
        entities.environments(manifest);
        entities.raw_jobs(manifest);
        let of_job = |job: &Job| {
            let entity = job.entity.as_deref().unwrap_or_default();
            entities.by_name.get(entity).cloned().unwrap_or_default()
        };
        Self {
            of_jobs: config.jobs.iter().map(of_job).collect(),
            followed: entities.followed,
        }
    }
}

struct Entities<'s, 'm> {
    sets: &'s RefSets<'m>,
    followed: Vec<Followed>,
    /// What the jobs of an entity follow; nothing if two entities have one name.
    by_name: HashMap<String, Vec<usize>>,
}

/// The names of sets; `None`: GitLab's own default.
type Sets<'m> = Option<Vec<&'m At<String>>>;

fn sets_of(field: &Field<Many<Text>>) -> Sets<'_> {
    field.get().map(|sets| sets.iter().collect())
}

impl Entities<'_, '_> {
    /// Adds a union, and gives its position.
    fn add(&mut self, entity: &str, sets: &Sets<'_>, place: Span) -> usize {
        let names: Vec<String> = match sets {
            Some(sets) => sets.iter().map(|set| set.value.clone()).collect(),
            None => ["branches", "tags"].map(str::to_owned).to_vec(),
        };
        self.followed.push(Followed {
            union: names.iter().map(|name| self.sets.number(name)).collect(),
            names,
            entity: entity.to_owned(),
            place,
            narrowed: false,
        });
        self.followed.len() - 1
    }

    /// Adds the union of an entity's own `refs`.
    fn own(&mut self, entity: &str, refs: &Field<Many<Text>>, span: Span) -> usize {
        self.add(entity, &sets_of(refs), refs.span().unwrap_or(span))
    }

    /// Lets the jobs of an entity follow unions, unless its raw keys say where they run.
    fn follow(&mut self, entity: String, unions: Vec<usize>, job: &Field<Raw>) {
        let unions = match has_any(job, &OWN_RULES) {
            true => Vec::new(),
            false => unions,
        };
        match self.by_name.entry(entity) {
            Entry::Vacant(entry) => drop(entry.insert(unions)),
            // A name with dots in it may be that of something else.
            Entry::Occupied(mut entry) => entry.get_mut().clear(),
        }
    }

    fn images(&mut self, manifest: &Manifest) {
        let mut deployed: HashMap<&str, Vec<&At<String>>> = HashMap::new();
        for (_, environment) in manifest.environments() {
            for image in manifest.deployed_by(environment) {
                let there = deployed.entry(image).or_default();
                there.extend(sets_of(&environment.refs).into_iter().flatten());
            }
        }
        let mut builds: Vec<(String, &Image, usize)> = Vec::new();
        for (key, image) in manifest.images() {
            let name = key.value.as_str();
            let entity = format!("images.{name}");
            let production = image.role() == Role::Production;
            let there = deployed.get(name).filter(|_| production).cloned();
            let built = match sets_of(&image.refs) {
                None if production => Some(there.clone().unwrap_or_default()),
                own => own,
            };
            let place = image.refs.span().unwrap_or(key.span);
            let build = self.add(&entity, &built, place);
            if let Some(rebuild) = image.rebuild.get() {
                self.follow(format!("{entity}.rebuild"), vec![build], &rebuild.job);
            }
            if let Some(retention) = image.retention.get() {
                let entity = format!("{entity}.retention");
                let cleanup = match (retention.refs.get(), there) {
                    (Some(_), _) => self.own(&entity, &retention.refs, key.span),
                    (None, Some(there)) => self.add(&entity, &Some(there), key.span),
                    (None, None) => build,
                };
                self.follow(entity, vec![cleanup], &retention.job);
            }
            builds.push((entity, image, build));
        }
        let one_job = manifest.target() >= gates::MATRIX;
        let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
        for (_, image, build) in &builds {
            if let Some(group) = image.group.get().filter(|_| one_job) {
                groups.entry(group).or_default().push(*build);
            }
        }
        for (entity, image, build) in builds {
            let group = image
                .group
                .get()
                .and_then(|group| groups.get(group.as_str()));
            let unions = group.cloned().unwrap_or_else(|| vec![build]);
            self.follow(entity, unions, &image.job);
        }
    }

    fn tests(&mut self, manifest: &Manifest) {
        for (key, test, is_task) in manifest.tests_and_tasks() {
            let family = if is_task { "tasks" } else { "tests" };
            let entity = format!("{family}.{}", key.value);
            let union = self.own(&entity, &test.refs, key.span);
            if let Some(followed) = self.followed.get_mut(union) {
                followed.narrowed = test.changes.get().is_some();
            }
            self.follow(entity, vec![union], &test.job);
        }
    }

    fn environments(&mut self, manifest: &Manifest) {
        for (key, environment) in manifest.environments() {
            let entity = format!("environments.{}", key.value);
            let union = self.own(&entity, &environment.refs, key.span);
            let mark = format!("{entity}.deployed_tag");
            self.follow(mark, vec![union], &Field::Absent);
            if let Some(stop) = environment.stop.get() {
                self.follow(format!("{entity}.stop"), vec![union], &stop.job);
            }
            self.follow(entity, vec![union], &environment.job);
        }
        for (key, promotion) in manifest.promotions() {
            let entity = format!("promotions.{}", key.value);
            let union = self.own(&entity, &promotion.refs, key.span);
            self.follow(entity, vec![union], &promotion.job);
        }
    }

    fn raw_jobs(&mut self, manifest: &Manifest) {
        for (key, raw) in manifest.jobs.get().into_iter().flat_map(Map::iter) {
            let job = &raw.value.0;
            let Some(refs) = member(job, "refs").filter(|_| !says_where(job)) else {
                continue;
            };
            let entity = format!("jobs.{}", key.value);
            let sets = raw::refs(job);
            let union = self.add(&entity, &Some(sets.iter().collect()), refs.span);
            self.follow(entity, vec![union], &Field::Absent);
        }
    }
}

/// Whether raw keys of a job say where it runs.
fn says_where(job: &Node) -> bool {
    OWN_RULES.iter().any(|key| member(job, key).is_some())
}
