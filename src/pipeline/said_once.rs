//! How jobs run, said once: in `default` for the whole file, else in the base that jobs share.
//!
//! In: a document in which each job holds all of its keys. Out: the same pipeline in fewer lines. Always
//! holds: each job has the same keys after GitLab has applied `default`, and the others, from files that
//! are included or written by hand, take over nothing new.

use std::collections::HashSet;

use super::{Base, Document, Mapping, Value, WrittenJob};

/// The keys that `default` may hold here, with what GitLab takes where there is none. `timeout` has no
/// effect in `default` (GitLab issue 213634).
const IN_DEFAULT: [(&str, Value); 2] = [
    ("interruptible", Value::Bool(false)),
    ("retry", Value::Int(0)),
];

/// The keys that a base takes over from its jobs.
const IN_BASE: [&str; 4] = ["interruptible", "retry", "timeout", "tags"];

/// So many values of a key are counted.
const DISTINCT: usize = 8;

/// Says keys once. `by_hand` tells the jobs that the manifest writes in GitLab's own words.
pub(super) fn say_once(document: &mut Document, has_default: bool, by_hand: &HashSet<&str>) {
    if has_default {
        in_default(document, by_hand);
    }
    let jobs: Vec<&WrittenJob> = all(document).collect();
    let absorbed: Vec<Mapping> = document
        .bases
        .iter()
        .map(|base| shared_by_users(base, &jobs))
        .collect();
    for (base, keys) in document.bases.iter_mut().zip(absorbed) {
        // Before the commands, as in jobs.
        let (commands, mut all): (Mapping, Mapping) = std::mem::take(&mut base.keys)
            .into_iter()
            .partition(|(key, _)| key.ends_with("script"));
        all.merge(&keys);
        all.merge(&commands);
        base.keys = all;
    }
}

fn all(document: &Document) -> impl Iterator<Item = &WrittenJob> {
    document.sections.iter().flat_map(|section| &section.jobs)
}

fn all_mut(document: &mut Document) -> impl Iterator<Item = &mut WrittenJob> {
    let sections = document.sections.iter_mut();
    sections.flat_map(|section| &mut section.jobs)
}

/// The keys that all jobs of a base have with one value.
fn shared_by_users(base: &Base, jobs: &[&WrittenJob]) -> Mapping {
    let covers = |job: &&&WrittenJob| {
        let covered = |(key, _): (&str, &Value)| job.keys.get(key).is_some();
        job.bases.contains(&base.id) && base.keys.iter().all(covered)
    };
    let users: Vec<&&WrittenJob> = jobs.iter().filter(covers).collect();
    let shared = IN_BASE.into_iter().filter_map(|key| {
        let value = users.first()?.keys.get(key)?;
        let same = |job: &&&WrittenJob| job.keys.get(key).is_some_and(|own| own.same(value));
        users.iter().all(same).then(|| (key, value.clone()))
    });
    shared.collect()
}

/// Moves what most jobs have into `default`, if that makes the file shorter.
fn in_default(document: &mut Document, by_hand: &HashSet<&str>) {
    // Included jobs would take it over, and what a job inherits may be said in what it extends.
    let opaque = |job: &WrittenJob| {
        let keys = ["extends", "inherit"];
        keys.into_iter().any(|key| job.keys.get(key).is_some())
    };
    let own = match document.globals.get("default").map(Value::plain) {
        None => Mapping::new(),
        Some(Value::Map(own)) => own.clone(),
        Some(_) => return,
    };
    if document.globals.get("include").is_some() || all(document).any(opaque) {
        return;
    }
    let running = |job: &&WrittenJob| !job.name.starts_with('.');
    let jobs: Vec<&WrittenJob> = all(document).filter(running).collect();
    let written: Vec<&WrittenJob> = jobs
        .iter()
        .copied()
        .filter(|job| !by_hand.contains(job.name.as_str()))
        .collect();
    let mut shared = Mapping::new();
    let mut saved = 0;
    for (key, _) in IN_DEFAULT {
        if own.get(key).is_some() {
            continue;
        }
        let Some((value, users)) = most_common(key, &written) else {
            continue;
        };
        let without = written.iter().filter(|job| job.keys.get(key).is_none());
        let without = without.count();
        if users > without {
            shared.set(key, value);
            saved += users - without;
        }
    }
    let apart: Vec<String> = jobs
        .iter()
        .filter(|job| by_hand.contains(job.name.as_str()))
        .filter(|job| shared.iter().any(|(key, _)| job.keys.get(key).is_none()))
        .map(|job| job.name.clone())
        .collect();
    let header = if own.is_empty() { 2 } else { 0 };
    if shared.is_empty() || saved <= apart.len() + shared.len() + header {
        return;
    }
    for job in all_mut(document).filter(|job| !job.name.starts_with('.')) {
        if apart.contains(&job.name) {
            job.keys.set("inherit", inherit(&own));
        }
        if by_hand.contains(job.name.as_str()) {
            continue;
        }
        for (key, nothing) in IN_DEFAULT {
            let Some(value) = shared.get(key) else {
                continue;
            };
            match job.keys.get(key) {
                Some(same) if same.same(value) => {
                    job.keys.remove(key);
                }
                Some(_) => {}
                None => job.keys.set(key, nothing),
            }
        }
    }
    let mut default = own;
    default.merge(&shared);
    document.globals.set("default", default);
}

