//! `needs`: names of jobs that exist, in an order that exists.

use std::collections::HashMap;

use super::Check;
use crate::finding::{Code, Finding};
use crate::manifest::resolved::STAGES;
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let inventory = check.inventory.clone();
    // Which jobs wait for which, by number; only `needs` that name a job are edges.
    let mut edges: Vec<Vec<(usize, Span)>> = vec![Vec::new(); inventory.jobs.len()];
    for (number, job) in inventory.jobs.iter().enumerate() {
        let Some(needs) = &job.needs else { continue };
        if needs.len() > 50 {
            let span = needs.first().map(|need| need.span).unwrap_or_default();
            let message = format!(
                "`{}` needs {} jobs; GitLab takes 50",
                job.name.value,
                needs.len()
            );
            let finding = Finding::new(Code::OutOfRange, span, message);
            check
                .report
                .push(finding.help("need fewer jobs, or wait for the stage"));
        }
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for need in needs {
            if let Some(first) = seen.insert(&need.value, need.span) {
                let message = format!("`{}` needs `{}` twice", job.name.value, need.value);
                let finding = Finding::new(Code::DuplicateName, need.span, message);
                let finding = finding.related(first, "first here");
                check.report.push(finding.help("remove one of the two"));
                continue;
            }
            let Some((other, needed)) = inventory.get(&need.value) else {
                // An included file may have it: the proof reads those.
                if check.manifest.include.is_missing() {
                    unknown(check, need);
                }
                continue;
            };
            if let (Some(own), Some(theirs)) = (
                stage_number(check, &job.stage.value),
                stage_number(check, &needed.stage.value),
            ) && theirs > own
            {
                let message = format!(
                    "`{}` in stage `{}` cannot wait for `{}` in the later stage `{}`",
                    job.name.value, job.stage.value, need.value, needed.stage.value
                );
                check.report.push(
                    Finding::new(Code::NeedsOrder, need.span, message)
                        .related(needed.name.span, "this job is in a later stage")
                        .help("move one of the two with `stage`"),
                );
                continue;
            }
            if let Some(edges) = edges.get_mut(number) {
                edges.push((other, need.span));
            }
        }
    }
    cycles(check, &edges);
}

/// Reports a name that is not a job; that of an image or environment means the job made from it.
fn unknown(check: &mut Check<'_>, need: &At<String>) {
    let manifest = check.manifest;
    let of_image = manifest.images().find(|(key, _)| key.value == need.value);
    let of_image = of_image.map(|(key, image)| ("image", image.build_job(key)));
    let mut environments = manifest.environments();
    let of_environment = environments.find(|(key, _)| key.value == need.value);
    let of_environment =
        of_environment.map(|(key, environment)| ("environment", environment.deploy_job(key)));
    match of_image.or(of_environment) {
        Some((what, job)) => {
            let name = &need.value;
            let message = format!("there is no job `{name}`; it is the name of an {what}");
            let finding = Finding::new(Code::UnknownJob, need.span, message);
            check
                .report
                .push(finding.help(format!("write the job's name, `{}`", job.value)));
        }
        None => {
            let names: Vec<String> = check.inventory.names().map(str::to_owned).collect();
            let names = names.iter().map(String::as_str);
            check.unknown(Code::UnknownJob, need, "job", names);
        }
    }
}

/// Where a stage stands; `None` for one that does not exist.
pub(super) fn stage_number(check: &Check<'_>, stage: &str) -> Option<usize> {
    match (stage, check.manifest.declared_stages()) {
        (".pre", _) => Some(0),
        (".post", _) => Some(usize::MAX),
        (_, Some(stages)) => stages
            .iter()
            .position(|known| known.value == stage)
            .map(|n| n + 1),
        (_, None) => STAGES
            .iter()
            .position(|known| *known == stage)
            .map(|n| n + 1),
    }
}

/// Reports each circle once, at the edge that closes it. Depth-first, without recursion: a
/// manifest may have thousands of jobs in one chain.
fn cycles(check: &mut Check<'_>, edges: &[Vec<(usize, Span)>]) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; edges.len()];
    for start in 0..edges.len() {
        if states.get(start) != Some(&State::New) {
            continue;
        }
        let mut path = vec![(start, 0usize)];
        if let Some(state) = states.get_mut(start) {
            *state = State::Open;
        }
        while let Some((job, next)) = path.last_mut() {
            let job = *job;
            let Some(&(other, span)) = edges.get(job).and_then(|all| all.get(*next)) else {
                if let Some(state) = states.get_mut(job) {
                    *state = State::Done;
                }
                path.pop();
                continue;
            };
            *next += 1;
            match states.get(other) {
                Some(State::New) => {
                    if let Some(state) = states.get_mut(other) {
                        *state = State::Open;
                    }
                    path.push((other, 0));
                }
                Some(State::Open) => {
                    let from = path
                        .iter()
                        .position(|(on_path, _)| *on_path == other)
                        .unwrap_or(0);
                    let names: Vec<_> = path
                        .iter()
                        .skip(from)
                        .map(|(n, _)| *n)
                        .chain([other])
                        .filter_map(|n| check.inventory.jobs.get(n))
                        .map(|job| job.name.value.as_str())
                        .collect();
                    let message =
                        format!("these jobs wait for each other: `{}`", names.join("` -> `"));
                    let finding = Finding::new(Code::NeedsOrder, span, message)
                        .help("none of them would ever start: take one of these `needs` away");
                    check.report.push(finding);
                }
                Some(State::Done) | None => {}
            }
        }
    }
}
