//! Whole files against the verdicts of GitLab's own code (FOSS 18.11.2).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by a panic, also in a function that several tests use"
)]

#[path = "verdicts/case.rs"]
mod case;
#[path = "verdicts/disagreements.rs"]
mod disagreements;
#[path = "verdicts/field.rs"]
mod field;
#[path = "verdicts/files.rs"]
mod files;
#[path = "verdicts/newer.rs"]
mod newer;
#[path = "verdicts/pipelines.rs"]
mod pipelines;
