//! Globs as POSIX extended regular expressions, which a shell has in `grep -E`.
//!
//! In: a glob. Out: an expression for the same paths, to be matched whole.

/// The expression for a glob; `None` if the glob is broken off in a bracket or brace.
pub fn to_posix(glob: &str) -> Option<String> {
    let mut out = String::with_capacity(glob.len() * 2);
    let mut chars = glob.chars().peekable();
    let mut depth = 0_usize;
    let mut at_start = true;
    while let Some(c) = chars.next() {
        let starts = std::mem::replace(&mut at_start, c == '/');
        match c {
            '*' => {
                let mut stars = 1;
                while chars.next_if_eq(&'*').is_some() {
                    stars += 1;
                }
                // Only a whole `**/` crosses folders; any other stars are one.
                if stars == 2 && starts && chars.next_if_eq(&'/').is_some() {
                    out.push_str("(.*/)?");
                    at_start = true;
                } else {
                    out.push_str("[^/]*");
                }
            }
            '?' => out.push_str("[^/]"),
            '[' => bracket(&mut chars, &mut out)?,
            '{' => {
                depth += 1;
                out.push('(');
                at_start = starts;
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            '\\' => literal(chars.next()?, &mut out),
            other => literal(other, &mut out),
        }
    }
    (depth == 0).then_some(out)
}

/// A class of characters; POSIX writes the opposite with `^` alone.
fn bracket(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Option<()> {
    out.push('[');
    if chars.next_if(|c| matches!(c, '!' | '^')).is_some() {
        // No set holds a slash.
        out.push_str("^/");
    }
    let mut empty = true;
    loop {
        match chars.next()? {
            ']' if !empty => break,
            // In a POSIX class these begin or end something else; a slash is in no set.
            '\\' | '[' | ']' | '/' => return None,
            c => out.push(c),
        }
        empty = false;
    }
    out.push(']');
    Some(())
}

fn literal(c: char, out: &mut String) {
    if ".*+?()[]{}|^$\\".contains(c) {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::super::matches;
    use super::to_posix;

    #[test]
    fn globs_become_expressions() {
        for (glob, expected) in [
            ("Dockerfile", Some("Dockerfile")),
            ("ci/*.txt", Some(r"ci/[^/]*\.txt")),
            ("ci/**/*", Some("ci/(.*/)?[^/]*")),
            ("**/*.{rs,toml}", Some(r"(.*/)?[^/]*\.(rs|toml)")),
            ("src/**", Some("src/[^/]*")),
            ("a?[!0-9]", Some("a[^/][^/0-9]")),
            (r"a\*b", Some(r"a\*b")),
            ("{a,b}/c++", Some(r"(a|b)/c\+\+")),
            ("[a", None),
            ("{a", None),
        ] {
            assert_eq!(to_posix(glob).as_deref(), expected, "{glob}");
        }
    }

    #[test]
    fn they_match_what_the_globs_match() {
        let globs = [
            "ci/*.txt",
            "ci/**/*",
            "**/*.{rs,toml}",
            "src/**",
            "a?[!0-9]",
            "{a,b}/c++",
        ];
        let paths = [
            "ci/a.txt",
            "ci/b/a.txt",
            "ci/.hidden",
            "x.rs",
            "a/b/x.toml",
            "src/a",
            "src/a/b",
            "abc",
            "ab1",
            "a/c",
            "a/c++",
            "b/c++",
            "ci",
            "",
        ];
        for glob in globs {
            let posix = to_posix(glob).expect(glob);
            let regex = crate::gitlab::regex::Regex::new(&format!("^({posix})$"))
                .expect("POSIX is RE2 here");
            for path in paths {
                assert_eq!(regex.is_match(path), matches(glob, path), "{glob} {path}");
            }
        }
    }
}
