//! Conditions of jobs as ref sets.
//!
//! In: `rules`, or `only` and `except`, of a job. Out: names of sets, built-in ones or those that
//! [`Sets`] collects, in the ways that may mean the same. Always holds: conditions that are equal have
//! one set; each set has a name of its own.

mod member;
mod names;
mod policies;

use indexmap::IndexMap;

use member::{Filter, Member, member, not_default, set};
use names::{described, hidden_name};

use super::{Improvement, View};
use crate::config::{Conditions, Job, Rule, When};
use crate::gitlab::expression::{Comparison, Expr};
use crate::pipeline::{Mapping, Value};

/// Sets that the language has.
const BUILT_IN: [&str; 5] = [
    "branches",
    "tags",
    "merge_requests",
    "schedules",
    "default_branch",
];

/// The ref sets of a manifest, by name.
#[derive(Debug, Default)]
pub(in crate::import) struct Sets {
    named: IndexMap<String, Mapping>,
    /// Whether conditions may become what their author probably meant.
    improve: bool,
}

/// Where a job runs, and how it starts there.
#[derive(Debug, Clone, Default)]
pub(super) struct Placed {
    /// Names of sets; nothing: wherever everything runs.
    pub(super) refs: Vec<String>,
    /// `when`, where the rules say it.
    pub(super) when: Option<When>,
    /// `allow_failure`, where the rules say it.
    pub(super) allow_failure: Option<bool>,
    /// Paths of which one must have changed.
    pub(super) changes: Vec<String>,
    /// Whether the paths are left to the images that it uses.
    pub(super) inherits: bool,
    /// How it is not quite the same.
    pub(super) improves: Option<Improvement>,
}

impl Placed {
    /// Sets the keys of an entity: where it runs, then its own, then those of GitLab.
    pub(super) fn set(&self, keys: &mut Mapping, own: &Mapping, raw: &Mapping) {
        let refs: Vec<Value> = self
            .refs
            .iter()
            .map(|name| Value::from(name.as_str()))
            .collect();
        if !refs.is_empty() {
            keys.set("refs", super::one_or_list(refs));
        }
        if !self.changes.is_empty() && !self.inherits {
            keys.set(
                "changes",
                Value::list(self.changes.iter().map(String::as_str)),
            );
        }
        for (key, value) in own.iter() {
            keys.set(key, value.clone());
        }
        if let Some(when) = self.when {
            keys.set("when", when.as_str());
        }
        if let Some(allowed) = self.allow_failure {
            keys.set("allow_failure", Value::Bool(allowed));
        }
        if !raw.is_empty() {
            keys.set("job", raw.clone());
        }
    }
}

impl Sets {
    /// No sets yet. `improve`: conditions may become what their author probably meant.
    pub(in crate::import) fn new(improve: bool) -> Self {
        Self {
            improve,
            ..Self::default()
        }
    }

    /// The sets that some names need, in the order in which they were found.
    pub(in crate::import) fn used(&self, names: &[String]) -> Mapping {
        let mut used: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut at = 0;
        while let Some(name) = used.get(at).copied() {
            at += 1;
            let Some(set) = self.named.get(name) else {
                continue;
            };
            for key in ["of", "except"] {
                for other in texts(set.get(key)) {
                    if !used.contains(&other) {
                        used.push(other);
                    }
                }
            }
        }
        let sets = self.named.iter();
        let sets = sets.filter(|(name, _)| used.contains(&name.as_str()));
        sets.map(|(name, set)| (name.as_str(), shortest(set)))
            .collect()
    }

    /// Where a job runs, in the ways that may be the same.
    pub(super) fn of(&mut self, view: &View<'_>, job: &Job) -> Vec<Placed> {
        match &job.conditions {
            Conditions::Always => vec![
                placed(&["branches", "tags"]),
                placed(&["branches", "tags", "merge_requests"]),
            ],
            Conditions::Policies { only, except } => {
                self.of_policies(only.as_ref(), except.as_ref())
            }
            Conditions::Rules(rules) => self.of_rules(view, rules, job),
        }
    }

