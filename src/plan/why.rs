//! Why a job is in a pipeline or not: each of its rules, what it is worth, and which decided.

use super::decision::{Because, Part, Presence};
use super::outcome::{Plan, PlannedJob};
use super::rules::{RuleTrace, trace};
use super::scope::Scope;
use super::text::{Style, aligned, line, when_text};
use super::{Truth, policy, words};
use crate::config::{Conditions, Config, Job, Policy, When};
use crate::shown::{Paint, Shown};

/// The rules of a job of a plan with their values.
pub fn why(config: &Config, plan: &Plan, planned: &PlannedJob, style: Style) -> Shown {
    let mut out = Shown::new(style.color);
    let Some(job) = config.jobs.get(planned.index) else {
        return out;
    };
    let verdict = match planned.presence() {
        Presence::In => "runs",
        Presence::Out => "is not in the pipeline",
        Presence::Maybe => "may be in the pipeline",
    };
    let heading = format!(
        "{}{}: `{}` {verdict}",
        plan.situation,
        plan.situation.circumstances(),
        job.name
    );
    let place = line(config, job.place);
    let place = match (&job.origin, place.is_empty()) {
        (Some(origin), _) => format!(" ({origin}, {place})"),
        (None, false) => format!(" ({place})"),
        (None, true) => String::new(),
    };
    out.parts(&[(Paint::Bold, &heading), (Paint::Plain, &place)]);
    if plan.created == Truth::False {
        let reason = match (&plan.absence, plan.failures.first()) {
            (Some(absence), _) => words::absence(config, absence).0,
            (None, Some(failure)) => words::failure(failure),
            (None, None) => String::new(),
        };
        let line = format!("but there is no pipeline: {reason}");
        out.parts(&[(Paint::Bad, &line)]);
    }
    let scope = Scope::of(config, &plan.situation);
    let rows = match &job.conditions {
        Conditions::Always => {
            out.line("it has no conditions");
            Vec::new()
        }
        Conditions::Rules(_) => rules(config, plan, planned, job, &scope),
        Conditions::Policies { only, except } => {
            let mut rows = Vec::new();
            for (word, one) in [("only", only), ("except", except)] {
                let one = one.iter();
                rows.extend(one.flat_map(|one| parts(config, plan, job, word, one, &scope)));
            }
            rows
        }
    };
    let paint = |_: usize, column: usize, cell: &str| match (column, cell) {
        (1, "true") => Paint::Bold,
        (1, "unknown" | "error") => Paint::Unsure,
        (1, _) | (5, _) => Paint::Faint,
        _ => Paint::Plain,
    };
    aligned(&mut out, &rows, &paint);
    out
}

fn value(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
        Truth::Raises => "error",
    }
}

/// One row for each rule, and one for each further clause of it.
fn rules(
    config: &Config,
    plan: &Plan,
    planned: &PlannedJob,
    job: &Job,
    scope: &Scope<'_>,
) -> Vec<Vec<String>> {
    let Conditions::Rules(rules) = &job.conditions else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let look_up = |name: &str| scope.of_job(job, name);
        let RuleTrace { truth, clauses } = trace(rule, &plan.situation, &look_up);
        let chosen = planned
            .decision
            .possible
            .iter()
            .find(|chosen| chosen.because == Because::Rule(at));
        let decides = match (chosen, planned.decision.decided()) {
            (None, _) => String::new(),
            (Some(_), None) => "may decide".to_owned(),
            (Some(_), Some(_)) => "decides".to_owned(),
        };
        let when = match rule.when.unwrap_or(job.when) {
            When::OnSuccess => String::new(),
            When::Never => "out".to_owned(),
            when => when_text(when, rule.start_in.as_deref()),
        };
        let mut clauses = clauses.into_iter();
        let single = clauses.len() < 2;
        let first = match clauses.next() {
            Some(first) if single => first.text,
            Some(first) => format!("{} ({})", first.text, value(first.truth)),
            None => "always matches".to_owned(),
        };
        rows.push(vec![
            format!("rule {}", at + 1),
            value(truth).to_owned(),
            first,
            when,
            decides,
            line(config, rule.place),
        ]);
        for clause in clauses {
            let mut row = vec![String::new(); 2];
            row.push(format!("{} ({})", clause.text, value(clause.truth)));
            rows.push(row);
        }
    }
    if planned
        .decision
        .possible
        .iter()
        .any(|chosen| chosen.because == Because::NoRule)
    {
        let decides = match planned.decision.decided() {
            Some(_) => "decides",
            None => "may decide",
        };
        let row = ["no rule", "", "none of them matches", "out", decides];
        rows.push(row.map(str::to_owned).to_vec());
    }
    rows
}

/// One row for each part of a policy.
fn parts(
    config: &Config,
    plan: &Plan,
    job: &Job,
    word: &str,
    of: &Policy,
    scope: &Scope<'_>,
) -> Vec<Vec<String>> {
    let look_up = |name: &str| scope.of_job(job, name);
    let parts = policy::parts(of, &plan.situation, &look_up);
    let row = |(part, truth): (Part, Truth)| {
        let name = match part {
            Part::Refs(_) => "refs",
            Part::Variables(_) => "variables",
            Part::Changes => "changes",
            Part::Kubernetes => "kubernetes",
        };
        let (mut text, place) = words::policy(Some(of), part);
        match (part, truth) {
            (Part::Refs(_), Truth::Unknown) => {
                text.push_str(" (the project is not known: `--variable CI_PROJECT_PATH=...`)");
            }
            (Part::Kubernetes, Truth::Unknown) => {
                text.push_str(" (not known: `--kubernetes true`)");
            }
            _ => {}
        }
        let place = place.map(|place| line(config, place)).unwrap_or_default();
        vec![
            format!("{word}:{name}"),
            value(truth).to_owned(),
            text,
            String::new(),
            String::new(),
            place,
        ]
    };
    parts.into_iter().map(row).collect()
}
