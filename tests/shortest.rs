//! Short rules do what the long ones do, and no written rule could be shorter.
//!
//! What rules do is found in two ways: by `plan` on every class of refs, and by an evaluator that shares
//! nothing with ours ([`brute`]) in pipelines that are listed by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod brute;
mod compiled;
#[path = "shortest/laws.rs"]
mod laws;
#[path = "shortest/manifests.rs"]
mod manifests;
#[path = "proof/sets.rs"]
mod sets;
#[path = "shortest/worlds.rs"]
mod worlds;
#[path = "shortest/written.rs"]
mod written;
