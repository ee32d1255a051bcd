//! Any rules, within any workflow: short and long decide the same.

use proptest::prelude::*;
use proptest::sample::select;
use windlass::gitlab::expression::{Expr, parse};
use windlass::plan::simplify::{Allowed, Line, Table, shortest, size};

use crate::worlds::{first, world};

const ATOMS: [&str; 22] = [
    "$CI_COMMIT_BRANCH",
    "$CI_COMMIT_TAG",
    "$CI_COMMIT_BRANCH == null",
    "$CI_COMMIT_BRANCH == \"main\"",
    "$CI_COMMIT_BRANCH != \"main\"",
    "$CI_COMMIT_BRANCH =~ /^release-/",
    "$CI_COMMIT_BRANCH !~ /^release-/",
    "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
    "$CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH",
    "$CI_COMMIT_TAG =~ /^v\\d+$/i",
    "$CI_COMMIT_TAG == \"v1\"",
    "$CI_PIPELINE_SOURCE == \"schedule\"",
    "$CI_PIPELINE_SOURCE != \"schedule\"",
    "$CI_PIPELINE_SOURCE == \"push\"",
    "$CI_PIPELINE_SOURCE == \"merge_request_event\"",
    "$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME == \"main\"",
    "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME =~ /^release-/",
    "$CI_OPEN_MERGE_REQUESTS",
    "$CI_COMMIT_REF_PROTECTED == \"true\"",
    "$DEPLOY",
    "$DEPLOY == \"yes\"",
    "$DEPLOY != \"yes\"",
];

fn condition() -> impl Strategy<Value = Expr> {
    let atom = select(&ATOMS[..]).prop_map(|text| parse(text).unwrap());
    atom.prop_recursive(2, 6, 3, |inner| {
        let several = proptest::collection::vec(inner, 2..=3);
        prop_oneof![
            several.clone().prop_map(|terms| Expr::all(terms).unwrap()),
            several.prop_map(|terms| Expr::any(terms).unwrap()),
        ]
    })
}

type Lines = Vec<Line<u8>>;

fn lines() -> impl Strategy<Value = Lines> {
    let outcome = prop_oneof![2 => Just(None), 4 => Just(Some(1)), 1 => Just(Some(2))];
    let line = (condition(), outcome).prop_map(|(condition, outcome)| Line {
        condition: Some(condition),
        outcome,
    });
    proptest::collection::vec(line, 1..=5)
}

fn texts(lines: &Lines) -> Vec<Option<String>> {
    let text = |line: &Line<u8>| line.condition.as_ref().map(ToString::to_string);
    lines.iter().map(text).collect()
}

fn decides(lines: &Lines, world: &crate::brute::World<'_>) -> Option<u8> {
    let texts = texts(lines);
    let at = first(texts.iter().map(Option::as_ref), world)?;
    lines[at].outcome
}

fn conditions<'l>(all: &[&'l Lines]) -> Vec<&'l Expr> {
    let lines = all.iter().flat_map(|lines| lines.iter());
    lines.filter_map(|line| line.condition.as_ref()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn short_rules_decide_what_long_ones_do(
        workflow in lines(),
        long in lines(),
        worlds in proptest::collection::vec(world(), 150),
    ) {
        let Some(table) = Table::of(conditions(&[&workflow, &long])) else {
            return Ok(());
        };
        let (Some(admitted), Some(decisions)) = (table.decisions(&workflow), table.decisions(&long)) else {
            return Ok(());
        };
        let allowed: Vec<Allowed<u8>> = decisions
            .iter()
            .zip(&admitted)
            .map(|(decision, admitted)| match admitted {
                None => Allowed::Anything,
                Some(1) => Allowed::Exactly(decision.copied()),
                Some(_) => decision.map_or(Allowed::Exactly(None), |most| Allowed::AtMost(*most)),
            })
            .collect();
        let short = shortest(&table, &long, &allowed);
        prop_assert!(size(&short) <= size(&long));
        let why = || format!("{:?}\n{:?}\n-> {:?}", texts(&workflow), texts(&long), texts(&short));
        // On the classes of both.
        let both = Table::of(conditions(&[&workflow, &long, &short])).unwrap();
        for ((long, short), admitted) in both.decisions(&long).unwrap().into_iter()
            .zip(both.decisions(&short).unwrap())
            .zip(both.decisions(&workflow).unwrap())
        {
            match admitted {
                None => {}
                Some(1) => prop_assert_eq!(long, short, "{}", why()),
                Some(_) => prop_assert!(short.is_none() || long == short, "{}", why()),
            }
        }
        // And by force.
        for world in &worlds {
            let (long, short) = (decides(&long, world), decides(&short, world));
            match decides(&workflow, world) {
                None => {}
                Some(1) => prop_assert_eq!(long, short, "{}\n{:?}", why(), world),
                Some(_) => prop_assert!(short.is_none() || long == short, "{}\n{:?}", why(), world),
            }
        }
        // Nothing more can go.
        prop_assert_eq!(shortest(&table, &short, &allowed), short);
    }
}

/// What reviewers objected to.
#[test]
fn nobody_writes_a_tautology() {
    let short = |rules: &[(&str, bool)]| -> Vec<String> {
        let line = |(text, runs): &(&str, bool)| Line {
            condition: Some(parse(text).unwrap()),
            outcome: runs.then_some(1),
        };
        let long: Lines = rules.iter().map(line).collect();
        let table = Table::of(conditions(&[&long])).unwrap();
        let decisions = table.decisions(&long).unwrap();
        let allowed: Vec<_> = decisions
            .into_iter()
            .map(|one| Allowed::Exactly(one.copied()))
            .collect();
        let short = shortest(&table, &long, &allowed);
        let never = |line: &Line<u8>| if line.outcome.is_none() { "never " } else { "" };
        let text = |line: &Line<u8>| format!("{}{}", never(line), line.condition.as_ref().unwrap());
        short.iter().map(text).collect()
    };
    let master = "$CI_COMMIT_BRANCH == \"master\"";
    assert_eq!(
        short(&[(
            &format!(
                "{master} && ($CI_COMMIT_BRANCH == null || $CI_PIPELINE_SOURCE != \"pipeline\")"
            ),
            true
        )]),
        [format!("{master} && $CI_PIPELINE_SOURCE != \"pipeline\"")]
    );
    assert_eq!(
        short(&[(master, true), ("$CI_COMMIT_BRANCH", true), (master, true)]),
        ["$CI_COMMIT_BRANCH"]
    );
    assert_eq!(
        short(&[
            ("$CI_COMMIT_BRANCH && $DEPLOY == \"yes\"", true),
            ("$CI_COMMIT_BRANCH && $DEPLOY != \"yes\"", true)
        ]),
        ["$CI_COMMIT_BRANCH"]
    );
    assert_eq!(
        short(&[
            ("$CI_PIPELINE_SOURCE == \"schedule\"", false),
            ("$CI_COMMIT_BRANCH", true)
        ]),
        ["$CI_COMMIT_BRANCH && $CI_PIPELINE_SOURCE != \"schedule\""]
    );
    // A default branch of any name is not `main`.
    assert_eq!(
        short(&[
            ("$CI_COMMIT_BRANCH == \"main\"", true),
            ("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", true)
        ])
        .len(),
        2
    );
}
