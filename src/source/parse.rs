//! Text to [`Node`]s through the events of granit-parser; the one file that names that crate.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::{At, Entry, Kind, Node, Scalar, Source, Span, writable};
use crate::finding::{Code, Finding, Report};
use crate::hash::Hasher;

/// What reading a manifest may cost at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Size of the file in bytes.
    pub bytes: usize,
    /// Nesting of lists and mappings.
    pub depth: usize,
    /// Nodes of the tree, every alias expanded.
    pub nodes: usize,
    /// Bytes of all scalars, every alias expanded.
    pub scalar_bytes: usize,
}

impl Limits {
    /// A pipeline file may have 2 MB and depth 100 (GitLab 18); a manifest is a fraction of its
    /// pipeline, so 8 MB and a million nodes leave room for 10,000 jobs.
    pub const MANIFEST: Limits = Limits {
        bytes: 8 << 20,
        depth: 100,
        nodes: 1_000_000,
        scalar_bytes: 32 << 20,
    };

    /// A preset, of which a manifest may have many.
    pub const PRESET: Limits = Limits {
        bytes: 1 << 20,
        depth: 100,
        nodes: 100_000,
        scalar_bytes: 4 << 20,
    };

    /// A manifest of Kubernetes, which takes objects of 1.5 MB (etcd's limit of a request).
    pub const APPLIED: Limits = Limits {
        bytes: 2 << 20,
        depth: 100,
        nodes: 200_000,
        scalar_bytes: 8 << 20,
    };
}

/// Reads the one document of a source. `None` if it is not a tree at all; the findings say why.
pub fn parse(source: &Source, limits: Limits, report: &mut Report) -> Option<Node> {
    parse_from(source, 0, limits, report)
}

/// The same for the last file of a source that has several, whose text starts at an offset; places are those of the
/// whole source.
pub fn parse_from(
    source: &Source,
    from: usize,
    limits: Limits,
    report: &mut Report,
) -> Option<Node> {
    let text = source.text.get(from..).unwrap_or_default();
    let size = text.len();
    if size > limits.bytes {
        let message = format!("the file has {size} bytes; {} are allowed", limits.bytes);
        report.push(Finding::new(Code::TooLarge, Span::new(from, from), message));
        return None;
    }
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: limits.depth,
        block_nesting_limit: limits.depth,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder {
        source,
        limits,
        open: Vec::new(),
        anchors: HashMap::new(),
        cost: Cost::default(),
        root: None,
        found: Vec::new(),
    };
    for event in parser {
        let step = match event {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                builder.take(event, Span::new(from + range.start, from + range.end))
            }
            Err(error) => {
                let at = from + error.marker().byte_offset().unwrap_or(0).min(size);
                let message = format!("this is not YAML: {}", error.info());
                let finding = Finding::new(Code::YamlSyntax, Span::new(at, at), message);
                Err(Box::new(finding.help_if(hint(&error.info()))))
            }
        };
        if let Err(finding) = step {
            builder.found.push(*finding);
            builder.root = None;
            break;
        }
    }
    let root = builder.root.take();
    for finding in builder.found {
        report.push(finding);
    }
    root
}

