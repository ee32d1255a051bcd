//! The tags that a text with variables can become, as a set.
//!
//! In: two texts with GitLab's variables, each for a pipeline of its own. Out: a tag that both can
//! become. Always holds: if there is one, it is found; what nothing is known of can be any tag.

use std::collections::{HashMap, VecDeque};

use super::tag::form;
use super::variables::{Part, parts};

/// How far each of the two tags is read.
type State = (usize, usize);

/// Characters, a bit each.
type Set = u128;

/// Characters of one set, one after another.
#[derive(Clone, Copy)]
struct Step {
    set: Set,
    /// One or more, rather than one.
    repeats: bool,
    /// It may be left out.
    optional: bool,
}

/// A tag that both texts can become, if there is one; one of the shortest.
pub fn common(one: &str, other: &str) -> Option<String> {
    let (one, other) = (steps(one), steps(other));
    let mut came: HashMap<State, (State, Option<char>)> = HashMap::new();
    let mut open = VecDeque::from([(0, 0)]);
    while let Some(state @ (at, there)) = open.pop_front() {
        let (mine, theirs) = (one.get(at), other.get(there));
        if mine.is_none() && theirs.is_none() {
            return Some(read(&came, state));
        }
        let mut next: Vec<((usize, usize), Option<char>)> = Vec::new();
        if mine.is_some_and(|step| step.optional) {
            next.push(((at + 1, there), None));
        }
        if theirs.is_some_and(|step| step.optional) {
            next.push(((at, there + 1), None));
        }
        if let (Some(mine), Some(theirs)) = (mine, theirs)
            && let Some(shared) = first(mine.set & theirs.set)
        {
            let after = |step: &Step, at: usize| match step.repeats {
                true => vec![at, at + 1],
                false => vec![at + 1],
            };
            for at in after(mine, at) {
                let there = after(theirs, there).into_iter();
                next.extend(there.map(|there| ((at, there), Some(shared))));
            }
        }
        for (to, read) in next {
            if to != (0, 0) && to != state && !came.contains_key(&to) {
                came.insert(to, (state, read));
                open.push_back(to);
            }
        }
    }
    None
}

/// What was read on the way to a state.
fn read(came: &HashMap<State, (State, Option<char>)>, to: (usize, usize)) -> String {
    let mut text: Vec<char> = Vec::new();
    let mut state = to;
    while let Some((before, read)) = came.get(&state) {
        text.extend(read);
        state = *before;
    }
    text.into_iter().rev().collect()
}

/// A character of a set: a letter if it has one.
fn first(set: Set) -> Option<char> {
    let letters = ('a'..='z').chain('0'..='9').chain('A'..='Z');
    letters.chain(' '..='~').find(|c| set & bit(*c) != 0)
}

fn bit(c: char) -> Set {
    match u8::try_from(c) {
        Ok(c) if c < 128 => 1 << c,
        // No tag holds it.
        _ => 0,
    }
}

/// The characters of a bracket expression, as in `a-z0-9-`.
fn bracket(text: &str) -> Set {
    match text.as_bytes() {
        [] => 0,
        [first, b'-', last, ..] => {
            let range = (*first..=*last).fold(0, |set, c| set | bit(char::from(c)));
            range | bracket(text.get(3..).unwrap_or_default())
        }
        [first, ..] => bit(char::from(*first)) | bracket(text.get(1..).unwrap_or_default()),
    }
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in parts(text) {
        match part {
            Part::Text(text) => steps.extend(text.chars().map(|c| Step {
                set: bit(c),
                repeats: false,
                optional: false,
            })),
            Part::Variable(name, _) => of_form(form(name), &mut steps),
        }
    }
    steps
}

/// Beyond so many, a count has no end here.
const COUNTED: usize = 32;

