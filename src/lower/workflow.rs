//! Which pipelines are created at all: one for each push, and variables by ref set.

use super::Lowering;
use super::refs::{is_set, source_is};
use crate::gitlab::expression::{self, Comparison, Expr, Lookup, Truth, evaluate};
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::manifest::collection::{Many, Map};
use crate::manifest::common::Entity;
use crate::manifest::record::Field;
use crate::manifest::resolved::SetNames;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Provenance, Rule};
use crate::source::At;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    lowering.variables_of_sets();
    if lowering.target < gates::RULES || lowering.out.pipeline.replaces_workflow_rules() {
        return;
    }
    let when = |condition: Option<Expr>| condition.map(Rule::when_true);
    let mut rules = Vec::new();
    if lowering.admits_merge_requests {
        // The first rule that matches gives the variables, so those that have some come first.
        let requests = source_is(MERGE_REQUEST).into_iter();
        // A deployable branch with an open merge request still has its own pipeline, or its
        // deployments would stop; then its merge requests need none.
        if lowering.target >= gates::OPEN_MERGE_REQUESTS {
            let own = lowering.deployable();
            rules.extend(own.iter().filter_map(of_requests).map(Rule::never));
        }
        for admitted in requests.chain(lowering.deployable()) {
            rules.extend(lowering.variable_rules_within(&admitted));
            rules.push(Rule::when_true(admitted));
        }
        // A push alone makes a pipeline of the merge request in its place: a schedule, the API or a
        // person asks for one of the branch.
        let open = [
            is_set("CI_COMMIT_BRANCH"),
            is_set("CI_OPEN_MERGE_REQUESTS"),
            source_is("push"),
        ];
        // Older GitLabs don't say that there is one: a branch then has a pipeline of its own, too.
        if lowering.target >= gates::OPEN_MERGE_REQUESTS
            && !mutant::on(Mutant::MergeRequestsRunTwice)
        {
            rules.extend(Expr::all(open.into_iter().flatten()).map(Rule::never));
        }
    }
    for rule in lowering.variable_rules() {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules.extend(when(is_set("CI_COMMIT_BRANCH")));
    rules.extend(when(is_set("CI_COMMIT_TAG")));
    lowering.without_parentheses(&mut rules);
    lowering.out.pipeline.workflow = rules;
}

impl Lowering<'_> {
    /// Notes variables of ref sets that the target cannot give.
    fn variables_of_sets(&mut self) {
        let manifest = self.manifest;
        for (_, set) in manifest.refs.get().into_iter().flat_map(Map::iter) {
            if let Some(span) = set.value.variables.span() {
                self.lacks_below(gates::WORKFLOW_VARIABLES, "`variables` of a ref set", span);
            }
        }
    }

    /// Conditions of the branches that deploy by pipelines of their own. What deploys in each merge
    /// request as well needs none while one is open.
    fn deployable(&self) -> Vec<Expr> {
        let mut conditions: Vec<Expr> = Vec::new();
        for (key, environment) in self.manifest.environments() {
            let sets = environment.refs.get().into_iter().flat_map(Many::iter);
            let everywhere =
                |set: &At<String>| holds_every_merge_request(self.manifest, &set.value, 0);
            if environment.is_dynamic(&key.value) || sets.into_iter().any(everywhere) {
                continue;
            }
            for set in environment.refs.get().into_iter().flat_map(Many::iter) {
                for condition in self.alternatives(&set.value) {
                    if !conditions.contains(&condition) {
                        conditions.push(condition);
                    }
                }
            }
        }
        conditions
    }

    /// The same where a condition holds as well, without those that could never match there.
    fn variable_rules_within(&self, admitted: &Expr) -> Vec<Rule> {
        let mut rules = Vec::new();
        for rule in self.variable_rules() {
            let Some(condition) = rule.condition.clone() else {
                continue;
            };
            if exclude_each_other(admitted, &condition) {
                continue;
            }
            let whole = terms(&condition);
            let implied = terms(admitted).iter().all(|term| whole.contains(term));
            let same = *admitted == condition;
            let both = match implied {
                true => Some(condition),
                false => Expr::all([admitted.clone(), condition]),
            };
            rules.extend(both.map(|condition| Rule {
                condition: Some(condition),
                ..rule
            }));
            if same {
                break;
            }
        }
        rules
    }

    /// Variables that hold on the refs of a set; the first set that matches gives them.
    fn variable_rules(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (name, set) in self.manifest.refs.get().into_iter().flat_map(Map::iter) {
            let Some(variables) = set.variables.get() else {
                continue;
            };
            for condition in self.alternatives(&name.value) {
                let variables = self.variables(variables, false);
                rules.push(Rule {
                    variables,
                    provenance: Provenance(Some(name.span)),
                    ..Rule::when_true(condition)
                });
            }
        }
        rules
    }
}

