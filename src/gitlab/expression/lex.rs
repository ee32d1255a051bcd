//! The words of a condition.
//!
//! In: a text. Out: its tokens with their places, or the first text that GitLab's lexer does not
//! know, with what was probably meant.

use super::{Comparison, Expr, Literal, MOST_TOKENS, SyntaxError};
use crate::gitlab::regex::{self, Pattern};

/// A token and the byte where it begins.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) offset: usize,
    pub(super) kind: Kind,
}

/// What a token is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Value(Expr),
    Compare(Comparison),
    And,
    Or,
    Not,
    Open,
    Close,
}

/// Operators, the longer ones first.
const OPERATORS: [(&str, Kind); 9] = [
    ("==", Kind::Compare(Comparison::Equal)),
    ("=~", Kind::Compare(Comparison::Match)),
    ("!=", Kind::Compare(Comparison::NotEqual)),
    ("!~", Kind::Compare(Comparison::NotMatch)),
    ("&&", Kind::And),
    ("||", Kind::Or),
    ("!", Kind::Not),
    ("(", Kind::Open),
    (")", Kind::Close),
];

/// Splits a text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut offset = 0;
    loop {
        let rest = text.get(offset..).unwrap_or("");
        // Ruby's `\s`: blanks of ASCII alone.
        let blank = rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        offset += rest.len() - blank.len();
        if blank.is_empty() {
            return Ok(tokens);
        }
        if tokens.len() == MOST_TOKENS {
            let message = format!("is too long; GitLab reads {MOST_TOKENS} words and operators");
            return Err(SyntaxError::new(offset, message)
                .help("split it into several rules, or several variables"));
        }
        let (kind, length) = token(text, offset, blank)?;
        tokens.push(Token { offset, kind });
        offset += length;
    }
}

fn token(text: &str, offset: usize, rest: &str) -> Result<(Kind, usize), SyntaxError> {
    for (operator, kind) in &OPERATORS {
        if rest.starts_with(operator) {
            return Ok((kind.clone(), operator.len()));
        }
    }
    if let Some((value, length)) = value(rest) {
        return Ok((Kind::Value(value), length));
    }
    if rest.starts_with('/') {
        let at =
            |error: regex::PatternError| SyntaxError::new(offset + error.offset, error.message);
        let length =
            regex::condition_literal(rest).ok_or_else(|| at(Pattern::why_no_condition(rest)))?;
        let literal = rest.get(..length).unwrap_or(rest);
        let pattern = Pattern::from_condition(literal).map_err(at)?;
        return Ok((Kind::Value(Expr::Pattern(Literal(pattern))), length));
    }
    Err(unknown(text, offset, rest))
}

fn value(rest: &str) -> Option<(Expr, usize)> {
    if let Some(name) = rest.strip_prefix('$') {
        let word = word(name);
        return match Expr::variable(word) {
            Ok(variable) => Some((variable, 1 + word.len())),
            Err(_) => input(rest),
        };
    }
    if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
        let inside = rest.get(1..)?;
        let end = inside.find(quote)?;
        let text = Expr::text(inside.get(..end)?).ok()?;
        return Some((text, end + 2));
    }
    // GitLab asks for a word boundary behind `true` and `false`, not behind `null`.
    match word(rest) {
        "true" => Some((Expr::Bool(true), 4)),
        "false" => Some((Expr::Bool(false), 5)),
        "null" => Some((Expr::Null, 4)),
        _ => None,
    }
}

/// `$[[ inputs.name ]]`
fn input(rest: &str) -> Option<(Expr, usize)> {
    let blank = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];
    let inside = rest
        .strip_prefix("$[[")?
        .trim_start_matches(blank)
        .strip_prefix("inputs.")?;
    let name = word(inside);
    let end = inside
        .get(name.len()..)?
        .trim_start_matches(blank)
        .strip_prefix("]]")?;
    Some((Expr::input(name).ok()?, rest.len() - end.len()))
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    text.get(..end.unwrap_or(text.len())).unwrap_or("")
}

/// What no token begins with, and what was probably meant.
fn unknown(text: &str, offset: usize, rest: &str) -> SyntaxError {
    let word: &str = rest
        .split([' ', '\t', '\n', '(', ')', '"', '\''])
        .next()
        .unwrap_or("");
    let first = rest.chars().next().unwrap_or(' ');
    let error = |message: &str| SyntaxError::new(offset, message);
    if let Some(inside) = rest.strip_prefix("${") {
        let name: &str = inside.split('}').next().unwrap_or("");
        return error("has braces, which a condition does not know")
            .help(format!("write `${name}`"));
    }
    match first {
        '$' => error("has a `$` without the name of a variable"),
        '"' | '\'' => error("has a quote that is not closed, or a line break between quotes"),
        '=' => error("has a single `=`").help("write `==`"),
        '&' => error("has a single `&`").help("write `&&`"),
        '|' => error("has a single `|`").help("write `||`"),
        _ if is_flag(text, offset, word) => error("has a flag that patterns do not have")
            .help("the flags are `i`, `s`, `m` and `U`"),
        _ => match word {
            "and" | "AND" => error("has the word `and`").help("write `&&`"),
            "or" | "OR" => error("has the word `or`").help("write `||`"),
            "not" | "NOT" => {
                error("has the word `not`").help("turn the comparison round: `!=`, `!~`")
            }
            "in" => error("has the word `in`").help("compare with each value and join with `||`"),
            _ if first.is_alphanumeric() || "_.-".contains(first) => error(&format!(
                "has `{word}`, which is neither a variable nor a string"
            ))
            .help(format!("a text stands in quotes: `\"{word}\"`")),
            _ => error(&format!(
                "has `{first}`, which means nothing in a condition"
            )),
        },
    }
}

/// Whether a letter stands right behind a pattern.
fn is_flag(text: &str, offset: usize, word: &str) -> bool {
    let before = text
        .get(..offset)
        .unwrap_or("")
        .trim_end_matches(['i', 's', 'm', 'U']);
    before.ends_with('/') && word.starts_with(|c: char| c.is_ascii_alphabetic())
}
