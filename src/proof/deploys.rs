//! An environment is deployed where the manifest deploys it, and no deployment is cancelled half
//! way.

use std::collections::HashMap;

use super::made::ByOrigin;
use super::{Present, Proof};
use crate::config::{Action, Config};
use crate::finding::{Code, Finding};
use crate::manifest::Manifest;
use crate::manifest::collection::Many;
use crate::manifest::environments::Environment;
use crate::pipeline::Origin;
use crate::plan::{self, Plan, Presence, named};
use crate::source::At;

pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    for one in proof.present(plan) {
        let deploys = one.job.environment.as_ref();
        if deploys.is_some_and(|environment| environment.action == Action::Start) {
            in_place(proof, plan, &one);
        }
    }
}

/// The environments of the manifest that have one name.
pub(super) struct Declared<'p> {
    /// The first of them.
    key: &'p At<String>,
    environment: &'p At<Environment>,
    /// Their deployments.
    jobs: Vec<usize>,
    /// Whether all of them are for protected refs alone.
    protected: bool,
}

/// The environments of a manifest by their names.
pub(super) fn declared<'p>(
    manifest: &'p Manifest,
    config: &Config,
) -> HashMap<&'p str, Declared<'p>> {
    let jobs = ByOrigin::of(config);
    let mut all: HashMap<&str, Declared<'p>> = HashMap::new();
    for (key, environment) in manifest.environments() {
        let own = all.entry(environment.name(&key.value)).or_insert(Declared {
            key,
            environment,
            jobs: Vec::new(),
            protected: true,
        });
        own.protected &= asks_protection(manifest, environment);
        own.jobs
            .extend(jobs.indexes(&Origin::Deploy(key.value.clone())));
    }
    all
}

/// Reports a deployment where the manifest's environment of that name has none.
fn in_place(proof: &mut Proof<'_>, plan: &Plan, one: &Present<'_>) {
    let Some(name) = one.job.environment.as_ref().map(|own| own.name.as_str()) else {
        return;
    };
    let declared = proof.declared.get(name).or_else(|| {
        let expanded = name
            .contains('$')
            .then(|| plan::environment_name(proof.config, plan, one.planned))
            .flatten();
        proof.declared.get(expanded?.as_str())
    });
    let Some(declared) = declared else { return };
    let (key, environment) = (declared.key, declared.environment);
    let unprotected = plan.situation.protected == Some(false) && declared.protected;
    let deployed = declared.jobs.contains(&one.index)
        || declared.jobs.iter().any(|index| {
            let planned = plan.jobs.get(*index);
            planned.is_some_and(|planned| planned.presence() != Presence::Out)
        });
    let code = match (unprotected, deployed) {
        (true, _) => Code::DeployUnprotected,
        (false, false) => Code::DeployElsewhere,
        (false, true) => return,
    };
    let job = &one.job.name;
    if !proof.is_new(code, job.as_str()) {
        return;
    }
    let on = named(&plan.situation);
    let sets = environment.refs.get().into_iter().flat_map(Many::iter);
    let sets: Vec<&str> = sets.map(|set| set.value.as_str()).collect();
    let (message, help) = match code {
        Code::DeployUnprotected => (
            format!("`{job}` deploys `{name}` on {on} also if it is not protected"),
            format!("let it run on the same refs, `refs: [{}]`", sets.join(", ")),
        ),
        _ => (
            format!("`{job}` deploys `{name}` on {on}, where the manifest does not"),
            "let it run on the same refs, name another environment, or add the refs to this one"
                .to_owned(),
        ),
    };
    let place = environment.refs.span().unwrap_or(key.span);
    let finding = Finding::new(code, proof.place(one.job, &["environment"]), message)
        .related(place, format!("it is deployed on `{}`", sets.join("`, `")))
        .help(help);
    proof.report(finding, &plan.situation);
}

/// Whether an environment is for protected refs alone: each of its sets is, or is made of such.
fn asks_protection(manifest: &Manifest, environment: &Environment) -> bool {
    let mut sets = environment
        .refs
        .get()
        .into_iter()
        .flat_map(Many::iter)
        .peekable();
    sets.peek().is_some() && sets.all(|set| is_protected(manifest, &set.value, 0))
}

fn is_protected(manifest: &Manifest, name: &str, depth: usize) -> bool {
    let Some(set) = manifest.refs.get().and_then(|sets| sets.get(name)) else {
        return false;
    };
    if set.protected.copied_or(false) {
        return true;
    }
    let own = [
        set.branches.at().is_some(),
        set.tags.at().is_some(),
        set.merge_requests.at().is_some(),
    ];
    let mut of = set.of.get().into_iter().flat_map(Many::iter).peekable();
    depth < 50
        && !own.contains(&true)
        && of.peek().is_some()
        && of.all(|other| is_protected(manifest, &other.value, depth + 1))
}
