//! Whether other conditions decide the same.
//!
//! In: conditions before and after, typed and in normal form. Out: whether the same follows from them in every
//! class of pipelines, whatever files changed or exist. Always holds: a variable may have any value, also one that
//! the file sets; what cannot be decided in some class, or asks for what only jobs have, is not the same.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::Pair;
use crate::config::normal::{Fields, Form};
use crate::config::{Condition, Conditions, Config, Policy, Rule};
use crate::gitlab::expression::Expr;
use crate::gitlab::names::exists;
use crate::plan::simplify::Table;

/// More rules than these, on both sides together, are not compared.
const RULES: usize = 64;

/// More lists of files than these are not compared: each of them may match or not.
const FILES: usize = 5;

/// So many answers are kept: an import compares the same conditions again and again.
const KEPT: usize = 1_024;

thread_local! {
    static KNOWN: RefCell<HashMap<[String; 2], bool>> = RefCell::default();
}

/// What a list of rules asks for, and what follows from each.
pub(super) struct Rules<'r> {
    all: Vec<Line<'r>>,
    text: String,
}

/// A rule.
struct Line<'r> {
    condition: Option<&'r Expr>,
    /// The texts of `changes` and `exists`, each of which must hold as well.
    files: Vec<String>,
    /// What follows; `None`: there is no job, or no pipeline.
    outcome: Option<Fields>,
}

impl<'r> Rules<'r> {
    /// Rules and their normal form; `None` if there are none, or the two do not fit together.
    pub(super) fn of(typed: Option<&'r [Rule]>, form: Option<&Form>) -> Option<Self> {
        let (typed, form) = (typed?, form?);
        let forms = form.items()?;
        if typed.len() != forms.len() {
            return None;
        }
        let pairs = typed.iter().zip(forms);
        let lines = pairs.map(|(rule, form)| {
            let form = form.fields()?;
            let never = form.get("when").and_then(Form::as_text) == Some("never");
            let files = ["changes", "exists"].into_iter();
            let files = files.filter_map(|key| Some(format!("{key}: {}", form.get(key)?)));
            // What is not read as a condition is compared as nothing else.
            let condition = rule.condition.as_ref().map(|condition| &condition.expr);
            (condition.is_some() == form.get("if").is_some()).then(|| Line {
                condition,
                files: files.collect(),
                outcome: (!never).then(|| form.without(&["if", "changes", "exists"])),
            })
        });
        Some(Self {
            all: lines.collect::<Option<_>>()?,
            text: form.to_string(),
        })
    }

    /// Whether the same follows as from other rules, in every pipeline.
    pub(super) fn decide_like(&self, other: &Self) -> bool {
        remembered([&self.text, &other.text], || {
            self.asked_with(other).unwrap_or(false)
        })
    }

    /// The same, not remembered; `None` if it is not decided.
    fn asked_with(&self, other: &Self) -> Option<bool> {
        let all = || self.all.iter().chain(&other.all);
        let files: BTreeSet<&String> = all().flat_map(|line| &line.files).collect();
        if all().count() > RULES || files.len() > FILES {
            return None;
        }
        let table = Table::of(all().filter_map(|line| line.condition))?;
        let files: Vec<&String> = files.into_iter().collect();
        let sides = [self, other].map(|rules| rules.truths(&table, &files));
        let [Some(old), Some(new)] = sides else {
            return None;
        };
        let combinations = 1_usize << files.len();
        let same = |at: usize| {
            (0..combinations).all(|matching| {
                self.outcome(&old, at, matching) == other.outcome(&new, at, matching)
            })
        };
        Some((0..table.situations().len()).all(same))
    }

    /// For each rule whether its condition holds in each class, and which of the files it asks for.
    fn truths(&self, table: &Table, files: &[&String]) -> Option<Vec<(Vec<bool>, usize)>> {
        let lines = self.all.iter().map(|line| {
            let truths = match line.condition {
                Some(condition) => table.truths(condition)?.to_vec(),
                None => vec![true; table.situations().len()],
            };
            let asked = files.iter().enumerate();
            let asked = asked.filter(|(_, one)| line.files.contains(one));
            Some((truths, asked.fold(0, |all, (at, _)| all | 1 << at)))
        });
        lines.collect()
    }

