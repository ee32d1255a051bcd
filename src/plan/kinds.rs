//! The kinds of refs that a configuration's own conditions tell apart.
//!
//! In: a [`Config`] and the name of the default branch. Out: a [`Situation`] of each kind. Always
//! holds: every name and pattern that a condition compares the ref with has a situation in which
//! it holds, where such a name was found; and there is a branch and a tag that none of them is
//! about.

use std::collections::{BTreeMap, BTreeSet};

use super::sample;
use super::situation::{Ref, Situation, Trigger};
use crate::config::{Conditions, Config, Policy, Rule, looks_like_a_pattern};
use crate::gitlab::expression::{Comparison, Expr};
use crate::gitlab::regex::Pattern;

/// What conditions compare refs with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// Names and patterns of branches.
    pub branches: BTreeSet<String>,
    /// Names and patterns of tags.
    pub tags: BTreeSet<String>,
    /// Names and patterns of the branches that merge requests come from.
    pub sources: BTreeSet<String>,
    /// Names and patterns of the branches that merge requests go to.
    pub targets: BTreeSet<String>,
    /// What starts pipelines.
    pub triggers: BTreeSet<String>,
    /// Every variable that a condition asks for.
    pub variables: BTreeSet<String>,
    /// The same, with the texts and patterns that other variables than those of refs and triggers
    /// are compared with.
    pub literals: BTreeMap<String, BTreeSet<String>>,
    /// Every list of globs that `changes` asks for.
    pub changes: BTreeSet<Vec<String>>,
}

impl Compared {
    /// What the conditions of a configuration compare refs with.
    pub fn of(config: &Config) -> Self {
        let mut compared = Self::default();
        let workflow = config.workflow.rules.iter().flatten();
        for rule in workflow.chain(&config.include_rules) {
            compared.rule(rule);
        }
        for job in &config.jobs {
            match &job.conditions {
                Conditions::Always => {}
                Conditions::Rules(rules) => rules.iter().for_each(|rule| compared.rule(rule)),
                Conditions::Policies { only, except } => {
                    only.iter()
                        .chain(except)
                        .for_each(|one| compared.policy(one));
                }
            }
        }
        compared
    }

    fn rule(&mut self, rule: &Rule) {
        if let Some(condition) = &rule.condition {
            self.condition(&condition.expr);
        }
        if let Some(changes) = &rule.changes {
            self.changes.insert(changes.paths.clone());
        }
    }

    fn policy(&mut self, policy: &Policy) {
        for condition in policy.variables.iter().flatten() {
            self.condition(&condition.expr);
        }
        if let Some(paths) = &policy.changes {
            self.changes.insert(paths.clone());
        }
        for one in policy.refs.iter().flatten() {
            let name = one.split_once('@').map_or(one.as_str(), |(name, _)| name);
            let word = name.strip_suffix('s').unwrap_or(name);
            match word {
                "branche" | "tag" | "merge_request" => {}
                "schedule" | "pushe" | "push" => {
                    self.triggers.insert(word.trim_end_matches('e').to_owned());
                }
                "web" | "api" | "trigger" | "pipeline" | "external" | "chat" => {
                    self.triggers.insert(word.to_owned());
                }
                _ => {
                    self.branches.insert(name.to_owned());
                    if name.starts_with('/') {
                        self.tags.insert(name.to_owned());
                    }
                }
            }
        }
    }

    /// Adds what a condition compares.
    pub fn condition(&mut self, expr: &Expr) {
        match expr {
            Expr::Any(terms) | Expr::All(terms) => {
                terms.iter().for_each(|term| self.condition(term));
            }
            Expr::Not(inner) => self.condition(inner),
            Expr::Variable(name) => {
                let name = name.as_str().to_owned();
                self.literals.entry(name.clone()).or_default();
                self.variables.insert(name);
            }
            Expr::Compare { op, left, right } => {
                self.condition(left);
                self.condition(right);
                self.comparison(*op, left, right);
                self.comparison(*op, right, left);
            }
            Expr::Input(_) | Expr::Text(_) | Expr::Pattern(_) | Expr::Bool(_) | Expr::Null => {}
        }
    }

