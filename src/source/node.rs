//! The tree that a manifest is read into.

use std::rc::Rc;

/// A range of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span from its ends.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// A range of bytes in one of several files that belong together, such as a pipeline and what it
/// includes. A [`Span`] alone is a place in the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Which of the files, from 0: the index in [`crate::config::Config::sources`] or in the sources
    /// of a [`crate::finding::Report`].
    pub file: usize,
    /// Where in it.
    pub span: Span,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { file: 0, span }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it is written; for a value that came through an alias, where the alias is.
    pub span: Span,
}

impl<T> At<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> At<U> {
        At {
            value: f(self.value),
            span: self.span,
        }
    }

    /// A borrowed view.
    pub fn as_ref(&self) -> At<&T> {
        At {
            value: &self.value,
            span: self.span,
        }
    }
}

impl<T> std::ops::Deref for At<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// A scalar as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, unescaped. Of a plain scalar it is empty where nothing is written, as behind the colon of
    /// `key:`; the span of such a node is near that place and covers no value.
    pub text: Rc<str>,
    /// Whether it was written without quotes, so that YAML may give it another type than string.
    pub plain: bool,
}

/// One key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key; always a scalar.
    pub key: At<Rc<str>>,
    /// Whether the key was written without quotes.
    pub plain_key: bool,
    /// The value.
    pub value: Node,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A scalar of any type.
    Scalar(Scalar),
    /// A list.
    Sequence(Rc<[Node]>),
    /// A mapping in the order written, `<<` already merged, no key twice.
    Mapping(Rc<[Entry]>),
}

/// A node of the manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The content.
    pub kind: Kind,
    /// Where it is; for an alias, where the alias is.
    pub span: Span,
    /// For a node that came through an alias or a merge key, where it was defined.
    pub defined: Option<Span>,
    /// A tag such as `!reference`, with its `!`.
    pub tag: Option<Rc<str>>,
}

impl Scalar {
    /// Whether the file has no character for it.
    pub fn is_absent(&self) -> bool {
        self.plain && self.text.is_empty()
    }
}

impl Node {
    /// Whether this is YAML's null: empty, `~`, or `null` in plain style.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(s) if s.plain && self.tag.is_none()
            && matches!(&*s.text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What a person would call this: `a list`, `a mapping`, `a string`, `the number 5`, ...
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
            Kind::Scalar(_) if self.is_null() => "nothing".to_owned(),
            Kind::Scalar(s) => {
                let text: String = s.text.chars().take(60).collect();
                let kind = if s.plain { "" } else { "the string " };
                format!("{kind}`{text}`")
            }
        }
    }
}
