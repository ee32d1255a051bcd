//! Compiled regular expressions, made once and within a bound.
//!
//! In: a regular expression in Rust's syntax. Out: whether it matches a text. Always holds: one expression is
//! compiled once, not for each class of refs and each job that asks; all that a configuration compiles takes a
//! bounded number of bytes, and so a bounded time; what is beyond the bound is not compiled, and its answer
//! not known.
//!
//! The texts are names and paths of some dozen bytes: an automaton that is built for the whole expression
//! costs more than it saves, so none is.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use regex_automata::meta;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, Look};

/// Bytes of one compiled expression; RE2's own limit is another.
const LARGEST: usize = 1 << 19;
/// Bytes of all expressions that one thread compiles between two calls of [`Kept::forget`], and what each
/// takes besides its program.
const MOST: usize = 16 << 20;
const EACH: usize = 1 << 10;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(crate) struct Regex {
    program: Rc<meta::Regex>,
    /// What every text begins with that it matches.
    prefix: Rc<[u8]>,
}

impl Regex {
    /// `None` if it is not one, or too large.
    pub(crate) fn new(source: &str) -> Option<Self> {
        let hir = ParserBuilder::new()
            .utf8(false)
            .build()
            .parse(source)
            .ok()?;
        let config = meta::Config::new()
            .utf8_empty(false)
            .dfa(false)
            .hybrid(false)
            .onepass(false)
            .nfa_size_limit(Some(LARGEST));
        let program = meta::Builder::new().configure(config).build_from_hir(&hir);
        Some(Self {
            program: Rc::new(program.ok()?),
            prefix: prefix(&hir).into(),
        })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        // Most of hundreds of patterns are about other names.
        text.as_bytes().starts_with(&self.prefix) && self.program.is_match(text)
    }
}

/// What every text begins with that an expression matches.
fn prefix(hir: &Hir) -> Vec<u8> {
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return Vec::new();
    }
    let literals = Extractor::new().kind(ExtractKind::Prefix).extract(hir);
    let prefix = literals.longest_common_prefix();
    prefix.unwrap_or_default().to_vec()
}

/// What was made of expressions, by what it was made from.
pub(crate) struct Kept<K, V> {
    known: HashMap<K, Option<V>>,
    bytes: usize,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            bytes: 0,
        }
    }
}

impl<K: Hash + Eq, V: Clone> Kept<K, V> {
    /// What a key stands for. If it is not known, `make` makes it and says how many bytes it takes; if that
    /// is more than `largest`, it makes nothing. `None` as well if `most` bytes are made already.
    pub(crate) fn get_or_make<Q>(
        &mut self,
        key: &Q,
        [largest, most]: [usize; 2],
        make: impl FnOnce() -> Option<(V, usize)>,
    ) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.known.get(key) {
            return known.clone();
        }
        if self.bytes >= most {
            return None;
        }
        let made = make();
        // What is too large took its time as well.
        self.bytes += EACH + made.as_ref().map_or(largest, |(_, bytes)| *bytes);
        let made = made.map(|(value, _)| value);
        self.known.insert(key.to_owned(), made.clone());
        made
    }

    /// Makes room for another configuration.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl<K: Hash + Eq> Kept<K, Regex> {
    /// The expression of a key, compiled if it is not known yet.
    pub(crate) fn get<Q>(&mut self, key: &Q, source: impl FnOnce() -> String) -> Option<Regex>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.get_or_make(key, [LARGEST, MOST], || {
            let regex = Regex::new(&source())?;
            let bytes = regex.program.memory_usage();
            Some((regex, bytes))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_is_bounded_in_bytes() {
        let mut kept = Kept::<String, Regex>::default();
        let mut known = 0;
        for number in 0..2_000 {
            let source = format!("^v{number}[a-z]{{400}}$");
            let text = format!("v{number}{}", "x".repeat(400));
            for _ in 0..2 {
                if let Some(regex) = kept.get(&source, || source.clone()) {
                    assert!(regex.is_match(&text));
                    known += 1;
                }
            }
        }
        assert!((100..4_000).contains(&known), "{known}");
        assert!(kept.bytes < MOST + LARGEST + EACH);
        kept.forget();
        assert!(kept.get("a", || "a".to_owned()).is_some());
    }

    #[test]
    fn what_is_too_large_is_not_compiled() {
        assert!(Regex::new(r"\pL{5000}").is_none());
        let mut kept = Kept::<String, Regex>::default();
        let mut tried = 0;
        for number in 0..1_000 {
            let source = || {
                tried += 1;
                format!(r"^v{number}\pL{{5000}}")
            };
            assert!(kept.get(&format!("{number}"), source).is_none());
        }
        assert!(tried < 100, "{tried}");
    }

    #[test]
    fn a_prefix_changes_no_answer() {
        for (source, text, expected) in [
            ("^release-", "release-1", true),
            ("^release-", "a-release-", false),
            ("^(a|ab)c", "abc", true),
            ("(?i)^V1", "v1", true),
            ("(?m)^b", "a\nb", true),
            ("^a|b", "xb", true),
            ("^", "", true),
            ("^é", "é", true),
        ] {
            let regex = Regex::new(source).expect("a regex");
            assert_eq!(regex.is_match(text), expected, "{source} {text}");
        }
    }
}
