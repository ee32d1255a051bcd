//! The pipeline: GitLab's own concepts, typed.
//!
//! In: what `lower` decides. Out: a [`Document`] of plain values, in the order in which it is to
//! be read, that `render` writes and `verify` compares with.

mod compose;
mod document;
mod value;

pub use compose::{ComposeOverride, ComposeService};
pub use document::{Base, Document, Job, Section};
pub use value::{Mapping, Shared, Value};
