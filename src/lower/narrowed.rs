//! Rules that also want changed files: `rules:changes`.
//!
//! In: the rules of a job's ref sets, and its [`Narrowed`]. Out: the same rules with `changes`. Always holds:
//! two jobs with the same paths are asked the same question in each pipeline, so what uses an image is there
//! where its build is.
//!
//! What a pipeline is compared with (`Gitlab::Ci::Build::Rules::Rule::Clause::Changes`, 18.11):
//!
//! - A merge request has its own changes.
//! - The default branch and the branches that a lasting environment is deployed from ([`lasting`]) are
//!   compared with the push before. Compared with the default branch nothing would ever have changed on a
//!   branch that follows it.
//! - Other branches are compared with the default branch: a push alone says too little, as an earlier push may
//!   have changed the files and failed, and the first push of a branch would build everything.
//! - For a tag everything has changed; for what is about images also in rules of schedules alone.
//!
//! [`lasting`]: Lowering::lasting

use super::Lowering;
use super::refs::{on_default_branch, opposite, source_is};
use crate::gitlab::expression::{Comparison, Expr};
use crate::gitlab::gates;
use crate::manifest::changes::Narrowed;
use crate::manifest::collection::Many;
use crate::pipeline::{Changes, Provenance, Rule};

/// The variable with which `compare_to` names the default branch.
const DEFAULT_BRANCH: &str = "$CI_DEFAULT_BRANCH";

/// As many patterns as GitLab takes in one rule.
const PATTERNS: usize = 50;

impl Lowering<'_> {
    /// Rules of which each also wants one of the paths to have changed.
    pub(super) fn narrowed(&self, rules: Vec<Rule>, narrowed: &Narrowed) -> Vec<Rule> {
        let mut out = Vec::new();
        for rule in rules {
            let condition = rule.condition.clone().filter(|_| rule.when.is_none());
            let Some(condition) = condition else {
                out.push(rule);
                continue;
            };
            let scheduled = source_is("schedule");
            let is_scheduled = scheduled.is_some_and(|schedule| is_within(&condition, &schedule));
            if (is_about_tags(&condition) || is_scheduled) && narrowed.of_builds {
                out.push(rule);
                continue;
            }
            let request = source_is("merge_request_event");
            let lasting = self.lasting(narrowed);
            let pushed = self.target < gates::COMPARE_TO_VARIABLE
                || request.is_some_and(|request| is_within(&condition, &request))
                || lasting.iter().any(|branch| is_within(&condition, branch));
            if pushed {
                push(&mut out, &rule, &condition, narrowed, None);
                continue;
            }
            let on_default = on_default_branch();
            let mut both_hold = Vec::new();
            let mut others = vec![condition.clone()];
            for branch in lasting {
                let Some(both) = both(&condition, &branch) else {
                    continue;
                };
                both_hold.push(both);
                // Compared with itself nothing has changed on the default branch.
                if on_default.as_ref() != Some(&branch) {
                    others.push(opposite(branch));
                }
            }
            if let Some(lasting) = Expr::any(both_hold) {
                push(&mut out, &rule, &lasting, narrowed, None);
            }
            if let Some(others) = Expr::all(others) {
                push(&mut out, &rule, &others, narrowed, Some(DEFAULT_BRANCH));
            }
        }
        out
    }

    /// The branches that last, as conditions: the default branch, and for what is about images those that
    /// environments name of which there is only one.
    fn lasting(&self, narrowed: &Narrowed) -> Vec<Expr> {
        let mut all: Vec<Expr> = on_default_branch().into_iter().collect();
        let environments = self.manifest.environments().filter(|_| narrowed.of_builds);
        for (key, environment) in environments {
            if environment.is_dynamic(&key.value) {
                continue;
            }
            let sets = environment.refs.get().into_iter().flat_map(Many::iter);
            for condition in sets.flat_map(|set| self.alternatives(&set.value)) {
                let mut terms = terms(&condition).into_iter();
                let branch = terms.find(|term| compares(term, "CI_COMMIT_BRANCH"));
                if let Some(branch) = branch.filter(|branch| !all.contains(branch)) {
                    all.push(branch.clone());
                }
            }
        }
        all
    }
}

/// Adds a rule with `changes`; of more paths than GitLab takes several rules.
fn push(
    out: &mut Vec<Rule>,
    rule: &Rule,
    condition: &Expr,
    narrowed: &Narrowed,
    compare_to: Option<&str>,
) {
    for paths in narrowed.paths.chunks(PATTERNS) {
        out.push(Rule {
            condition: Some(condition.clone()),
            changes: Some(Changes {
                paths: paths.to_vec(),
                compare_to: compare_to.map(str::to_owned),
                provenance: Provenance(Some(narrowed.span)),
            }),
            ..rule.clone()
        });
    }
}

/// The conditions that must all be true.
fn terms(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::All(terms) => terms.iter().collect(),
        other => vec![other],
    }
}

/// Whether a condition holds only where another one does.
fn is_within(condition: &Expr, other: &Expr) -> bool {
    let own = terms(condition);
    terms(other).into_iter().all(|term| own.contains(&term))
}

/// The condition for a branch that lasts. Only rules about branches, and those of schedules, can match there.
fn both(condition: &Expr, branch: &Expr) -> Option<Expr> {
    let own = terms(condition);
    let about_branches = condition.variables().contains(&"CI_COMMIT_BRANCH");
    let scheduled = source_is("schedule").is_some_and(|scheduled| own.contains(&&scheduled));
    if !about_branches && !scheduled || is_about_tags(condition) {
        return None;
    }
    let named = |expr: &Expr| {
        let terms = terms(expr).into_iter();
        let mut names = terms.filter_map(branch_name);
        names.next().map(str::to_owned)
    };
    if let (Some(own), Some(other)) = (named(condition), named(branch))
        && own != other
    {
        return None;
    }
    let any_branch =
        matches!(condition, Expr::Variable(name) if name.as_str() == "CI_COMMIT_BRANCH");
    match any_branch {
        true => Some(branch.clone()),
        false => {
            let own = own.into_iter().cloned();
            let more = terms(branch)
                .into_iter()
                .filter(|term| !terms(condition).contains(term));
            Expr::all(own.chain(more.cloned()))
        }
    }
}

/// The branch that a term spells.
fn branch_name(term: &Expr) -> Option<&str> {
    match term {
        Expr::Compare {
            op: Comparison::Equal,
            left,
            right,
        } => match (&**left, &**right) {
            (Expr::Variable(name), Expr::Text(text)) if name.as_str() == "CI_COMMIT_BRANCH" => {
                Some(text.as_str())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a condition holds only in pipelines of tags.
fn is_about_tags(condition: &Expr) -> bool {
    terms(condition).into_iter().any(|term| {
        matches!(term, Expr::Variable(name) if name.as_str() == "CI_COMMIT_TAG")
            || compares(term, "CI_COMMIT_TAG")
    })
}

/// Whether a term says that a variable is a text, or matches a pattern.
fn compares(term: &Expr, variable: &str) -> bool {
    match term {
        Expr::Compare {
            op: Comparison::Equal | Comparison::Match,
            left,
            right,
        } => {
            matches!(&**left, Expr::Variable(name) if name.as_str() == variable)
                && !matches!(&**right, Expr::Null)
        }
        _ => false,
    }
}