    fn of_rules(&mut self, view: &View<'_>, rules: &[Rule], job: &Job) -> Vec<Placed> {
        let mut rules = rules;
        // What matches no rule does not run, and no rule comes behind these.
        while let Some((last, others)) = rules.split_last()
            && last.when == Some(When::Never)
        {
            rules = others;
        }
        let plain = |rule: &Rule| {
            rule.exists.is_none()
                && rule.start_in.is_none()
                && rule.needs.is_none()
                && rule.interruptible.is_none()
                && rule.variables.is_empty()
        };
        let (never, rest) = rules.split_at(
            rules
                .iter()
                .position(|rule| rule.when != Some(When::Never))
                .unwrap_or(rules.len()),
        );
        let Some(first) = rest.first() else {
            return Vec::new();
        };
        let paths = |rule: &Rule| rule.changes.as_ref().map(|changes| changes.paths.clone());
        let changes = rest.iter().find_map(paths);
        let same = |rule: &Rule| {
            (rule.when, rule.allow_failure) == (first.when, first.allow_failure)
                && (paths(rule) == changes || paths(rule).is_none() && is_of_tags(rule))
        };
        if never.iter().any(|rule| rule.changes.is_some()) {
            return Vec::new();
        }
        if !rules.iter().all(plain) || !rest.iter().all(same) {
            return Vec::new();
        }
        let when = first.when.filter(|when| *when != job.when);
        // By a rule a manual job may not fail, if nobody says otherwise.
        let manual = first.when == Some(When::Manual) && first.allow_failure.is_none();
        let allow_failure = first.allow_failure.or(manual.then_some(false));
        let conditions = |rules: &[Rule]| -> Option<Vec<Expr>> {
            let all = rules
                .iter()
                .map(|rule| Some(rule.condition.as_ref()?.expr.clone()));
            all.collect()
        };
        let name = hidden_name(view, job);
        let Some(except) = conditions(never) else {
            return Vec::new();
        };
        let mut excepted = Vec::new();
        for condition in &except {
            let Some(names) = self.named(std::slice::from_ref(condition), &[], None) else {
                return Vec::new();
            };
            for name in names {
                if !excepted.contains(&name) {
                    excepted.push(name);
                }
            }
        }
        let mut ways = Vec::new();
        match conditions(rest) {
            Some(mut conditions) => {
                // windlass asks on branches that last for other changes than on the others.
                let others = rest.iter().position(wants_of_branches);
                let of_branches = Expr::is_set("CI_COMMIT_BRANCH").ok();
                if let (Some(others), Some(of_branches)) = (others, of_branches) {
                    let mut at = 0;
                    conditions.retain(|one| {
                        at += 1;
                        let of_branch = one.variables().contains(&"CI_COMMIT_BRANCH");
                        !of_branch || at == others + 1
                    });
                    let mut all = conditions.iter_mut();
                    let own = all.find(|one| one.variables().contains(&"CI_COMMIT_BRANCH"));
                    own.into_iter().for_each(|one| *one = of_branches.clone());
                }
                ways.extend(self.named(&conditions, &excepted, name.as_deref()));
            }
            None if rest.len() == 1 => {
                for kinds in [
                    &["branches", "tags"][..],
                    &["branches", "tags", "merge_requests"],
                ] {
                    let of: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
                    ways.push(self.except(of, &excepted, name.as_deref()));
                }
            }
            None => {}
        }
        let narrowed: &[bool] = match changes {
            Some(_) => &[true, false],
            None => &[false],
        };
        let ways = ways.into_iter();
        ways.flat_map(|refs| {
            let changes = changes.clone().unwrap_or_default();
            narrowed.iter().map(move |inherits| Placed {
                refs: refs.clone(),
                when,
                allow_failure,
                changes: changes.clone(),
                inherits: *inherits,
                improves: None,
            })
        })
        .collect()
    }

    /// Sets, or the one that leaves others out.
    fn except(&mut self, of: Vec<String>, except: &[String], name: Option<&str>) -> Vec<String> {
        if except.is_empty() {
            return of;
        }
        let mut set = Mapping::new();
        set.set("of", Value::list(of.iter().map(String::as_str)));
        set.set("except", Value::list(except.iter().map(String::as_str)));
        vec![self.name(set, name)]
    }

