//! How far conditions limit the text of a variable.
//!
//! In: what conditions compare, and a situation that stands for a class of pipelines. Out: whether the variable
//! has only harmless characters in every pipeline of the class. Always holds: it is only said because of an
//! answer that all of them give alike.

use super::compared::Compared;
use super::links::{Subject, subjects};
use super::text::{Question, Questions};
use crate::gitlab::regex::Pattern;
use crate::plan::{Ref, Role, Situation};

/// A variable of texts with several lines.
const WITH_LINES: [&str; 4] = [
    "CI_COMMIT_MESSAGE",
    "CI_COMMIT_DESCRIPTION",
    "CI_COMMIT_TAG_MESSAGE",
    "CI_MERGE_REQUEST_DESCRIPTION",
];

impl Compared {
    /// Whether a variable has only harmless characters in the pipelines that a situation stands for: a
    /// condition spells its text, or matches it from its beginning to its end.
    pub fn confines(
        &self,
        situation: &Situation,
        variable: &str,
        is_harmless: fn(char) -> bool,
    ) -> bool {
        let lines = WITH_LINES.contains(&variable);
        subjects(variable).into_iter().any(|subject| {
            let Some((questions, text)) = self.asked_of(&subject, situation) else {
                return false;
            };
            let is_confined = |question: &Question| match question {
                Question::Is(own) => own == text,
                Question::Within(own) => !text.is_empty() && own.contains(text),
                Question::Matches(pattern) => {
                    pattern.is_match(text) == Some(true) && pattern.confines(lines, is_harmless)
                }
                Question::Holds(_) => false,
            };
            questions.is_some_and(|questions| questions.own.iter().any(is_confined))
                || self.is_linked(situation, &subject, text, |one| is_confined(&one))
        })
    }

    /// What is asked of a text, and which one it is in a situation.
    fn asked_of<'s>(
        &self,
        subject: &Subject,
        situation: &'s Situation,
    ) -> Option<(Option<&Questions>, &'s str)> {
        match subject {
            Subject::Name(role) => Some((self.names.get(role), role.name(&situation.reference)?)),
            Subject::Variable(name) => {
                let text = situation.variables.get(name)?;
                let asked = self.variables.get(name);
                Some((asked.map(|asked| &asked.questions), text))
            }
            Subject::Slug(_) | Subject::Started | Subject::Default | Subject::DefaultSlug => None,
        }
    }

    /// Whether a condition compares it with a variable whose text confines it there.
    fn is_linked(
        &self,
        situation: &Situation,
        subject: &Subject,
        text: &str,
        is_confined: impl Fn(Question) -> bool,
    ) -> bool {
        // The text of the other one, if it is known.
        let other = |name: &str| {
            let given = self.variables.get(name).map(|asked| &asked.given);
            let only = given.filter(|given| given.len() == 1);
            let own = situation.variables.get(name).cloned();
            own.or_else(|| only.and_then(|given| given.first().cloned()))
        };
        let is_it = |name: &str| subjects(name).contains(subject);
        self.links.iter().any(|link| {
            if link.matched {
                let pattern = other(&link.right).filter(|_| is_it(&link.left));
                let pattern = pattern.as_deref().and_then(Pattern::in_value);
                return pattern.is_some_and(|pattern| is_confined(Question::Matches(pattern)));
            }
            let sides = [(&link.left, &link.right), (&link.right, &link.left)];
            sides
                .into_iter()
                .any(|(one, name)| is_it(one) && other(name).is_some_and(|other| other == text))
        })
    }
}

impl Role {
    /// The name that a ref has in this role.
    fn name(self, reference: &Ref) -> Option<&str> {
        match (self, reference) {
            (Self::Branch, Ref::Branch(name)) | (Self::Tag, Ref::Tag(name)) => Some(name),
            (Self::Source, Ref::MergeRequest { source, .. }) => Some(source),
            (Self::Target, Ref::MergeRequest { target, .. }) => Some(target),
            _ => None,
        }
    }
}
