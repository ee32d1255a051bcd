//! `only` and `except`.
//!
//! Facts: `Gitlab::Ci::Build::Policy` (18.11). The parts of `only` must all hold; any part of
//! `except` puts the job out.

use super::decision::{Because, Chosen, Decision, Part};
use super::rules::as_it_is;
use super::situation::{Ref, Situation};
use super::{Truth, files, source};
use crate::config::{Changes, Job, Policy, When, looks_like_a_pattern};
use crate::gitlab::expression::{Lookup, evaluate};
use crate::gitlab::regex::Pattern;

/// What `only` and `except` make of a job.
pub(super) fn decide(
    job: &Job,
    only: Option<&Policy>,
    except: Option<&Policy>,
    situation: &Situation,
    look_up: &dyn Fn(&str) -> Lookup,
) -> Decision {
    let mut possible = Vec::new();
    let mut inside = Because::Unconditional;
    let mut raised = false;
    let out = |because| Chosen {
        when: When::Never,
        ..as_it_is(job, because)
    };
    let decided = |possible| Decision {
        possible,
        raises: None,
    };
    for (part, truth) in only
        .into_iter()
        .flat_map(|it| parts(it, situation, look_up))
    {
        match truth {
            Truth::True if matches!(part, Part::Refs(_)) => inside = Because::Only(part),
            Truth::True => {}
            Truth::False => return decided(vec![out(Because::Only(part))]),
            Truth::Unknown => {
                // What is open is the reason to tell.
                inside = Because::Only(part);
                possible.push(out(Because::Only(part)));
            }
            Truth::Raises => raised = true,
        }
    }
    for (part, truth) in except
        .into_iter()
        .flat_map(|it| parts(it, situation, look_up))
    {
        match truth {
            Truth::True => return decided(vec![out(Because::Except(part))]),
            Truth::False => {}
            Truth::Unknown => possible.push(out(Because::Except(part))),
            Truth::Raises => raised = true,
        }
    }
    possible.insert(0, as_it_is(job, inside));
    Decision {
        possible,
        raises: raised.then_some(0),
    }
}

/// The parts of a policy and what they are worth.
pub(super) fn parts(
    policy: &Policy,
    situation: &Situation,
    look_up: &dyn Fn(&str) -> Lookup,
) -> Vec<(Part, Truth)> {
    let mut parts = Vec::new();
    if let Some(refs) = &policy.refs {
        let truths = refs.iter().map(|one| matches(one, situation));
        let (truth, at) = any(truths);
        parts.push((Part::Refs(at), truth));
    }
    if policy.kubernetes {
        let truth = match situation.kubernetes {
            Some(true) => Truth::True,
            Some(false) => Truth::False,
            None => Truth::Unknown,
        };
        parts.push((Part::Kubernetes, truth));
    }
    if let Some(variables) = &policy.variables {
        let truths = variables.iter().map(|one| evaluate(&one.expr, look_up));
        let (truth, at) = any(truths);
        parts.push((Part::Variables(at), truth));
    }
    if let Some(paths) = &policy.changes {
        let changes = Changes {
            paths: paths.clone(),
            compare_to: None,
        };
        // Variables are not expanded here, other than in `rules:changes`.
        let as_written = |text: &str| Some(text.to_owned());
        let truth = files::changed(&changes, situation, &as_written);
        parts.push((Part::Changes, truth));
    }
    parts
}

/// Whether one holds, and which.
fn any(truths: impl Iterator<Item = Truth>) -> (Truth, Option<usize>) {
    let (mut whole, mut open) = (Truth::False, None);
    for (at, truth) in truths.enumerate() {
        match (whole, truth) {
            (_, Truth::True) => return (Truth::True, Some(at)),
            (Truth::False, Truth::Raises) => return (Truth::Raises, Some(at)),
            (_, Truth::Unknown | Truth::Raises) => {
                whole = Truth::Unknown;
                open = open.or(Some(at));
            }
            (_, Truth::False) => {}
        }
    }
    (whole, open)
}

/// `Policy::Refs#matches_pattern?`: a word for the source, singular or plural, or the name of the
/// branch or tag, which merge requests do not have.
pub(super) fn matches(one: &str, situation: &Situation) -> Truth {
    let (pattern, path) = match one.split_once('@') {
        Some((pattern, path)) => (pattern, Some(path)),
        None => (one, None),
    };
    let here = match (path, situation.variables.get("CI_PROJECT_PATH")) {
        (None, _) => Truth::True,
        (Some(path), Some(project)) if path == project => Truth::True,
        (Some(_), Some(_)) => return Truth::False,
        (Some(_), None) => Truth::Unknown,
    };
    let (is_tag, is_branch) = match situation.reference {
        Ref::Tag(_) => (true, false),
        Ref::Branch(_) => (false, true),
        Ref::MergeRequest { .. } => (false, false),
    };
    let found = is_tag && pattern == "tags"
        || is_branch && pattern == "branches"
        || source::is_word_of(pattern, situation.trigger.as_str())
        || (is_tag || is_branch) && names(pattern, situation.ref_name());
    if found { here } else { Truth::False }
}

/// Whether a name or pattern is about a ref; a broken pattern is a name.
fn names(pattern: &str, name: &str) -> bool {
    if looks_like_a_pattern(pattern)
        && let Ok(parsed) = Pattern::parse(pattern)
        && let Some(matches) = parsed.is_match(name)
    {
        return matches;
    }
    pattern == name
}
