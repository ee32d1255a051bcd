//! What can become of a job, and what decides it.

use std::sync::Arc;

use crate::config::{Need, Variables, When};

/// Why a job is in a pipeline or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Because {
    /// The rule at this index of the job's rules matched first.
    Rule(usize),
    /// It has rules, and none matched.
    NoRule,
    /// It has no conditions.
    Unconditional,
    /// `only` (or its default): the part that it missed; if the job is in, the ref that let it in.
    Only(Part),
    /// `except`: the part that put it out.
    Except(Part),
    /// The file that defines it is not included.
    NotIncluded,
    /// Something that an include which is not read may say.
    Include,
}

/// A part of `only` or `except`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// `refs`, and which of them.
    Refs(Option<usize>),
    /// `variables`, and which of them.
    Variables(Option<usize>),
    /// `changes`
    Changes,
    /// `kubernetes`
    Kubernetes,
}

/// One thing that can become of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// What decides it.
    pub because: Because,
    /// When it runs; [`When::Never`]: it is not in the pipeline.
    pub when: When,
    /// How long it waits, if it is delayed.
    pub start_in: Option<String>,
    /// Whether its failure lets the pipeline go on, as GitLab stores it.
    pub allow_failure: bool,
    /// What it waits for; `None`: all earlier stages.
    pub needs: Option<Arc<[Need]>>,
    /// Whether a newer pipeline may cancel it.
    pub interruptible: Option<bool>,
    /// Variables of the rule that matched.
    pub variables: Arc<Variables>,
}

/// All that can become of a job; one thing alone if it is decided.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// The possibilities, the first rule first.
    pub possible: Vec<Chosen>,
    /// Where GitLab would break off with an error of its own, at the rule of this index.
    pub raises: Option<usize>,
}

/// Whether a job is in a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It is.
    In,
    /// It is not.
    Out,
    /// That depends on what is not known.
    Maybe,
}

impl Decision {
    /// Whether the job is in the pipeline.
    pub fn presence(&self) -> Presence {
        let mut within = self
            .possible
            .iter()
            .map(|chosen| chosen.when != When::Never);
        match within.next() {
            None => Presence::Maybe,
            Some(first) if within.all(|other| other == first) && self.raises.is_none() => {
                if first {
                    Presence::In
                } else {
                    Presence::Out
                }
            }
            Some(_) => Presence::Maybe,
        }
    }

    /// What becomes of it, if that is decided.
    pub fn decided(&self) -> Option<&Chosen> {
        match self.possible.as_slice() {
            [one] if self.raises.is_none() => Some(one),
            _ => None,
        }
    }

    /// The possibilities in which the job is in the pipeline.
    pub fn within(&self) -> impl Iterator<Item = &Chosen> {
        self.possible
            .iter()
            .filter(|chosen| chosen.when != When::Never)
    }

    /// The value of an attribute if all possibilities with the job agree on it.
    pub fn agreed<T: PartialEq>(&self, of: impl Fn(&Chosen) -> T) -> Option<T> {
        let mut values = self.within().map(of);
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }
}
