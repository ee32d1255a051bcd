//! The refs that conditions tell apart, and what starts pipelines on them.

use std::collections::HashSet;

use super::compared::{Compared, Role};
use super::defaults::Defaults;
use super::text::{Alike, Question, Questions, Space};
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
    pub(super) fn role(&self, role: Role) -> Questions {
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

/// The names that refs can have in each role.
struct Names {
    branches: Vec<String>,
    tags: Vec<String>,
    /// Pairs of a source and a target.
    sources: Vec<String>,
    targets: Vec<String>,
    /// What is asked about a source and about a target.
    asked: [Questions; 2],
    /// Whether anything asks what a request is merged into; if not, all of them go to the default branch.
    asks_for_target: bool,
}

impl Names {
    /// Those that conditions tell apart in a project of this default branch.
    fn of(compared: &Compared, default: &str, left_out: &mut Vec<LeftOut>) -> Self {
        let mut names = |role: Role, questions: &Questions, first: &[String], last: &[&str]| {
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
        // The default branch is one of its own: it is protected.
        let with_default = |role| {
            let mut questions = compared.role(role);
            questions.own.insert(Question::Is(default.to_owned()));
            questions
        };
        let mut of_source = compared.role(Role::Source);
        if compared.paired {
            of_source.extend(&compared.role(Role::Branch));
        }
        let of_target = with_default(Role::Target);
        let asks_for_target = compared.names.contains_key(&Role::Target);
        let others: &[&str] = if asks_for_target { &TARGETS } else { &[] };
        Self {
            branches: names(Role::Branch, &with_default(Role::Branch), &first, &BRANCHES),
            tags: names(Role::Tag, &compared.role(Role::Tag), &[], &TAGS),
            sources: names(Role::Source, &of_source, &[], &BRANCHES),
            targets: names(Role::Target, &of_target, &first, others),
            asked: [of_source, of_target],
            asks_for_target,
        }
    }

    /// The same in a project of another default branch: its name is told apart where that of the first is.
    fn with_default(&self, first: &str, default: &str) -> Self {
        let with = |names: &[String]| {
            let mut names = names.to_vec();
            if names.iter().any(|name| name == first) && !names.iter().any(|name| name == default) {
                names.push(default.to_owned());
            }
            names
        };
        let targets = match self.asks_for_target {
            true => with(&self.targets),
            false => vec![default.to_owned()],
        };
        let mut asked = self.asked.clone();
        for questions in &mut asked {
            questions.own.insert(Question::Is(default.to_owned()));
        }
        Self {
            branches: with(&self.branches),
            tags: with(&self.tags),
            sources: with(&self.sources),
            targets,
            asked,
            asks_for_target: self.asks_for_target,
        }
    }

    /// Whether each source is paired with each target.
    fn pairs_all(&self) -> bool {
        self.sources.len().saturating_mul(self.targets.len()) <= PAIRS
    }

    /// The sources of merge requests, each with where it goes.
    fn requests(&self, left_out: &mut Vec<LeftOut>) -> Vec<[String; 2]> {
        let all = self.pairs_all();
        let mut requests = Vec::new();
        for (at, source) in self.sources.iter().enumerate() {
            // The first source goes everywhere, and every other one where it may.
            let there = self.targets.iter().filter(|target| *target != source);
            let there = there.take(if all || at == 0 { usize::MAX } else { 1 });
            let before = requests.len();
            requests.extend(there.map(|target| [source.clone(), target.clone()]));
            if self.targets.contains(source) {
                requests.extend(self.between_alike(source, left_out));
            }
            if requests.len() == before {
                // The default branch itself is merged into some other one.
                let target = BRANCHES.into_iter().find(|branch| branch != source);
                requests.extend(target.map(|target| [source.clone(), target.to_owned()]));
            }
        }
        requests
    }

    /// A merge request between two branches of which one has this name and the other gets the same answers.
    fn between_alike(&self, name: &str, left_out: &mut Vec<LeftOut>) -> Option<[String; 2]> {
        let [of_source, of_target] = &self.asked;
        let mut alike = |questions: &Questions| match questions.alike(name, Space::Ref) {
            Alike::Text(text) => Some(text),
            Alike::Nothing => None,
            Alike::Unknown => {
                left_out.push(LeftOut::Combinations);
                None
            }
        };
        if let Some(source) = alike(of_source) {
            return Some([source, name.to_owned()]);
        }
        alike(of_target).map(|target| [name.to_owned(), target])
    }
}

/// Every ref, started in every way.
pub(super) fn refs(
    compared: &Compared,
    defaults: &Defaults,
    most: usize,
    left_out: &mut Vec<LeftOut>,
) -> Vec<Situation> {
    let first = defaults.first();
    let names = Names::of(compared, first, left_out);
    let mut refs = Refs {
        compared,
        started: compared.started(),
        known: HashSet::new(),
        all: Vec::new(),
        most,
    };
    if !names.pairs_all() {
        left_out.push(LeftOut::TooMany(most));
    }
    refs.of_default(first, &names, None, left_out);
    for default in defaults.others() {
        let names = names.with_default(first, default);
        refs.of_default(
            default,
            &names,
            defaults.changes(default).as_deref(),
            left_out,
        );
    }
    if refs.all.len() > most {
        refs.all.truncate(most);
        left_out.push(LeftOut::TooMany(most));
    }
    refs.all
}

struct Refs<'c> {
    compared: &'c Compared,
    started: Vec<&'static str>,
    known: HashSet<Situation>,
    all: Vec<Situation>,
    most: usize,
}

impl Refs<'_> {
    /// Adds the refs of a project with this default branch; if some names are given, those of them alone.
    fn of_default(
        &mut self,
        default: &str,
        names: &Names,
        only: Option<&[&str]>,
        left_out: &mut Vec<LeftOut>,
    ) {
        if self.all.len() > self.most {
            return;
        }
        let is_about = |name: &str| only.is_none_or(|only| only.contains(&name));
        let open = self.compared.asks("CI_OPEN_MERGE_REQUESTS");
        let branches = names.branches.iter().filter(|name| is_about(name));
        let branches: Vec<Situation> = branches.map(Situation::branch).collect();
        let tags = names.tags.iter().filter(|name| is_about(name));
        let tags: Vec<Situation> = tags.map(Situation::tag).collect();
        let with_request = |branch: &Situation| Situation {
            open_merge_request: Some(true),
            ..branch.clone()
        };
        branches
            .iter()
            .for_each(|one| self.add(one.clone(), default));
        if open {
            branches
                .iter()
                .for_each(|one| self.add(with_request(one), default));
        }
        tags.iter().for_each(|one| self.add(one.clone(), default));
        for [source, target] in names.requests(left_out) {
            if !(is_about(&source) || names.asks_for_target && is_about(&target)) {
                continue;
            }
            let request = Situation::merge_request(source, target);
            if self.started.contains(&"parent_pipeline") {
                let child = Situation {
                    trigger: Trigger::parse("parent_pipeline"),
                    ..request.clone()
                };
                self.add(child, default);
            }
            self.add(request, default);
        }
        self.add(Situation::schedule(default), default);
        let started = self.started.clone();
        for trigger in started.into_iter().filter(|source| *source != "push") {
            let trigger = Trigger::parse(trigger);
            for one in branches.iter().chain(&tags) {
                let one = Situation {
                    trigger: trigger.clone(),
                    ..one.clone()
                };
                if open && matches!(one.reference, Ref::Branch(_)) {
                    self.add(with_request(&one), default);
                }
                self.add(one, default);
            }
        }
    }

    /// Adds a ref, protected and not if that is asked for and open.
    fn add(&mut self, one: Situation, default: &str) {
        let one = one.with_default_branch(default);
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
