//! The pipeline: GitLab's own concepts, typed.
//!
//! In: what `lower` decides. Out: a [`Document`] of plain values, in the order in which it is to
//! be read, that `render` writes and `verify` compares with.

mod alike;
mod compose;
mod document;
mod layout;
mod model;
mod origin;
mod policy;
mod said_once;
mod shared;
mod uses;
mod value;

pub use compose::{ComposeBuild, ComposeOverride, ComposeService};
pub use document::{Document, Section, WrittenJob};
pub use model::{
    Changes, Image, Include, Job, Need, Parallel, Pipeline, Provenance, Rule, Rules, Service,
    rules_value, strings,
};
pub use origin::{Origin, Path};
pub use policy::{Policies, Policy};
pub use shared::{Base, BaseId, Holder, Shared, Union};
pub use uses::{Handed, Login, Uses};
pub use value::{Mapping, Value};
