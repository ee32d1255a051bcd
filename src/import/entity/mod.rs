//! What jobs of a pipeline would be as entities of a manifest.
//!
//! In: the jobs of a pipeline, with the commands that a shell reads in them. Out: [`Draft`]s, each an
//! entity and the jobs that it takes the place of. Always holds: a draft is a guess; nothing here
//! decides whether the entity does what the jobs did.
//!
//! A recogniser is a file here and a line in [`RECOGNISERS`].

mod build;
mod commands;
mod common;
mod conditions;
mod deploy;
mod docker;
mod improvement;
mod in_container;
mod promotion;
mod rebuild;
mod retention;
mod script;
mod view;

use crate::pipeline::{Mapping, Value};

pub(super) use conditions::Sets;
pub(super) use improvement::Improvement;
pub(super) use view::View;

/// A collection of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Collection {
    /// `images`
    Images,
    /// `tests`
    Tests,
    /// `tasks`
    Tasks,
    /// `environments`
    Environments,
    /// `promotions`
    Promotions,
}

impl Collection {
    /// All of them, in the order in which a manifest has them.
    pub(super) const ALL: [Self; 5] = [
        Self::Images,
        Self::Tests,
        Self::Tasks,
        Self::Environments,
        Self::Promotions,
    ];

    /// The key of the manifest.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Tests => "tests",
            Self::Tasks => "tasks",
            Self::Environments => "environments",
            Self::Promotions => "promotions",
        }
    }
}

/// An entity that may take the place of jobs.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Where it stands in the manifest.
    pub(super) collection: Collection,
    /// Its key there.
    pub(super) name: String,
    /// The keys of the jobs whose place it takes.
    pub(super) takes: Vec<String>,
    /// How it may be written, the nicest first.
    pub(super) ways: Vec<Way>,
}

/// One way to write an entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    /// Its keys.
    pub(super) keys: Mapping,
    /// What it wants at the top of the manifest, as in `kubernetes`.
    pub(super) settings: Mapping,
    /// How its jobs do other things than the old ones, on purpose; nothing if they do the same.
    pub(super) improves: Vec<Improvement>,
}

/// Finds entities among the jobs; a job that an earlier one took is not asked for again.
type Recogniser = fn(&View<'_>, &mut Sets) -> Vec<Draft>;

/// The recognisers, the most special first.
const RECOGNISERS: &[Recogniser] = &[
    build::recognise,
    deploy::recognise,
    promotion::recognise,
    in_container::recognise,
    script::recognise,
];

/// What a job may be: drafts of which one is chosen, the most special first.
#[derive(Debug, Clone)]
pub(super) struct Candidate(Vec<Draft>);

impl Candidate {
    /// All ways to write it, in order.
    pub(super) fn ways(&self) -> impl Iterator<Item = (&Draft, &Way)> {
        let drafts = self.0.iter();
        drafts.flat_map(|draft| draft.ways.iter().map(move |way| (draft, way)))
    }

    /// One of the ways.
    pub(super) fn way(&self, number: usize) -> Option<(&Draft, &Way)> {
        self.ways().nth(number)
    }
}

/// What the jobs would be.
pub(super) fn candidates(view: &View<'_>, sets: &mut Sets) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = Vec::new();
    for recognise in RECOGNISERS {
        for draft in recognise(view, sets) {
            let main = draft.takes.first();
            let same = |other: &&mut Candidate| {
                other
                    .0
                    .first()
                    .is_some_and(|first| first.takes.first() == main)
            };
            match all.iter_mut().find(same) {
                Some(candidate) => candidate.0.push(draft),
                None => all.push(Candidate(vec![draft])),
            }
        }
    }
    all
}

/// A list, or its one item.
fn one_or_list(mut items: Vec<Value>) -> Value {
    match items.len() {
        1 => items.remove(0),
        _ => Value::Seq(items),
    }
}
