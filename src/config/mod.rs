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
pub mod child;
mod defaults;
mod enterprise;
mod entry;
mod environment;
mod extends;
mod globs;
mod images;
mod include;
mod inputs;
mod job;
mod keys;
mod location;
mod lowered;
mod model;
mod needs;
pub mod normal;
mod open;
mod open_references;
mod parallel;
mod path_values;
mod policy;
mod psych;
mod reference;
mod root;
mod rules;
mod scalar;
mod shape;
mod stages;
mod steps;
mod unknown;
mod unread;
mod value;
mod variables;

pub(crate) use globs::finding as unmatchable_glob;
pub use include::Asked;
pub(crate) use lowered::read_document;
pub use lowered::{AskedAt, of_pipeline, read_pipeline, refused, vendored};
pub use model::{
    Action, AllowFailure, Changes, Condition, Conditions, Config, Environment, Exists, IncludeKind,
    Inherits, Job, Need, NotRead, Open, Policy, Replaced, Rule, Unresolved, Variable, Variables,
    When, Workflow,
};
pub(crate) use policy::{default_only, looks_like_a_pattern};
pub use psych::load_text;
pub(crate) use scalar::plain as plain_scalar;
pub use value::{Entry, Key, Located, Map, Node, Place, Value};

use crate::files::Unread;
use crate::finding::{Finding, Report};
use crate::gitlab::expression::{Lookup, Truth, evaluate};
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

    /// Whether a file that it does not have is missing; if not, nothing is known of it.
    fn is_known(&self) -> bool {
        true
    }

    /// The name and text of a file from elsewhere, as `project/group/ci@v1/build.yml`.
    ///
    /// # Errors
    ///
    /// [`Unread::Absent`] if it is not here, or why it cannot be read.
    fn elsewhere(&self, path: &str) -> Result<(String, String), Unread> {
        let _ = path;
        Err(Unread::Absent)
    }
}

/// What is known of a pipeline when its includes are evaluated.
pub trait Given {
    /// The value of a rule of an include.
    fn rule(&self, rule: &Rule) -> Truth;

    /// A variable of the project, of the pipeline or of GitLab itself.
    fn variable(&self, name: &str) -> Lookup;

    /// A text with its variables put in; `None` if one of them is not known.
    fn expanded(&self, text: &str) -> Option<String>;

    /// The sources of other readings of the same file, the file first: what is included there and here
    /// has the same index in [`Config::sources`].
    fn sources(&self) -> &[Source] {
        &[]
    }

    /// What whoever starts the pipeline gives for inputs of the main file, by their names.
    fn inputs(&self) -> Option<&Node> {
        None
    }
}

/// Nothing is known of the pipeline.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Given for Nothing {
    fn rule(&self, rule: &Rule) -> Truth {
        match (&rule.condition, &rule.changes, &rule.exists) {
            (Some(condition), None, None) => evaluate(&condition.expr, &|_| Lookup::Unknown),
            (None, None, None) => Truth::True,
            _ => Truth::Unknown,
        }
    }

    fn variable(&self, _name: &str) -> Lookup {
        Lookup::Unknown
    }

    fn expanded(&self, _text: &str) -> Option<String> {
        None
    }
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

/// A repository of which nothing is known: its files are not read, and not missing either.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unknown;

impl Repository for Unknown {
    fn read(&self, _path: &str) -> Result<String, Unread> {
        Err(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }

    fn is_known(&self) -> bool {
        false
    }
}

/// What reading gave.
#[derive(Debug)]
pub struct Reading {
    /// The configuration, or why GitLab refuses it.
    pub result: Result<Config, Report>,
    /// What decided which files are included: the same answers give the same reading.
    pub asked: Vec<Asked>,
}

/// Reads a `.gitlab-ci.yml` and what it includes, with nothing known of the pipeline.
pub fn read(main: Source, repository: &dyn Repository) -> Reading {
    read_where(main, repository, &Nothing)
}

/// Reads a `.gitlab-ci.yml` and what it includes in a pipeline of which this is known.
pub fn read_where(main: Source, repository: &dyn Repository, given: &dyn Given) -> Reading {
    let mut reader = entry::Reader::default();
    let mut includes = include::Includes::new(main, repository, given);
    let tree = includes.main(&mut reader);
    finish(tree, includes, reader, false)
}

/// The same of the tree of a file. `made`: it comes from a manifest.
pub(crate) fn read_tree(
    tree: Node,
    main: Source,
    repository: &dyn Repository,
    given: &dyn Given,
    made: bool,
) -> Reading {
    let mut reader = entry::Reader::default();
    let mut includes = include::Includes::new(main, repository, given);
    let tree = includes.under(tree, &mut reader);
    finish(Ok(tree), includes, reader, made)
}

fn finish(
    tree: Result<Node, Finding>,
    includes: include::Includes<'_>,
    reader: entry::Reader,
    made: bool,
) -> Reading {
    let contested = includes.contested();
    let sources = includes.sources;
    let result = match tree {
        Err(finding) => Err(Report::of(&sources, [finding])),
        Ok(tree) => {
            let is_lacking = !reader.is_clean();
            let mut report = reader.into_report(&sources);
            let read = root::Included {
                sources,
                is_lacking,
                unresolved: includes.unresolved,
                spec: includes.spec,
                blocks: includes.blocks,
                rules: includes.rules,
                conditional: includes.conditional,
                path_conditions: includes.path_conditions,
                contested,
                made,
            };
            match root::configure(&tree, read) {
                Ok(config) if !is_lacking => Ok(config),
                Ok(_) => Err(report),
                Err(more) => {
                    report.join(more);
                    Err(report)
                }
            }
        }
    };
    Reading {
        result,
        asked: includes.asked.into_inner(),
    }
}
