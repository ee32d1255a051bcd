//! What else may become of a job because of an include that is not read.
//!
//! In: a job, and what becomes of it if such includes change nothing in it. Out: the same with one
//! more possibility for all that they may change. Always holds: what the job says itself in a way
//! that GitLab merges over an include ([`crate::config::Open`]) stays decided; everything else
//! differs in at least two possibilities. An include is not reckoned to set a variable that GitLab
//! predefines.

use std::sync::Arc;

use super::decision::{Because, Chosen, Decision, Part};
use super::rules::as_it_is;
use crate::config::{Conditions, Job, When};

/// Adds what includes that are not read may make of a job.
pub(super) fn widen(job: &Job, decision: &Decision) -> Decision {
    let mut wide = decision.clone();
    for chosen in decision.within() {
        let other = otherwise(job, chosen);
        if other != *chosen {
            add(&mut wide, other);
        }
    }
    if !is_decided(job, decision) {
        if decision.within().next().is_some() {
            add(&mut wide, left_out(job));
        }
        if decision
            .possible
            .iter()
            .any(|chosen| chosen.when == When::Never)
        {
            let within = as_it_is(job, Because::Include);
            add(&mut wide, otherwise(job, &within));
            add(&mut wide, within);
        }
    }
    wide
}

fn add(decision: &mut Decision, chosen: Chosen) {
    let chosen = Chosen {
        because: Because::Include,
        ..chosen
    };
    if !decision.possible.contains(&chosen) {
        decision.possible.push(chosen);
    }
}

fn left_out(job: &Job) -> Chosen {
    Chosen {
        when: When::Never,
        ..as_it_is(job, Because::Include)
    }
}

/// Whether the job's own conditions decide if it is in a pipeline that is created.
fn is_decided(job: &Job, decision: &Decision) -> bool {
    match &job.conditions {
        Conditions::Always => false,
        Conditions::Rules(_) => job.is_firm("rules"),
        Conditions::Policies { .. } => {
            let lists = job.is_firm("only") && job.is_firm("except");
            let out = decision.possible.as_slice();
            lists || matches!(out, [one] if one.when == When::Never && keeps_out(job, one.because))
        }
    }
}

/// Whether what puts a job out stands where nothing can take it away: the parts of `only` must all
/// hold, and each part of `except` suffices.
fn keeps_out(job: &Job, because: Because) -> bool {
    let (key, part) = match because {
        Because::Only(part) => ("only", part),
        Because::Except(part) => ("except", part),
        _ => return false,
    };
    let part = match part {
        Part::Refs(_) => "refs",
        Part::Variables(_) => "variables",
        Part::Changes => "changes",
        Part::Kubernetes => "kubernetes",
    };
    job.is_firm(key) || job.is_firm(&format!("{key}:{part}"))
}

/// The same possibility with something else in every way that is not decided.
fn otherwise(job: &Job, chosen: &Chosen) -> Chosen {
    let rule = match (&job.conditions, chosen.because) {
        (Conditions::Rules(rules), Because::Rule(at)) => rules.get(at),
        _ => None,
    };
    let of_rule = |says: bool, key: &str| says || job.is_firm(key);
    let mut other = chosen.clone();
    if !of_rule(rule.is_some_and(|rule| rule.when.is_some()), "when") {
        other.when = match chosen.when {
            When::OnSuccess => When::Manual,
            _ => When::OnSuccess,
        };
    }
    let exit_codes = job.is_firm("allow_failure:exit_codes");
    let says = rule.is_some_and(|rule| rule.allow_failure.is_some());
    if !of_rule(says || exit_codes, "allow_failure") {
        other.allow_failure = !chosen.allow_failure;
    }
    if !of_rule(rule.is_some_and(|rule| rule.needs.is_some()), "needs") {
        other.needs = match &chosen.needs {
            None => Some(Arc::default()),
            Some(_) => None,
        };
    }
    let says = rule.is_some_and(|rule| rule.interruptible.is_some());
    if !of_rule(says, "interruptible") {
        other.interruptible = Some(chosen.interruptible != Some(true));
    }
    let delayed = chosen.when == When::Delayed && rule.is_none_or(|rule| rule.start_in.is_none());
    if delayed && !job.is_firm("start_in") {
        other.start_in = match &chosen.start_in {
            None => Some(String::new()),
            Some(_) => None,
        };
    }
    other
}
