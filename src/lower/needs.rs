//! `needs` on a GitLab that cannot say them: the stages order, and `dependencies` fetch.
//!
//! In: jobs with their `needs`. Out: jobs with `needs` that the target takes, or with none and with
//! `dependencies`. Always holds: a job waits for all that it needs, if not for that alone.

use std::collections::{HashMap, HashSet};

use super::Lowering;
use crate::check::{Inventory, JobEntry};
use crate::gitlab::gates;
use crate::pipeline::{Job, Need, Pipeline};
use crate::source::Span;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    if lowering.target >= gates::NEEDS_IN_STAGE {
        return;
    }
    let inventory = Inventory::of(lowering.manifest, &lowering.deployments);
    let order = Order::of(&lowering.out.pipeline);
    let mut jobs = std::mem::take(&mut lowering.out.pipeline.jobs);
    for job in &mut jobs {
        lowering.needs(job, &order, &inventory);
    }
    lowering.out.pipeline.jobs = jobs;
}

/// Takes `artifacts: false` from the needs of jobs that give none.
pub(super) fn shorten(pipeline: &mut Pipeline) {
    // Of what an included file says of jobs nothing is known.
    let default = pipeline.raw.get("default").is_some();
    if default || !pipeline.include.is_empty() {
        return;
    }
    let own_words = |job: &Job, keys: &[&str]| keys.iter().any(|key| job.raw.get(key).is_some());
    let jobs = pipeline.jobs.iter();
    let giving_none = jobs.filter(|job| {
        job.artifacts.is_empty() && !own_words(job, &["artifacts", "extends", "trigger"])
    });
    let giving_none: HashSet<String> = giving_none.map(|job| job.name.clone()).collect();
    for need in pipeline
        .jobs
        .iter_mut()
        .filter_map(|job| job.needs.as_mut())
        .flatten()
    {
        need.artifacts |= giving_none.contains(&need.job);
    }
}

/// Which job comes after which.
pub(super) struct Order {
    stages: HashMap<String, usize>,
    jobs: HashMap<String, String>,
}

impl Order {
    pub(super) fn of(pipeline: &Pipeline) -> Self {
        let stages = pipeline.stages.iter().map(String::as_str);
        let stages = [".pre"].into_iter().chain(stages).chain([".post"]);
        let stages = stages.enumerate();
        Self {
            stages: stages
                .map(|(number, stage)| (stage.to_owned(), number))
                .collect(),
            jobs: pipeline.jobs.iter().map(stage_of).collect(),
        }
    }

    /// Whether the stages alone put one job behind another.
    pub(super) fn is_behind(&self, job: &str, other: &str) -> bool {
        let number = |job: &str| self.stages.get(self.jobs.get(job)?);
        match (number(job), number(other)) {
            (Some(own), Some(other)) => other < own,
            // Of jobs that are not ours nothing is known.
            _ => true,
        }
    }
}

fn stage_of(job: &Job) -> (String, String) {
    let own = job.raw.get("stage").and_then(|stage| stage.as_str());
    let stage = own.or(job.stage.as_deref()).unwrap_or("test");
    (job.name.clone(), stage.to_owned())
}

impl Lowering<'_> {
    fn needs(&mut self, job: &mut Job, order: &Order, inventory: &Inventory) {
        let Some(needs) = &mut job.needs else { return };
        for need in needs.iter() {
            if !order.is_behind(&job.name, &need.job) {
                let what = format!(
                    "`{}` waits for `{}` in its own stage, which",
                    job.name, need.job
                );
                let span = place(inventory, &job.name, &need.job).unwrap_or(job.place);
                self.lacks_below(gates::NEEDS_IN_STAGE, &what, span);
            }
        }
        let target = self.target;
        let by_stage = target < gates::NEEDS
            || needs.is_empty() && target < gates::NEEDS_NOTHING
            || needs.len() > gates::most_needs(target)
            || needs.iter().any(|need| need.optional) && target < gates::NEEDS_OPTIONAL;
        if by_stage {
            let fetched = needs.iter().filter(|need| need.artifacts);
            job.dependencies = Some(fetched.map(|need| need.job.clone()).collect());
            job.needs = None;
        } else if target < gates::NEEDS_MAPPING {
            // Only names can be said: artifacts that nobody wants come along.
            for need in needs {
                *need = Need {
                    job: need.job.clone(),
                    artifacts: true,
                    optional: false,
                };
            }
        }
    }
}

/// Where the manifest says that a job needs another; where its stage stands, if windlass says so.
fn place(inventory: &Inventory, job: &str, need: &str) -> Option<Span> {
    let (_, entry): (_, &JobEntry) = inventory.get(job)?;
    let mut needs = entry.needs.iter().flatten();
    let own = needs.find(|needed| needed.value == need);
    Some(own.map_or(entry.stage.span, |needed| needed.span))
}
