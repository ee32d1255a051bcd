//! Whether one glob names no file that another one does not name.
//!
//! In: two globs of `changes`. Out: whether each path of the first is one of the second. Always holds: yes is
//! sure; where it is not sure, the answer is no.

use super::matches;

/// Whether every path that a glob matches is one that another matches.
pub fn is_within(glob: &str, other: &str) -> bool {
    if glob == other {
        return true;
    }
    if !glob.contains(SPECIAL) {
        return matches(other, glob);
    }
    // `folder/**/segment`: whatever is below the folder and is called so.
    let (folder, segment) = match other.strip_prefix("**/") {
        Some(segment) => ("", segment),
        None => match other.split_once("/**/") {
            Some((folder, segment)) => (folder, segment),
            None => return false,
        },
    };
    if folder.contains(SPECIAL) || segment.contains(['/', '{', '}', '\\']) {
        return false;
    }
    let inside = match folder {
        "" => Some(glob),
        folder => glob
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/')),
    };
    inside.is_some_and(|inside| {
        // Alternatives may hold a slash, and so any last segment.
        let last = inside.rsplit('/').next().filter(|_| !inside.contains('{'));
        segment == "*" || last == Some(segment)
    })
}

/// What makes a glob more than the path that it spells; the value of a variable may be any glob.
const SPECIAL: [char; 8] = ['*', '?', '[', ']', '{', '}', '\\', '$'];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_within, matches};

    #[test]
    fn a_part_of_a_folder_is_within_it() {
        for (glob, other) in [
            ("api/src/**/*", "api/**/*"),
            ("api/*.py", "api/**/*"),
            ("api/{a,b}/*", "api/**/*"),
            ("api/**/*.py", "api/**/*.py"),
            ("src/**/*.py", "**/*.py"),
            ("Dockerfile", "*"),
            ("api/Dockerfile", "api/**/*"),
            (".gitlab-ci.yml", "**/*"),
            ("a/**", "**/*"),
        ] {
            assert!(is_within(glob, other), "{glob} {other}");
        }
        for (glob, other) in [
            ("api/**/*", "api/src/**/*"),
            ("apis/**/*", "api/**/*"),
            ("{api,lib}/**/*", "api/**/*"),
            ("api/**/*", "api/*"),
            ("api/**/*", "api/**"),
            ("src/*.{py,/x}", "**/*.py"),
            ("api/src/x.py", "api/*"),
            ("$FILE", "*"),
            ("$FOLDER/**/*", "api/**/*"),
        ] {
            assert!(!is_within(glob, other), "{glob} {other}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        /// What is within another matches nothing that the other does not match.
        #[test]
        fn what_is_within_matches_nothing_else(
            glob in "(a|b|\\*|\\*\\*|\\{a,b/c\\}|\\[ab\\]|a\\.c|\\*\\.c)(/(a|b|\\*|\\*\\*|\\{a,b\\}|\\*\\.c)){0,3}",
            other in "(a|b|\\*\\*|\\*)(/(a|\\*\\*|\\*)){0,2}(/(\\*|\\*\\.c|a))?",
            paths in prop::collection::vec("(a|b|c|\\.a|a\\.c)(/(a|b|c|\\.c|a\\.c)){0,3}", 1..40),
        ) {
            if is_within(&glob, &other) {
                for path in paths {
                    prop_assert!(!matches(&glob, &path) || matches(&other, &path), "{}", path);
                }
            }
        }
    }
}
