//! One text that conditions ask about, and the texts that they tell apart.
//!
//! In: every question that conditions ask about a ref's name or a variable's value. Out: texts of which no
//! two get the same answers. Always holds: every combination of answers that some text gets has a text here,
//! or [`Texts::complete`] is false.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{sample, search};
use crate::config::looks_like_a_pattern;
use crate::gitlab::names::ref_slug;
use crate::gitlab::regex::{Pattern, Regex};

/// Most texts that only differ in which patterns match.
const MOST: usize = 96;
/// Most times that a pattern is asked about a sample.
const ANSWERS: usize = 400_000;
/// Most patterns that are searched one by one.
const SEARCHES: usize = 64;

/// Most letters of a text of which every part is told apart from other texts.
const LONGEST_WITHIN: usize = 64;

/// A question about a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Question {
    /// Is it this text?
    Is(String),
    /// Does this pattern match it?
    Matches(Pattern),
    /// Does this text contain it? (`$A =~ "text"`)
    Within(String),
    /// Does it contain this text, or hold a pattern that matches it? (`"text" =~ $A`)
    Holds(String),
}

impl Question {
    /// A name or a pattern, as `only` and ref sets write them.
    pub(super) fn named(text: &str) -> Self {
        let pattern = || Pattern::parse(text).ok();
        match looks_like_a_pattern(text).then(pattern).flatten() {
            Some(pattern) => Self::Matches(pattern),
            None => Self::Is(text.to_owned()),
        }
    }

    /// What `$A =~` asks of A if this text stands to the right.
    pub(super) fn matched_by(text: &str) -> Self {
        match Pattern::in_value(text) {
            Some(pattern) => Self::Matches(pattern),
            None => Self::Within(text.to_owned()),
        }
    }

    /// The pattern, in Rust's syntax, that matches the texts for which the answer is yes; nothing if that is
    /// one text. What a text that holds a pattern matches is left aside.
    fn pattern(&self) -> Option<String> {
        match self {
            Self::Is(_) => None,
            Self::Matches(pattern) => Some(pattern.to_rust()),
            Self::Within(own) => {
                let letters: Vec<String> = own
                    .chars()
                    .take(LONGEST_WITHIN)
                    .map(|letter| regex_syntax::escape(letter.encode_utf8(&mut [0; 4])))
                    .collect();
                let parts = (0..letters.len()).map(|at| {
                    let letters = letters.iter().skip(at).rev();
                    letters.fold(String::new(), |rest, letter| format!("(?:{letter}{rest})?"))
                });
                let parts: Vec<String> = parts.collect();
                Some(format!("^(?:{})$", parts.join("|")))
            }
            Self::Holds(own) => Some(regex_syntax::escape(own)),
        }
    }

    pub(super) fn answer(&self, text: &str) -> bool {
        match self {
            Self::Is(own) => own == text,
            Self::Matches(pattern) => pattern.is_match(text) == Some(true),
            Self::Within(own) => own.contains(text),
            Self::Holds(own) => match Pattern::in_value(text) {
                Some(pattern) => pattern.is_match(own) == Some(true),
                None => text.contains(own.as_str()),
            },
        }
    }
}

/// What a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// The name of a branch or tag.
    Ref,
    /// The value of a variable.
    Value,
}

impl Space {
    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Self::Ref => sample::is_ref(text),
            Self::Value => !text.is_empty(),
        }
    }
}

/// The names of at most 63 characters that are their own slug (`Gitlab::Utils.slugify`, GitLab 18).
const OWN_SLUG: &str = "^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$";

/// All questions about one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Questions {
    /// About the text itself.
    pub(super) own: BTreeSet<Question>,
    /// About its slug (`CI_COMMIT_REF_SLUG`).
    pub(super) slug: BTreeSet<Question>,
    /// Whether its slug is compared with names, which may be its own.
    pub(super) linked: bool,
}

/// The answers to all questions about a text. It is one of the texts that are spelled or none of them, so
/// that thousands of these take one look-up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Answers {
    /// Which text it is, and which its slug is.
    is: [Option<String>; 2],
    /// The answers to all other questions.
    others: Vec<bool>,
}

