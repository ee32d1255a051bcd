//! Which jobs build, use, promote and delete which image of the manifest.
//!
//! In: a manifest and the configuration that it was lowered to. Out: positions of jobs. Always
//! holds: a job uses an image if the manifest says so, or if any of its values names the variable
//! of the image, `$IMAGE_APP` or `$IMAGE_APP_DIGEST`, as raw jobs do.

use std::collections::HashMap;

use super::made::ByOrigin;
use crate::config::{Config, Job, Node, Value};
use crate::manifest::Manifest;
use crate::manifest::images::{Image, KeepFor, Role};
use crate::manifest::resolved::image_variable;
use crate::pipeline::Origin;
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
    pub(super) fn of(manifest: &'p Manifest, config: &Config) -> Self {
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
            uses.by_name(config, &variables);
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

    /// The jobs whose values name the variable of an image. What belongs to the image itself,
    /// deletes or promotes, does not use it.
    fn by_name(&mut self, config: &Config, variables: &HashMap<String, usize>) {
        for (index, job) in config.jobs.iter().enumerate() {
            let own = match &job.origin {
                Some(Origin::Promotion(_) | Origin::Cleanup(_) | Origin::Stop(_)) => continue,
                Some(Origin::Check(image)) => std::slice::from_ref(image),
                origin => origin.as_ref().map_or(&[][..], Origin::built),
            };
            for number in named(job, variables) {
                let Some(one) = self.0.get(number) else {
                    continue;
                };
                if !own.iter().any(|image| image == one.name) {
                    self.add(number, vec![index]);
                }
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

/// The images that a job's values name.
fn named(job: &Job, variables: &HashMap<String, usize>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut text = |text: &str| {
        for (at, _) in text.match_indices("IMAGE_") {
            let before = text.get(..at).unwrap_or_default();
            let rest = text.get(at..).unwrap_or_default();
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if before.ends_with(['$', '{'])
                && let Some(number) = variables.get(name)
                && !found.contains(number)
            {
                found.push(*number);
            }
        }
    };
    // The variables of all jobs, which say what the images are, are no keys of a job.
    for (_, entry) in job.keys.iter() {
        texts(&entry.value, &mut text);
    }
    found
}

/// Every text in a value.
pub(super) fn texts(node: &Node, visit: &mut dyn FnMut(&str)) {
    match &node.value {
        Value::Str(text) | Value::Symbol(text) => visit(text),
        Value::Seq(items) | Value::Reference(items) => {
            items.iter().for_each(|item| texts(item, visit));
        }
        Value::Map(map) => map.iter().for_each(|(_, entry)| texts(&entry.value, visit)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
    }
}
