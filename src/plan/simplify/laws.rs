//! How rules become shorter.
//!
//! In: rules. Out: shorter ones to try. Always holds: nothing here decides whether they do the same, but for
//! rules that are there twice.

use super::{Allowed, Line, Table};
use crate::gitlab::expression::Expr;

/// Longest condition that others are joined into, in characters.
const LONGEST: usize = 100;

/// Rules without those whose condition stood in an earlier one.
pub(super) fn without_repeated<O: Clone>(lines: &[Line<O>]) -> Vec<Line<O>> {
    let mut seen = std::collections::HashSet::new();
    let new = lines.iter().filter(|line| seen.insert(&line.condition));
    new.cloned().collect()
}

/// Rules of which nothing can go.
pub(super) fn reduced<O: Clone + PartialEq>(
    table: &Table,
    mut lines: Vec<Line<O>>,
    allowed: &[Allowed<O>],
) -> Vec<Line<O>> {
    let keeps = |lines: &[Line<O>]| table.keeps(lines, allowed);
    loop {
        let shorter = without_rule(&lines)
            .chain(without_operand(&lines))
            .find(|shorter| keeps(shorter));
        let Some(shorter) = shorter else {
            return lines;
        };
        lines = shorter;
    }
}

/// The rules without each of them, the last one first.
fn without_rule<O: Clone>(lines: &[Line<O>]) -> impl Iterator<Item = Vec<Line<O>>> {
    (0..lines.len()).rev().map(|at| {
        let mut rest = lines.to_vec();
        rest.remove(at);
        rest
    })
}

/// The rules with a condition that has an operand less.
fn without_operand<O: Clone>(lines: &[Line<O>]) -> impl Iterator<Item = Vec<Line<O>>> {
    lines.iter().enumerate().flat_map(move |(at, line)| {
        let conditions = line.condition.iter().flat_map(shorter);
        conditions.map(move |condition| {
            let mut all = lines.to_vec();
            if let Some(line) = all.get_mut(at) {
                line.condition = Some(condition);
            }
            all
        })
    })
}

/// A condition without each operand of an `&&` or `||` in it, however deep it stands.
fn shorter(condition: &Expr) -> Vec<Expr> {
    type Join = fn(Vec<Expr>) -> Option<Expr>;
    let (terms, join): (Vec<&Expr>, Join) = match condition {
        Expr::Any(terms) => (terms.iter().collect(), |terms| Expr::any(terms)),
        Expr::All(terms) => (terms.iter().collect(), |terms| Expr::all(terms)),
        _ => return Vec::new(),
    };
    let with = |at: usize, other: Option<Expr>| {
        let terms = terms
            .iter()
            .enumerate()
            .filter_map(|(own, term)| match own == at {
                true => other.clone(),
                false => Some((*term).clone()),
            });
        join(terms.collect())
    };
    let mut all = Vec::new();
    for (at, term) in terms.iter().enumerate() {
        all.extend(with(at, None));
        all.extend(
            shorter(term)
                .into_iter()
                .filter_map(|less| with(at, Some(less))),
        );
    }
    all
}

/// The rules with what `never` leaves out as a part of the conditions behind it, if they can be written so.
pub(super) fn joined<O: Clone>(lines: &[Line<O>]) -> Option<Vec<Line<O>>> {
    let mut left_out: Vec<Expr> = Vec::new();
    let mut all = Vec::new();
    for line in lines {
        let condition = line.condition.as_ref()?;
        match &line.outcome {
            None => left_out.push(opposite(condition)?),
            Some(_) if matches!(condition, Expr::Any(_)) => return None,
            Some(_) => {
                let terms = [condition.clone()].into_iter().chain(left_out.clone());
                let condition = Expr::all(terms)?;
                if condition.to_string().len() > LONGEST {
                    return None;
                }
                all.push(Line {
                    condition: Some(condition),
                    outcome: line.outcome.clone(),
                });
            }
        }
    }
    (!left_out.is_empty()).then_some(all)
}

/// The opposite of one comparison, which asks the same of a pipeline.
fn opposite(condition: &Expr) -> Option<Expr> {
    matches!(condition, Expr::Compare { .. }).then(|| condition.clone().negated())
}

/// How many values and comparisons a condition has.
pub(super) fn atoms(condition: &Expr) -> usize {
    match condition {
        Expr::Any(terms) | Expr::All(terms) => terms.iter().map(atoms).sum(),
        _ => 1,
    }
}
