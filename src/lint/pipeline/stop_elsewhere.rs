//! A stop job is offered only where its environment is started.

use std::collections::HashMap;

use crate::config::Action;
use crate::finding::{Code, Finding};
use crate::lint::context::{Lint, Seen};
use crate::lint::subject::Subject as _;
use crate::plan::{Presence, Ref, Trigger, named};

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    if !lint.classes.is_complete() || config.open.is_some() {
        return;
    }
    let mut starts: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, job) in config.jobs.iter().enumerate() {
        let stop = job
            .environment
            .as_ref()
            .and_then(|one| one.on_stop.as_ref());
        if let Some(stop) = stop {
            starts.entry(stop.value.as_str()).or_default().push(at);
        }
    }
    for (at, job) in config.jobs.iter().enumerate() {
        let Some(environment) = &job.environment else {
            continue;
        };
        let Some(starts) = starts.get(job.name.as_str()) else {
            continue;
        };
        if environment.action != Action::Stop {
            continue;
        }
        // Whatever else a pipeline of the ref depends on, as files that changed.
        let mut started: HashMap<(&Ref, &Trigger), bool> = HashMap::new();
        for one in &lint.seen {
            let known = |at: &usize| one.jobs.get(*at) != Some(&Presence::Out);
            let is_started = starts.iter().any(known);
            let key = (&one.situation.reference, &one.situation.trigger);
            *started.entry(key).or_default() |= is_started;
        }
        let offered = |one: &&Seen| {
            let pushed = match (&one.situation.reference, &one.situation.trigger) {
                (Ref::Branch(_) | Ref::Tag(_), Trigger::Push) | (Ref::MergeRequest { .. }, _) => {
                    true
                }
                (Ref::Branch(_) | Ref::Tag(_), _) => false,
            };
            let key = (&one.situation.reference, &one.situation.trigger);
            pushed
                && !one.is_far_fetched
                && one.absence.is_none()
                && one.jobs.get(at) == Some(&Presence::In)
                && started.get(&key) == Some(&false)
        };
        let Some(situation) = lint
            .seen
            .iter()
            .find(offered)
            .map(|one| one.situation.clone())
        else {
            continue;
        };
        let (name, on) = (&job.name, named(&situation));
        let message = format!(
            "`{name}` would stop `{}` on {on}, where nothing starts it",
            environment.name
        );
        let place = lint.place(job, &["rules"]);
        let mut finding = Finding::new(Code::StopElsewhere, place, message);
        let start = starts.first().and_then(|at| config.jobs.get(*at));
        if let Some(start) = start {
            finding = finding.related(start.place, "this job starts it");
        }
        let finding = finding.help("give both jobs the same refs, and rules in the same order");
        lint.tell(finding, &situation);
    }
}
