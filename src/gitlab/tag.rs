//! Image tags with GitLab's variables in them.
//!
//! In: a tag such as `prod-$CI_COMMIT_SHA`. Out: which tags of a repository it can have become.

/// A POSIX regular expression for the values that a tag can take, if all its variables are known.
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
