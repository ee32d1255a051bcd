//! GitLab's small languages: conditions, patterns, durations, names, versions and keywords.
//!
//! In: a text of the manifest, or what the compiler wants to say. Out: a typed value, or what is
//! wrong with the text, with a byte offset where a caret helps. Always holds: pure, no panic on
//! any text, and what is accepted here GitLab accepts too. Where GitLab takes a text that hardly
//! means what it says (`1:30` is ninety seconds), the text is refused with the reason.
//!
//! Facts come from GitLab's own code (FOSS 18.11.2) unless another source is named; the cases in
//! `tests/verdicts` were answered by it.

pub mod duration;
pub mod expression;
pub mod gates;
pub mod glob;
pub mod keywords;
pub mod limits;
pub mod names;
mod refusal;
pub mod regex;
pub mod shell;
pub mod tag;
pub mod tag_values;
pub mod variables;
pub mod version;

pub use refusal::Refusal;
pub use version::Version;

#[cfg(test)]
mod verdicts;
#[cfg(test)]
use verdicts::verdicts;
