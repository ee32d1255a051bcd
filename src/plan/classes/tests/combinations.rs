//! Each combination of patterns that some name has is found.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::cases;
use crate::gitlab::names::ref_slug;
use crate::gitlab::regex::Pattern;
use crate::plan::classes::search::{Alphabet, Searched};
use crate::plan::classes::text::{Question, Questions, Space};

/// A pattern of a few pieces, over letters of which all short texts can be tried.
fn pattern() -> impl Strategy<Value = Pattern> {
    let atom = select(vec![
        "a", "b", "-", "1", "/", ".", "[ab]", "[^a]", r"\d", r"\w", "(?:a|b1)", "(?:-|)", r"\b",
        "[*]", "aa",
    ]);
    let repeat = select(vec!["", "", "", "?", "*", "+", "{2}", "{0,1}"]);
    let piece = (atom, repeat).prop_map(|(atom, repeat)| match atom {
        r"\b" => atom.to_owned(),
        _ if atom.len() > 1 && !atom.starts_with(['[', '(', '\\']) => format!("(?:{atom}){repeat}"),
        _ => format!("{atom}{repeat}"),
    });
    let body = prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat());
    let joined = prop_oneof![
        3 => body.clone(),
        1 => (body.clone(), body).prop_map(|(a, b)| format!("(?:{a}|{b})")),
    ];
    (
        select(vec!["", "^"]),
        joined,
        select(vec!["", "$"]),
        select(vec!["", "i"]),
    )
        .prop_filter_map("a pattern", |(start, body, end, flags)| {
            Pattern::parse(&format!("/{start}{body}{end}/{flags}")).ok()
        })
}

/// Every name of a few of these letters.
fn short_names() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..4 {
        let to = all.len();
        for at in from..to {
            for letter in "ab1-/A.".chars() {
                all.push(format!("{}{letter}", all[at]));
            }
        }
        from = to;
    }
    all.retain(|name| Space::Ref.holds(name));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(48)))]

    /// Each combination of patterns that some short name has is the combination of a name that is found.
    #[test]
    fn every_combination_of_patterns_is_found(patterns in prop::collection::vec(pattern(), 1..4)) {
        let mut questions = Questions::default();
        questions.own.extend(patterns.iter().cloned().map(Question::Matches));
        let texts = questions.told_apart(Space::Ref, &[], &["feature"]);
        prop_assert!(texts.complete, "{patterns:?} {:?}", texts.unfound);
        let found: HashSet<_> =
            texts.texts.iter().map(|text| questions.answers(text)).collect();
        prop_assert_eq!(found.len(), texts.texts.len());
        thread_local! { static SHORT: Vec<String> = short_names(); }
        let missing = SHORT.with(|short| {
            short.iter().find(|name| !found.contains(&questions.answers(name))).cloned()
        });
        prop_assert_eq!(missing, None, "{:?} {:?}", patterns, texts.texts);
        for text in &texts.texts {
            prop_assert!(Space::Ref.holds(text), "{}", text);
        }
    }
}

#[test]
fn the_alphabet_of_a_slug_is_that_of_slugs() {
    let pattern = Pattern::parse("/[_A-]b/").unwrap();
    let mut searched = Searched::default();
    searched.run(
        &[pattern.to_rust()],
        &HashSet::new(),
        Space::Ref,
        Alphabet::Slug,
    );
    assert!(searched.exhausted);
    for text in &searched.texts {
        assert_eq!(ref_slug(text), *text);
    }
}
