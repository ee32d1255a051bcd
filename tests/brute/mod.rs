//! An evaluator of conditions that shares nothing with ours: text to reverse Polish notation with two
//! stacks, and Ruby's values one by one.

use std::collections::BTreeMap;

/// A value of Ruby.
#[derive(Debug, Clone, PartialEq)]
enum Ruby {
    Nil,
    Bool(bool),
    Text(String),
}

/// A pattern, and what it matches.
pub(crate) type Known = (&'static str, fn(&str) -> bool);

/// The patterns of the world, written out by hand.
pub(crate) const PATTERNS: [Known; 9] = [
    ("/^ma/", |text| text.starts_with("ma")),
    ("/in$/", |text| text.ends_with("in")),
    ("/^main$/", |text| text == "main"),
    ("/MAIN/i", |text| text.to_lowercase().contains("main")),
    ("/a|b/", |text| text.contains(['a', 'b'])),
    ("/^release-/", |text| text.starts_with("release-")),
    ("/^prod/", |text| text.starts_with("prod")),
    ("/^v\\d/", |text| {
        let digits = text.strip_prefix('v').map(str::as_bytes);
        digits.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
    }),
    ("/^v\\d+$/i", |text| {
        let digits = text.strip_prefix(['v', 'V']);
        digits.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    }),
];

/// Variables and their values; `None`: it is not set.
pub(crate) type World<'w> = BTreeMap<&'w str, Option<&'w str>>;

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
pub(crate) fn brute(words: &[String], world: &World<'_>) -> bool {
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

/// The words of a condition as it is printed.
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split(' ') {
        let mut word = word;
        while let Some(rest) = word.strip_prefix('(') {
            words.push("(".to_owned());
            word = rest;
        }
        let own = word.trim_end_matches(')');
        words.push(own.to_owned());
        words.extend((own.len()..word.len()).map(|_| ")".to_owned()));
    }
    words
}
