//! Several plans side by side: a row for each job, a column for each kind of ref.

use super::decision::Presence;
use super::outcome::{Plan, PlannedJob};
use super::text::{Style, aligned, when_text};
use super::{Ref, Truth};
use crate::config::{Config, When};
use crate::shown::{Paint, Shown};

/// A column: refs of one kind on which the same happens.
struct Column<'p> {
    heading: Vec<String>,
    plan: &'p Plan,
    cells: Vec<String>,
}

/// Plans of one configuration as a table. Refs of one kind on which the same happens share a
/// column.
pub fn table(config: &Config, plans: &[Plan], style: Style) -> Shown {
    let mut columns: Vec<Column<'_>> = Vec::new();
    for plan in plans {
        let cells: Vec<String> = plan.jobs.iter().map(|job| cell(plan, job)).collect();
        let same = columns.iter_mut().find(|column| {
            kind(column.plan) == kind(plan)
                && column.cells == cells
                && outcome(column.plan) == outcome(plan)
        });
        match same {
            Some(column) => column.heading.push(name(plan)),
            None => columns.push(Column {
                heading: vec![name(plan)],
                plan,
                cells,
            }),
        }
    }
    let mut rows = headings(&columns);
    let first = rows.len();
    let mut pipeline = vec![String::new(), "pipeline".to_owned()];
    pipeline.extend(columns.iter().map(|column| outcome(column.plan).to_owned()));
    rows.push(pipeline);
    let mut order: Vec<usize> = (0..config.jobs.len()).collect();
    let stage = |at: &usize| {
        let job = config.jobs.get(*at);
        job.and_then(|job| config.stage_index(&job.stage))
    };
    order.sort_by_key(stage);
    let mut before = "";
    for at in order {
        let Some(job) = config.jobs.get(at) else {
            continue;
        };
        let stage = if *job.stage == before { "" } else { &job.stage };
        before = &job.stage;
        let mut row = vec![stage.to_owned(), job.name.clone()];
        let cells = columns.iter().map(|column| column.cells.get(at));
        row.extend(cells.map(|cell| cell.cloned().unwrap_or_default()));
        rows.push(row);
    }
    let paint = |line: usize, column: usize, cell: &str| match column {
        _ if line < first => Paint::Bold,
        0 => Paint::Faint,
        1 => Paint::Plain,
        _ if cell == "-" => Paint::Faint,
        _ if cell.contains('?') => Paint::Unsure,
        _ if cell == "fails" => Paint::Bad,
        _ => Paint::Plain,
    };
    let mut out = Shown::new(style.color);
    aligned(&mut out, &rows, &paint);
    super::text::unread(config, &mut out);
    out
}

/// One line for the kinds, one for each further name that shares a column.
fn headings(columns: &[Column<'_>]) -> Vec<Vec<String>> {
    let lines = columns.iter().map(|column| column.heading.len()).max();
    let mut rows = Vec::new();
    let mut kinds = vec![String::new(); 2];
    kinds.extend(columns.iter().map(|column| kind(column.plan)));
    rows.push(kinds);
    for line in 0..lines.unwrap_or(0) {
        let mut row = vec![String::new(); 2];
        let names = columns.iter().map(|column| column.heading.get(line));
        row.extend(names.map(|name| name.cloned().unwrap_or_default()));
        rows.push(row);
    }
    rows
}

fn kind(plan: &Plan) -> String {
    let situation = &plan.situation;
    match (&situation.reference, situation.trigger.as_str()) {
        (Ref::Branch(_), "push") if situation.open_merge_request == Some(true) => {
            "branch with merge request".to_owned()
        }
        (Ref::Branch(_), "push") => "branch".to_owned(),
        (Ref::Tag(_), "push") => "tag".to_owned(),
        (Ref::MergeRequest { .. }, _) => "merge request".to_owned(),
        (_, trigger) => trigger.to_owned(),
    }
}

fn name(plan: &Plan) -> String {
    let situation = &plan.situation;
    let name = match &situation.reference {
        Ref::Branch(name) | Ref::Tag(name) => name.clone(),
        Ref::MergeRequest { source, target } => format!("{source} -> {target}"),
    };
    match situation.protected {
        Some(true) if !situation.is_default_branch() => format!("{name} (protected)"),
        _ => name,
    }
}

fn outcome(plan: &Plan) -> &'static str {
    match plan.created {
        Truth::True => "yes",
        Truth::False if plan.absence.is_some() => "-",
        Truth::False => "fails",
        Truth::Unknown | Truth::Raises => "?",
    }
}

fn cell(plan: &Plan, job: &PlannedJob) -> String {
    if plan.created == Truth::False || job.presence() == Presence::Out {
        return "-".to_owned();
    }
    let decision = job.unchanged();
    let decided = decision.agreed(|chosen| chosen.when);
    let when = match decided {
        Some(When::OnSuccess) | None => String::new(),
        Some(when) => {
            let start_in = decision.agreed(|chosen| chosen.start_in.clone());
            when_text(when, start_in.flatten().as_deref())
        }
    };
    match (job.presence(), decided) {
        (Presence::Maybe, _) if decision.presence() == Presence::Out => "- ?".to_owned(),
        (Presence::Maybe, Some(When::OnSuccess)) if decision.presence() == Presence::In => {
            "yes ?".to_owned()
        }
        (Presence::Maybe, _) | (_, None) => format!("{when} ?").trim_start().to_owned(),
        (_, Some(When::OnSuccess)) => "yes".to_owned(),
        _ => when,
    }
}
