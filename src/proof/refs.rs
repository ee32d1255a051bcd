//! What ref sets mean, read from the manifest alone (language, section 4).
//!
//! In: the ref sets of a manifest, and a pipeline. Out: whether it is on the refs of a union of
//! sets. Always holds: nothing that writes rules or `only` is asked; what the pipeline does not
//! decide is [`Truth::Unknown`].

use std::collections::HashMap;

use indexmap::IndexSet;

use crate::gitlab::expression::{self, Expr, Lookup, evaluate};
use crate::gitlab::regex::Pattern;
use crate::manifest::Manifest;
use crate::manifest::collection::{Many, Map};
use crate::manifest::refs::RefSet;
use crate::plan::{Compared, Ref, Role, Situation, Trigger, Truth};
use crate::source::At;

/// Sets that refer to others deeper than this are refused before.
const DEEPEST: usize = 60;

/// The number of a set.
pub(super) type Number = usize;

/// All ref sets of a manifest, the built-in ones included.
pub(super) struct RefSets<'m> {
    sets: Vec<Set<'m>>,
    numbers: HashMap<&'m str, Number>,
    /// Which of them ask for variables, which a job may have of its own.
    conditional: Vec<bool>,
}

enum Set<'m> {
    Branches,
    Tags,
    MergeRequests,
    Schedules,
    DefaultBranch,
    Written(Box<Written<'m>>),
    /// Nobody knows it.
    Undefined,
}

/// A set of the manifest.
struct Written<'m> {
    branches: Vec<Name<'m>>,
    tags: Vec<Name<'m>>,
    /// Where merge requests come from and go to; `None`: anywhere.
    merge_requests: Option<[Option<Vec<Name<'m>>>; 2]>,
    of: Vec<Number>,
    except: Vec<Number>,
    sources: Option<Vec<&'m str>>,
    protected: bool,
    condition: Option<Expr>,
}

/// What names refs.
enum Name<'m> {
    Exactly(&'m str),
    Like(Pattern),
}

impl<'m> Name<'m> {
    fn of(text: &'m str) -> Self {
        match Pattern::parse(text) {
            Ok(pattern) => Self::Like(pattern),
            Err(_) => Self::Exactly(text),
        }
    }

    fn is_of(&self, name: &str) -> Truth {
        match self {
            Self::Exactly(own) => truth(*own == name),
            // Too large for this machine: nothing is said of it.
            Self::Like(pattern) => pattern.is_match(name).map_or(Truth::Unknown, truth),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Exactly(name) => (*name).to_owned(),
            Self::Like(pattern) => pattern.to_string(),
        }
    }
}

impl<'m> RefSets<'m> {
    /// Those of a manifest.
    pub(super) fn of(manifest: &'m Manifest) -> Self {
        let mut sets = vec![
            Set::Undefined,
            Set::Branches,
            Set::Tags,
            Set::MergeRequests,
            Set::Schedules,
            Set::DefaultBranch,
        ];
        let mut numbers = HashMap::from([
            ("branches", 1),
            ("tags", 2),
            ("merge_requests", 3),
            ("schedules", 4),
            ("default_branch", 5),
        ]);
        let own = || manifest.refs.get().into_iter().flat_map(Map::iter);
        numbers.extend(own().map(|(key, _)| key.value.as_str()).zip(sets.len()..));
        let written = own().map(|(_, set)| Set::Written(Box::new(Written::of(set, &numbers))));
        sets.extend(written);
        let mut all = Self {
            conditional: vec![false; sets.len()],
            sets,
            numbers,
        };
        let conditional = (0..all.sets.len()).map(|number| all.is_conditional(number, 0));
        all.conditional = conditional.collect();
        all
    }

    /// The number of the set of a name.
    pub(super) fn number(&self, name: &str) -> Number {
        number(&self.numbers, name)
    }

    /// Whether a set holds each merge request, whatever its branches.
    pub(super) fn holds_merge_requests(&self, set: Number, depth: usize) -> bool {
        let set = match self.sets.get(set) {
            Some(Set::MergeRequests) => return true,
            Some(Set::Written(set)) if depth <= DEEPEST => set,
            _ => return false,
        };
        let whole = set.except.is_empty()
            && set.sources.is_none()
            && !set.protected
            && set.condition.is_none();
        let mut of = set.of.iter();
        whole && of.any(|other| self.holds_merge_requests(*other, depth + 1))
    }

    /// These sets, and those that any of them is made of.
    pub(super) fn made_of(&self, used: impl Iterator<Item = Number>) -> Vec<Number> {
        let mut all: IndexSet<Number> = used.collect();
        let mut at = 0;
        while let Some(number) = all.get_index(at) {
            if let Some(Set::Written(set)) = self.sets.get(*number) {
                all.extend(set.of.iter().copied());
            }
            at += 1;
        }
        all.into_iter().collect()
    }

