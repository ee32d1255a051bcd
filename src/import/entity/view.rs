//! The jobs of a pipeline as recognisers see them.
//!
//! In: a configuration as GitLab reads it. Out: a [`Seen`] for each job that can run, with its effective
//! keys. Always holds: the copies of `parallel` are one job here; jobs of included files are none.

use super::build::Build;
use crate::config::{Config, Job, Map, Node};
use crate::gitlab::Version;
use crate::gitlab::variables::{names, reference};
use crate::import::values;
use crate::manifest::resolved::image_variable;
use crate::pipeline::{Mapping, Value};

/// How deep variables may hold others.
const DEPTH: usize = 4;

/// No reference of an image is longer.
const LONGEST: usize = 4096;

/// The jobs.
pub(in crate::import) struct View<'c> {
    /// The configuration.
    pub(super) config: &'c Config,
    /// The GitLab that runs it.
    pub(super) target: Version,
    /// The jobs, in the order written.
    pub(super) jobs: Vec<Seen<'c>>,
    /// Those that build an image.
    pub(super) builds: Vec<Build>,
}

/// A job.
pub(super) struct Seen<'c> {
    /// As GitLab reads it; of several copies the first.
    pub(super) job: &'c Job,
    /// Its effective keys.
    pub(super) keys: Mapping,
}

impl<'c> View<'c> {
    /// The jobs that the main file of a configuration defines. A job whose values no manifest can hold is left out, and
    /// so is a job of a file that is included: it stays there, and an entity would hide what that file says later.
    pub(in crate::import) fn of(config: &'c Config, target: Version) -> Self {
        let mut jobs: Vec<Seen<'c>> = Vec::new();
        for job in &config.jobs {
            if job.place.file != 0 || jobs.iter().any(|seen| seen.job.key == job.key) {
                continue;
            }
            if let Some(keys) = keys_of(&job.keys) {
                jobs.push(Seen { job, keys });
            }
        }
        let mut view = Self {
            config,
            target,
            jobs,
            builds: Vec::new(),
        };
        view.builds = super::build::find(&view);
        view
    }

    /// The job of a key.
    pub(super) fn job(&self, key: &str) -> Option<&Seen<'c>> {
        self.jobs.iter().find(|seen| seen.job.key == key)
    }

    /// A text with the variables of the pipeline replaced.
    pub(super) fn expanded(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..DEPTH {
            let mut out = String::new();
            let mut rest = text.as_str();
            while let Some(c) = rest.chars().next() {
                let found = reference(rest)
                    .and_then(|(written, name)| Some((written, self.config.variables.get(name)?)));
                match found {
                    Some((written, variable)) => {
                        out.push_str(&variable.value);
                        rest = rest.get(written.len()..).unwrap_or_default();
                    }
                    None => {
                        out.push(c);
                        rest = rest.get(c.len_utf8()..).unwrap_or_default();
                    }
                }
            }
            if out == text || out.len() > LONGEST {
                break;
            }
            text = out;
        }
        text
    }

    /// The image of the manifest that a text of a job names, by its tag or by its digest.
    pub(super) fn image(&self, text: &str) -> Option<&str> {
        let whole = self.expanded(text);
        let by_digest = |build: &Build| {
            let variable = format!("{}_DIGEST", image_variable(&build.name));
            let after = whole
                .strip_prefix(&build.repository)
                .and_then(|rest| rest.strip_prefix('@'));
            after.is_some_and(|digest| names(digest).any(|name| name == variable))
        };
        let by_tag = |build: &Build| whole == format!("{}:{}", build.repository, build.tag);
        // By the variable that its check hands on.
        let by_check = |build: &Build| {
            let variable = image_variable(&build.name);
            build.is_checked && reference(&whole) == Some((whole.as_str(), variable.as_str()))
        };
        let mut builds = self.builds.iter();
        let build = builds.find(|build| by_tag(build) || by_digest(build) || by_check(build))?;
        Some(&build.name)
    }

    /// The hidden jobs that have a key, with its value.
    pub(super) fn hidden<'s>(&'s self, key: &'s str) -> impl Iterator<Item = (&'s str, &'s Node)> {
        let all = self.config.tree.as_map().into_iter().flat_map(Map::iter);
        let hidden = all.filter(|(name, _)| name.text.starts_with('.'));
        hidden.filter_map(move |(name, entry)| Some((&*name.text, entry.value.get(key)?)))
    }
}

fn keys_of(map: &Map) -> Option<Mapping> {
    let mut keys = Mapping::new();
    for (key, entry) in map.iter() {
        keys.set(&*key.text, values::of(&entry.value)?);
    }
    Some(keys)
}

impl Seen<'_> {
    /// The value of a variable of its own.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        Some(self.job.variables.get(name)?.value.clone())
    }

    /// Whether its artifacts have a path that begins so.
    pub(super) fn writes(&self, start: &str) -> bool {
        let Some(Value::Map(artifacts)) = self.keys.get("artifacts") else {
            return false;
        };
        let Some(Value::Seq(paths)) = artifacts.get("paths") else {
            return false;
        };
        paths
            .iter()
            .any(|path| matches!(path, Value::Str(path) if path.starts_with(start)))
    }
}