    fn comparison(&mut self, op: Comparison, variable: &Expr, with: &Expr) {
        let Expr::Variable(name) = variable else {
            return;
        };
        let literal = match (op, with) {
            (Comparison::Equal | Comparison::NotEqual, Expr::Text(text)) => {
                text.as_str().to_owned()
            }
            (Comparison::Match | Comparison::NotMatch, Expr::Pattern(literal)) => {
                literal.pattern().to_string()
            }
            _ => return,
        };
        match name.as_str() {
            "CI_COMMIT_BRANCH" => {
                self.branches.insert(literal);
            }
            "CI_COMMIT_TAG" => {
                self.tags.insert(literal);
            }
            "CI_COMMIT_REF_NAME" => {
                if literal.starts_with('/') {
                    self.tags.insert(literal.clone());
                    self.sources.insert(literal.clone());
                }
                self.branches.insert(literal);
            }
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME" => {
                self.sources.insert(literal);
            }
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME" => {
                self.targets.insert(literal);
            }
            "CI_PIPELINE_SOURCE" => {
                self.triggers.insert(literal);
            }
            other => {
                let known = self.literals.entry(other.to_owned()).or_default();
                known.insert(literal);
            }
        }
    }
}

/// Names of refs that no one names in a pipeline; the first that no pattern matches is taken.
const BRANCHES: [&str; 3] = ["feature", "topic-1", "zz"];
const TAGS: [&str; 3] = ["v1.2.3", "some-tag", "zz"];

/// A situation of each kind of ref that the conditions tell apart, the default branch first.
pub fn kinds(config: &Config, default_branch: &str) -> Vec<Situation> {
    let compared = Compared::of(config);
    let mut kinds = Vec::new();
    let mut add = |situation: Situation| {
        let situation = situation.with_default_branch(default_branch);
        if !kinds.contains(&situation) {
            kinds.push(situation);
        }
    };
    let feature = other(&BRANCHES, &compared.branches);
    add(Situation::branch(default_branch));
    for name in names(&compared.branches) {
        add(Situation::branch(name));
    }
    add(Situation::branch(feature));
    if compared.variables.contains("CI_OPEN_MERGE_REQUESTS") {
        let mut open = Situation::branch(feature);
        open.open_merge_request = Some(true);
        add(open);
    }
    for name in names(&compared.tags) {
        add(Situation::tag(name));
    }
    add(Situation::tag(other(&TAGS, &compared.tags)));
    add(Situation::merge_request(feature, default_branch));
    for source in names(&compared.sources) {
        add(Situation::merge_request(source, default_branch));
    }
    for target in names(&compared.targets) {
        add(Situation::merge_request(feature, target));
    }
    add(Situation::schedule(default_branch));
    for trigger in &compared.triggers {
        let trigger = Trigger::parse(trigger);
        if let Trigger::Other(_) = trigger {
            let mut situation = Situation::branch(default_branch);
            situation.trigger = trigger;
            add(situation);
        }
    }
    match compared.variables.contains("CI_COMMIT_REF_PROTECTED") {
        true => kinds.into_iter().flat_map(by_protection).collect(),
        false => kinds,
    }
}

/// A ref of which it is not known whether it is protected, as both.
fn by_protection(situation: Situation) -> Vec<Situation> {
    let protected = |protected| Situation {
        protected: Some(protected),
        ..situation.clone()
    };
    match (&situation.reference, situation.protected) {
        (Ref::Branch(_) | Ref::Tag(_), None) => vec![protected(true), protected(false)],
        _ => vec![situation],
    }
}

/// A name for each name and pattern.
pub(super) fn names(of: &BTreeSet<String>) -> impl Iterator<Item = String> {
    of.iter().filter_map(|one| match pattern(one) {
        Some(pattern) => sample::matching(&pattern),
        None => Some(one.clone()),
    })
}

pub(super) fn pattern(text: &str) -> Option<Pattern> {
    match looks_like_a_pattern(text) {
        true => Pattern::parse(text).ok(),
        false => None,
    }
}

/// The first of some names that none of these is about.
pub(super) fn other(candidates: &'static [&'static str], taken: &BTreeSet<String>) -> &'static str {
    let is_taken = |name: &str| {
        taken.iter().any(|one| match pattern(one) {
            Some(pattern) => pattern.is_match(name) == Some(true),
            None => one == name,
        })
    };
    let first = candidates.first().copied().unwrap_or("feature");
    candidates
        .iter()
        .copied()
        .find(|name| !is_taken(name))
        .unwrap_or(first)
}
