//! Conditions as GitLab reads them, with no more parentheses than it needs.
//!
//! In: an [`Expr`]. Out: its text, how long that is, and which GitLab understands it.

use std::fmt::{self, Display, Formatter, Write};

use super::{Comparison, Expr, MOST_TOKENS};
use crate::gitlab::Version;

/// How tight an expression binds; the tighter the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Any,
    All,
    Compare,
    Not,
    Value,
}

impl Comparison {
    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Match => "=~",
            Comparison::NotMatch => "!~",
        }
    }
}

impl Expr {
    fn binding(&self) -> Binding {
        match self {
            Expr::Any(_) => Binding::Any,
            Expr::All(_) => Binding::All,
            Expr::Compare { .. } => Binding::Compare,
            Expr::Not(_) => Binding::Not,
            _ => Binding::Value,
        }
    }

    /// The operands, each with the binding that it must have to stand without parentheses.
    fn operands(&self) -> Vec<(&Expr, Binding)> {
        match self {
            Expr::Any(terms) => terms.iter().map(|term| (term, Binding::All)).collect(),
            Expr::All(terms) => terms.iter().map(|term| (term, Binding::Compare)).collect(),
            Expr::Not(operand) => vec![(operand, Binding::Not)],
            // Comparisons are read from the left: `$A == $B == $C` is `($A == $B) == $C`.
            Expr::Compare { left, right, .. } => {
                vec![(left, Binding::Compare), (right, Binding::Not)]
            }
            _ => Vec::new(),
        }
    }

    fn operator(&self) -> Option<&'static str> {
        match self {
            Expr::Any(_) => Some("||"),
            Expr::All(_) => Some("&&"),
            Expr::Compare { op, .. } => Some(op.as_str()),
            _ => None,
        }
    }

    /// How many tokens GitLab counts in it; more than [`MOST_TOKENS`] it refuses.
    pub fn tokens(&self) -> usize {
        let operands = self.operands();
        let own = match self {
            Expr::Any(_) | Expr::All(_) | Expr::Compare { .. } => operands.len() - 1,
            _ => 1,
        };
        let inner = operands.iter().map(|(operand, least)| {
            let parentheses = if operand.binding() < *least { 2 } else { 0 };
            operand.tokens() + parentheses
        });
        own + inner.sum::<usize>()
    }

    /// Whether GitLab reads it, as far as its length goes.
    pub fn fits(&self) -> bool {
        self.tokens() <= MOST_TOKENS
    }

    /// The first GitLab that understands it, by the documentation of 13.8 and the code of 18.11.
    /// A variable behind `=~` is surely taken for a pattern from 15.5 on (documentation of 15.5).
    /// `!`, `true`, `false` and inputs are newer than 18.0; where exactly is not known, so 18.11.
    pub fn since(&self) -> Version {
        let own = match self {
            Expr::Not(_) | Expr::Bool(_) | Expr::Input(_) => Version::new(18, 11),
            Expr::Any(_) | Expr::All(_) => Version::new(12, 0),
            Expr::Compare {
                op: Comparison::Equal,
                ..
            } => Version::new(10, 7),
            Expr::Compare {
                op: Comparison::Match,
                right,
                ..
            } => match **right {
                Expr::Variable(_) => Version::new(15, 5),
                _ => Version::new(11, 0),
            },
            Expr::Compare { .. } => Version::new(11, 11),
            _ => Version::new(10, 7),
        };
        let inner = self.operands().into_iter().map(|(operand, least)| {
            let parentheses = operand.binding() < least;
            let since = operand.since();
            if parentheses {
                since.max(Version::new(13, 3))
            } else {
                since
            }
        });
        inner.fold(own, Version::max)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Not(_) => f.write_char('!')?,
            Expr::Variable(name) => write!(f, "${}", name.as_str())?,
            Expr::Input(name) => write!(f, "$[[ inputs.{} ]]", name.as_str())?,
            Expr::Text(text) => {
                let quote = if text.as_str().contains('"') {
                    '\''
                } else {
                    '"'
                };
                write!(f, "{quote}{}{quote}", text.as_str())?;
            }
            // A literal is made only of a pattern that has this form.
            Expr::Pattern(literal) => {
                f.write_str(&literal.pattern().to_condition().unwrap_or_default())?;
            }
            Expr::Bool(value) => write!(f, "{value}")?,
            Expr::Null => f.write_str("null")?,
            Expr::Any(_) | Expr::All(_) | Expr::Compare { .. } => {}
        }
        for (at, (operand, least)) in self.operands().into_iter().enumerate() {
            if let (Some(operator), 1..) = (self.operator(), at) {
                write!(f, " {operator} ")?;
            }
            match operand.binding() < least {
                true => write!(f, "({operand})")?,
                false => write!(f, "{operand}")?,
            }
        }
        Ok(())
    }
}
