//! Where the manifest asks for what stands in the pipeline.
//!
//! In: the entity that a job comes from, and the path of a key in the job. Out: the place of that
//! key in the manifest, or of the nearest thing that there is. A key is asked for in the entity, in
//! its `job`, or in `defaults`.

use crate::pipeline::Origin;
use crate::source::{Entry, Kind, Node, Span};

/// The manifest's tree.
pub(crate) struct Places<'m> {
    pub(crate) root: &'m Node,
}

/// GitLab's keys for which the language has another word.
fn own_word(key: &str) -> &str {
    match key {
        "tags" => "runner_tags",
        "only" | "except" | "rules" => "refs",
        other => other,
    }
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    match &node.kind {
        Kind::Mapping(entries) => entries.iter().find(|entry| &*entry.key.value == key),
        Kind::Scalar(_) | Kind::Sequence(_) => None,
    }
}

fn below<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter()
        .try_fold(node, |node, key| entry(node, key).map(|entry| &entry.value))
}

/// How much of a path leads on from a node, and the place where it ends.
fn follow(node: &Node, path: &[String]) -> (usize, Option<Span>) {
    let Some((key, rest)) = path.split_first() else {
        return (0, None);
    };
    if let Kind::Sequence(items) = &node.kind {
        let inside = items.iter().map(|item| follow(item, path));
        return inside.max_by_key(|(depth, _)| *depth).unwrap_or((0, None));
    }
    let Some(entry) = entry(node, key).or_else(|| entry(node, own_word(key))) else {
        // The value itself: `when: delayed`, `only: [merge_requests]`.
        let scalar = matches!(&node.kind, Kind::Scalar(scalar) if *scalar.text == **key);
        return match scalar {
            true => (1, Some(node.span)),
            false => (0, None),
        };
    };
    let (depth, span) = follow(&entry.value, rest);
    (depth + 1, span.or(Some(entry.key.span)))
}

/// The deepest of several, and how deep it is.
fn deepest<'n>(
    nodes: impl IntoIterator<Item = &'n Node>,
    path: &[String],
) -> (usize, Option<Span>) {
    let mut best = (0, None);
    for node in nodes {
        let found = follow(node, path);
        if found.0 > best.0 {
            best = found;
        }
    }
    best
}

/// The first scalar of a tree that says this.
fn scalar(node: &Node, is: &dyn Fn(&str) -> bool) -> Option<Span> {
    match &node.kind {
        Kind::Scalar(scalar) => is(&scalar.text).then_some(node.span),
        Kind::Sequence(items) => items.iter().find_map(|item| scalar(item, is)),
        Kind::Mapping(entries) => entries.iter().find_map(|entry| scalar(&entry.value, is)),
    }
}

impl<'m> Places<'m> {
    /// The entity, then what it inherits from.
    fn sources(&self, origin: &Origin) -> Vec<&'m Node> {
        let mut sources = Vec::new();
        for path in origin.paths() {
            let entity = below(self.root, &[path.collection, path.name]);
            let part = path.part.and_then(|part| below(entity?, &[part]));
            for node in [part, entity].into_iter().flatten() {
                sources.extend(below(node, &["job"]));
                sources.push(node);
            }
            let defaults = below(self.root, &["defaults", path.collection]);
            sources.extend(defaults.and_then(|defaults| below(defaults, &["job"])));
            sources.extend(defaults);
        }
        sources.extend(self.defaults());
        sources
    }

    fn defaults(&self) -> Option<&'m Node> {
        below(self.root, &["defaults"])
    }

    /// Where a key of a job is asked for.
    pub(crate) fn job(&self, origin: &Origin, path: &[String]) -> Option<Span> {
        let sources = self.sources(origin);
        // An environment is itself what a job has under `environment`.
        let inner = match path {
            [first, inner @ ..] if first == "environment" => inner,
            _ => &[],
        };
        let found = deepest(sources.iter().copied(), inner).1;
        found.or_else(|| deepest(sources, path).1)
    }

    /// Where a key or a value of a job is asked for, as far as its whole path leads there.
    pub(crate) fn exactly(&self, origin: &Origin, path: &[String]) -> Option<Span> {
        let (depth, span) = deepest(self.sources(origin), path);
        span.filter(|_| depth == path.len())
    }

    /// Where a global key is asked for.
    pub(crate) fn global(&self, path: &[String]) -> Option<Span> {
        let pipeline = below(self.root, &["pipeline"]);
        let sources = pipeline.into_iter().chain([self.root]);
        deepest(sources, path).1
    }

    /// Where a global key is asked for, if its whole path leads there.
    pub(crate) fn exactly_global(&self, path: &[String]) -> Option<Span> {
        let (depth, span) = deepest([self.root], path);
        span.filter(|_| depth == path.len())
    }

    /// Where a predefined variable is used: by a job, or by the pipeline itself.
    pub(super) fn variable(&self, origin: Option<&Origin>, name: &str) -> Option<Span> {
        let used = |text: &str| {
            text.match_indices(name).any(|(at, _)| {
                let before = text.get(..at).unwrap_or_default();
                let after = text.get(at + name.len()..).unwrap_or_default();
                let more = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
                before.ends_with(['$', '{']) && !more
            })
        };
        let sources = match origin {
            Some(origin) => self.sources(origin),
            None => self.defaults().into_iter().collect(),
        };
        let sources = sources.into_iter().chain([self.root]);
        let mut found = sources.filter_map(|node| scalar(node, &used));
        found.next()
    }
}
