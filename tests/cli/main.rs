//! The command as people and pipelines run it: the built binary in scratch projects.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod check;
mod foreign;
mod generate;
#[cfg(unix)]
mod git;
mod hostile;
mod import;
mod kill;
mod links;
mod many;
mod plan;
mod presets;
mod project;
mod upgrade;
mod usage;
