//! What is not known is tried with every value of a small world.

use proptest::prelude::*;
use windlass::gitlab::expression::{Lookup, Truth, evaluate, parse};

use crate::brute::{PATTERNS, World, brute};

/// The values that a variable may have; `None`: it is not set.
const WORLD: [Option<&str>; 8] = [
    None,
    Some(""),
    Some(" "),
    Some("main"),
    Some("ma"),
    Some("true"),
    Some("false"),
    Some("/in$/"),
];

const VARIABLES: [&str; 3] = ["A", "B", "C"];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&VARIABLES[..]).prop_map(|name| format!("${name}")),
        1 => Just("null".to_owned()),
        2 => prop::sample::select(&["", "main", "ma", "true", "in"][..])
            .prop_map(|text| format!("\"{text}\"")),
    ]
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(&PATTERNS[..]).prop_map(|(pattern, _)| pattern.to_owned()),
        1 => prop::sample::select(&VARIABLES[..]).prop_map(|name| format!("${name}")),
        1 => Just("\"main\"".to_owned()),
    ]
}

/// The words of an expression that GitLab reads.
fn expression() -> impl Strategy<Value = Vec<String>> {
    let leaf = prop_oneof![
        2 => value().prop_map(|value| vec![value]),
        2 => (value(), prop::sample::select(&["==", "!="][..]), value())
            .prop_map(|(a, op, b)| vec![a, op.to_owned(), b]),
        2 => (value(), prop::sample::select(&["=~", "!~"][..]), pattern())
            .prop_map(|(a, op, b)| vec![a, op.to_owned(), b]),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        let joined = (inner.clone(), prop::sample::select(&["&&", "||"][..]), inner.clone());
        prop_oneof![
            3 => joined.prop_map(|(a, op, b)| [a, vec![op.to_owned()], b].concat()),
            1 => inner.clone().prop_map(|a| [vec!["(".to_owned()], a, vec![")".to_owned()]].concat()),
            1 => inner.prop_map(|a| {
                [vec!["!".to_owned(), "(".to_owned()], a, vec![")".to_owned()]].concat()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// With everything known the answer is that of the two stacks; with some variables unknown it
    /// is only given if it is the same for every value that they may have.
    #[test]
    fn ours_is_what_brute_force_finds(
        words in expression(),
        unknown in prop::collection::vec(any::<bool>(), 3),
        values in prop::collection::vec(prop::sample::select(&WORLD[..]), 3),
    ) {
        let text = words.join(" ");
        prop_assume!(words.len() < 99);
        let expr = parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let known = |name: &str| VARIABLES.iter().position(|one| *one == name).unwrap();
        let look_up = |name: &str| match (unknown[known(name)], values[known(name)]) {
            (true, _) => Lookup::Unknown,
            (false, Some(text)) => Lookup::Set(text.to_owned()),
            (false, None) => Lookup::Unset,
        };
        let ours = evaluate(&expr, &look_up);
        let mut found = Vec::new();
        let choices = |at: usize| if unknown[at] { WORLD.to_vec() } else { vec![values[at]] };
        for a in choices(0) {
            for b in choices(1) {
                for c in choices(2) {
                    found.push(brute(&words, &World::from([("A", a), ("B", b), ("C", c)])));
                }
            }
        }
        match ours {
            Truth::True => prop_assert!(found.iter().all(|found| *found), "{}", text),
            Truth::False => prop_assert!(!found.iter().any(|found| *found), "{}", text),
            Truth::Unknown => prop_assert!(unknown.contains(&true), "{} is decided", text),
            Truth::Raises => prop_assert!(false, "{} raises", text),
        }
    }
}
