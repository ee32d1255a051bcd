//! What a condition is worth, as GitLab finds it.
//!
//! In: an [`Expr`] and what is known of the variables. Out: a [`Truth`]. Always holds: with all
//! variables known the answer is GitLab's; with some unknown it is `True` or `False` only if it
//! would be so for every value that they could have.
//!
//! GitLab evaluates with Ruby's own operators, and Ruby takes an empty text for true: with E
//! empty, `$E && $A` is `$A`, and `$E || $A` is `$E`, which is blank and so in the end false.

use super::{Comparison, Expr};
use crate::gitlab::regex::Pattern;

/// How Ruby prints a pattern that stands where a text is expected; an address follows.
pub const PRINTED_PATTERN: &str = "#<Gitlab::UntrustedRegexp:";

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// It has this value.
    Set(String),
    /// Nobody set it.
    Unset,
    /// It has a value that is not blank, and that is all that is known.
    Filled,
    /// Nothing is known.
    Unknown,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// That depends on what is not known.
    Unknown,
    /// GitLab breaks off with an error of its own, and no pipeline is created (`$A =~ true`).
    Raises,
}

/// Whether a condition holds, asking `look_up` for variables by their name, and for inputs by
/// `inputs.` and their name.
pub fn evaluate(expr: &Expr, look_up: &dyn Fn(&str) -> Lookup) -> Truth {
    let kinds = value(expr, look_up).kinds();
    match (
        kinds.has(TRUTHFUL),
        kinds.has(NOT_TRUTHFUL),
        kinds.has(RAISES),
    ) {
        (true, false, false) => Truth::True,
        (false, true, false) => Truth::False,
        (false, false, true) => Truth::Raises,
        _ => Truth::Unknown,
    }
}

/// A set of kinds that a value may be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kinds(u8);

const NULL: Kinds = Kinds(1);
const FALSE: Kinds = Kinds(1 << 1);
const TRUE: Kinds = Kinds(1 << 2);
const BLANK: Kinds = Kinds(1 << 3);
const FILLED: Kinds = Kinds(1 << 4);
const REGEX: Kinds = Kinds(1 << 5);
const RAISES: Kinds = Kinds(1 << 6);

const NONE: Kinds = Kinds(0);
const BOOL: Kinds = FALSE.or(TRUE);
const TEXT: Kinds = BLANK.or(FILLED);
/// What Ruby's `&&` and `||` take for false.
const FALSY: Kinds = NULL.or(FALSE);
const TRUTHY: Kinds = TRUE.or(TEXT).or(REGEX);
/// What Rails calls `present?`, which decides in the end and under `!`.
const TRUTHFUL: Kinds = TRUE.or(FILLED).or(REGEX);
const NOT_TRUTHFUL: Kinds = FALSY.or(BLANK);

impl Kinds {
    const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    const fn has(self, other: Kinds) -> bool {
        self.and(other).0 != 0
    }

    /// These kinds if a condition holds.
    const fn given(self, condition: bool) -> Kinds {
        if condition { self } else { NONE }
    }
}

/// The value of a part of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Null,
    Bool(bool),
    Text(String),
    Regex(Pattern),
    /// One of these kinds; one kind alone may still be many values.
    OneOf(Kinds),
}

impl Value {
    /// A value of one of these kinds; where the kind alone says which value it is, that value.
    fn of(kinds: Kinds) -> Self {
        match kinds {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            _ => Value::OneOf(kinds),
        }
    }

    /// What it may be if GitLab gets that far.
    fn if_it_does_not_raise(self) -> Self {
        match self {
            Value::OneOf(kinds) => Value::of(Kinds(kinds.0 & !RAISES.0)),
            known => known,
        }
    }

    fn kinds(&self) -> Kinds {
        match self {
            Value::Null => NULL,
            Value::Bool(false) => FALSE,
            Value::Bool(true) => TRUE,
            Value::Text(text) if text.trim().is_empty() => BLANK,
            Value::Text(_) => FILLED,
            Value::Regex(_) => REGEX,
            Value::OneOf(kinds) => *kinds,
        }
    }

    /// Whether it is one of the kinds for sure.
    fn is(&self, kinds: Kinds) -> bool {
        self.kinds().and(kinds) == self.kinds()
    }
}

fn value(expr: &Expr, look_up: &dyn Fn(&str) -> Lookup) -> Value {
    let known = |lookup| match lookup {
        Lookup::Set(text) => Value::Text(text),
        Lookup::Unset => Value::Null,
        Lookup::Filled => Value::OneOf(FILLED),
        Lookup::Unknown => Value::OneOf(NULL.or(TEXT)),
    };
    let values = |terms: &super::Terms| -> Vec<Value> {
        terms.iter().map(|term| value(term, look_up)).collect()
    };
    match expr {
        Expr::Null => Value::Null,
        Expr::Bool(value) => Value::Bool(*value),
        Expr::Text(text) => Value::Text(text.as_str().to_owned()),
        Expr::Pattern(literal) => Value::Regex(literal.pattern().clone()),
        Expr::Variable(name) => known(look_up(name.as_str())),
        Expr::Input(name) => known(look_up(&format!("inputs.{}", name.as_str()))),
        Expr::Not(operand) => not(&value(operand, look_up), TRUTHFUL, NOT_TRUTHFUL),
        Expr::Any(terms) => joined(values(terms), FALSY),
        Expr::All(terms) => joined(values(terms), TRUTHY),
        Expr::Compare { op, left, right } => {
            let (left, right) = (value(left, look_up), value(right, look_up));
            let compare: fn(&Value, &Value) -> Value = match op {
                Comparison::Equal => equal,
                Comparison::NotEqual => |left, right| not(&equal(left, right), TRUE, FALSE),
                Comparison::Match => matched,
                Comparison::NotMatch => |left, right| not(&matched(left, right), TRUE, FALSE),
            };
            compared(left, right, compare)
        }
    }
}

