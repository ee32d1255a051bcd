//! What generated pipelines mean, read from the text as it is written.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

#[path = "lowering/cases.rs"]
mod cases;
mod compiled;
#[path = "lowering/facts.rs"]
mod facts;
#[path = "lowering/groups.rs"]
mod groups;
#[path = "lowering/reference.rs"]
mod reference;
#[path = "lowering/secrets.rs"]
mod secrets;
#[path = "lowering/shell.rs"]
mod shell;
