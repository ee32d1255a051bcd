//! Documents whose jobs have much in common.

use std::collections::HashSet;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use windlass::pipeline::{
    Base, BaseId, Document, Holder, Mapping, Section, Shared, Union, Value, WrittenJob,
};

use super::strings::VALUES;

const KEYS: [&str; 8] = [
    "image",
    "script",
    "variables",
    "rules",
    "needs",
    "on",
    "1",
    "cache: x",
];

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(VALUES).prop_map(str::to_owned),
        1 => "[^\0]{0,12}",
        1 => "[a-z]{1,3}( [a-z:#'\"\\\\]{1,4}){0,3}",
    ]
}

fn mapping(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Mapping> {
    let key = string().prop_filter("a key that merges", |key| key != "<<");
    vec((key, value), 0..4).prop_map(Mapping::from_iter)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => string().prop_map(Value::Str),
        1 => any::<i64>().prop_map(Value::Int),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
        1 => vec(string(), 0..3).prop_map(Value::Reference),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Seq),
            mapping(inner).prop_map(Value::Map),
        ]
    })
}

/// Shared values, of which later ones use earlier ones.
fn shared(values: Vec<(Value, Vec<prop::sample::Index>, u8)>) -> Vec<Value> {
    let mut pool: Vec<Value> = Vec::new();
    for (at, (value, inner, holder)) in values.into_iter().enumerate() {
        let mut items = vec![value];
        if !pool.is_empty() {
            items.extend(inner.iter().map(|index| index.get(&pool).clone()));
        }
        let value = match (at % 3, items.len()) {
            (0, _) | (_, 1) => items.pop().unwrap_or(Value::Null),
            _ => Value::Seq(items),
        };
        pool.push(Value::Shared(Shared {
            holder: Holder::Refs(Union {
                sets: vec![format!("holder-{}", holder % 3)],
                when: None,
            }),
            key: format!("key {at}"),
            value: Box::new(value),
        }));
    }
    pool
}

/// How a job differs from its bases.
#[derive(Debug, Clone)]
enum Change {
    Set(&'static str, prop::sample::Index),
    Extend(&'static str, String),
    Remove(&'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let key = || select(KEYS.as_slice());
    prop_oneof![
        4 => (key(), any::<prop::sample::Index>()).prop_map(|(k, v)| Change::Set(k, v)),
        2 => (key(), "[A-Z]{1,2}").prop_map(|(k, name)| Change::Extend(k, name)),
        1 => key().prop_map(Change::Remove),
    ]
}

type Plan = (String, Vec<usize>, Vec<Change>);

fn job((name, used, changes): Plan, bases: &[Base], values: &[Value]) -> WrittenJob {
    let used: Vec<&Base> = used.iter().filter_map(|&index| bases.get(index)).collect();
    let mut keys = Mapping::new();
    for base in used.iter().rev() {
        for (key, value) in base.keys.iter() {
            keys.set(key, value.clone());
        }
    }
    for change in changes {
        match change {
            Change::Set(key, index) => keys.set(key, index.get(values).clone()),
            Change::Extend(key, name) => {
                if let Some(Value::Map(mut map)) = keys.get(key).cloned() {
                    map.set(name, "extended");
                    keys.set(key, map);
                }
            }
            Change::Remove(key) => drop(keys.remove(key)),
        }
    }
    WrittenJob {
        comment: format!("Job {name}"),
        bases: used.iter().map(|base| base.id).collect(),
        name,
        keys,
    }
}

/// A document with bases, shared values, and jobs that use both.
pub(crate) fn document() -> impl Strategy<Value = Document> {
    let index = any::<prop::sample::Index>();
    let base = btree_map(select(KEYS.as_slice()), index, 1..4);
    let plan = (
        "[ab.:1-9 ]{1,3}|[^\0]{1,6}",
        subsequence(vec![0_usize, 1, 2, 3], 0..4).prop_shuffle(),
        vec(change(), 0..5),
    );
    (
        vec(value(), 1..5),
        vec(mapping(value()).prop_map(Value::Map), 1..3),
        vec(
            (
                value(),
                vec(any::<prop::sample::Index>(), 0..3),
                any::<u8>(),
            ),
            0..4,
        ),
        vec(base, 0..4),
        vec(vec(plan, 0..5), 0..4),
    )
        .prop_map(|(mut values, maps, pool, bases, sections)| {
            let globals = Mapping::from_iter([("variables", Value::Seq(values.clone()))]);
            values.extend(maps);
            values.extend(shared(pool));
            let bases: Vec<Base> = (0_usize..)
                .zip(bases)
                .map(|(at, keys)| Base {
                    of: String::new(),
                    id: BaseId {
                        kind: "base",
                        variant: at + 1,
                    },
                    comment: "Shared".into(),
                    keys: keys
                        .into_iter()
                        .map(|(key, index)| (key, index.get(&values).clone()))
                        .collect(),
                })
                .collect();
            let mut names = HashSet::from(["variables".to_owned(), "<<".to_owned()]);
            let sections = sections
                .into_iter()
                .map(|mut plans| {
                    plans.retain(|(name, ..)| names.insert(name.clone()));
                    Section {
                        title: "Section".into(),
                        jobs: plans.into_iter().map(|p| job(p, &bases, &values)).collect(),
                    }
                })
                .collect();
            Document {
                globals,
                bases,
                sections,
            }
        })
}
