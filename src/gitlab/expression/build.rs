//! Conditions as the compiler needs them.
//!
//! In: names, texts and patterns. Out: an [`Expr`], or why GitLab has no way to write it.

use super::{Comparison, Expr, Literal, Name, Terms, Text, Unwritable};
use crate::gitlab::regex::Pattern;

impl Expr {
    /// `$NAME`
    pub fn variable(name: &str) -> Result<Self, Unwritable> {
        word(name).map(Expr::Variable)
    }

    /// `$[[ inputs.name ]]`
    pub fn input(name: &str) -> Result<Self, Unwritable> {
        word(name).map(Expr::Input)
    }

    /// A text in whichever quotes it does not contain.
    pub fn text(text: &str) -> Result<Self, Unwritable> {
        if text.contains('"') && text.contains('\'') {
            let why = "has both kinds of quotes, and a condition has no escapes";
            return Err(Unwritable(why.to_owned()));
        }
        if text.contains('\n') {
            let why = "has a line break, which a condition cannot hold";
            return Err(Unwritable(why.to_owned()));
        }
        Ok(Expr::Text(Text(text.to_owned())))
    }

    /// A pattern.
    pub fn pattern(pattern: &Pattern) -> Result<Self, Unwritable> {
        match pattern.to_condition() {
            Some(_) => Ok(Expr::Pattern(Literal(pattern.clone()))),
            None => Err(Unwritable(format!(
                "is the pattern `{pattern}`, which a condition cannot hold; \
                 it wants two characters or more, and no backslash before the last slash"
            ))),
        }
    }

    /// A comparison of two values.
    pub fn compare(op: Comparison, left: Expr, right: Expr) -> Self {
        let (left, right) = (Box::new(left), Box::new(right));
        Expr::Compare { op, left, right }
    }

    /// `$NAME == "text"`
    pub fn variable_is(name: &str, text: &str) -> Result<Self, Unwritable> {
        Ok(Self::compare(
            Comparison::Equal,
            Self::variable(name)?,
            Self::text(text)?,
        ))
    }

    /// `$NAME =~ /pattern/`
    pub fn variable_matches(name: &str, pattern: &Pattern) -> Result<Self, Unwritable> {
        Ok(Self::compare(
            Comparison::Match,
            Self::variable(name)?,
            Self::pattern(pattern)?,
        ))
    }

    /// True on pipelines of a branch of this name; not on a tag, not on a merge request.
    pub fn branch_is(name: &str) -> Result<Self, Unwritable> {
        Self::variable_is("CI_COMMIT_BRANCH", name)
    }

    /// True on pipelines of branches whose name matches.
    pub fn branch_matches(pattern: &Pattern) -> Result<Self, Unwritable> {
        Self::variable_matches("CI_COMMIT_BRANCH", pattern)
    }

    /// True on pipelines of a tag of this name.
    pub fn tag_is(name: &str) -> Result<Self, Unwritable> {
        Self::variable_is("CI_COMMIT_TAG", name)
    }

    /// True on pipelines of tags whose name matches.
    pub fn tag_matches(pattern: &Pattern) -> Result<Self, Unwritable> {
        Self::variable_matches("CI_COMMIT_TAG", pattern)
    }

    /// True on pipelines started so: `push`, `schedule`, `merge_request_event`, ...
    pub fn source_is(source: &str) -> Result<Self, Unwritable> {
        Self::variable_is("CI_PIPELINE_SOURCE", source)
    }

    /// True where a variable is set and not blank.
    pub fn is_set(name: &str) -> Result<Self, Unwritable> {
        Self::variable(name)
    }

    /// `self || other`. Operands that are themselves joined by `||` are taken over one by one,
    /// which changes nothing: GitLab's `||` is associative.
    #[must_use]
    pub fn or(self, other: Expr) -> Self {
        let parts = |expr| match expr {
            Expr::Any(Terms(terms)) => terms,
            other => vec![other],
        };
        let mut terms = parts(self);
        terms.extend(parts(other));
        Expr::Any(Terms(terms))
    }

    /// `self && other`, flat in the same way.
    #[must_use]
    pub fn and(self, other: Expr) -> Self {
        let parts = |expr| match expr {
            Expr::All(Terms(terms)) => terms,
            other => vec![other],
        };
        let mut terms = parts(self);
        terms.extend(parts(other));
        Expr::All(Terms(terms))
    }

    /// True where one of these is; nothing if there are none.
    pub fn any(terms: impl IntoIterator<Item = Expr>) -> Option<Self> {
        terms.into_iter().reduce(Expr::or)
    }

    /// True where all of these are; nothing if there are none.
    pub fn all(terms: impl IntoIterator<Item = Expr>) -> Option<Self> {
        terms.into_iter().reduce(Expr::and)
    }

    /// True where this is not. A comparison is turned round, which every GitLab understands;
    /// anything else gets a `!`, which only new ones do (see [`Expr::since`]).
    pub fn negated(self) -> Self {
        match self {
            Expr::Compare { op, left, right } => {
                let op = match op {
                    Comparison::Equal => Comparison::NotEqual,
                    Comparison::NotEqual => Comparison::Equal,
                    Comparison::Match => Comparison::NotMatch,
                    Comparison::NotMatch => Comparison::Match,
                };
                Expr::Compare { op, left, right }
            }
            other => Expr::Not(Box::new(other)),
        }
    }
}

fn word(name: &str) -> Result<Name, Unwritable> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    match !name.is_empty() && name.bytes().all(word) {
        true => Ok(Name(name.to_owned())),
        false => Err(Unwritable(
            "is not a variable name; it has letters, digits and `_`, and no `$`".to_owned(),
        )),
    }
}
