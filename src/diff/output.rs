//! Effects as people and programs read them.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::json;

use super::{Comparison, Effect};

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
pub fn tell(told: &Told<'_>, format: Format) -> String {
    match format {
        Format::Text => text(told),
        Format::Json => as_json(told),
        Format::Markdown => markdown(told),
    }
}

/// How many lines of a changed script are shown in a terminal; JSON has all of them.
const MOST: usize = 40;

fn text(told: &Told<'_>) -> String {
    if told.comparison.effects.is_empty() {
        return format!("against {}: nothing changes\n", told.against);
    }
    let mut out = format!("against {}:\n", told.against);
    let mut seen: HashMap<&[String], String> = HashMap::new();
    for effect in &told.comparison.effects {
        let _ = writeln!(out, "  {}", sentence(effect, |name| name.to_owned()));
        for line in lines(effect, &mut seen) {
            let colored = match line.chars().next() {
                Some('+') if told.color => format!("\u{1b}[32m{line}\u{1b}[0m"),
                Some('-') if told.color => format!("\u{1b}[31m{line}\u{1b}[0m"),
                _ => line,
            };
            let _ = writeln!(out, "      {colored}");
        }
    }
    out
}

/// The lines of an effect, or where they were shown already: what several jobs share, as the
/// registry's script, is shown once.
fn lines<'e>(effect: &'e Effect, seen: &mut HashMap<&'e [String], String>) -> Vec<String> {
    if effect.lines.is_empty() {
        return Vec::new();
    }
    if let Some(job) = seen.get(effect.lines.as_slice()) {
        return vec![format!("(the same lines as `{job}`)")];
    }
    let job = effect.job.clone().unwrap_or_default();
    seen.insert(&effect.lines, job);
    let mut lines: Vec<String> = effect.lines.iter().take(MOST).cloned().collect();
    if effect.lines.len() > MOST {
        lines.push(format!("({} more lines)", effect.lines.len() - MOST));
    }
    lines
}

fn sentence(effect: &Effect, name: impl Fn(&str) -> String) -> String {
    match &effect.job {
        Some(job) => format!("{} {}", name(job), effect.text),
        None => effect.text.clone(),
    }
}

fn as_json(told: &Told<'_>) -> String {
    let effects: Vec<_> = told
        .comparison
        .effects
        .iter()
        .map(|effect| {
            json!({
                "job": effect.job,
                "kind": effect.kind.as_str(),
                "text": effect.text,
                "lines": effect.lines,
            })
        })
        .collect();
    format!(
        "{:#}\n",
        json!({"against": told.against, "effects": effects})
    )
}

fn markdown(told: &Told<'_>) -> String {
    let mut out = String::from("### What this does to the pipeline\n\n");
    if told.comparison.effects.is_empty() {
        let _ = writeln!(out, "Against `{}`, nothing changes.", told.against);
        return out;
    }
    let _ = writeln!(out, "Against `{}`:\n", told.against);
    let mut seen = HashMap::new();
    for effect in &told.comparison.effects {
        let sentence = sentence(effect, |name| format!("**{}**", code(name)));
        let _ = writeln!(out, "- {sentence}");
        let lines = lines(effect, &mut seen);
        if !lines.is_empty() {
            // A fence longer than any in the lines.
            let longest = lines.iter().map(|line| ticks(line)).max().unwrap_or(0);
            let fence = "`".repeat(longest.max(2) + 1);
            let _ = writeln!(out, "\n  {fence}diff");
            for line in lines {
                let _ = writeln!(out, "  {line}");
            }
            let _ = writeln!(out, "  {fence}\n");
        }
    }
    let _ = write!(
        out,
        "\n<details><summary>The pipeline on all refs</summary>\n\n```mermaid\n{}```\n\n</details>\n",
        told.mermaid
    );
    out
}

/// The longest run of backticks.
fn ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A name as code, whatever it holds.
fn code(name: &str) -> String {
    let fence = "`".repeat(ticks(name) + 1);
    match name.starts_with('`') || name.ends_with('`') {
        true => format!("{fence} {name} {fence}"),
        false => format!("{fence}{name}{fence}"),
    }
}
