//! What several places of a pipeline share: values behind an anchor, and keys that jobs merge.
//!
//! Always holds: what is shared is told apart by its type and never by the name under which it is
//! written. The manifest's ref sets and windlass's own shell may have one name; the text then gives
//! one of them another.

use std::fmt;

use super::{Mapping, Value};

/// A value that may stand in several places; two of one holder and key always hold equal values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The hidden job that holds the definition.
    pub holder: Holder,
    /// The key in the hidden job under which the definition stands: `rules`.
    pub key: String,
    /// The value.
    pub value: Box<Value>,
}

/// A hidden job that holds shared values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The conditions of ref sets of the manifest.
    Refs(Union),
    /// Shell that windlass writes itself, by the name of its hidden job.
    Own(&'static str),
    /// The commands that build an image, by its name.
    Build(String),
}

/// A union of ref sets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Union {
    /// The names of the sets, in the order of the manifest's list.
    pub sets: Vec<String>,
    /// The `when` that its rules hold, where the job cannot.
    pub when: Option<&'static str>,
}

/// Keys that several jobs take over whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Which one it is.
    pub id: BaseId,
    /// The entry of the manifest that asked for it first: a part of its name where the file has several of
    /// its kind.
    pub of: String,
    /// A comment above it, without `#`; may have several lines.
    pub comment: String,
    /// Its keys.
    pub keys: Mapping,
}

/// Which [`Base`]: one of windlass's own, which may come in several variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BaseId {
    /// What it is for: `docker`.
    pub kind: &'static str,
    /// The variant, from 1.
    pub variant: usize,
}

impl Shared {
    /// Shell that windlass writes itself, to be written once.
    pub fn own(name: &'static str, key: &str, text: impl Into<Value>) -> Self {
        Self {
            holder: Holder::Own(name),
            key: key.to_owned(),
            value: Box::new(text.into()),
        }
    }

    /// The anchor that reads best: `deployable-branches`, `except-deployable-branches`.
    pub fn anchor(&self) -> String {
        match (&self.holder, self.key.as_str()) {
            (Holder::Refs(union), "except") => format!("except-{union}"),
            (Holder::Refs(union), _) => union.to_string(),
            (Holder::Own(name), _) => (*name).to_owned(),
            (build @ Holder::Build(_), _) => build.to_string(),
        }
    }
}

impl BaseId {
    /// The only variant of a base.
    pub const fn only(kind: &'static str) -> Self {
        Self { kind, variant: 1 }
    }
}

/// The name of the hidden job without its dot: `refs-deployable-branches`.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refs(union) => write!(f, "refs-{union}"),
            Self::Own(name) => f.write_str(name),
            Self::Build(image) => write!(f, "build-{image}"),
        }
    }
}

/// As the manifest would call it: `main-or-releases`.
impl fmt::Display for Union {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sets.join("-or-"))?;
        self.when.map_or(Ok(()), |when| write!(f, "-{when}"))
    }
}

/// The name of the hidden job without its dot, and of the anchor: `docker`.
impl fmt::Display for BaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variant {
            1 => f.write_str(self.kind),
            variant => write!(f, "{}-{variant}", self.kind),
        }
    }
}