    /// The sets on which one of some conditions is true.
    fn named(
        &mut self,
        conditions: &[Expr],
        except: &[String],
        name: Option<&str>,
    ) -> Option<Vec<String>> {
        let mut groups: Vec<(Filter, Vec<Member>)> = Vec::new();
        for condition in conditions.iter().flat_map(Expr::alternatives) {
            let (members, filter) = member(&condition)?;
            match groups.iter_mut().find(|(other, _)| *other == filter) {
                Some((_, all)) => all.extend(members),
                None => groups.push((filter, members)),
            }
        }
        let alone = groups.len() == 1;
        let mut refs: Vec<String> = Vec::new();
        for (mut filter, members) in groups {
            let others = not_default();
            let topics = Some(&filter.conditions) == others.map(|one| vec![one]).as_ref();
            let of_topics = ["default_branch".to_owned()];
            let except = match topics && except.is_empty() && alone {
                true => {
                    filter.conditions.clear();
                    &of_topics
                }
                false => except,
            };
            let words = members
                .iter()
                .all(|member| matches!(member, Member::Word(_)));
            if words && filter == Filter::default() && except.is_empty() {
                refs.extend(members.iter().filter_map(|member| match member {
                    Member::Word(word) => Some((*word).to_owned()),
                    _ => None,
                }));
                continue;
            }
            let set = set(&members, &filter, except)?;
            refs.push(self.name(set, name.filter(|_| alone)));
        }
        refs.dedup();
        Some(refs)
    }

    /// The name of a set: that of an equal one, the one that is wished for, or one that tells what it holds.
    fn name(&mut self, set: Mapping, wished: Option<&str>) -> String {
        if let Some((name, _)) = self.named.iter().find(|(_, known)| **known == set) {
            return name.clone();
        }
        let own = wished.map(str::to_owned).unwrap_or_else(|| described(&set));
        let free = |name: &str| {
            !name.is_empty() && !BUILT_IN.contains(&name) && !self.named.contains_key(name)
        };
        let mut name = own.clone();
        let mut number = 2;
        while !free(&name) {
            name = match own.as_str() {
                "" => format!("refs-{number}"),
                own => format!("{own}-{number}"),
            };
            number += 1;
        }
        self.named.insert(name.clone(), set);
        name
    }
}

/// The terms of a rule's condition that must all be true.
fn terms(rule: &Rule) -> Vec<&Expr> {
    match rule.condition.as_ref().map(|condition| &condition.expr) {
        Some(Expr::All(terms)) => terms.iter().collect(),
        Some(other) => vec![other],
        None => Vec::new(),
    }
}

/// Whether a rule holds for tags alone.
fn is_of_tags(rule: &Rule) -> bool {
    terms(rule).into_iter().any(|term| match term {
        Expr::Variable(name) => name.as_str() == "CI_COMMIT_TAG",
        Expr::Compare {
            op: Comparison::Equal | Comparison::Match,
            left,
            right,
        } => {
            matches!(&**left, Expr::Variable(name) if name.as_str() == "CI_COMMIT_TAG")
                && !matches!(&**right, Expr::Null)
        }
        _ => false,
    })
}

/// Whether a rule wants changes on all branches, or on all but some.
fn wants_of_branches(rule: &Rule) -> bool {
    let of_branch =
        |expr: &Expr| matches!(expr, Expr::Variable(name) if name.as_str() == "CI_COMMIT_BRANCH");
    let other = |term: &Expr| match term {
        Expr::Compare {
            op: Comparison::NotEqual | Comparison::NotMatch,
            left,
            ..
        } => of_branch(left),
        other => of_branch(other),
    };
    let terms = terms(rule);
    rule.changes.is_some()
        && terms.iter().any(|term| of_branch(term))
        && terms.into_iter().all(other)
}

fn placed(refs: &[&str]) -> Placed {
    Placed {
        refs: refs.iter().map(|name| (*name).to_owned()).collect(),
        ..Placed::default()
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Str(text)) => vec![text],
        Some(Value::Seq(items)) => items
            .iter()
            .filter_map(|item| match item {
                Value::Str(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A set of branches alone is a list.
fn shortest(set: &Mapping) -> Value {
    match set.get("branches") {
        Some(branches) if set.len() == 1 => branches.clone(),
        _ => Value::Map(set.clone()),
    }
}
