//! The variables of a matrix in the strings of an entity.
//!
//! In: a node and a row. Out: the node with the row's values. Always holds: places stay; a string
//! that changed is a string still, whatever its value looks like; no other `$` changes.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::rows::Row;
use crate::source::{Entry, Kind, Node, Scalar};

/// A substitution under way.
pub(super) struct Substitution<'r> {
    row: &'r Row,
    /// Variables that a shell must know, as in `${VERSION%.*}`: only it can say what that is.
    pub(super) left: BTreeSet<String>,
    /// Variables whose value stands somewhere now.
    pub(super) used: BTreeSet<String>,
    /// How much has been copied, in bytes.
    pub(super) size: usize,
}

impl<'r> Substitution<'r> {
    /// One of a row's values.
    pub(super) fn of(row: &'r Row) -> Self {
        Self {
            row,
            left: BTreeSet::new(),
            used: BTreeSet::new(),
            size: 0,
        }
    }

    /// A node with the row's values in all its strings; keys stay.
    pub(super) fn node(&mut self, node: &Node) -> Node {
        let kind = match &node.kind {
            Kind::Scalar(scalar) => Kind::Scalar(self.scalar(scalar)),
            Kind::Sequence(items) => {
                Kind::Sequence(items.iter().map(|item| self.node(item)).collect())
            }
            Kind::Mapping(entries) => {
                Kind::Mapping(entries.iter().map(|entry| self.entry(entry)).collect())
            }
        };
        Node {
            kind,
            ..node.clone()
        }
    }

    /// An entry with the row's values in its value.
    pub(super) fn entry(&mut self, entry: &Entry) -> Entry {
        Entry {
            value: self.node(&entry.value),
            ..entry.clone()
        }
    }

    fn scalar(&mut self, scalar: &Scalar) -> Scalar {
        self.size = self
            .size
            .saturating_add(scalar.text.len() + size_of::<Node>());
        match self.text(&scalar.text) {
            Some(text) => Scalar {
                text: Rc::from(text),
                plain: false,
            },
            None => scalar.clone(),
        }
    }

    /// A text with the row's values; `None` if it has none of the variables. `$$` and `\$` are
    /// no variables to anybody.
    pub(super) fn text(&mut self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut changed = false;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            out.push('$');
            rest = after;
            if before.ends_with('\\') {
                continue;
            }
            if let Some(after) = after.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            let (braced, named) = match after.strip_prefix('{') {
                Some(inside) => (true, inside),
                None => (false, after),
            };
            let end = named
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(named.len());
            let Some((name, behind)) = named.split_at_checked(end) else {
                continue;
            };
            let Some(value) = self.row.get(name) else {
                continue;
            };
            let behind = match braced {
                true => behind.strip_prefix('}'),
                false => Some(behind),
            };
            match behind {
                Some(behind) => {
                    out.pop();
                    out.push_str(value);
                    rest = behind;
                    changed = true;
                    self.used.insert(name.to_owned());
                }
                None => drop(self.left.insert(name.to_owned())),
            }
        }
        out.push_str(rest);
        changed.then_some(out)
    }
}

/// A name of which each row has its own: values whose variables it does not hold are appended.
pub(super) fn complete(template: &str, row: &Row, append: bool) -> String {
    let mut substitution = Substitution::of(row);
    let mut name = substitution
        .text(template)
        .unwrap_or_else(|| template.to_owned());
    for (variable, value) in &row.variables {
        if append && !has(template, variable) {
            name.push(':');
            name.push_str(value);
        }
    }
    name
}

/// Whether a text has a variable, as `$NAME` or `${NAME}`.
fn has(text: &str, variable: &str) -> bool {
    let row = Row {
        variables: vec![(variable.to_owned(), String::new())],
        ..Row::default()
    };
    Substitution::of(&row).text(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_variables_of_the_matrix_are_replaced() {
        let row = Row {
            variables: vec![("V".to_owned(), "28".to_owned())],
            ..Row::default()
        };
        for (text, expected) in [
            ("$V-${V}", Some("28-28")),
            ("$V$V.", Some("2828.")),
            ("${V", None),
            ("$VERSION ${VERSION} $ $", None),
            ("$$V \\$V", None),
            ("${V%.*}", None),
            ("$CI_X/$V", Some("$CI_X/28")),
            ("", None),
        ] {
            let mut substitution = Substitution::of(&row);
            assert_eq!(substitution.text(text).as_deref(), expected, "{text}");
            assert_eq!(
                substitution.left.len(),
                usize::from(text.starts_with("${V%") || text == "${V")
            );
        }
    }
}
