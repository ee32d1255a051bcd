//! YAML as Ruby's Psych loads it for GitLab.
//!
//! In: the text of a `.gitlab-ci.yml`. Out: the tree that GitLab gets, or why it gets none. Always
//! holds: of two equal keys the last counts; `<<` is merged at its place; whatever the bytes are,
//! reading takes bounded time and memory.
//!
//! GitLab 18.11: `YAML.safe_load(text, permitted_classes: [Symbol, Reference], aliases: true)`.
//! The parser speaks YAML 1.2, Psych 1.1; what is left of the difference stands in the test.

mod lenient;

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Tag};

use lenient::Lenient;

use super::scalar;
use super::value::{Entry, Key, Map, Node, Place, Value, float};
use crate::finding::{Code, Finding, Report};
use crate::source::{Source, Span};

/// GitLab reads no file of more than 2 MB, and none that nests deeper (`max_yaml_size_bytes`,
/// `max_yaml_depth`, 18.11).
const BYTES: usize = 2 << 20;
const DEPTH: usize = 100;
/// Values with all aliases expanded; GitLab estimates bytes instead.
const NODES: usize = 1_000_000;

/// A file of a configuration.
#[derive(Clone)]
pub(super) struct Loaded {
    /// The document with `spec` before the content, if there is one.
    pub(super) header: Option<Node>,
    /// The content.
    pub(super) content: Node,
}

/// Reads a file of a configuration: its first document, or the last one if the first is a header.
///
/// Facts: `Gitlab::Config::Loader::MultiDocYaml`, `Gitlab::Ci::Config::Yaml::Documents` (18.11):
/// the text is cut at `---` into three pieces at most, what stands before the first `---` included;
/// empty pieces do not count, and of the last piece only the first document is seen.
pub(super) fn load(source: &Source, file: usize) -> Result<Loaded, Finding> {
    let size = source.text.len();
    if size > BYTES {
        let message = format!("the file has {size} bytes; GitLab reads {BYTES}");
        let place = Place {
            file,
            span: Span::default(),
        };
        return Err(Finding::new(Code::TooLarge, place, message));
    }
    let mut text = Lenient::new(&source.text);
    let documents = loop {
        match documents(&text, file) {
            Ok(documents) => break documents,
            Err(Stopped::Found(finding)) => return Err(*finding),
            Err(Stopped::Spaces(kind, offset, finding)) => {
                if !text.fix(&kind, offset) {
                    return Err(*finding);
                }
            }
        }
    };
    let is_header = |node: &Node| node.get("spec").is_some();
    let nothing = || {
        let span = Span::default();
        Node::new(Value::Null, Place { file, span })
    };
    let mut documents = documents.into_iter().filter(|node| !node.is_null());
    let first = documents.next().unwrap_or_else(nothing);
    // A header with nothing behind it is none.
    Ok(match documents.last().filter(|_| is_header(&first)) {
        Some(content) => Loaded {
            header: Some(first),
            content,
        },
        None => Loaded {
            header: None,
            content: first,
        },
    })
}

/// Pieces into which GitLab cuts a file.
const PIECES: usize = 3;

/// Why a text was not read to its end.
enum Stopped {
    /// GitLab does not read it either.
    Found(Box<Finding>),
    /// For want of spaces that libyaml does not ask for, at this offset in the text as it was parsed.
    Spaces(ErrorKind, usize, Box<Finding>),
}

impl From<Finding> for Stopped {
    fn from(finding: Finding) -> Self {
        Stopped::Found(Box::new(finding))
    }
}

