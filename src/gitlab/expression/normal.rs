//! Conditions without parentheses, which GitLab reads from 13.3 on.
//!
//! In: an [`Expr`]. Out: conditions of which one is true where it is, none of them with `||`.

use super::{Expr, Terms};

/// No condition becomes more than so many; a rule each would be no pipeline that anybody reads.
const MOST: usize = 64;

impl Expr {
    /// Conditions without `||` of which one is true where this is true. One alone, as it is, if
    /// they would be too many.
    pub fn alternatives(&self) -> Vec<Expr> {
        match self.spread() {
            Some(all) => all,
            None => vec![self.clone()],
        }
    }

    fn spread(&self) -> Option<Vec<Expr>> {
        match self {
            Expr::Any(Terms(terms)) => {
                let mut all = Vec::new();
                for term in terms {
                    all.extend(term.spread()?);
                }
                (all.len() <= MOST).then_some(all)
            }
            Expr::All(Terms(terms)) => {
                let mut all: Vec<Option<Expr>> = vec![None];
                for term in terms {
                    let ways = term.spread()?;
                    if all.len().saturating_mul(ways.len()) > MOST {
                        return None;
                    }
                    let joined = |so_far: &Option<Expr>, way: &Expr| match so_far {
                        Some(so_far) => so_far.clone().and(way.clone()),
                        None => way.clone(),
                    };
                    all = all
                        .iter()
                        .flat_map(|so_far| ways.iter().map(|way| Some(joined(so_far, way))))
                        .collect();
                }
                Some(all.into_iter().flatten().collect())
            }
            other => Some(vec![other.clone()]),
        }
    }

    /// The same about another variable.
    #[must_use]
    pub fn with_variable(&self, name: &str, other: &Expr) -> Self {
        let with = |expr: &Expr| expr.with_variable(name, other);
        match self {
            Expr::Variable(own) if own.as_str() == name => other.clone(),
            Expr::Any(terms) => Expr::Any(Terms(terms.iter().map(with).collect())),
            Expr::All(terms) => Expr::All(Terms(terms.iter().map(with).collect())),
            Expr::Not(operand) => Expr::Not(Box::new(with(operand))),
            Expr::Compare { op, left, right } => Expr::compare(*op, with(left), with(right)),
            Expr::Variable(_)
            | Expr::Input(_)
            | Expr::Text(_)
            | Expr::Pattern(_)
            | Expr::Bool(_)
            | Expr::Null => self.clone(),
        }
    }

    /// The names of all variables in it.
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Expr::Variable(name) => vec![name.as_str()],
            Expr::Any(terms) | Expr::All(terms) => terms.iter().flat_map(Expr::variables).collect(),
            Expr::Not(operand) => operand.variables(),
            Expr::Compare { left, right, .. } => {
                let mut all = left.variables();
                all.extend(right.variables());
                all
            }
            Expr::Input(_) | Expr::Text(_) | Expr::Pattern(_) | Expr::Bool(_) | Expr::Null => {
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn parentheses_are_multiplied_out() {
        let alternatives = |text: &str| -> Vec<String> {
            let all = parse(text).unwrap().alternatives();
            all.iter().map(ToString::to_string).collect()
        };
        assert_eq!(alternatives("$A"), ["$A"]);
        assert_eq!(
            alternatives("($A || $B == \"x\") && $C"),
            ["$A && $C", "$B == \"x\" && $C"]
        );
        assert_eq!(
            alternatives("($A || $B) && ($C || $D && ($E || $F))"),
            [
                "$A && $C",
                "$A && $D && $E",
                "$A && $D && $F",
                "$B && $C",
                "$B && $D && $E",
                "$B && $D && $F"
            ]
        );
    }

    #[test]
    fn what_would_be_too_long_stays() {
        let pair = "($A || $B)";
        let text = [pair; 7].join(" && ");
        let expr = parse(&text).unwrap();
        assert_eq!(expr.alternatives(), std::slice::from_ref(&expr));
    }

    #[test]
    fn all_variables_are_found() {
        let expr = parse("$A == $B && ($C || $D =~ /x$E/)").unwrap();
        assert_eq!(expr.variables(), ["A", "B", "C", "D"]);
    }
}
