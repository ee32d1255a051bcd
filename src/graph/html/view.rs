//! What a page shows of one ref.
//!
//! In: a plan. Out: a [`View`], as data for the page's script. Always holds: the picture is the one of
//! `svg`, and each job says why it is there in the words of `windlass plan --why`.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Texts;
use crate::config::{Config, Job, Located, Repository};
use crate::graph::svg::{class, gate, place};
use crate::graph::{Graph, Node, Start};
use crate::plan::{self, Plan, Style};

/// The pipeline of a ref, and what there is to say of its jobs.
#[derive(Debug, Clone, Default)]
pub struct View {
    name: String,
    graph: Graph,
    /// Why there is no pipeline, or may be none.
    note: String,
    /// What is said of the jobs, by their names.
    details: HashMap<String, Detail>,
}

/// What is said of a job when it is chosen.
#[derive(Debug, Clone, Default)]
struct Detail {
    /// A name and a value each.
    rows: Vec<(&'static str, String)>,
    /// Its commands, as the runner runs them.
    script: String,
    /// Its rules, and what they are worth here.
    why: String,
}

impl View {
    /// The pipeline of one ref.
    pub fn of_plan(config: &Config, plan: &Plan, repository: &dyn Repository) -> Self {
        let graph = Graph::of_plan(config, plan).with_started(config, repository);
        let style = Style::default();
        let jobs = plan.within().filter_map(|planned| {
            let job = config.jobs.get(planned.index)?;
            let why = plan::why(config, plan, planned, style).to_string();
            Some((job.name.clone(), Detail::of(config, job, why)))
        });
        Self {
            details: jobs.collect(),
            note: note(config, plan),
            name: format!("{}{}", plan.situation, plan.situation.circumstances()),
            graph,
        }
    }

    /// All jobs of all refs.
    pub fn of_plans(config: &Config, plans: &[Plan], repository: &dyn Repository) -> Self {
        let graph = Graph::of_plans(config, plans).with_started(config, repository);
        let details = config.jobs.iter().enumerate().map(|(index, job)| {
            let within = plans.iter().filter(|plan| plan.within_at(index).is_some());
            let refs: Vec<String> = within.map(|plan| plan.situation.to_string()).collect();
            let why = format!("in the pipelines of:\n{}\n", refs.join("\n"));
            (job.name.clone(), Detail::of(config, job, why))
        });
        Self {
            details: details.collect(),
            note: unread(config).into_iter().collect(),
            name: graph.title.clone(),
            graph,
        }
    }

