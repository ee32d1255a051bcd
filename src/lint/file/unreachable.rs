//! Each rule can decide: no rule before it always matches.

use std::collections::HashMap;

use crate::config::{Conditions, Place, Rule};
use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    let jobs = config.jobs.iter().filter_map(|job| match &job.conditions {
        Conditions::Rules(rules) => Some(rules),
        Conditions::Always | Conditions::Policies { .. } => None,
    });
    for rules in jobs.chain(&config.workflow.rules) {
        let mut before: HashMap<&str, Place> = HashMap::new();
        let mut always = None;
        for rule in rules {
            let same = only_condition(rule).and_then(|text| before.get(text));
            if let Some(decides) = always.or(same.copied()) {
                report(lint, rule, decides);
                continue;
            }
            if let Some(text) = only_condition(rule) {
                before.insert(text, rule.place);
            }
            if rule.condition.is_none() && rule.changes.is_none() && rule.exists.is_none() {
                always = Some(rule.place);
            }
        }
    }
}

/// The condition of a rule that has nothing else to fulfil.
fn only_condition(rule: &Rule) -> Option<&str> {
    match (&rule.condition, &rule.changes, &rule.exists) {
        (Some(condition), None, None) => Some(condition.text.as_str()),
        _ => None,
    }
}

fn report(lint: &mut Lint<'_>, rule: &Rule, decides: Place) {
    let pair = format!("{:?} {decides:?}", rule.place);
    if decides == rule.place || !lint.is_new(Code::UnreachableRule, &pair) {
        return;
    }
    let message = "this rule never decides: one before it matches whenever it would";
    lint.push(
        Finding::new(Code::UnreachableRule, rule.place, message)
            .related(decides, "this one matches first")
            .help("remove it, or move it up"),
    );
}
