//! Which values of a variable in the path of an include name a file.
//!
//! In: the path, as `/ci/$CI_COMMIT_REF_NAME.yml`, and the paths of all files. Out: a condition for each value that
//! names one of them. Always holds: so many conditions are bounded; a path with several variables has none, and one
//! that is all variable has none either, as it would name every file.

use crate::gitlab::expression::Expr;
use crate::gitlab::variables::reference;

/// Most values of one path.
const MOST: usize = 64;

/// The conditions on which the path names a file.
pub(super) fn conditions(text: &str, paths: &[String]) -> Vec<Expr> {
    let Some((before, name, after)) = parts(text) else {
        return Vec::new();
    };
    if before.is_empty() && ["", ".yml", ".yaml"].contains(&after) {
        return Vec::new();
    }
    let values = paths
        .iter()
        .filter(|path| path.ends_with(".yml") || path.ends_with(".yaml"))
        .filter_map(|path| path.strip_prefix(before)?.strip_suffix(after))
        .filter(|value| !value.is_empty());
    let conditions = values.filter_map(|value| Expr::variable_is(name, value).ok());
    conditions.take(MOST).collect()
}

/// What stands before the one variable of a path, its name, and what stands behind it.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start_matches('/');
    let (before, rest) = text.split_at_checked(text.find('$')?)?;
    let (written, name) = reference(rest)?;
    let after = rest.get(written.len()..)?;
    (!after.contains(['$', '*'])).then_some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_gives_the_value_that_names_it() {
        let paths = [
            "ci/main.yml",
            "ci/a/b.yml",
            "ci/.yml",
            "x.yml",
            "ci/Dockerfile",
        ]
        .map(str::to_owned);
        let shown = |text: &str| -> Vec<String> {
            let all = conditions(text, &paths);
            all.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            shown("/ci/${CI_COMMIT_REF_NAME}.yml"),
            [
                "$CI_COMMIT_REF_NAME == \"main\"",
                "$CI_COMMIT_REF_NAME == \"a/b\""
            ]
        );
        assert_eq!(
            shown("ci/$A"),
            ["$A == \"main.yml\"", "$A == \"a/b.yml\"", "$A == \".yml\""]
        );
        assert_eq!(shown("ci/$A-$B.yml"), [""; 0]);
        assert_eq!(shown("ci/$A*.yml"), [""; 0]);
        assert_eq!(shown("$A"), [""; 0]);
        assert_eq!(shown("/$A.yml"), [""; 0]);
    }
}
