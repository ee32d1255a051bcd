//! What can never happen, in any pipeline: comparisons that never hold, jobs that run nowhere.
//!
//! In: a [`Config`]. Out: findings, for a manifest's pipeline and for any other alike. Always holds: a job of
//! which anything is open, because of a file or an include that is not read, is not said to run nowhere;
//! nor is one whose classes are not all known.
//!
//! Facts: "Predefined variables reference" (18.11); `Enums::Ci::Pipeline.sources`.

use std::collections::HashSet;

use super::classes::{Classes, Compared, classes_of};
use super::decision::Presence;
use super::scope::Scope;
use super::{SOURCES, Truth, meant_source, predefined};
use crate::config::{Condition, Conditions, Config};
use crate::finding::{Code, Finding, did_you_mean};
use crate::gitlab::expression::{Comparison, Expr};

/// What never happens in the pipelines of a configuration, whose classes these are.
pub fn impossible(config: &Config, classes: &Classes) -> Vec<Finding> {
    let mut findings = Vec::new();
    for condition in conditions(config) {
        comparisons(&condition.expr, condition, &mut findings);
    }
    for at in never_in(config, classes) {
        let Some(job) = config.jobs.get(at) else {
            continue;
        };
        let message = format!("`{}` runs in no pipeline", job.name);
        let finding = Finding::new(Code::NeverRuns, job.place, message);
        findings.push(finding.help(
            "no kind of ref fulfils its conditions; `windlass plan --why` shows each of them",
        ));
    }
    findings
}

/// The jobs that are in no pipeline.
fn never_in(config: &Config, classes: &Classes) -> Vec<usize> {
    let mut open: Vec<usize> = (0..config.jobs.len()).collect();
    for situation in &classes.situations {
        if open.is_empty() {
            return open;
        }
        let scope = Scope::of(config, situation);
        if scope.admitted().0 == Truth::False {
            continue;
        }
        open.retain(|at| {
            let job = config.jobs.get(*at);
            job.is_some_and(|job| scope.decide(job).presence() == Presence::Out)
        });
    }
    if !classes.is_complete() {
        // What decides one job alone has fewer classes; those of all such jobs together are bounded.
        let jobs = open.len();
        open.retain(|at| {
            let Some(job) = config.jobs.get(*at) else {
                return false;
            };
            let own = classes_of(
                &Compared::of_job(config, job),
                default_branch(classes),
                jobs,
            );
            let is_out = |situation| {
                let scope = Scope::of(config, situation);
                scope.admitted().0 == Truth::False || scope.decide(job).presence() == Presence::Out
            };
            own.is_complete() && own.situations.iter().all(is_out)
        });
    }
    // A second copy of a parallel job says nothing new.
    let mut told: HashSet<&str> = HashSet::new();
    open.retain(|at| {
        let job = config.jobs.get(*at);
        job.is_some_and(|job| told.insert(&job.key))
    });
    open
}

fn default_branch(classes: &Classes) -> Option<&str> {
    classes.situations.first()?.default_branch.as_deref()
}

fn conditions(config: &Config) -> Vec<&Condition> {
    let mut rules: Vec<&crate::config::Rule> = config.workflow.rules.iter().flatten().collect();
    let mut found = Vec::new();
    for job in &config.jobs {
        match &job.conditions {
            Conditions::Always => {}
            Conditions::Rules(own) => rules.extend(own),
            Conditions::Policies { only, except } => {
                let policies = only.iter().chain(except);
                found.extend(policies.flat_map(|one| one.variables.iter().flatten()));
            }
        }
    }
    found.extend(rules.into_iter().filter_map(|rule| rule.condition.as_ref()));
    found
}

/// Comparisons in an expression of a variable with a text that it never is.
fn comparisons(expr: &Expr, condition: &Condition, findings: &mut Vec<Finding>) {
    match expr {
        Expr::Any(terms) | Expr::All(terms) => {
            terms
                .iter()
                .for_each(|term| comparisons(term, condition, findings));
        }
        Expr::Not(inner) => comparisons(inner, condition, findings),
        Expr::Compare { op, left, right } => match (&**left, op, &**right) {
            (Expr::Variable(name), Comparison::Equal | Comparison::NotEqual, Expr::Text(text))
            | (Expr::Text(text), Comparison::Equal | Comparison::NotEqual, Expr::Variable(name)) => {
                let found = never(name.as_str(), text.as_str(), condition);
                findings.extend(found.filter(|one| !findings.contains(one)));
            }
            _ => {}
        },
        Expr::Variable(_)
        | Expr::Input(_)
        | Expr::Text(_)
        | Expr::Pattern(_)
        | Expr::Bool(_)
        | Expr::Null => {}
    }
}

/// The finding if a variable never has a value.
fn never(name: &str, text: &str, condition: &Condition) -> Option<Finding> {
    let help = match (name, predefined::domain(name)) {
        ("CI_PIPELINE_SOURCE", _) if !SOURCES.contains(&text) => match meant_source(text) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("GitLab has these sources: {}", SOURCES.join(", ")),
        },
        (_, Some(domain)) if !domain.contains(&text) => {
            match did_you_mean(text, domain.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("it is one of: {}", domain.join(", ")),
            }
        }
        (_, None) if text.trim().is_empty() && predefined::is_never_blank(name) => {
            format!("where it is not set, it is `null`: `${name} == null`")
        }
        _ => return None,
    };
    let message = match text.trim().is_empty() {
        true => format!("`${name}` is never blank"),
        false => format!("`${name}` is never `{text}`"),
    };
    let finding = Finding::new(Code::ImpossibleComparison, condition.place, message);
    Some(finding.help(help))
}
