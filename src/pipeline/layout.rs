//! From the [`Pipeline`] to the [`Document`]: which keys, in which order, under which comment.

use super::model::{Pipeline, rules_value, strings};
use std::collections::HashSet;

use super::alike;
use super::said_once::say_once;
use super::{Document, Mapping, Origin, Section, Value, WrittenJob};

/// What people read above the jobs of a well-known stage.
const TITLES: &[(&str, &str)] = &[
    ("build", "Build"),
    ("test", "Test"),
    ("build-prod", "Build for production"),
    ("deploy", "Deploy"),
    ("cleanup", "Clean up"),
];

impl Pipeline {
    /// The pipeline as it is to be written.
    pub fn to_document(&self) -> Document {
        let mut globals = Mapping::new();
        if !self.include.is_empty() {
            let entries = self.include.iter().map(|include| include.value.clone());
            globals.set("include", Value::Seq(entries.collect()));
        }
        globals.set("stages", strings(&self.stages));
        if !self.workflow.is_empty() {
            globals.set(
                "workflow",
                Mapping::from_iter([("rules", rules_value(&self.workflow))]),
            );
        }
        if !self.variables.is_empty() {
            globals.set("variables", self.variables.clone());
        }
        globals.merge(&self.raw);
        let mut document = Document {
            globals,
            bases: self.bases.clone(),
            sections: self.sections(),
        };
        let by_hand = self.jobs.iter();
        let by_hand = by_hand.filter(|job| matches!(job.origin, Origin::Raw(_)));
        let by_hand: HashSet<&str> = by_hand.map(|job| job.name.as_str()).collect();
        say_once(&mut document, self.has_default, &by_hand);
        let kinds = self.jobs.iter().filter_map(|job| {
            let kind = match job.origin {
                Origin::Test(_) => "tests",
                Origin::Task(_) => "tasks",
                Origin::Deploy(_) => "environments",
                _ => return None,
            };
            Some((job.name.as_str(), kind))
        });
        alike::share(&mut document, &kinds.collect());
        document
    }

    /// The jobs by stage, in the order of the stages and in it in that of the manifest.
    fn sections(&self) -> Vec<Section> {
        let order: Vec<&str> = [".pre"]
            .into_iter()
            .chain(self.stages.iter().map(String::as_str))
            .chain([".post", ""])
            .collect();
        let mut sections: Vec<Section> = order
            .iter()
            .map(|stage| Section {
                title: title(stage),
                jobs: Vec::new(),
            })
            .collect();
        let number = |stage: &str| order.iter().position(|known| *known == stage);
        for job in &self.jobs {
            let stage = if job.is_hidden() {
                ""
            } else {
                job.raw
                    .get("stage")
                    .and_then(Value::as_str)
                    .or(job.stage.as_deref())
                    .unwrap_or("test")
            };
            let at = number(stage).unwrap_or(order.len() - 1);
            if let Some(section) = sections.get_mut(at) {
                section.jobs.push(WrittenJob {
                    name: job.name.clone(),
                    comment: job.comment.clone(),
                    bases: job.bases.clone(),
                    keys: job.to_mapping(),
                });
            }
        }
        sections.retain(|section| !section.jobs.is_empty());
        sections
    }
}

fn title(stage: &str) -> String {
    if stage.is_empty() {
        return "Other jobs".to_owned();
    }
    match TITLES.iter().find(|(known, _)| *known == stage) {
        Some((_, title)) => (*title).to_owned(),
        None => format!("Stage {stage}"),
    }
}
