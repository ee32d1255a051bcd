//! What conditions are worth in each class of pipelines.
//!
//! In: conditions. Out: for each of them and each class whether it holds. Always holds: the classes are all
//! that the conditions tell apart, and all of their operands can be decided by the ref, its source, and
//! variables that anybody may set.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::{Allowed, Line};
use crate::gitlab::expression::{Expr, Truth, evaluate};
use crate::plan::classes::{Compared, classes_of};
use crate::plan::rare::rare;
use crate::plan::situation::Situation;
use crate::plan::{given, predefined};

/// So many decisions each class stands for, which bounds the number of classes.
const DECISIONS: usize = 200;

/// The classes that conditions tell apart.
#[derive(Debug)]
pub struct Table {
    situations: Vec<Situation>,
    /// What is known already; `None`: it is not decided in some class.
    truths: RefCell<HashMap<Expr, Option<Rc<[bool]>>>>,
}

impl Table {
    /// The classes of these conditions; `None` if they are not all known, or if a condition asks for what
    /// only jobs have.
    pub fn of<'e>(conditions: impl IntoIterator<Item = &'e Expr>) -> Option<Self> {
        let mut compared = Compared::default();
        for condition in conditions {
            let mut variables = condition.variables().into_iter();
            if variables.any(predefined::is_of_the_job) {
                return None;
            }
            compared.condition(condition);
        }
        compared.pair_all();
        let classes = classes_of(&compared, None, DECISIONS);
        let mut situations = classes.is_complete().then_some(classes.situations)?;
        let more: Vec<Situation> = situations.iter().flat_map(rare).collect();
        let mut known: HashSet<&Situation> = situations.iter().collect();
        let more = more.iter().filter(|one| known.insert(*one)).cloned();
        let more: Vec<Situation> = more.collect();
        situations.extend(more);
        Some(Self {
            situations,
            truths: RefCell::default(),
        })
    }

    /// A situation of each class.
    pub fn situations(&self) -> &[Situation] {
        &self.situations
    }

    /// Whether a condition holds in each class; `None` if that is not decided.
    pub fn truths(&self, condition: &Expr) -> Option<Rc<[bool]>> {
        if let Some(known) = self.truths.borrow().get(condition) {
            return known.clone();
        }
        let decided = |situation: &Situation| match evaluate(condition, &|name| {
            given::variable(situation, name)
        }) {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown | Truth::Raises => None,
        };
        let found: Option<Rc<[bool]>> = self.situations.iter().map(decided).collect();
        let mut truths = self.truths.borrow_mut();
        truths.insert(condition.clone(), found.clone());
        found
    }

    /// What rules decide in each class; `None` if that is not decided.
    pub fn decisions<'l, O>(&self, lines: &'l [Line<O>]) -> Option<Vec<Option<&'l O>>> {
        let mut open = vec![true; self.situations.len()];
        let mut decisions = vec![None; self.situations.len()];
        for line in lines {
            let truths = match &line.condition {
                Some(condition) => Some(self.truths(condition)?),
                None => None,
            };
            let classes = open.iter_mut().zip(&mut decisions).enumerate();
            for (at, (open, decision)) in classes {
                let matches = truths
                    .as_ref()
                    .is_none_or(|truths| truths.get(at) == Some(&true));
                if *open && matches {
                    *open = false;
                    *decision = line.outcome.as_ref();
                }
            }
        }
        Some(decisions)
    }

    /// Whether rules decide in each class what they may.
    pub fn keeps<O: PartialEq>(&self, lines: &[Line<O>], allowed: &[Allowed<O>]) -> bool {
        self.decisions(lines).is_some_and(|decisions| {
            decisions.len() == allowed.len()
                && decisions
                    .into_iter()
                    .zip(allowed)
                    .all(|(decision, allowed)| allowed.allows(decision))
        })
    }
}
