//! The classes of pipelines that conditions tell apart.
//!
//! In: what they compare. Out: a [`Situation`] of each class, the simple ones first: each ref that the
//! conditions name or match, and one that none is about; protected or not, with an open merge
//! request or without, started in each way, where conditions ask for that; with each value that
//! they compare a variable with, with another one and with none; with and without the files that
//! `changes` asks for. Always holds: variables that no situation sets are not set; the number of
//! situations is bounded, and what every ref has in common comes first.

use std::collections::BTreeSet;

use super::kinds::{Compared, names, other};
use super::situation::{Changed, Situation, Trigger};
use super::{predefined, sample};
use crate::gitlab::expression::Lookup;
use crate::gitlab::regex::Pattern;

/// Most decisions that are worth the time: classes times jobs.
const DECISIONS: usize = 300_000;
/// Most and fewest classes, and most refs.
const MOST: usize = 4_096;
const FEWEST: usize = 48;
const REFS: usize = 1_024;
/// Most pairs of a branch and one that it is merged into; beyond it each is paired once.
const PAIRS: usize = 256;
/// Most patterns that are combined in pairs, to have a name that both match.
const COMBINED: usize = 8;
/// Most combinations of values of variables; beyond it they are tried one by one.
const COMBINATIONS: usize = 64;
/// A value that no condition compares with, as far as that can be had.
const SOMETHING_ELSE: &str = "something-else";
/// A file that no glob asks for, as far as that can be had.
const UNASKED: &str = "no-such-path/windlass";

/// The variables that are no circumstance of their own: refs and triggers give them.
const OF_THE_REF: [&str; 3] = [
    "CI_COMMIT_REF_PROTECTED",
    "CI_OPEN_MERGE_REQUESTS",
    "CI_DEFAULT_BRANCH",
];

/// Everything about a pipeline save its ref.
#[derive(Clone, Default)]
struct Circumstance {
    variables: Vec<(String, String)>,
    changed: Changed,
}

/// The classes of a configuration.
#[derive(Debug)]
pub struct Classes {
    /// A situation of each.
    pub situations: Vec<Situation>,
    /// Whether these are all of them: there are fewer where there are many jobs.
    pub complete: bool,
}

/// The classes of what is compared, for so many jobs.
pub fn classes(compared: &Compared, jobs: usize) -> Classes {
    let most = (DECISIONS / jobs.max(1)).clamp(FEWEST, MOST);
    let (refs, mut complete) = refs(compared, most.min(REFS));
    let circumstances = circumstances(compared);
    let mut situations = Vec::new();
    // Each ref first, then each circumstance on the first refs.
    let mut all = circumstances
        .iter()
        .flat_map(|circumstance| refs.iter().map(move |reference| (circumstance, reference)));
    for (circumstance, reference) in all.by_ref().take(most) {
        let mut one = reference.clone();
        one.closed = true;
        one.variables = circumstance.variables.iter().cloned().collect();
        one.changed = circumstance.changed.clone();
        situations.push(one);
    }
    complete &= all.next().is_none();
    Classes {
        situations,
        complete,
    }
}

/// The default branch of a project whose configuration says nothing of it: `main`, as GitLab
/// names it, or `master` where that alone is named.
fn default_branch(compared: &Compared) -> &'static str {
    let named = |name| compared.branches.contains(name) || compared.targets.contains(name);
    match named("master") && !named("main") {
        true => "master",
        false => "main",
    }
}

/// Every ref, started in every way, and whether these are all.
fn refs(compared: &Compared, most: usize) -> (Vec<Situation>, bool) {
    let default = default_branch(compared);
    let taken: BTreeSet<String> = compared
        .branches
        .union(&compared.sources)
        .cloned()
        .chain([default.to_owned()])
        .collect();
    let feature = other(&["feature", "topic-1", "zz"], &taken);
    let mut branches = vec![feature.to_owned(), default.to_owned()];
    branches.extend(named_and_combined(&compared.branches));
    let mut tags = vec![other(&["v1.2.3", "some-tag", "zz"], &compared.tags).to_owned()];
    tags.extend(named_and_combined(&compared.tags));
    let mut targets = vec![default.to_owned()];
    targets.extend(named_and_combined(&compared.targets));
    let asks = |name: &str| compared.variables.contains(name);
    let mut all = Vec::new();
    for branch in &branches {
        all.push(Situation::branch(branch));
    }
    all.extend(tags.iter().map(Situation::tag));
    if asks("CI_OPEN_MERGE_REQUESTS") {
        all.extend(branches.iter().map(|branch| Situation {
            open_merge_request: Some(true),
            ..Situation::branch(branch)
        }));
    }
    let sources = named_and_combined(&compared.sources);
    let sources: Vec<String> = branches.iter().cloned().chain(sources).collect();
    let few = sources.len().saturating_mul(targets.len()) <= PAIRS;
    for (at, source) in sources.iter().enumerate() {
        // The first source goes everywhere, and every other one where it may.
        let anywhere = few || at == 0;
        let there = targets.iter().filter(|target| *target != source);
        let there = there.take(if anywhere { usize::MAX } else { 1 });
        // The default branch itself is merged into some other one.
        let there: Vec<&str> = match there.clone().next() {
            Some(_) => there.map(String::as_str).collect(),
            None => vec![feature],
        };
        for target in there {
            all.push(Situation::merge_request(source, target));
        }
    }
    all.push(Situation::schedule(default));
    for trigger in compared.triggers.iter().map(|word| Trigger::parse(word)) {
        if matches!(trigger, Trigger::Push | Trigger::MergeRequest) {
            continue;
        }
        let branches = branches.iter().map(Situation::branch);
        for one in branches.chain(tags.iter().map(Situation::tag)) {
            let trigger = trigger.clone();
            all.push(Situation { trigger, ..one });
        }
    }
    let mut known: Vec<Situation> = Vec::new();
    for one in all {
        let one = one.with_default_branch(default);
        let protected = match (asks("CI_COMMIT_REF_PROTECTED"), one.protected) {
            (true, None) => vec![Some(true), Some(false)],
            (_, protected) => vec![protected],
        };
        for protected in protected {
            let one = Situation {
                protected,
                ..one.clone()
            };
            if !known.contains(&one) {
                known.push(one);
            }
        }
        if known.len() >= most {
            return (known, false);
        }
    }
    (known, true)
}

