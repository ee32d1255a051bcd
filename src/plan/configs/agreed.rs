//! What several configurations that may be effective agree on.
//!
//! In: the plans of one situation, each with another answer to what its includes ask. Out: one plan.
//! Always holds: what the plans do not agree on is open.

use std::collections::HashSet;
use std::sync::Arc;

use super::Planned;
use super::union::together;
use crate::config::Config;
use crate::finding::Report;
use crate::plan::decision::{Because, Chosen, Decision};
use crate::plan::outcome::{Failure, Otherwise, Plan, plan};
use crate::plan::{Situation, Truth};

/// What several configurations that may be effective agree on; `undecided` is what is effective where what
/// they ask is left open.
pub(super) fn agreed(all: Vec<Planned>, situation: &Situation, undecided: &Config) -> Planned {
    let (union, plans) = together(all, undecided);
    let mut union = Arc::unwrap_or_clone(union);
    union.unresolved.clone_from(&undecided.unresolved);
    let mut plans = plans.into_iter();
    let Some(mut whole) = plans.next() else {
        return Planned {
            config: Arc::new(undecided.clone()),
            plan: plan(undecided, situation),
            report: Report::default(),
        };
    };
    for other in plans {
        whole.otherwise = match (otherwise(&whole), otherwise(&other)) {
            _ if whole.otherwise.is_none() && other.otherwise.is_none() => None,
            (mine, others) if mine == others => Some(mine),
            (mine, others) => Some(Otherwise {
                created: both(mine.created, others.created),
                absence: None,
            }),
        };
        whole.created = both(whole.created, other.created);
        if whole.absence != other.absence {
            whole.absence = None;
        }
        for (job, other) in whole.jobs.iter_mut().zip(&other.jobs) {
            let own = job.otherwise.as_ref().or(other.otherwise.as_ref());
            job.otherwise = own.is_some().then(|| {
                let mut own = job.otherwise.as_ref().unwrap_or(&job.decision).clone();
                join(
                    &mut own,
                    other.otherwise.as_ref().unwrap_or(&other.decision),
                );
                own
            });
            join(&mut job.decision, &other.decision);
        }
        let others = other.failures.iter().filter(|one| one.certain);
        let certain: HashSet<_> = others.map(Failure::what).collect();
        for failure in &mut whole.failures {
            failure.certain &= certain.contains(&failure.what());
        }
        let known: HashSet<_> = whole.failures.iter().map(Failure::what).collect();
        let new = other.failures.iter();
        let new: Vec<Failure> = new
            .filter(|one| !known.contains(&one.what()))
            .cloned()
            .collect();
        let open = |one| Failure {
            certain: false,
            ..one
        };
        whole.failures.extend(new.into_iter().map(open));
    }
    whole.situation = situation.clone();
    Planned {
        config: Arc::new(union),
        plan: whole,
        report: Report::default(),
    }
}

/// What holds in two pipelines, one of which is the real one.
fn both(one: Truth, other: Truth) -> Truth {
    match one == other {
        true => one,
        false => Truth::Unknown,
    }
}

/// What a plan says if the includes that are not read change nothing.
fn otherwise(plan: &Plan) -> Otherwise {
    plan.otherwise.clone().unwrap_or_else(|| Otherwise {
        created: plan.created,
        absence: plan.absence.clone(),
    })
}

/// Adds what may become of a job in another configuration.
fn join(into: &mut Decision, other: &Decision) {
    for chosen in &other.possible {
        let same = |one: &Chosen| {
            let because = one.because;
            *one == Chosen {
                because,
                ..chosen.clone()
            }
        };
        if !into.possible.iter().any(same) {
            into.possible.push(Chosen {
                because: Because::Include,
                ..chosen.clone()
            });
        }
    }
    into.raises = into.raises.or(other.raises);
}
