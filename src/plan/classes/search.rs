//! Texts that some patterns match and others do not, for every combination that is possible.
//!
//! In: patterns. Out: the shortest text of each combination of patterns that match it. Always holds: if the
//! search was exhausted, no text over its alphabet has another combination.
//!
//! The patterns become automata that walk side by side; each state of all of them together is visited once.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::text::Space;
use crate::gitlab::names;
use crate::gitlab::regex::{Kept, Pattern};

/// Most states of all automata together, and most steps of single automata.
const STATES: usize = 6_000;
const STEPS: usize = 4_000_000;
/// Most patterns that are searched together; of more, no search tries every combination.
const PATTERNS: usize = 48;
/// Largest automaton of one pattern, and of all texts that are spelled, in bytes.
const LARGEST: usize = 1 << 19;
const LARGEST_LIST: usize = 1 << 23;
/// Bytes of all automata of a configuration.
const ALL: usize = 16 << 20;
/// Most characters beyond ASCII that are tried.
const FOREIGN: usize = 8;
/// Most texts.
const TEXTS: usize = 256;

/// The characters of a search.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// All that conditions tell apart.
    All,
    /// Those of a slug, which is then the name as well.
    Slug,
}

/// What searches found.
pub(super) struct Searched {
    /// The shortest text of each combination.
    pub(super) texts: Vec<String>,
    /// Whether every state was visited.
    pub(super) exhausted: bool,
}

impl Default for Searched {
    fn default() -> Self {
        Self {
            texts: Vec::new(),
            exhausted: true,
        }
    }
}

type Dfa = dense::DFA<Vec<u32>>;

thread_local! {
    static AUTOMATA: RefCell<Kept<String, Rc<Dfa>>> = RefCell::default();
}

/// The automaton of an expression, made once; `None` if it is too large, or all together are.
fn automaton(source: &str, largest: usize) -> Option<Rc<Dfa>> {
    let make = || {
        let made = build(source, largest)?;
        let bytes = made.memory_usage();
        Some((Rc::new(made), bytes))
    };
    AUTOMATA.with_borrow_mut(|kept| kept.get_or_make(source, [largest, ALL], make))
}

/// Makes room for the patterns of another configuration.
pub(in crate::plan) fn forget() {
    AUTOMATA.with_borrow_mut(Kept::forget);
}

fn build(source: &str, largest: usize) -> Option<Dfa> {
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Unanchored)
                .match_kind(MatchKind::All)
                .dfa_size_limit(Some(largest))
                .determinize_size_limit(Some(largest)),
        )
        .syntax(syntax::Config::new().utf8(false))
        .thompson(
            thompson::Config::new()
                .utf8(false)
                .nfa_size_limit(Some(largest)),
        )
        .build(source)
        .ok()
}

/// An automaton after some text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct At {
    state: StateID,
    /// It has matched somewhere; nothing changes that.
    matched: bool,
}

impl At {
    fn start(dfa: &Dfa) -> Option<Self> {
        let config = start::Config::new().anchored(Anchored::No);
        let state = dfa.start_state(&config).ok()?;
        Some(Self::of(dfa, state, false))
    }

    fn of(dfa: &Dfa, state: StateID, matched: bool) -> Self {
        let matched = matched || dfa.is_match_state(state);
        // A match is final: all states behind it are one.
        let state = match matched {
            true => StateID::ZERO,
            false => state,
        };
        Self { state, matched }
    }

    fn next(self, dfa: &Dfa, byte: u8) -> Self {
        match self.matched {
            true => self,
            false => Self::of(dfa, dfa.next_state(self.state, byte), false),
        }
    }

    fn at_end(self, dfa: &Dfa) -> bool {
        self.matched || dfa.is_match_state(dfa.next_eoi_state(self.state))
    }
}

/// What comes before the next character in the name of a ref.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Before {
    Start,
    Slash,
    Dot,
    Dash,
    Other,
}

impl Before {
    /// After one more character; `None` if no name goes on so.
    fn next(self, c: char, space: Space) -> Option<Self> {
        if space == Space::Value {
            return Some(Self::Other);
        }
        match (self, c) {
            (Self::Start | Self::Slash, '/' | '.') | (Self::Start, '-') => None,
            (Self::Dot, '.') => None,
            (_, '/') => Some(Self::Slash),
            (_, '.') => Some(Self::Dot),
            (_, '-') => Some(Self::Dash),
            _ => Some(Self::Other),
        }
    }
}

/// All automata after some text, and the text as a chain of characters.
struct Node {
    parent: usize,
    last: Option<char>,
}

