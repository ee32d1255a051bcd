//! Conditions, before and after, where the kinds of refs do not tell the whole difference.
//!
//! What a condition asks of variables that nobody sets, or of files, is not decided on any ref, and
//! a pattern has more names than are looked at. Then the conditions themselves are told.

use std::collections::BTreeSet;

use super::refs::View;
use super::words::lines;
use super::{Effect, Kind, Pair, alike, script};
use crate::config::normal::{Fields, Form};
use crate::config::{Conditions, Job, Policy, Rule, looks_like_a_pattern};
use crate::gitlab::expression::Expr;

/// The keys of conditions, and those that each rule has as well.
const KEYS: [&str; 6] = [
    "rules",
    "only",
    "except",
    "when",
    "start_in",
    "allow_failure",
];

/// The conditions that came and went. `refs_told`: on which kinds of refs the job runs, or how, is told.
///
/// Where it is decided on every kind of ref, only patterns can hide more. Then nothing is left to tell,
/// or, where nothing was told, the conditions are other words for the same.
pub(super) fn of(pair: &Pair<'_>, view: &View<'_>, refs_told: bool) -> Option<Effect> {
    let (old, new) = (written(&pair.old), written(&pair.new));
    if view.workflow_came_or_went() && is_default(&old, &new) {
        return None;
    }
    let decided =
        view.is_decided(pair) && patterns_of_job(pair.before) == patterns_of_job(pair.after);
    let decided = decided || alike::conditions(pair, view.configs());
    let mut effect = match (decided, refs_told) {
        (true, true) => return None,
        (true, false) => {
            let text = "has other conditions, and runs on the same refs as before";
            Effect::of(pair.after, Kind::Rewritten, text)
        }
        (false, _) => Effect::of(pair.after, Kind::Refs, "runs under other conditions"),
    };
    effect.lines = script::lines(&old, &new);
    Some(effect)
}

/// Whether the job says nothing of its own: whether the default `only` applies is for `workflow`,
/// whose rules are told.
fn is_default(old: &str, new: &str) -> bool {
    const DEFAULT: &str = "only: {refs: [branches, tags]}\n";
    let silent = |text: &str| text.is_empty() || text == DEFAULT;
    silent(old) && silent(new)
}

/// The conditions of a job, a rule a line.
fn written(job: &Fields) -> String {
    let mut out = String::new();
    for key in KEYS {
        match job.get(key) {
            Some(Form::List(rules)) if rules.is_empty() => out.push_str("rules: []\n"),
            Some(rules @ Form::List(_)) => out.push_str(&lines(rules)),
            Some(Form::Default(_)) | None => {}
            Some(form) => out.push_str(&format!("{key}: {form}\n")),
        }
    }
    out
}

fn patterns_of_job(job: &Job) -> BTreeSet<String> {
    match &job.conditions {
        Conditions::Always => BTreeSet::new(),
        Conditions::Rules(rules) => patterns_of(rules),
        Conditions::Policies { only, except } => {
            let mut all = BTreeSet::new();
            for Policy {
                refs, variables, ..
            } in only.iter().chain(except)
            {
                let refs = refs.iter().flatten().map(|one| one.value.clone());
                all.extend(refs.filter(|one| looks_like_a_pattern(one)));
                let conditions = variables.iter().flatten();
                conditions.for_each(|condition| patterns(&condition.expr, &mut all));
            }
            all
        }
    }
}

/// The patterns that rules compare with.
pub(super) fn patterns_of(rules: &[Rule]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for condition in rules.iter().filter_map(|rule| rule.condition.as_ref()) {
        patterns(&condition.expr, &mut all);
    }
    all
}

fn patterns(expr: &Expr, into: &mut BTreeSet<String>) {
    match expr {
        Expr::Any(terms) | Expr::All(terms) => terms.iter().for_each(|term| patterns(term, into)),
        Expr::Not(inner) => patterns(inner, into),
        Expr::Compare { op: _, left, right } => {
            patterns(left, into);
            patterns(right, into);
        }
        Expr::Pattern(literal) => {
            into.insert(literal.pattern().to_string());
        }
        Expr::Variable(_) | Expr::Input(_) | Expr::Text(_) | Expr::Bool(_) | Expr::Null => {}
    }
}
