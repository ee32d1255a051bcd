//! Mermaid's flowchart, as GitLab draws it in Markdown (Mermaid 10 and later).

use std::fmt::Write as _;

use super::{Graph, Node, Start};
use crate::shown;

pub(super) fn draw(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    let mut number = 0;
    for (stage_number, stage) in graph.stages.iter().enumerate() {
        let name = text(&stage.name);
        let _ = writeln!(out, "  subgraph s{stage_number}[\"{name}\"]");
        for job in &stage.jobs {
            let _ = writeln!(out, "    j{number}{}", shape(job));
            number += 1;
        }
        out.push_str("  end\n");
    }
    // Who names no needs waits for the whole stage before.
    for (to, stage) in graph.stages.iter().enumerate().skip(1) {
        if stage.jobs.iter().any(|job| job.needs.is_none()) {
            let _ = writeln!(out, "  s{} --> s{to}", to - 1);
        }
    }
    for edge in graph.edges() {
        let arrow = if edge.optional { "-.->" } else { "-->" };
        let _ = writeln!(out, "  j{} {arrow} j{}", edge.from, edge.to);
    }
    let mut class = |name: &str, style: &str, is: fn(&Node) -> bool| {
        let jobs = graph.numbered().filter(|(_, job)| is(job));
        let jobs: Vec<String> = jobs.map(|(number, _)| format!("j{number}")).collect();
        if !jobs.is_empty() {
            let _ = writeln!(out, "  classDef {name} {style}");
            let _ = writeln!(out, "  class {} {name}", jobs.join(","));
        }
    };
    class("conditional", "stroke-dasharray:4 3", |job| job.conditional);
    class("deploys", "stroke-width:3px", |job| {
        job.environment.is_some()
    });
    out
}

/// A box; what a person starts has round ends.
fn shape(job: &Node) -> String {
    let mut label = text(&job.name);
    let notes = job.notes().join(", ");
    if !notes.is_empty() {
        label.push_str("<br/>");
        label.push_str(&text(&notes));
    }
    match job.start {
        _ if job.started.is_some() => format!("[[\"{label}\"]]"),
        Start::Manual => format!("([\"{label}\"])"),
        _ => format!("[\"{label}\"]"),
    }
}

/// Text inside quotes. Mermaid writes what it does not take literally as `#code;`; a label is
/// HTML and may be Markdown, so only what is surely plain stays as it is.
fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars().map(shown::visible) {
        match c {
            _ if c.is_alphanumeric() => out.push(c),
            ' ' | '-' | '_' | '.' | ',' | '/' | ':' | '(' | ')' | '[' | ']' | '=' | '+' => {
                out.push(c);
            }
            _ => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}