/// The steps of brackets that are counted: `[0-9a-f]{40,64}`.
fn of_form(form: &str, steps: &mut Vec<Step>) {
    for one in form.split('[').skip(1) {
        let Some((inside, count)) = one.split_once(']') else {
            continue;
        };
        let number = |text: &str| text.parse::<usize>().ok();
        let (least, most) = match count.trim_matches(['{', '}']).split_once(',') {
            Some((least, most)) => (number(least).unwrap_or(0), number(most)),
            None => match count {
                "*" => (0, None),
                "+" => (1, None),
                "" => (1, Some(1)),
                exact => {
                    let exact = number(exact.trim_matches(['{', '}'])).unwrap_or(1);
                    (exact, Some(exact))
                }
            },
        };
        let step = Step {
            set: bracket(inside),
            repeats: false,
            optional: false,
        };
        let further = Step {
            optional: true,
            ..step
        };
        steps.extend(std::iter::repeat_n(step, least));
        match most.map(|most| most.saturating_sub(least)) {
            Some(more) if more <= COUNTED => steps.extend(std::iter::repeat_n(further, more)),
            Some(_) | None => match steps.last_mut().filter(|_| least > 0) {
                Some(last) => last.repeats = true,
                None => steps.push(Step {
                    repeats: true,
                    ..further
                }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::common;
    use crate::gitlab::tag::TagPattern;

    #[test]
    fn tags_meet_by_what_they_can_be() {
        for (one, other, tag) in [
            ("$CI_COMMIT_REF_SLUG", "main", Some("main")),
            (
                "a-$CI_COMMIT_REF_SLUG",
                "a-b-$CI_COMMIT_REF_SLUG",
                Some("a-b-a"),
            ),
            ("$CI_PIPELINE_IID", "$CI_PIPELINE_ID", Some("0")),
            (
                "$CI_COMMIT_REF_SLUG",
                "$CI_COMMIT_REF_SLUG-debug",
                Some("a-debug"),
            ),
            ("v$CI_COMMIT_TAG", "v1", Some("v1")),
            ("$CI_COMMIT_SHORT_SHA", "0123abcd", Some("0123abcd")),
            ("v$VERSION", "v1-$CI_JOB_ID", Some("v1-0")),
            ("$CI_COMMIT_SHA", "$CI_ENVIRONMENT_SLUG", None),
            ("$CI_ENVIRONMENT_SLUG", "prod", Some("prod")),
            ("$CI_COMMIT_SHA", "main", None),
            ("$CI_COMMIT_SHORT_SHA", "0123abc", None),
            ("$CI_COMMIT_REF_SLUG", "Main", None),
            ("$CI_COMMIT_REF_SLUG", "cache_main", None),
            ("$CI_COMMIT_REF_SLUG-a", "$CI_COMMIT_REF_SLUG-b", None),
            ("v$CI_COMMIT_TAG", "v", None),
            ("a", "b", None),
        ] {
            assert_eq!(common(one, other).as_deref(), tag, "{one} {other}");
            assert_eq!(common(other, one).is_some(), tag.is_some(), "{other} {one}");
        }
    }

    /// A tag with variables, and what it is in one pipeline.
    fn tag() -> impl Strategy<Value = (String, String)> {
        let part = prop_oneof![
            "[ab1-]{1,2}".prop_map(|text| (text.clone(), text)),
            "[ab1-]{1,3}".prop_map(|value| ("${CI_COMMIT_REF_SLUG}".to_owned(), value)),
            "[01]{1,2}".prop_map(|value| ("${CI_PIPELINE_IID}".to_owned(), value)),
            "[ab1]{1,2}".prop_map(|value| ("${CI_COMMIT_TAG}".to_owned(), value)),
        ];
        proptest::collection::vec(part, 1..4).prop_map(|parts| parts.into_iter().unzip())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn tags_that_are_equal_once_meet((one, a) in tag(), (other, b) in tag()) {
            let shared = common(&one, &other);
            if a == b {
                prop_assert!(shared.is_some(), "{one} {other}: {a}");
            }
            // And what is named is a tag of both.
            for text in [&one, &other] {
                if let Some(shared) = &shared {
                    let is = TagPattern::of(text).map_or(text == shared, |of| of.may_match(shared));
                    prop_assert!(is, "{one} {other}: {shared}");
                }
            }
        }
    }
}
