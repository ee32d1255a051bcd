//! The blocks of a pipeline, arranged as a manifest.
//!
//! In: the pieces of a pipeline's text and an order. Out: the text of a manifest. Always holds: each
//! block is there once, with its comments; lines are moved to the right, and nothing in them changes.

use super::blocks::{Block, File, Shape};
use super::values;
use crate::config::Map;
use crate::gitlab::Version;

/// The parts of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Keys that both have: stages, variables, include.
    Own,
    /// GitLab's other top-level keys.
    Pipeline,
    /// Jobs.
    Jobs,
}

/// The orders to try: an anchor must stand before its aliases, and a pipeline has its keys in any
/// order.
pub(super) const ORDERS: [[Part; 3]; 3] = [
    [Part::Own, Part::Pipeline, Part::Jobs],
    [Part::Own, Part::Jobs, Part::Pipeline],
    [Part::Jobs, Part::Pipeline, Part::Own],
];

/// Keys that stand at the top of both.
const OWN: [&str; 3] = ["stages", "variables", "include"];

/// The stages are then GitLab's own, or those of an included file.
const NO_STAGES: &str = "  stages: null # none, as before\n";

/// Which part a top-level key of a pipeline goes to.
pub(super) fn part(key: &str, is_job: bool) -> Part {
    const PIPELINE: [&str; 7] = [
        "default",
        "image",
        "services",
        "cache",
        "workflow",
        "before_script",
        "after_script",
    ];
    if OWN.contains(&key) {
        Part::Own
    } else if PIPELINE.contains(&key) && !is_job {
        Part::Pipeline
    } else {
        Part::Jobs
    }
}

/// Whether a value makes a job of a key that is not one elsewhere.
pub(super) fn is_job(map: &Map, key: &str) -> bool {
    let keys = map.get(key).and_then(|node| node.as_map());
    keys.is_some_and(|keys| keys.has("script"))
}

/// What a manifest is made from.
pub(super) struct Parts<'p> {
    /// The pieces of the pipeline.
    pub(super) file: &'p File,
    /// The same as GitLab reads it.
    pub(super) map: &'p Map,
    /// The GitLab that runs it.
    pub(super) target: Option<Version>,
    /// The order of its parts.
    pub(super) order: [Part; 3],
}

impl Parts<'_> {
    /// The manifest in which every job is as it was.
    pub(super) fn arranged(&self) -> String {
        self.with("", &|_| true)
    }

    /// The manifest with some of the blocks; `entities` stand behind the keys that both have.
    pub(super) fn with(&self, entities: &str, keeps: &dyn Fn(&str) -> bool) -> String {
        let map = self.map;
        let mut out = self.file.head.trim_start_matches('\n').to_owned();
        out.push_str(&first_lines(self.target));
        for part in self.order {
            let blocks = self.file.blocks.iter();
            let blocks: Vec<&Block> = blocks
                .filter(|block| self::part(&block.key, is_job(map, &block.key)) == part)
                .filter(|block| keeps(&block.key))
                .collect();
            match part {
                Part::Own => {
                    own(&blocks, map, &mut out);
                    out.push_str(entities);
                }
                Part::Pipeline => {
                    let mut within = String::new();
                    if !map.has("stages") && keeps("stages") {
                        within.push_str(NO_STAGES);
                    }
                    if !map.has("workflow") && keeps("workflow") {
                        within.push_str(NO_WORKFLOW);
                    }
                    nested(&blocks, map, &mut within);
                    under("pipeline", &within, &mut out);
                }
                Part::Jobs => {
                    let mut within = String::new();
                    nested(&blocks, map, &mut within);
                    under("jobs", &within, &mut out);
                }
            }
        }
        out
    }
}

/// A key with what stands under it, if anything does.
fn under(key: &str, within: &str, out: &mut String) {
    if !within.is_empty() {
        out.push_str(&format!("\n{key}:\n{within}"));
    }
}

/// Without it, windlass writes a workflow that makes one pipeline for a push.
const NO_WORKFLOW: &str = "  workflow: null # none, as before\n";

/// The version of the language, and the target.
fn first_lines(target: Option<Version>) -> String {
    match target {
        Some(target) => format!("windlass: 1\ngitlab: \"{target}\"\n"),
        None => "windlass: 1\n".to_owned(),
    }
}

fn own(blocks: &[&Block], map: &Map, out: &mut String) {
    for block in blocks {
        out.push('\n');
        out.push_str(&block.comments);
        let as_it_is = block.key != "include" || block.shape == Shape::Mappings;
        let written = match as_it_is {
            true => None,
            false => map.get("include").and_then(values::include),
        };
        out.push_str(written.as_deref().unwrap_or(&block.text));
    }
}

fn nested(blocks: &[&Block], map: &Map, out: &mut String) {
    for (at, block) in blocks.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        indented(&block.comments, 2, out);
        if block.key == "workflow"
            && let Some(text) = map.get("workflow").and_then(values::workflow)
        {
            indented(&text, 2, out);
            continue;
        }
        let holds_no_job = block.key.starts_with('.') && block.shape != Shape::Mapping;
        match block.text.split_at_checked(block.key_ends) {
            // A hidden key may hold anything, a hidden job is a mapping.
            Some((key, value)) if holds_no_job => {
                indented(key, 2, out);
                out.push('\n');
                let within = match block.shape {
                    Shape::Mappings => "rules",
                    Shape::Mapping | Shape::List | Shape::Scalar => "script",
                };
                out.push_str("    ");
                out.push_str(within);
                out.push(':');
                let (first, rest) =
                    value.split_at(value.find('\n').map_or(value.len(), |at| at + 1));
                out.push_str(first);
                // Lists may begin at the left edge.
                indented(rest, 4, out);
            }
            _ => indented(&block.text, 2, out),
        }
    }
}

/// Moves lines to the right; empty ones stay.
pub(super) fn indented(text: &str, by: usize, out: &mut String) {
    for line in text.split_inclusive('\n') {
        if line != "\n" {
            out.extend(std::iter::repeat_n(' ', by));
        }
        out.push_str(line);
    }
}
