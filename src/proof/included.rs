//! What included files say of the jobs that the manifest makes.
//!
//! In: the configuration with all files that are read. Out: one warning for each included file that
//! reaches a job of the manifest: by a job of the same name, by `default`, or by a global variable.
//! Always holds: each such key is named. GitLab merges a file over what it includes, so a key that the
//! manifest sets stays as it is. A job that says `extends` asks for the keys of its base.

use std::collections::BTreeMap;

use super::Proof;
use crate::config::{Job, Map};
use crate::finding::{Code, Finding};

/// So many jobs are named; of more, how many there are.
const NAMED: usize = 4;

/// Keys of jobs, and the jobs of each.
#[derive(Default)]
pub(super) struct Keys<'k>(BTreeMap<String, Vec<&'k str>>);

impl<'k> Keys<'k> {
    pub(super) fn add(&mut self, key: String, job: &'k str) {
        let jobs = self.0.entry(key).or_default();
        if !jobs.contains(&job) {
            jobs.push(job);
        }
    }

    /// `` `needs` of `unit` ``, a line for each key; keys of the same jobs share one.
    pub(super) fn lines(self) -> Vec<String> {
        let mut by_jobs: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
        for (key, jobs) in self.0 {
            match by_jobs.iter_mut().find(|(known, _)| *known == jobs) {
                Some((_, keys)) => keys.push(key),
                None => by_jobs.push((jobs, vec![key])),
            }
        }
        let line = |(jobs, keys): (Vec<&str>, Vec<String>)| {
            format!("{} of {}", listed(&keys, usize::MAX), listed(&jobs, NAMED))
        };
        by_jobs.into_iter().map(line).collect()
    }
}

fn listed<T: AsRef<str>>(names: &[T], most: usize) -> String {
    let shown = names.iter().take(most);
    let mut shown: Vec<String> = shown.map(|name| format!("`{}`", name.as_ref())).collect();
    if let Some(more) = names.len().checked_sub(most).filter(|more| *more > 0) {
        shown.push(format!("{more} more"));
    }
    match shown.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => shown.concat(),
    }
}

/// Names what each included file sets of the manifest's jobs.
pub(super) fn check(proof: &mut Proof<'_>) {
    let config = proof.config;
    let mut found = Vec::new();
    for (file, source) in config.sources.iter().enumerate().skip(1) {
        let mut keys = Keys::default();
        let made = config.jobs.iter().filter(|job| job.origin.is_some());
        for job in made.clone().filter(|job| !job.keys.has("extends")) {
            set_by(file, job, &job.keys, "", &mut keys);
        }
        let mut lines = keys.lines();
        let variables = config.variables.iter();
        let own = variables.filter(|(_, variable)| variable.place.file == file);
        let reaches = |name: &str| made.clone().any(|job| job.inherits.takes(name));
        let own: Vec<&String> = own
            .map(|(name, _)| name)
            .filter(|name| reaches(name))
            .collect();
        if !own.is_empty() {
            lines.push(format!(
                "{} among the variables of all jobs",
                listed(&own, usize::MAX)
            ));
        }
        let cancels = &config.workflow.auto_cancel;
        if cancels.as_ref().is_some_and(|one| one.place.file == file) {
            lines.push("`workflow:auto_cancel:on_new_commit`".to_owned());
        }
        if !lines.is_empty() {
            found.push((source.name.clone(), lines));
        }
    }
    for (name, lines) in found {
        let message = format!("`{name}` changes jobs that this manifest makes");
        let mut finding = Finding::new(Code::ChangedByInclude, proof.include(), message);
        for line in lines {
            finding = finding.help(format!("it sets {line}"));
        }
        proof
            .report
            .push(finding.help(
                "keys that the manifest sets stay as they are; the proof assumes the others",
            ));
    }
}

/// Adds the keys of a mapping, and of mappings in it, that a file sets.
fn set_by<'k>(file: usize, job: &'k Job, map: &Map, path: &str, into: &mut Keys<'k>) {
    for (key, entry) in map.iter() {
        let path = match path {
            "" => key.text.to_string(),
            path => format!("{path}:{}", key.text),
        };
        match entry.value.as_map().filter(|inside| !inside.is_empty()) {
            Some(inside) => set_by(file, job, inside, &path, into),
            None if entry.key_place.file == file => into.add(path, &job.key),
            None => {}
        }
    }
}