/// A name for each name and pattern, and for two patterns that one name can match.
fn named_and_combined(of: &BTreeSet<String>) -> Vec<String> {
    let mut found: Vec<String> = names(of).collect();
    let patterns: Vec<Pattern> = of
        .iter()
        .filter_map(|one| super::kinds::pattern(one))
        .take(COMBINED)
        .collect();
    for (at, one) in patterns.iter().enumerate() {
        for other in patterns.iter().skip(at + 1) {
            let both = sample::matching_both(one, other);
            found.extend(both.filter(|name| !found.contains(name)));
        }
    }
    found
}

/// What else can be different: values of variables, and the files that changed. The first is the
/// plain one.
fn circumstances(compared: &Compared) -> Vec<Circumstance> {
    let choices: Vec<(&str, Vec<Option<String>>)> = compared
        .literals
        .iter()
        .filter_map(|(name, literals)| Some((name.as_str(), values(name, literals)?)))
        .collect();
    let combinations = choices
        .iter()
        .fold(1usize, |all, (_, values)| all.saturating_mul(values.len()));
    let plain: Vec<(String, String)> = choices
        .iter()
        .filter_map(|(name, values)| pair(name, values.first()?.as_ref()))
        .collect();
    let mut variables = vec![plain.clone()];
    if combinations <= COMBINATIONS {
        variables = vec![Vec::new()];
        for (name, values) in &choices {
            variables = values
                .iter()
                .flat_map(|value| {
                    variables.iter().map(move |before| {
                        let mut now = before.clone();
                        now.extend(pair(name, value.as_ref()));
                        now
                    })
                })
                .collect();
        }
    } else {
        for (name, values) in &choices {
            for value in values.iter().skip(1) {
                let mut now = plain.clone();
                now.retain(|(known, _)| known != name);
                now.extend(pair(name, value.as_ref()));
                variables.push(now);
            }
        }
    }
    let mut all = Vec::new();
    for changed in changes(compared) {
        for variables in &variables {
            all.push(Circumstance {
                variables: variables.clone(),
                changed: changed.clone(),
            });
        }
    }
    all
}

fn pair(name: &str, value: Option<&String>) -> Option<(String, String)> {
    Some((name.to_owned(), value?.clone()))
}

/// The values to try of a variable, `None` for none; nothing if GitLab sets it from the ref.
fn values(name: &str, literals: &BTreeSet<String>) -> Option<Vec<Option<String>>> {
    if OF_THE_REF.contains(&name) {
        return None;
    }
    let may_be_unset = match predefined::look_up(&Situation::branch("x"), name) {
        None => !name.starts_with("CI_") && !name.starts_with("GITLAB_"),
        Some(Lookup::Unknown) => true,
        // What always has a value is asked about only if it is compared with one.
        Some(Lookup::Filled) if !literals.is_empty() => false,
        Some(Lookup::Filled | Lookup::Set(_) | Lookup::Unset) => return None,
    };
    let mut values: Vec<Option<String>> = Vec::new();
    if may_be_unset {
        values.push(None);
    }
    values.push(Some(SOMETHING_ELSE.to_owned()));
    values.extend(names(literals).map(Some));
    Some(values)
}

/// What may have changed: nothing that a glob asks for, what each list asks for, all of it.
fn changes(compared: &Compared) -> Vec<Changed> {
    if compared.changes.is_empty() {
        return vec![Changed::Unknown];
    }
    let asked: Vec<String> = compared
        .changes
        .iter()
        .filter_map(|globs| globs.iter().find_map(|glob| sample::path(glob)))
        .collect();
    let mut all = vec![Changed::Paths(asked.clone())];
    all.push(Changed::Paths(vec![UNASKED.to_owned()]));
    if asked.len() > 1 {
        all.extend(asked.into_iter().map(|one| Changed::Paths(vec![one])));
    }
    all
}
