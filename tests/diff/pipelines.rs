//! Pipelines for the properties of `diff`: documents made of the values in `samples.yml`.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use windlass::config::Config;

/// Values of every keyword.
pub(crate) static SAMPLES: LazyLock<Value> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("samples.yml")).expect("YAML"));

/// Numbers that look random (SplitMix64), so that one seed is one case.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn pick<'v, T>(&mut self, of: &'v [T]) -> Option<&'v T> {
        of.get(self.below(of.len()))
    }
}

fn samples<'v>(of: &'v Value, key: &str) -> &'v [Value] {
    of.get(key).and_then(Value::as_array).expect("samples")
}

/// A pipeline of a few jobs, each with some keywords, that the reader accepts.
pub(crate) fn pipeline(dice: &mut Dice) -> (Value, Config) {
    loop {
        let document = document(dice);
        if let Some(config) = read(&document) {
            return (document, config);
        }
    }
}

fn document(dice: &mut Dice) -> Value {
    let mut document = Map::new();
    for (key, values) in SAMPLES["global"].as_object().expect("globals") {
        if dice.one_in(4) {
            let values = values.as_array().expect("samples");
            document.insert(key.clone(), dice.pick(values).expect("one").clone());
        }
    }
    let first = json!({"stage": "build", "script": ["one"]});
    let second = json!({"stage": "build", "script": ["two"], "variables": {"A": "b"}});
    document.insert("first".to_owned(), first);
    document.insert("second".to_owned(), second);
    let count = 1 + dice.below(2);
    for name in ["subject", "other"].into_iter().take(count) {
        document.insert(name.to_owned(), job(dice));
    }
    Value::Object(document)
}

fn job(dice: &mut Dice) -> Value {
    let mut job = Map::new();
    let is_trigger = dice.one_in(6);
    match is_trigger {
        true => job.insert(
            "trigger".to_owned(),
            dice.pick(samples(&SAMPLES, "trigger"))
                .expect("one")
                .clone(),
        ),
        false => job.insert("script".to_owned(), json!(["run $A", "echo done"])),
    };
    // What a job with `trigger` may not have is left out there by the reader's refusal: so few.
    let rarely = if is_trigger { 12 } else { 5 };
    for (key, values) in SAMPLES["job"].as_object().expect("keywords") {
        if dice.one_in(rarely) {
            let values = values.as_array().expect("samples");
            job.insert(key.clone(), dice.pick(values).expect("one").clone());
        }
    }
    for group in ["conditions", "order"] {
        if dice.one_in(2) {
            let chosen = dice.pick(samples(&SAMPLES, group)).expect("one");
            for (key, value) in chosen.as_object().expect("keys") {
                job.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(job)
}

/// The configuration of a document, if GitLab accepts it. JSON is YAML.
pub(crate) fn read(document: &Value) -> Option<Config> {
    crate::pairs::accepted(&document.to_string())
}

/// The value at a path of keys and numbers.
pub(crate) fn at<'v>(document: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(document, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step.as_str()),
    })
}

/// The same, to change it.
pub(crate) fn at_mut<'v>(document: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(document, |value, step| match value {
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        value => value.get_mut(step.as_str()),
    })
}

/// The paths of all values.
pub(crate) fn paths(document: &Value) -> Vec<Vec<String>> {
    fn walk(value: &Value, path: &[String], into: &mut Vec<Vec<String>>) {
        let mut step = |key: String, value: &Value| {
            let mut path = path.to_vec();
            path.push(key);
            into.push(path.clone());
            walk(value, &path, into);
        };
        match value {
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items.for_each(|(at, item)| step(at.to_string(), item));
            }
            Value::Object(map) => map.iter().for_each(|(key, value)| step(key.clone(), value)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(document, &[], &mut all);
    all
}

/// How many pipelines each property looks at.
pub(crate) fn cases() -> u32 {
    let cases = std::env::var("PROPTEST_CASES").ok();
    cases.and_then(|cases| cases.parse().ok()).unwrap_or(10_000)
}
