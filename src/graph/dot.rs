//! Graphviz: `windlass graph --format dot | dot -Tpng`.

use std::fmt::Write as _;

use super::{Graph, Node, Start};
use crate::shown;

pub(super) fn draw(graph: &Graph) -> String {
    let mut out = String::from("digraph pipeline {\n");
    let _ = writeln!(out, "  label=\"{}\"", text(&graph.title));
    out.push_str(
        "  labelloc=t\n  rankdir=LR\n  compound=true\n  fontname=\"sans-serif\"\n  \
         node [shape=box, style=rounded, fontname=\"sans-serif\"]\n",
    );
    let mut number = 0;
    let mut first_jobs = Vec::new();
    for (stage_number, stage) in graph.stages.iter().enumerate() {
        first_jobs.push(number);
        let _ = writeln!(out, "  subgraph cluster_{stage_number} {{");
        let _ = writeln!(out, "    label=\"{}\"", text(&stage.name));
        for job in &stage.jobs {
            let _ = writeln!(out, "    j{number} [{}]", attributes(job));
            number += 1;
        }
        out.push_str("  }\n");
    }
    // An edge between clusters has to hang on a job of each.
    for (to, stage) in graph.stages.iter().enumerate().skip(1) {
        let waits = stage.jobs.iter().any(|job| job.needs.is_none());
        if let (true, Some(tail), Some(head)) = (waits, first_jobs.get(to - 1), first_jobs.get(to))
        {
            let from = to - 1;
            let _ = writeln!(
                out,
                "  j{tail} -> j{head} [ltail=cluster_{from}, lhead=cluster_{to}]"
            );
        }
    }
    for edge in graph.edges() {
        let style = if edge.optional { " [style=dashed]" } else { "" };
        let _ = writeln!(out, "  j{} -> j{}{style}", edge.from, edge.to);
    }
    out.push_str("}\n");
    out
}

fn attributes(job: &Node) -> String {
    let mut label = text(&job.name);
    let notes = job.notes().join(", ");
    if !notes.is_empty() {
        let _ = write!(label, "\\n{}", text(&notes));
    }
    let mut out = format!("label=\"{label}\"");
    if job.conditional {
        out.push_str(", style=\"rounded,dashed\"");
    }
    if job.start == Start::Manual {
        out.push_str(", shape=oval");
    }
    if job.started.is_some() {
        out.push_str(", peripheries=2");
    }
    if job.environment.is_some() {
        out.push_str(", penwidth=2");
    }
    out
}

/// Text inside quotes.
fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars().map(shown::visible) {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Graphviz reads HTML entities in every label.
            '&' => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
    out
}
