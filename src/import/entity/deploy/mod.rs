//! Jobs that deploy to a cluster: environments.
//!
//! In: a job with an environment, or with commands that change a cluster. Out: a draft with the driver that
//! does the same, the access, and the job that stops it. Another driver is a file here and a line in
//! [`DRIVERS`].

mod access;
mod apply;
mod helm;
mod kustomize;
mod rollout;
mod script;
mod set_image;
mod stop;

use super::build::slug;
use super::commands::{Line, lines};
use super::conditions::Placed;
use super::view::Seen;
use super::{Collection, Draft, Improvement, Sets, View, Way, common, docker};
use crate::gitlab::shell::commands::Command;
use crate::pipeline::{Mapping, Value};

/// The commands of a job that deploys.
struct Deployment {
    /// Before its script.
    before: Vec<Line>,
    /// Its script.
    script: Vec<Line>,
}

impl Deployment {
    /// The commands of its script.
    fn commands(&self) -> impl Iterator<Item = &Command> {
        self.script.iter().flat_map(|line| &line.commands)
    }

    /// All its commands.
    fn all(&self) -> impl Iterator<Item = &Command> {
        self.before
            .iter()
            .flat_map(|line| &line.commands)
            .chain(self.commands())
    }
}

/// What a driver does.
struct Change {
    /// Its keys under `deploy`.
    deploy: Mapping,
    /// The namespace that its commands name.
    namespace: Option<String>,
    /// Variables that windlass gives the job itself.
    variables: Vec<String>,
    /// Whether a line is one of the commands that the driver does.
    does: fn(&Line) -> bool,
}

