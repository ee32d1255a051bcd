//! `rules`: the first that matches decides.
//!
//! Facts: `Gitlab::Ci::Build::Rules` (18.11).

use std::sync::Arc;

use super::Truth;
use super::decision::{Because, Chosen, Decision};
use super::files;
use super::given;
use super::situation::Situation;
use crate::config::{Job, Rule, Variables, When};
use crate::gitlab::expression::{Lookup, evaluate};

/// What a rule is worth, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleTrace {
    /// The value of the whole rule.
    pub truth: Truth,
    /// Its clauses in GitLab's order; a rule without any always matches.
    pub clauses: Vec<ClauseTrace>,
}

/// What a clause of a rule is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct ClauseTrace {
    /// The clause as it is written: `if: $A`, `changes: src/*`.
    pub text: String,
    /// Its value.
    pub truth: Truth,
}

/// The value of a rule.
pub fn trace(rule: &Rule, situation: &Situation, look_up: &dyn Fn(&str) -> Lookup) -> RuleTrace {
    let mut clauses = Vec::new();
    let in_text = |name: &str| given::in_text(situation, name, look_up(name));
    let expand = |text: &str| files::expanded(text, &in_text);
    if let Some(condition) = &rule.condition {
        clauses.push(ClauseTrace {
            text: format!("if: {}", condition.text),
            truth: evaluate(&condition.expr, look_up),
        });
    }
    if let Some(changes) = &rule.changes {
        let compare_to = match &changes.compare_to {
            Some(compare_to) => format!(" (compared to {compare_to})"),
            None => String::new(),
        };
        clauses.push(ClauseTrace {
            text: format!("changes: {}{compare_to}", changes.paths.join(", ")),
            truth: files::changed(changes, situation, &expand),
        });
    }
    if let Some(exists) = &rule.exists {
        clauses.push(ClauseTrace {
            text: format!("exists: {}", exists.paths.join(", ")),
            truth: files::exist(exists, situation, &expand),
        });
    }
    RuleTrace {
        truth: all(clauses.iter().map(|clause| clause.truth)),
        clauses,
    }
}

/// The value of a rule, without its clauses.
pub(super) fn truth(rule: &Rule, situation: &Situation, look_up: &dyn Fn(&str) -> Lookup) -> Truth {
    let in_text = |name: &str| given::in_text(situation, name, look_up(name));
    let expand = |text: &str| files::expanded(text, &in_text);
    let condition = rule.condition.iter();
    let conditions = condition.map(|condition| evaluate(&condition.expr, look_up));
    let changes = rule.changes.iter();
    let changes = changes.map(|changes| files::changed(changes, situation, &expand));
    let exists = rule.exists.iter();
    let exists = exists.map(|exists| files::exist(exists, situation, &expand));
    all(conditions.chain(changes).chain(exists))
}

/// Whether all hold, asked one after the other.
pub(super) fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
    let mut whole = Truth::True;
    for truth in truths {
        match (whole, truth) {
            (_, Truth::False) => return Truth::False,
            (Truth::True, Truth::Raises) => return Truth::Raises,
            (_, Truth::Unknown | Truth::Raises) => whole = Truth::Unknown,
            (_, Truth::True) => {}
        }
    }
    whole
}

/// Which rules may be the first that matches; `None` for none of them.
pub(super) fn first(
    rules: &[Rule],
    situation: &Situation,
    look_up: &dyn Fn(&str) -> Lookup,
) -> (Vec<Option<usize>>, Option<usize>) {
    let mut possible = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        match truth(rule, situation, look_up) {
            Truth::False => {}
            Truth::Unknown => possible.push(Some(at)),
            Truth::True => {
                possible.push(Some(at));
                return (possible, None);
            }
            Truth::Raises => return (possible, Some(at)),
        }
    }
    possible.push(None);
    (possible, None)
}

/// What the rules make of a job.
pub(super) fn decide(
    job: &Job,
    rules: &[Rule],
    situation: &Situation,
    look_up: &dyn Fn(&str) -> Lookup,
) -> Decision {
    let (possible, raises) = first(rules, situation, look_up);
    let chosen = |at: Option<usize>| match at.and_then(|at| rules.get(at).map(|rule| (at, rule))) {
        Some((at, rule)) => {
            let when = rule.when.unwrap_or(job.when);
            Chosen {
                because: Because::Rule(at),
                when,
                start_in: rule.start_in.clone().filter(|_| when == When::Delayed),
                // `when: manual` in a rule does not make the job one that may fail.
                allow_failure: rule
                    .allow_failure
                    .unwrap_or_else(|| job.allow_failure.at_creation()),
                needs: rule.needs.clone().or_else(|| job.needs.clone()),
                interruptible: rule.interruptible.or(job.interruptible),
                variables: rule.variables.clone(),
            }
        }
        None => Chosen {
            when: When::Never,
            ..as_it_is(job, Because::NoRule)
        },
    };
    Decision {
        possible: possible.into_iter().map(chosen).collect(),
        raises,
    }
}

thread_local! {
    static NOTHING: Arc<Variables> = Arc::default();
}

/// No variables: one value for all decisions, of which there are hundreds of thousands.
fn nothing() -> Arc<Variables> {
    NOTHING.with(Arc::clone)
}

/// A job that is in a pipeline with nothing but its own keys.
pub(super) fn as_it_is(job: &Job, because: Because) -> Chosen {
    let start_in = job.start_in.as_ref().map(|text| text.value.clone());
    Chosen {
        because,
        when: job.when,
        start_in,
        allow_failure: job.allow_failure.at_creation(),
        needs: job.needs.clone(),
        interruptible: job.interruptible,
        variables: nothing(),
    }
}
