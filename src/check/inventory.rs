//! Every job that a manifest makes: its name, its stage, where it comes from.

use std::collections::{HashMap, HashSet};

use crate::manifest::Manifest;
use crate::manifest::collection::List;
use crate::manifest::common::Need;
use crate::manifest::deployments::Deployments;
use crate::manifest::images::Image;
use crate::manifest::raw::member;
use crate::manifest::record::Field;
use crate::manifest::resolved::JobName;
use crate::manifest::tests::Test;
use crate::source::{At, Kind, Node};

/// A job.
#[derive(Debug, Clone)]
pub struct JobEntry {
    /// Its name, and where that is written or made from.
    pub name: JobName,
    /// Its stage; the place is that of the entity if the stage is the language's own choice.
    pub stage: At<String>,
    /// Whether it is GitLab's own, verbatim.
    pub is_raw: bool,
    /// The names of the jobs that it waits for, if it says so.
    pub needs: Option<Vec<At<String>>>,
}

impl JobEntry {
    fn new(name: JobName, stage: At<String>) -> Self {
        Self {
            name,
            stage,
            is_raw: false,
            needs: None,
        }
    }
}

/// All jobs in the order of the manifest.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// The jobs; a hidden raw job (`.name`) is none.
    pub jobs: Vec<JobEntry>,
    by_name: HashMap<String, usize>,
}

impl Inventory {
    /// The jobs of a manifest.
    pub fn of<'m>(manifest: &'m Manifest, deployments: &Deployments<'m>) -> Self {
        let mut inventory = Self::default();
        let mut groups = HashSet::new();
        for (key, image) in manifest.images() {
            let stage = At::new(
                image.stage().to_owned(),
                image.stage.span().unwrap_or(key.span),
            );
            if let Some(rebuild) = image.rebuild.at() {
                let own = rebuild.stage.at().unwrap_or(&stage).clone();
                inventory.add(JobEntry {
                    needs: with_bases(None, manifest, key, image),
                    ..JobEntry::new(image.check_job(key), own)
                });
                if rebuild.manual.copied_or(false) {
                    inventory.add(JobEntry::new(image.force_job(key), stage.clone()));
                }
            }
            // A group is one job for several images; below 13.3 its name means all their jobs.
            if let Some(group) = image.group.at().filter(|_| image.rebuild.at().is_none())
                && groups.insert(group.value.as_str())
            {
                inventory.add(JobEntry::new(group.clone(), stage.clone()));
            }
            inventory.add(JobEntry {
                needs: with_bases(needs(&image.needs).as_deref(), manifest, key, image),
                ..JobEntry::new(image.build_job(key), stage)
            });
            if let Some(stage) = deployments.tested_stage(manifest, &key.value) {
                let stage = At::new(stage.to_owned(), key.span);
                inventory.add(JobEntry::new(image.tested_job(key), stage));
            }
            if let Some(retention) = image.retention.at() {
                let own = retention.stage.at();
                let stage = own
                    .cloned()
                    .unwrap_or(At::new("cleanup".to_owned(), retention.span));
                inventory.add(JobEntry::new(image.cleanup_job(key), stage.clone()));
                if let Some(branches) = image.branches_job(key) {
                    inventory.add(JobEntry::new(branches, stage));
                }
            }
        }
        for (key, test, is_task) in manifest.tests_and_tasks() {
            inventory.add(JobEntry {
                needs: needs(&test.needs),
                ..JobEntry::new(test.run_job(key), test_stage(key, test, is_task))
            });
        }
        for (key, environment) in manifest.environments() {
            let span = environment.stage.span().unwrap_or(key.span);
            let stage = At::new(environment.stage().to_owned(), span);
            inventory.add(JobEntry {
                needs: needs(&environment.needs),
                ..JobEntry::new(environment.deploy_job(key), stage.clone())
            });
            if let Some((_, image)) = deployments.asked_for(manifest, environment).first()
                && let Some(retention) = image.retention.at()
            {
                let stage = retention.stage.at().cloned();
                let stage = stage.unwrap_or(At::new("cleanup".to_owned(), retention.span));
                inventory.add(JobEntry::new(environment.running_job(key), stage));
            }
            let marked = deployments.marked(manifest, environment);
            if !marked.is_empty() {
                inventory.add(JobEntry::new(environment.mark_job(key), stage.clone()));
            }
            if let Some(stop) = environment.stop.get() {
                let stage = stop.stage.at().cloned().unwrap_or(stage);
                inventory.add(JobEntry::new(environment.stop_job(key), stage.clone()));
                if environment.untags(&key.value, manifest, deployments) {
                    inventory.add(JobEntry::new(environment.untag_job(key), stage));
                }
            }
        }
        for (key, promotion) in manifest.promotions() {
            let span = promotion.stage.span().unwrap_or(key.span);
            let stage = At::new(
                deployments.promotion_stage(manifest, promotion).to_owned(),
                span,
            );
            inventory.add(JobEntry {
                needs: needs(&promotion.needs),
                ..JobEntry::new(promotion.promote_job(key), stage)
            });
        }
        for (key, job) in manifest.jobs.get().into_iter().flat_map(|jobs| jobs.iter()) {
            if key.value.starts_with('.') {
                continue;
            }
            let stage = member(&job.value.0, "stage")
                .and_then(|node| match &node.kind {
                    Kind::Scalar(_) if node.is_null() => None,
                    Kind::Scalar(scalar) => Some(At::new(scalar.text.to_string(), node.span)),
                    Kind::Sequence(_) | Kind::Mapping(_) => None,
                })
                .unwrap_or_else(|| {
                    // What `extends` or an included file brings is for GitLab's own reading of the file.
                    let extends = member(&job.value.0, "extends").is_some();
                    let inherits = extends || !manifest.include.is_missing();
                    let stage = if inherits { "" } else { "test" };
                    At::new(stage.to_owned(), key.span)
                });
            inventory.add(JobEntry {
                needs: raw_needs(&job.value.0),
                is_raw: true,
                ..JobEntry::new(key.clone(), stage)
            });
        }
        inventory
    }

    fn add(&mut self, job: JobEntry) {
        self.by_name
            .entry(job.name.value.clone())
            .or_insert(self.jobs.len());
        self.jobs.push(job);
    }

    /// The first job of a name, and its number.
    pub fn get(&self, name: &str) -> Option<(usize, &JobEntry)> {
        let number = *self.by_name.get(name)?;
        Some((number, self.jobs.get(number)?))
    }

    /// The names of all jobs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.jobs.iter().map(|job| job.name.value.as_str())
    }
}

