//! All configurations of a file's pipelines.
//!
//! In: the [`Configs`] of a file. Out: [`Every`]. Always holds: a configuration that is effective in some
//! pipeline is among them, or [`LeftOut::Includes`] says that some may be missing; so what holds of all of
//! them, or what their conditions compare, is true of every pipeline.

use std::sync::Arc;

use super::union::union;
use super::{Configs, KEPT, Possible, Widest};
use crate::config::{Config, Job};
use crate::plan::Situation;
use crate::plan::classes::{Classes, Compared, LeftOut, classes_of};
use crate::plan::outcome::most_worlds;

/// How often conditions of files that were found are asked for further files.
const ROUNDS: usize = 8;

/// All configurations of a file's pipelines.
#[derive(Debug, Clone)]
pub struct Every {
    all: Vec<Arc<Config>>,
    whole: Arc<Config>,
    compared: Compared,
    is_complete: bool,
}

impl Configs<'_> {
    /// All configurations of the pipelines of a project with this default branch.
    pub fn every(&self, default_branch: Option<&str>) -> Every {
        let widest = self.at(&Widest);
        let first = match &widest {
            Ok(widest) => Arc::clone(widest),
            // What rules keep apart need not fit together.
            Err(_) => Arc::clone(&self.base),
        };
        let mut every = Every {
            compared: Compared::of(&first),
            all: widest.into_iter().collect(),
            whole: first,
            is_complete: true,
        };
        // Where nothing varies there is one configuration, and nothing to look for.
        let most = if self.varies { ROUNDS } else { 0 };
        for round in 1..=most {
            let known = every.all.len();
            let classes = every.classes_of(every.compared(), default_branch);
            // Variables and files as the classes have them, and as they are where nothing is said of them.
            for situation in classes.situations.iter().chain(&classes.refs) {
                self.add(situation, &mut every);
            }
            if every.all.len() == known {
                break;
            }
            every.is_complete = round < most;
        }
        if let Some(whole) = union(&every.all) {
            every.whole = whole;
        }
        every
    }

    /// The configurations that may be effective in a situation, and what is known where each is.
    pub(in crate::plan) fn possible_in(
        &self,
        situation: &Situation,
    ) -> Vec<(Arc<Config>, Situation)> {
        let Possible { all, undecided, .. } = self.possible(situation, most_worlds(&self.base, 1));
        match (all.is_empty(), undecided) {
            (true, Some(config)) => vec![(config, situation.clone())],
            _ => all,
        }
    }

    /// The configurations that may be effective in a situation.
    pub fn possible_configs(&self, situation: &Situation) -> Vec<Arc<Config>> {
        let possible = self.possible_in(situation).into_iter();
        possible.map(|(config, _)| config).collect()
    }

    /// Adds the configurations that may be effective in a situation.
    fn add(&self, situation: &Situation, every: &mut Every) {
        for (config, _) in self.possible_in(situation) {
            if every.all.iter().any(|one| Arc::ptr_eq(one, &config)) {
                continue;
            }
            if every.all.len() >= KEPT {
                every.is_complete = false;
                return;
            }
            let compared = std::mem::take(&mut every.compared);
            every.compared = compared.and(&Compared::of(&config));
            every.all.push(config);
        }
    }
}

impl Every {
    /// All configurations of two files.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        if self.whole.decisions() < other.whole.decisions() {
            self.whole = other.whole;
        }
        self.all.extend(other.all);
        self.compared = self.compared.and(&other.compared);
        self.is_complete &= other.is_complete;
        self
    }

    /// A configuration that has the jobs of all; of two files the larger one.
    pub fn whole(&self) -> &Arc<Config> {
        &self.whole
    }

    /// Each of them.
    pub fn configs(&self) -> impl Iterator<Item = &Config> {
        self.all.iter().map(|config| &**config)
    }

    /// What the conditions of all compare.
    pub fn compared(&self) -> &Compared {
        &self.compared
    }

    /// What the conditions compare that decide whether one job is in a pipeline.
    pub(in crate::plan) fn compared_by(&self, job: &Job) -> Compared {
        let mut compared = Compared::default();
        for config in &self.all {
            compared = compared.and(&Compared::of_includes(config));
            let mut jobs = config.jobs.iter();
            if let Some(own) = jobs.find(|other| other.name == job.name) {
                compared = compared.and(&Compared::of_job(config, own));
            }
        }
        compared
    }

    /// The classes of what is compared, beside the conditions of all.
    pub fn classes_of(&self, compared: &Compared, default_branch: Option<&str>) -> Classes {
        let mut classes = classes_of(compared, default_branch, self.whole.decisions());
        if !self.is_complete {
            classes.left_out.push(LeftOut::Includes);
        }
        classes
    }
}
