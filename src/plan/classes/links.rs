//! Variables that conditions compare with each other.
//!
//! In: [`Compared`] and the names of the default branch. Out: the same, where each variable is also asked for every text
//! that the other one is known to have. Always holds: the texts of a variable are those that conditions
//! spell, those that the file gives it, and those that GitLab itself can set.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use indexmap::IndexSet;

use super::compared::{Compared, Role};
use super::text::Question;
use crate::gitlab::expression::Lookup;
use crate::gitlab::names::ref_slug;
use crate::plan::predefined;
use crate::plan::situation::Situation;

/// A pattern, as the value of a variable, that matches no text.
pub(super) const NOTHING: &str = "/^no-such-text$/";
/// A pattern, as the value of a variable, that matches every text: also two in one pipeline.
const EVERYTHING: &str = "/.*/";
/// How many links a text is passed on over.
const FAR: usize = 4;

/// A text that conditions ask about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Subject {
    Name(Role),
    /// The slug of a name.
    Slug(Role),
    /// `CI_PIPELINE_SOURCE`.
    Started,
    /// `CI_DEFAULT_BRANCH`
    Default,
    /// `CI_DEFAULT_BRANCH_SLUG`
    DefaultSlug,
    Variable(String),
}

/// What a variable of a condition is, in the kinds of pipelines that there are.
pub(super) fn subjects(name: &str) -> Vec<Subject> {
    match name {
        "CI_COMMIT_BRANCH" => vec![Subject::Name(Role::Branch)],
        "CI_COMMIT_TAG" => vec![Subject::Name(Role::Tag)],
        "CI_COMMIT_REF_NAME" => [Role::Branch, Role::Tag, Role::Source]
            .map(Subject::Name)
            .to_vec(),
        "CI_COMMIT_REF_SLUG" => [Role::Branch, Role::Tag, Role::Source]
            .map(Subject::Slug)
            .to_vec(),
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME" => vec![Subject::Name(Role::Source)],
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME" => vec![Subject::Name(Role::Target)],
        "CI_PIPELINE_SOURCE" => vec![Subject::Started],
        "CI_DEFAULT_BRANCH" => vec![Subject::Default],
        "CI_DEFAULT_BRANCH_SLUG" => vec![Subject::DefaultSlug],
        other => vec![Subject::Variable(other.to_owned())],
    }
}

/// Two variables that a condition compares with each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Link {
    pub(super) left: String,
    pub(super) right: String,
    /// Whether the right one may be a pattern.
    pub(super) matched: bool,
}

impl Compared {
    /// The same with every text that a text is compared with by way of a variable, in a project whose default
    /// branch has one of these names.
    pub(super) fn resolved(&self, defaults: &[String]) -> Self {
        let mut all = self.clone();
        all.kubernetes |= all.asks("CI_KUBERNETES_ACTIVE");
        for link in self.links.iter().filter(|link| link.matched) {
            for pattern in [NOTHING, EVERYTHING] {
                all.add_to(&link.right, &Question::Is(pattern.to_owned()));
            }
        }
        // What one link adds another one may pass on.
        for _ in 0..FAR {
            for link in &self.links {
                let right = all.known(&link.right, defaults);
                let left = all.known(&link.left, defaults);
                for text in &right.values {
                    all.add_to(
                        &link.left,
                        &match link.matched {
                            true => Question::matched_by(text),
                            false => Question::Is(text.clone()),
                        },
                    );
                }
                for text in left.values.iter().chain(&left.spelled) {
                    all.add_to(
                        &link.right,
                        &match link.matched {
                            true => Question::Holds(text.clone()),
                            false => Question::Is(text.clone()),
                        },
                    );
                }
                for text in &right.spelled {
                    all.add_to(&link.left, &Question::Is(text.clone()));
                    // The right one may be this text, and hold a pattern.
                    if link.matched && ![NOTHING, EVERYTHING].contains(&text.as_str()) {
                        all.add_to(&link.left, &Question::matched_by(text));
                    }
                }
                if !link.matched {
                    // Where both are the same, a pattern that matches one matches the other.
                    for (from, to) in [(&right, &link.left), (&left, &link.right)] {
                        from.others.iter().for_each(|one| all.add_to(to, one));
                    }
                }
            }
        }
        all
    }

