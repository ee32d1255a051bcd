//! What one condition holds on: branches, tags, merge requests, and what must be true as well.

use crate::gitlab::expression::{Comparison, Expr};
use crate::pipeline::{Mapping, Value};

/// What a condition holds on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Member {
    /// A set of the language.
    Word(&'static str),
    /// Branches of a name or pattern.
    Branch(String),
    /// Tags of a name or pattern.
    Tag(String),
    /// Merge requests from and to branches of a name or pattern.
    Request {
        /// Where they come from.
        source: Vec<String>,
        /// Where they go to.
        target: Vec<String>,
    },
}

/// What must be true as well.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Filter {
    /// Only protected refs.
    pub(super) protected: bool,
    /// Pipelines that are started so.
    pub(super) sources: Vec<String>,
    /// Any other condition.
    pub(super) conditions: Vec<Expr>,
}

/// The set of some members.
pub(super) fn set(members: &[Member], filter: &Filter, except: &[String]) -> Option<Mapping> {
    let (mut branches, mut tags, mut of, mut requests) = (Vec::new(), Vec::new(), Vec::new(), None);
    for member in members {
        match member {
            Member::Word(word) => of.push((*word).to_owned()),
            Member::Branch(name) => branches.push(name.clone()),
            Member::Tag(name) => tags.push(name.clone()),
            Member::Request { source, target } => {
                // A set has one kind of merge requests.
                if requests.replace((source, target)).is_some() {
                    return None;
                }
            }
        }
    }
    let mut set = Mapping::new();
    let mut put = |key: &str, names: &[String]| {
        if !names.is_empty() {
            set.set(key, Value::list(names.iter().map(String::as_str)));
        }
    };
    put("branches", &branches);
    put("tags", &tags);
    put("of", &of);
    put("except", except);
    put("sources", &filter.sources);
    if let Some((source, target)) = requests {
        let mut sides = Mapping::new();
        for (key, names) in [("source", source), ("target", target)] {
            if !names.is_empty() {
                sides.set(key, Value::list(names.iter().map(String::as_str)));
            }
        }
        set.set("merge_requests", sides);
    }
    if filter.protected {
        set.set("protected", Value::Bool(true));
    }
    if let Some(condition) = Expr::all(filter.conditions.iter().cloned()) {
        set.set("if", condition.to_string());
    }
    Some(set)
}

/// Words and names of `only`.
pub(super) fn members(words: &[String], as_tag: bool) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    for word in words {
        if let Some(kind) = super::BUILT_IN
            .iter()
            .find(|kind| **kind == word && **kind != "default_branch")
        {
            members.push(Member::Word(kind));
            continue;
        }
        let is_word = [
            "pushes",
            "web",
            "api",
            "triggers",
            "pipelines",
            "external",
            "chat",
        ];
        if is_word.contains(&&**word) || word.contains('@') {
            return None;
        }
        members.push(Member::Branch(word.clone()));
        if as_tag {
            members.push(Member::Tag(word.clone()));
        }
    }
    Some(members)
}

/// What one condition without `||` holds on.
pub(super) fn member(condition: &Expr) -> Option<(Vec<Member>, Filter)> {
    let terms: Vec<&Expr> = match condition {
        Expr::All(terms) => terms.iter().collect(),
        one => vec![one],
    };
    let mut found: Option<Member> = None;
    let mut filter = Filter::default();
    for term in terms {
        match (own_member(term), &mut found) {
            (
                Some(Member::Request { source, target }),
                Some(Member::Request {
                    source: sources,
                    target: targets,
                }),
            ) => {
                sources.extend(source);
                targets.extend(target);
            }
            (Some(Member::Request { source, target }), Some(Member::Word("merge_requests"))) => {
                found = Some(Member::Request { source, target });
            }
            (Some(Member::Word("merge_requests")), Some(Member::Request { .. })) => {}
            (Some(member), None) => found = Some(member),
            _ if is_protected(term) => filter.protected = true,
            _ => match source(term) {
                Some(source) if filter.sources.is_empty() => filter.sources.push(source),
                _ => filter.conditions.push(term.clone()),
            },
        }
    }
    match found {
        Some(member) => Some((vec![member], filter)),
        // Of whatever kind its pipelines are.
        None => Some((vec![Member::Word("branches"), Member::Word("tags")], filter)),
    }
}

/// The sides of a comparison of a variable.
fn comparison(term: &Expr) -> Option<(Comparison, &str, &Expr)> {
    let Expr::Compare { op, left, right } = term else {
        return None;
    };
    match (&**left, &**right) {
        (Expr::Variable(name), value) | (value, Expr::Variable(name))
            if !matches!(value, Expr::Variable(_)) =>
        {
            Some((*op, name.as_str(), value))
        }
        (Expr::Variable(name), value) => Some((*op, name.as_str(), value)),
        _ => None,
    }
}

fn own_member(term: &Expr) -> Option<Member> {
    if let Expr::Variable(name) = term {
        return match name.as_str() {
            "CI_COMMIT_BRANCH" => Some(Member::Word("branches")),
            "CI_COMMIT_TAG" => Some(Member::Word("tags")),
            "CI_MERGE_REQUEST_ID" | "CI_MERGE_REQUEST_IID" => Some(Member::Word("merge_requests")),
            _ => None,
        };
    }
    let (op, name, value) = comparison(term)?;
    let text = match (op, value) {
        (Comparison::Equal, Expr::Text(text)) => text.as_str().to_owned(),
        (Comparison::Match, Expr::Pattern(literal)) => {
            let pattern = literal.pattern();
            format!("/{}/{}", pattern.source(), pattern.flags())
        }
        (Comparison::Equal, Expr::Variable(other))
            if name == "CI_COMMIT_BRANCH" && other.as_str() == "CI_DEFAULT_BRANCH" =>
        {
            return Some(Member::Word("default_branch"));
        }
        (Comparison::NotEqual, Expr::Null) => {
            return own_member(&Expr::is_set(name).ok()?);
        }
        _ => return None,
    };
    match (name, text.as_str()) {
        ("CI_COMMIT_BRANCH", _) => Some(Member::Branch(text)),
        ("CI_COMMIT_TAG", _) => Some(Member::Tag(text)),
        ("CI_PIPELINE_SOURCE", "merge_request_event") => Some(Member::Word("merge_requests")),
        ("CI_PIPELINE_SOURCE", "schedule") => Some(Member::Word("schedules")),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", _) => Some(Member::Request {
            source: vec![text],
            target: Vec::new(),
        }),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", _) => Some(Member::Request {
            source: Vec::new(),
            target: vec![text],
        }),
        _ => None,
    }
}

/// `$CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH`
pub(super) fn not_default() -> Option<Expr> {
    let (branch, default) = (
        Expr::variable("CI_COMMIT_BRANCH").ok()?,
        Expr::variable("CI_DEFAULT_BRANCH").ok()?,
    );
    Some(Expr::compare(Comparison::NotEqual, branch, default))
}

fn is_protected(term: &Expr) -> bool {
    let Some((Comparison::Equal, "CI_COMMIT_REF_PROTECTED", Expr::Text(text))) = comparison(term)
    else {
        return false;
    };
    text.as_str() == "true"
}

/// The source of pipelines that a term asks for.
fn source(term: &Expr) -> Option<String> {
    match comparison(term)? {
        (Comparison::Equal, "CI_PIPELINE_SOURCE", Expr::Text(text)) => {
            Some(text.as_str().to_owned())
        }
        _ => None,
    }
}
