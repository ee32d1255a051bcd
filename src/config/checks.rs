//! What must fit together between jobs: stages, needs, dependencies, stop jobs.
//!
//! In: jobs that are well formed each. Out: the same, with `needs` on a parallel job turned into
//! needs on its copies. Facts: `YamlProcessor#validate_job!` (18.11).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::entry::Reader;
use super::model::{Action, Conditions, Job, Need, Open};
use super::value::{Located, Node};
use crate::finding::Code;

/// How many stages a finding lists.
const LISTED: usize = 100;

/// Checks all jobs.
///
/// What an include that is not read may define or move is not missing and not in the wrong place.
pub(super) fn across(
    stages: &mut Vec<Located<String>>,
    open: Option<&Open>,
    jobs: &mut [Job],
    reader: &mut Reader,
) {
    let firm = open.is_none_or(|open| open.firm.contains("stages"));
    if !firm {
        add_stages(stages, jobs);
    }
    let order: HashMap<&str, usize> = stages
        .iter()
        .enumerate()
        .map(|(at, stage)| (stage.as_str(), at))
        .collect();
    let mut listed = None;
    for job in jobs.iter() {
        reader.about(Some(&job.key));
        if !order.contains_key(job.stage.as_str()) && firm && job.is_firm("stage") {
            let listed = listed.get_or_insert_with(|| list(stages));
            let message = format!("there is no stage `{}`; there are {listed}", *job.stage);
            reader.found(Code::UnknownStage, job.stage.place, message);
        }
    }
    let mut copies: HashMap<String, Vec<String>> = HashMap::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    for (index, job) in jobs.iter().enumerate() {
        let key = copies.entry(job.key.clone()).or_default();
        key.push(job.name.clone());
        at.insert(job.name.clone(), index);
    }
    for job in jobs.iter_mut() {
        expand_needs(job, &copies, reader);
    }
    let all = Jobs {
        jobs,
        order,
        at,
        firm,
    };
    for job in jobs.iter() {
        reader.about(Some(&job.key));
        all.needs(job, &copies, reader);
        all.dependencies(job, &copies, reader);
        all.child(job, &copies, reader);
        all.stop(job, reader);
    }
    reader.about(None);
    all.cycles(reader);
}

