//! The refs that conditions tell apart, and what starts pipelines on them.

use std::collections::HashSet;

use super::compared::{Compared, Role};
use super::text::{Question, Questions, Space};
use super::{LeftOut, Situation};
use crate::plan::predefined;
use crate::plan::situation::{Ref, Trigger};
use crate::plan::source::SOURCES;

/// Most pairs of a branch and one that it is merged into; beyond it each is paired once.
const PAIRS: usize = 256;
/// Names that no one names in a pipeline.
const BRANCHES: [&str; 3] = ["feature", "topic-1", "zz"];
const TAGS: [&str; 3] = ["v1.2.3", "some-tag", "zz"];
const TARGETS: [&str; 3] = ["next", "topic-2", "zzz"];

impl Compared {
    /// The default branch of a project whose configuration says nothing of it: `main`, as GitLab names it,
    /// or `master` where that alone is named.
    pub(super) fn usual_default_branch(&self) -> &'static str {
        let named = |name: &str| {
            let is = Question::Is(name.to_owned());
            let roles = [Role::Branch, Role::Target].map(|role| self.names.get(&role));
            roles.into_iter().flatten().any(|all| all.own.contains(&is))
        };
        match named("master") && !named("main") {
            true => "master",
            false => "main",
        }
    }

    fn role(&self, role: Role) -> Questions {
        self.names.get(&role).cloned().unwrap_or_default()
    }

    /// The sources that conditions tell apart, `push` first.
    fn started(&self) -> Vec<&'static str> {
        let mut questions = self.sources.clone();
        let asked = self.asked.iter().filter_map(|name| match name.as_str() {
            "CI_COMMIT_BEFORE_SHA" => Some("push"),
            name => predefined::source_of(name),
        });
        questions
            .own
            .extend(asked.map(|source| Question::Is(source.to_owned())));
        let mut seen = HashSet::new();
        let sources = SOURCES.into_iter();
        let started = sources.filter(|source| *source != "merge_request_event");
        started
            .filter(|source| seen.insert(questions.answers(source)))
            .collect()
    }
}

/// Every ref, started in every way.
pub(super) fn refs(
    compared: &Compared,
    default: &str,
    most: usize,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Situation> {
    let mut names = |role: Role, first: &[String], last: &[&str]| {
        let mut questions = compared.role(role);
        if role != Role::Tag && first.iter().any(|name| name == default) {
            // The default branch is one of its own: it is protected.
            questions.own.insert(Question::Is(default.to_owned()));
        }
        if role == Role::Source && compared.paired {
            questions.extend(&compared.role(Role::Branch));
        }
        let mut texts = questions.told_apart(Space::Ref, first, last);
        left_out.extend(texts.unfound.into_iter().map(LeftOut::Pattern));
        if !texts.complete {
            left_out.push(LeftOut::Combinations);
        }
        // One that no condition is about stands for most refs.
        if let Some(plain) = texts
            .texts
            .iter()
            .position(|text| role != Role::Target && last.contains(&text.as_str()))
        {
            let plain = texts.texts.remove(plain);
            texts.texts.insert(0, plain);
        }
        texts.texts
    };
    let first = [default.to_owned()];
    let branches = names(Role::Branch, &first, &BRANCHES);
    let tags = names(Role::Tag, &[], &TAGS);
    let sources = names(Role::Source, &[], &BRANCHES);
    // Where nothing asks what a request is merged into, all of them go to the default branch.
    let others: &[&str] = match compared.names.contains_key(&Role::Target) {
        true => &TARGETS,
        false => &[],
    };
    let targets = names(Role::Target, &first, others);
    let mut refs = Refs {
        compared,
        default,
        known: HashSet::new(),
        all: Vec::new(),
    };
    let started = compared.started();
    for branch in &branches {
        refs.add(Situation::branch(branch));
    }
    if compared.asks("CI_OPEN_MERGE_REQUESTS") {
        for branch in &branches {
            refs.add(Situation {
                open_merge_request: Some(true),
                ..Situation::branch(branch)
            });
        }
    }
    tags.iter().for_each(|tag| refs.add(Situation::tag(tag)));
    let few = sources.len().saturating_mul(targets.len()) <= PAIRS;
    if !few {
        left_out.push(LeftOut::TooMany(most));
    }
    for (at, source) in sources.iter().enumerate() {
        // The first source goes everywhere, and every other one where it may.
        let there = targets.iter().filter(|target| *target != source);
        let there = there.take(if few || at == 0 { usize::MAX } else { 1 });
        let mut there: Vec<&str> = there.map(String::as_str).collect();
        if there.is_empty() {
            // The default branch itself is merged into some other one.
            there.extend(BRANCHES.into_iter().find(|branch| branch != source));
        }
        for target in there {
            let request = Situation::merge_request(source, target);
            if started.contains(&"parent_pipeline") {
                refs.add(Situation {
                    trigger: Trigger::parse("parent_pipeline"),
                    ..request.clone()
                });
            }
            refs.add(request);
        }
    }
    refs.add(Situation::schedule(default));
    for trigger in started.into_iter().filter(|source| *source != "push") {
        let trigger = Trigger::parse(trigger);
        let branches = branches.iter().map(Situation::branch);
        for one in branches.chain(tags.iter().map(Situation::tag)) {
            let trigger = trigger.clone();
            if compared.asks("CI_OPEN_MERGE_REQUESTS") && matches!(one.reference, Ref::Branch(_)) {
                refs.add(Situation {
                    trigger: trigger.clone(),
                    open_merge_request: Some(true),
                    ..one.clone()
                });
            }
            refs.add(Situation { trigger, ..one });
        }
    }
    if refs.all.len() > most {
        refs.all.truncate(most);
        left_out.push(LeftOut::TooMany(most));
    }
    refs.all
}

struct Refs<'c> {
    compared: &'c Compared,
    default: &'c str,
    known: HashSet<Situation>,
    all: Vec<Situation>,
}

impl Refs<'_> {
    /// Adds a ref, protected and not if that is asked for and open.
    fn add(&mut self, one: Situation) {
        let one = one.with_default_branch(self.default);
        let protected = match (self.compared.asks("CI_COMMIT_REF_PROTECTED"), one.protected) {
            (true, None) => vec![Some(true), Some(false)],
            (_, protected) => vec![protected],
        };
        for protected in protected {
            let one = Situation {
                protected,
                ..one.clone()
            };
            if self.known.insert(one.clone()) {
                self.all.push(one);
            }
        }
    }
}