/// The documents of a text that GitLab sees.
fn documents(text: &Lenient<'_>, file: usize) -> Result<Vec<Node>, Stopped> {
    let at = |start: usize, end: usize| Place {
        file,
        span: Span::new(text.original(start), text.original(end)),
    };
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: DEPTH,
        block_nesting_limit: DEPTH,
    };
    let parser = Parser::new_from_str_with_options(&text.text, options);
    let mut builder = Builder {
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        root: None,
    };
    let mut documents = Vec::new();
    let mut pieces = PIECES;
    // Whether a document has ended and no other one begun.
    let mut ended = false;
    for event in parser {
        match event {
            Ok((Event::DocumentStart(true, _), _)) if documents.is_empty() => pieces -= 1,
            Ok((Event::DocumentStart(false, _), _)) if ended => break,
            Ok((Event::DocumentEnd, _)) => {
                documents.extend(builder.root.take());
                builder.anchors.clear();
                ended = true;
                if documents.len() == pieces {
                    break;
                }
            }
            Ok((event, span)) => {
                ended = false;
                let range = span.byte_range().unwrap_or(0..0);
                builder.take(event, at(range.start, range.end))?;
            }
            // Psych reads a document and does not look at what follows it.
            Err(_) if ended => break,
            Err(error) => {
                let offset = error.marker().byte_offset().unwrap_or(0);
                let offset = offset.min(text.text.len());
                let message = format!("this is not YAML: {}", error.info());
                let finding = Finding::new(Code::YamlSyntax, at(offset, offset), message);
                return Err(match lenient::is_cause(error.kind()) {
                    true => Stopped::Spaces(error.kind().clone(), offset, Box::new(finding)),
                    false => finding.into(),
                });
            }
        }
    }
    Ok(documents)
}

/// A list or mapping that has begun and not ended.
struct Open {
    place: Place,
    anchor: usize,
    tag: Option<String>,
    /// How many values there were when it began.
    before: usize,
    /// How deep its values nest.
    depth: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { map: Map, key: Option<(Key, Place)> },
}

/// What an anchor names.
#[derive(Clone)]
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    root: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), Finding> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let value = tagged_scalar(&text, plain, tag.as_deref(), place)?;
                self.finished(Node::new(value, place), anchor, 1, 0, false)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(place, anchor, tag.as_deref(), Content::Sequence(Vec::new()));
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                let (map, key) = (Map::default(), None);
                self.begin(place, anchor, tag.as_deref(), Content::Mapping { map, key });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(place),
            Event::Alias(id) => match self.anchors.get(&id).cloned() {
                Some(Anchored { node, nodes, depth }) => self.finished(node, 0, nodes, depth, true),
                None => Err(Finding::new(
                    Code::YamlSyntax,
                    place,
                    "this alias stands inside of what it refers to",
                )),
            },
            _ => Ok(()),
        }
    }

    fn begin(&mut self, place: Place, anchor: usize, tag: Option<&Tag>, content: Content) {
        self.open.push(Open {
            place,
            anchor,
            tag: tag.map(Tag::original),
            before: self.nodes,
            depth: 1,
            content,
        });
    }

    fn end(&mut self, end: Place) -> Result<(), Finding> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let place = Place {
            span: Span::new(open.place.span.start, end.span.end.max(open.place.span.end)),
            ..open.place
        };
        let tag = open.tag.as_deref();
        if let Some(class) = tag.filter(|tag| tag.contains("ruby/")) {
            return Err(disallowed(place, class));
        }
        let value = match open.content {
            Content::Sequence(items) if tag == Some("!reference") => Value::Reference(items.into()),
            Content::Sequence(items) => Value::Seq(items.into()),
            Content::Mapping { .. } if tag == Some("!reference") => {
                return Err(Finding::new(
                    Code::WrongType,
                    place,
                    "`!reference` wants a list",
                ));
            }
            Content::Mapping { map, .. } => Value::Map(Arc::new(map)),
        };
        let nodes = self.nodes.saturating_sub(open.before).saturating_add(1);
        self.nodes = open.before;
        self.finished(
            Node::new(value, place),
            open.anchor,
            nodes,
            open.depth,
            false,
        )
    }

    /// Puts a finished node where it belongs: root, list item, key or value.
    fn finished(
        &mut self,
        node: Node,
        anchor: usize,
        nodes: usize,
        depth: usize,
        alias: bool,
    ) -> Result<(), Finding> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES {
            let message = format!("with its aliases expanded, the file holds over {NODES} values");
            return Err(Finding::new(Code::TooLarge, node.place, message));
        }
        if anchor != 0 {
            let anchored = Anchored {
                node: node.clone(),
                nodes,
                depth,
            };
            self.anchors.insert(anchor, anchored);
        }
        if self.open.len().saturating_add(depth) > DEPTH {
            let message = format!("lists and mappings nest more than {DEPTH} deep");
            return Err(Finding::new(Code::TooLarge, node.place, message));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.depth = open.depth.max(depth.saturating_add(1));
        match &mut open.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { map, key } => match key.take() {
                None => *key = Some((as_key(&node), node.place)),
                Some((key, key_place)) => assign(map, key, key_place, node, alias),
            },
        }
        Ok(())
    }
}