    fn is_conditional(&self, set: Number, depth: usize) -> bool {
        let Some(Set::Written(set)) = self.sets.get(set) else {
            return false;
        };
        let mut others = set.of.iter().chain(&set.except);
        set.condition.is_some()
            || depth > DEEPEST
            || others.any(|other| self.is_conditional(*other, depth + 1))
    }

    /// Adds what sets compare refs with, so that each of their names and conditions is looked at in
    /// some pipeline, whatever the pipeline's own conditions ask for. Says whether any is about
    /// merge requests.
    pub(super) fn compare(
        &self,
        used: impl Iterator<Item = Number>,
        compared: &mut Compared,
    ) -> bool {
        let mut open: Vec<Number> = used.collect();
        let mut seen = vec![false; self.sets.len()];
        let mut requests = false;
        while let Some(number) = open.pop() {
            let (Some(set), Some(seen)) = (self.sets.get(number), seen.get_mut(number)) else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            match set {
                Set::MergeRequests => requests = true,
                Set::Schedules => compared.source("schedule"),
                Set::Written(set) => {
                    requests |= set.merge_requests.is_some();
                    set.compare(compared);
                    open.extend(set.of.iter().chain(&set.except));
                }
                Set::Branches | Set::Tags | Set::DefaultBranch | Set::Undefined => {}
            }
        }
        requests
    }
}

fn number(numbers: &HashMap<&str, Number>, name: &str) -> Number {
    numbers.get(name).copied().unwrap_or(0)
}

impl<'m> Written<'m> {
    fn of(set: &'m RefSet, numbers: &HashMap<&str, Number>) -> Self {
        let numbers_of = |field: Option<&Many<String>>| -> Vec<Number> {
            let names = field.into_iter().flat_map(Many::iter);
            names.map(|name| number(numbers, &name.value)).collect()
        };
        let sources = set.sources.get();
        let patterns = |many: &'m Many<_>| names(many.iter());
        Self {
            branches: names(set.branches.get().into_iter().flat_map(|list| list.iter())),
            tags: names(set.tags.get().into_iter().flat_map(Many::iter)),
            merge_requests: set.merge_requests.get().map(|requests| {
                [&requests.source, &requests.target].map(|side| side.get().map(patterns))
            }),
            of: numbers_of(set.of.get()),
            except: numbers_of(set.except.get()),
            sources: sources.map(|all| all.iter().map(|one| one.value.as_str()).collect()),
            protected: set.protected.copied_or(false),
            condition: set
                .condition
                .get()
                .and_then(|own| expression::parse(own).ok()),
        }
    }

    fn compare(&self, compared: &mut Compared) {
        let mut add = |role, names: &[Name<'_>]| {
            names
                .iter()
                .for_each(|name| compared.name(role, &name.text()));
        };
        add(Role::Branch, &self.branches);
        add(Role::Tag, &self.tags);
        if let Some([source, target]) = &self.merge_requests {
            add(Role::Source, source.as_deref().unwrap_or_default());
            add(Role::Target, target.as_deref().unwrap_or_default());
        }
        for source in self.sources.iter().flatten() {
            compared.source(source);
        }
        if self.protected {
            compared.variable("CI_COMMIT_REF_PROTECTED");
        }
        if let Some(condition) = &self.condition {
            compared.condition(condition);
        }
    }
}

fn names<'m, P: std::ops::Deref<Target = str> + 'm>(
    patterns: impl Iterator<Item = &'m At<P>>,
) -> Vec<Name<'m>> {
    patterns.map(|pattern| Name::of(&pattern.value)).collect()
}

/// Ref sets on the ref of one pipeline.
pub(super) struct OnRef<'r> {
    sets: &'r RefSets<'r>,
    situation: &'r Situation,
    /// What is known already.
    known: Vec<Option<Truth>>,
}

impl<'r> OnRef<'r> {
    pub(super) fn of(sets: &'r RefSets<'r>, situation: &'r Situation) -> Self {
        Self {
            known: vec![None; sets.sets.len()],
            sets,
            situation,
        }
    }

    /// Whether the pipeline is on the refs of any of these sets, for a job of these variables.
    pub(super) fn holds(&mut self, union: &[Number], look_up: &dyn Fn(&str) -> Lookup) -> Truth {
        let conditional = |set: &Number| self.sets.conditional.get(*set) == Some(&true);
        if union.iter().any(conditional) {
            let known = self.known.iter_mut().zip(&self.sets.conditional);
            known
                .filter(|(_, conditional)| **conditional)
                .for_each(|(known, _)| *known = None);
        }
        any(union.iter().map(|set| self.set(*set, look_up, 0)))
    }

