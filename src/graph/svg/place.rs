//! Where everything goes: columns for stages, rows for jobs, free lanes for long edges.

use super::super::{Edge, Graph, Node};

/// Height of a job's box.
pub(in crate::graph) const BOX: f64 = 44.0;
/// Free space between two rows; edges that pass a column go through it.
const GAP: f64 = 18.0;
/// Free space between two columns.
const BETWEEN: f64 = 56.0;
/// Free space around everything.
const MARGIN: f64 = 20.0;
/// Height of the title and the stages' names.
const HEAD: f64 = 64.0;

/// A placed job.
pub(in crate::graph) struct Placed<'g> {
    pub(in crate::graph) node: &'g Node,
    pub(in crate::graph) column: usize,
    pub(in crate::graph) row: usize,
    pub(in crate::graph) x: f64,
    pub(in crate::graph) y: f64,
    pub(in crate::graph) width: f64,
}

/// A placed stage: its name stands above all of its columns.
pub(in crate::graph) struct Title<'g> {
    pub(in crate::graph) name: &'g str,
    pub(in crate::graph) x: f64,
    /// Heights at which jobs of it wait for all of the stage before.
    pub(in crate::graph) waiting: Vec<f64>,
}

/// The whole picture.
pub(in crate::graph) struct Placement<'g> {
    pub(in crate::graph) width: f64,
    pub(in crate::graph) height: f64,
    pub(in crate::graph) titles: Vec<Title<'g>>,
    pub(in crate::graph) jobs: Vec<Placed<'g>>,
    /// Edges as the `d` of an SVG path.
    pub(in crate::graph) edges: Vec<(String, Edge)>,
}

/// The width of a text of 13 pixels height, estimated: pictures carry no fonts.
pub(in crate::graph) fn text_width(text: &str, size: f64) -> f64 {
    let units: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ':' | ' ' | '/' | '\'' | '|' => 0.38,
            'm' | 'w' | 'M' | 'W' | '@' => 0.88,
            'A'..='Z' => 0.7,
            '\u{1100}'.. => 1.05,
            _ => 0.58,
        })
        .sum();
    units * size
}

/// In which column of its stage each job stands: jobs that need one of their own stage come later.
fn depths(graph: &Graph, edges: &[Edge]) -> Vec<usize> {
    let stage_of: Vec<usize> = graph
        .stages
        .iter()
        .enumerate()
        .flat_map(|(number, stage)| stage.jobs.iter().map(move |_| number))
        .collect();
    let mut depths = vec![0_usize; stage_of.len()];
    // A cycle would never come to rest; no stage is deeper than it has jobs.
    for _ in 0..stage_of.len().min(64) {
        let mut changed = false;
        for edge in edges {
            if edge.from == edge.to || stage_of.get(edge.from) != stage_of.get(edge.to) {
                continue;
            }
            let wanted = depths.get(edge.from).map_or(0, |depth| depth + 1).min(63);
            if let Some(depth) = depths.get_mut(edge.to)
                && *depth < wanted
            {
                *depth = wanted;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    depths
}

pub(in crate::graph) fn place(graph: &Graph) -> Placement<'_> {
    let edges = graph.edges();
    let depths = depths(graph, &edges);
    let mut jobs: Vec<Placed<'_>> = Vec::new();
    let mut titles = Vec::new();
    let mut x = MARGIN;
    let mut column = 0;
    let mut rows = 0;
    let mut numbers = 0..;
    for (stage_number, stage) in graph.stages.iter().enumerate() {
        let mut waiting = Vec::new();
        let members: Vec<(&Node, usize)> = stage
            .jobs
            .iter()
            .zip(numbers.by_ref())
            .map(|(node, number)| (node, depths.get(number).copied().unwrap_or(0)))
            .collect();
        let first_x = x;
        let deepest = members.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
        let mut columns = vec![(0_usize, 0.0_f64, 0.0_f64); deepest + 1];
        for (node, depth) in &members {
            if let Some((_, width, _)) = columns.get_mut(*depth) {
                *width = width.max(node_width(node));
            }
        }
        if deepest == 0
            && let Some((_, width, _)) = columns.first_mut()
        {
            *width = width.max(text_width(&stage.name, 12.0) + 8.0);
        }
        for (_, width, left) in &mut columns {
            *left = x;
            x += *width + BETWEEN;
        }
        for (node, depth) in members {
            let Some((row, width, left)) = columns.get_mut(depth) else {
                continue;
            };
            let y = MARGIN + HEAD + *row as f64 * (BOX + GAP);
            if stage_number > 0 && node.needs.is_none() {
                waiting.push(y + BOX / 2.0);
            }
            jobs.push(Placed {
                node,
                column: column + depth,
                row: *row,
                x: *left,
                y,
                width: *width,
            });
            *row += 1;
            rows = rows.max(*row);
        }
        column += deepest + 1;
        titles.push(Title {
            name: &stage.name,
            x: first_x,
            waiting,
        });
    }
    let edges = paths(&jobs, &edges);
    let title = text_width(&graph.title, 15.0) + 2.0 * MARGIN;
    Placement {
        width: (x - BETWEEN + MARGIN).max(title).max(2.0 * MARGIN),
        height: 2.0 * MARGIN + HEAD + rows as f64 * (BOX + GAP),
        titles,
        jobs,
        edges,
    }
}

fn node_width(node: &Node) -> f64 {
    let name = text_width(&node.name, 13.0);
    let notes = text_width(&node.notes().join(" · "), 11.0);
    (name.max(notes) + 40.0).max(110.0)
}

/// Edges from the right side of a box to the left side of another. One that passes other columns
/// runs between two rows, where no box stands.
fn paths(jobs: &[Placed<'_>], edges: &[Edge]) -> Vec<(String, Edge)> {
    let mut lanes = 0_usize;
    let mut paths = Vec::new();
    for edge in edges {
        let (Some(from), Some(to)) = (jobs.get(edge.from), jobs.get(edge.to)) else {
            continue;
        };
        let (x1, y1) = (from.x + from.width, from.y + BOX / 2.0);
        let (x2, y2) = (to.x, to.y + BOX / 2.0);
        let passes = |job: &Placed<'_>| {
            let between = job.column > from.column && job.column < to.column;
            between && (job.row == from.row || job.row == to.row)
        };
        let half = BETWEEN / 2.0;
        let path = if to.column > from.column
            && !jobs.iter().any(passes)
            && to.column - from.column == 1
        {
            format!(
                "M{x1:.1} {y1:.1}C{:.1} {y1:.1} {:.1} {y2:.1} {x2:.1} {y2:.1}",
                x1 + half,
                x2 - half
            )
        } else {
            // Lanes lie below the row of the upper job, a little apart from each other.
            let row = from.row.min(to.row);
            let shift = [0.0, 4.0, -4.0, 2.0, -2.0];
            let shift = shift.get(lanes % shift.len()).copied().unwrap_or(0.0);
            lanes += 1;
            let lane = MARGIN + HEAD + row as f64 * (BOX + GAP) + BOX + GAP / 2.0 + shift;
            let (left, right) = (x1 + half, x2 - half);
            format!(
                "M{x1:.1} {y1:.1}C{:.1} {y1:.1} {:.1} {lane:.1} {left:.1} {lane:.1}\
                 L{right:.1} {lane:.1}C{:.1} {lane:.1} {:.1} {y2:.1} {x2:.1} {y2:.1}",
                x1 + half * 0.6,
                left - half * 0.6,
                right + half * 0.6,
                x2 - half * 0.6,
            )
        };
        paths.push((path, *edge));
    }
    paths
}