/// Psych's `revive_hash`: `<<` merges a mapping, or a list of them that is written in place; an
/// alias to a list, and everything else, is an ordinary value.
fn assign(map: &mut Map, key: Key, key_place: Place, value: Node, alias: bool) {
    if &*key.text == "<<" && key.is_string {
        let merge = |map: &mut Map, from: &Map| {
            for (key, entry) in from.iter() {
                map.set(key.clone(), entry.clone());
            }
        };
        match &value.value {
            Value::Map(from) => return merge(map, from),
            Value::Seq(items) if !alias => {
                let all: Option<Vec<&Map>> = items.iter().map(Node::as_map).collect();
                if let Some(all) = all {
                    all.into_iter().rev().for_each(|from| merge(map, from));
                    return;
                }
            }
            _ => {}
        }
    }
    map.set(key, Entry { key_place, value });
}

/// A key as Ruby has it; lists and mappings stand under their text, which no string equals.
fn as_key(node: &Node) -> Key {
    let other = |text: String| Key {
        text: text.into(),
        is_string: false,
    };
    match &node.value {
        Value::Str(text) | Value::Symbol(text) => Key::string(Arc::clone(text)),
        Value::Null => other(String::new()),
        Value::Bool(value) => other(value.to_string()),
        Value::Int(number) => other(number.to_string()),
        Value::Float(number) => other(float(*number)),
        Value::Seq(_) | Value::Map(_) | Value::Reference(_) => other("{}".to_owned()),
    }
}

fn disallowed(place: Place, class: &str) -> Finding {
    let message = format!("is {class}, which GitLab does not load");
    Finding::new(Code::YamlTag, place, message)
}

fn tagged_scalar(
    text: &str,
    plain: bool,
    tag: Option<&Tag>,
    place: Place,
) -> Result<Value, Finding> {
    let tag = tag.map(Tag::original);
    let resolved = || {
        scalar::resolve(text)
            .map_err(|class| disallowed(place, &format!("a {}", class.0.to_lowercase())))
    };
    match tag.as_deref() {
        None if plain => resolved(),
        Some("!reference") => Err(Finding::new(
            Code::WrongType,
            place,
            "`!reference` wants a list",
        )),
        Some(class) if class.contains("ruby/") => Err(disallowed(place, class)),
        Some("!!str" | "!str" | "!<tag:yaml.org,2002:str>" | "!!binary" | "!binary") => {
            Ok(Value::Str(text.into()))
        }
        // Any other tag changes nothing (`ToRuby#deserialize`).
        Some(_) => resolved(),
        None => Ok(Value::Str(text.into())),
    }
}

/// What loading a text with nothing around it gives, for tests and for those who only need values.
pub fn load_text(source: &Source) -> Result<Node, Report> {
    load(source, 0)
        .map(|loaded| loaded.content)
        .map_err(|finding| Report::of(std::slice::from_ref(source), [finding]))
}