    /// What is known of the texts of a variable.
    fn known(&self, name: &str, defaults: &[String]) -> Known {
        let mut known = Known::default();
        let mut add = |questions: &BTreeSet<Question>| {
            for question in questions {
                match question {
                    Question::Is(text) => known.spelled.insert(text.clone()),
                    other => known.others.insert(other.clone()),
                };
            }
        };
        let mut of_names = Vec::new();
        for subject in subjects(name) {
            match subject {
                Subject::Name(role) => {
                    let questions = self.names.get(&role);
                    questions.into_iter().for_each(|all| add(&all.own));
                }
                Subject::Slug(role) => {
                    let questions = self.names.get(&role);
                    questions.into_iter().for_each(|all| add(&all.slug));
                    of_names.extend(questions.map(|all| &all.own));
                }
                Subject::Started => add(&self.sources.own),
                // What it is compared with does not say what it is.
                Subject::Default | Subject::DefaultSlug => {}
                Subject::Variable(name) => {
                    let asked = self.variables.get(&name);
                    asked
                        .into_iter()
                        .for_each(|asked| add(&asked.questions.own));
                }
            }
        }
        let slugs = of_names.into_iter().flatten().filter_map(|one| match one {
            Question::Is(name) => Some(ref_slug(name)),
            _ => None,
        });
        known.spelled.extend(slugs);
        if let Some(asked) = self.variables.get(name) {
            known.values.extend(asked.given.iter().cloned());
        }
        known.values.extend(predefined::texts(name, defaults));
        known
    }

    /// Asks a question about a variable, whatever it is.
    fn add_to(&mut self, name: &str, question: &Question) {
        for subject in subjects(name) {
            self.add(&subject, question.clone());
        }
    }

    pub(super) fn add(&mut self, subject: &Subject, question: Question) {
        let questions = match subject {
            Subject::Name(role) => &mut self.names.entry(*role).or_default().own,
            Subject::Slug(role) => &mut self.names.entry(*role).or_default().slug,
            Subject::Started => &mut self.sources.own,
            Subject::Default => &mut self.default.own,
            Subject::DefaultSlug => &mut self.default.slug,
            Subject::Variable(name) => {
                let asked = self.variables.entry(name.clone()).or_default();
                &mut asked.questions.own
            }
        };
        questions.insert(question);
    }

    /// The texts that GitLab sets, on these refs, of each variable's links: of those that it is compared
    /// with, and of those that these are compared with.
    pub(super) fn linked_texts(&self, refs: &[Situation]) -> Linked<'_> {
        let mut beside: HashMap<&str, Vec<&str>> = HashMap::new();
        for link in &self.links {
            beside.entry(&link.left).or_default().push(&link.right);
            beside.entry(&link.right).or_default().push(&link.left);
        }
        let mut linked = Linked::new();
        for first in self.links.iter().map(|link| link.left.as_str()) {
            if linked.contains_key(first) {
                continue;
            }
            let mut names = IndexSet::from([first]);
            let mut at = 0;
            while let Some(name) = names.get_index(at).copied() {
                at += 1;
                names.extend(beside.get(name).into_iter().flatten().copied());
            }
            let texts = names.iter().flat_map(|name| {
                refs.iter()
                    .filter_map(|one| match predefined::look_up(one, name) {
                        Some(Lookup::Set(text)) => Some(text),
                        _ => None,
                    })
            });
            let texts: Rc<BTreeSet<String>> = Rc::new(texts.collect());
            linked.extend(names.into_iter().map(|name| (name, Rc::clone(&texts))));
        }
        linked
    }
}

/// The texts of the variables that one is compared with, by its name.
pub(super) type Linked<'c> = HashMap<&'c str, Rc<BTreeSet<String>>>;

/// What is known of the texts of a variable.
#[derive(Default)]
struct Known {
    /// Those that conditions compare it with.
    spelled: BTreeSet<String>,
    /// Those that it surely has somewhere: of the file and of GitLab.
    values: BTreeSet<String>,
    /// What else is asked about it.
    others: BTreeSet<Question>,
}
