//! What can be different on one ref: the values of variables, the files that changed, a cluster.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::compared::{Asked, Choice, Compared};
use super::links::Linked;
use super::text::{Answers, Question, Space};
use super::{LeftOut, sample};
use crate::gitlab::expression::Lookup;
use crate::gitlab::glob;
use crate::plan::predefined::{self, is_free};
use crate::plan::situation::{Changed, Situation};

/// Fewest combinations that are tried in full, whatever the number of refs.
const FEWEST: usize = 16;
/// Most combinations of what decides one job.
const OF_A_JOB: usize = 64;
/// Most lists of globs of which a file is changed: each job is asked about all of these files.
const LISTS: usize = 500;
/// Values that no condition compares with, as far as that can be had.
const OTHERS: [&str; 2] = ["something-else", "another-value"];
/// A file that no glob asks for, as far as that can be had.
const UNASKED: &str = "no-such-path/windlass";

/// Everything about a pipeline save its ref.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Circumstance {
    pub(super) variables: Vec<(String, String)>,
    pub(super) changed: Changed,
    pub(super) kubernetes: Option<bool>,
}

/// Something that may be chosen.
struct Free {
    choice: Choice,
    /// The values; of `changes` a path that its globs match, and none.
    values: Vec<Option<String>>,
}

/// What is chosen, by the number of each value.
type Chosen = Vec<usize>;

/// Every circumstance, the plain one first.
pub(super) fn circumstances(
    compared: &Compared,
    refs: &[Situation],
    most: usize,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Circumstance> {
    let linked = compared.linked_texts(refs);
    let mut free: Vec<Free> = compared
        .variables
        .iter()
        .filter_map(|(name, asked)| variable(name, asked, &linked, refs, left_out))
        .collect();
    if compared.changes.len() > LISTS {
        left_out.push(LeftOut::TooMany(most));
    }
    let shared = shared_globs(compared);
    for globs in compared.changes.iter().take(LISTS) {
        // A file that few lists ask for tells them apart.
        let mut own: Vec<&String> = globs.iter().collect();
        own.sort_by_key(|glob| shared.get(glob.as_str()));
        match own.into_iter().find_map(|glob| sample::path(glob)) {
            Some(path) => free.push(Free {
                choice: Choice::Changes(globs.clone()),
                values: vec![Some(path), None],
            }),
            None => left_out.extend(globs.first().cloned().map(LeftOut::Glob)),
        }
    }
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    let mut touched = Touched::of(compared);
    for chosen in combinations(&free, compared, most / refs.len().max(1), most, left_out) {
        for kubernetes in match compared.kubernetes {
            true => vec![Some(true), Some(false)],
            false => vec![None],
        } {
            let one = circumstance(&free, &chosen, kubernetes, compared);
            let distinct = (one.variables.clone(), kubernetes, touched.by(&one.changed));
            if seen.insert(distinct) {
                all.push(one);
            }
        }
    }
    all
}

/// How many lists each glob is in.
fn shared_globs(compared: &Compared) -> HashMap<&str, usize> {
    let mut lists: HashMap<&str, usize> = HashMap::new();
    for glob in compared.changes.iter().take(LISTS).flatten() {
        *lists.entry(glob).or_default() += 1;
    }
    lists
}

/// Which lists of globs ask for which changed files.
struct Touched<'c> {
    compared: &'c Compared,
    by_path: HashMap<String, Vec<usize>>,
}

impl<'c> Touched<'c> {
    fn of(compared: &'c Compared) -> Self {
        Self {
            compared,
            by_path: HashMap::new(),
        }
    }

    /// The lists that ask for a changed file, by their number.
    fn by(&mut self, changed: &Changed) -> BTreeSet<usize> {
        let Changed::Paths(paths) = changed else {
            return BTreeSet::new();
        };
        let lists = self.compared.changes.iter().take(LISTS);
        let mut all = BTreeSet::new();
        for path in paths {
            let touched = self.by_path.entry(path.clone()).or_insert_with(|| {
                let matches = |globs: &[String]| globs.iter().any(|glob| glob::matches(glob, path));
                let lists = lists.clone().enumerate();
                let touched = lists.filter(|(_, globs)| matches(globs));
                touched.map(|(at, _)| at).collect()
            });
            all.extend(touched.iter().copied());
        }
        all
    }
}

