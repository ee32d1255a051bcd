//! Ref sets become `only` and `except`, where the target asks no rules (below 12.6).
//!
//! In: names of sets. Out: [`Policies`] that hold where the sets do, and nowhere else. Always holds:
//! a branch by name is not a tag of that name, nor a tag a branch, though `only: [master]` means both.
//!
//! Words and names are enough for most sets. A set that mixes branches and tags by name is written
//! as conditions (12.0); what an older target cannot say at all is a [`Lack`].

use super::Lowering;
use super::refs::source_is;
use crate::gitlab::expression::{Expr, parse};
use crate::gitlab::regex::{Pattern, only_name};
use crate::gitlab::{Version, gates};
use crate::manifest::collection::Many;
use crate::manifest::refs::RefSet;
use crate::manifest::resolved::SetNames;
use crate::pipeline::{Policies, Policy, Union};
use crate::source::{At, Span};
use crate::target::Lack;

/// What a set holds. A name or pattern is as `only` writes it.
#[derive(Debug, Clone, PartialEq)]
enum Member {
    /// Branches: all, or those of a name.
    Branches(Option<String>),
    /// Tags: all, or those of a name.
    Tags(Option<String>),
    /// Merge request pipelines.
    MergeRequests,
    /// Scheduled pipelines, of branches and tags.
    Schedules,
}

impl Member {
    fn word(&self) -> &str {
        match self {
            Member::Branches(None) => "branches",
            Member::Tags(None) => "tags",
            Member::Branches(Some(name)) | Member::Tags(Some(name)) => name,
            Member::MergeRequests => "merge_requests",
            Member::Schedules => "schedules",
        }
    }
}

/// What jobs of the same sets share.
pub(super) fn union(sets: &SetNames) -> Union {
    Union {
        sets: sets.iter().map(|set| set.value.clone()).collect(),
        when: None,
    }
}

impl Lowering<'_> {
    /// Where an entity's job runs. Nothing where that is GitLab's own default, branches and tags.
    pub(super) fn policies(&mut self, sets: &SetNames, changes: Option<&[String]>) -> Policies {
        let names: Vec<&str> = sets.iter().map(|set| set.value.as_str()).collect();
        let everywhere = names.len() == 2 && names.contains(&"branches") && names.contains(&"tags");
        if everywhere && changes.is_none() {
            return Policies::default();
        }
        let mut policies = match self.by_words(sets) {
            Some(policies) => policies,
            None => self.by_conditions(sets),
        };
        policies.union = Some(union(sets));
        if let Some(paths) = changes {
            policies.union = None;
            policies.only.changes = paths.to_vec();
        }
        policies
    }

    /// A union of sets in names and words of `only`, if these can say exactly that.
    fn by_words(&mut self, sets: &SetNames) -> Option<Policies> {
        let (members, except, filter) = match sets.as_slice() {
            [one] => match self.set(&one.value) {
                Some(set) => {
                    let except = set.except.get().map(|sets| sets.0.clone());
                    let except = self.members_of(&except.unwrap_or_default())?;
                    (self.own_members(set)?, except, self.filter(set, one.span))
                }
                None => (self.members_of(sets)?, Vec::new(), Vec::new()),
            },
            several => (self.members_of(several)?, Vec::new(), Vec::new()),
        };
        let (only, except) = words(&members, &except, self.admits_merge_requests)?;
        let only = Policy {
            refs: only,
            variables: filter,
            ..Policy::default()
        };
        let except = Policy {
            refs: except,
            ..Policy::default()
        };
        Some(Policies {
            union: None,
            only,
            except,
        })
    }

    /// What sets hold that have no `except` and no filter.
    fn members_of(&mut self, sets: &[At<String>]) -> Option<Vec<Member>> {
        let mut members = Vec::new();
        for set in sets {
            let member = match set.value.as_str() {
                "branches" => Member::Branches(None),
                "tags" => Member::Tags(None),
                "merge_requests" => Member::MergeRequests,
                "schedules" => Member::Schedules,
                // Its name is only in a variable.
                "default_branch" => return None,
                name => {
                    let set = self.set(name)?;
                    let plain = set.except.at().is_none()
                        && set.sources.at().is_none()
                        && set.condition.at().is_none()
                        && !set.protected.copied_or(false);
                    if !plain {
                        return None;
                    }
                    members.extend(self.own_members(set)?);
                    continue;
                }
            };
            members.push(member);
        }
        Some(members)
    }

    /// `branches`, `tags` and `of` of a set.
    fn own_members(&mut self, set: &RefSet) -> Option<Vec<Member>> {
        // Their source and target are only in variables.
        if set.merge_requests.at().is_some() {
            return None;
        }
        let mut members = Vec::new();
        for branch in set.branches.get().into_iter().flat_map(|list| list.iter()) {
            let name = self.matching(&branch.value, branch.span);
            members.push(Member::Branches(Some(name)));
        }
        for tag in set.tags.get().into_iter().flat_map(Many::iter) {
            let name = self.matching(&tag.value, tag.span);
            members.push(Member::Tags(Some(name)));
        }
        let of = set.of.get().map(|sets| sets.0.clone()).unwrap_or_default();
        members.extend(self.members_of(&of)?);
        Some(members)
    }

    /// A name or pattern in `only`.
    fn matching(&mut self, text: &str, span: Span) -> String {
        let pattern = match text.starts_with('/') {
            true => Pattern::parse(text).ok(),
            false => None,
        };
        let Some(pattern) = pattern else {
            return only_name(text);
        };
        if self.target < gates::RE2 && pattern.to_only_in_ruby().is_err() {
            let what = format!("`{text}`, which older ones read as a pattern of Ruby,");
            self.lacks(Lack::new(what, gates::RE2, span));
        }
        pattern.to_only()
    }

    /// `sources`, `protected` and `if` of a set, as conditions of which one must be true.
    fn filter(&mut self, set: &RefSet, used: Span) -> Vec<Expr> {
        let mut all: Vec<Expr> = Vec::new();
        if let Some(sources) = set.sources.at() {
            self.lacks_below(gates::ONLY_VARIABLES, "`sources`", sources.span);
            let sources = sources.value.iter();
            all.extend(Expr::any(
                sources.filter_map(|source| source_is(source.value.as_str())),
            ));
        }
        if set.protected.copied_or(false) {
            all.extend(Expr::variable_is("CI_COMMIT_REF_PROTECTED", "true").ok());
        }
        if let Some(own) = set.condition.at()
            && let Ok(own) = parse(&own.value)
        {
            all.push(own);
        }
        let several = all.len() > 1;
        let Some(all) = Expr::all(all) else {
            return Vec::new();
        };
        if several {
            let what = "a ref set with more than one of `sources`, `protected` and `if`";
            self.lacks_below(gates::AND_OR, what, used);
        }
        all.alternatives()
    }

    /// The same by conditions alone.
    fn by_conditions(&mut self, sets: &SetNames) -> Policies {
        for set in sets {
            let what = format!(
                "the ref set `{}`, which names and words of `only` cannot say,",
                set.value
            );
            self.lacks_below(gates::AND_OR, &what, set.span);
        }
        let mut conditions: Vec<Expr> = Vec::new();
        for set in sets {
            for condition in self.alternatives(&set.value) {
                for way in condition.alternatives() {
                    if !conditions.contains(&way) {
                        conditions.push(way);
                    }
                }
            }
        }
        let mut refs = vec!["branches".to_owned(), "tags".to_owned()];
        if self.admits_merge_requests {
            refs.push("merge_requests".to_owned());
        }
        let only = Policy {
            refs,
            variables: conditions,
            ..Policy::default()
        };
        Policies {
            only,
            ..Policies::default()
        }
    }

    /// Notes what older targets than this cannot do.
    pub(super) fn lacks_below(&mut self, since: Version, what: &str, span: Span) {
        if self.target < since {
            self.lacks(Lack::new(what, since, span));
        }
    }
}

