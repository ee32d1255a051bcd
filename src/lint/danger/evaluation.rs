//! Text that outsiders write is never run as code.
//!
//! Facts: a script's variables are its environment, so `"$CI_COMMIT_TITLE"` is one argument whatever it
//! holds; what [`code`](super::code) finds is read a second time. Git takes names of branches as `a$(id)`
//! (`git check-ref-format`, 2.51).

use std::collections::HashSet;

use super::code::evaluated;
use crate::config::Job;
use crate::finding::{Code, Finding};
use crate::gitlab::shell::commands::{Part, Word};
use crate::gitlab::variables::names;
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;
use crate::plan::{Presence, Ref};

/// Names of branches, which whoever pushes one chooses.
const BRANCHES: [&str; 5] = [
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_BUILD_REF_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
];
/// Text of commits and merge requests.
const TEXTS: [&str; 7] = [
    "CI_COMMIT_MESSAGE",
    "CI_COMMIT_TITLE",
    "CI_COMMIT_DESCRIPTION",
    "CI_COMMIT_AUTHOR",
    "CI_MERGE_REQUEST_TITLE",
    "CI_MERGE_REQUEST_DESCRIPTION",
    "GITLAB_USER_NAME",
];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    for script in lint.scripts().iter() {
        for found in evaluated(&script.text, &script.commands) {
            let (name, range) = (&found.name, &found.range);
            let jobs = script.jobs.iter().copied();
            let jobs = jobs.filter_map(|at| Some((at, config.jobs.get(at)?)));
            let mut outside = jobs.filter_map(|(at, job)| {
                let from = origin(lint, at, job, name)?;
                reaches(lint, at, from).then_some(from)
            });
            let Some(from) = outside.next() else { continue };
            let subject = format!("{:?} {name} {}", script.place, range.start);
            if !lint.is_new(Code::ScriptInjection, &subject) {
                continue;
            }
            let whose = match BRANCHES.contains(&from) {
                true => "whoever pushes a branch",
                false => "whoever writes a commit or a merge request",
            };
            let reader = &found.reader;
            let message = format!("{reader} runs `${name}` as code, which {whose} chooses");
            let place = script.at(range, &config.sources);
            let mut finding = Finding::new(Code::ScriptInjection, place, message);
            if from != name {
                finding = finding.help(format!("`${name}` holds `${from}`"));
            }
            lint.push(finding.help(
                "hand it over as an argument or in the environment: `sh -c '... \"$1\"' sh \"$X\"`, or use the slug of the name",
            ));
        }
    }
}

/// The variable of outsiders that a variable of a job holds, itself or by others.
fn origin(lint: &Lint<'_>, at: usize, job: &Job, name: &str) -> Option<&'static str> {
    let scripts = lint.scripts();
    let mut open = vec![name.to_owned()];
    let mut seen = HashSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let assigned: Vec<&Word> = scripts
            .of(at)
            .flat_map(|script| &script.commands)
            .flat_map(|command| command.assigned(&name))
            .collect();
        if !assigned.is_empty() {
            // What commands print may be anything.
            let is_known = |part: &Part| !matches!(part, Part::Output(_) | Part::Other);
            if assigned.iter().all(|word| word.parts.iter().all(is_known)) {
                let all = assigned.iter().flat_map(|word| word.variables());
                open.extend(all.map(str::to_owned));
            }
            continue;
        }
        let own = job.variables.get(&name);
        let global = lint.config.variables.get(&name);
        let set = own.or(global.filter(|_| job.inherits.takes(&name)));
        match set {
            Some(variable) if variable.expand => {
                open.extend(names(&variable.value).map(str::to_owned));
            }
            Some(_) => {}
            None => {
                let all = BRANCHES.iter().chain(&TEXTS);
                if let Some(outside) = all.copied().find(|outside| *outside == name) {
                    return Some(outside);
                }
            }
        }
    }
    None
}

/// Whether a job runs where outsiders choose the text of a variable: the name of a branch is free only
/// where no condition spells it.
fn reaches(lint: &Lint<'_>, job: usize, variable: &str) -> bool {
    lint.seen.iter().any(|one| {
        let runs = one.absence.is_none() && one.jobs.get(job) == Some(&Presence::In);
        let free = match &one.situation.reference {
            Ref::MergeRequest { .. } => true,
            Ref::Branch(_) if one.situation.is_default_branch() => false,
            Ref::Branch(_) => !lint.compared.spells(&one.situation.reference),
            Ref::Tag(_) => false,
        };
        let only_requests = variable.starts_with("CI_MERGE_REQUEST_");
        let is_request = matches!(one.situation.reference, Ref::MergeRequest { .. });
        match BRANCHES.contains(&variable) {
            _ if only_requests && !is_request => false,
            true => runs && free,
            false => runs,
        }
    })
}
