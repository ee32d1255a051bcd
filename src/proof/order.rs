//! Which jobs of a pipeline have surely ended, or will not start any more, when another starts.

use std::collections::BTreeSet;

use super::{Present, Proof};
use crate::config::{Config, When};
use crate::plan::Plan;

/// What a job waits for in one pipeline.
pub(super) struct Waits<'w> {
    stage: usize,
    /// Whether it waits for all earlier stages.
    by_stage: bool,
    /// The jobs that it needs, and those that these wait for.
    needed: BTreeSet<usize>,
    /// The latest stage up to which one of them waits for all.
    needed_stage: Option<usize>,
    proof: &'w Proof<'w>,
}

impl<'w> Waits<'w> {
    /// What a job waits for. A job with `needs` waits for these and for what they wait for.
    pub(super) fn of(proof: &'w Proof<'w>, plan: &Plan, one: &Present<'_>) -> Self {
        let mut waits = Self {
            stage: stage(proof.config, one.index),
            by_stage: false,
            needed: BTreeSet::new(),
            needed_stage: None,
            proof,
        };
        let mut open = vec![one.index];
        while let Some(index) = open.pop() {
            let chosen = plan.jobs.get(index).and_then(|job| job.decision.decided());
            match chosen.and_then(|chosen| chosen.needs.as_ref()) {
                Some(needs) => {
                    for need in needs.iter().filter(|need| !need.elsewhere) {
                        let Some(other) = proof.by_name.get(need.job.as_str()) else {
                            continue;
                        };
                        if waits.needed.insert(*other) {
                            open.push(*other);
                        }
                    }
                }
                None if index == one.index => waits.by_stage = true,
                None => {
                    let own = stage(proof.config, index);
                    waits.needed_stage = waits.needed_stage.max(Some(own));
                }
            }
        }
        waits
    }

    /// The jobs that it needs, and those that these need, in the order of the pipeline.
    pub(super) fn needed(&self) -> impl Iterator<Item = usize> {
        self.needed.iter().copied()
    }

    /// Whether it waits for a job. What may be started by hand at any time is not waited for,
    /// unless it is needed or holds up the stages.
    pub(super) fn has(&self, other: &Present<'_>) -> bool {
        if self.needed.contains(&other.index) {
            return true;
        }
        let skipped = is_skipped(other);
        let theirs = stage(self.proof.config, other.index);
        let own = match self.by_stage {
            true => Some(self.stage),
            false => self.needed_stage,
        };
        !skipped && own.is_some_and(|own| theirs < own)
    }
}

/// Whether the pipeline goes on if nobody starts a job.
pub(super) fn is_skipped(one: &Present<'_>) -> bool {
    one.chosen
        .is_some_and(|chosen| chosen.when == When::Manual && chosen.allow_failure)
}

/// The position of a job's stage.
pub(super) fn stage(config: &Config, index: usize) -> usize {
    let job = config.jobs.get(index);
    let stage = job.and_then(|job| config.stage_index(&job.stage));
    stage.unwrap_or(0)
}
