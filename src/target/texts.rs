//! Predefined variables in a text: a script, a value, a name.
//!
//! In: a text. Out: the variables of GitLab in it that the target does not set. Always holds: a
//! variable for which the text itself has an answer (`${NAME:-x}`, `${NAME+x}`) is none of them.

use crate::gitlab::{Version, gates};

/// The variables that are newer than the target, with the first version that sets them.
pub(super) fn newer(text: &str, target: Version) -> Vec<(String, Version)> {
    let mut found: Vec<(String, Version)> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let (braces, body) = match rest.strip_prefix('{') {
            Some(body) => (true, body),
            None => (false, rest),
        };
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = body.find(|c| !name(c)).unwrap_or(body.len());
        let (name, after) = body.split_at(end);
        let answered = after.trim_start_matches(':').starts_with(['-', '+']);
        if braces && answered {
            continue;
        }
        if let Some(since) = gates::variable(name)
            && since > target
            && !found.iter().any(|(known, _)| known == name)
        {
            found.push((name.to_owned(), since));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_target_does_not_set() {
        let newer = |text: &str| -> Vec<String> {
            let found = newer(text, Version::new(12, 0));
            found.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(
            newer("a $CI_COMMIT_BRANCH-$CI_COMMIT_SHA"),
            ["CI_COMMIT_BRANCH"]
        );
        assert_eq!(
            newer("${CI_SERVER_URL}/${CI_SERVER_URL:?}"),
            ["CI_SERVER_URL"]
        );
        assert_eq!(newer("${CI_SERVER_URL:-x}${CI_SERVER_URL+x}$"), [""; 0]);
        assert_eq!(newer("$CI_COMMIT_BRANCHES $MINE $ä ${"), [""; 0]);
    }
}
