//! Which refs each job has to follow: those of the manifest's entity that it was made for.
//!
//! In: a manifest and the configuration that it was lowered to. Out: for each job the unions of ref
//! sets. Always holds: a job whose rules the manifest gives itself (`rules`, `only`, `except`, or
//! another job by `extends`) follows nothing.
//!
//! An image is built on its own `refs`; of the role `production` without any, where it is deployed.
//! The clean-up of an image that is deployed follows its environments, of which dynamic ones count only if
//! there is no other; that of another image follows the build; unless it has `refs` itself. Whoever lists what
//! an environment runs follows the clean-ups of its images. What checks whether to build follows the
//! build; what marks or stops follows the deployment (language, sections 5, 7 and 10).

use std::collections::{HashMap, HashSet};

use super::files::{self, Files};
use super::made::has_any;
use super::refs::{Number, RefSets};
use crate::config::{Config, Job};
use crate::manifest::Manifest;
use crate::manifest::collection::{Many, Map};
use crate::manifest::images::Role;
use crate::manifest::kinds::{Raw, Text};
use crate::manifest::raw::{self, member};
use crate::manifest::record::Field;
use crate::pipeline::Origin;
use crate::source::{At, Node, Span};

/// Keys of GitLab that say where a job runs, or may bring along such.
const OWN_RULES: [&str; 4] = ["rules", "only", "except", "extends"];

/// A union of ref sets, and the entity that asks for it.
pub(super) struct Followed {
    pub(super) union: Vec<Number>,
    /// The names of the sets.
    pub(super) names: Vec<String>,
    pub(super) origin: Origin,
    /// Where it asks for them.
    pub(super) place: Span,
    /// Whether the entity names them itself: no other entity does for it, and it does not leave them to GitLab.
    pub(super) stated: bool,
    /// The files of which one must have changed, if not all pipelines have the job.
    pub(super) narrowed: Option<Files>,
}

/// What all jobs follow.
pub(super) struct Jobs {
    /// Every union that an entity asks for.
    pub(super) followed: Vec<Followed>,
    /// The positions there of what each job follows, in the order of the configuration's jobs.
    pub(super) of_jobs: Vec<Vec<usize>>,
}

impl Jobs {
    pub(super) fn of<'m>(manifest: &'m Manifest, sets: &RefSets<'m>, config: &Config) -> Self {
        let mut entities = Entities {
            sets,
            pruned: HashMap::new(),
            always: HashSet::new(),
            followed: Vec::new(),
            of_origins: HashMap::new(),
        };
        entities.images(manifest);
        entities.tests(manifest);
        entities.environments(manifest);
        entities.raw_jobs(manifest);
        let of_job = |job: &Job| {
            let origins = job.origin.iter().flat_map(Origin::each);
            let unions = origins.filter_map(|origin| entities.of_origins.get(&origin));
            unions.flatten().copied().collect()
        };
        Self {
            of_jobs: config.jobs.iter().map(of_job).collect(),
            followed: entities.followed,
        }
    }
}

/// The sets of the environments that deploy an image.
#[derive(Default)]
struct Deployed<'m> {
    everywhere: Vec<&'m At<String>>,
    /// Those of environments that are not dynamic.
    lasting: Vec<&'m At<String>>,
}

struct Entities<'s, 'm> {
    sets: &'s RefSets<'m>,
    /// Where the retention of each deployed image runs.
    pruned: HashMap<String, Vec<&'m At<String>>>,
    /// The images whose retention says itself where it runs.
    always: HashSet<String>,
    followed: Vec<Followed>,
    /// What the jobs of an origin follow.
    of_origins: HashMap<Origin, Vec<usize>>,
}

/// The names of sets; `None`: GitLab's own default.
type Sets<'m> = Option<Vec<&'m At<String>>>;

fn sets_of(field: &Field<Many<Text>>) -> Sets<'_> {
    field.get().map(|sets| sets.iter().collect())
}

