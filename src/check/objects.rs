//! Objects of Kubernetes in files of the project.
//!
//! In: a file. Out: its documents, and what kubectl finds in them. Always holds: what cannot be known, as of text
//! that is not YAML or has variables, is `None`.

use crate::finding::Report;
use crate::manifest::raw::member;
use crate::source::{Kind, Limits, Node, Source, parse};

/// An object, as far as its file says what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// As in `batch/v1`.
    pub(super) version: String,
    /// As in `Job`.
    pub(super) kind: String,
    /// Its name; empty if Kubernetes is to make one.
    pub(super) name: String,
}

/// Documents of one file that are looked at: each copies what is before it.
const MOST_DOCUMENTS: usize = 200;

/// The documents of a stream, each with the rest of the text blank, so that places stay; `None` if there are
/// too many.
pub(super) fn documents(source: &Source) -> Option<Vec<Source>> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        if line.starts_with("---") && at > 0 {
            starts.push(at);
        }
        at += line.len();
    }
    if starts.len() > MOST_DOCUMENTS {
        return None;
    }
    let blank = |text: &str| -> String {
        let byte = |byte| if byte == b'\n' { '\n' } else { ' ' };
        text.bytes().map(byte).collect()
    };
    let ends = starts.iter().skip(1).copied().chain([source.text.len()]);
    let ranges = starts.iter().copied().zip(ends);
    let documents = ranges.filter_map(|(start, end)| {
        let before = source.text.get(..start)?;
        let text = blank(before) + source.text.get(start..end)?;
        Some(Source::new(&*source.name, text))
    });
    Some(documents.collect())
}

/// The objects of a file in the order in which kubectl takes them, those of lists one by one.
pub(super) fn objects(source: &Source) -> Option<Vec<Object>> {
    let mut all = Vec::new();
    for document in documents(source)? {
        let mut faults = Report::about(document.clone());
        let root = parse(&document, Limits::APPLIED, &mut faults);
        if faults.has_errors() {
            return None;
        }
        match root {
            Some(root) if !root.is_null() => add(&root, &mut all)?,
            // Nothing but comments.
            Some(_) | None => {}
        }
    }
    Some(all)
}

/// Adds an object, or the items of a list.
fn add(node: &Node, all: &mut Vec<Object>) -> Option<()> {
    let kind = text(node, "kind")?;
    if let (true, Some(items)) = (kind.ends_with("List"), member(node, "items")) {
        let Kind::Sequence(items) = &items.kind else {
            return None;
        };
        return items.iter().try_for_each(|item| add(item, all));
    }
    let name = match member(node, "metadata").and_then(|metadata| member(metadata, "name")) {
        Some(name) => scalar(name)?,
        None => String::new(),
    };
    let version = text(node, "apiVersion")?;
    all.push(Object {
        version,
        kind,
        name,
    });
    Some(())
}

/// The text of a key, unless variables may change it.
fn text(node: &Node, key: &str) -> Option<String> {
    scalar(member(node, key)?).filter(|text| !text.contains('$'))
}

fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(scalar) => Some(scalar.text.to_string()),
        Kind::Sequence(_) | Kind::Mapping(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Option<Vec<String>> {
        let found = objects(&Source::new("k8s.yml", text))?;
        Some(found.into_iter().map(|object| object.kind).collect())
    }

    #[test]
    fn each_object_is_found_once_or_nothing_is_known() {
        let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: m}\n";
        let other = "apiVersion: v1\nkind: Service\n";
        let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: batch/v1, kind: Job}\n";
        for (text, expected) in [
            (job.to_owned(), Some(vec!["Job"])),
            (format!("# a comment\n---\n{job}---\n"), Some(vec!["Job"])),
            (format!("{job}---\n{other}"), Some(vec!["Job", "Service"])),
            (list.to_owned(), Some(vec!["Job"])),
            ("# nothing\n".to_owned(), Some(vec![])),
            ("kind: Job\n".to_owned(), None),
            (job.replace("Job", "${KIND}"), None),
            (
                job.replace("{name: m}", "{name: '${NAME}'}"),
                Some(vec!["Job"]),
            ),
            (format!("{job}spec: [\n"), None),
            ("- kind: Job\n".to_owned(), None),
            ("---\n".repeat(300), None),
        ] {
            let expected = expected.map(|kinds| kinds.into_iter().map(str::to_owned).collect());
            assert_eq!(kinds(&text), expected, "{text}");
        }
    }
}
