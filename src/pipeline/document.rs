//! The pipeline as a text lays it out: sections of jobs, and what they share.

use super::{Base, BaseId, Mapping};

/// Everything that stands in a `.gitlab-ci.yml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// The global keys in order: `stages`, `workflow`, `variables`, `include`, `default`, ...
    /// Shared values are written in full there, as all definitions stand below them.
    pub globals: Mapping,
    /// Mappings that several jobs take over whole with `<<`, in order of definition. One that
    /// fewer than two jobs use is written out in the job instead.
    pub bases: Vec<Base>,
    /// The jobs, grouped under a comment.
    pub sections: Vec<Section>,
}

/// Jobs that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The comment above the section, without `#`.
    pub title: String,
    /// The jobs in order.
    pub jobs: Vec<WrittenJob>,
}

/// One job as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenJob {
    /// The name, a key of the document.
    pub name: String,
    /// A comment above it, without `#`, or empty.
    pub comment: String,
    /// The [`Base`]s that it merges, the first one wins. Every key of a base is also in
    /// `keys`, or is overridden there.
    pub bases: Vec<BaseId>,
    /// The whole job as GitLab must see it, base keys included, in the order to be written.
    pub keys: Mapping,
}