/// What usually is behind an error of the parser, by its words.
fn hint(error: &str) -> Option<String> {
    let hint = if error.contains("tab") {
        "indent with spaces"
    } else if error.contains("unknown anchor") {
        "an anchor `&name` stands before its aliases; quote a value that begins with `*`"
    } else if error.contains("mapping values are not allowed") {
        "keys of a key stand on lines of their own, further in, or in braces; quote a value that holds `: `"
    } else if error.contains("did not find expected") || error.contains("unexpected end") {
        "often the mistake is a line above: a bracket or a quote that is not closed"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// One event taken, or the finding that ends the reading.
type Step = Result<(), Box<Finding>>;

/// How much of the limits a subtree uses.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    nodes: usize,
    scalar_bytes: usize,
    /// How deep lists and mappings nest in it.
    depth: usize,
}

impl Cost {
    fn plus(self, other: Cost) -> Cost {
        Cost {
            nodes: self.nodes.saturating_add(other.nodes),
            scalar_bytes: self.scalar_bytes.saturating_add(other.scalar_bytes),
            depth: self.depth,
        }
    }

    fn minus(self, other: Cost) -> Cost {
        Cost {
            nodes: self.nodes.saturating_sub(other.nodes),
            scalar_bytes: self.scalar_bytes.saturating_sub(other.scalar_bytes),
            depth: self.depth,
        }
    }
}

/// A list or mapping that has begun and not ended.
struct Open {
    span: Span,
    anchor: usize,
    tag: Option<Rc<str>>,
    /// The builder's cost when it began.
    before: Cost,
    /// The deepest nesting below it so far.
    depth: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<(At<Rc<str>>, bool)>,
    },
}