/// The stage of a test; a task without a stage is reported elsewhere.
fn test_stage(key: &At<String>, test: &At<Test>, is_task: bool) -> At<String> {
    match test.stage.at() {
        Some(stage) => stage.clone(),
        None if is_task => At::new(String::new(), key.span),
        None => At::new("test".to_owned(), key.span),
    }
}

fn needs(field: &Field<List<Need>>) -> Option<Vec<At<String>>> {
    let needs = field.get()?.iter();
    Some(needs.filter_map(|need| need.job.at().cloned()).collect())
}

/// What a job waits for, and the builds of what its image is built from. Whether these are in the
/// pipeline is asked where images are looked at.
fn with_bases(
    own: Option<&[At<String>]>,
    manifest: &Manifest,
    key: &At<String>,
    image: &Image,
) -> Option<Vec<At<String>>> {
    let mut all = own.unwrap_or_default().to_vec();
    for base in image.bases().filter(|base| base.value != key.value) {
        let Some((key, of)) = manifest.image_entry(&base.value) else {
            continue;
        };
        let job = At::new(of.build_job(key).value, base.span);
        if !all.iter().any(|known| known.value == job.value) {
            all.push(job);
        }
    }
    (own.is_some() || !all.is_empty()).then_some(all)
}

/// The jobs that a raw job's `needs` names; those of other pipelines and projects are not ours.
fn raw_needs(node: &Node) -> Option<Vec<At<String>>> {
    let needs = member(node, "needs")?;
    let Kind::Sequence(items) = &needs.kind else {
        return None;
    };
    // `!reference` stands for what another job has.
    if needs.tag.is_some() || items.iter().any(|item| item.tag.is_some()) {
        return None;
    }
    let text = |node: &Node| match &node.kind {
        Kind::Scalar(scalar) => Some(At::<String>::new(scalar.text.to_string(), node.span)),
        Kind::Sequence(_) | Kind::Mapping(_) => None,
    };
    let needed = |item: &Node| match &item.kind {
        Kind::Scalar(_) if item.is_null() => None,
        Kind::Scalar(_) => text(item),
        Kind::Mapping(_)
            if member(item, "pipeline").is_none() && member(item, "project").is_none() =>
        {
            text(member(item, "job")?)
        }
        Kind::Mapping(_) | Kind::Sequence(_) => None,
    };
    Some(items.iter().filter_map(needed).collect())
}
