//! Jobs that run a script in an image: tests, and tasks.

use super::conditions::Placed;
use super::view::Seen;
use super::{Collection, Draft, Improvement, Sets, View, Way, common};
use crate::lower::takes_no_shell;
use crate::manifest::registries::split_tag;
use crate::pipeline::{Mapping, Value};

/// Words in the name of a stage that make its jobs tests.
const TESTS: [&str; 14] = [
    "test",
    "tests",
    "testing",
    "unit",
    "lint",
    "check",
    "checks",
    "qa",
    "verify",
    "quality",
    "e2e",
    "integration",
    "scan",
    "analysis",
];

pub(super) fn recognise(view: &View<'_>, sets: &mut Sets) -> Vec<Draft> {
    let jobs = view.jobs.iter();
    jobs.filter_map(|seen| draft(view, seen, sets)).collect()
}

fn draft(view: &View<'_>, seen: &Seen<'_>, sets: &mut Sets) -> Option<Draft> {
    let job = seen.job;
    if job.is_trigger || job.script.is_empty() {
        return None;
    }
    let (mut own, mut raw) = common::keys(view, seen);
    let mut keys = Mapping::new();
    let is_test = is_test(&job.stage.value);
    if !is_test || job.stage.value != "test" {
        keys.set("stage", job.stage.value.as_str());
    }
    // Without an image the job runs in what its runner has.
    let image = seen.keys.get("image").unwrap_or(&Value::Null);
    keys.set("image", image.clone());
    keys.set_if("services", seen.keys.get("services").cloned());
    match seen.keys.get("parallel") {
        Some(Value::Map(matrix)) => keys.set("parallel", of_matrix(matrix)),
        copies => keys.set_if("parallel", copies.cloned()),
    }
    match seen.keys.get("environment") {
        Some(Value::Map(environment)) if environment.get("action").is_some() => {
            keys.set("environment", environment.clone());
        }
        Some(_) => return None,
        None => {}
    }
    own.set("script", common::commands(seen.keys.get("script")?));
    let mut ways = Vec::new();
    let places = sets.of(view, job);
    // What is taken over from `default` is known from there.
    let mut raws = vec![raw.clone()];
    if raw.get("inherit").is_some() {
        let mut without = raw.clone();
        without.remove("inherit");
        raws.insert(0, without);
    }
    // An image of the project's own by its name; where its build is another one, so is the job's image.
    let own_image = named(view, image).into_iter();
    let built = Some(Improvement::Image);
    let own_image = own_image.flat_map(|name| [(name.clone(), None), (name, built)]);
    let as_it_is = with_own_entrypoint(view, image).unwrap_or_else(|| image.clone());
    for (image, improves) in own_image.chain([(as_it_is, None)]) {
        for placed in &places {
            let mut keys = keys.clone();
            keys.set("image", image.clone());
            for raw in &raws {
                let mut keys = keys.clone();
                placed.set(&mut keys, &own, raw);
                ways.push(Way {
                    keys,
                    improves: improves.into_iter().chain(placed.improves).collect(),
                    ..Way::default()
                });
            }
        }
    }
    // A manifest names the tag that is pulled without one.
    if let Some(image) = with_tag(image) {
        for placed in &places {
            let mut keys = keys.clone();
            keys.set("image", image.clone());
            placed.set(&mut keys, &own, &raw);
            ways.push(Way {
                keys,
                improves: [Some(Improvement::Image), placed.improves]
                    .into_iter()
                    .flatten()
                    .collect(),
                ..Way::default()
            });
        }
    }
    // As a last resort its conditions stay GitLab's own.
    raw.set("rules", Value::Null);
    for key in ["rules", "only", "except"] {
        raw.set_if(key, seen.keys.get(key).cloned());
    }
    let placed = Placed::default();
    placed.set(&mut keys, &own, &raw);
    ways.push(Way {
        keys,
        ..Way::default()
    });
    Some(Draft {
        collection: collection(&job.stage.value),
        name: job.key.clone(),
        takes: vec![job.key.clone()],
        ways,
    })
}

/// Whether the name of a stage says that its jobs are tests.
pub(super) fn is_test(stage: &str) -> bool {
    let words = stage.split(|c: char| !c.is_ascii_alphanumeric());
    let mut words = words.map(str::to_ascii_lowercase);
    words.any(|word| TESTS.contains(&&*word))
}

/// Where the jobs of a stage stand.
pub(super) fn collection(stage: &str) -> Collection {
    match is_test(stage) {
        true => Collection::Tests,
        false => Collection::Tasks,
    }
}

/// A matrix of copies, its values as texts.
fn of_matrix(matrix: &Mapping) -> Value {
    fn texts(value: &Value) -> Value {
        match value {
            Value::Seq(items) => Value::Seq(items.iter().map(texts).collect()),
            Value::Map(row) => {
                Value::Map(row.iter().map(|(key, value)| (key, texts(value))).collect())
            }
            Value::Int(number) => Value::from(number.to_string()),
            Value::Bool(value) => Value::from(value.to_string()),
            other => other.clone(),
        }
    }
    Value::Map(
        matrix
            .iter()
            .map(|(key, value)| (key, texts(value)))
            .collect(),
    )
}

/// The same image, started by its own entrypoint, where windlass would replace that.
fn with_own_entrypoint(view: &View<'_>, image: &Value) -> Option<Value> {
    let mut keys = match image {
        Value::Str(name) => Mapping::from_iter([("name", name.as_str())]),
        Value::Map(keys) => keys.clone(),
        _ => return None,
    };
    let Some(Value::Str(name)) = keys.get("name") else {
        return None;
    };
    let replaced = keys.get("entrypoint").is_none() && takes_no_shell(&view.expanded(name));
    replaced.then(|| {
        keys.set("entrypoint", Value::Null);
        Value::Map(keys)
    })
}

/// The image by its name in the manifest, if the project builds it.
fn named(view: &View<'_>, image: &Value) -> Option<Value> {
    match image {
        Value::Str(text) => Some(Value::from(view.image(text)?)),
        Value::Map(keys) => {
            let Some(Value::Str(text)) = keys.get("name") else {
                return None;
            };
            let mut keys = keys.clone();
            keys.set("name", view.image(text)?);
            Some(Value::Map(keys))
        }
        _ => None,
    }
}

/// The same image with the tag that is pulled, if it names none.
fn with_tag(image: &Value) -> Option<Value> {
    match image {
        Value::Str(name) => {
            let bare = !name.contains(['$', '@']) && split_tag(name).is_none();
            bare.then(|| Value::from(format!("{name}:latest")))
        }
        Value::Map(keys) => {
            let mut keys = keys.clone();
            keys.set("name", with_tag(keys.get("name")?)?);
            Some(Value::Map(keys))
        }
        _ => None,
    }
}