/// What goes into `only` and `except`, if it can be said exactly: a name there is that of a branch
/// or of a tag.
fn words(
    members: &[Member],
    except: &[Member],
    merge_requests: bool,
) -> Option<(Vec<String>, Vec<String>)> {
    let is = |wanted: fn(&Member) -> bool| members.iter().any(wanted);
    let all_branches = members.contains(&Member::Branches(None));
    let all_tags = members.contains(&Member::Tags(None));
    let branches = is(|member| matches!(member, Member::Branches(_)));
    let tags = is(|member| matches!(member, Member::Tags(_)));
    let branch_names = is(|member| matches!(member, Member::Branches(Some(_))));
    let tag_names = is(|member| matches!(member, Member::Tags(Some(_))));
    let schedules = members.contains(&Member::Schedules);
    let mut out: Vec<String> = Vec::new();
    if branch_names && !all_tags {
        // Without the tags of these names; but not without tags that are wanted.
        if tags || schedules {
            return None;
        }
        out.push("tags".to_owned());
    }
    if tag_names && !all_branches {
        if branches || schedules {
            return None;
        }
        out.push("branches".to_owned());
    }
    // GitLab 11 also compares a merge request's source branch with a name.
    if (branch_names || tag_names) && merge_requests && !members.contains(&Member::MergeRequests) {
        out.push("merge_requests".to_owned());
    }
    for member in except {
        match member {
            Member::Branches(Some(_)) if tags || schedules => return None,
            Member::Tags(Some(_)) if branches || schedules => return None,
            _ => out.push(member.word().to_owned()),
        }
    }
    let mut only: Vec<String> = Vec::new();
    for member in members {
        if !only.iter().any(|word| word == member.word()) {
            only.push(member.word().to_owned());
        }
    }
    out.dedup();
    // What is named like a word of `except` would be left out with what the word means.
    let kinds = ["branches", "tags", "merge_requests", "schedules"];
    let mut words = kinds
        .iter()
        .filter(|kind| out.iter().any(|word| word == *kind));
    if words.any(|word| only.contains(&only_name(word))) {
        return None;
    }
    Some((only, out))
}
