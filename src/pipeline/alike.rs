//! What jobs of one kind share, said once: tests with one script, deployments with one script.
//!
//! In: a document, and the kind of each job. Out: the document with a base for the jobs of a kind that have
//! the same script. Always holds: the keys of the jobs stay as they are, and a base is merged only where it
//! gives exactly these ([`crate::render`]); there is one base for each kind at most.

use std::collections::HashMap;

use super::{Base, BaseId, Document, Mapping, Value, WrittenJob};

/// The keys that such a base may hold. Where, when and for what a job runs stays with the job.
const KEYS: [&str; 12] = [
    "image",
    "services",
    "variables",
    "interruptible",
    "retry",
    "timeout",
    "cache",
    "before_script",
    "script",
    "after_script",
    "coverage",
    "artifacts",
];

/// Fewest lines that a base has to save.
const WORTH: usize = 6;

/// Adds the bases that make the file shorter. `kinds` tells the kind of each job that may share.
pub(super) fn share(document: &mut Document, kinds: &HashMap<&str, &'static str>) {
    let mut names: Vec<&'static str> = Vec::new();
    for job in document.sections.iter().flat_map(|section| &section.jobs) {
        let kind = kinds.get(job.name.as_str());
        names.extend(kind.filter(|kind| !names.contains(kind)));
    }
    for kind in names {
        let jobs = document.sections.iter().flat_map(|section| &section.jobs);
        let of_kind = jobs.filter(|job| kinds.get(job.name.as_str()) == Some(&kind));
        let of_kind: Vec<&WrittenJob> = of_kind.collect();
        let Some((keys, users)) = best(&document.bases, &of_kind) else {
            continue;
        };
        let users: Vec<String> = users.iter().map(|job| job.name.clone()).collect();
        let id = BaseId::only(kind);
        document.bases.push(Base {
            id,
            of: String::new(),
            comment: String::new(),
            keys,
        });
        for section in &mut document.sections {
            for job in section.jobs.iter_mut() {
                if users.contains(&job.name) {
                    job.bases.push(id);
                }
            }
        }
    }
}

/// The keys that save most lines, and the jobs that have them.
fn best<'d>(bases: &[Base], jobs: &[&'d WrittenJob]) -> Option<(Mapping, Vec<&'d WrittenJob>)> {
    let mut by_script: Vec<(&Value, Vec<&WrittenJob>)> = Vec::new();
    // Thousands of jobs may have a script each: only those with the same commands are compared.
    let mut by_commands: HashMap<Vec<Option<&str>>, Vec<usize>> = HashMap::new();
    for job in jobs {
        let Some(script) = job.keys.get("script") else {
            continue;
        };
        let alike = by_commands.entry(commands(script)).or_default();
        let known = alike.iter().copied().find(|at| {
            let other = by_script.get(*at);
            other.is_some_and(|(other, _)| other.same(script))
        });
        match known.and_then(|at| by_script.get_mut(at)) {
            Some((_, users)) => users.push(job),
            None => {
                alike.push(by_script.len());
                by_script.push((script, vec![job]));
            }
        }
    }
    let shared = by_script.into_iter().filter_map(|(_, users)| {
        let keys = common(bases, &users);
        let lines: usize = keys.iter().map(|(_, value)| lines(value)).sum();
        let saved = lines.saturating_sub(1) * (users.len() - 1);
        let saved = saved.saturating_sub(2 + users.len());
        (saved >= WORTH).then_some((saved, keys, users))
    });
    let (_, keys, users) = shared.max_by_key(|(saved, ..)| *saved)?;
    Some((keys, users))
}

/// The commands of a script, with `None` for each that is not a string. Scripts that GitLab reads alike have
/// the same commands.
fn commands(script: &Value) -> Vec<Option<&str>> {
    match script.plain() {
        Value::Seq(items) => items.iter().map(Value::as_str).collect(),
        one => vec![one.as_str()],
    }
}

/// The keys that all of these jobs have with one value and from no base.
fn common(bases: &[Base], jobs: &[&WrittenJob]) -> Mapping {
    let from_base = |job: &WrittenJob, key: &str, value: &Value| {
        let mut own = bases.iter().filter(|base| job.bases.contains(&base.id));
        own.any(|base| base.keys.get(key).is_some_and(|other| other.same(value)))
    };
    let shared = KEYS.into_iter().filter_map(|key| {
        let value = jobs.first()?.keys.get(key)?;
        let same = |job: &&WrittenJob| job.keys.get(key).is_some_and(|own| own.same(value));
        let given = jobs.iter().all(|job| from_base(job, key, value));
        (jobs.iter().all(same) && !given).then(|| (key, value.clone()))
    });
    shared.collect()
}

/// About so many lines a value takes with its key.
fn lines(value: &Value) -> usize {
    match value.plain() {
        Value::Seq(items) => {
            let item = |item: &Value| match item {
                Value::Str(text) => text.lines().count() + usize::from(text.contains('\n')),
                Value::Map(map) => map.iter().count(),
                _ => 1,
            };
            1 + items.iter().map(item).sum::<usize>()
        }
        Value::Map(map) if map.iter().count() > 2 => 1 + map.iter().count(),
        _ => 1,
    }
}
