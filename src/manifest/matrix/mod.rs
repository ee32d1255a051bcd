//! `matrix`: an entity with rows becomes one entity a row, before anything else looks at it.
//!
//! In: the tree of a manifest. Out: the same tree without a matrix, and, for [`Rows::resolve`],
//! what a name that meant all rows stands for. Always holds: what comes out is what the same
//! manifest would be if its rows were written by hand; a finding is told once, not once a row.

mod entity;
mod refer;
mod rows;
mod substitute;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::common::Matrix;
use super::record::{Field, Reader};
use crate::finding::{Code, Finding, Report};
use crate::source::{At, Entry, Kind, Node, Span};
use entity::{extent, image_name, keep_variables, mapping_entry, text_entry, with_defaults};
use rows::Row;
use substitute::{Substitution, complete};

/// The sections whose entities may have a matrix. Images come first: tests run in their rows.
const SECTIONS: [&str; 3] = ["images", "tests", "tasks"];

/// How much all rows together may hold, in bytes: more than any pipeline that GitLab takes.
const MOST: usize = 16 << 20;
/// What a row counts at least: it is a job or several, and ten thousand are too many.
const ROW: usize = MOST / 10_000;

/// The jobs of an image: the key of `job_names`, and how its name begins.
const IMAGE_JOBS: [(&str, &str); 4] = [
    ("build", "build-"),
    ("check", "check-"),
    ("force", "force-build-"),
    ("cleanup", "cleanup-"),
];

/// What a name means that all rows share.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Image -> the images of its rows.
    images: HashMap<String, Vec<(String, Row)>>,
    /// Job -> the jobs of its rows.
    jobs: HashMap<String, Vec<(String, Row)>>,
    /// The row of each entity that came out of a matrix, by section and name.
    of: HashMap<(&'static str, String), Row>,
}

/// An entity while it is expanded.
struct Expanding<'n> {
    section: &'static str,
    entry: &'n Entry,
    /// Its keys, those of `defaults` among them, without `matrix`.
    keys: Vec<Entry>,
    /// Variables of a test that its image does not have.
    own_variables: BTreeSet<String>,
}

/// Expands every matrix of a manifest.
pub(super) fn expand(root: &Node, report: &mut Report) -> (Node, Rows) {
    let mut rows = Rows::default();
    let mut size = 0;
    let Kind::Mapping(entries) = &root.kind else {
        return (root.clone(), rows);
    };
    let mut expanded: HashMap<&str, Node> = HashMap::new();
    for section in SECTIONS {
        let defaults = member(root, "defaults").and_then(|all| member(all, section));
        if let Some(node) = member(root, section) {
            let node = rows.section(section, node, defaults, &mut size, report);
            expanded.insert(section, node);
        }
    }
    let entries = entries.iter().map(|entry| Entry {
        value: match expanded.remove(&*entry.key.value) {
            Some(node) => node,
            None => entry.value.clone(),
        },
        ..entry.clone()
    });
    let root = Node {
        kind: Kind::Mapping(entries.collect()),
        ..root.clone()
    };
    (root, rows)
}

impl Rows {
    fn section(
        &mut self,
        section: &'static str,
        node: &Node,
        defaults: Option<&Node>,
        size: &mut usize,
        report: &mut Report,
    ) -> Node {
        let Kind::Mapping(entries) = &node.kind else {
            return node.clone();
        };
        let mut out: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut names: HashSet<Rc<str>> = entries.iter().map(|e| e.key.value.clone()).collect();
        for entry in entries.iter() {
            let Some((entity, own)) = self.rows_of(section, entry, defaults, report) else {
                out.push(entry.clone());
                continue;
            };
            names.remove(&entry.key.value);
            let keys = entity.keys.iter().map(|key| extent(&key.value));
            for span in keys.chain([entry.key.span, extent(&entry.value)]) {
                report.once_within(span);
            }
            let several = own.len() > 1;
            for row in own {
                if *size > MOST {
                    too_large(entry.key.span, size, report);
                    break;
                }
                let new = self.row(&entity, &row, several, size);
                if names.insert(new.key.value.clone()) {
                    out.push(new);
                } else {
                    let message = format!("two rows are named `{}`", new.key.value);
                    let finding = Finding::new(Code::DuplicateName, row.span, message)
                        .related(entry.key.span, "the rows of this")
                        .help("a row is named by its values: give each other values");
                    report.push(finding);
                }
            }
        }
        Node {
            kind: Kind::Mapping(out.into()),
            ..node.clone()
        }
    }

