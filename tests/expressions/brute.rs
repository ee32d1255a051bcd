//! An evaluator that shares nothing with ours: text to reverse Polish notation with two stacks,
//! and Ruby's values one by one. What is not known is tried with every value of a small world.

use std::collections::BTreeMap;

use proptest::prelude::*;
use windlass::gitlab::expression::{Lookup, Truth, evaluate, parse};

/// A value of Ruby.
#[derive(Debug, Clone, PartialEq)]
enum Ruby {
    Nil,
    Bool(bool),
    Text(String),
}

/// A pattern, and what it matches.
type Known = (&'static str, fn(&str) -> bool);

/// The patterns of the world, written out by hand.
const PATTERNS: [Known; 5] = [
    ("/^ma/", |text| text.starts_with("ma")),
    ("/in$/", |text| text.ends_with("in")),
    ("/^main$/", |text| text == "main"),
    ("/MAIN/i", |text| text.to_lowercase().contains("main")),
    ("/a|b/", |text| text.contains(['a', 'b'])),
];

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

type World<'w> = BTreeMap<&'w str, Option<&'w str>>;

fn is_present(value: &Ruby) -> bool {
    match value {
        Ruby::Nil | Ruby::Bool(false) => false,
        Ruby::Bool(true) => true,
        Ruby::Text(text) => !text.trim().is_empty(),
    }
}

fn is_true(value: &Ruby) -> bool {
    !matches!(value, Ruby::Nil | Ruby::Bool(false))
}

fn to_s(value: &Ruby) -> String {
    match value {
        Ruby::Nil => String::new(),
        Ruby::Bool(value) => value.to_string(),
        Ruby::Text(text) => text.clone(),
    }
}

fn equal(left: &Ruby, right: &Ruby) -> bool {
    match (left, right) {
        (Ruby::Nil, Ruby::Nil) => true,
        (Ruby::Nil, _) | (_, Ruby::Nil) => false,
        (left, right) => to_s(left) == to_s(right),
    }
}

/// The right side is a pattern, or a text that is searched for the left one.
fn matches(left: &Ruby, right: &Ruby) -> bool {
    let Ruby::Text(right) = right else {
        return false;
    };
    match PATTERNS.iter().find(|(pattern, _)| pattern == right) {
        Some((_, matches)) => matches(&to_s(left)),
        None => right.contains(&to_s(left)),
    }
}

fn apply(operator: &str, stack: &mut Vec<Ruby>) {
    let right = stack.pop().unwrap();
    if operator == "!" {
        stack.push(Ruby::Bool(!is_present(&right)));
        return;
    }
    let left = stack.pop().unwrap();
    stack.push(match operator {
        "==" => Ruby::Bool(equal(&left, &right)),
        "!=" => Ruby::Bool(!equal(&left, &right)),
        "=~" => Ruby::Bool(matches(&left, &right)),
        "!~" => Ruby::Bool(!matches(&left, &right)),
        "&&" if is_true(&left) => right,
        "&&" => left,
        "||" if is_true(&left) => left,
        "||" => right,
        other => panic!("{other}"),
    });
}

/// The smaller, the tighter.
fn precedence(operator: &str) -> u8 {
    match operator {
        "!" => 1,
        "==" | "!=" | "=~" | "!~" => 2,
        "&&" => 3,
        "||" => 4,
        _ => 9,
    }
}

/// Evaluates words with two stacks.
fn brute(words: &[String], world: &World<'_>) -> bool {
    let mut values: Vec<Ruby> = Vec::new();
    let mut operators: Vec<&str> = Vec::new();
    for word in words {
        match word.as_str() {
            "(" | "!" => operators.push(word),
            ")" => {
                while let Some(operator) = operators.pop().filter(|top| *top != "(") {
                    apply(operator, &mut values);
                }
            }
            "==" | "!=" | "=~" | "!~" | "&&" | "||" => {
                while operators
                    .last()
                    .is_some_and(|top| *top != "(" && precedence(top) <= precedence(word))
                {
                    apply(operators.pop().unwrap(), &mut values);
                }
                operators.push(word);
            }
            "null" => values.push(Ruby::Nil),
            word if word.starts_with('$') => {
                let value = world[&word[1..]];
                values.push(value.map_or(Ruby::Nil, |text| Ruby::Text(text.to_owned())));
            }
            word => values.push(Ruby::Text(word.trim_matches('"').to_owned())),
        }
    }
    while let Some(operator) = operators.pop() {
        apply(operator, &mut values);
    }
    assert_eq!(values.len(), 1);
    is_present(&values[0])
}

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
