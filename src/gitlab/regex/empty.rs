//! What a pattern says of an empty text, which is what GitLab takes a variable for that is not set.
//!
//! In: a pattern. Out: whether it matches an empty text, and with it every name. Always holds: what is
//! said to match all names of branches and tags does; where that is not sure, it is not said.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::Pattern;

/// What a pattern says of an empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEmpty {
    /// It does not match.
    NoMatch,
    /// It matches, and some names do not.
    Match,
    /// It matches, and so does every name of a branch or tag, as with `/.*/`.
    MatchesAll,
}

impl Pattern {
    /// Whether the pattern matches an empty text, and every name with it. A pattern too large to be
    /// asked counts as one that does.
    pub fn on_empty(&self) -> OnEmpty {
        if self.is_match("") == Some(false) {
            return OnEmpty::NoMatch;
        }
        let tree = regex_syntax::ParserBuilder::new()
            .utf8(false)
            .build()
            .parse(&self.to_rust());
        match tree {
            Ok(tree) if matches_all(&tree) => OnEmpty::MatchesAll,
            _ => OnEmpty::Match,
        }
    }
}

/// Whether a pattern surely matches every text of one line.
fn matches_all(tree: &Hir) -> bool {
    let properties = tree.properties();
    // What can be empty matches at the place that its anchors name, if that is one place.
    let looks = properties.look_set();
    let one_place = looks.is_empty()
        || looks.len() == 1 && (looks.contains(Look::Start) || looks.contains(Look::End));
    if one_place && properties.minimum_len() == Some(0) && !has_alternatives(tree) {
        return true;
    }
    let HirKind::Concat(parts) = tree.kind() else {
        return false;
    };
    let [first, middle @ .., last] = parts.as_slice() else {
        return false;
    };
    *first.kind() == HirKind::Look(Look::Start)
        && *last.kind() == HirKind::Look(Look::End)
        && matches!(middle, [one] if takes_anything(one))
}

/// Whether one of several branches of a pattern may have an anchor that another lacks.
fn has_alternatives(tree: &Hir) -> bool {
    match tree.kind() {
        HirKind::Alternation(_) => !tree.properties().look_set().is_empty(),
        HirKind::Concat(parts) => parts.iter().any(has_alternatives),
        HirKind::Capture(group) => has_alternatives(&group.sub),
        HirKind::Repetition(repeated) => has_alternatives(&repeated.sub),
        _ => false,
    }
}

/// Whether this is `.*`, perhaps in a group.
fn takes_anything(tree: &Hir) -> bool {
    match tree.kind() {
        HirKind::Capture(group) => takes_anything(&group.sub),
        HirKind::Repetition(repeated) => {
            let any = [
                Hir::dot(regex_syntax::hir::Dot::AnyByteExceptLF),
                Hir::dot(regex_syntax::hir::Dot::AnyCharExceptLF),
                Hir::dot(regex_syntax::hir::Dot::AnyChar),
                Hir::dot(regex_syntax::hir::Dot::AnyByte),
            ];
            repeated.min == 0 && repeated.max.is_none() && any.contains(&repeated.sub)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_everything_is_known() {
        for (pattern, expected) in [
            ("/.*/", OnEmpty::MatchesAll),
            ("/^.*$/", OnEmpty::MatchesAll),
            ("/^(.*)$/", OnEmpty::MatchesAll),
            ("/^.*/", OnEmpty::MatchesAll),
            ("/.*$/", OnEmpty::MatchesAll),
            ("/.*?/", OnEmpty::MatchesAll),
            ("/(?:)/", OnEmpty::MatchesAll),
            ("/.*/i", OnEmpty::MatchesAll),
            ("/v?/", OnEmpty::MatchesAll),
            ("/(a|b)*/", OnEmpty::MatchesAll),
            ("/^v?/", OnEmpty::MatchesAll),
            ("/^^/", OnEmpty::MatchesAll),
            ("/^(v.*)?$/", OnEmpty::Match),
            ("/^$/", OnEmpty::Match),
            ("/^[a-z]*$/", OnEmpty::Match),
            ("/^$|^v/", OnEmpty::Match),
            (r"/\B/", OnEmpty::Match),
            ("/.+/", OnEmpty::NoMatch),
            ("/^v/", OnEmpty::NoMatch),
        ] {
            let found = Pattern::parse(pattern).map(|pattern| pattern.on_empty());
            assert_eq!(found, Ok(expected), "{pattern}");
        }
    }
}