/// Texts that get different answers.
pub(super) struct Texts {
    /// One for each combination of answers.
    pub(super) texts: Vec<String>,
    /// Whether these are all combinations.
    pub(super) complete: bool,
    /// The patterns of which no text is known that they match, though there may be one.
    pub(super) unfound: Vec<String>,
}

impl Questions {
    pub(super) fn extend(&mut self, other: &Self) {
        self.own.extend(other.own.iter().cloned());
        self.slug.extend(other.slug.iter().cloned());
        self.linked |= other.linked;
    }

    pub(super) fn answers(&self, text: &str) -> Answers {
        self.asked().answers(text)
    }

    /// The questions made ready to be asked about many texts.
    fn asked(&self) -> Prepared<'_> {
        let ready = |questions| Self::others(questions).map(Ready::of).collect();
        Prepared {
            questions: self,
            others: [ready(&self.own), ready(&self.slug)],
        }
    }

    /// The questions that do not ask for one text; they stand behind those that do.
    fn others(questions: &BTreeSet<Question>) -> impl Iterator<Item = &Question> + Clone {
        let is_other = |one: &&Question| !matches!(one, Question::Is(_));
        questions.iter().rev().take_while(is_other)
    }

    /// The answers for a variable that is not set, which patterns take for an empty text.
    pub(super) fn answers_unset(&self) -> Answers {
        let unset = |question: &Question| match question {
            Question::Is(_) | Question::Holds(_) => false,
            Question::Matches(_) | Question::Within(_) => question.answer(""),
        };
        let others = Self::others(&self.own).chain(Self::others(&self.slug));
        Answers {
            others: others.map(unset).collect(),
            ..Answers::default()
        }
    }

    /// The texts that are asked for by themselves.
    fn spelled(&self) -> impl Iterator<Item = &String> {
        let all = self.own.iter().chain(&self.slug);
        all.filter_map(|question| match question {
            Question::Is(text) | Question::Within(text) | Question::Holds(text) => Some(text),
            Question::Matches(_) => None,
        })
    }

    /// The texts that are asked for in a text, or of a pattern that it holds.
    fn held(&self) -> impl Iterator<Item = &str> {
        self.own.iter().filter_map(|question| match question {
            Question::Holds(text) => Some(text.as_str()),
            _ => None,
        })
    }

    fn patterns(of: &BTreeSet<Question>) -> impl Iterator<Item = &Pattern> {
        of.iter().filter_map(|question| match question {
            Question::Matches(pattern) => Some(pattern),
            _ => None,
        })
    }

    /// Texts for every combination of answers: those `first` that are told apart, then what the questions
    /// spell, then samples of patterns and of what several of them match, then the first of `last` that is
    /// different.
    pub(super) fn told_apart(&self, space: Space, first: &[String], last: &[&str]) -> Texts {
        let mut found = Found {
            questions: self,
            asked: self.asked(),
            space,
            by_answers: BTreeMap::new(),
            texts: Vec::new(),
            met: Vec::new(),
        };
        first.iter().for_each(|text| found.add(text));
        for text in self.spelled() {
            found.add(text);
        }
        // The slug of a name without letters and digits is blank, which no pattern may match.
        if !self.slug.is_empty() {
            found.add("_");
        }
        if self.linked {
            found.add("A/1");
        }
        for text in self.slug.iter().filter_map(|one| match one {
            Question::Is(slug) => Some(slug),
            _ => None,
        }) {
            // A slug stands for every name that it can come from: `a-b` for `a/b`.
            for with in ["/", "_", "."] {
                found.add(&text.replacen('-', with, 1));
                found.add(&text.replace('-', with));
            }
            found.add(&text.to_uppercase());
        }
        let patterns: Vec<&Pattern> = Self::patterns(&self.own).collect();
        let of_slug: Vec<&Pattern> = Self::patterns(&self.slug).collect();
        let held: Vec<&str> = self.held().collect();
        if space == Space::Value && !held.is_empty() {
            let beside: Vec<String> = patterns
                .iter()
                .flat_map(|pattern| sample::matching(pattern, space))
                .collect();
            let texts = sample::holding(&held, &beside);
            texts.iter().for_each(|text| found.add(text));
        }
        let count = patterns.len() + of_slug.len();
        // Of many patterns each has one sample, and of too many some have none.
        let samples = match count.saturating_mul(count) <= ANSWERS / sample::MOST {
            true => sample::MOST,
            false => 1,
        };
        let few = ANSWERS / count.max(1);
        let mut complete = count <= few;
        for pattern in patterns.iter().chain(&of_slug).take(few) {
            let texts = sample::matching(pattern, space);
            texts.iter().take(samples).for_each(|text| found.add(text));
        }
        for text in last {
            found.add(text);
        }
        let spelled: HashSet<&str> = self.spelled().map(String::as_str).collect();
        // A text that holds a pattern matches what it does not contain; the search below does not know that.
        let both = held.len() < Self::others(&self.own).count();
        if space == Space::Value && !held.is_empty() && both {
            complete &= found.tells_all_apart(&spelled);
        }
        let of_slug_too = Self::others(&self.slug).next().is_some();
        if !complete || !found.tells_all_apart(&spelled) || of_slug_too || self.linked {
            let mut searched = search::Searched::default();
            self.search(&spelled, space, &mut searched);
            complete &= searched.exhausted;
            for text in &searched.texts {
                if found.texts.len() >= MOST.max(self.own.len() + self.slug.len() + last.len() + 1)
                {
                    complete = false;
                    break;
                }
                found.add(text);
            }
        }
        let missing: Vec<&Pattern> = found.missing().collect();
        let mut impossible = HashSet::new();
        for pattern in missing.into_iter().take(SEARCHES) {
            match search::one(pattern, space) {
                search::One::Text(text) => found.add(&text),
                search::One::Nothing => {
                    impossible.insert(pattern);
                }
                search::One::Unknown => {}
            }
        }
        let unfound: Vec<String> = found
            .missing()
            .filter(|pattern| !impossible.contains(pattern))
            .take(SEARCHES)
            .map(Pattern::to_string)
            .collect();
        Texts {
            complete: complete && unfound.is_empty(),
            texts: found.texts,
            unfound,
        }
    }
}

