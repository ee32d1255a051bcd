//! A plan for people: one line a job.

use super::decision::Presence;
use super::outcome::{Plan, PlannedJob};
use super::{Truth, words, written};
use crate::config::{Config, Place, When};
use crate::shown::{Paint, Shown};
use crate::source::Source;

/// How a text may look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Whether to colour it.
    pub color: bool,
}

/// Adds rows of cells in aligned columns, two spaces between them, none at the end of a line.
pub(super) fn aligned(
    out: &mut Shown,
    rows: &[Vec<String>],
    paint: &dyn Fn(usize, usize, &str) -> Paint,
) {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(at) {
                Some(known) => *known = width.max(*known),
                None => widths.push(width),
            }
        }
    }
    for (line, row) in rows.iter().enumerate() {
        let mut cells: Vec<(Paint, String)> = Vec::new();
        let mut pending = 0;
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if !cell.is_empty() {
                cells.push((Paint::Plain, " ".repeat(pending)));
                pending = 0;
                cells.push((paint(line, at, cell), cell.clone()));
            }
            pending += width - cell.chars().count() + 2;
        }
        let parts: Vec<(Paint, &str)> = cells
            .iter()
            .map(|(paint, text)| (*paint, &**text))
            .collect();
        out.parts(&parts);
    }
}

/// What a configuration does on one ref.
pub fn text(config: &Config, plan: &Plan, style: Style) -> Shown {
    let mut out = Shown::new(style.color);
    let within: Vec<&PlannedJob> = plan.within().filter(|job| is_listed(job)).collect();
    out.parts(&[(Paint::Bold, &headline(plan))]);
    unread(config, &mut out);
    if let Some(absence) = &plan.absence {
        let (why, place) = words::absence(config, absence);
        out.line(&format!("{why}{}", at(config, place)));
    }
    for failure in &plan.failures {
        let line = words::failure(failure);
        let paint = match failure.certain {
            true => Paint::Bad,
            false => Paint::Unsure,
        };
        let place = at(config, Some(failure.place));
        out.parts(&[(paint, &line), (Paint::Plain, &place)]);
    }
    if plan.created != Truth::False {
        jobs(config, &within, &mut out);
        left_out(config, plan, &mut out);
    }
    written::say_overridden(written::overridden(config, &plan.situation), &mut out);
    out
}

/// What to say where the default branch is not known and was taken to be called so.
pub fn assumption(default_branch: &str) -> String {
    format!(
        "the default branch is not known and is taken to be `{default_branch}`: `--default-branch` names it"
    )
}

/// Whether a job is shown in a row of its own: it is in, or may be without an include's doing.
fn is_listed(job: &PlannedJob) -> bool {
    job.unchanged().presence() != Presence::Out
}

/// The includes that are not read, a line each, and what that means; nothing if there are none.
pub(super) fn unread(config: &Config, out: &mut Shown) {
    for include in &config.unresolved {
        let line = format!("not read: {include}{}", at(config, Some(include.place)));
        out.parts(&[(Paint::Unsure, &line)]);
    }
    if !config.unresolved.is_empty() {
        let subject = match config.unresolved.len() {
            1 => "it",
            _ => "they",
        };
        let line = format!(
            "{subject} may add jobs, give a job what the job does not say itself, and let GitLab \
             create no pipeline; `?` is open"
        );
        out.parts(&[(Paint::Faint, &line)]);
    }
}

/// What becomes of a pipeline, in one line.
pub fn headline(plan: &Plan) -> String {
    let count = plan.within().filter(|job| is_listed(job)).count();
    let jobs = if count == 1 { "job" } else { "jobs" };
    if plan.otherwise.is_some() && plan.created != Truth::False {
        return match count {
            0 => format!("{}: no job is known", plan.situation),
            _ => format!(
                "{}: {count} {jobs}, if a pipeline is created",
                plan.situation
            ),
        };
    }
    match plan.created {
        Truth::True => format!("{}: {count} {jobs}", plan.situation),
        Truth::False if plan.absence.is_some() => format!("{}: no pipeline", plan.situation),
        Truth::False => format!("{}: the pipeline cannot be created", plan.situation),
        Truth::Unknown | Truth::Raises => {
            format!(
                "{}: perhaps a pipeline, of up to {count} {jobs}",
                plan.situation
            )
        }
    }
}

