//! Variables that refer to each other in a ring.
//!
//! In: a job and what its variables are worth. Out: the names of a ring, if there is one. GitLab
//! then creates no pipeline in which the job is: "circular variable reference detected". Always
//! holds: a variable that refers to itself makes no ring, and neither does one with
//! `expand: false`; variables of a job's own rules do not count.
//!
//! Facts: `Seed::Build#variable_expansion_errors`, `Variables::Collection::Sort` (18.11).

use std::collections::HashSet;

use super::scope::Scope;
use crate::config::Job;
use crate::gitlab::variables::references;

/// The first ring of a job's variables, in the order in which they refer to each other.
pub(super) fn ring<'s>(scope: &Scope<'s>, job: &'s Job) -> Option<Vec<String>> {
    let own = || job.variables.keys().map(String::as_str);
    // A ring is among what all jobs inherit, or goes through one of the job's own variables: there may be
    // thousands of the former.
    if !scope.inherits_ring() {
        among(scope, Some(job), own())?;
    }
    among(scope, Some(job), scope.inherited().chain(own()))
}

/// A ring that can be reached from these variables.
pub(super) fn among<'s>(
    scope: &Scope<'s>,
    job: Option<&'s Job>,
    mut starts: impl Iterator<Item = &'s str>,
) -> Option<Vec<String>> {
    let text = |name: &str| scope.referring(job, name);
    let mut done: HashSet<&str> = HashSet::new();
    // What refers to nothing is in no ring.
    starts.find_map(|start| from(start, text(start)?, &text, &mut done))
}

/// A ring that can be reached from a variable; what was looked through goes to `done`.
fn from<'s>(
    start: &'s str,
    text: &'s str,
    text_of: &dyn Fn(&str) -> Option<&'s str>,
    done: &mut HashSet<&'s str>,
) -> Option<Vec<String>> {
    if done.contains(start) {
        return None;
    }
    // The way to where we are, with what is still to be followed there.
    let mut way: Vec<(&str, Box<dyn Iterator<Item = &'s str> + 's>)> =
        vec![(start, Box::new(references(text)))];
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
            Some(next) => match text_of(next) {
                Some(text) => {
                    on_way.insert(next);
                    way.push((next, Box::new(references(text))));
                }
                None => {
                    done.insert(next);
                }
            },
        }
    }
    None
}
