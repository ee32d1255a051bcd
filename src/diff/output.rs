//! Effects as people and programs read them.

use std::collections::HashMap;

use serde_json::json;

use super::{Comparison, Effect};
use crate::shown::{Paint, Shown, code, ticks};

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For a comment on a merge request.
    Markdown,
}

/// What is told, and about what.
#[derive(Debug, Clone, Copy)]
pub struct Told<'t> {
    /// What was compared with, as in `HEAD`.
    pub against: &'t str,
    /// The effects, and what was not compared.
    pub comparison: &'t Comparison,
    /// The pipeline after the change, as Mermaid draws it.
    pub mermaid: &'t str,
    /// Whether a terminal shows colours.
    pub color: bool,
}

/// Tells the effects.
pub fn tell(told: &Told<'_>, format: Format) -> Shown {
    match format {
        Format::Text => text(told),
        Format::Json => as_json(told),
        Format::Markdown => markdown(told),
    }
}

/// How many lines of a changed script are shown in a terminal; JSON has all of them.
const MOST: usize = 40;

fn text(told: &Told<'_>) -> Shown {
    let Comparison {
        effects,
        rewritten,
        not_compared,
    } = told.comparison;
    let mut out = Shown::new(told.color);
    let nothing = match (effects.is_empty(), not_compared.is_empty()) {
        (true, true) => " nothing changes",
        (true, false) => " nothing changes in what was compared",
        (false, _) => "",
    };
    out.line(&format!("against {}:{nothing}", told.against));
    let mut seen: HashMap<&[String], String> = HashMap::new();
    let mut above: (bool, &[String]) = (false, &[]);
    for effect in grouped(effects.iter().chain(rewritten)) {
        let under = (effect.open, effect.within.as_slice());
        if under != above {
            above = under;
            for (depth, heading) in headings(effect).iter().enumerate() {
                out.line(&format!("{}{heading}:", indent(depth)));
            }
        }
        let indent = indent(headings(effect).len());
        out.line(&format!(
            "{indent}{}",
            sentence(effect, |name| name.to_owned())
        ));
        for line in lines(effect, &mut seen) {
            let paint = match line.chars().next() {
                Some('+') => Paint::Good,
                Some('-') => Paint::Bad,
                _ => Paint::Plain,
            };
            out.parts(&[(Paint::Plain, &format!("{indent}    ")), (paint, &line)]);
        }
    }
    for what in not_compared {
        out.parts(&[(Paint::Unsure, &format!("  not compared: {what}"))]);
    }
    out
}

/// What holds of an open effect.
const UNLESS: &str = "unless a file that is not read says otherwise";

/// The effects with those that are said under the same headings together: what is sure first, the pipeline's own
/// before those of its children.
fn grouped<'e>(effects: impl Iterator<Item = &'e Effect>) -> Vec<&'e Effect> {
    let effects: Vec<&Effect> = effects.collect();
    let mut order: Vec<&[String]> = vec![&[]];
    for effect in &effects {
        if !order.contains(&effect.within.as_slice()) {
            order.push(&effect.within);
        }
    }
    let mut grouped = effects;
    grouped.sort_by_key(|effect| {
        let at = order.iter().position(|within| *within == effect.within);
        (effect.open, at)
    });
    grouped
}

/// What an effect stands under.
fn headings(effect: &Effect) -> Vec<String> {
    let open = effect.open.then(|| UNLESS.to_owned());
    open.into_iter().chain(place(effect)).collect()
}

/// Which child pipeline an effect is about; `None`: none.
fn place(effect: &Effect) -> Option<String> {
    let (first, rest) = effect.within.split_first()?;
    let mut text = format!("in the child pipeline of {}", code(first));
    for job in rest {
        text = format!("{text}, in that of {}", code(job));
    }
    Some(text)
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth + 1)
}