fn circumstance(
    free: &[Free],
    chosen: &Chosen,
    kubernetes: Option<bool>,
    compared: &Compared,
) -> Circumstance {
    let mut variables = Vec::new();
    let mut paths = Vec::new();
    for (one, chosen) in free.iter().zip(chosen) {
        let Some(Some(value)) = one.values.get(*chosen) else {
            continue;
        };
        match &one.choice {
            Choice::Variable(name) => variables.push((name.clone(), value.clone())),
            Choice::Changes(_) => paths.push(value.clone()),
        }
    }
    let changed = match (compared.changes.is_empty(), paths.is_empty()) {
        (true, _) => Changed::Unknown,
        (false, true) => Changed::Paths(vec![UNASKED.to_owned()]),
        (false, false) => Changed::Paths(paths),
    };
    Circumstance {
        variables,
        changed,
        kubernetes,
    }
}

/// All combinations if there are few. If not, all of what is not a changed file, with every combination of any
/// three lists of globs; else each value by itself. Always those of what decides each job together with the
/// jobs that it needs.
fn combinations(
    free: &[Free],
    compared: &Compared,
    few: usize,
    most: usize,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Chosen> {
    let plain: Chosen = vec![0; free.len()];
    let everything: Vec<usize> = (0..free.len()).collect();
    if let Some(all) = product(free, &everything, &plain, few.max(FEWEST)) {
        return all;
    }
    let of_lists = by_threes(free, &plain, few.max(FEWEST));
    let mut is_whole = of_lists.is_some();
    let mut all = of_lists.unwrap_or_else(|| vec![plain.clone()]);
    let mut seen: HashSet<Chosen> = all.iter().cloned().collect();
    let mut add = |found: Vec<Chosen>, all: &mut Vec<Chosen>| {
        for chosen in found {
            if all.len() < most && seen.insert(chosen.clone()) {
                all.push(chosen);
            }
        }
    };
    for at in &everything {
        let alone = product(free, &[*at], &plain, usize::MAX);
        add(alone.unwrap_or_default(), &mut all);
    }
    // None of the files that any `changes` asks for.
    let mut untouched = plain.clone();
    for (chosen, one) in untouched.iter_mut().zip(free) {
        if matches!(one.choice, Choice::Changes(_)) {
            *chosen = 1;
        }
    }
    let only = |at: usize| {
        let mut one = untouched.clone();
        if let Some(chosen) = one.get_mut(at) {
            *chosen = 0;
        }
        one
    };
    let alone: Vec<Chosen> = everything
        .iter()
        .filter(|at| {
            let one = free.get(**at);
            one.is_some_and(|one| matches!(one.choice, Choice::Changes(_)))
        })
        .map(|at| only(*at))
        .collect();
    add(vec![untouched], &mut all);
    add(alone, &mut all);
    for group in &compared.together {
        let own: Vec<usize> = everything
            .iter()
            .copied()
            .filter(|at| free.get(*at).is_some_and(|one| group.contains(&one.choice)))
            .collect();
        let together = product(free, &own, &plain, OF_A_JOB);
        is_whole &= together.is_some();
        add(together.unwrap_or_default(), &mut all);
    }
    if !is_whole {
        left_out.push(LeftOut::TooMany(most));
    }
    all
}

/// Every combination of what is not a changed file; with each, files of all lists, of none, of one, and of all
/// but one: any three lists are in every combination. Nothing if these are more than so many.
fn by_threes(free: &[Free], plain: &Chosen, most: usize) -> Option<Vec<Chosen>> {
    let is_list = |at: &usize| {
        let one = free.get(*at);
        one.is_some_and(|one| matches!(one.choice, Choice::Changes(_)))
    };
    let (lists, others): (Vec<usize>, Vec<usize>) = (0..free.len()).partition(is_list);
    let others = product(free, &others, plain, most)?;
    if others.len().saturating_mul(2 * lists.len() + 2) > most {
        return None;
    }
    let mut all = Vec::new();
    for chosen in others {
        let mut none = chosen.clone();
        for at in &lists {
            *none.get_mut(*at)? = 1;
        }
        for at in &lists {
            let (mut one, mut but_one) = (none.clone(), chosen.clone());
            *one.get_mut(*at)? = 0;
            *but_one.get_mut(*at)? = 1;
            all.extend([one, but_one]);
        }
        all.extend([chosen, none]);
    }
    // The plain one is the first of all.
    all.sort_by_key(|chosen| chosen.iter().filter(|value| **value > 0).count());
    Some(all)
}

/// Every combination of the values of some of them, the others plain; nothing if there are more than so many.
fn product(free: &[Free], of: &[usize], plain: &Chosen, most: usize) -> Option<Vec<Chosen>> {
    let mut all = vec![plain.clone()];
    for at in of {
        let values = free.get(*at)?.values.len();
        if all.len().saturating_mul(values) > most {
            return None;
        }
        let mut next = Vec::with_capacity(all.len() * values);
        for value in 0..values {
            for chosen in &all {
                let mut chosen = chosen.clone();
                if let Some(slot) = chosen.get_mut(*at) {
                    *slot = value;
                }
                next.push(chosen);
            }
        }
        all = next;
    }
    Some(all)
}

/// The values to try of a variable, `None` for what the file says or none; nothing if GitLab sets it
/// wherever a pipeline runs, or in jobs alone.
fn variable(
    name: &str,
    asked: &Asked,
    linked: &Linked<'_>,
    refs: &[Situation],
    left_out: &mut Vec<LeftOut>,
) -> Option<Free> {
    if predefined::is_of_the_ref(name) || predefined::is_of_the_job(name) {
        return None;
    }
    let somewhere = refs.iter().find(|one| is_free(one, name))?;
    let look_up = predefined::look_up(somewhere, name);
    let is_filled = look_up == Some(Lookup::Filled);
    let mut questions = asked.questions.clone();
    if is_filled && questions == Default::default() && !asked.used.value {
        return None;
    }
    if asked.used.value {
        let linked = linked.get(name).into_iter().flat_map(|texts| texts.iter());
        questions.own.extend(linked.cloned().map(Question::Is));
    }
    let texts: Vec<String> = match predefined::domain(name) {
        Some(domain) => domain.iter().map(|text| (*text).to_owned()).collect(),
        None => {
            let [first, last] = OTHERS;
            let texts = questions.told_apart(Space::Value, &[first.to_owned()], &[last]);
            left_out.extend(texts.unfound.into_iter().map(LeftOut::Pattern));
            if !texts.complete {
                left_out.push(LeftOut::Combinations);
            }
            let mut texts = texts.texts;
            if asked.used.value {
                texts.push(last.to_owned());
            }
            texts
        }
    };
    let mut candidates: Vec<Option<String>> = Vec::new();
    if !is_filled {
        candidates.push(None);
    }
    candidates.extend(texts.into_iter().map(Some));
    if !is_filled && predefined::domain(name).is_none() {
        candidates.extend(["", " "].map(|blank| Some(blank.to_owned())));
    }
    let given = !asked.given.is_empty();
    let mut seen: BTreeMap<(u8, Answers, Option<String>), ()> = BTreeMap::new();
    let own = |value: &Option<String>| {
        let text = value.as_deref();
        // What the file says is a class of its own.
        let of_file = given && text.is_none();
        let kind = match text {
            _ if of_file => 4,
            None if asked.used.kind => 1,
            None => 2,
            Some(text) if !text.trim().is_empty() && (asked.used.filled || asked.used.kind) => 3,
            Some(_) if asked.used.kind => 0,
            Some(_) => 2,
        };
        let answers = match text {
            Some(text) => questions.answers(text),
            None => questions.answers_unset(),
        };
        (kind, answers, value.clone().filter(|_| asked.used.value))
    };
    candidates.retain(|value| seen.insert(own(value), ()).is_none());
    (candidates.len() > 1 || candidates.first().is_some_and(Option::is_some)).then(|| Free {
        choice: Choice::Variable(name.to_owned()),
        values: candidates,
    })
}
