//! Image tags, and patterns for them, as a POSIX shell can match them.
//!
//! In: a tag with GitLab's variables, or a pattern. Out: a POSIX extended regular expression.

/// A POSIX extended regular expression for the values that a tag can take, if all its variables are known.
pub fn pattern(tag: &str) -> Option<String> {
    const VARIABLES: [(&str, &str); 7] = [
        ("CI_COMMIT_SHA", "[0-9a-f]{40,64}"),
        ("CI_COMMIT_SHORT_SHA", "[0-9a-f]{8}"),
        ("CI_PIPELINE_ID", "[0-9]+"),
        ("CI_PIPELINE_IID", "[0-9]+"),
        ("CI_COMMIT_REF_SLUG", "[a-z0-9-]{1,63}"),
        ("CI_COMMIT_TAG", "[A-Za-z0-9_][A-Za-z0-9_.-]*"),
        ("CI_JOB_ID", "[0-9]+"),
    ];
    let mut pattern = "^".to_owned();
    let mut rest = tag;
    while let Some(c) = rest.chars().next() {
        if c != '$' {
            if c == '.' {
                pattern.push('\\');
            }
            pattern.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        let name = rest.trim_start_matches(['$', '{']);
        let length = name
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(name.len());
        let (name, after) = name.split_at_checked(length)?;
        let (_, regex) = VARIABLES.iter().find(|(known, _)| *known == name)?;
        pattern.push_str(regex);
        rest = after.strip_prefix('}').unwrap_or(after);
    }
    Some(pattern + "$")
}

/// The POSIX extended regular expression for an RE2 pattern between slashes, if there is one:
/// `grep -E` knows no flags, no `(?...)`, no lazy quantifiers, and of the classes none by letter.
pub fn to_posix(literal: &str) -> Option<String> {
    let pattern = super::regex::Pattern::parse(literal).ok()?;
    if !pattern.flags().is_empty() || pattern.source().contains("(?") {
        return None;
    }
    let mut out = String::new();
    let mut in_class = false;
    let mut chars = pattern.source().chars();
    let mut before = None;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                'd' if in_class => out.push_str("0-9"),
                'w' if in_class => out.push_str("A-Za-z0-9_"),
                'd' => out.push_str("[0-9]"),
                'w' => out.push_str("[A-Za-z0-9_]"),
                // Inside brackets POSIX takes a backslash for itself; no tag holds one of these.
                _ if in_class => return None,
                escaped if escaped.is_ascii_punctuation() => {
                    // Outside of them an escaped slash or dash is undefined, and means itself.
                    if !matches!(escaped, '/' | '-' | '_') {
                        out.push('\\');
                    }
                    out.push(escaped);
                }
                _ => return None,
            },
            '?' | '+' if matches!(before, Some('*' | '+' | '?' | '}')) => return None,
            '[' if !in_class => {
                in_class = true;
                out.push(c);
            }
            ']' => {
                in_class = false;
                out.push(c);
            }
            _ => out.push(c),
        }
        before = Some(c);
    }
    (!in_class).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_patterns() {
        assert_eq!(
            pattern("prod-$CI_COMMIT_SHA").as_deref(),
            Some("^prod-[0-9a-f]{40,64}$")
        );
        assert_eq!(
            pattern("${CI_PIPELINE_ID}.1").as_deref(),
            Some("^[0-9]+\\.1$")
        );
        assert_eq!(pattern("$SOMETHING"), None);
    }

    #[test]
    fn re2_becomes_posix_or_nothing() {
        let posix = |text| to_posix(text);
        assert_eq!(
            posix(r"/^v\d+\.\d+$/").as_deref(),
            Some(r"^v[0-9]+\.[0-9]+$")
        );
        assert_eq!(posix(r"/^[\w-]+$/").as_deref(), Some("^[A-Za-z0-9_-]+$"));
        assert_eq!(posix("/^release-/").as_deref(), Some("^release-"));
        for none in ["/a/i", "/(?:a|b)c/", "/a+?/", r"/\bx/", r"/\pL/"] {
            assert_eq!(posix(none), None, "{none}");
        }
    }
}
