//! A job that waits for a person does not hold up the pipeline by accident.
//!
//! Facts: `when: manual` beside `rules` lets the job fail, inside of `rules` it does not, and the
//! pipeline then waits ("Types of manual jobs", 18.11).

use crate::config::{Conditions, When};
use crate::finding::{Code, Finding};
use crate::lint::subject::{Subject, present};
use crate::plan::{Because, Plan, named};

pub(crate) fn check(subject: &mut dyn Subject, plan: &Plan) {
    let config = subject.config();
    for one in present(&config, plan) {
        let Some(chosen) = one.chosen else { continue };
        if chosen.when != When::Manual || chosen.allow_failure {
            continue;
        }
        let by_rule = match (&one.job.conditions, chosen.because) {
            (Conditions::Rules(rules), Because::Rule(at)) => rules.get(at),
            _ => None,
        };
        let said = one.job.keys.given("allow_failure").is_some()
            || by_rule.is_some_and(|rule| rule.allow_failure.is_some());
        if said || !subject.is_new(Code::ManualBlocks, &one.job.key) {
            continue;
        }
        let (name, on) = (&one.job.name, named(&plan.situation));
        let message = format!("the pipeline on {on} waits until somebody starts `{name}`");
        let place = match by_rule {
            Some(rule) if one.job.origin.is_none() => rule.place.into(),
            _ => subject.place(one.job, &["rules", "when", "manual"]),
        };
        let finding = Finding::new(Code::ManualBlocks, place, message)
            .label("manual by a rule")
            .help("say what is meant: `allow_failure: true`, or `allow_failure: false`");
        subject.tell(finding, &plan.situation);
    }
}