/// The names of the stages; of very many the first ones.
fn list(stages: &[Located<String>]) -> String {
    let names: Vec<&str> = stages.iter().take(LISTED).map(|one| one.as_str()).collect();
    let names = names.join(", ");
    match stages.len().saturating_sub(LISTED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// `needs: [test]` on a parallel job is one need for each copy; in a rule it is not.
fn expand_needs(job: &mut Job, copies: &HashMap<String, Vec<String>>, reader: &mut Reader) {
    let Some(needs) = &job.needs else {
        return;
    };
    let of = |need: &Need| copies.get(&need.job).filter(|_| !need.elsewhere);
    let is_parallel = |need: &Need| of(need).is_some_and(|names| *names != [&*need.job]);
    if !needs.iter().any(is_parallel) {
        return;
    }
    let count = needs.iter().map(|need| of(need).map_or(1, Vec::len)).sum();
    reader.about(Some(&job.key));
    if !reader.takes(count, job.place) {
        // What follows from it is not reported.
        job.needs = None;
        return;
    }
    let expanded = needs.iter().flat_map(|need| match of(need) {
        Some(names) => {
            let copy = |name: &String| Need {
                job: name.clone(),
                ..need.clone()
            };
            names.iter().map(copy).collect()
        }
        None => vec![need.clone()],
    });
    job.needs = Some(expanded.collect());
}

struct Jobs<'j> {
    jobs: &'j [Job],
    order: HashMap<&'j str, usize>,
    at: HashMap<String, usize>,
    /// Whether the list of stages stays as it is.
    firm: bool,
}

/// Puts stages that only an include can name before `.post`, so that their jobs have a place.
fn add_stages(stages: &mut Vec<Located<String>>, jobs: &[Job]) {
    for job in jobs {
        if !stages.iter().any(|stage| *stage.value == *job.stage.value) {
            let at = stages.len().saturating_sub(1);
            stages.insert(at, job.stage.clone());
        }
    }
}

impl Jobs<'_> {
    fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.get(*self.at.get(name)?)
    }

    /// Whether a job is in a later stage than another, whatever is included.
    fn is_later(&self, later: &Job, than: &Job) -> bool {
        self.stage(later) > self.stage(than)
            && self.firm
            && later.is_firm("stage")
            && than.is_firm("stage")
    }

    fn stage(&self, job: &Job) -> usize {
        self.order.get(job.stage.as_str()).copied().unwrap_or(0)
    }

    /// The lists of needs of a job: its own and those of its rules.
    fn lists(job: &Job) -> impl Iterator<Item = &Arc<[Need]>> {
        let rules = match &job.conditions {
            Conditions::Rules(rules) => rules.as_slice(),
            _ => &[],
        };
        let of_rules = rules.iter().filter_map(|rule| rule.needs.as_ref());
        job.needs.iter().chain(of_rules)
    }

    fn needs(&self, job: &Job, copies: &HashMap<String, Vec<String>>, reader: &mut Reader) {
        for needs in Self::lists(job) {
            let mut seen = HashSet::new();
            for need in needs.iter().filter(|need| !need.elsewhere) {
                let name = &need.job;
                if !seen.insert(name) {
                    let message = format!("`needs` has `{name}` twice");
                    reader.found(Code::DuplicateName, need.place, message);
                }
                if name.chars().count() > 255 {
                    let message = "`needs` has a name of more than 255 characters";
                    reader.found(Code::BadName, need.place, message);
                }
                match self.job(name) {
                    // An optional one may also not exist at all.
                    None if need.optional => {}
                    None => {
                        let copies = copies.get(name).and_then(|names| names.first());
                        let message = match copies {
                            Some(copy) => format!(
                                "`needs` of a rule has `{name}`, which is parallel; a rule needs \
                                 each copy by its name, as in `{copy}`"
                            ),
                            None => format!("`needs` has `{name}`, which does not exist"),
                        };
                        reader.missing_as(Code::UnknownJob, need.place, message);
                    }
                    Some(needed) if self.is_later(needed, job) => {
                        let message = format!("`needs` has `{name}`, which is in a later stage");
                        reader.found(Code::NeedsOrder, need.place, message);
                    }
                    Some(_) => {}
                }
            }
        }
    }

    fn dependencies(&self, job: &Job, copies: &HashMap<String, Vec<String>>, reader: &mut Reader) {
        for dependency in job.dependencies.iter().flatten() {
            self.comes_before("dependencies", dependency, job, copies, reader);
        }
    }

    /// The jobs whose artifacts a child pipeline is made of (`trigger:include:job`).
    fn child(&self, job: &Job, copies: &HashMap<String, Vec<String>>, reader: &mut Reader) {
        let include = job.keys.get("trigger").and_then(|node| node.get("include"));
        for include in include.and_then(Node::as_seq).unwrap_or_default() {
            if let Some(node) = include.get("job")
                && let Some(name) = node.as_str()
            {
                let made_by = Located::new(name.to_owned(), node.place);
                self.comes_before("trigger:include:job", &made_by, job, copies, reader);
            }
        }
    }

    /// A job that another one takes artifacts from exists, in no later stage.
    fn comes_before(
        &self,
        what: &str,
        needed: &Located<String>,
        job: &Job,
        copies: &HashMap<String, Vec<String>>,
        reader: &mut Reader,
    ) {
        let name = needed.as_str();
        let of_key = copies.get(name).and_then(|names| names.first());
        let found = self
            .job(name)
            .or_else(|| of_key.and_then(|name| self.job(name)));
        let message = match found {
            None if reader.is_open() => return,
            None => format!("`{what}` has `{name}`, which does not exist"),
            Some(found) if self.is_later(found, job) => {
                format!("`{what}` has `{name}`, which is in a later stage")
            }
            Some(_) => return,
        };
        reader.report(needed.place, message);
    }

    fn stop(&self, job: &Job, reader: &mut Reader) {
        let Some(environment) = &job.environment else {
            return;
        };
        let Some(on_stop) = &environment.on_stop else {
            return;
        };
        let stop = self.job(on_stop);
        let lacks = |key: &str| stop.is_none_or(|stop| !stop.is_firm(key));
        let lacks_name = lacks("environment") && lacks("environment:name");
        let message = match stop.map(|stop| stop.environment.as_ref()) {
            None | Some(None) if reader.is_open() => return,
            Some(Some(other)) if other.name != environment.name && lacks_name => return,
            Some(Some(other)) if other.action != Action::Stop && lacks("environment:action") => {
                return;
            }
            None => format!("`on_stop` names `{}`, which does not exist", **on_stop),
            Some(None) => format!("`on_stop` names `{}`, which has no environment", **on_stop),
            Some(Some(other)) if other.name != environment.name => format!(
                "`on_stop` names `{}`, which is about another environment, `{}`",
                **on_stop, other.name
            ),
            Some(Some(other)) if other.action != Action::Stop => {
                format!(
                    "`on_stop` names `{}`, which should have `action: stop`",
                    **on_stop
                )
            }
            Some(Some(_)) => return,
        };
        reader.report(on_stop.place, message);
    }

    /// Jobs that wait for each other, which only jobs of one stage can.
    fn cycles(&self, reader: &mut Reader) {
        // 0: not seen, 1: on the way, 2: done.
        let mut state = vec![0_u8; self.jobs.len()];
        for start in 0..self.jobs.len() {
            let mut stack = vec![(start, false)];
            while let Some((at, leaving)) = stack.pop() {
                let (Some(job), Some(mark)) = (self.jobs.get(at), state.get_mut(at)) else {
                    continue;
                };
                if leaving {
                    *mark = 2;
                    continue;
                }
                if *mark != 0 {
                    continue;
                }
                *mark = 1;
                stack.push((at, true));
                let firm = job.is_firm("needs");
                let needs = job.needs.iter().filter(|_| firm);
                let needs = needs.flat_map(|needs| needs.iter());
                for need in needs.filter(|need| !need.elsewhere) {
                    let Some(&next) = self.at.get(&need.job) else {
                        continue;
                    };
                    match state.get(next) {
                        Some(1) => {
                            let message =
                                format!("`{}` and `{}` wait for each other", job.name, need.job);
                            reader.found(Code::NeedsOrder, need.place, message);
                        }
                        _ => stack.push((next, false)),
                    }
                }
            }
        }
    }
}
