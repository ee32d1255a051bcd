//! What a job waits for, before and after.

use std::collections::HashMap;

use super::refs::listed;
use super::{Effect, Kind, Pair};
use crate::config::Job;

/// What changed about a job's place in the pipeline. A need whose job has only got another name is
/// no change.
pub(super) fn of(pair: &Pair<'_>, renamed: &HashMap<&str, &Job>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let (before, after) = (pair.before, pair.after);
    if before.stage.value != after.stage.value {
        let text = format!(
            "moves from stage `{}` to stage `{}`",
            before.stage.value, after.stage.value
        );
        effects.push(Effect::of(after, Kind::Order, text));
    }
    let text = match (&before.needs, &after.needs) {
        (None, None) => None,
        (None, Some(new)) => {
            let names: Vec<String> = new.iter().map(|need| format!("`{}`", need.job)).collect();
            Some(match names.is_empty() {
                true => "now starts at once; it waited for all earlier stages".to_owned(),
                false => format!(
                    "now waits for {} only; it waited for all earlier stages",
                    listed(&names)
                ),
            })
        }
        (Some(_), None) => Some("now waits for all earlier stages".to_owned()),
        (Some(old), Some(new)) => {
            let now_called = |name: &str| {
                let found = renamed.iter().find(|(_, before)| before.name == name);
                found.map_or(name, |(now, _)| now).to_owned()
            };
            let old: Vec<String> = old.iter().map(|need| now_called(&need.job)).collect();
            let new: Vec<String> = new.iter().map(|need| need.job.clone()).collect();
            let without = |these: &[String], others: &[String]| -> Vec<String> {
                let left = these.iter().filter(|name| !others.contains(name));
                left.map(|name| format!("`{name}`")).collect()
            };
            let (come, gone) = (without(&new, &old), without(&old, &new));
            match (come.is_empty(), gone.is_empty()) {
                (true, true) => None,
                (false, true) => Some(format!("now also waits for {}", listed(&come))),
                (true, false) => Some(format!("no longer waits for {}", listed(&gone))),
                (false, false) => Some(format!(
                    "now waits for {} instead of {}",
                    listed(&come),
                    listed(&gone)
                )),
            }
        }
    };
    effects.extend(text.map(|text| Effect::of(after, Kind::Order, text)));
    let attributes = |needs: &Option<Vec<crate::config::Need>>| -> Vec<(String, bool, bool)> {
        let needs = needs.iter().flatten();
        needs
            .map(|need| (need.job.clone(), need.artifacts, need.optional))
            .collect()
    };
    for (job, artifacts, optional) in attributes(&after.needs) {
        let was = attributes(&before.needs)
            .into_iter()
            .find(|(name, ..)| *name == job);
        let Some((_, had, could)) = was else {
            continue;
        };
        if had != artifacts {
            let text = match artifacts {
                true => format!("now gets the artifacts of `{job}`"),
                false => format!("no longer gets the artifacts of `{job}`"),
            };
            effects.push(Effect::of(after, Kind::Order, text));
        }
        if could != optional {
            let text = match optional {
                true => format!("does without `{job}` where that is not in the pipeline"),
                false => format!("now cannot be where `{job}` is not"),
            };
            effects.push(Effect::of(after, Kind::Order, text));
        }
    }
    effects
}
