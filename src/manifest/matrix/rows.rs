//! The rows of a matrix: every combination of its values, named.
//!
//! In: a `matrix` as it is written. Out: [`Row`]s. Always holds: no more rows than GitLab takes;
//! each variable has a name that shells take.

use std::collections::BTreeSet;

use crate::finding::{Code, Finding, Report};
use crate::manifest::collection::{Many, Map};
use crate::manifest::common::Matrix;
use crate::manifest::kinds::Text;
use crate::source::{At, Span};

/// GitLab makes no more jobs of one `parallel:matrix` (since 15.9; 50 before).
const MOST: usize = 200;

/// One combination of values.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Row {
    /// Names and values of its variables, in the order written.
    pub(super) variables: Vec<(String, String)>,
    /// Where it is written; one place makes several rows.
    pub(super) span: Span,
}

impl Row {
    /// The value of a variable.
    pub(super) fn get(&self, variable: &str) -> Option<&str> {
        let mut all = self.variables.iter();
        let (_, value) = all.find(|(name, _)| name == variable)?;
        Some(value)
    }

    /// Whether both say the same of every variable that both have.
    pub(super) fn agrees(&self, other: &Row) -> bool {
        let mut own = self.variables.iter();
        own.all(|(name, value)| other.get(name).is_none_or(|theirs| theirs == value))
    }

    /// This row with the variables that only the other one has, behind its own.
    fn joined(&self, other: &Row) -> Row {
        let mut joined = self.clone();
        for (name, value) in &other.variables {
            if self.get(name).is_none() {
                joined.variables.push((name.clone(), value.clone()));
            }
        }
        joined
    }

    /// The values as they stand in the name of an image, a repository and a variable.
    pub(super) fn slug(&self) -> String {
        let values: Vec<&str> = self.values().collect();
        let kept = |c: char| c.is_ascii_alphanumeric() || c == '_';
        values
            .join("-")
            .chars()
            .map(|c| if kept(c) { c.to_ascii_lowercase() } else { '-' })
            .collect()
    }

    /// The values.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(_, value)| value.as_str())
    }
}

/// The rows of a matrix; `None` if something is wrong with it, which is reported.
pub(super) fn rows(matrix: &At<Matrix>, report: &mut Report) -> Option<Vec<Row>> {
    let mut all = Vec::new();
    let mut count: usize = 0;
    for row in matrix.value.0.iter() {
        let combinations = check(row, report)?;
        count = count.saturating_add(combinations);
        if count > MOST {
            let message = format!("this matrix has more than {MOST} rows");
            let finding = Finding::new(Code::OutOfRange, matrix.span, message);
            report.push(finding.help(format!("GitLab takes {MOST}: list fewer values")));
            return None;
        }
        all.extend(combinations_of(row));
    }
    Some(all)
}

/// How many combinations a row of the manifest stands for; `None` if it is wrong.
fn check(row: &At<Map<Many<Text>>>, report: &mut Report) -> Option<usize> {
    let mut count: usize = 1;
    if row.iter().next().is_none() {
        let finding = Finding::new(Code::Empty, row.span, "this row has no variables");
        report.push(finding.help("write them as in `{VERSION: [\"27\", \"28\"]}`"));
        return None;
    }
    for (name, values) in row.iter() {
        if let Err(why) = crate::gitlab::names::variable(&name.value) {
            let message = format!("`{}` is not a variable name: it {why}", name.value);
            let finding = Finding::new(Code::BadName, name.span, message);
            report.push(finding.help("rename it, as in `MY_NAME`"));
            return None;
        }
        if crate::gitlab::names::is_predefined(&name.value) {
            report.push(crate::check::predefined_variable(&name.value, name.span));
            return None;
        }
        if values.0.is_empty() {
            let message = format!("`{}` has no values", name.value);
            let finding = Finding::new(Code::Empty, values.span, message);
            report.push(finding.help("a row without values makes no job: list some"));
            return None;
        }
        count = count.saturating_mul(values.0.len());
    }
    Some(count)
}

/// Every combination of a row; the last variable changes first.
fn combinations_of(row: &At<Map<Many<Text>>>) -> Vec<Row> {
    let empty = Row {
        variables: Vec::new(),
        span: row.span,
    };
    let mut all = vec![empty];
    for (name, values) in row.iter() {
        let with = |row: &Row| {
            let row = row.clone();
            let one = |value: &At<Text>| {
                let mut longer = row.clone();
                let variable = (name.value.clone(), value.value.clone());
                longer.variables.push(variable);
                longer
            };
            values.iter().map(one).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

/// The variables of some rows that no row of an image has.
pub(super) fn only_in(own: &[Row], image: &[Row]) -> BTreeSet<String> {
    let names = own.iter().flat_map(|row| &row.variables);
    let names = names.map(|(name, _)| name);
    let new = names.filter(|name| image.iter().all(|row| row.get(name).is_none()));
    new.cloned().collect()
}

/// The rows of a test in an image with a matrix: each of its own with every row of the image that
/// it agrees with. The image's variables come first, as its rows are named so.
pub(super) fn on_image(own: &[Row], image: &[Row], test: &str, report: &mut Report) -> Vec<Row> {
    let mut all = Vec::new();
    for row in own {
        let mut of_image = image
            .iter()
            .filter(|of_image| of_image.agrees(row))
            .peekable();
        if of_image.peek().is_none() {
            let values: Vec<&str> = row.values().collect();
            let values = values.join(":");
            let message = format!("the image of `{test}` has no row `{values}`");
            let help =
                "a matrix here is a part of the image's rows: add the row there, or leave it out";
            report.push(Finding::new(Code::MatrixRow, row.span, message).help(help));
        }
        all.extend(of_image.map(|of_image| Row {
            span: row.span,
            ..of_image.joined(row)
        }));
    }
    // Of a test without a row more would be said than this.
    if all.is_empty() { image.to_vec() } else { all }
}
