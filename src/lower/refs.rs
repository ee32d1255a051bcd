//! Ref sets become rules (language, section 4); below 12.6 [`super::policy`] takes their place.
//!
//! Always holds: the rules of a union match where one of its sets holds; an `except` is a rule
//! with `never` in front where the union is that one set, and a negated condition elsewhere.

use super::Lowering;
use crate::gitlab::expression::{self, Comparison, Expr};
use crate::gitlab::gates;
use crate::gitlab::regex::{OnEmpty, Pattern};
use crate::manifest::changes::Narrowed;
use crate::manifest::collection::Many;
use crate::manifest::refs::RefSet;
use crate::manifest::resolved::SetNames;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Job, Provenance, Rule, Rules};
use crate::source::At;
use crate::target::Lack;

impl<'m> Lowering<'m> {
    /// Lets a job run on the refs of these sets, and if it is narrowed only where one of the paths changed.
    pub(super) fn run_on(&mut self, job: &mut Job, sets: &SetNames, narrowed: Option<&Narrowed>) {
        let narrowed = narrowed.filter(|narrowed| {
            let always = narrowed.of_builds && self.manifest.holds_only_tags(sets);
            !always && !mutant::on(Mutant::ChangesForgotten)
        });
        for set in sets {
            self.conditions_of(set, 0);
        }
        if self.target < gates::RULES {
            if let Some(narrowed) = narrowed {
                self.lacks_below(gates::ONLY_CHANGES, "`changes`", narrowed.span);
            }
            let paths = narrowed.map(|narrowed| narrowed.paths.as_slice());
            job.policies = self.policies(sets, paths);
        } else {
            job.rules = self.rules(sets, narrowed);
        }
    }

    /// Notes what of a set the target cannot ask.
    fn conditions_of(&mut self, name: &At<String>, depth: usize) {
        let what = format!("`{}`", name.value);
        match name.value.as_str() {
            "merge_requests" => self.lacks_below(gates::MERGE_REQUESTS, &what, name.span),
            "default_branch" => self.lacks_below(gates::DEFAULT_BRANCH, &what, name.span),
            _ => {}
        }
        let Some(set) = self.set(&name.value).filter(|_| depth < 50) else {
            return;
        };
        if let Some(requests) = set.merge_requests.span() {
            self.lacks_below(gates::MERGE_REQUESTS, "`merge_requests`", requests);
        }
        if let Some(protected) = set.protected.at().filter(|at| at.value) {
            self.lacks_below(gates::REF_PROTECTED, "`protected`", protected.span);
        }
        if let Some(own) = set.condition.at()
            && let Ok(condition) = expression::parse(&own.value)
        {
            let ways = condition.alternatives();
            let since = ways.iter().map(gates::condition).max();
            if let Some(since) = since.filter(|since| *since > self.target) {
                self.lacks(Lack::new("this condition", since, own.span));
            }
        }
        let others = [&set.of, &set.except];
        for other in others
            .into_iter()
            .filter_map(|sets| sets.get())
            .flat_map(Many::iter)
        {
            self.conditions_of(other, depth + 1);
        }
    }

    /// Where an entity's job runs. No rules where that is wherever a pipeline is created.
    fn rules(&self, sets: &SetNames, narrowed: Option<&Narrowed>) -> Rules {
        let names: Vec<&str> = sets.iter().map(|set| set.value.as_str()).collect();
        if mutant::on(Mutant::DeploysOnAnyBranch)
            || narrowed.is_none() && self.is_everywhere(&names)
        {
            return Rules::default();
        }
        let mut rules: Vec<Rule> = sets
            .iter()
            .flat_map(|set| {
                let mut rules = match names.len() {
                    1 => self.rules_of_set(&set.value),
                    _ => self
                        .alternatives(&set.value)
                        .into_iter()
                        .map(Rule::when_true)
                        .collect(),
                };
                let provenance = self.provenance(set);
                rules
                    .iter_mut()
                    .for_each(|rule| rule.provenance = provenance);
                rules
            })
            .collect();
        self.without_parentheses(&mut rules);
        if let Some(narrowed) = narrowed {
            return Rules {
                union: None,
                list: self.narrowed(rules, narrowed),
            };
        }
        Rules {
            union: Some(super::policy::union(sets)),
            list: rules,
        }
    }