/// Both operands are evaluated before they are compared: where one breaks off, so does the comparison.
fn compared(left: Value, right: Value, compare: fn(&Value, &Value) -> Value) -> Value {
    let raises = left.kinds().or(right.kinds()).and(RAISES);
    let (left, right) = (left.if_it_does_not_raise(), right.if_it_does_not_raise());
    match [&left, &right].iter().any(|side| side.kinds() == NONE) {
        true => Value::of(RAISES),
        false if raises == NONE => compare(&left, &right),
        false => Value::of(compare(&left, &right).kinds().or(raises)),
    }
}

fn not(operand: &Value, truthful: Kinds, not_truthful: Kinds) -> Value {
    let kinds = operand.kinds();
    if operand.is(truthful) {
        Value::Bool(false)
    } else if operand.is(not_truthful) {
        Value::Bool(true)
    } else {
        let raises = kinds.and(RAISES);
        let bools = FALSE
            .given(kinds.has(truthful))
            .or(TRUE.given(kinds.has(not_truthful)));
        Value::of(bools.or(raises))
    }
}

/// Ruby's `||` and `&&`: the next operand's value if this one is of the kinds that go on.
fn joined(values: Vec<Value>, goes_on: Kinds) -> Value {
    let mut result: Option<Value> = None;
    for next in values {
        result = Some(match result {
            None => next,
            Some(left) if left.is(goes_on) => next,
            Some(left) if !left.kinds().has(goes_on) => left,
            Some(left) => {
                let stays = Kinds(left.kinds().0 & !goes_on.0);
                Value::of(stays.or(next.kinds()))
            }
        });
    }
    result.unwrap_or(Value::Null)
}

/// Ruby's `==`, and a text and a boolean are compared as texts (18.11).
fn equal(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::OneOf(_), _) | (_, Value::OneOf(_)) => {
            let (a, b) = (left.kinds(), right.kinds());
            let texts = a.has(FILLED.or(BOOL)) && b.has(FILLED.or(BOOL)) && a.or(b).has(FILLED);
            let same = a.and(b).has(NULL.or(BOOL).or(BLANK).or(REGEX)) || texts;
            // A pattern has no equal but a pattern, and on the left GitLab stumbles over others.
            let stumbles = RAISES.given(a.has(REGEX) && b != REGEX);
            let differ = FALSE.given(a != REGEX || b.has(REGEX));
            Value::of(TRUE.given(same).or(differ).or(stumbles))
        }
        (Value::Bool(bool), Value::Text(text)) | (Value::Text(text), Value::Bool(bool)) => {
            Value::Bool(bool.to_string() == *text)
        }
        // `UntrustedRegexp#==` asks the other for its source, which only a pattern has.
        (Value::Regex(a), Value::Regex(b)) => Value::Bool(a == b),
        (Value::Regex(_), _) => Value::OneOf(RAISES),
        _ => Value::Bool(left == right),
    }
}

/// `=~`. A text on the right that holds a pattern is one; any other is searched itself, for the
/// LEFT text: `$A =~ "xyz"` is true where "xyz" contains A.
fn matched(left: &Value, right: &Value) -> Value {
    let text = match left {
        Value::Null => Some(String::new()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Text(text) => Some(text.clone()),
        // Ruby prints an address here.
        Value::Regex(_) | Value::OneOf(_) => None,
    };
    let unsure = Value::OneOf(BOOL);
    let pattern = match right {
        Value::Null | Value::Bool(false) => return Value::Bool(false),
        // GitLab looks for slashes in `true` and fails: NoMethodError.
        Value::Bool(true) => return Value::OneOf(RAISES),
        Value::Regex(pattern) => pattern.clone(),
        Value::Text(held) => match Pattern::in_value(held) {
            Some(pattern) => pattern,
            None => {
                return match text {
                    Some(text) => Value::Bool(held.contains(&text)),
                    None if left.is(REGEX) && !held.contains(PRINTED_PATTERN) => Value::Bool(false),
                    None => unsure,
                };
            }
        },
        Value::OneOf(kinds) => {
            let fails = RAISES.given(kinds.has(TRUE));
            let searched = BOOL.given(kinds.has(TEXT.or(REGEX)));
            let null = FALSE.given(kinds.has(FALSY));
            return Value::of(fails.or(searched).or(null));
        }
    };
    let Some(text) = text else { return unsure };
    pattern.is_match(&text).map_or(unsure, Value::Bool)
}
