//! From a text to an [`Expr`].
//!
//! In: a condition. Out: its tree, `a || b || c` as one `||` of three. Always holds: the tree is
//! not deeper than [`super::MOST_TOKENS`], since each level takes a token.

use super::lex::{self, Kind, Token};
use super::{Expr, SyntaxError};

/// Reads a condition of `rules:if` or `only:variables`.
pub fn parse(text: &str) -> Result<Expr, SyntaxError> {
    let mut parser = Parser {
        tokens: lex::tokens(text)?.into_iter().peekable(),
        end: text.len(),
    };
    let expr = parser.any()?;
    match parser.tokens.next() {
        None => Ok(expr),
        Some(Token {
            offset,
            kind: Kind::Close,
        }) => Err(SyntaxError::new(
            offset,
            "closes a parenthesis that is not open",
        )),
        Some(token) => Err(
            SyntaxError::new(token.offset, "has two values without an operator")
                .help("join them with `==`, `&&` or `||`"),
        ),
    }
}

/// One method for each level of binding.
struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    end: usize,
}

impl Parser {
    /// Steps over a token if it is of a kind.
    fn take(&mut self, kind: fn(&Kind) -> bool) -> bool {
        self.tokens.next_if(|token| kind(&token.kind)).is_some()
    }

    fn any(&mut self) -> Result<Expr, SyntaxError> {
        let mut left = self.all()?;
        while self.take(|kind| matches!(kind, Kind::Or)) {
            left = left.or(self.all()?);
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<Expr, SyntaxError> {
        let mut left = self.compare()?;
        while self.take(|kind| matches!(kind, Kind::And)) {
            left = left.and(self.compare()?);
        }
        Ok(left)
    }

    fn compare(&mut self) -> Result<Expr, SyntaxError> {
        let mut left = self.operand()?;
        while let Some(Token {
            kind: Kind::Compare(op),
            ..
        }) = self.tokens.peek()
        {
            let op = *op;
            self.tokens.next();
            left = Expr::compare(op, left, self.operand()?);
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expr, SyntaxError> {
        let Some(token) = self.tokens.next() else {
            return Err(SyntaxError::new(self.end, "ends where a value is wanted"));
        };
        match token.kind {
            Kind::Value(value) => Ok(value),
            Kind::Not => Ok(Expr::Not(Box::new(self.operand()?))),
            Kind::Open => {
                let inside = self.any()?;
                match self.take(|kind| matches!(kind, Kind::Close)) {
                    true => Ok(inside),
                    false => {
                        let at = self.tokens.peek().map_or(self.end, |token| token.offset);
                        Err(SyntaxError::new(at, "does not close a parenthesis")
                            .help("write a `)` here"))
                    }
                }
            }
            Kind::Close | Kind::And | Kind::Or | Kind::Compare(_) => Err(SyntaxError::new(
                token.offset,
                "has an operator where a value is wanted",
            )),
        }
    }
}