/// A question that does not ask for one text, with its pattern compiled.
enum Ready<'q> {
    Matches(Option<Regex>),
    Other(&'q Question),
}

impl<'q> Ready<'q> {
    fn of(question: &'q Question) -> Self {
        match question {
            Question::Matches(pattern) => Self::Matches(pattern.compiled()),
            other => Self::Other(other),
        }
    }

    fn answer(&self, text: &str) -> bool {
        match self {
            Self::Matches(regex) => regex.as_ref().is_some_and(|regex| regex.is_match(text)),
            Self::Other(question) => question.answer(text),
        }
    }
}

/// All questions, with those that do not ask for one text ready to be asked.
struct Prepared<'q> {
    questions: &'q Questions,
    /// About a text itself, and about its slug.
    others: [Vec<Ready<'q>>; 2],
}

impl Prepared<'_> {
    fn answers(&self, text: &str) -> Answers {
        let Questions { own, slug, linked } = self.questions;
        let of_slug = match slug.is_empty() {
            true => String::new(),
            false => ref_slug(text),
        };
        let mut answers = Answers::default();
        let sides = [(own, text), (slug, of_slug.as_str())];
        let sides = sides.into_iter().zip(&self.others);
        for (((questions, text), others), is) in sides.zip(&mut answers.is) {
            let spelled = questions.contains(&Question::Is(text.to_owned()));
            *is = spelled.then(|| text.to_owned());
            answers
                .others
                .extend(others.iter().map(|one| one.answer(text)));
        }
        let is_its_slug = linked.then(|| ref_slug(text) == text);
        answers.others.extend(is_its_slug);
        answers
    }
}

/// Another text with the answers of one.
pub(super) enum Alike {
    Text(String),
    /// There is none.
    Nothing,
    /// None was found, though there may be one.
    Unknown,
}

