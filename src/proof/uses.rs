//! Which jobs build, use, promote and delete which image of the manifest.
//!
//! In: a manifest, the pipeline that it was lowered to, and its configuration. Out: positions of
//! jobs. Always holds: a job uses an image if the manifest says so, or if the lowering noted that the
//! job names it; what an included file adds uses an image if it names the variable of the image,
//! `$IMAGE_APP` or `$IMAGE_APP_DIGEST`. What windlass generated is not read.

use std::collections::{HashMap, HashSet};

use super::made::ByOrigin;
use crate::config::{Config, Job, Node, Value};
use crate::gitlab::variables::names;
use crate::manifest::Manifest;
use crate::manifest::images::{Image, KeepFor, Role};
use crate::manifest::resolved::image_variable;
use crate::pipeline::{Job as PlannedJob, Origin, Pipeline};
use crate::source::{At, Span};

/// All images.
pub(super) struct Uses<'p>(pub(super) Vec<ImageUses<'p>>);

/// Who does what with one image.
pub(super) struct ImageUses<'p> {
    pub(super) name: &'p str,
    pub(super) place: Span,
    pub(super) role: Role,
    /// The jobs that build it.
    pub(super) builds: Vec<usize>,
    /// The jobs that promote it.
    pub(super) promotions: Vec<usize>,
    /// The job that deletes it at the end of its pipeline, and where that is asked for.
    pub(super) cleanup: Option<(usize, Span)>,
    /// The jobs that test it, deploy it, or do anything else with it.
    pub(super) users: Vec<usize>,
}

impl<'p> Uses<'p> {
    pub(super) fn of(manifest: &'p Manifest, pipeline: &Pipeline, config: &Config) -> Self {
        let jobs = ByOrigin::of(config);
        let of = |origin: Origin| jobs.indexes(&origin);
        let mut all = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut variables: HashMap<String, usize> = HashMap::new();
        for (key, image) in manifest.images() {
            let name = key.value.as_str();
            numbers.insert(name, all.len());
            let variable = image_variable(name);
            variables.insert(format!("{variable}_DIGEST"), all.len());
            variables.insert(variable, all.len());
            let own = cleanup(image, of(Origin::Cleanup(name.to_owned())));
            all.push(ImageUses {
                name,
                place: key.span,
                role: image.role(),
                builds: jobs.building(name),
                promotions: Vec::new(),
                cleanup: own,
                users: Vec::new(),
            });
        }
        let mut uses = Self(all);
        for (key, test, is_task) in manifest.tests_and_tasks() {
            let image = test.image.get().and_then(|image| image.name.at());
            if let Some(number) = image.and_then(|image| numbers.get(image.value.as_str())) {
                uses.add(*number, of(Origin::run(&key.value, is_task)));
            }
        }
        for (key, environment) in manifest.environments() {
            for image in manifest.deployed_by(environment) {
                if let Some(number) = numbers.get(image) {
                    uses.add(*number, of(Origin::Deploy(key.value.clone())));
                }
            }
        }
        for (key, promotion) in manifest.promotions() {
            for image in manifest.promoted_by(promotion) {
                let number = numbers.get(image).copied();
                if let Some(one) = number.and_then(|number| uses.0.get_mut(number)) {
                    one.promotions
                        .extend(of(Origin::Promotion(key.value.clone())));
                }
            }
        }
        if !variables.is_empty() {
            uses.by_name(pipeline, config, &variables);
        }
        uses
    }

    fn add(&mut self, number: usize, jobs: Vec<usize>) {
        if let Some(one) = self.0.get_mut(number) {
            for job in jobs {
                if !one.users.contains(&job) {
                    one.users.push(job);
                }
            }
        }
    }

    /// The jobs that name an image. What belongs to the image itself, deletes or promotes, does not
    /// use it.
    fn by_name(
        &mut self,
        pipeline: &Pipeline,
        config: &Config,
        variables: &HashMap<String, usize>,
    ) {
        let planned = pipeline.jobs.iter().map(|job| (job.name.as_str(), job));
        let planned: HashMap<&str, &PlannedJob> = planned.collect();
        for (index, job) in config.jobs.iter().enumerate() {
            let own = match &job.origin {
                Some(
                    Origin::Promotion(_)
                    | Origin::Cleanup(_)
                    | Origin::Branches(_)
                    | Origin::Running(_)
                    | Origin::Stop(_)
                    | Origin::Untag(_),
                ) => continue,
                Some(Origin::Check(image)) => std::slice::from_ref(image),
                origin => origin.as_ref().map_or(&[][..], Origin::built),
            };
            let named = planned.get(job.key.as_str()).map(|planned| planned.named());
            let named: HashSet<&str> = named.into_iter().flatten().collect();
            let included = included(job, variables);
            let numbers = self.0.iter().enumerate();
            let used = numbers
                .filter(|(number, one)| named.contains(one.name) || included.contains(number));
            let used = used.filter(|(_, one)| !own.iter().any(|image| image == one.name));
            let used: Vec<usize> = used.map(|(number, _)| number).collect();
            for number in used {
                self.add(number, vec![index]);
            }
        }
    }
}

/// The job that deletes an image at the end of its pipeline.
fn cleanup(image: &At<Image>, jobs: Vec<usize>) -> Option<(usize, Span)> {
    let retention = image.retention.get()?;
    let keeps = retention.keep_for.get() == Some(&KeepFor::Pipeline);
    let span = image.retention.span().unwrap_or(image.span);
    let job = jobs.into_iter().next()?;
    keeps.then_some((job, span))
}

/// The images whose variables stand in what included files say of a job.
fn included(job: &Job, variables: &HashMap<String, usize>) -> HashSet<usize> {
    let mut found = HashSet::new();
    for (_, entry) in job.keys.iter() {
        texts(&entry.value, &mut |text| {
            found.extend(names(text).filter_map(|name| variables.get(name)));
        });
    }
    found
}

/// Every text of a value that does not come from the manifest, which is file 0.
fn texts(node: &Node, visit: &mut dyn FnMut(&str)) {
    match &node.value {
        Value::Str(text) | Value::Symbol(text) if node.place.file != 0 => visit(text),
        Value::Seq(items) | Value::Reference(items) => {
            items.iter().for_each(|item| texts(item, visit));
        }
        Value::Map(map) => map.iter().for_each(|(_, entry)| texts(&entry.value, visit)),
        Value::Str(_)
        | Value::Symbol(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_) => {}
    }
}
