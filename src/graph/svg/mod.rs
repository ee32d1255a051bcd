//! SVG that a browser, GitLab and a README show as it is: no script, no font, no outside file.

mod place;

use std::fmt::Write as _;

use super::{Graph, Node, Start};
use crate::shown;
pub(super) use place::{BOX, Placed, Title, place};

/// Colours follow the reader's: a picture in a README is seen on white and on black.
const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#1f2328}\
.title{font-size:15px;font-weight:600}\
.stage{font-size:12px;fill:#59636e;letter-spacing:.04em}\
.notes{font-size:11px;fill:#59636e}\
.job{fill:#fff;stroke:#848d97;stroke-width:1.2}\
.conditional{stroke-dasharray:5 3}\
.deploys{stroke:#1a7f37;stroke-width:2}\
.stops{stroke:#bc4c00;stroke-width:2}\
.started{stroke:#8250df;stroke-width:2}\
.edge{fill:none;stroke:#848d97;stroke-width:1.4}\
.optional{stroke-dasharray:4 3}\
.gate{fill:none;stroke:#d1d9e0;stroke-width:1.4}\
.mark{fill:#59636e}\
.ring{fill:none;stroke:#59636e;stroke-width:1.6}\
@media (prefers-color-scheme:dark){\
text{fill:#e6edf3}.stage,.notes{fill:#9198a1}.job{fill:#161b22;stroke:#6e7681}\
.deploys{stroke:#3fb950}.stops{stroke:#db6d28}.started{stroke:#a371f7}.edge{stroke:#6e7681}.gate{stroke:#3d444d}\
.mark{fill:#9198a1}.ring{stroke:#9198a1}}";

pub(super) fn draw(graph: &Graph) -> String {
    let placement = place(graph);
    let (width, height) = (placement.width.ceil(), placement.height.ceil());
    let title = text(&graph.title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path class=\"mark\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
         <text class=\"title\" x=\"20\" y=\"32\">{title}</text>\n"
    );
    for stage in &placement.titles {
        let _ = writeln!(
            out,
            "<text class=\"stage\" x=\"{:.1}\" y=\"68\">{}</text>",
            stage.x,
            text(stage.name)
        );
        // Through this gate goes who waits for the whole stage before.
        if let Some(gate) = gate(stage, height) {
            let _ = writeln!(out, "<path class=\"gate\" d=\"{gate}\"/>");
        }
    }
    for (path, edge) in &placement.edges {
        let class = if edge.optional {
            "edge optional"
        } else {
            "edge"
        };
        let _ = writeln!(
            out,
            "<path class=\"{class}\" marker-end=\"url(#tip)\" d=\"{path}\"/>"
        );
    }
    for job in &placement.jobs {
        draw_job(&mut out, job);
    }
    out.push_str("</svg>\n");
    out
}

/// The path of a stage's gate, if jobs wait at it, in a picture of this height.
pub(super) fn gate(stage: &Title<'_>, height: f64) -> Option<String> {
    if stage.waiting.is_empty() {
        return None;
    }
    let x = stage.x - 28.0;
    let mut gate = format!("M{x:.1} 60V{:.1}", height - 16.0);
    for y in &stage.waiting {
        let _ = write!(gate, "M{x:.1} {y:.1}H{:.1}", stage.x);
    }
    Some(gate)
}

fn draw_job(out: &mut String, job: &Placed<'_>) {
    let (x, y, width) = (job.x, job.y, job.width);
    let class = class(job.node);
    let _ = write!(
        out,
        "<g><rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{BOX}\" rx=\"8\"/>"
    );
    let (cx, cy) = (x + 15.0, y + BOX / 2.0);
    let mark = match job.node.start {
        // A triangle, as on a player: somebody has to press it.
        Start::Manual => format!(
            "<path class=\"mark\" d=\"M{:.1} {:.1}l9 5.5l-9 5.5z\"/>",
            cx - 3.5,
            cy - 5.5
        ),
        Start::Delayed(_) => format!(
            "<circle class=\"ring\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"5.5\"/>\
             <path class=\"ring\" d=\"M{cx:.1} {:.1}v3.5h3\"/>",
            cy - 3.5
        ),
        Start::OnFailure => format!(
            "<path class=\"ring\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"/>",
            cx - 4.0,
            cy - 4.0
        ),
        Start::Always => format!(
            "<circle class=\"ring\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"5\"/>\
             <circle class=\"mark\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"2\"/>"
        ),
        Start::OnSuccess => {
            format!("<circle class=\"mark\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"3.5\"/>")
        }
    };
    out.push_str(&mark);
    let notes = job.node.notes().join(" · ");
    let left = x + 28.0;
    let name = text(&job.node.name);
    if notes.is_empty() {
        let _ = write!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\">{name}</text>",
            cy + 4.5
        );
    } else {
        let notes = text(&notes);
        let _ = write!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\">{name}</text>\
             <text class=\"notes\" x=\"{left:.1}\" y=\"{:.1}\">{notes}</text>",
            cy - 3.0,
            cy + 13.0
        );
    }
    out.push_str("</g>\n");
}

/// The classes of a job's box.
pub(super) fn class(node: &Node) -> String {
    let mut class = "job".to_owned();
    if node.conditional {
        class.push_str(" conditional");
    }
    if node.started.is_some() {
        class.push_str(" started");
    }
    match &node.environment {
        Some(environment) if environment.stops => class.push_str(" stops"),
        Some(_) => class.push_str(" deploys"),
        None => {}
    }
    class
}

/// Text in XML 1.0, which has no way at all to write most control characters.
fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars().map(shown::visible) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}