    /// Where a set is defined, or named if GitLab itself defines it.
    fn provenance(&self, set: &At<String>) -> Provenance {
        let own = self
            .manifest
            .refs
            .get()
            .and_then(|sets| sets.entry(&set.value));
        Provenance(Some(own.map_or(set.span, |(name, _)| name.span)))
    }

    /// Whether a union holds every pipeline that the workflow admits.
    fn is_everywhere(&self, names: &[&str]) -> bool {
        let own_workflow = self.out.pipeline.replaces_workflow_rules();
        let both = names.contains(&"branches") && names.contains(&"tags");
        let requests = !self.admits_merge_requests || names.contains(&"merge_requests");
        both && requests && !own_workflow
    }

    /// The rules of one set: what it leaves out comes first.
    fn rules_of_set(&self, name: &str) -> Vec<Rule> {
        let Some(set) = self.set(name) else {
            return self
                .alternatives(name)
                .into_iter()
                .map(Rule::when_true)
                .collect();
        };
        let except = set.except.get().into_iter().flat_map(Many::iter);
        let except = except.filter(|_| !mutant::on(Mutant::SchedulesDeploy));
        let mut rules: Vec<Rule> = except
            .flat_map(|other| self.alternatives(&other.value))
            .map(Rule::never)
            .collect();
        let members = self.members(set);
        rules.extend(self.filtered(set, members).into_iter().map(Rule::when_true));
        rules
    }

    pub(super) fn set(&self, name: &str) -> Option<&'m RefSet> {
        Some(&self.manifest.refs.get()?.get(name)?.value)
    }

    /// A rule for each way in which a condition can be true, where the target has no parentheses.
    pub(super) fn without_parentheses(&self, rules: &mut Vec<Rule>) {
        if self.target >= gates::PARENTHESES {
            return;
        }
        let spread = |rule: Rule| match &rule.condition {
            Some(condition) => condition
                .alternatives()
                .into_iter()
                .map(|way| Rule {
                    condition: Some(way),
                    ..rule.clone()
                })
                .collect(),
            None => vec![rule],
        };
        *rules = std::mem::take(rules).into_iter().flat_map(spread).collect();
    }

    /// A condition about pipelines of branches. Before `CI_COMMIT_BRANCH` (12.6) they are those
    /// without a tag and without a merge request.
    fn of_branch(&self, condition: impl Fn(&str) -> Option<Expr>) -> Option<Expr> {
        if self.target >= gates::RULES {
            return condition("CI_COMMIT_BRANCH");
        }
        let unset = |name| {
            let variable = Expr::variable(name).ok()?;
            Some(Expr::compare(Comparison::Equal, variable, Expr::Null))
        };
        let request = match self.admits_merge_requests {
            true => unset("CI_MERGE_REQUEST_IID"),
            false => None,
        };
        let parts = [
            unset("CI_COMMIT_TAG"),
            request,
            condition("CI_COMMIT_REF_NAME"),
        ];
        Expr::all(parts.into_iter().flatten())
    }

    /// Conditions of which one is true on the refs of a set.
    pub(super) fn alternatives(&self, name: &str) -> Vec<Expr> {
        if let Some(set) = self.set(name) {
            let mut members = self.filtered(set, self.members(set));
            let except: Vec<Expr> = set
                .except
                .get()
                .into_iter()
                .flat_map(Many::iter)
                .flat_map(|other| self.alternatives(&other.value))
                .collect();
            if !except.is_empty() {
                let outside = Expr::any(except).map(opposite);
                members = members
                    .into_iter()
                    .filter_map(|member| Expr::all([member].into_iter().chain(outside.clone())))
                    .collect();
            }
            return members;
        }
        let condition = match name {
            "tags" => is_set("CI_COMMIT_TAG"),
            "merge_requests" => source_is("merge_request_event"),
            "schedules" => source_is("schedule"),
            "default_branch" => self.of_branch(is_default_branch),
            _ => self.of_branch(is_set),
        };
        condition.into_iter().collect()
    }

    /// `branches`, `tags`, `merge_requests` and `of`.
    fn members(&self, set: &RefSet) -> Vec<Expr> {
        let mut members = Vec::new();
        for branch in set.branches.get().into_iter().flat_map(|list| list.iter()) {
            members.extend(self.of_branch(|variable| matches(variable, &branch.value)));
        }
        for tag in set.tags.get().into_iter().flat_map(Many::iter) {
            members.extend(matches("CI_COMMIT_TAG", &tag.value));
        }
        if let Some(requests) = set.merge_requests.get() {
            let side = |variable: &str, field: &crate::manifest::record::Field<_>| {
                let patterns: Option<&Many<crate::manifest::kinds::Pattern>> = field.get();
                Expr::any(
                    patterns?
                        .iter()
                        .filter_map(|pattern| matches(variable, &pattern.value)),
                )
            };
            let mut all: Vec<Expr> = source_is("merge_request_event").into_iter().collect();
            all.extend(side(
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                &requests.source,
            ));
            all.extend(side(
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
                &requests.target,
            ));
            members.extend(Expr::all(all));
        }
        for other in set.of.get().into_iter().flat_map(Many::iter) {
            members.extend(self.alternatives(&other.value));
        }
        members
    }

    /// The members where `sources`, `protected` and `if` hold as well.
    fn filtered(&self, set: &RefSet, members: Vec<Expr>) -> Vec<Expr> {
        let mut filters = Vec::new();
        if let Some(sources) = set.sources.get() {
            filters.extend(Expr::any(
                sources
                    .iter()
                    .filter_map(|source| source_is(source.value.as_str())),
            ));
        }
        if set.protected.copied_or(false) {
            filters.extend(Expr::variable_is("CI_COMMIT_REF_PROTECTED", "true").ok());
        }
        if let Some(own) = set.condition.get()
            && let Ok(own) = expression::parse(own)
        {
            filters.push(own);
        }
        if filters.is_empty() {
            return members;
        }
        members
            .into_iter()
            .filter_map(|member| Expr::all([member].into_iter().chain(filters.clone())))
            .collect()
    }
}