/// `CI_PIPELINE_SOURCE` of a merge request pipeline.
const MERGE_REQUEST: &str = "merge_request_event";

/// The condition of merge request pipelines from the branches that a condition admits on a push.
/// It is about the source branch, which other pipelines do not have.
fn of_requests(admitted: &Expr) -> Option<Expr> {
    let source = is_set("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")?;
    let mut kept = Vec::new();
    for term in terms(admitted) {
        match on_push(term, &source) {
            OnPush::Known(true) => {}
            OnPush::Known(false) => return None,
            OnPush::Open(term) => kept.push(term),
        }
    }
    let about_branches = kept.iter().any(|term| {
        let variables = term.variables();
        variables.contains(&"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME")
    });
    about_branches.then(|| Expr::all(kept)).flatten()
}

/// What is left of a condition on the push of a branch.
enum OnPush {
    Known(bool),
    Open(Expr),
}

/// What a condition is on the push of a branch, which another expression names: there is no tag and
/// no merge request.
fn on_push(condition: &Expr, branch: &Expr) -> OnPush {
    let look_up = |name: &str| match name {
        "CI_PIPELINE_SOURCE" => Lookup::Set("push".to_owned()),
        "CI_COMMIT_TAG" => Lookup::Unset,
        name if name.starts_with("CI_MERGE_REQUEST_") => Lookup::Unset,
        _ => Lookup::Unknown,
    };
    let known = evaluate(condition, &look_up);
    let open = |terms: &expression::Terms| -> Vec<Expr> {
        let parts = terms.iter().map(|term| on_push(term, branch));
        let open = parts.filter_map(|part| match part {
            OnPush::Open(term) => Some(term),
            OnPush::Known(_) => None,
        });
        open.collect()
    };
    let rest = match condition {
        _ if known == Truth::True => return OnPush::Known(true),
        _ if known == Truth::False => return OnPush::Known(false),
        // What is known and does not decide the whole may be left away.
        Expr::Any(terms) => Expr::any(open(terms)),
        Expr::All(terms) => Expr::all(open(terms)),
        other => Some(other.with_variable("CI_COMMIT_BRANCH", branch)),
    };
    rest.map_or(OnPush::Known(false), OnPush::Open)
}

/// What must all be true for a condition to be true.
fn terms(condition: &Expr) -> Vec<&Expr> {
    match condition {
        Expr::All(terms) => terms.iter().collect(),
        one => vec![one],
    }
}

