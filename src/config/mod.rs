//! Any `.gitlab-ci.yml`, read as GitLab reads it: the effective configuration.
//!
//! In: a text and the repository around it, or a lowered [`Pipeline`](crate::pipeline::Pipeline).
//! Out: a [`Config`] in which includes, `extends`, `!reference`, `default`, `inherit` and
//! `parallel` are done, or a [`Report`] of why GitLab would refuse the file. Always holds:
//! every value has its [`Place`]; what cannot be known without a network is named in
//! [`Config::unresolved`] and not dropped; no input panics.
//!
//! Facts: `Gitlab::Ci::Config`, its entries and `Gitlab::Ci::YamlProcessor` of GitLab FOSS
//! 18.11.2, whose verdicts on 1,085 cases are in `tests/verdicts`.
//!
//! ```text
//! text -> psych -> include -> extends -> reference -> job, rules, policy, ... -> Config
//! ```

mod checks;
mod defaults;
mod entry;
mod environment;
mod extends;
mod images;
mod include;
mod inputs;
mod job;
mod keys;
mod lowered;
mod model;
mod needs;
pub mod normal;
mod parallel;
mod policy;
mod psych;
mod reference;
mod root;
mod rules;
mod scalar;
mod shape;
mod stages;
mod unknown;
mod unread;
mod value;
mod variables;

pub use lowered::of_pipeline;
pub use model::{
    Action, AllowFailure, Changes, Condition, Conditions, Config, Environment, Exists, Inherits,
    Job, Need, Policy, Rule, Unresolved, Variable, Variables, When, Workflow,
};
pub(crate) use policy::{default_only, looks_like_a_pattern};
pub use psych::load_text;
pub use value::{Entry, Key, Located, Map, Node, Place, Value};

use crate::files::Unread;
use crate::finding::Report;
use crate::gitlab::expression::Lookup;
use crate::source::Source;

/// The repository around a configuration: what `include: local` and globs find.
pub trait Repository {
    /// The text of a file, by its path from the root of the repository.
    ///
    /// # Errors
    /// Why there is none.
    fn read(&self, path: &str) -> Result<String, Unread>;

    /// The paths of all files; `None` if they are not known.
    fn paths(&self) -> Option<Vec<String>>;
}

/// No repository: there is nothing to include.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Repository for Alone {
    fn read(&self, _path: &str) -> Result<String, Unread> {
        Err(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }
}

/// What reading gave.
#[derive(Debug)]
pub struct Reading {
    /// The configuration, or why GitLab refuses it.
    pub result: Result<Config, Report>,
}

/// Reads a `.gitlab-ci.yml` and what it includes, with nothing known of the variables that the
/// rules of its includes ask for.
pub fn read(main: Source, repository: &dyn Repository) -> Reading {
    read_where(main, repository, &|_| Lookup::Unknown)
}

/// Reads a `.gitlab-ci.yml` and what it includes where variables have these values.
pub fn read_where(
    main: Source,
    repository: &dyn Repository,
    look_up: &dyn Fn(&str) -> Lookup,
) -> Reading {
    let mut reader = entry::Reader::default();
    let mut includes = include::Includes::new(main, repository, look_up);
    let tree = includes.main(&mut reader);
    let sources = includes.sources;
    let result = match tree {
        Err(finding) => Err(Report::of(&sources, [finding])),
        Ok(_) if !reader.is_clean() => Err(reader.into_report(&sources)),
        Ok(tree) => root::configure(&tree, sources, includes.unresolved),
    };
    Reading { result }
}
