//! `parallel` and its matrix: one job becomes several.
//!
//! Facts: `Gitlab::Ci::Config::Normalizer`, `Entry::Product::Parallel` (18.11).

use std::sync::Arc;

use super::entry::Reader;
use super::model::{Job, Need, Variable};
use super::value::{Map, Node, Place, Value};
use crate::finding::Code;

/// Most copies of a job.
const MOST: usize = 200;

/// One copy of a matrix: its variables in order.
pub(super) type Row = Vec<(String, String, Place)>;

/// The copies of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Copies {
    /// It is one job.
    None,
    /// So many.
    Number(usize),
    /// One for each row, none twice.
    Matrix(Vec<Row>),
}

/// Reads `parallel`.
pub(super) fn read(node: &Node, is_trigger: bool, reader: &mut Reader) -> Copies {
    match &node.value {
        Value::Int(number) => {
            if is_trigger {
                let message = "`parallel` of a job with `trigger` should have `matrix`";
                reader.found(Code::MissingKey, node.place, message);
            }
            match usize::try_from(*number) {
                Ok(number @ 1..=MOST) => Copies::Number(number),
                _ => {
                    reader.found(
                        Code::OutOfRange,
                        node.place,
                        format!("`parallel` is between 1 and {MOST}"),
                    );
                    Copies::None
                }
            }
        }
        Value::Map(map) => {
            reader.known_keys(map, "parallel", &["matrix"]);
            match map.get("matrix") {
                Some(matrix) => self::matrix(matrix, reader),
                None => {
                    reader.missing(node.place, "`parallel` should have `matrix`");
                    Copies::None
                }
            }
        }
        _ => {
            let message = "`parallel` should be a whole number or have `matrix`";
            reader.found(Code::WrongType, node.place, message);
            Copies::None
        }
    }
}

fn matrix(node: &Node, reader: &mut Reader) -> Copies {
    let mut rows: Vec<Row> = Vec::new();
    if node.is_null() {
        return Copies::Matrix(rows);
    }
    let Some(items) = node.as_seq() else {
        reader.found(
            Code::WrongType,
            node.place,
            "`matrix` should be a list of mappings",
        );
        return Copies::None;
    };
    let mut total = 0_usize;
    for item in items {
        let Some(map) = item.as_map() else {
            reader.found(
                Code::WrongType,
                item.place,
                "`matrix` should be a list of mappings",
            );
            continue;
        };
        let Some(columns) = columns(map, item, reader) else {
            continue;
        };
        let product = columns.iter().fold(1_usize, |count, (_, values)| {
            count.saturating_mul(values.len())
        });
        total = total.saturating_add(product);
        if total > MOST {
            let message = format!("`matrix` makes {total} jobs; {MOST} are the most");
            reader.found(Code::OutOfRange, node.place, message);
            return Copies::None;
        }
        for row in product_of(&columns) {
            let same = |one: &Row| {
                one.len() == row.len()
                    && one
                        .iter()
                        .zip(&row)
                        .all(|(a, b)| (&a.0, &a.1) == (&b.0, &b.1))
            };
            if !rows.iter().any(same) {
                rows.push(row);
            }
        }
    }
    Copies::Matrix(rows)
}

type Columns = Vec<(String, Vec<(String, Place)>)>;

fn columns(map: &Map, node: &Node, reader: &mut Reader) -> Option<Columns> {
    if map.is_empty() {
        reader.found(
            Code::Empty,
            node.place,
            "a row of `matrix` should not be empty",
        );
        return None;
    }
    let mut columns = Vec::with_capacity(map.len());
    for (key, entry) in map.iter() {
        let cells = match &entry.value.value {
            Value::Seq(items) => items.as_ref(),
            _ => std::slice::from_ref(&entry.value),
        };
        let mut values = Vec::with_capacity(cells.len());
        for cell in cells {
            match &cell.value {
                Value::Str(text) => values.push((text.to_string(), cell.place)),
                Value::Int(number) => values.push((number.to_string(), cell.place)),
                _ => {
                    let message = "`matrix` takes strings, whole numbers and lists of them";
                    reader.found(Code::WrongType, cell.place, message);
                    return None;
                }
            }
        }
        columns.push((key.text.to_string(), values));
    }
    Some(columns)
}

