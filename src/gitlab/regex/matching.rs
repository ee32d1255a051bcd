//! What a pattern matches.
//!
//! In: a pattern and a text. Out: whether it matches. Always holds: a pattern is compiled once, not for each
//! class of refs and each job that asks; only the first patterns are kept, so that a file full of large ones
//! takes no more memory than that.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::bytes::Regex;

use super::Pattern;

/// So many compiled patterns are kept.
const MOST: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<Pattern, Option<Regex>>> = RefCell::default();
}

impl Pattern {
    /// Whether it matches somewhere in a text. `None` if it is too large for the crate `regex`; RE2's own
    /// limit is another.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        let compile = || Regex::new(&self.to_rust()).ok();
        let matches = |regex: &Option<Regex>| Some(regex.as_ref()?.is_match(text.as_bytes()));
        COMPILED.with_borrow_mut(|kept| {
            if let Some(regex) = kept.get(self) {
                return matches(regex);
            }
            let regex = compile();
            let answer = matches(&regex);
            if kept.len() < MOST {
                kept.insert(self.clone(), regex);
            }
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_says_the_same_whether_it_is_kept_or_not() {
        for round in 0..2 {
            for number in 0..MOST + 10 {
                let pattern = Pattern::parse(&format!("/^v{number}$/i")).unwrap();
                assert_eq!(
                    pattern.is_match(&format!("V{number}")),
                    Some(true),
                    "{round}"
                );
                assert_eq!(
                    pattern.is_match(&format!("v{number}0")),
                    Some(false),
                    "{round}"
                );
            }
            assert_eq!(COMPILED.with_borrow(HashMap::len), MOST);
        }
    }
}
