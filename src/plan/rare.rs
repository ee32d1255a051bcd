//! Pipelines that the classes leave aside although they can be.
//!
//! In: a class. Out: what is like it and rare: a default branch that the project does not protect, a merge
//! request from a fork's branch of the same name, and the child pipeline of a push or of a merge request, which
//! keeps its ref and knows the earlier commit. Always holds: what is said of all pipelines is asked of these too; none of them is shown as a kind of
//! its own.

use super::situation::{Ref, Situation, Trigger};

/// A class, and what is like it and rare.
pub(crate) fn with_rare(situation: &Situation) -> impl Iterator<Item = Situation> {
    std::iter::once(situation.clone()).chain(rare(situation))
}

/// What is like a class and rare.
pub(crate) fn rare(one: &Situation) -> Vec<Situation> {
    let mut all = Vec::new();
    let child = Situation {
        trigger: Trigger::parse("parent_pipeline"),
        ..one.clone()
    };
    if let Ref::MergeRequest { source, target } = &one.reference {
        let from_fork = [source, target].map(|name| Ref::MergeRequest {
            source: name.clone(),
            target: name.clone(),
        });
        all.extend(from_fork.into_iter().flat_map(|reference| {
            [one, &child].map(|one| Situation {
                reference: reference.clone(),
                ..one.clone()
            })
        }));
    }
    if one.trigger.compares() {
        all.push(child);
    }
    if one.is_default_branch() && one.protected == Some(true) {
        all.push(Situation {
            protected: Some(false),
            ..one.clone()
        });
    }
    all
}