/// ` (windlass.yml:12)`
fn at(config: &Config, place: Option<Place>) -> String {
    match place.map(|place| line(config, place)) {
        Some(place) if !place.is_empty() => format!(" ({place})"),
        _ => String::new(),
    }
}

/// A place as `windlass.yml:12`; empty if it is none.
pub(super) fn line(config: &Config, place: Place) -> String {
    match place == Place::default() {
        true => String::new(),
        false => shown(&config.sources, place),
    }
}

/// A place as `windlass.yml:12`.
pub fn shown(sources: &[Source], place: Place) -> String {
    match sources.get(place.file) {
        Some(source) => {
            let (name, at) = source.locate(place.span.start);
            format!("{name}:{}", at.line)
        }
        None => String::new(),
    }
}

fn jobs(config: &Config, within: &[&PlannedJob], out: &mut Shown) {
    let mut within = within.to_vec();
    within.sort_by_key(|job| config.stage_index(&job.stage));
    let mut rows = Vec::new();
    let mut stage = "";
    for planned in within {
        let Some(job) = config.jobs.get(planned.index) else {
            continue;
        };
        let shown = if planned.stage == stage {
            String::new()
        } else {
            planned.stage.clone()
        };
        stage = &planned.stage;
        let unsure = planned.presence() == Presence::Maybe;
        let decision = planned.unchanged();
        for (number, chosen) in decision.within().enumerate() {
            let (mut why, place) = words::because(job, chosen);
            if let Some(open) = words::open(job, planned).filter(|_| number == 0) {
                why = format!("{why}; {open}");
            }
            let place = place.unwrap_or(job.place);
            let (stage, name) = match number {
                0 => (shown.clone(), planned.name.clone()),
                _ => Default::default(),
            };
            let mut when = when_text(chosen.when, chosen.start_in.as_deref());
            if chosen.allow_failure && chosen.when != When::Manual {
                when = format!("{when} may fail").trim_start().to_owned();
            }
            if !chosen.allow_failure && chosen.when == When::Manual {
                when.push_str(", blocks");
            }
            if unsure || number > 0 || decision.decided().is_none() {
                when = format!("{when} ?").trim_start().to_owned();
            }
            rows.push(vec![stage, name, when, why, line(config, place)]);
        }
    }
    let paint = |_: usize, column: usize, cell: &str| match column {
        0 | 4 => Paint::Faint,
        2 if cell.ends_with('?') => Paint::Unsure,
        _ => Paint::Plain,
    };
    aligned(out, &rows, &paint);
}

/// `manual`; nothing for `on_success`, which most jobs are.
pub(super) fn when_text(when: When, start_in: Option<&str>) -> String {
    match (when, start_in) {
        (When::OnSuccess, _) => String::new(),
        (When::Delayed, Some(start_in)) => format!("after {start_in}"),
        (other, _) => other.as_str().replace('_', " "),
    }
}

/// The jobs that are not in it, by their reasons.
fn left_out(config: &Config, plan: &Plan, out: &mut Shown) {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for planned in &plan.jobs {
        if is_listed(planned) {
            continue;
        }
        let (Some(job), Some(chosen)) = (
            config.jobs.get(planned.index),
            planned.unchanged().possible.first(),
        ) else {
            continue;
        };
        let (mut why, _) = words::because(job, chosen);
        if let Some(open) = words::open(job, planned) {
            why = format!("?, {why}; {open}");
        }
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(&planned.name),
            None => reasons.push((why, vec![&planned.name])),
        }
    }
    for (why, names) in reasons {
        out.line(&format!("not here ({why}): {}", names.join(", ")));
    }
}
