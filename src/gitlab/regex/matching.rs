//! What a pattern matches.
//!
//! In: a pattern and a text. Out: whether it matches.

use std::cell::RefCell;

use super::Pattern;
use super::compiled::{Kept, Regex};

thread_local! {
    static COMPILED: RefCell<Kept<Pattern, Regex>> = RefCell::default();
}

impl Pattern {
    /// Whether it matches somewhere in a text. `None` if it is too large to be compiled here, or all patterns
    /// together are; RE2's own limit is another.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        Some(self.compiled()?.is_match(text))
    }

    /// The same for whoever asks about many texts. `None` if it is too large to be compiled.
    pub(crate) fn compiled(&self) -> Option<Regex> {
        COMPILED.with_borrow_mut(|kept| kept.get(self, || self.to_rust()))
    }
}

/// Makes room for the patterns of another configuration.
pub(crate) fn forget() {
    COMPILED.with_borrow_mut(Kept::forget);
}
