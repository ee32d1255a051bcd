//! Which pipelines are created at all: one for each push, and variables by ref set.

use super::Lowering;
use super::refs::{is_set, source_is};
use crate::gitlab::expression::Expr;
use crate::manifest::Manifest;
use crate::manifest::collection::{Many, Map};
use crate::manifest::common::Entity;
use crate::manifest::resolved::SetNames;
use crate::pipeline::Rule;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    if lowering.out.pipeline.raw.get("workflow").is_some() {
        return;
    }
    let when = |condition: Option<Expr>| condition.map(Rule::when_true);
    let mut rules = Vec::new();
    if lowering.admits_merge_requests {
        rules.extend(when(source_is("merge_request_event")));
        // A deployable branch with an open merge request still has its own pipeline, or its
        // deployments would stop.
        rules.extend(lowering.deployable().into_iter().map(Rule::when_true));
        let open = [is_set("CI_COMMIT_BRANCH"), is_set("CI_OPEN_MERGE_REQUESTS")];
        rules.extend(Expr::all(open.into_iter().flatten()).map(Rule::never));
    }
    rules.extend(lowering.variable_rules());
    rules.extend(when(is_set("CI_COMMIT_BRANCH")));
    rules.extend(when(is_set("CI_COMMIT_TAG")));
    lowering.out.pipeline.workflow = rules;
}

impl Lowering<'_> {
    /// Conditions of the branches that deploy.
    fn deployable(&self) -> Vec<Expr> {
        let mut conditions: Vec<Expr> = Vec::new();
        for (key, environment) in self.manifest.environments() {
            if environment.is_dynamic(&key.value) {
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
                    ..Rule::when_true(condition)
                });
            }
        }
        rules
    }
}

/// Whether any job runs in merge request pipelines.
pub(super) fn admits_merge_requests(manifest: &Manifest) -> bool {
    let of = |field: &crate::manifest::record::Field<Many<String>>| -> SetNames {
        field.get().map(|sets| sets.0.clone()).unwrap_or_default()
    };
    let images = manifest.images().map(|(_, image)| of(image.common().refs));
    let tests = manifest
        .tests_and_tasks()
        .map(|(_, test, _)| of(test.common().refs));
    let environments = manifest
        .environments()
        .map(|(_, env)| of(env.common().refs));
    let raw = manifest.jobs.get().into_iter().flat_map(Map::iter);
    let raw = raw.map(|(_, job)| crate::manifest::raw::refs(&job.value.0));
    images
        .chain(tests)
        .chain(environments)
        .chain(raw)
        .flatten()
        .any(|set| holds_merge_requests(manifest, &set.value, 0))
}

fn holds_merge_requests(manifest: &Manifest, name: &str, depth: usize) -> bool {
    if name == "merge_requests" {
        return true;
    }
    let Some(set) = manifest.refs.get().and_then(|sets| sets.get(name)) else {
        return false;
    };
    set.merge_requests.at().is_some()
        || depth < 50
            && set
                .of
                .get()
                .into_iter()
                .flat_map(Many::iter)
                .any(|other| holds_merge_requests(manifest, &other.value, depth + 1))
}
