//! `parallel` and its matrix: one job becomes several.
//!
//! Facts: `Gitlab::Ci::Config::Normalizer`, `Entry::Product::Parallel` (18.11).

use super::entry::Reader;
use super::model::{Job, Variable};
use super::value::{Map, Node, Place, Value};

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
                reader.report(node.place, message);
            }
            match usize::try_from(*number) {
                Ok(number @ 1..=MOST) => Copies::Number(number),
                _ => {
                    reader.report(node.place, format!("`parallel` is between 1 and {MOST}"));
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
            reader.report(node.place, message);
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
        reader.report(node.place, "`matrix` should be a list of mappings");
        return Copies::None;
    };
    let mut total = 0_usize;
    for item in items {
        let Some(map) = item.as_map() else {
            reader.report(item.place, "`matrix` should be a list of mappings");
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
            reader.report(node.place, message);
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
        reader.report(node.place, "a row of `matrix` should not be empty");
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
                    reader.report(cell.place, message);
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

/// The copies of a job.
pub(super) fn expand(job: Job, copies: &Copies) -> Vec<Job> {
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
                copy
            })
            .collect(),
    }
}
