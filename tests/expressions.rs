//! Conditions against the verdicts of GitLab's own code (FOSS 18.11.2), one by one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by a panic, also in a function that several tests use"
)]

mod brute;
#[path = "expressions/unknown.rs"]
mod unknown;

use std::collections::HashMap;

use serde::Deserialize;
use windlass::gitlab::expression::{Lookup, Truth, evaluate, parse};

#[derive(Deserialize)]
struct Case {
    id: String,
    expr: String,
    vars: HashMap<String, String>,
    verdict: Outer,
}

#[derive(Deserialize)]
struct Outer {
    verdict: serde_json::Value,
}

fn cases() -> serde_json::Result<Vec<Case>> {
    let lines = include_str!("verdicts/expressions.jsonl").lines();
    lines.map(serde_json::from_str).collect()
}

/// No case is answered otherwise than by GitLab; one that ever has to be is named here, with the
/// reason.
const DISAGREEMENTS: [(&str, &str); 0] = [];

#[test]
fn every_verdict_of_gitlab_is_ours() {
    let cases = cases().unwrap();
    assert_eq!(cases.len(), 130);
    let mut wrong = Vec::new();
    for case in cases {
        let ours = match parse(&case.expr) {
            Err(_) => "syntax error".to_owned(),
            Ok(expr) => {
                let look_up = |name: &str| match case.vars.get(name) {
                    Some(value) => Lookup::Set(value.clone()),
                    None => Lookup::Unset,
                };
                match evaluate(&expr, &look_up) {
                    Truth::True => "true".to_owned(),
                    Truth::False => "false".to_owned(),
                    Truth::Raises => "exception".to_owned(),
                    Truth::Unknown => "unknown".to_owned(),
                }
            }
        };
        let gitlabs = match &case.verdict.verdict {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if ours != gitlabs && !DISAGREEMENTS.iter().any(|(id, _)| *id == case.id) {
            wrong.push(format!(
                "{} {:?}: GitLab {gitlabs}, ours {ours}",
                case.id, case.expr
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_gitlab_reads_is_written_so_that_it_reads_back() {
    let mut seen = 0;
    for expr in cases()
        .unwrap()
        .iter()
        .filter_map(|case| parse(&case.expr).ok())
    {
        assert_eq!(parse(&expr.to_string()), Ok(expr));
        seen += 1;
    }
    assert_eq!(seen, 92);
}
