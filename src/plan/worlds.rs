//! What is not known, in every way that conditions can tell apart.
//!
//! In: a [`Config`] and a [`Situation`] in which variables are unknown. Out: situations in which
//! they are known, one of which is the real one. Always holds: nothing is left out. A variable is
//! only settled if conditions do no more than compare it with texts or ask whether it is there:
//! then it is one of those texts, another text, blank, or not set, and no condition sees a further
//! difference. Any other stays unknown.

use std::collections::{BTreeMap, BTreeSet};

use super::Truth;
use super::given;
use super::scope::Scope;
use super::situation::Situation;
use crate::config::{Condition, Conditions, Config, Given, Rule};
use crate::gitlab::expression::{Comparison, Expr, Lookup};

/// More are not tried for one situation; then what depends on each other is taken for independent.
pub(super) const MOST: usize = 128;

/// A text that no condition names.
const OTHER: &str = "(another value)";

/// How conditions use a variable.
#[derive(Default)]
struct Use<'c> {
    texts: BTreeSet<&'c str>,
    /// In a way that texts alone do not decide.
    otherwise: bool,
}

/// The situations that a situation may be; itself alone if nothing can be settled.
pub(super) fn worlds(config: &Config, situation: &Situation, most: usize) -> Vec<Situation> {
    if most < 2 {
        return vec![situation.clone()];
    }
    let scope = Scope::if_unchanged(config, situation);
    let look_up = |name: &str| scope.of_pipeline(name);
    // What a job or a rule sets itself is not the same everywhere.
    let set = config.set_variables();
    let open_globs = open_globs(config);
    let in_a_glob = |name: &str| open_globs.iter().any(|glob| glob.contains(name));
    let fixed = |name: &str| set.contains(name) || in_a_glob(name);
    settle(
        conditions(config).into_iter(),
        situation,
        most,
        &look_up,
        &fixed,
    )
}

/// What may be known of a pipeline when its includes are evaluated.
pub(super) struct World<'r> {
    /// What is known besides.
    pub(super) situation: Situation,
    /// The answers to rules that the situation leaves open.
    answers: Vec<(&'r Rule, bool)>,
}

impl Given for World<'_> {
    fn rule(&self, rule: &Rule) -> Truth {
        let mut answers = self.answers.iter();
        match self.situation.rule(rule) {
            Truth::Unknown => match answers.find(|(other, _)| asks_the_same(rule, other)) {
                Some((_, true)) => Truth::True,
                Some((_, false)) => Truth::False,
                None => Truth::Unknown,
            },
            known => known,
        }
    }

    fn variable(&self, name: &str) -> Lookup {
        self.situation.variable(name)
    }

    fn expanded(&self, text: &str) -> Option<String> {
        self.situation.expanded(text)
    }
}

/// Whether two rules hold in the same pipelines.
fn asks_the_same(one: &Rule, other: &Rule) -> bool {
    let expr = |rule: &Rule| rule.condition.as_ref().map(|one| one.expr.clone());
    one.changes == other.changes && one.exists == other.exists && expr(one) == expr(other)
}

/// The same of what rules of includes ask for. A rule that is open although its variables are known has
/// either answer.
pub(super) fn of_rules<'r>(
    rules: &(impl Iterator<Item = &'r Rule> + Clone),
    situation: &Situation,
    most: usize,
) -> Vec<World<'r>> {
    let conditions = rules.clone().filter_map(|rule| rule.condition.as_ref());
    let look_up = |name: &str| given::variable(situation, name);
    let in_a_glob = |name: &str| {
        let mut globs = rules.clone().flat_map(globs);
        globs.any(|glob| holds(glob, name))
    };
    let settled = settle(conditions, situation, most, &look_up, &in_a_glob);
    let mut left = most.saturating_sub(settled.len());
    let mut worlds = Vec::new();
    for situation in settled {
        let mut open: Vec<&Rule> = Vec::new();
        for rule in rules.clone() {
            let is_known = |other: &&Rule| asks_the_same(rule, other);
            if situation.rule(rule) == Truth::Unknown && !open.iter().any(is_known) {
                open.push(rule);
            }
        }
        let mut own = vec![World {
            situation,
            answers: Vec::new(),
        }];
        for rule in open {
            if own.len() > left {
                break;
            }
            left -= own.len();
            own = own
                .iter()
                .flat_map(|world| [true, false].map(|answer| world.with(rule, answer)))
                .collect();
        }
        worlds.extend(own);
    }
    worlds
}

impl<'r> World<'r> {
    fn with(&self, rule: &'r Rule, answer: bool) -> Self {
        let mut answers = self.answers.clone();
        answers.push((rule, answer));
        Self {
            situation: self.situation.clone(),
            answers,
        }
    }
}