/// A name, or a pattern, that a variable must match. What no condition can hold has been refused
/// where the manifest was read.
fn matches(variable: &str, pattern: &str) -> Option<Expr> {
    if !pattern.starts_with('/') {
        return Expr::variable_is(variable, pattern).ok();
    }
    let pattern = Pattern::parse(pattern).ok()?;
    // To GitLab a variable that is not set is an empty text: `$CI_COMMIT_TAG =~ /.*/` is true on
    // every branch (`Lexeme::Matches`, 18.11).
    match pattern.on_empty() {
        OnEmpty::NoMatch => Expr::variable_matches(variable, &pattern).ok(),
        OnEmpty::Match => {
            let matches = Expr::variable_matches(variable, &pattern).ok();
            Expr::all(is_set(variable).into_iter().chain(matches))
        }
        OnEmpty::MatchesAll => is_set(variable),
    }
}

/// Whether a variable is set.
pub(super) fn is_set(variable: &str) -> Option<Expr> {
    Expr::is_set(variable).ok()
}

/// Whether the pipeline was started so.
pub(super) fn source_is(source: &str) -> Option<Expr> {
    Expr::source_is(source).ok()
}

/// Whether a variable is the name of the default branch.
fn is_default_branch(variable: &str) -> Option<Expr> {
    let (branch, default) = (
        Expr::variable(variable).ok()?,
        Expr::variable("CI_DEFAULT_BRANCH").ok()?,
    );
    Some(Expr::compare(Comparison::Equal, branch, default))
}

/// Whether this is a pipeline of the default branch.
pub(super) fn on_default_branch() -> Option<Expr> {
    is_default_branch("CI_COMMIT_BRANCH")
}

/// The opposite, by De Morgan: GitLab has no `!` before 18.11.
pub(super) fn opposite(condition: Expr) -> Expr {
    match condition {
        Expr::Any(ref terms) => {
            Expr::all(terms.iter().cloned().map(opposite)).unwrap_or_else(|| condition.negated())
        }
        Expr::All(ref terms) => {
            Expr::any(terms.iter().cloned().map(opposite)).unwrap_or_else(|| condition.negated())
        }
        Expr::Variable(_) => Expr::compare(Comparison::Equal, condition, Expr::Null),
        Expr::Not(inner) => *inner,
        other => other.negated(),
    }
}
