//! Plans of different configurations as plans of one that has the jobs of all.
//!
//! In: configurations and their plans. Out: one configuration, and its plans. Always holds: a job that a
//! configuration does not have is not in its pipeline, or open where an include is not read; a place in
//! any of them is the same place in the union, since they number their sources alike.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Planned;
use crate::config::{Config, Job, When};
use crate::plan::Plan;
use crate::plan::decision::{Because, Chosen, Decision};
use crate::plan::outcome::PlannedJob;
use crate::plan::rules;

/// The configuration that has the stages and jobs of all, the first one's first.
pub(super) fn union<'c>(all: impl IntoIterator<Item = &'c Arc<Config>>) -> Option<Arc<Config>> {
    let mut all = all.into_iter();
    let first = all.next()?;
    let mut seen = HashSet::from([Arc::as_ptr(first)]);
    let mut others = all
        .filter(|config| seen.insert(Arc::as_ptr(config)))
        .peekable();
    if others.peek().is_none() {
        return Some(Arc::clone(first));
    }
    let mut union = Config::clone(first);
    let mut names: HashSet<String> = union.jobs.iter().map(|job| job.name.clone()).collect();
    for config in others {
        if config.sources.len() > union.sources.len() {
            union.sources.clone_from(&config.sources);
        }
        for stage in &config.stages {
            if union.stage_index(stage).is_none() {
                let before_post = union.stages.len().saturating_sub(1);
                union.stages.insert(before_post, stage.clone());
            }
        }
        for job in &config.jobs {
            if names.insert(job.name.clone()) {
                union.jobs.push(job.clone());
            }
        }
        for include in &config.unresolved {
            if !union.unresolved.contains(include) {
                union.unresolved.push(include.clone());
            }
        }
    }
    Some(Arc::new(union))
}

/// Plans of different configurations as plans of one that has the jobs of all.
pub fn together(all: Vec<Planned>, otherwise: &Config) -> (Arc<Config>, Vec<Plan>) {
    let Some(union) = union(all.iter().map(|one| &one.config)) else {
        return (Arc::new(otherwise.clone()), Vec::new());
    };
    let plans = all.into_iter();
    let plans = plans.map(|planned| onto(&union, planned)).collect();
    (union, plans)
}

/// A plan as one of a configuration that has all its jobs, and others.
pub(super) fn onto(whole: &Arc<Config>, planned: Planned) -> Plan {
    let Planned {
        config, mut plan, ..
    } = planned;
    if Arc::ptr_eq(whole, &config) {
        return plan;
    }
    let is_open = !config.unresolved.is_empty();
    let mut own: HashMap<String, PlannedJob> = std::mem::take(&mut plan.jobs)
        .into_iter()
        .map(|job| (job.name.clone(), job))
        .collect();
    for (index, job) in whole.jobs.iter().enumerate() {
        plan.jobs.push(match own.remove(&job.name) {
            Some(planned) => PlannedJob { index, ..planned },
            None => absent(index, job, is_open),
        });
    }
    plan
}

/// A job that a configuration does not have, in which an include may not be read.
fn absent(index: usize, job: &Job, is_open: bool) -> PlannedJob {
    let decided = |possible| Decision {
        possible,
        raises: None,
    };
    let not_included = Chosen {
        when: When::Never,
        ..rules::as_it_is(job, Because::NotIncluded)
    };
    let (decision, otherwise) = match is_open {
        false => (decided(vec![not_included]), None),
        true => (
            decided(vec![
                not_included.clone(),
                rules::as_it_is(job, Because::Include),
            ]),
            Some(decided(vec![not_included])),
        ),
    };
    PlannedJob {
        index,
        name: job.name.clone(),
        stage: job.stage.value.clone(),
        decision,
        otherwise,
    }
}
