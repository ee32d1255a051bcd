//! The language of conditions: `rules:if` and `only:variables`.
//!
//! In: a text, or the builders. Out: an [`Expr`], that prints itself in GitLab's syntax and can be
//! evaluated as GitLab does. Always holds: every `Expr` can be written, because what GitLab has
//! no way to write (a text with both kinds of quotes, a pattern of one character) cannot be made;
//! and a written one reads back as the same `Expr`.
//!
//! Facts: `lib/gitlab/ci/pipeline/expression` of GitLab FOSS 18.11.2, and its verdicts in
//! `tests/verdicts/expressions.jsonl`. GitLab's parser also takes operators behind their operands
//! (`$A $B ==`) and empty parentheses beside a value; nobody writes that, and it is an error here.

mod build;
mod evaluate;
mod lex;
mod normal;
mod parse;
mod print;

pub use evaluate::{Lookup, PRINTED_PATTERN, Truth, evaluate};
pub use parse::parse;

use super::regex::Pattern;

/// GitLab refuses an expression of 100 tokens (measured on 18.11.2); parentheses count.
pub const MOST_TOKENS: usize = 99;

/// A condition.
///
/// `&&` binds tighter than `||`, comparisons tighter than both, `!` tightest:
/// `!$A == "x"` is `(!$A) == "x"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expr {
    /// `a || b || c`, made by [`Expr::any`] (12.0).
    Any(Terms),
    /// `a && b && c`, made by [`Expr::all`] (12.0).
    All(Terms),
    /// `!a` (verified in 18.11; not in 18.0).
    Not(Box<Expr>),
    /// `a == b` and its like.
    Compare {
        /// The operator.
        op: Comparison,
        /// What stands before it.
        left: Box<Expr>,
        /// What stands behind it.
        right: Box<Expr>,
    },
    /// `$NAME`; alone, whether it is set and not blank.
    Variable(Name),
    /// `$[[ inputs.name ]]`, where GitLab did not put the value in before.
    Input(Name),
    /// `"text"`; no variables and no escapes in it.
    Text(Text),
    /// `/pattern/flags`
    Pattern(Literal),
    /// `true` or `false` (verified in 18.11). Equal to the texts `"true"` and `"false"`.
    Bool(bool),
    /// `null`: what a variable is that nobody set.
    Null,
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==` (10.7)
    Equal,
    /// `!=` (11.11)
    NotEqual,
    /// `=~` (11.0)
    Match,
    /// `!~` (11.11)
    NotMatch,
}

/// Two or more operands of `||` or `&&`, none of them an expression with that same operator.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terms(Vec<Expr>);

impl Expr {
    /// How many values it looks at; a comparison of a variable with a text looks at one.
    pub fn leaves(&self) -> usize {
        match self {
            Self::Any(terms) | Self::All(terms) => terms.iter().map(Self::leaves).sum(),
            Self::Not(inner) => inner.leaves(),
            Self::Compare { left, right, .. } => left.leaves().max(right.leaves()),
            _ => 1,
        }
    }
}

impl Terms {
    /// The operands in order.
    pub fn iter(&self) -> impl Iterator<Item = &Expr> {
        self.0.iter()
    }
}

/// A name of letters, digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// The name, without `$`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that can stand in quotes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text(String);

impl Text {
    /// The text, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A pattern that a condition can hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Literal(Pattern);

impl Literal {
    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.0
    }
}

/// What cannot be written in a condition, a sentence fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable(pub String);

impl std::fmt::Display for Unwritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

/// What is wrong with a text that should be a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte where it goes wrong; the length of the text if something is missing at its end.
    pub offset: usize,
    /// A sentence fragment: what is wrong.
    pub message: String,
    /// What was probably meant, a sentence fragment.
    pub help: Option<String>,
}

impl SyntaxError {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

#[cfg(test)]
mod tests;
