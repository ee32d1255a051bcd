//! Compiled regular expressions, made once and kept within a bound.
//!
//! In: a regular expression in Rust's syntax. Out: whether it matches a text. Always holds: one expression is
//! compiled once, not for each class of refs and each job that asks; those that are kept take a bounded
//! number of bytes together, so that a file full of large ones takes no more memory than that.
//!
//! The texts are names and paths of some dozen bytes: an automaton that is built for the whole expression
//! costs more than it saves, so none is.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use regex_automata::meta;
use regex_automata::util::syntax;

/// Bytes of one compiled expression; RE2's own limit is another.
const LARGEST: usize = 4 << 20;
/// Bytes of all expressions that are kept, and what each takes besides its program.
const MOST: usize = 8 << 20;
const EACH: usize = 4 << 10;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(crate) struct Regex(Rc<meta::Regex>);

impl Regex {
    /// `None` if it is not one, or too large.
    pub(crate) fn new(source: &str) -> Option<Self> {
        let config = meta::Config::new()
            .utf8_empty(false)
            .dfa(false)
            .hybrid(false)
            .onepass(false)
            .nfa_size_limit(Some(LARGEST));
        meta::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new().utf8(false))
            .build(source)
            .ok()
            .map(|regex| Self(Rc::new(regex)))
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// Compiled expressions by what they are compiled from.
pub(crate) struct Kept<K> {
    known: HashMap<K, Option<Regex>>,
    bytes: usize,
}

impl<K> Default for Kept<K> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            bytes: 0,
        }
    }
}

impl<K: Hash + Eq> Kept<K> {
    /// The expression of a key, compiled if it is not known yet.
    pub(crate) fn get<Q>(
        &mut self,
        key: &Q,
        compile: impl FnOnce() -> Option<Regex>,
    ) -> Option<Regex>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.known.get(key) {
            return known.clone();
        }
        let regex = compile();
        let size = EACH + regex.as_ref().map_or(0, |regex| regex.0.memory_usage());
        if self.bytes + size <= MOST {
            self.bytes += size;
            self.known.insert(key.to_owned(), regex.clone());
        }
        regex
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_in_bytes() {
        let mut kept = Kept::default();
        for number in 0..3_000 {
            let source = format!("^v{number}[a-z]{{40}}$");
            let text = format!("v{number}{}", "x".repeat(40));
            for _ in 0..2 {
                let regex = kept.get(&source, || Regex::new(&source));
                assert!(regex.is_some_and(|regex| regex.is_match(&text)));
            }
        }
        assert!(kept.bytes <= MOST);
        assert!(kept.known.len() < 3_000);
        assert!(Regex::new(r"\pL{5000}").is_none());
    }
}
