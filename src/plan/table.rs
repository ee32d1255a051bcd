//! Several plans side by side: a row for each job, a column for each kind of ref.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::classes::LeftOut;
use super::decision::Presence;
use super::outcome::{Plan, PlannedJob};
use super::text::{Style, aligned, when_text};
use super::{Ref, Situation, Truth, written};
use crate::config::{Config, When};
use crate::shown::{Paint, Shown};

/// What becomes of a job, in few words.
type Cell = Cow<'static, str>;

/// A ref in every circumstance: what happens there.
struct OnRef<'p> {
    situation: Situation,
    plans: Vec<&'p Plan>,
    /// For each job what becomes of it; one that depends on circumstances is open.
    cells: Vec<Cell>,
    outcome: Cell,
}

/// A column: refs of one kind on which the same happens.
struct Column {
    heading: Vec<String>,
    kind: String,
    cells: Vec<Cell>,
    outcome: Cell,
}

/// Plans of one configuration as a table: a column for refs of one kind on which the same happens. What
/// depends on variables that nobody sets, or on the files that changed, is open (`?`); below the table
/// stands which of the file's own variables would change something with another value, and what is
/// missing.
pub fn table(config: &Config, plans: &[Plan], left_out: &[LeftOut], style: Style) -> Shown {
    let set = set_here(config);
    let refs = on_refs(config, &set, plans);
    let mut columns: Vec<Column> = Vec::new();
    for one in &refs {
        let (_, kind) = kind(&one.situation);
        let same = columns.iter_mut().find(|column| {
            column.kind == kind && column.cells == one.cells && column.outcome == one.outcome
        });
        match same {
            Some(column) => column.heading.push(name(&one.situation)),
            None => columns.push(Column {
                heading: vec![name(&one.situation)],
                kind,
                cells: one.cells.clone(),
                outcome: one.outcome.clone(),
            }),
        }
    }
    let mut rows = headings(&columns);
    let first = rows.len();
    let mut pipeline = vec![String::new(), "pipeline".to_owned()];
    pipeline.extend(
        columns
            .iter()
            .map(|column| column.outcome.clone().into_owned()),
    );
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
        row.extend(cells.map(|cell| {
            cell.map(|cell| cell.clone().into_owned())
                .unwrap_or_default()
        }));
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
    let overridden = overridden(config, &set, &refs).into_iter();
    let overridden = overridden.map(|(name, jobs)| (name, jobs.into_iter().collect()));
    written::say_overridden(overridden, &mut out);
    for input in config.inputs_used() {
        out.line(&format!(
            "the input `{input}` has its default; a pipeline that is given another value can differ"
        ));
    }
    for one in left_out {
        out.line(&format!("not every kind of pipeline is shown: {one}"));
    }
    super::text::unread(config, &mut out);
    out
}

/// The refs of plans, those of one kind together and the default branch first.
fn on_refs<'p>(config: &Config, set: &HashSet<&str>, plans: &'p [Plan]) -> Vec<OnRef<'p>> {
    let mut numbers: HashMap<Situation, usize> = HashMap::new();
    let mut refs: Vec<OnRef<'p>> = Vec::new();
    for plan in plans {
        let situation = plan.situation.without_circumstances();
        let number = *numbers.entry(situation.clone()).or_insert(refs.len());
        match refs.get_mut(number) {
            Some(one) => one.plans.push(plan),
            None => refs.push(OnRef {
                situation,
                plans: vec![plan],
                cells: Vec::new(),
                outcome: Cell::default(),
            }),
        }
    }
    for one in &mut refs {
        let plain = |plan: &&&Plan| overrides(set, plan).next().is_none();
        let plans: Vec<&Plan> = one.plans.iter().filter(plain).copied().collect();
        let of_job = |at| {
            merged(plans.iter().filter_map(|plan| {
                let job = plan.jobs.get(at)?;
                Some(cell(plan, job))
            }))
        };
        one.cells = (0..config.jobs.len()).map(of_job).collect();
        one.outcome = merged(plans.iter().map(|plan| outcome(plan).into()));
    }
    refs.sort_by_key(|one| (kind(&one.situation).0, !one.situation.is_default_branch()));
    refs
}