struct Builder<'s> {
    source: &'s Source,
    limits: Limits,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, Cost)>,
    cost: Cost,
    root: Option<Node>,
    found: Vec<Finding>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Step {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                let message = "a second YAML document begins here; a manifest is one document";
                let finding = Finding::new(Code::YamlSyntax, span, message);
                Err(Box::new(finding.help("remove the `---`")))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                // The parser says `~` also where nothing is written.
                let is_absent = plain && &*text == "~" && self.source.slice(span) != "~";
                let text = if is_absent { "" } else { &*text };
                let kind = Kind::Scalar(Scalar {
                    text: Rc::from(text),
                    plain,
                });
                let cost = Cost {
                    nodes: 1,
                    scalar_bytes: text.len(),
                    depth: 0,
                };
                self.spend(cost, span)?;
                self.found.extend(writable::scalar(text, span));
                let node = Node {
                    kind,
                    span,
                    defined: None,
                    tag: tag_text(tag.as_deref()),
                };
                self.place(node, anchor, cost)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(span, anchor, tag.as_deref(), Content::Sequence(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                let content = Content::Mapping {
                    entries: Vec::new(),
                    key: None,
                };
                self.begin(span, anchor, tag.as_deref(), content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(id) => {
                let Some((node, cost)) = self.anchors.get(&id).cloned() else {
                    return Err(Box::new(Finding::new(
                        Code::YamlSyntax,
                        span,
                        "this alias stands inside of what it refers to",
                    )));
                };
                self.spend(cost, span)?;
                let defined = node.defined.or(Some(node.span));
                self.place(
                    Node {
                        span,
                        defined,
                        ..node
                    },
                    0,
                    cost,
                )
            }
            _ => Ok(()),
        }
    }

    fn spend(&mut self, cost: Cost, span: Span) -> Step {
        self.cost = self.cost.plus(cost);
        let what = if self.cost.nodes > self.limits.nodes {
            format!("more than {} values", self.limits.nodes)
        } else if self.cost.scalar_bytes > self.limits.scalar_bytes {
            format!("more than {} bytes of text", self.limits.scalar_bytes)
        } else {
            return Ok(());
        };
        let message = format!("with its aliases expanded, this file holds {what}");
        let help = "an alias to a list of aliases multiplies: write less with anchors";
        let finding = Finding::new(Code::TooLarge, span, message).help(help);
        Err(Box::new(finding))
    }

    fn begin(&mut self, span: Span, anchor: usize, tag: Option<&Tag>, content: Content) -> Step {
        let before = self.cost;
        let cost = Cost {
            nodes: 1,
            ..Cost::default()
        };
        self.spend(cost, span)?;
        self.open.push(Open {
            span,
            anchor,
            tag: tag_text(tag),
            before,
            depth: 1,
            content,
        });
        Ok(())
    }

    fn end(&mut self, end: Span) -> Step {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let cost = Cost {
            depth: open.depth,
            ..self.cost.minus(open.before)
        };
        // A caret under half a file helps nobody: a container is pointed at by its first line.
        let last = end.end.min(self.source.line_end(open.span.start));
        let span = Span::new(open.span.start, last.max(open.span.start));
        let kind = match open.content {
            Content::Sequence(items) => Kind::Sequence(items.into()),
            Content::Mapping { entries, .. } => Kind::Mapping(self.settle(entries).into()),
        };
        self.place(
            Node {
                kind,
                span,
                defined: None,
                tag: open.tag,
            },
            open.anchor,
            cost,
        )
    }

    /// Puts a finished node where it belongs: root, list item, key or value.
    fn place(&mut self, node: Node, anchor: usize, cost: Cost) -> Step {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), cost));
        }
        // Neither the parser's two limits, which count apart, nor the size of what aliases expand to
        // bounds how deep the tree is; what walks it must not run out of stack.
        let deepest = self.limits.depth;
        if self.open.len() + cost.depth > deepest {
            let message = format!("lists and mappings nest more than {deepest} deep");
            let finding = Finding::new(Code::TooLarge, node.span, message);
            return Err(Box::new(finding.help("GitLab reads no deeper either")));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.depth = open.depth.max(cost.depth + 1);
        match &mut open.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { entries, key } => match key.take() {
                Some((key, plain_key)) => entries.push(Entry {
                    key,
                    plain_key,
                    value: node,
                }),
                None => match node.kind {
                    Kind::Scalar(scalar) => {
                        *key = Some((At::new(scalar.text, node.span), scalar.plain));
                    }
                    Kind::Sequence(_) | Kind::Mapping(_) => {
                        let message = "a key must be a string, not a list or a mapping";
                        let finding = Finding::new(Code::WrongType, node.span, message);
                        let help = "quote a key that begins with a bracket";
                        return Err(Box::new(finding.help(help)));
                    }
                },
            },
        }
        Ok(())
    }

    /// Reports duplicate keys and merges `<<`; explicit keys win, then the first merged mapping.
    fn settle(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let hasher = Hasher::default();
        let mut seen: HashMap<Rc<str>, Span, Hasher> =
            HashMap::with_capacity_and_hasher(entries.len(), hasher);
        let mut own = Vec::with_capacity(entries.len());
        let mut merged: Vec<Node> = Vec::new();
        for entry in entries {
            if entry.plain_key && &*entry.key.value == "<<" {
                merged.push(entry.value);
                continue;
            }
            if let Some(finding) = writable::key(&entry.key.value, entry.key.span) {
                self.found.push(finding);
                continue;
            }
            if let Some(&first) = seen.get(&entry.key.value) {
                let name = &entry.key.value;
                self.found.push(
                    Finding::new(
                        Code::DuplicateKey,
                        entry.key.span,
                        format!("`{name}` stands twice in this mapping"),
                    )
                    .related(first, "here it is already")
                    .help("remove one of the two; YAML would silently keep the last"),
                );
                continue;
            }
            seen.insert(entry.key.value.clone(), entry.key.span);
            own.push(entry);
        }
        if merged.is_empty() {
            return own;
        }
        let mut names: HashSet<Rc<str>> = seen.into_keys().collect();
        for node in merged {
            let sources = match &node.kind {
                Kind::Sequence(items) => items.to_vec(),
                Kind::Mapping(_) | Kind::Scalar(_) => vec![node.clone()],
            };
            for from in sources {
                let Kind::Mapping(entries) = &from.kind else {
                    let message = "`<<` merges a mapping or a list of mappings";
                    self.found
                        .push(Finding::new(Code::WrongType, from.span, message));
                    continue;
                };
                for entry in entries.iter().filter(|e| names.insert(e.key.value.clone())) {
                    own.push(entry.clone());
                }
            }
        }
        own
    }
}

fn tag_text(tag: Option<&Tag>) -> Option<Rc<str>> {
    tag.map(|tag| Rc::from(tag.original()))
}

#[cfg(test)]
mod tests;