    /// A picture with one text about each job.
    #[cfg(test)]
    pub(super) fn of_graph(graph: Graph, text: &str) -> Self {
        let jobs = graph.stages.iter().flat_map(|stage| &stage.jobs);
        let detail = Detail {
            rows: vec![("stage", text.to_owned())],
            script: text.to_owned(),
            why: text.to_owned(),
        };
        Self {
            name: graph.title.clone(),
            note: text.to_owned(),
            details: jobs.map(|job| (job.name.clone(), detail.clone())).collect(),
            graph,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What the script draws.
    pub(super) fn data(&self, texts: &mut Texts) -> Value {
        let placement = place(&self.graph);
        let rounded = |number: f64| (number * 10.0).round() / 10.0;
        let stages = placement.titles.iter().map(|stage| {
            json!({
                "name": stage.name,
                "x": rounded(stage.x),
                "gate": gate(stage, placement.height),
            })
        });
        let jobs = placement.jobs.iter().map(|job| {
            let mut data = json!({
                "name": job.node.name,
                "notes": job.node.notes().join(" · "),
                "class": class(job.node),
                "start": start(&job.node.start),
                "x": rounded(job.x),
                "y": rounded(job.y),
                "width": rounded(job.width),
            });
            let detail = self.detail(job.node, texts);
            if let Some(data) = data.as_object_mut() {
                data.extend(detail);
            }
            data
        });
        let edges = placement.edges.iter();
        let edges = edges.map(|(path, edge)| json!([edge.from, edge.to, path, edge.optional]));
        json!({
            "width": placement.width.ceil(),
            "height": placement.height.ceil(),
            "note": self.note,
            "stages": stages.collect::<Vec<_>>(),
            "jobs": jobs.collect::<Vec<_>>(),
            "edges": edges.collect::<Vec<_>>(),
        })
    }

    fn detail(&self, node: &Node, texts: &mut Texts) -> serde_json::Map<String, Value> {
        let mut out = serde_json::Map::new();
        let mut say = |key: &str, text: String| {
            if !text.is_empty() {
                out.insert(key.to_owned(), texts.number(text).into());
            }
        };
        match (&node.started, self.details.get(&node.name)) {
            (Some(started), _) => {
                let jobs = started.jobs.iter().flatten().cloned();
                say("inside", jobs.collect::<Vec<_>>().join("\n"));
            }
            (None, Some(detail)) => {
                say("rows", json!(detail.rows).to_string());
                say("script", detail.script.clone());
                say("why", detail.why.clone());
            }
            (None, None) => {}
        }
        out
    }
}

/// What there is to say of a whole pipeline.
fn note(config: &Config, plan: &Plan) -> String {
    let mut lines = vec![plan::headline(plan)];
    let absence = plan.absence.as_ref();
    lines.extend(absence.map(|absence| plan::absence(config, absence).0));
    lines.extend(plan.failures.iter().map(plan::failure));
    lines.extend(unread(config));
    lines.join("\n")
}

/// That includes are not read, and what follows.
fn unread(config: &Config) -> Option<String> {
    let count = config.unresolved.len();
    let includes = match count {
        0 => return None,
        1 => "1 include is".to_owned(),
        count => format!("{count} includes are"),
    };
    Some(format!(
        "{includes} not read: other jobs, rules and needs are possible"
    ))
}

fn start(start: &Start) -> &'static str {
    match start {
        Start::OnSuccess => "on_success",
        Start::Manual => "manual",
        Start::Delayed(_) => "delayed",
        Start::OnFailure => "on_failure",
        Start::Always => "always",
    }
}

impl Detail {
    fn of(config: &Config, job: &Job, why: String) -> Self {
        let list = |items: &[Located<String>]| {
            let items: Vec<&str> = items.iter().map(|item| item.value.as_str()).collect();
            items.join(", ")
        };
        let needs = job.needs.as_ref().map(|needs| match needs.is_empty() {
            true => "nothing".to_owned(),
            false => {
                let names = needs.iter().map(|need| match need.optional {
                    true => format!("{} (optional)", need.job),
                    false => need.job.clone(),
                });
                names.collect::<Vec<_>>().join(", ")
            }
        });
        let optional = |text: &Option<Located<String>>| {
            text.as_ref()
                .map(|text| text.value.clone())
                .unwrap_or_default()
        };
        let environment = job.environment.as_ref().map(|one| match one.tier.as_ref() {
            Some(tier) => format!("{} ({tier})", one.name),
            None => one.name.clone(),
        });
        let mut rows = vec![
            ("stage", job.stage.value.clone()),
            ("defined at", config.shown(job.place)),
            ("image", optional(&job.image)),
            ("services", list(&job.services)),
            ("environment", environment.unwrap_or_default()),
            ("resource group", optional(&job.resource_group)),
            (
                "needs",
                needs.unwrap_or_else(|| "all earlier stages".to_owned()),
            ),
        ];
        rows.retain(|(_, value)| !value.is_empty());
        let parts = [&job.before_script, &job.script, &job.after_script];
        let lines = parts
            .into_iter()
            .flatten()
            .map(|line| line.value.trim_end());
        Self {
            rows,
            script: lines.collect::<Vec<_>>().join("\n"),
            why,
        }
    }
}