impl Questions {
    /// Another text that gets the answers which a text gets.
    pub(super) fn alike(&self, text: &str, space: Space) -> Alike {
        let asked = self.asked();
        let answers = asked.answers(text);
        if answers.is.first().is_some_and(Option::is_some) {
            return Alike::Nothing;
        }
        let near = ["1", "2", "x", "-1"];
        let near = near
            .iter()
            .flat_map(|more| [format!("{text}{more}"), format!("{more}{text}")]);
        // A slug stands for every name that it can come from.
        let near = near.chain([text.to_uppercase(), text.replace('-', "/")]);
        let is_alike =
            |other: &String| other != text && space.holds(other) && asked.answers(other) == answers;
        if let Some(near) = near.into_iter().find(is_alike) {
            return Alike::Text(near);
        }
        if let Some(spelled) = self.spelled().find(|other| is_alike(other)) {
            return Alike::Text(spelled.clone());
        }
        let mut but: HashSet<&str> = self.spelled().map(String::as_str).collect();
        but.insert(text);
        let mut searched = search::Searched::default();
        self.search(&but, space, &mut searched);
        match searched.texts.into_iter().find(is_alike) {
            Some(other) => Alike::Text(other),
            None if searched.exhausted => Alike::Nothing,
            None => Alike::Unknown,
        }
    }

    /// Searches for a text of each combination of patterns, those about the slug as well.
    fn search(&self, but: &HashSet<&str>, space: Space, searched: &mut search::Searched) {
        let matched = |questions| Self::others(questions).filter_map(Question::pattern);
        let mut all: Vec<String> = matched(&self.own).collect();
        // Whether a name is its own slug is asked of those that patterns match, too.
        all.extend(self.linked.then(|| OWN_SLUG.to_owned()));
        if !all.is_empty() {
            searched.run(&all, but, space, search::Alphabet::All);
        }
        all.extend(matched(&self.slug));
        if Self::others(&self.slug).next().is_some() {
            searched.run(&all, but, space, search::Alphabet::Slug);
        }
    }
}

/// The texts so far, one for each combination of answers.
struct Found<'q> {
    questions: &'q Questions,
    asked: Prepared<'q>,
    space: Space,
    by_answers: BTreeMap<Answers, usize>,
    texts: Vec<String>,
    /// Which of [`Questions::others`] is true of a text, about itself and then about its slug.
    met: Vec<bool>,
}

impl<'q> Found<'q> {
    /// The patterns that match no text so far.
    fn missing(&self) -> impl Iterator<Item = &'q Pattern> {
        let Questions { own, slug, .. } = self.questions;
        let others = Questions::others(own).chain(Questions::others(slug));
        let met = self.met.iter().copied().chain(std::iter::repeat(false));
        others
            .zip(met)
            .filter_map(|(question, met)| match question {
                Question::Matches(pattern) if !met => Some(pattern),
                _ => None,
            })
    }

    /// Whether texts that nothing spells have every combination of answers already; then there is nothing to
    /// search for.
    fn tells_all_apart(&self, spelled: &HashSet<&str>) -> bool {
        let asked = Questions::others(&self.questions.own);
        let all = u32::try_from(asked.clone().count()).ok();
        let Some(all) = all.and_then(|all| 2usize.checked_pow(all)) else {
            return false;
        };
        if self.texts.len() < all {
            return false;
        }
        let texts = self.texts.iter();
        let unspelled = texts.filter(|text| !spelled.contains(text.as_str()));
        let answers =
            |text: &String| -> Vec<bool> { asked.clone().map(|one| one.answer(text)).collect() };
        unspelled.map(answers).collect::<HashSet<_>>().len() == all
    }

    fn add(&mut self, text: &str) {
        if !self.space.holds(text) {
            return;
        }
        let answers = self.asked.answers(text);
        self.met
            .resize(answers.others.len().max(self.met.len()), false);
        for (met, answer) in self.met.iter_mut().zip(&answers.others) {
            *met |= answer;
        }
        let next = self.texts.len();
        if *self.by_answers.entry(answers).or_insert(next) == next {
            self.texts.push(text.to_owned());
        }
    }
}