impl<'m> Entities<'_, 'm> {
    /// Adds a union, and gives its position.
    fn add(&mut self, origin: &Origin, sets: &Sets<'_>, place: Span) -> usize {
        let names: Vec<String> = match sets {
            Some(sets) => sets.iter().map(|set| set.value.clone()).collect(),
            None => ["branches", "tags"].map(str::to_owned).to_vec(),
        };
        self.followed.push(Followed {
            union: names.iter().map(|name| self.sets.number(name)).collect(),
            names,
            origin: origin.clone(),
            place,
            narrowed: None,
            stated: false,
        });
        self.followed.len() - 1
    }

    /// Says that the jobs which follow a union want files to have changed.
    fn narrow(&mut self, union: usize, files: Option<Files>) {
        if let Some(followed) = self.followed.get_mut(union) {
            followed.narrowed = files;
        }
    }

    /// Adds the union of an entity's own `refs`.
    fn own(&mut self, origin: &Origin, refs: &Field<Many<Text>>, span: Span) -> usize {
        let union = self.add(origin, &sets_of(refs), refs.span().unwrap_or(span));
        self.state(union, refs);
        union
    }

    /// Says whether the entity names the sets of a union itself.
    fn state(&mut self, union: usize, refs: &Field<Many<Text>>) {
        if let Some(followed) = self.followed.get_mut(union) {
            followed.stated = refs.get().is_some();
        }
    }

    /// Lets the jobs of an origin follow unions, unless its raw keys say where they run.
    fn follow(&mut self, origin: Origin, unions: Vec<usize>, job: &Field<Raw>) {
        let unions = match has_any(job, &OWN_RULES) {
            true => Vec::new(),
            false => unions,
        };
        self.of_origins.insert(origin, unions);
    }

    fn images(&mut self, manifest: &'m Manifest) {
        let mut deployed: HashMap<&str, Deployed<'_>> = HashMap::new();
        for (key, environment) in manifest.environments() {
            let sets = || sets_of(&environment.refs).into_iter().flatten();
            for image in manifest.deployed_by(environment) {
                let there = deployed.entry(image).or_default();
                there.everywhere.extend(sets());
                if !environment.is_dynamic(&key.value) {
                    there.lasting.extend(sets());
                }
            }
        }
        for (key, image) in manifest.images() {
            let name = key.value.as_str();
            let origin = Origin::build(name);
            let production = image.role() == Role::Production;
            let there = deployed.remove(name);
            let built = match sets_of(&image.refs) {
                None if production => there.as_ref().map(|there| there.everywhere.clone()),
                own => own,
            };
            let built = match built {
                None if production => Some(Vec::new()),
                built => built,
            };
            let place = image.refs.span().unwrap_or(key.span);
            let build = self.add(&origin, &built, place);
            self.state(build, &image.refs);
            let files = Files::of(&image.changes);
            self.narrow(build, files.clone());
            if let Some(rebuild) = image.rebuild.get() {
                self.follow(Origin::Check(name.to_owned()), vec![build], &rebuild.job);
                self.follow(Origin::ForceBuild(name.to_owned()), vec![build], &image.job);
            }
            if let Some(retention) = image.retention.get() {
                let origin = Origin::Cleanup(name.to_owned());
                let (cleanup, sets) = match (sets_of(&retention.refs), there) {
                    (Some(own), _) => {
                        let cleanup = self.own(&origin, &retention.refs, key.span);
                        self.always.insert(name.to_owned());
                        (cleanup, Some(own))
                    }
                    (None, Some(there)) => {
                        let sets = Some(match there.lasting.is_empty() {
                            true => there.everywhere,
                            false => there.lasting,
                        });
                        let cleanup = self.add(&origin, &sets, key.span);
                        self.narrow(cleanup, files.clone());
                        (cleanup, sets)
                    }
                    (None, None) => (build, None),
                };
                if image.is_pruned() {
                    self.pruned
                        .insert(name.to_owned(), sets.into_iter().flatten().collect());
                }
                self.follow(
                    Origin::Branches(name.to_owned()),
                    vec![cleanup],
                    &Field::Absent,
                );
                self.follow(origin, vec![cleanup], &retention.job);
            }
            self.follow(origin, vec![build], &image.job);
            // It runs where a test of the image may.
            let origin = Origin::Tested(name.to_owned());
            let tests = manifest.tests_of(name);
            let refs = Manifest::refs_of_tests(&tests);
            let union = self.add(&origin, &Some(refs.iter().collect()), key.span);
            self.narrow(union, files);
            self.follow(origin, vec![union], &Field::Absent);
        }
    }

    fn tests(&mut self, manifest: &Manifest) {
        for (key, test, is_task) in manifest.tests_and_tasks() {
            let origin = Origin::run(&key.value, is_task);
            let union = self.own(&origin, &test.refs, key.span);
            self.narrow(union, files::of_test(manifest, test));
            self.follow(origin, vec![union], &test.job);
        }
    }

    fn environments(&mut self, manifest: &'m Manifest) {
        for (key, environment) in manifest.environments() {
            let origin = Origin::Deploy(key.value.clone());
            let union = self.own(&origin, &environment.refs, key.span);
            self.narrow(union, files::of_environment(manifest, environment));
            let mark = Origin::Mark(key.value.clone());
            self.follow(mark, vec![union], &Field::Absent);
            let images = manifest.deployed_by(environment).into_iter();
            let asked: Vec<&At<String>> = images
                .filter_map(|image| self.pruned.get(image))
                .flatten()
                .copied()
                .collect();
            let running = Origin::Running(key.value.clone());
            let asked = self.add(&running, &Some(asked), key.span);
            let files = files::of_clean_ups(manifest, environment, &self.always);
            self.narrow(asked, files);
            self.follow(running, vec![asked], &Field::Absent);
            if let Some(stop) = environment.stop.get() {
                self.follow(
                    Origin::Untag(key.value.clone()),
                    vec![union],
                    &Field::Absent,
                );
                self.follow(Origin::Stop(key.value.clone()), vec![union], &stop.job);
            }
            self.follow(origin, vec![union], &environment.job);
        }
        for (key, promotion) in manifest.promotions() {
            let origin = Origin::Promotion(key.value.clone());
            let union = self.own(&origin, &promotion.refs, key.span);
            self.narrow(union, files::of_promotion(manifest, promotion));
            self.follow(origin, vec![union], &promotion.job);
        }
    }

    fn raw_jobs(&mut self, manifest: &Manifest) {
        for (key, raw) in manifest.jobs.get().into_iter().flat_map(Map::iter) {
            let job = &raw.value.0;
            let Some(refs) = member(job, "refs").filter(|_| !says_where(job)) else {
                continue;
            };
            let origin = Origin::Raw(key.value.clone());
            let sets = raw::refs(job);
            let union = self.add(&origin, &Some(sets.iter().collect()), refs.span);
            self.follow(origin, vec![union], &Field::Absent);
        }
    }
}

/// Whether raw keys of a job say where it runs.
fn says_where(job: &Node) -> bool {
    OWN_RULES.iter().any(|key| member(job, key).is_some())
}
