//! What the pipelines of some refs do that nobody can have meant.

pub(crate) mod creation;
pub(super) mod deadlock;
pub(crate) mod duplicates;
pub(super) mod empty;
pub(super) mod image_not_built;
pub(crate) mod interruptible;
pub(crate) mod manual;
pub(super) mod merge_request;
pub(super) mod resource_group;
pub(crate) mod stop;
pub(super) mod stop_elsewhere;