/// One cell for several; open if they differ.
fn merged(cells: impl Iterator<Item = Cell>) -> Cell {
    let mut whole: Option<Cell> = None;
    for cell in cells {
        whole = Some(match whole {
            None => cell,
            Some(before) if before == cell => before,
            Some(before) => {
                let word = |cell: &str| cell.trim_end_matches('?').trim_end().to_owned();
                let (one, other) = (word(&before), word(&cell));
                let nothing = |word: &str| matches!(word, "" | "-" | "yes" | "fails");
                match (nothing(&one), nothing(&other)) {
                    (false, true) => format!("{one} ?").into(),
                    (true, false) => format!("{other} ?").into(),
                    (false, false) if one == other => format!("{one} ?").into(),
                    _ => "?".into(),
                }
            }
        });
    }
    whole.unwrap_or_default()
}

/// The variables that the file sets and that a pipeline may be given another value of.
fn set_here(config: &Config) -> HashSet<&str> {
    let mut names = config.set_variables();
    // An include's rules do not see what the file sets: there the value is the project's alone.
    let of_includes = config
        .include_rules
        .iter()
        .filter_map(|rule| rule.condition.as_ref())
        .flat_map(|condition| condition.expr.variables());
    for name in of_includes {
        names.remove(name);
    }
    names
}

/// Those of them that a situation gives a value.
fn overrides<'p>(set: &HashSet<&str>, plan: &'p Plan) -> impl Iterator<Item = &'p str> {
    let names = plan.situation.variables.keys().map(String::as_str);
    names.filter(|name| set.contains(name))
}

/// The variables of the file of which another value makes a difference, and the jobs to which.
fn overridden<'p>(
    config: &'p Config,
    set: &HashSet<&str>,
    refs: &[OnRef<'p>],
) -> BTreeMap<&'p str, BTreeSet<&'p str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in refs {
        let (given, plain): (Vec<&Plan>, Vec<&Plan>) = one
            .plans
            .iter()
            .partition(|plan| overrides(set, plan).next().is_some());
        if given.is_empty() {
            continue;
        }
        for (at, job) in config.jobs.iter().enumerate() {
            let of = |plan: &&Plan| plan.jobs.get(at).map(|job| cell(plan, job));
            let known: BTreeSet<Option<Cell>> = plain.iter().map(of).collect();
            for plan in given.iter().filter(|plan| !known.contains(&of(plan))) {
                for name in overrides(set, plan) {
                    found.entry(name).or_default().insert(&job.name);
                }
            }
        }
    }
    found
}

/// One line for the kinds, one for each further name that shares a column.
fn headings(columns: &[Column]) -> Vec<Vec<String>> {
    let lines = columns.iter().map(|column| column.heading.len()).max();
    let mut rows = Vec::new();
    let mut kinds = vec![String::new(); 2];
    kinds.extend(columns.iter().map(|column| column.kind.clone()));
    rows.push(kinds);
    for line in 0..lines.unwrap_or(0) {
        let mut row = vec![String::new(); 2];
        let names = columns.iter().map(|column| column.heading.get(line));
        row.extend(names.map(|name| name.cloned().unwrap_or_default()));
        rows.push(row);
    }
    rows
}

/// The kind of a ref, and its place among the kinds.
fn kind(situation: &Situation) -> (u8, String) {
    let open = situation.open_merge_request == Some(true);
    let branch = |text: &str| match open {
        true => format!("{text} with merge request"),
        false => text.to_owned(),
    };
    match (&situation.reference, situation.trigger.as_str()) {
        (Ref::Branch(_), "push") => (u8::from(open), branch("branch")),
        (Ref::Tag(_), "push") => (2, "tag".to_owned()),
        (Ref::MergeRequest { .. }, "merge_request_event") => (3, "merge request".to_owned()),
        (Ref::MergeRequest { .. }, other) => (3, format!("merge request, {other}")),
        (Ref::Branch(_), other) => (4, branch(other)),
        (Ref::Tag(_), other) => (4, format!("{other} on tag")),
    }
}

fn name(situation: &Situation) -> String {
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

fn cell(plan: &Plan, job: &PlannedJob) -> Cell {
    if plan.created == Truth::False || job.presence() == Presence::Out {
        return "-".into();
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
        (Presence::Maybe, _) if decision.presence() == Presence::Out => "- ?".into(),
        (Presence::Maybe, Some(When::OnSuccess)) if decision.presence() == Presence::In => {
            "yes ?".into()
        }
        (Presence::Maybe, _) | (_, None) => format!("{when} ?").trim_start().to_owned().into(),
        (_, Some(When::OnSuccess)) if job.opens_when() => "yes, when?".into(),
        (_, Some(When::OnSuccess)) => "yes".into(),
        _ if job.opens_when() => format!("{when} ?").into(),
        _ => when.into(),
    }
}
