//! Which bases a job merges, and what it still has to write itself.
//!
//! In: the bases and jobs of a document. Out: for every job the bases to merge and the remaining
//! [`Field`]s. Always holds: a base is merged only if the merge, which is shallow as YAML's is,
//! and the remaining fields together give exactly the planned job; and only if two jobs or more
//! merge it.

use std::collections::{BTreeSet, HashMap};

use super::{Reason, RenderError};
use crate::pipeline::{Base, BaseId, Document, Mapping, Value, WrittenJob};

/// A key that is written, with its value.
#[derive(Debug)]
pub(super) struct Field<'a> {
    pub(super) key: &'a str,
    pub(super) content: Content<'a>,
}

/// What stands under a key.
#[derive(Debug)]
pub(super) enum Content<'a> {
    /// The whole value.
    Whole(&'a Value),
    /// A merge of the mapping under the same key of a base, and what differs from it.
    Extending {
        base: usize,
        rest: Vec<(&'a str, &'a Value)>,
    },
}

/// One job after merging.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    pub(super) job: &'a WrittenJob,
    /// Indices of the bases that it merges; the first one wins.
    pub(super) bases: Vec<usize>,
    /// What it writes itself, in order.
    pub(super) fields: Vec<Field<'a>>,
}

/// All jobs after merging.
#[derive(Debug)]
pub(super) struct Merges<'a> {
    /// The jobs in the order of the document.
    pub(super) jobs: Vec<Merged<'a>>,
    /// Base and key of the mappings that jobs extend.
    pub(super) extended: BTreeSet<(usize, &'a str)>,
    /// Whether a base, by index, is merged by any job.
    pub(super) used: Vec<bool>,
}

/// Decides about every base and every job.
pub(super) fn plan(document: &Document) -> Result<Merges<'_>, RenderError> {
    let bases = &document.bases;
    let mut by_id = HashMap::new();
    for (index, base) in bases.iter().enumerate() {
        if by_id.insert(base.id, index).is_some() {
            return Err(RenderError::new(base.id.to_string(), Reason::SameName));
        }
    }
    let mut jobs = Vec::new();
    for job in document.sections.iter().flat_map(|section| &section.jobs) {
        jobs.push((job, possible(job, bases, &by_id)?));
    }
    // Without a base of a single user another one may win a key, so this repeats until it rests.
    let mut used = vec![true; bases.len()];
    let chosen = loop {
        let chosen: Vec<Vec<usize>> = jobs
            .iter()
            .map(|(job, possible)| useful(job, possible, bases, &used))
            .collect();
        let mut users = vec![0_usize; bases.len()];
        for index in chosen.iter().flatten() {
            if let Some(count) = users.get_mut(*index) {
                *count += 1;
            }
        }
        let still: Vec<bool> = users.iter().map(|&count| count >= 2).collect();
        if still == used {
            break chosen;
        }
        used = still;
    };
    let mut extended = BTreeSet::new();
    let jobs = jobs
        .into_iter()
        .zip(chosen)
        .map(|((job, _), chosen)| merged(job, chosen, bases, &mut extended))
        .collect();
    Ok(Merges {
        jobs,
        extended,
        used,
    })
}

/// The bases of a job that bring no key along which the job must not have.
fn possible(
    job: &WrittenJob,
    bases: &[Base],
    by_id: &HashMap<BaseId, usize>,
) -> Result<Vec<usize>, RenderError> {
    let mut possible = Vec::new();
    for id in &job.bases {
        let base = by_id
            .get(id)
            .and_then(|&index| Some((index, bases.get(index)?)));
        let Some((index, base)) = base else {
            return Err(RenderError::new(&job.name, Reason::UnknownBase));
        };
        let covered = base.keys.iter().all(|(key, _)| job.keys.get(key).is_some());
        if covered && !possible.contains(&index) {
            possible.push(index);
        }
    }
    Ok(possible)
}

/// Those of the possible bases that save the job more keys than it says again.
fn useful(job: &WrittenJob, possible: &[usize], bases: &[Base], used: &[bool]) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for &index in possible {
        let Some(base) = bases.get(index) else {
            continue;
        };
        // A base of which the job says most again is none.
        let (mut saved, mut said_again) = (0, 0);
        for (key, value) in base.keys.iter() {
            if provider(key, &chosen, bases).is_some() {
                continue;
            }
            match job.keys.get(key) {
                Some(own) if own.same(value) || rest_of(own, value).is_some() => saved += 1,
                Some(_) => said_again += 1,
                None => {}
            }
        }
        if saved > said_again && used.get(index).copied().unwrap_or(false) {
            chosen.push(index);
        }
    }
    chosen
}

/// The base that a merge of `chosen` takes a key from, and the value.
fn provider<'a>(key: &str, chosen: &[usize], bases: &'a [Base]) -> Option<(usize, &'a Value)> {
    chosen
        .iter()
        .find_map(|&index| Some((index, bases.get(index)?.keys.get(key)?)))
}

/// The entries of a mapping that differ from a base's mapping, if the base's keys are all there
/// and at least one of them with the base's value.
fn rest_of<'a>(own: &'a Value, base: &Value) -> Option<Vec<(&'a str, &'a Value)>> {
    let (Value::Map(own), Value::Map(base)) = (own, base) else {
        return None;
    };
    let covered = base.iter().all(|(key, _)| own.get(key).is_some());
    let rest = differing(own, base);
    (covered && rest.len() < own.len()).then_some(rest)
}

fn differing<'a>(own: &'a Mapping, base: &Mapping) -> Vec<(&'a str, &'a Value)> {
    own.iter()
        .filter(|(key, value)| !base.get(key).is_some_and(|base| base.same(value)))
        .collect()
}

fn merged<'a>(
    job: &'a WrittenJob,
    chosen: Vec<usize>,
    bases: &[Base],
    extended: &mut BTreeSet<(usize, &'a str)>,
) -> Merged<'a> {
    let mut fields = Vec::new();
    for (key, value) in job.keys.iter() {
        let content = match provider(key, &chosen, bases) {
            Some((_, from)) if from.same(value) => continue,
            Some((base, from)) => rest_of(value, from).map(|rest| (base, rest)),
            None => None,
        };
        let content = match content {
            Some((base, rest)) => {
                extended.insert((base, key));
                Content::Extending { base, rest }
            }
            None => Content::Whole(value),
        };
        fields.push(Field { key, content });
    }
    Merged {
        job,
        bases: chosen,
        fields,
    }
}