/// Every combination, the last variable changing first.
fn product_of(columns: &Columns) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![Vec::new()];
    for (name, values) in columns {
        rows = rows
            .iter()
            .flat_map(|row| {
                values.iter().map(|(value, place)| {
                    let mut row = row.clone();
                    row.push((name.clone(), value.clone(), *place));
                    row
                })
            })
            .collect();
    }
    rows
}

/// The name of one copy: `test: [linux, arm]`.
pub(super) fn matrix_name(job: &str, row: &Row) -> String {
    let values: Vec<&str> = row.iter().map(|(_, value, _)| value.as_str()).collect();
    format!("{job}: [{}]", values.join(", "))
}

/// How many values of [`Reader::takes`] a copy of a job counts as, without its lists.
const JOB: usize = 20;

/// The copies of a job, each with what `$[[ matrix.NAME ]]` in its `needs` stands for.
pub(super) fn expand(job: Job, copies: &Copies, reader: &mut Reader) -> Vec<Job> {
    let count = match copies {
        Copies::None => 0,
        Copies::Number(total) => *total,
        Copies::Matrix(rows) => rows.len(),
    };
    let commands = job.before_script.len() + job.script.len() + job.after_script.len();
    let values = JOB + commands + job.variables.len();
    if !reader.takes(count.saturating_mul(values), job.place) {
        return vec![job];
    }
    match copies {
        Copies::None => vec![job],
        Copies::Number(total) => (1..=*total)
            .map(|number| Job {
                name: format!("{} {number}/{total}", job.key),
                ..job.clone()
            })
            .collect(),
        Copies::Matrix(rows) => rows
            .iter()
            .map(|row| {
                let mut copy = Job {
                    name: matrix_name(&job.key, row),
                    ..job.clone()
                };
                for (name, value, place) in row {
                    let variable = Variable {
                        value: value.clone(),
                        expand: true,
                        place: *place,
                    };
                    copy.variables.insert(name.clone(), variable);
                }
                let written =
                    |needs: &Arc<[Need]>| needs.iter().any(|need| need.job.contains(OPEN));
                if let Some(needs) = copy.needs.as_ref().filter(|needs| written(needs)) {
                    let put_in = |need: &Need| Need {
                        job: expressions(&need.job, row, need.place, reader),
                        ..need.clone()
                    };
                    copy.needs = Some(needs.iter().map(put_in).collect());
                }
                copy
            })
            .collect(),
    }
}

const OPEN: &str = "$[[";
const CLOSE: &str = "]]";

/// The name of a needed job with the values of one copy put in (18.6, generally available in 18.8).
///
/// Facts: `Interpolation::MatrixInterpolator` (18.11): `$[[ matrix.NAME ]]`, and nothing else in
/// the brackets.
fn expressions(text: &str, row: &Row, place: Place, reader: &mut Reader) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(OPEN) {
        out.push_str(before);
        let variable = inside
            .split_once(CLOSE)
            .and_then(|(block, after)| Some((matrix_variable(block)?, after)));
        let Some((name, after)) = variable else {
            out.push_str(OPEN);
            rest = inside;
            continue;
        };
        match row.iter().find(|(column, ..)| column == name) {
            Some((_, value, _)) => out.push_str(value),
            None => {
                let message = format!("`needs` has `{name}`, which is not in the job's own matrix");
                reader.found(Code::UnknownJob, place, message);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The name in ` matrix.NAME `.
fn matrix_variable(block: &str) -> Option<&str> {
    let name = block.trim().strip_prefix("matrix.")?;
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (!name.is_empty() && name.chars().all(word)).then_some(name)
}
