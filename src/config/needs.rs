//! `needs` of a job and of a rule.
//!
//! Facts: `Entry::Needs`, `Entry::Need` (18.11).

use super::entry::Reader;
use super::model::Need;
use super::parallel::{self, Copies};
use super::value::{Map, Node, Place, Value};
use crate::finding::Code;

/// How deep lists of needs may nest.
const NESTING: usize = 10;

/// Reads `needs`; in a rule only jobs of this pipeline are taken.
pub(super) fn read(node: &Node, in_rule: bool, reader: &mut Reader) -> Vec<Need> {
    let mut needs = Vec::new();
    match &node.value {
        Value::Seq(items) => {
            let mut flat = Vec::new();
            items
                .iter()
                .for_each(|item| flatten(item, NESTING, &mut flat));
            for item in flat {
                needs.extend(need(item, in_rule, reader));
            }
        }
        Value::Map(_) => needs.extend(need(node, in_rule, reader)),
        _ => reader.found(
            Code::WrongType,
            node.place,
            "`needs` should be a list or a mapping",
        ),
    }
    let elsewhere = needs.iter().filter(|need| need.elsewhere).count();
    if in_rule && elsewhere > 0 {
        let message = "`needs` in a rule takes jobs of this pipeline alone";
        reader.report(node.place, message);
    }
    if elsewhere > 5 {
        reader.found(
            Code::OutOfRange,
            node.place,
            "`needs` takes 5 jobs of other pipelines at most",
        );
    }
    needs
}

/// The names of the jobs in `needs`, those of a matrix without its values; of other pipelines an
/// empty one.
pub(super) fn names(node: &Node) -> Vec<String> {
    let mut flat = Vec::new();
    flatten(node, NESTING, &mut flat);
    let name = |node: &Node| match &node.value {
        Value::Str(job) => job.to_string(),
        Value::Map(map) if map.has("pipeline") || map.has("project") => String::new(),
        _ => {
            let job = node.get("job").and_then(Node::as_str);
            job.unwrap_or_default().to_owned()
        }
    };
    flat.into_iter().map(name).collect()
}

/// Whether it is the pipeline of another project whose status a job without `script` shows
/// (`Entry::Need::BridgeHash`).
fn is_mirror(map: &Map) -> bool {
    map.has("pipeline") && !map.has("job") && !map.has("project")
}

/// The needs of another kind of job: a mirrored pipeline in a job that runs, and a job of another pipeline
/// in one that starts or mirrors one.
pub(super) fn misplaced(node: &Node, is_trigger: bool) -> Option<(Place, &'static str)> {
    let mut flat = Vec::new();
    flatten(node, NESTING, &mut flat);
    let maps = flat
        .into_iter()
        .filter_map(|node| Some((node, node.as_map()?)));
    maps.filter(|(_, map)| map.has("pipeline") || map.has("project"))
        .find(|(_, map)| is_mirror(map) != is_trigger)
        .map(|(node, _)| match is_trigger {
            true => (
                node.place,
                "`needs` of a job without `script` takes no job of another pipeline",
            ),
            false => (node.place, "`needs` with `pipeline` should have `job`"),
        })
}

/// Whether a job shows the status of a pipeline of another project.
pub(super) fn mirrors(node: &Node) -> bool {
    let mut flat = Vec::new();
    flatten(node, NESTING, &mut flat);
    flat.into_iter().filter_map(Node::as_map).any(is_mirror)
}

fn flatten<'n>(node: &'n Node, depth: usize, into: &mut Vec<&'n Node>) {
    match &node.value {
        Value::Null => {}
        Value::Seq(items) if depth > 0 => {
            items.iter().for_each(|item| flatten(item, depth - 1, into));
        }
        _ => into.push(node),
    }
}

fn need(node: &Node, in_rule: bool, reader: &mut Reader) -> Vec<Need> {
    let plain = |job: String| Need {
        job,
        artifacts: true,
        optional: false,
        elsewhere: false,
        place: node.place,
    };
    match &node.value {
        Value::Str(job) if !job.trim().is_empty() => vec![plain(job.to_string())],
        Value::Map(map) => {
            let needs = with_keys(map, node, plain, reader);
            match (in_rule, needs.first()) {
                // GitLab reads the name alone there: a rule cannot need one copy of a matrix.
                (true, Some(first)) if map.given("parallel").is_some() => {
                    let job = map.get("job").and_then(Node::as_str);
                    let job = job.unwrap_or_default().to_owned();
                    vec![Need {
                        job,
                        ..first.clone()
                    }]
                }
                _ => needs,
            }
        }
        _ => {
            reader.found(Code::WrongType, node.place, "`needs` should name jobs");
            Vec::new()
        }
    }
}

fn with_keys(
    map: &Map,
    node: &Node,
    plain: impl Fn(String) -> Need,
    reader: &mut Reader,
) -> Vec<Need> {
    if is_mirror(map) {
        reader.known_keys(map, "needs", &["pipeline"]);
        let name = map
            .get("pipeline")
            .and_then(|it| reader.string(it, "pipeline"));
        if name.is_some_and(|name| name.trim().is_empty()) {
            let message = "`pipeline` of `needs` should name a project";
            reader.found(Code::Empty, node.place, message);
        }
        let need = Need {
            elsewhere: true,
            ..plain(String::new())
        };
        return vec![need];
    }
    let elsewhere = map.has("pipeline") || map.has("project");
    let known: &[&str] = if map.has("project") {
        &["project", "ref", "job", "artifacts", "parallel"]
    } else if map.has("pipeline") {
        &["pipeline", "job", "artifacts", "parallel"]
    } else {
        &["job", "artifacts", "optional", "parallel"]
    };
    reader.known_keys(map, "needs", known);
    for key in ["pipeline", "project", "ref"] {
        if let Some(node) = map.get(key) {
            reader.string(node, key);
        }
    }
    if map.has("project") && map.given("ref").is_none() {
        let message = "`needs` with `project` should have `ref`";
        reader.found(Code::MissingKey, node.place, message);
    }
    let Some(job) = map.get("job").and_then(|node| reader.string(node, "job")) else {
        reader.found(Code::MissingKey, node.place, "`needs` should have `job`");
        return Vec::new();
    };
    if job.trim().is_empty() {
        reader.found(Code::WrongType, node.place, "`needs` should name a job");
    }
    let mut flag = |key: &str, otherwise: bool| {
        map.given(key)
            .and_then(|node| reader.boolean(node, key))
            .unwrap_or(otherwise)
    };
    let need = Need {
        artifacts: flag("artifacts", true),
        optional: flag("optional", false),
        elsewhere,
        ..plain(job.value)
    };
    let Some(node) = map.given("parallel") else {
        return vec![need];
    };
    match parallel::read(node, false, reader) {
        Copies::Matrix(rows) => rows
            .iter()
            .map(|row| Need {
                job: parallel::matrix_name(&need.job, row),
                ..need.clone()
            })
            .collect(),
        Copies::Number(_) => {
            reader.found(
                Code::MissingKey,
                node.place,
                "`parallel` of `needs` should have `matrix`",
            );
            vec![need]
        }
        Copies::None => vec![need],
    }
}
