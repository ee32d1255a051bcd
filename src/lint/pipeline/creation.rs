//! A pipeline that the workflow admits is created, and has something in it.

use crate::finding::{Code, Finding, Location};
use crate::lint::subject::{Subject, present};
use crate::plan::{Absence, Failure, FailureKind, Plan, named};

pub(crate) fn check(subject: &mut dyn Subject, plan: &Plan) {
    for failure in plan.failures.iter().filter(|failure| failure.certain) {
        match &failure.kind {
            FailureKind::NeedAbsent(other) => absent(subject, plan, failure, other),
            _ => fails(subject, plan, failure),
        }
    }
    match plan.absence {
        Some(Absence::OnlyEdges) => only_edges(subject, plan),
        Some(Absence::NoJobs | Absence::Workflow(_)) | None => {}
    }
}

fn fails(subject: &mut dyn Subject, plan: &Plan, failure: &Failure) {
    let config = subject.config();
    let name = &failure.job;
    let job = subject.index(name).and_then(|index| config.jobs.get(index));
    let place = match job {
        Some(job) => subject.place(job, &[]),
        None => failure.place.into(),
    };
    let on = named(&plan.situation);
    let finding = match &failure.kind {
        // The latter two are never certain: what an include leaves open is said once for all.
        FailureKind::NeedAbsent(_) | FailureKind::NeedUnread(_) | FailureKind::Refused(_) => {
            return;
        }
        FailureKind::TooManyNeeds(count) => {
            if !subject.is_new(Code::OutOfRange, name) {
                return;
            }
            let place = job.map_or(place, |job| subject.place(job, &["needs"]));
            let message = format!("`{name}` needs {count} jobs on {on}; GitLab takes 50");
            Finding::new(Code::OutOfRange, place, message)
                .help("need fewer jobs, or wait for the stage")
        }
        FailureKind::CircularVariables(names) => {
            if !subject.is_new(Code::CircularVariables, &names.join("\0")) {
                return;
            }
            let first = names.first().map(String::as_str).unwrap_or_default();
            let own = job.filter(|job| job.variables.contains_key(first));
            let place = match own {
                Some(job) => subject.place(job, &["variables", first]),
                None => subject.global(&["variables", first]).unwrap_or(place),
            };
            let ring = names.join("` -> `");
            let message =
                format!("variables of `{name}` refer to each other: `{ring}` -> `{first}`");
            Finding::new(Code::CircularVariables, place, message)
                .help("GitLab then refuses the whole pipeline")
                .help("write one of the values out")
        }
        FailureKind::Raises => {
            if !subject.is_new(Code::RefusedOnRef, name) {
                return;
            }
            let place = job.map_or(place, |job| subject.place(job, &["rules"]));
            let message = format!("a condition of `{name}` breaks off the pipeline on {on}");
            Finding::new(Code::RefusedOnRef, place, message)
                .help("GitLab fails on `true` at the right of `=~`: compare with `==`")
        }
    };
    subject.tell(finding, &plan.situation);
}

/// A job that a pipeline lacks although another one there needs it. All that one job misses is told at once.
fn absent(subject: &mut dyn Subject, plan: &Plan, failure: &Failure, other: &str) {
    let config = subject.config();
    let of = |name: &str| config.jobs.iter().find(|job| job.name == name);
    let key = |name: &str| of(name).map_or(name.to_owned(), |job| job.key.clone());
    let pair = |other: &str| format!("{}\0{}", key(&failure.job), key(other));
    if !subject.is_new(Code::NeedMissing, &pair(other)) {
        return;
    }
    let mut more = Vec::new();
    for also in plan
        .failures
        .iter()
        .filter(|also| also.certain && also.job == failure.job)
    {
        let FailureKind::NeedAbsent(another) = &also.kind else {
            continue;
        };
        if subject.is_new(Code::NeedMissing, &pair(another)) {
            more.push(format!("`{}`", key(another)));
        }
    }
    let (name, on) = (&failure.job, named(&plan.situation));
    let place = match of(name) {
        Some(job) => subject.need(job, failure, other),
        None => failure.place.into(),
    };
    let message = format!("`{name}` needs `{other}`, which is missing on {on}");
    let mut finding = Finding::new(Code::NeedMissing, place, message);
    let needed = of(other).map(|needed| subject.place(needed, &[]));
    if let Some(Location::Text(needed)) = needed {
        finding = finding.related(needed, "this job is not there");
    }
    if !more.is_empty() {
        finding = finding.help(format!(
            "it also needs, and does not get: {}",
            more.join(", ")
        ));
    }
    let finding = finding
        .help("GitLab then refuses the whole pipeline")
        .help(format!(
            "write `{{job: {other}, optional: true}}`, or let both run on the same refs"
        ));
    subject.tell(finding, &plan.situation);
}

fn only_edges(subject: &mut dyn Subject, plan: &Plan) {
    let config = subject.config();
    let present = present(&config, plan);
    let Some(first) = present.first() else { return };
    if !subject.is_new(Code::OnlyPrePost, &first.job.name) {
        return;
    }
    let on = named(&plan.situation);
    let name = &first.job.name;
    let message = format!("`{name}` never starts on {on}: only `.pre` and `.post` have jobs there");
    let place = subject.place(first.job, &["stage"]);
    let finding = Finding::new(Code::OnlyPrePost, place, message)
        .help("GitLab creates no such pipeline: give the job another stage, or fewer refs");
    subject.tell(finding, &plan.situation);
}
