//! Refs in words.
//!
//! In: some of the kinds of refs that are compared. Out: their names, as people say them. Always holds: a ref
//! that a condition spells has its name, any other stands for its kind; where the default branch is not known,
//! no name says that it is.

use super::words::{code, listed};
use crate::plan::{Compared, Ref, Situation, Trigger};

/// The kinds of refs that are compared, and what conditions say of them.
pub(super) struct Named<'c> {
    pub(super) situations: &'c [Situation],
    /// Names of refs that a condition spells out; any other stands for many.
    pub(super) compared: &'c Compared,
    /// Whether it is known what the default branch is called.
    pub(super) default_is_known: bool,
}

impl Named<'_> {
    /// Some of the situations, in words: whole kinds of refs where all of a kind are meant.
    pub(super) fn of(&self, chosen: &[bool]) -> String {
        let mut words = Vec::new();
        for kind in RefKind::ALL {
            let of_kind = |situation: &Situation| RefKind::of(situation) == kind;
            let all: Vec<(&Situation, bool)> = self
                .situations
                .iter()
                .zip(chosen)
                .filter(|(situation, _)| of_kind(situation))
                .map(|(situation, chosen)| (situation, *chosen))
                .collect();
            let meant: Vec<&Situation> = all
                .iter()
                .filter(|(_, chosen)| *chosen)
                .map(|(situation, _)| *situation)
                .collect();
            let Some(first) = meant.first() else {
                continue;
            };
            if meant.len() == all.len() && (all.len() > 1 || !self.is_named(first)) {
                words.push(kind.plural().to_owned());
                continue;
            }
            let mut such = false;
            for one in &meant {
                // One that stands for others will do.
                if self.is_like(one) && !self.is_named(one) && std::mem::replace(&mut such, true) {
                    continue;
                }
                let others = all.iter().filter(|(_, chosen)| !chosen);
                let mut name = self.name(one);
                name.push_str(self.condition_of_default(one, others.map(|(other, _)| *other)));
                if !words.contains(&name) {
                    words.push(name);
                }
            }
        }
        listed(&words)
    }

    /// Whether conditions spell the name of the ref, or it is the default branch.
    fn is_named(&self, one: &Situation) -> bool {
        self.compared.spells(&one.reference) || one.is_default_branch()
    }

    /// Whether the ref stands for those that a pattern matches.
    fn is_like(&self, one: &Situation) -> bool {
        self.compared.matches(&one.reference)
    }

    /// What the default branch is called where that is not known and a branch of this name is not meant always.
    fn condition_of_default<'s>(
        &self,
        one: &Situation,
        mut others: impl Iterator<Item = &'s Situation>,
    ) -> &'static str {
        let is_other = |other: &Situation| {
            other.reference == one.reference && other.is_default_branch() != one.is_default_branch()
        };
        if self.default_is_known || !self.compared.spells(&one.reference) || !others.any(is_other) {
            return "";
        }
        match one.is_default_branch() {
            true => " if it is the default branch",
            false => " if it is not the default branch",
        }
    }

    fn name(&self, one: &Situation) -> String {
        let is_named = self.is_named(one);
        let hides_name = !self.default_is_known && !self.compared.spells(&one.reference);
        let mut text = match &one.reference {
            Ref::Branch(_) if one.is_default_branch() && hides_name => {
                "the default branch".to_owned()
            }
            Ref::Branch(name) if is_named && one.trigger == Trigger::Schedule => code(name),
            Ref::Branch(name) if is_named => format!("branch {}", code(name)),
            Ref::Branch(name) if self.is_like(one) => format!("branches such as {}", code(name)),
            Ref::Branch(_) => "other branches".to_owned(),
            Ref::Tag(name) if is_named => format!("tag {}", code(name)),
            Ref::Tag(name) if self.is_like(one) => format!("tags such as {}", code(name)),
            Ref::Tag(_) => "other tags".to_owned(),
            Ref::MergeRequest { source, target } => {
                format!(
                    "merge requests such as {} -> {}",
                    code(source),
                    code(target)
                )
            }
        };
        match &one.trigger {
            Trigger::Schedule => text.insert_str(0, "schedules of "),
            Trigger::Other(word) => text.push_str(&format!(" started by {}", code(word))),
            Trigger::Push | Trigger::MergeRequest => {}
        }
        if one.open_merge_request == Some(true) {
            text.push_str(" with an open merge request");
        }
        match one.protected {
            Some(true) if !one.is_default_branch() => text.push_str(" if protected"),
            Some(false) => text.push_str(" if not protected"),
            _ => {}
        }
        text
    }
}

/// The kinds of refs that people speak of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RefKind {
    Branch,
    Tag,
    MergeRequest,
    Schedule,
    Other,
}

impl RefKind {
    const ALL: [Self; 5] = [
        Self::Branch,
        Self::Tag,
        Self::MergeRequest,
        Self::Schedule,
        Self::Other,
    ];

    fn of(situation: &Situation) -> Self {
        match (&situation.trigger, &situation.reference) {
            (Trigger::Schedule, _) => Self::Schedule,
            (Trigger::Other(_), _) => Self::Other,
            (_, Ref::Branch(_)) => Self::Branch,
            (_, Ref::Tag(_)) => Self::Tag,
            (_, Ref::MergeRequest { .. }) => Self::MergeRequest,
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Branch => "all branches",
            Self::Tag => "all tags",
            Self::MergeRequest => "all merge requests",
            Self::Schedule => "schedules",
            Self::Other => "pipelines that are started in other ways",
        }
    }
}