    /// What follows in a class, if these files match.
    fn outcome(
        &self,
        truths: &[(Vec<bool>, usize)],
        at: usize,
        matching: usize,
    ) -> Option<&Fields> {
        let mut lines = self.all.iter().zip(truths);
        let first = lines.find(|(_, (truths, files))| {
            truths.get(at) == Some(&true) && files & matching == *files
        });
        first?.0.outcome.as_ref()
    }
}

/// Whether a job is in the same pipelines, and starts there in the same way, by its conditions alone.
pub(super) fn conditions(pair: &Pair<'_>, configs: [&Config; 2]) -> bool {
    let jobs = [pair.before, pair.after].into_iter();
    if hides_predefined(configs, jobs.flat_map(|job| all_of(&job.conditions))) {
        return false;
    }
    match (&pair.before.conditions, &pair.after.conditions) {
        (Conditions::Rules(old), Conditions::Rules(new)) => {
            let old = Rules::of(Some(old), pair.old.get("rules"));
            let new = Rules::of(Some(new), pair.new.get("rules"));
            old.zip(new).is_some_and(|(old, new)| old.decide_like(&new))
        }
        (
            Conditions::Policies { only, except },
            Conditions::Policies {
                only: new_only,
                except: new_except,
            },
        ) => [
            ("only", only.as_ref(), new_only.as_ref()),
            ("except", except.as_ref(), new_except.as_ref()),
        ]
        .into_iter()
        .all(|(key, old, new)| {
            let (was, is) = (pair.old.get(key), pair.new.get(key));
            was == is || policies([(old, was), (new, is)])
        }),
        _ => false,
    }
}

/// What is asked of variables.
fn all_of(conditions: &Conditions) -> Vec<&Condition> {
    match conditions {
        Conditions::Always => Vec::new(),
        Conditions::Rules(rules) => rules
            .iter()
            .filter_map(|rule| rule.condition.as_ref())
            .collect(),
        Conditions::Policies { only, except } => {
            let policies = only.iter().chain(except);
            policies
                .flat_map(|one| one.variables.iter().flatten())
                .collect()
        }
    }
}

/// Whether a file gives a variable of GitLab's that conditions ask for a value of its own, which no class has.
pub(super) fn hides_predefined<'c>(
    configs: [&Config; 2],
    mut conditions: impl Iterator<Item = &'c Condition>,
) -> bool {
    let set: HashSet<&str> = configs.iter().flat_map(|one| one.set_variables()).collect();
    conditions.any(|condition| {
        let mut asked = condition.expr.variables().into_iter();
        asked.any(|name| set.contains(name) && exists(name).is_some())
    })
}

/// Whether two parts differ in nothing but how they ask for variables.
fn policies(sides: [(Option<&Policy>, Option<&Form>); 2]) -> bool {
    let [old, new] = sides.map(|(policy, form)| {
        let asked = policy?.variables.as_deref()?;
        let beside = form?.fields()?.without(&["variables"]);
        Some((asked, beside, form?.to_string()))
    });
    let (Some((old, beside_old, was)), Some((new, beside_new, is))) = (old, new) else {
        return false;
    };
    beside_old == beside_new
        && remembered([&was, &is], || {
            let exprs = || old.iter().chain(new).map(|condition| &condition.expr);
            let Some(table) = Table::of(exprs()) else {
                return false;
            };
            let any = |conditions: &[Condition]| -> Option<Vec<bool>> {
                let mut any = vec![false; table.situations().len()];
                for condition in conditions {
                    let truths = table.truths(&condition.expr)?;
                    let both = any.iter_mut().zip(truths.iter());
                    both.for_each(|(any, truth)| *any |= truth);
                }
                Some(any)
            };
            let (old, new) = (any(old), any(new));
            old.is_some() && old == new
        })
}

/// An answer that was given before, or a new one.
fn remembered(texts: [&String; 2], ask: impl FnOnce() -> bool) -> bool {
    let key = texts.map(String::clone);
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).copied()) {
        return known;
    }
    let answer = ask();
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, answer);
    });
    answer
}