/// The situations in which each variable that is not `fixed` has one of the values that conditions
/// tell apart.
fn settle<'c>(
    conditions: impl Iterator<Item = &'c Condition>,
    situation: &Situation,
    most: usize,
    look_up: &dyn Fn(&str) -> Lookup,
    fixed: &dyn Fn(&str) -> bool,
) -> Vec<Situation> {
    let mut uses = BTreeMap::new();
    for condition in conditions {
        note(&condition.expr, &mut uses);
    }
    let mut worlds = vec![situation.clone()];
    for (name, used) in uses {
        let may_be_unset = match look_up(name) {
            Lookup::Unknown => true,
            Lookup::Filled => false,
            Lookup::Set(_) | Lookup::Unset => continue,
        };
        let mut values: Vec<Option<&str>> = used.texts.into_iter().map(Some).collect();
        values.push(Some(OTHER));
        if may_be_unset {
            values.extend([Some(""), Some("\t"), None]);
        }
        let too_many = worlds.len().saturating_mul(values.len()) > most;
        if too_many || used.otherwise || fixed(name) {
            continue;
        }
        worlds = worlds
            .iter()
            .flat_map(|world| values.iter().map(|value| settled(world, name, *value)))
            .collect();
    }
    worlds
}

fn globs(rule: &Rule) -> impl Iterator<Item = &String> {
    let changes = rule.changes.iter().flat_map(|changes| &changes.paths);
    let exists = rule.exists.iter().flat_map(|exists| &exists.paths);
    changes.chain(exists)
}

fn holds(glob: &str, name: &str) -> bool {
    glob.contains('$') && glob.contains(name)
}

fn settled(world: &Situation, name: &str, value: Option<&str>) -> Situation {
    let mut world = world.clone();
    match value {
        Some(value) => {
            world.variables.insert(name.to_owned(), value.to_owned());
        }
        None => {
            world.unset.insert(name.to_owned());
        }
    }
    world
}

/// The globs of `changes` and `exists` that hold a variable.
fn open_globs(config: &Config) -> Vec<&String> {
    let rules = config.jobs.iter().flat_map(|job| match &job.conditions {
        Conditions::Rules(rules) => rules.as_slice(),
        Conditions::Always | Conditions::Policies { .. } => &[],
    });
    let rules = rules.chain(config.workflow.rules.iter().flatten());
    let all = rules.flat_map(globs);
    all.filter(|glob| glob.contains('$')).collect()
}

fn conditions(config: &Config) -> Vec<&Condition> {
    let mut found = Vec::new();
    for rule in config.workflow.rules.iter().flatten() {
        found.extend(&rule.condition);
    }
    for job in &config.jobs {
        match &job.conditions {
            Conditions::Always => {}
            Conditions::Rules(rules) => {
                found.extend(rules.iter().filter_map(|rule| rule.condition.as_ref()));
            }
            Conditions::Policies { only, except } => {
                let policies = only.iter().chain(except);
                found.extend(policies.flat_map(|one| one.variables.iter().flatten()));
            }
        }
    }
    found
}

/// Notes how an expression uses its variables.
fn note<'c>(expr: &'c Expr, uses: &mut BTreeMap<&'c str, Use<'c>>) {
    match expr {
        Expr::Any(terms) | Expr::All(terms) => terms.iter().for_each(|term| note(term, uses)),
        Expr::Not(inner) => note(inner, uses),
        Expr::Variable(name) => {
            uses.entry(name.as_str()).or_default();
        }
        Expr::Compare { op, left, right } => match (&**left, op, &**right) {
            (Expr::Variable(name), Comparison::Equal | Comparison::NotEqual, Expr::Null)
            | (Expr::Null, Comparison::Equal | Comparison::NotEqual, Expr::Variable(name)) => {
                uses.entry(name.as_str()).or_default();
            }
            (Expr::Variable(name), Comparison::Equal | Comparison::NotEqual, Expr::Text(text))
            | (Expr::Text(text), Comparison::Equal | Comparison::NotEqual, Expr::Variable(name)) => {
                let used = uses.entry(name.as_str()).or_default();
                used.texts.insert(text.as_str());
            }
            (left, _, right) => {
                otherwise(left, uses);
                otherwise(right, uses);
            }
        },
        Expr::Input(_) | Expr::Text(_) | Expr::Pattern(_) | Expr::Bool(_) | Expr::Null => {}
    }
}

/// Everything in an expression is used in a way that texts do not decide.
fn otherwise<'c>(expr: &'c Expr, uses: &mut BTreeMap<&'c str, Use<'c>>) {
    match expr {
        Expr::Any(terms) | Expr::All(terms) => {
            terms.iter().for_each(|term| otherwise(term, uses));
        }
        Expr::Not(inner) => otherwise(inner, uses),
        Expr::Variable(name) => {
            uses.entry(name.as_str()).or_default().otherwise = true;
        }
        Expr::Compare { left, right, .. } => {
            otherwise(left, uses);
            otherwise(right, uses);
        }
        Expr::Input(_) | Expr::Text(_) | Expr::Pattern(_) | Expr::Bool(_) | Expr::Null => {}
    }
}