/// The lines of an effect, or where they were shown already: what several jobs share, as the
/// registry's script, is shown once.
fn lines<'e>(effect: &'e Effect, seen: &mut HashMap<&'e [String], String>) -> Vec<String> {
    if effect.lines.is_empty() {
        return Vec::new();
    }
    if let Some(job) = seen.get(effect.lines.as_slice()) {
        return vec![format!("(the same lines as {})", code(job))];
    }
    let job = effect.job.clone().unwrap_or_default();
    seen.insert(&effect.lines, job);
    let mut lines: Vec<String> = effect.lines.iter().take(MOST).cloned().collect();
    if effect.lines.len() > MOST {
        lines.push(format!("({} more lines)", effect.lines.len() - MOST));
    }
    lines
}

impl Effect {
    /// The effect as one sentence without markup.
    pub fn sentence(&self) -> String {
        whole(self, str::to_owned)
    }
}

/// An effect with what it would stand under.
fn whole(effect: &Effect, name: impl Fn(&str) -> String) -> String {
    let place = place(effect).map_or_else(String::new, |place| format!("{place}: "));
    let open = match effect.open {
        true => format!(" ({UNLESS})"),
        false => String::new(),
    };
    format!("{place}{}{open}", sentence(effect, name))
}

fn sentence(effect: &Effect, name: impl Fn(&str) -> String) -> String {
    match &effect.job {
        Some(job) => format!("{} {}", name(job), effect.text),
        None => effect.text.clone(),
    }
}

fn as_json(told: &Told<'_>) -> Shown {
    let shown = |effects: &[Effect]| -> Vec<_> {
        let effects = effects.iter();
        effects
            .map(|effect| {
                json!({
                    "within": effect.within,
                    "job": effect.job,
                    "kind": effect.kind.as_str(),
                    "text": effect.text,
                    "lines": effect.lines,
                    "open": effect.open,
                })
            })
            .collect()
    };
    let (effects, rewritten) = (
        shown(&told.comparison.effects),
        shown(&told.comparison.rewritten),
    );
    Shown::of_json(&json!({
        "against": told.against,
        "effects": effects,
        "rewritten": rewritten,
        "not_compared": told.comparison.not_compared,
    }))
}

fn markdown(told: &Told<'_>) -> Shown {
    let mut out = Shown::default();
    out.line("### What this does to the pipeline");
    out.line("");
    let Comparison {
        effects,
        rewritten,
        not_compared,
    } = told.comparison;
    let against = code(told.against);
    let is_silent = effects.is_empty();
    out.line(&match (is_silent, not_compared.is_empty()) {
        (true, true) => format!("Against {against}, nothing changes."),
        (true, false) => format!("Against {against}, nothing changes in what was compared."),
        (false, _) => format!("Against {against}:"),
    });
    if !is_silent || !rewritten.is_empty() || !not_compared.is_empty() {
        out.line("");
    }
    let mut seen = HashMap::new();
    for effect in grouped(effects.iter().chain(rewritten)) {
        let sentence = whole(effect, |name| format!("**{}**", code(name)));
        out.line(&format!("- {sentence}"));
        let lines = lines(effect, &mut seen);
        if !lines.is_empty() {
            // A fence longer than any in the lines.
            let fence = "`".repeat(
                lines
                    .iter()
                    .map(|line| ticks(line))
                    .max()
                    .unwrap_or(0)
                    .max(2)
                    + 1,
            );
            out.line("");
            out.line(&format!("  {fence}diff"));
            for line in lines {
                out.line(&format!("  {line}"));
            }
            out.line(&format!("  {fence}"));
            out.line("");
        }
    }
    for what in not_compared {
        out.line(&format!("- Not compared: {what}"));
    }
    if is_silent {
        return out;
    }
    out.line("");
    out.line("<details><summary>The pipeline on all refs</summary>");
    out.line("");
    out.line("```mermaid");
    out.document(told.mermaid);
    for line in ["```", "", "</details>"] {
        out.line(line);
    }
    out
}