impl Searched {
    /// Adds the shortest text of each combination of these patterns, in Rust's syntax. None is one of the spelled texts,
    /// which are told apart from all others anyway.
    pub(super) fn run(
        &mut self,
        patterns: &[String],
        spelled: &HashSet<&str>,
        space: Space,
        alphabet: Alphabet,
    ) {
        if patterns.len() > PATTERNS {
            self.exhausted = false;
            return;
        }
        let mut sources = patterns.to_vec();
        if !spelled.is_empty() {
            let mut any: Vec<String> = spelled
                .iter()
                .map(|text| regex_syntax::escape(text))
                .collect();
            any.sort_unstable();
            sources.push(format!("^(?:{})$", any.join("|")));
        }
        let largest = |at: usize| match at < patterns.len() {
            true => LARGEST,
            false => LARGEST_LIST,
        };
        let automata = sources.iter().enumerate();
        let automata: Vec<Rc<Dfa>> = automata
            .filter_map(|(at, one)| automaton(one, largest(at)))
            .collect();
        self.exhausted &= automata.len() == sources.len();
        let starts: Option<Vec<At>> = automata.iter().map(|dfa| At::start(dfa)).collect();
        let Some(starts) = starts else {
            self.exhausted = false;
            return;
        };
        let letters = letters(&sources, &automata, space, alphabet);
        let steps = letters.len().saturating_mul(automata.len());
        let most = STATES.min(STEPS / steps.max(1));
        let mut nodes = vec![Node {
            parent: 0,
            last: None,
        }];
        let mut seen: HashSet<(Vec<At>, Before)> = HashSet::new();
        let mut known: HashSet<Vec<bool>> = HashSet::new();
        seen.insert((starts.clone(), Before::Start));
        let mut open = VecDeque::from([(0usize, starts, Before::Start)]);
        while let Some((node, states, before)) = open.pop_front() {
            let ends: Vec<bool> = states
                .iter()
                .zip(&automata)
                .map(|(at, dfa)| at.at_end(dfa))
                .collect();
            let is_name = node != 0 && !(before == Before::Dash && alphabet == Alphabet::Slug);
            let is_spelled = ends.len() > patterns.len() && ends.last() == Some(&true);
            if is_name && !is_spelled && !known.contains(&ends) {
                let text = text(&nodes, node);
                if space.holds(&text) {
                    known.insert(ends);
                    self.texts.push(text);
                }
            }
            if u32::try_from(patterns.len())
                .is_ok_and(|all| 2usize.checked_pow(all) == Some(known.len()))
            {
                return;
            }
            if known.len() >= TEXTS {
                self.exhausted = false;
                return;
            }
            for letter in &letters {
                let Some(before) = before.next(*letter, space) else {
                    continue;
                };
                let mut bytes = [0; 4];
                let bytes = letter.encode_utf8(&mut bytes).as_bytes();
                let step = |(at, dfa): (&At, &Rc<Dfa>)| {
                    bytes.iter().fold(*at, |at, byte| at.next(dfa, *byte))
                };
                let next: Vec<At> = states.iter().zip(&automata).map(step).collect();
                let key = (next, before);
                if seen.contains(&key) {
                    continue;
                }
                if seen.len() >= most {
                    self.exhausted = false;
                    continue;
                }
                seen.insert(key.clone());
                open.push_back((nodes.len(), key.0, before));
                nodes.push(Node {
                    parent: node,
                    last: Some(*letter),
                });
            }
        }
    }
}

fn text(nodes: &[Node], mut at: usize) -> String {
    let mut letters = Vec::new();
    while let Some(Node {
        parent,
        last: Some(letter),
    }) = nodes.get(at)
    {
        letters.push(*letter);
        at = *parent;
    }
    letters.iter().rev().collect()
}

/// One character of each kind that the automata tell apart, those that read well first.
fn letters(
    sources: &[String],
    automata: &[Rc<Dfa>],
    space: Space,
    alphabet: Alphabet,
) -> Vec<char> {
    let pretty = "x1aAz0Z-_/.";
    let ascii = (0x20..0x7f).map(char::from);
    let allowed = |c: &char| match (alphabet, space) {
        (Alphabet::Slug, _) => c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-',
        (Alphabet::All, Space::Ref) => !names::is_refused_in_ref(*c),
        (Alphabet::All, Space::Value) => true,
    };
    let mut kinds: HashSet<(Vec<u8>, Option<char>)> = HashSet::new();
    let mut letters = Vec::new();
    for c in pretty.chars().chain(ascii).filter(allowed) {
        let Ok(byte) = u8::try_from(c) else { continue };
        let kind = automata.iter().map(|dfa| dfa.byte_classes().get(byte));
        // Names treat these in their own way.
        let own = "/.-".contains(c).then_some(c);
        if kinds.insert((kind.collect(), own)) {
            letters.push(c);
        }
    }
    if alphabet == Alphabet::All {
        let mut foreign = Vec::new();
        for source in sources {
            if let Ok(hir) = regex_syntax::parse(source) {
                beyond_ascii(&hir, &mut foreign);
            }
        }
        foreign.retain(|c| allowed(c));
        letters.extend(foreign);
    }
    letters
}

/// Characters beyond ASCII that a pattern names.
fn beyond_ascii(hir: &Hir, found: &mut Vec<char>) {
    let mut add = |c: char| {
        if !c.is_ascii() && found.len() < FOREIGN && !found.contains(&c) {
            found.push(c);
        }
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).unwrap_or_default();
            text.chars().for_each(add);
        }
        HirKind::Class(Class::Unicode(class)) => {
            for range in class.iter() {
                match range.start().is_ascii() && !range.end().is_ascii() {
                    true => add('é'),
                    false => add(range.start()),
                }
            }
        }
        HirKind::Class(Class::Bytes(_)) => {}
        HirKind::Repetition(repetition) => beyond_ascii(&repetition.sub, found),
        HirKind::Capture(capture) => beyond_ascii(&capture.sub, found),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| beyond_ascii(part, found));
        }
    }
}

/// A text that one pattern matches.
pub(super) enum One {
    /// This one.
    Text(String),
    /// No text at all of the space.
    Nothing,
    /// None was found, though there may be one.
    Unknown,
}

/// Searches for a text that a pattern matches.
pub(super) fn one(pattern: &Pattern, space: Space) -> One {
    let mut searched = Searched::default();
    searched.run(&[pattern.to_rust()], &HashSet::new(), space, Alphabet::All);
    let mut texts = searched.texts.into_iter();
    match texts.find(|text| pattern.is_match(text) == Some(true)) {
        Some(text) => One::Text(text),
        None if searched.exhausted => One::Nothing,
        None => One::Unknown,
    }
}