    fn set(&mut self, number: Number, look_up: &dyn Fn(&str) -> Lookup, depth: usize) -> Truth {
        if let Some(Some(known)) = self.known.get(number) {
            return *known;
        }
        let sets = self.sets;
        let found = match sets.sets.get(number) {
            Some(set) if depth <= DEEPEST => self.evaluated(set, look_up, depth),
            _ => Truth::Unknown,
        };
        if let Some(known) = self.known.get_mut(number) {
            *known = Some(found);
        }
        found
    }

    fn evaluated(
        &mut self,
        set: &Set<'_>,
        look_up: &dyn Fn(&str) -> Lookup,
        depth: usize,
    ) -> Truth {
        let on = self.situation;
        match set {
            Set::Branches => truth(matches!(on.reference, Ref::Branch(_))),
            Set::Tags => truth(matches!(on.reference, Ref::Tag(_))),
            Set::MergeRequests => truth(matches!(on.reference, Ref::MergeRequest { .. })),
            Set::Schedules => truth(on.trigger == Trigger::Schedule),
            Set::DefaultBranch => match (&on.reference, &on.default_branch) {
                (Ref::Branch(name), Some(default)) => truth(name == default),
                (Ref::Branch(_), None) => Truth::Unknown,
                (Ref::Tag(_) | Ref::MergeRequest { .. }, _) => Truth::False,
            },
            Set::Written(set) => {
                let mut within = vec![set.names(&on.reference)];
                within.extend(set.of.iter().map(|of| self.set(*of, look_up, depth + 1)));
                let without = set.except.iter();
                let without = any(without.map(|set| self.set(*set, look_up, depth + 1)));
                let condition = set.condition.as_ref();
                all([
                    any(within.into_iter()),
                    not(without),
                    set.admits(on),
                    condition.map_or(Truth::True, |own| holds(own, look_up)),
                ])
            }
            Set::Undefined => Truth::Unknown,
        }
    }
}

impl Written<'_> {
    /// Whether its own names hold a ref.
    fn names(&self, reference: &Ref) -> Truth {
        let among = |names: &[Name<'_>], name: &str| any(names.iter().map(|one| one.is_of(name)));
        match (reference, &self.merge_requests) {
            (Ref::Branch(name), _) => among(&self.branches, name),
            (Ref::Tag(name), _) => among(&self.tags, name),
            (Ref::MergeRequest { source, target }, Some([from, to])) => {
                let side = |names: &Option<Vec<Name<'_>>>, name| {
                    names.as_ref().map_or(Truth::True, |own| among(own, name))
                };
                all([side(from, source), side(to, target)])
            }
            (Ref::MergeRequest { .. }, None) => Truth::False,
        }
    }

    /// Whether `sources` and `protected` hold.
    fn admits(&self, on: &Situation) -> Truth {
        let source = on.trigger.as_str();
        let started = self
            .sources
            .as_ref()
            .is_none_or(|all| all.contains(&source));
        let protected = match (self.protected, on.protected) {
            (false, _) | (true, Some(true)) => Truth::True,
            (true, Some(false)) => Truth::False,
            (true, None) => Truth::Unknown,
        };
        all([truth(started), protected])
    }
}

/// Whether a condition holds. Of a variable that is set and blank nothing is said: Ruby goes on
/// behind it in `&&` and stops at it in `||`, and a set that is negated or written out without
/// parentheses does not.
fn holds(condition: &Expr, look_up: &dyn Fn(&str) -> Lookup) -> Truth {
    let blank = |name: &&str| match look_up(name) {
        Lookup::Set(text) => text.trim().is_empty(),
        Lookup::Unset | Lookup::Filled | Lookup::Unknown => false,
    };
    match condition.variables().iter().any(blank) {
        true => Truth::Unknown,
        false => evaluate(condition, look_up),
    }
}

fn truth(holds: bool) -> Truth {
    if holds { Truth::True } else { Truth::False }
}

fn not(truth: Truth) -> Truth {
    match truth {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        Truth::Unknown | Truth::Raises => Truth::Unknown,
    }
}

fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut whole = Truth::False;
    for truth in truths {
        match truth {
            Truth::True => return Truth::True,
            Truth::False => {}
            Truth::Unknown | Truth::Raises => whole = Truth::Unknown,
        }
    }
    whole
}

fn all<const N: usize>(truths: [Truth; N]) -> Truth {
    not(any(truths.into_iter().map(not)))
}
