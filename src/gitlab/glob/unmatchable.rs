//! Globs that match no file of any project.
//!
//! In: a glob of `changes` or `exists`. Out: why it can match nothing, and the glob that was probably
//! meant. Always holds: a glob is called unmatchable only if no path of any repository matches it;
//! what is suggested is not unmatchable. GitLab compares paths from the project's root, without `./`
//! and without a slash at their end (`File.fnmatch?`, GitLab 18.11).

use super::{braces, translate};
use crate::gitlab::variables::filled;

/// What a glob is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The paths of changed files, in `changes`.
    ChangedFiles,
    /// The paths of all files and, with a slash at their end, folders, in `exists`.
    FilesAndFolders,
}

/// Why a glob matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatchable {
    /// The reason, as the rest of a sentence about the glob: "ends with a slash, ...".
    pub why: &'static str,
    /// The glob that was probably meant.
    pub meant: Option<String>,
}

/// Why a glob, or one of the alternatives in its braces, can match nothing; `None` if it can. Of the
/// values of variables nothing is known.
pub fn unmatchable(glob: &str, compared: Compared) -> Option<Unmatchable> {
    let why = fault(glob, compared)?;
    let sound = |meant: &String| fault(meant, compared).is_none();
    let whole = || meant(glob).filter(sound);
    let each = || {
        let alternatives = braces(glob).filter(|all| all.len() > 1)?;
        let all: Option<Vec<String>> = alternatives.iter().map(|one| meant(one)).collect();
        Some(format!("{{{}}}", all?.join(","))).filter(sound)
    };
    let meant = whole().or_else(each);
    Some(Unmatchable { why, meant })
}

/// What is wrong with a glob.
fn fault(glob: &str, compared: Compared) -> Option<&'static str> {
    // GitLab puts variables in before it looks for braces.
    let known = filled(glob);
    let Some(alternatives) = braces(&known) else {
        let open = known.matches('{').count() > known.matches('}').count();
        return open.then_some("has a brace that is not closed");
    };
    alternatives
        .iter()
        .find_map(|one| of_alternative(one, compared))
}

fn of_alternative(glob: &str, compared: Compared) -> Option<&'static str> {
    if glob.is_empty() {
        return Some("is empty, and no path is");
    }
    if translate(glob, &mut String::new()).is_none() {
        return Some("has a bracket that is not closed");
    }
    if glob.starts_with('/') {
        return Some("begins with a slash, but paths start at the project's root without one");
    }
    let folder = glob.ends_with('/');
    let inner = glob.strip_suffix('/').unwrap_or(glob);
    for component in inner.split('/') {
        match component {
            "" => return Some("has two slashes in a row, and no path has"),
            "." => return Some("has the folder `.`, which no path has"),
            ".." => return Some("has the folder `..`, which no path has"),
            _ => {}
        }
    }
    (folder && compared == Compared::ChangedFiles)
        .then_some("ends with a slash, but the path of a file does not")
}

/// The glob without what no path has; a folder becomes all files below it.
fn meant(glob: &str) -> Option<String> {
    if glob.is_empty() {
        return None;
    }
    let mut components: Vec<&str> = Vec::new();
    for component in glob.split('/') {
        match component {
            "" | "." => {}
            ".." => drop(components.pop()?),
            other => components.push(other),
        }
    }
    let last = glob.rsplit('/').next().unwrap_or_default();
    if matches!(last, "" | "." | "..") {
        if components.last() != Some(&"**") {
            components.push("**");
        }
        components.push("*");
    }
    Some(components.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gitlab::glob::matches;

    fn meant_by(glob: &str) -> Option<Option<String>> {
        unmatchable(glob, Compared::ChangedFiles).map(|found| found.meant)
    }

    #[test]
    fn what_was_meant_is_said() {
        for (glob, meant) in [
            ("app/", Some("app/**/*")),
            ("app/**/", Some("app/**/*")),
            ("./src/**/*", Some("src/**/*")),
            ("/abs/*", Some("abs/*")),
            ("//a///b/", Some("a/b/**/*")),
            (".", Some("**/*")),
            ("./", Some("**/*")),
            ("/", Some("**/*")),
            ("a/../b.c", Some("b.c")),
            ("../shared/*", None),
            ("a/./b", Some("a/b")),
            ("a/..", Some("**/*")),
            ("", None),
            ("{app/,lib/}", Some("{app/**/*,lib/**/*}")),
            ("./{a,b}/*", Some("{a,b}/*")),
            ("${DIR}/", Some("${DIR}/**/*")),
            ("./$DIR/*", Some("$DIR/*")),
            ("src/[ab", None),
            ("src/{a,b", None),
        ] {
            assert_eq!(meant_by(glob), Some(meant.map(str::to_owned)), "{glob}");
        }
        for glob in [
            "app", "app/*", "**/*", ".env", "..a/b", "a./b", "$DIR/*", "${DIR}", "a}", "{a,b/c}",
            "a..", "[.]/x",
        ] {
            assert_eq!(meant_by(glob), None, "{glob}");
        }
    }

    #[test]
    fn exists_knows_folders() {
        let folders = Compared::FilesAndFolders;
        assert_eq!(unmatchable("src/", folders), None);
        let found = unmatchable("./src/", folders).and_then(|found| found.meant);
        assert_eq!(found.as_deref(), Some("src/**/*"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// What is called unmatchable matches no path that a repository can have.
        #[test]
        fn an_unmatchable_glob_matches_nothing(
            glob in r"(a|\.{0,4}|\*{1,2}|\.\*|\[ab\]|\[|\{a,|b?\}|a?\?)(/(a|\.{0,4}|\*{1,2}|\[\.\]|\{a,|b\})){0,2}",
            path in r"(a|b|\.a|a\.|\.{3,4})(/(a|\.a|\.{3})){0,2}",
        ) {
            if let Some(found) = unmatchable(&glob, Compared::ChangedFiles) {
                // With braces another alternative may match.
                let alone = !glob.contains('{');
                prop_assert!(!(alone && matches(&glob, &path)), "{glob} {path}: {}", found.why);
                if let Some(meant) = found.meant {
                    prop_assert_eq!(unmatchable(&meant, Compared::ChangedFiles), None, "{} of {}", meant, glob);
                }
            }
        }
    }
}
