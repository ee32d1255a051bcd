//! The shortest rules that decide the same.
//!
//! In: rules, of which the first that matches decides, and what they may decide in each class of
//! pipelines. Out: rules that are as short or shorter. Always holds: in every class they decide what they
//! may; the classes are those that the conditions before and after tell apart; where one of them cannot be
//! decided, nothing changes.
//!
//! The laws, until none applies: a rule goes whose absence changes nothing ([`laws`]), then an operand of
//! `&&` or `||` whose absence changes nothing; rules with `when: never` in front become a part of the
//! conditions behind them where that is no longer.

mod laws;
mod table;

pub use table::Table;

use crate::gitlab::expression::Expr;
use crate::pipeline::Rule;

/// More rules than these are left as they are, but for those that are there twice.
const MOST: usize = 32;

/// A rule: what must be true, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<O> {
    /// GitLab's `if`; without one it always matches.
    pub condition: Option<Expr>,
    /// What follows; `None`: there is no job, or no pipeline.
    pub outcome: Option<O>,
}

impl Line<Rule> {
    /// A rule of a pipeline; what follows is the same rule without its condition.
    pub fn of(rule: &Rule) -> Self {
        Self {
            condition: rule.condition.clone(),
            outcome: (rule.when != Some("never")).then(|| Rule {
                condition: None,
                ..rule.clone()
            }),
        }
    }
}

/// What rules may decide in one class.
#[derive(Debug, Clone, PartialEq)]
pub enum Allowed<O> {
    /// This alone.
    Exactly(Option<O>),
    /// This, or nothing at all.
    AtMost(O),
    /// Anything: there is no such pipeline.
    Anything,
}

impl<O: PartialEq> Allowed<O> {
    fn allows(&self, decision: Option<&O>) -> bool {
        match (self, decision) {
            (Self::Exactly(only), decision) => only.as_ref() == decision,
            (Self::AtMost(most), Some(decision)) => most == decision,
            (Self::AtMost(_), None) | (Self::Anything, _) => true,
        }
    }
}

/// The shortest rules that the laws find. Unchanged if these do not decide what they may.
pub fn shortest<O: Clone + PartialEq>(
    table: &Table,
    lines: &[Line<O>],
    allowed: &[Allowed<O>],
) -> Vec<Line<O>> {
    let lines = laws::without_repeated(lines);
    if lines.len() > MOST || !table.keeps(&lines, allowed) {
        return lines;
    }
    let mut best = laws::reduced(table, lines, allowed);
    if let Some(joined) = laws::joined(&best) {
        let joined = laws::reduced(table, joined, allowed);
        if table.keeps(&joined, allowed) && size(&joined) < size(&best) {
            best = joined;
        }
    }
    best
}

/// How long rules are: what they compare, their lines, and their characters.
pub fn size<O>(lines: &[Line<O>]) -> (usize, usize, usize) {
    let conditions = || lines.iter().filter_map(|line| line.condition.as_ref());
    let never = lines.iter().filter(|line| line.outcome.is_none()).count();
    (
        conditions().map(laws::atoms).sum(),
        lines.len() + never,
        conditions()
            .map(|condition| condition.to_string().len())
            .sum(),
    )
}