/// The variable that a term is about, and the text that it must equal, if that is what it says.
fn subject(term: &Expr) -> Option<(&str, Option<&Expr>)> {
    match term {
        Expr::Variable(name) => Some((name.as_str(), None)),
        Expr::Compare { op, left, right } => match left.as_ref() {
            Expr::Variable(name) => {
                let equal = *op == Comparison::Equal && matches!(**right, Expr::Text(_));
                Some((name.as_str(), equal.then_some(&**right)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether two conditions of ref sets can surely not both be true: two names of one variable, or a
/// branch or tag in a merge request pipeline, which has neither. What a set is about comes first.
fn exclude_each_other(admitted: &Expr, condition: &Expr) -> bool {
    let first = |condition| terms(condition).first().copied().and_then(subject);
    let (Some(left), Some(right)) = (first(admitted), first(condition)) else {
        return false;
    };
    match (left, right) {
        ((one, Some(a)), (other, Some(b))) if one == other => a != b,
        (("CI_PIPELINE_SOURCE", Some(_)), ("CI_COMMIT_BRANCH" | "CI_COMMIT_TAG", _)) => {
            source_is(MERGE_REQUEST).as_ref() == terms(admitted).first().copied()
        }
        _ => false,
    }
}

/// Whether any job runs in merge request pipelines.
pub(super) fn admits_merge_requests(manifest: &Manifest) -> bool {
    let of = |field: &Field<Many<String>>| -> SetNames {
        field.get().map(|sets| sets.0.clone()).unwrap_or_default()
    };
    let images = manifest.images().map(|(_, image)| of(image.common().refs));
    let retentions = manifest
        .images()
        .filter_map(|(_, image)| image.retention.get());
    let retentions = retentions.map(|retention| of(&retention.refs));
    let tests = manifest
        .tests_and_tasks()
        .map(|(_, test, _)| of(test.common().refs));
    let environments = manifest
        .environments()
        .map(|(_, env)| of(env.common().refs));
    let promotions = manifest
        .promotions()
        .map(|(_, promotion)| of(promotion.common().refs));
    let raw = manifest.jobs.get().into_iter().flat_map(Map::iter);
    let raw = raw.map(|(_, job)| crate::manifest::raw::refs(&job.value.0));
    images
        .chain(tests)
        .chain(retentions)
        .chain(environments)
        .chain(promotions)
        .chain(raw)
        .flatten()
        .any(|set| holds_merge_requests(manifest, &set.value, 0))
}

/// Whether a set may hold a merge request.
fn holds_merge_requests(manifest: &Manifest, name: &str, depth: usize) -> bool {
    if name == "merge_requests" {
        return true;
    }
    let Some(set) = manifest.refs.get().and_then(|sets| sets.get(name)) else {
        return false;
    };
    let names = |field: &'_ Field<Many<String>>| -> SetNames {
        field.get().map(|sets| sets.0.clone()).unwrap_or_default()
    };
    let sources = set.sources.get();
    let is_started =
        sources.is_none_or(|all| all.iter().any(|one| one.value.as_str() == MERGE_REQUEST));
    let condition = set.condition.get();
    let condition = condition.and_then(|own| expression::parse(own).ok());
    let is_excluded = |name: &At<String>| holds_every_merge_request(manifest, &name.value, 0);
    is_started
        && condition.is_none_or(|own| evaluate(&own, &on_request) != Truth::False)
        && !names(&set.except).iter().any(is_excluded)
        && (set.merge_requests.at().is_some()
            || depth < 50
                && names(&set.of)
                    .iter()
                    .any(|other| holds_merge_requests(manifest, &other.value, depth + 1)))
}

/// A variable in each merge request pipeline.
fn on_request(name: &str) -> Lookup {
    match name {
        "CI_PIPELINE_SOURCE" => Lookup::Set(MERGE_REQUEST.to_owned()),
        "CI_COMMIT_BRANCH" | "CI_COMMIT_TAG" => Lookup::Unset,
        _ => Lookup::Unknown,
    }
}

/// Whether a set surely holds every merge request.
fn holds_every_merge_request(manifest: &Manifest, name: &str, depth: usize) -> bool {
    if name == "merge_requests" {
        return true;
    }
    let Some(set) = manifest.refs.get().and_then(|sets| sets.get(name)) else {
        return false;
    };
    let filtered = set.sources.at().is_some()
        || set.protected.copied_or(false)
        || set.condition.at().is_some()
        || set.except.at().is_some();
    let mut of = set.of.get().into_iter().flat_map(Many::iter);
    depth < 50
        && !filtered
        && of.any(|other| holds_every_merge_request(manifest, &other.value, depth + 1))
}
