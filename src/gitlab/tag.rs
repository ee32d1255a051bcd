//! Image tags, and patterns for them, as a POSIX shell can match them.
//!
//! In: a tag with GitLab's variables, or a pattern. Out: a POSIX extended regular expression.

/// The tags that a text with variables becomes, in one job or another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPattern {
    /// A POSIX extended regular expression for the whole tag, as the registry script takes them: a
    /// dot is a dot, and the group, of which there is at most one, is the branch. A variable of
    /// which GitLab's documentation does not tell the form stands for its value in the job.
    pub regex: String,
    /// Whether the tag names the branch.
    pub of_branch: bool,
    /// Whether each build has a tag of its own.
    pub of_build: bool,
}

/// What GitLab's predefined variables can hold, as far as a tag can (GitLab 18, Predefined CI/CD
/// variables), and whether that is a branch, a build, or else what all builds of a git tag share.
const VARIABLES: [(&str, &str, Kind); 11] = [
    ("CI_COMMIT_SHA", "[0-9a-f]{40,64}", Kind::Build),
    ("CI_COMMIT_SHORT_SHA", "[0-9a-f]{8}", Kind::Build),
    ("CI_COMMIT_BEFORE_SHA", "[0-9a-f]{40,64}", Kind::Build),
    ("CI_PIPELINE_ID", "[0-9]+", Kind::Build),
    ("CI_PIPELINE_IID", "[0-9]+", Kind::Build),
    ("CI_JOB_ID", "[0-9]+", Kind::Build),
    ("CI_MERGE_REQUEST_IID", "[0-9]+", Kind::Ref),
    ("CI_COMMIT_REF_SLUG", "[a-z0-9-]{1,63}", Kind::Branch),
    ("CI_COMMIT_REF_NAME", "[A-Za-z0-9_.-]{1,128}", Kind::Branch),
    ("CI_COMMIT_BRANCH", "[A-Za-z0-9_.-]{1,128}", Kind::Branch),
    ("CI_COMMIT_TAG", "[A-Za-z0-9_][A-Za-z0-9_.-]*", Kind::Ref),
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Build,
    Branch,
    Ref,
}

impl TagPattern {
    /// The pattern of a tag; `None` if it has no variable, or one that a shell reads otherwise than
    /// by its value.
    pub fn of(tag: &str) -> Option<Self> {
        let mut pattern = Self {
            regex: String::new(),
            of_branch: false,
            of_build: false,
        };
        let mut rest = tag;
        let mut varies = false;
        while let Some((before, after)) = rest.split_once('$') {
            pattern.regex.push_str(before);
            let (name, after) = match after.strip_prefix('{') {
                Some(braced) => braced.split_once('}')?,
                None => {
                    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                    after.split_at_checked(end.unwrap_or(after.len()))?
                }
            };
            crate::gitlab::names::variable(name).ok()?;
            pattern.push(name);
            varies = true;
            rest = after;
        }
        pattern.regex.push_str(rest);
        varies.then_some(pattern)
    }

    fn push(&mut self, name: &str) {
        match VARIABLES.iter().find(|(known, ..)| *known == name) {
            Some((_, regex, Kind::Branch)) if !self.of_branch => {
                self.of_branch = true;
                self.regex.push_str(&format!("({regex})"));
            }
            Some((_, regex, kind)) => {
                self.of_build |= *kind == Kind::Build;
                self.regex.push_str(regex);
            }
            None => self.regex.push_str(&format!("${{{name}:?}}")),
        }
    }

    /// The same tags, whatever their branch.
    pub fn of_any_branch(mut self) -> Self {
        self.regex.retain(|c| !matches!(c, '(' | ')'));
        self
    }

    /// Whether a tag without variables may be one of these. Of values of which nothing is known
    /// any may be.
    pub fn may_match(&self, tag: &str) -> bool {
        if self.regex.contains("${") {
            return true;
        }
        super::regex::Regex::new(&self.for_grep()).is_none_or(|regex| regex.is_match(tag))
    }

    /// For `grep -E`, where a dot is any character.
    pub fn for_grep(&self) -> String {
        format!("^{}$", self.regex.replace('.', r"\."))
    }
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
        for (tag, regex, of_branch, of_build) in [
            ("prod-$CI_COMMIT_SHA", "prod-[0-9a-f]{40,64}", false, true),
            ("${CI_PIPELINE_ID}.1", "[0-9]+.1", false, true),
            ("$CI_COMMIT_REF_SLUG", "([a-z0-9-]{1,63})", true, false),
            (
                "$CI_COMMIT_REF_SLUG-$CI_JOB_ID",
                "([a-z0-9-]{1,63})-[0-9]+",
                true,
                true,
            ),
            (
                "$VERSION-$CI_COMMIT_SHORT_SHA",
                "${VERSION:?}-[0-9a-f]{8}",
                false,
                true,
            ),
        ] {
            let expected = TagPattern {
                regex: regex.to_owned(),
                of_branch,
                of_build,
            };
            assert_eq!(TagPattern::of(tag), Some(expected), "{tag}");
        }
        for none in ["latest", "$", "a$$b", "${A", "${A#v}", "$(date)", "${}"] {
            assert_eq!(TagPattern::of(none), None, "{none}");
        }
        let any = TagPattern::of("a.b-$CI_COMMIT_REF_SLUG").map(|pattern| {
            let grep = pattern.for_grep();
            (pattern.of_any_branch().regex, grep)
        });
        let expected = ("a.b-[a-z0-9-]{1,63}", r"^a\.b-([a-z0-9-]{1,63})$");
        assert_eq!(any, Some((expected.0.to_owned(), expected.1.to_owned())));
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