    /// The rows that an entity has, if it has a matrix, or runs in an image that has one.
    fn rows_of<'n>(
        &self,
        section: &'static str,
        entry: &'n Entry,
        defaults: Option<&Node>,
        report: &mut Report,
    ) -> Option<(Expanding<'n>, Vec<Row>)> {
        let Kind::Mapping(own) = &entry.value.kind else {
            return None;
        };
        let mut keys = with_defaults(own, defaults);
        let matrix = keys.iter().position(|key| &*key.key.value == "matrix");
        let matrix = matrix.map(|at| keys.remove(at).value);
        let of_image = match section {
            "images" => None,
            _ => image_name(&keys).and_then(|image| self.images.get(image)),
        };
        let of_image: Option<Vec<Row>> =
            of_image.map(|all| all.iter().map(|(_, row)| row.clone()).collect());
        let mut own_variables = BTreeSet::new();
        let rows = match matrix.filter(|node| !node.is_null()) {
            None => of_image?,
            Some(node) => {
                let mut reader = Reader::new(report);
                let read = reader.below("matrix", |reader| Field::<Matrix>::read(&node, reader));
                let own = rows::rows(read.at()?, report)?;
                if section != "images" {
                    let of_image = of_image.as_deref().unwrap_or_default();
                    own_variables = rows::only_in(&own, of_image);
                }
                match of_image {
                    None => own,
                    Some(of_image) => rows::on_image(&own, &of_image, &entry.key.value, report),
                }
            }
        };
        let entity = Expanding {
            section,
            entry,
            keys,
            own_variables,
        };
        (!rows.is_empty()).then_some((entity, rows))
    }

    /// One row of an entity.
    fn row(&mut self, entity: &Expanding<'_>, row: &Row, several: bool, size: &mut usize) -> Entry {
        let Expanding {
            section,
            entry,
            keys,
            own_variables,
        } = entity;
        let base = &*entry.key.value;
        let mut substitution = Substitution::of(row);
        let mut keys: Vec<Entry> = keys.iter().map(|key| substitution.entry(key)).collect();
        *size = size.saturating_add(substitution.size.max(ROW));
        let mut left = std::mem::take(&mut substitution.left);
        // What nothing here names is for the script to read, as in GitLab.
        left.extend(own_variables.difference(&substitution.used).cloned());
        keep_variables(
            &mut keys,
            row,
            left.iter().map(String::as_str),
            entry.key.span,
        );
        let is_image = *section == "images";
        let name = if is_image {
            format!("{base}-{}", row.slug())
        } else {
            complete(base, row, several)
        };
        let jobs: Vec<(&str, String)> = match is_image {
            true => IMAGE_JOBS
                .iter()
                .map(|(key, prefix)| (*key, format!("{prefix}{base}")))
                .collect(),
            false => vec![("run", base.to_owned())],
        };
        let own = keys.iter().position(|key| &*key.key.value == "job_names");
        let own = own.map(|at| keys.remove(at));
        let written = member(&entry.value, "job_names").or_else(|| {
            entity
                .keys
                .iter()
                .find(|key| &*key.key.value == "job_names")
                .map(|key| &key.value)
        });
        let mut job_names: Vec<Entry> = Vec::new();
        for (key, made) in jobs {
            let template = written.and_then(|names| member(names, key));
            let (template, span) = match template.map(|node| (&node.kind, node.span)) {
                Some((Kind::Scalar(scalar), span)) => (scalar.text.to_string(), span),
                _ => (made, entry.key.span),
            };
            let job = complete(&template, row, several || is_image);
            job_names.push(text_entry(key, &job, span));
            let all = self.jobs.entry(template).or_default();
            all.push((job, row.clone()));
        }
        match own {
            // What is wrong with it, the reader of the manifest says.
            Some(own) if !matches!(own.value.kind, Kind::Mapping(_)) => keys.push(own),
            own => {
                let others = own.iter().filter_map(|own| match &own.value.kind {
                    Kind::Mapping(entries) => Some(entries.iter()),
                    _ => None,
                });
                for other in others.flatten() {
                    let known = |name: &Entry| name.key.value == other.key.value;
                    if !job_names.iter().any(known) {
                        job_names.push(other.clone());
                    }
                }
                let span = own.map_or(entry.key.span, |own| own.value.span);
                keys.push(mapping_entry("job_names", job_names, span));
            }
        }
        if is_image {
            let all = self.images.entry(base.to_owned()).or_default();
            all.push((name.clone(), row.clone()));
        }
        self.of.insert((section, name.clone()), row.clone());
        Entry {
            key: At::new(Rc::from(name), entry.key.span),
            plain_key: false,
            value: Node {
                kind: Kind::Mapping(keys.into()),
                ..entry.value.clone()
            },
        }
    }
}

/// Says once that there is too much.
fn too_large(span: Span, size: &mut usize, report: &mut Report) {
    if *size < usize::MAX {
        *size = usize::MAX;
        let message = "the matrices have more rows than a pipeline can hold";
        let finding = Finding::new(Code::TooLarge, span, message);
        report.push(finding.help("list fewer values, or give fewer entities a matrix"));
    }
}

/// The value of a key.
fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    super::raw::member(node, key)
}
