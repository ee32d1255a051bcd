//! The classes of pipelines that conditions tell apart.
//!
//! In: what configurations compare. Out: a [`Situation`] of each class, the plain ones first: each ref that
//! the conditions name or match, and one of each kind that none is about; protected or not, with an open
//! merge request or without, started by each source, where conditions ask for that; with each value that
//! they tell apart of each variable, and with and without the files that `changes` asks for. Always holds:
//! whatever pipeline there is, all conditions have the values that they have in some class, or
//! [`Classes::left_out`] says what is missing; of many lists of `changes`, those of one job with the jobs that
//! it needs, and any three, have the values that they have in some class. Variables that no situation sets are
//! not set; the number of situations is bounded.
//!
//! What the default branch is called is a class as well, unless it is known. It is protected, as GitLab
//! protects it. A branch that is called like a word of `only`
//! (`schedules`) is not looked at.

mod circumstances;
mod compared;
mod confined;
mod defaults;
mod links;
mod questions;
mod refs;
mod sample;
mod search;
mod text;

use std::collections::HashSet;

pub use compared::{Compared, Role};
pub(super) use search::forget;

use super::predefined::is_free;
use super::situation::{Changed, Ref, Situation};
use crate::config::Config;
use crate::shown::code;
use circumstances::Circumstance;
use defaults::Defaults;

/// Most decisions that are worth the time: classes times jobs.
const DECISIONS: usize = 300_000;
/// Most and fewest classes.
const MOST: usize = 4_096;
const FEWEST: usize = 48;

/// The classes of one configuration, or of several together.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    /// A situation of each.
    pub situations: Vec<Situation>,
    /// Their refs, in the same order, with nothing said of variables and files: there they stay open.
    pub refs: Vec<Situation>,
    /// What is missing; nothing if these are all classes.
    pub left_out: Vec<LeftOut>,
}

/// Why there may be classes beside those that are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// There are more than so many.
    TooMany(usize),
    /// No text is known that this pattern matches.
    Pattern(String),
    /// No path is known that this glob matches.
    Glob(String),
    /// Not every combination of these patterns was tried.
    Combinations,
    /// Conditions ask for the name of this environment, which has variables.
    Environment(String),
    /// Paths of `exists` have this variable.
    Path(String),
    /// Not every set of files that may be included was looked at.
    Includes,
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooMany(most) => write!(
                f,
                "conditions tell more kinds of pipelines apart than the {most} that were looked at"
            ),
            Self::Pattern(pattern) => {
                write!(f, "no text was found that {} matches", code(pattern))
            }
            Self::Glob(glob) => write!(f, "no path was found that {} matches", code(glob)),
            Self::Environment(name) => write!(
                f,
                "conditions ask what the environment {} is called, and not every name was tried",
                code(name)
            ),
            Self::Path(name) => write!(
                f,
                "paths of `exists` have the variable {}, and not every value of it was tried",
                code(&format!("${name}"))
            ),
            Self::Includes => {
                f.write_str("not every set of files that may be included was looked at")
            }
            Self::Combinations => {
                f.write_str("not every combination of patterns that one name can match was tried")
            }
        }
    }
}

impl Classes {
    /// Whether these are all classes.
    pub fn is_complete(&self) -> bool {
        self.left_out.is_empty()
    }
}

/// The classes of a configuration in a project of this default branch.
pub fn classes(config: &Config, default_branch: &str) -> Classes {
    forget();
    classes_of(
        &Compared::of(config),
        Some(default_branch),
        config.decisions(),
    )
}

/// The classes of what is compared, where each takes so many [`Config::decisions`]; with a default branch of
/// each name that makes a difference, the usual one first, if it is not known.
pub fn classes_of(compared: &Compared, default_branch: Option<&str>, decisions: usize) -> Classes {
    let most = (DECISIONS / decisions.max(1)).clamp(FEWEST, MOST);
    let environments = compared.environments.iter().cloned();
    let mut left_out: Vec<LeftOut> = environments.map(LeftOut::Environment).collect();
    left_out.extend(compared.in_paths.iter().cloned().map(LeftOut::Path));
    let defaults = match default_branch {
        Some(name) => Defaults::known(name),
        None => Defaults::of(compared, &mut left_out),
    };
    let compared = compared.resolved(&defaults.compared());
    let refs = refs::refs(&compared, &defaults, most, &mut left_out);
    let circumstances = circumstances::circumstances(&compared, &refs, most, &mut left_out);
    let mut known = HashSet::new();
    let mut situations = Vec::new();
    // Each ref first, then each circumstance on the first refs.
    for circumstance in &circumstances {
        for reference in &refs {
            let one = circumstance.on(reference, &compared);
            if known.insert(one.clone()) {
                situations.push(one);
            }
            if situations.len() > most {
                break;
            }
        }
    }
    if situations.len() > most {
        situations.truncate(most);
        left_out.push(LeftOut::TooMany(most));
    }
    // What is missing in one way is missing; the first limit says it.
    left_out.sort();
    left_out.dedup();
    Classes {
        situations,
        refs,
        left_out,
    }
}

impl Circumstance {
    /// A ref in this circumstance, as far as it makes a difference there.
    fn on(&self, reference: &Situation, compared: &Compared) -> Situation {
        let mut one = reference.clone();
        one.closed = true;
        one.of_class = true;
        for (name, value) in &self.variables {
            // What GitLab itself sets or does not set there is no choice.
            if is_free(reference, name) {
                one.variables.insert(name.clone(), value.clone());
            }
        }
        one.kubernetes = self.kubernetes;
        let all_changed = match reference.reference {
            Ref::Branch(_) => !reference.trigger.compares(),
            Ref::Tag(_) => true,
            Ref::MergeRequest { .. } => false,
        };
        one.changed = match all_changed && !compared.compares {
            true => Changed::Unknown,
            false => self.changed.clone(),
        };
        one
    }
}

#[cfg(test)]
mod tests;
