//! What a configuration does on a ref: which pipeline is created, which jobs are in it, and why.
//!
//! In: a [`Config`] and a [`Situation`]. Out: a [`Plan`]. Always holds: with everything known the
//! plan is GitLab's; where the answer depends on what is not known it says so and names every
//! possibility, and never guesses.
//!
//! Facts: `Gitlab::Ci::Build::Rules`, `Gitlab::Ci::Build::Policy`, `Gitlab::Ci::Pipeline::Seed`
//! and `Gitlab::Ci::Pipeline::Chain` of GitLab FOSS 18.11.2, and its verdicts in
//! `tests/verdicts`.

mod circular;
mod classes;
mod configs;
mod counter_example;
mod decision;
mod files;
mod given;
mod impossible;
mod json;
mod outcome;
mod policy;
mod predefined;
mod rare;
mod rules;
mod scope;
pub mod simplify;
mod situation;
mod source;
mod stated;
mod table;
mod text;
mod unread;
mod why;
mod words;
mod worlds;
mod written;

pub use crate::gitlab::expression::Truth;
pub use classes::{Classes, Compared, LeftOut, Role, classes, classes_of};
pub use configs::{Child, Configs, Every, Planned, together};
pub(crate) use counter_example::{CounterExamples, named, with_article};
pub use decision::{Because, Chosen, Decision, Part, Presence};
pub use impossible::impossible;
pub use json::{add_assumed, json, json_of_all};
pub use outcome::{
    Absence, Failure, FailureKind, Otherwise, Plan, PlannedJob, admits, environment_name, plan,
    plan_all,
};
pub(crate) use rare::{rare, with_rare};
pub use rules::{ClauseTrace, RuleTrace, trace};
pub use scope::Scope;
pub use situation::{Changed, Ref, Situation, Trigger};
pub use source::{SOURCES, meant as meant_source, of_word as source_of_word};
pub use table::table;
pub use text::{Style, assumption, headline, shown, text};
pub use why::why;
pub use words::{absence, because, clauses, failure};
