//! `windlass` compiles a project manifest (`windlass.yml`) into a whole GitLab CI/CD pipeline.
//!
//! ```text
//! text -> source -> manifest -> check -> lower -> pipeline -> render -> text -> verify -> files
//! pipeline, or any .gitlab-ci.yml -> config -> plan -> proof, lint
//! ```
//!
//! Each module is one step or one artefact of that line, and says in its first lines what comes
//! in, what goes out and what always holds.

pub mod check;
pub mod compile;
pub mod config;
pub mod diff;
pub mod driver;
pub mod files;
pub mod finding;
pub mod gitlab;
pub mod graph;
mod hash;
pub mod import;
pub mod init;
pub mod lint;
pub mod lower;
pub mod manifest;
mod mutant;
pub mod pipeline;
pub mod plan;
pub mod presets;
pub mod proof;
pub mod render;
pub mod shown;
pub mod source;
pub mod target;
pub mod trace;
pub mod verify;
