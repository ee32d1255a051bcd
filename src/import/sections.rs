//! The blocks of a pipeline, arranged as a manifest.
//!
//! In: the pieces of a pipeline's text and an order. Out: the text of a manifest. Always holds: each
//! block is there once, with its comments; lines are moved to the right, and nothing in them changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::blocks::{Block, File, Shape};
use super::{comments, values};
use crate::config::{Key, Map, Value as Read};
use crate::gitlab::Version;
use crate::pipeline::Mapping;
use crate::render;

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
        self.with(&Among::default())
    }

    /// The manifest with some of the blocks, among entities.
    pub(super) fn with(&self, among: &Among<'_>) -> String {
        let keeps = |key: &str| !among.left_out.contains(key);
        let map = self.map;
        let mut out = self.file.head.trim_start_matches('\n').to_owned();
        // What is said about a key that is not written stays.
        for block in &self.file.blocks {
            let is_job = part(&block.key, is_job(map, &block.key)) == Part::Jobs;
            if !is_job && !keeps(&block.key) {
                out.push_str(&block.all_comments());
            }
        }
        out.push_str(among.comments);
        out.push_str(&first_lines(self.target));
        for part in self.order {
            let blocks = self.file.blocks.iter();
            let mut blocks: Vec<&Block> = blocks
                .filter(|block| self::part(&block.key, is_job(map, &block.key)) == part)
                .filter(|block| keeps(&block.key))
                .collect();
            let default = self.default(among).filter(|_| part == Part::Pipeline);
            let said = default.as_ref().and_then(|_| self.block("default"));
            if default.is_some() {
                blocks.retain(|block| block.key != "default");
            }
            match part {
                Part::Own => {
                    self.own(&blocks, among, &mut out);
                    out.push_str(among.entities);
                }
                Part::Pipeline => {
                    let mut within = String::new();
                    if map.given("stages").is_none() && keeps("stages") {
                        within.push_str(NO_STAGES);
                    }
                    if !map.has("workflow") && keeps("workflow") {
                        within.push_str(NO_WORKFLOW);
                    }
                    let for_all = |block: &&Block| FOR_ALL.contains(&block.key.as_str());
                    let moves = !among.entities.is_empty() && !map.has("default");
                    let (defaults, blocks): (Vec<&Block>, Vec<&Block>) = blocks
                        .into_iter()
                        .partition(|block| moves && for_all(block));
                    nested(&blocks, map, &mut within);
                    if let Some(default) = default.filter(|text| !text.is_empty()) {
                        within.push('\n');
                        let said = said.map(|block| self.unsaid(block, &default));
                        indented(&said.unwrap_or_default(), 2, &mut within);
                        indented(&default, 2, &mut within);
                    }
                    if !defaults.is_empty() {
                        let mut moved = String::new();
                        nested(&defaults, map, &mut moved);
                        within.push_str("\n  default:\n");
                        indented(&moved, 2, &mut within);
                    }
                    under("pipeline", within.trim_start_matches('\n'), &mut out);
                }
                Part::Jobs => {
                    let mut within = String::new();
                    nested(&blocks, map, &mut within);
                    under("jobs", &within, &mut out);
                }
            }
        }
        if !self.file.tail.trim().is_empty() {
            out.push('\n');
            out.push_str(&self.file.tail);
        }
        out
    }

    /// The block of a key.
    pub(super) fn block(&self, key: &str) -> Option<&Block> {
        self.file.blocks.iter().find(|block| block.key == key)
    }

    /// The comments of a block that its new text does not have.
    fn unsaid(&self, block: &Block, written: &str) -> String {
        let inside = block.inside.iter();
        let inside = inside.filter(|comment| !written.contains(comment.as_str()));
        let mut out = block.comments.clone();
        out.push_str(&comments::lines(inside));
        out
    }

    fn own(&self, blocks: &[&Block], among: &Among<'_>, out: &mut String) {
        for block in blocks {
            let written = match block.key.as_str() {
                "include" if block.shape != Shape::Mappings => {
                    self.map.get("include").and_then(values::include)
                }
                "variables" => self.variables(among),
                // Nothing is said under `pipeline`.
                "stages" if self.map.given("stages").is_none() => Some(String::new()),
                "stages" => self.map.get("stages").and_then(values::stages),
                _ => None,
            };
            let Some(written) = written else {
                out.push('\n');
                out.push_str(&block.comments);
                out.push_str(&block.text);
                continue;
            };
            let mut said = self.unsaid(block, &written);
            if block.key == "variables" {
                // What is said of the variable of an image goes with the image.
                let gone = block.children.iter();
                let gone = gone.filter(|child| among.variables.contains(&child.key));
                let gone: Vec<&String> = gone.flat_map(|child| &child.comments).collect();
                let lines = said.split_inclusive('\n');
                said = lines
                    .filter(|line| !gone.iter().any(|gone| line.trim_end() == gone.as_str()))
                    .collect();
            }
            if !(said.is_empty() && written.is_empty()) {
                out.push('\n');
                out.push_str(&said);
                out.push_str(&written);
            }
        }
    }

    /// `default` without the keys that are not written; `None` if all are.
    fn default(&self, among: &Among<'_>) -> Option<String> {
        let all = self.map.get("default")?.as_map()?;
        let goes = |key: &Key| among.defaults.contains(&*key.text);
        if !all.iter().any(|(key, _)| goes(key)) {
            return None;
        }
        let mut kept = Mapping::new();
        for (key, entry) in all.iter().filter(|(key, _)| !goes(key)) {
            kept.set(&*key.text, values::of(&entry.value)?);
        }
        let block = self.block("default")?;
        let text = || block.without(|key| among.defaults.contains(key));
        match (kept.is_empty(), text()) {
            (true, _) => Some(String::new()),
            (false, Some(text)) => Some(text),
            (false, None) => render::mapping(&Mapping::from_iter([("default", kept)])).ok(),
        }
    }

    /// The variables without those that come with an image; `None` if all stay.
    fn variables(&self, among: &Among<'_>) -> Option<String> {
        let all = self.map.get("variables")?;
        let goes = |key: &Key| among.variables.contains(&*key.text);
        let map = all.as_map()?;
        if !map.iter().any(|(key, _)| goes(key)) {
            return None;
        }
        let kept = map.iter().filter(|(key, _)| !goes(key));
        let kept: Map = kept
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        let text = self.block("variables")?;
        match (
            kept.is_empty(),
            text.without(|key| among.variables.contains(key)),
        ) {
            (true, _) => Some(String::new()),
            (false, Some(text)) => Some(text),
            (false, None) => values::with_key("variables", &all.with(Read::Map(Arc::new(kept)))),
        }
    }
}

/// What stands among the blocks of a pipeline, and which of them are not written.
#[derive(Default)]
pub(super) struct Among<'a> {
    /// The text of the entities, behind the keys that both have.
    pub(super) entities: &'a str,
    /// Comments that have no other place.
    pub(super) comments: &'a str,
    /// Blocks that are not written.
    pub(super) left_out: BTreeSet<String>,
    /// Variables that are not written.
    pub(super) variables: BTreeSet<String>,
    /// Keys of `default` that are not written.
    pub(super) defaults: BTreeSet<String>,
}

/// Commands for all jobs: a manifest with entities has them in `default`.
const FOR_ALL: [&str; 2] = ["before_script", "after_script"];

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

fn nested(blocks: &[&Block], map: &Map, out: &mut String) {
    for (at, block) in blocks.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        indented(&block.comments, 2, out);
        if block.key == "workflow"
            && let Some(text) = map.get("workflow").and_then(values::workflow)
        {
            indented(&comments::lines(&block.inside), 2, out);
            indented(&text, 2, out);
            continue;
        }
        indented(&block.text, 2, out);
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
