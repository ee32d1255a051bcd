//! Variables that refer to each other in a ring.
//!
//! In: a job and what its variables are worth. Out: the names of a ring, if there is one. GitLab
//! then creates no pipeline in which the job is: "circular variable reference detected". Always
//! holds: a variable that refers to itself makes no ring, and neither does one with
//! `expand: false`; variables of a job's own rules do not count.
//!
//! Facts: `Seed::Build#variable_expansion_errors`, `Variables::Collection::Sort` (18.11).

use std::borrow::Cow;
use std::collections::HashSet;

use indexmap::IndexMap;

use super::scope::Scope;
use crate::config::Job;
use crate::gitlab::variables::references;

/// The first ring of a job's variables, in the order in which they refer to each other.
pub(super) fn ring(scope: &Scope<'_>, job: &Job) -> Option<Vec<String>> {
    // What refers to nothing is in no ring.
    let variables = scope.referring(job);
    let mut done: HashSet<&str> = HashSet::new();
    let mut starts = variables.keys().copied();
    starts.find_map(|start| from(start, &variables, &mut done))
}

/// A ring that can be reached from a variable; what was looked through goes to `done`.
fn from<'v>(
    start: &'v str,
    variables: &'v IndexMap<&'v str, Cow<'v, str>>,
    done: &mut HashSet<&'v str>,
) -> Option<Vec<String>> {
    let edges = |name: &str| {
        let value = variables.get(name).map_or("", |value| value);
        references(value).collect::<Vec<&'v str>>().into_iter()
    };
    // The way to where we are, with what is still to be followed there.
    let mut way = vec![(start, edges(start))];
    let mut on_way = HashSet::from([start]);
    while let Some((name, following)) = way.last_mut() {
        let name = *name;
        match following.next() {
            None => {
                done.insert(name);
                on_way.remove(name);
                way.pop();
            }
            Some(next) if next == name || done.contains(next) => {}
            Some(next) if on_way.contains(next) => {
                let ring = way.iter().skip_while(|(seen, _)| *seen != next);
                return Some(ring.map(|(name, _)| (*name).to_owned()).collect());
            }
            Some(next) => {
                on_way.insert(next);
                way.push((next, edges(next)));
            }
        }
    }
    None
}
