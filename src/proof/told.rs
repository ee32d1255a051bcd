//! The rules of `lint` about pipelines, told at the keys of the manifest.

use std::sync::Arc;

use super::Proof;
use crate::config::{Config, Job};
use crate::finding::{Code, Finding, Location};
use crate::lint::subject::{self, Subject};
use crate::plan::{Failure, Plan, Situation, Truth};

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|key| (*key).to_owned()).collect()
}

impl Subject for Proof<'_> {
    fn config(&self) -> Arc<Config> {
        Arc::clone(self.whole)
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    fn is_new(&mut self, code: Code, subject: &str) -> bool {
        Proof::is_new(self, code, subject)
    }

    fn place(&self, job: &Job, path: &[&str]) -> Location {
        match path {
            [] => self.home(job).into(),
            path => Proof::place(self, job, path).into(),
        }
    }

    fn global(&self, path: &[&str]) -> Option<Location> {
        self.places.global(&owned(path)).map(Location::from)
    }

    /// A name in a list, or under `job`.
    fn need(&self, job: &Job, _failure: &Failure, other: &str) -> Location {
        let ways: [&[&str]; 2] = [&["needs", other], &["needs", "job", other]];
        let asked = ways
            .into_iter()
            .find_map(|path| self.places.exactly(job.origin.as_ref()?, &owned(path)));
        asked
            .unwrap_or_else(|| Proof::place(self, job, &["needs"]))
            .into()
    }

    fn own_workflow(&self) -> bool {
        self.own_workflow
    }

    /// What windlass writes itself never makes two pipelines.
    fn is_rare_request(&self, situation: &Situation) -> bool {
        // The default branch of the project is not known here.
        self.own_workflow && subject::is_rare_request(self.config, &self.compared, true, situation)
    }

    fn admits(&self, situation: &Situation) -> Truth {
        self.configs.admits(situation)
    }

    fn plan(&mut self, situation: &Situation) -> Option<Plan> {
        Proof::plan(self, situation)
    }

    fn command(&self, situation: &Situation) -> String {
        self.counter_examples.command(situation)
    }

    fn tell(&mut self, finding: Finding, situation: &Situation) {
        self.report(finding, situation);
    }
}