/// What deploys; nothing if it is another driver.
type Driver = fn(&View<'_>, &Deployment) -> Option<Change>;

/// The drivers.
const DRIVERS: &[Driver] = &[set_image::read, kustomize::read, helm::read, apply::read];

pub(super) fn recognise(view: &View<'_>, sets: &mut Sets) -> Vec<Draft> {
    let jobs = view.jobs.iter();
    let mut all: Vec<Draft> = jobs.filter_map(|seen| draft(view, seen, sets)).collect();
    // Two jobs of one environment have names of their own.
    for at in 0..all.len() {
        let (before, rest) = all.split_at_mut(at);
        if let Some(draft) = rest.first_mut()
            && before.iter().any(|other| other.name == draft.name)
        {
            draft.name = draft.takes.first().map(|job| slug(job)).unwrap_or_default();
        }
    }
    all
}

fn draft(view: &View<'_>, seen: &Seen<'_>, sets: &mut Sets) -> Option<Draft> {
    let job = seen.job;
    let environment = environment(seen);
    let deploys = environment
        .get("action")
        .is_none_or(|action| *action == Value::from("start"));
    if !deploys || job.is_trigger || job.image.is_none() {
        return None;
    }
    let deployment = Deployment {
        before: lines(seen.keys.get("before_script")),
        script: lines(seen.keys.get("script")),
    };
    let change = DRIVERS.iter().find_map(|driver| driver(view, &deployment));
    let (keys, takes) = of_environment(view, seen, &environment)?;
    let ways = match &change {
        Some(change) => driven(view, seen, &deployment, change, &keys, sets),
        None => by_itself(view, seen, script::read(seen, &environment)?, &keys, sets),
    };
    Some(Draft {
        collection: Collection::Environments,
        name: name(seen, &environment),
        takes,
        ways,
    })
}

/// The keys of the environment and of its jobs, and the jobs that it takes.
fn of_environment(
    view: &View<'_>,
    seen: &Seen<'_>,
    environment: &Mapping,
) -> Option<(Mapping, Vec<String>)> {
    let job = seen.job;
    let mut keys = Mapping::new();
    keys.set("stage", job.stage.value.as_str());
    for key in ["name", "url", "deployment_tier", "auto_stop_in"] {
        keys.set_if(key, environment.get(key).cloned());
    }
    keys.set_if("resource_group", seen.keys.get("resource_group").cloned());
    let mut takes = vec![job.key.clone()];
    let mut names = Mapping::from_iter([("deploy", job.key.as_str())]);
    if let Some(Value::Str(on_stop)) = environment.get("on_stop") {
        let stopped = stop::read(view, on_stop)?;
        names.set("stop", on_stop.as_str());
        keys.set("stop", stopped.keys);
        takes.extend(stopped.takes);
    }
    keys.set("job_names", names);
    Some((keys, takes))
}

/// Moves the keys of other jobs to the end.
fn ordered(keys: &mut Mapping) {
    for key in ["stop", "job_names"] {
        if let Some(value) = keys.remove(key) {
            keys.set(key, value);
        }
    }
}

/// The keys that the job shares with other entities, without those of its environment.
fn common_keys(view: &View<'_>, seen: &Seen<'_>) -> (Mapping, Mapping) {
    let (mut own, mut raw) = common::keys(view, seen);
    own.remove("interruptible");
    raw.remove("resource_group");
    (own, raw)
}

/// The ways of a job whose commands are the project's own. It runs alone and is not interrupted: exactly the same
/// if the job says so itself.
fn by_itself(
    view: &View<'_>,
    seen: &Seen<'_>,
    deploy: Mapping,
    keys: &Mapping,
    sets: &mut Sets,
) -> Vec<Way> {
    let (own, raw) = common_keys(view, seen);
    let mut keys = keys.clone();
    keys.set("deploy", deploy);
    ordered(&mut keys);
    let places = sets.of(view, seen.job);
    let way = |placed: &Placed, improves: Option<Improvement>| {
        let mut keys = keys.clone();
        placed.set(&mut keys, &own, &raw);
        Way {
            keys,
            improves: improves.into_iter().chain(placed.improves).collect(),
            ..Way::default()
        }
    };
    let exact = places.iter().filter(|placed| placed.improves.is_none());
    let exact = exact.map(|placed| way(placed, None));
    let better = places.iter();
    let better = better.map(|placed| way(placed, Some(Improvement::Deployment)));
    exact.chain(better).collect()
}

/// The ways of a job whose commands a driver knows.
fn driven(
    view: &View<'_>,
    seen: &Seen<'_>,
    deployment: &Deployment,
    change: &Change,
    keys: &Mapping,
    sets: &mut Sets,
) -> Vec<Way> {
    let (mut own, raw) = common_keys(view, seen);
    if let Some(Value::Map(variables)) = own.get("variables") {
        let mut variables = variables.clone();
        for name in &change.variables {
            variables.remove(name);
        }
        docker::replace(&mut own, "variables", Value::Map(variables));
    }
    let mut keys = keys.clone();
    let mut access = access::read(deployment);
    let mut top = access.keys.clone();
    if let Some(image) = seen.keys.get("image") {
        top.set("image", image.clone());
        access.keys.set("image", image.clone());
    }
    if let Some(namespace) = access.namespace.clone().or(change.namespace.clone()) {
        access.keys.set("namespace", namespace);
        if access.creates {
            access.keys.set("create_namespace", Value::Bool(true));
        }
    }
    keys.set("kubernetes", access.keys.clone());
    keys.set("deploy", change.deploy.clone());
    keys.set_if("rollout", rollout::read(deployment));
    ordered(&mut keys);
    let settings = Mapping::from_iter([("kubernetes", top)]);
    let mut ways = Vec::new();
    let places = sets.of(view, seen.job);
    // What windlass writes itself is in neither.
    let mut exact = own.clone();
    docker::commands(&mut exact, "before_script", access::is_part);
    for placed in places.iter().filter(|placed| placed.improves.is_none()) {
        let mut keys = keys.clone();
        placed.set(&mut keys, &exact, &raw);
        ways.push(Way {
            keys,
            settings: settings.clone(),
            improves: Vec::new(),
        });
    }
    if let Some(before) = before(deployment, change) {
        docker::replace(&mut own, "before_script", super::one_or_list(before));
        // A deployment that hangs ends, and no two of them run beside each other.
        own.remove("timeout");
        for placed in &places {
            let mut keys = keys.clone();
            placed.set(&mut keys, &own, &raw);
            ways.push(Way {
                keys,
                settings: settings.clone(),
                improves: [Some(Improvement::Deployment), placed.improves]
                    .into_iter()
                    .flatten()
                    .collect(),
            });
        }
    }
    ways
}

/// `environment` of a job as a mapping.
fn environment(seen: &Seen<'_>) -> Mapping {
    match seen.keys.get("environment") {
        Some(Value::Map(map)) => map.clone(),
        Some(Value::Str(name)) => Mapping::from_iter([("name", name.as_str())]),
        _ => Mapping::new(),
    }
}

/// What an environment is called: as its job says, or as GitLab calls it.
fn name(seen: &Seen<'_>, environment: &Mapping) -> String {
    let job = slug(&seen.job.key);
    let rest = ["deploy-to-", "deploy_to_", "deploy-", "deploy_"]
        .iter()
        .find_map(|start| job.strip_prefix(start));
    let gitlab = match environment.get("name") {
        Some(Value::Str(name)) if !name.contains('$') => Some(slug(name)),
        _ => None,
    };
    let name = rest
        .map(str::to_owned)
        .or(gitlab)
        .filter(|name| !name.is_empty());
    name.unwrap_or(job)
}

/// The commands before those of the driver that windlass does not write; `None` if others come behind, or
/// stand among them.
fn before(deployment: &Deployment, change: &Change) -> Option<Vec<Value>> {
    let mut out = Vec::new();
    let mut driven = false;
    for line in deployment.before.iter().chain(&deployment.script) {
        if line.commands.is_empty() {
            return None;
        }
        if access::is_part(line) || rollout::is_part(line) {
            continue;
        }
        if (change.does)(line) {
            driven = true;
        } else if driven {
            return None;
        } else {
            out.push(Value::from(line.text.as_str()));
        }
    }
    driven.then_some(out)
}