/// The value of a key that most jobs have, of the first [`DISTINCT`] ones, and how many have it.
fn most_common(key: &str, jobs: &[&WrittenJob]) -> Option<(Value, usize)> {
    let mut counts: Vec<(&Value, usize)> = Vec::new();
    for value in jobs.iter().filter_map(|job| job.keys.get(key)) {
        if let Some((_, count)) = counts.iter_mut().find(|(known, _)| known.same(value)) {
            *count += 1;
        } else if counts.len() < DISTINCT {
            counts.push((value, 1));
        }
    }
    let (value, users) = counts.into_iter().rev().max_by_key(|(_, count)| *count)?;
    Some((value.clone(), users))
}

/// What a job written by hand inherits: the defaults that are written by hand, too.
fn inherit(own: &Mapping) -> Mapping {
    let inherited = match own.is_empty() {
        true => Value::Bool(false),
        false => Value::list(own.iter().map(|(key, _)| key)),
    };
    Mapping::from_iter([("default", inherited)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::{BaseId, Section};

    const BASE: BaseId = BaseId::only("docker");

    /// A job: whether it is written by hand, whether it has the base, and its keys.
    type Made = (bool, bool, Option<bool>, Option<i64>, Option<u8>);

    fn job(number: usize, made: &Made) -> WrittenJob {
        let (by_hand, has_base, interruptible, retry, extends) = made;
        let mut keys = Mapping::from_iter([("script", "true"), ("image", "docker")]);
        keys.set_if("interruptible", *interruptible);
        keys.set_if("retry", *retry);
        keys.set_if("extends", extends.filter(|n| *n == 0).map(|_| ".x"));
        WrittenJob {
            name: format!("{}{number}", if *by_hand { "hand-" } else { "job-" }),
            comment: String::new(),
            bases: (*has_base && !by_hand)
                .then_some(BASE)
                .into_iter()
                .collect(),
            keys,
        }
    }

    /// What GitLab makes of a key: the job's own, else the inherited default, else nothing is set.
    fn effect(document: &Document, job: &WrittenJob, key: &str) -> Value {
        let nothing = IN_DEFAULT.iter().find(|(known, _)| *known == key);
        let nothing = nothing.map(|(_, value)| value.clone()).unwrap();
        let inherits = match job.keys.get("inherit") {
            None => true,
            Some(Value::Map(inherit)) => match inherit.get("default") {
                Some(Value::Seq(names)) => names.iter().any(|name| name.as_str() == Some(key)),
                Some(Value::Bool(all)) => *all,
                _ => panic!("{inherit:?}"),
            },
            Some(other) => panic!("{other}"),
        };
        let default = match document.globals.get("default") {
            Some(Value::Map(default)) if inherits => default.get(key).cloned(),
            _ => None,
        };
        job.keys.get(key).cloned().or(default).unwrap_or(nothing)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// Nothing that is said once changes what a job does; and a base holds what its jobs hold.
        #[test]
        fn every_job_keeps_its_effects(
            made in prop::collection::vec(
                (prop::bool::weighted(0.2), any::<bool>(), prop::option::weighted(0.8, prop::bool::weighted(0.8)),
                 prop::option::weighted(0.6, 0..2_i64), prop::option::of(0..60_u8)),
                1..14,
            ),
            tags in any::<bool>(),
            own_retry in prop::option::weighted(0.2, 0..3_i64),
            included in prop::bool::weighted(0.1),
        ) {
            let jobs: Vec<WrittenJob> = made.iter().enumerate().map(|(n, made)| job(n, made)).collect();
            let by_hand: HashSet<&str> =
                jobs.iter().map(|job| job.name.as_str()).filter(|name| name.starts_with("hand-")).collect();
            let mut globals = Mapping::new();
            let mut default = Mapping::new();
            if tags {
                default.set("tags", Value::list(["linux"]));
            }
            default.set_if("retry", own_retry);
            if !default.is_empty() {
                globals.set("default", default);
            }
            globals.set_if("include", included.then_some("a.yml"));
            let bases = vec![Base { id: BASE, of: String::new(), comment: String::new(), keys: Mapping::from_iter([("image", "docker")]) }];
            let sections = vec![Section { title: String::new(), jobs: jobs.clone() }];
            let before = Document { globals, bases, sections };
            let mut after = before.clone();
            say_once(&mut after, true, &by_hand);
            for (old, new) in all(&before).zip(all(&after)) {
                for (key, _) in IN_DEFAULT {
                    let (old, new) = (effect(&before, old, key), effect(&after, new, key));
                    prop_assert_eq!(old, new, "{}", key);
                }
            }
            if included {
                prop_assert_eq!(&before.globals, &after.globals);
            }
            for base in &after.bases {
                for job in all(&after).filter(|job| job.bases.contains(&base.id)) {
                    prop_assert!(base.keys.iter().all(|(key, _)| job.keys.get(key).is_some()));
                }
            }
        }
    }

    #[test]
    fn most_jobs_decide_about_the_default() {
        let jobs = |count: usize, interruptible| {
            (0..count).map(move |_| (false, false, interruptible, None, None))
        };
        let made: Vec<Made> = jobs(6, Some(true))
            .chain(jobs(1, Some(false)))
            .chain(jobs(1, None))
            .collect();
        let jobs: Vec<WrittenJob> = made
            .iter()
            .enumerate()
            .map(|(n, made)| job(n, made))
            .collect();
        let sections = vec![Section {
            title: String::new(),
            jobs,
        }];
        let mut document = Document {
            sections,
            ..Document::default()
        };
        say_once(&mut document, true, &HashSet::new());
        let default = Mapping::from_iter([("interruptible", true)]);
        assert_eq!(document.globals.get("default"), Some(&Value::Map(default)));
        let own: Vec<_> = all(&document)
            .map(|job| job.keys.get("interruptible").cloned())
            .collect();
        assert_eq!(
            own,
            [vec![None; 6], vec![Some(Value::Bool(false)); 2]].concat()
        );
    }
}
