//! The questions that one condition asks.
//!
//! In: an [`Expr`]. Out: its questions in [`Compared`]. Always holds: an operand of a comparison is taken
//! for every value that it can be worth, also where it is a condition itself (`($A || $B) == $C`).

use super::compared::Compared;
use super::links::{Link, NOTHING, Subject, subjects};
use super::text::Question;
use crate::gitlab::expression::{Comparison, Expr, PRINTED_PATTERN};
use crate::gitlab::regex::Pattern;
use crate::plan::source::SOURCES;

/// Something that an operand of a comparison can be worth.
#[derive(Clone, Copy)]
enum Worth<'e> {
    /// The value of a variable.
    Variable(&'e str),
    Text(&'e str),
    Pattern(&'e Pattern),
    Bool(bool),
    /// Nothing, or an input, which has one value.
    Other,
}

impl Worth<'_> {
    /// The text that it is compared as; a boolean is compared as one (18.11).
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Variable(_) | Self::Pattern(_) | Self::Other => None,
        }
    }
}

/// Everything that an operand can be worth: `$A || $B` is worth one of both.
fn worths<'e>(expr: &'e Expr, found: &mut Vec<Worth<'e>>) {
    match expr {
        Expr::Any(terms) | Expr::All(terms) => terms.iter().for_each(|term| worths(term, found)),
        Expr::Not(_) | Expr::Compare { .. } => {
            found.extend([Worth::Bool(true), Worth::Bool(false)]);
        }
        Expr::Variable(name) => found.push(Worth::Variable(name.as_str())),
        Expr::Text(text) => found.push(Worth::Text(text.as_str())),
        Expr::Pattern(literal) => found.push(Worth::Pattern(literal.pattern())),
        Expr::Bool(bool) => found.push(Worth::Bool(*bool)),
        Expr::Input(_) | Expr::Null => found.push(Worth::Other),
    }
}

impl Compared {
    /// `joined`: it is an operand of `&&` or `||`, which take a blank text for something.
    pub(super) fn expression(&mut self, expr: &Expr, joined: bool) {
        match expr {
            Expr::Any(terms) | Expr::All(terms) => {
                terms.iter().for_each(|term| self.expression(term, true));
            }
            Expr::Not(inner) => self.expression(inner, false),
            Expr::Variable(name) => self.bare(name.as_str(), joined),
            Expr::Compare { op, left, right } => {
                // A condition within a comparison asks questions of its own.
                for side in [left, right] {
                    if !matches!(**side, Expr::Variable(_)) {
                        self.expression(side, true);
                    }
                }
                let mut sides = [Vec::new(), Vec::new()];
                for (side, found) in [left, right].into_iter().zip(&mut sides) {
                    worths(side, found);
                }
                let matched = matches!(op, Comparison::Match | Comparison::NotMatch);
                let [lefts, rights] = &sides;
                for left in lefts {
                    for right in rights {
                        self.comparison(matched, *left, *right);
                    }
                }
            }
            Expr::Input(_) | Expr::Text(_) | Expr::Pattern(_) | Expr::Bool(_) | Expr::Null => {}
        }
    }

    fn comparison(&mut self, matched: bool, left: Worth<'_>, right: Worth<'_>) {
        match (left, right) {
            (Worth::Variable(left), Worth::Variable(right)) => self.link(left, right, matched),
            (Worth::Variable(name), Worth::Text(text)) if matched => {
                self.ask(name, &Question::matched_by(text), true);
            }
            (Worth::Variable(name), Worth::Pattern(pattern)) if matched => {
                self.ask(name, &Question::Matches(pattern.clone()), false);
            }
            // Nothing matches `false` or nothing; with `true` GitLab breaks off.
            (Worth::Variable(name), Worth::Bool(_)) if matched => self.bare(name, true),
            // A pattern to the left is printed as an address, which a text may hold and a pattern may match.
            (Worth::Pattern(_), Worth::Variable(name)) if matched => {
                self.ask(name, &Question::Holds(PRINTED_PATTERN.to_owned()), true);
                self.ask(name, &Question::Is(NOTHING.to_owned()), true);
            }
            (left, Worth::Variable(name)) if matched => match left.text() {
                Some(text) => {
                    self.ask(name, &Question::Holds(text.to_owned()), false);
                    // Every text holds an empty one; a pattern need not match it.
                    if text.is_empty() {
                        self.ask(name, &Question::Is(NOTHING.to_owned()), false);
                    }
                }
                None => self.bare(name, true),
            },
            (Worth::Variable(name), other) | (other, Worth::Variable(name)) => match other.text() {
                Some(text) => self.ask(name, &Question::Is(text.to_owned()), false),
                None => self.bare(name, true),
            },
            _ => {}
        }
    }

    /// A variable by itself.
    pub(super) fn bare(&mut self, name: &str, kind: bool) {
        self.asked.insert(name.to_owned());
        for subject in subjects(name) {
            match subject {
                Subject::Variable(name) => {
                    let used = &mut self.variables.entry(name).or_default().used;
                    used.filled = true;
                    used.kind |= kind;
                }
                // A name always is something; its slug may be blank.
                Subject::Slug(role) => {
                    let questions = self.names.entry(role).or_default();
                    questions.slug.insert(Question::Is(String::new()));
                }
                Subject::DefaultSlug => {
                    self.default.slug.insert(Question::Is(String::new()));
                }
                Subject::Name(_) | Subject::Started | Subject::Default => {}
            }
        }
    }

    pub(super) fn ask(&mut self, name: &str, question: &Question, kind: bool) {
        self.asked.insert(name.to_owned());
        for subject in subjects(name) {
            match &subject {
                Subject::Variable(name) => {
                    self.variables.entry(name.clone()).or_default().used.kind |= kind;
                }
                Subject::Name(_)
                | Subject::Slug(_)
                | Subject::Started
                | Subject::Default
                | Subject::DefaultSlug => {}
            }
            self.add(&subject, question.clone());
        }
    }

    fn link(&mut self, left: &str, right: &str, matched: bool) {
        for name in [left, right] {
            self.bare(name, true);
            for subject in subjects(name) {
                match subject {
                    Subject::Slug(role) => self.names.entry(role).or_default().linked = true,
                    Subject::Variable(name) => {
                        self.variables.entry(name).or_default().used.value = true;
                    }
                    // Whatever it is compared with may be the name of any source, or contain it.
                    Subject::Started => {
                        let all = SOURCES.map(|source| Question::Is(source.to_owned()));
                        self.sources.own.extend(all);
                    }
                    Subject::DefaultSlug => self.default.linked = true,
                    Subject::Name(_) | Subject::Default => {}
                }
            }
        }
        self.links.insert(Link {
            left: left.to_owned(),
            right: right.to_owned(),
            matched,
        });
    }
}
