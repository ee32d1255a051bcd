//! Image tags, and patterns for them.
//!
//! In: a tag with GitLab's variables, or a pattern. Out: a regular expression of RE2, which regctl
//! and GitLab match with. Always holds: it matches a whole tag, so that an alternative in it is in a
//! group.

/// The tags that a text with variables becomes, in one job or another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPattern {
    /// A regular expression of RE2 for the whole tag. The group, of which there is at most one, is
    /// the branch. A variable of which GitLab's documentation does not tell the form stands for its
    /// value in the job, quoted by `\Q` and `\E`.
    pub regex: String,
    /// Whether the tag names the branch.
    pub of_branch: bool,
    /// Whether each build has a tag of its own.
    pub of_build: bool,
    /// Whether it holds a value that only the job knows.
    pub is_open: bool,
}

/// What a tag of a single build has beside the tag that several builds write.
pub const BUILD_TAG: &str = "(-[0-9]+)?";

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

/// What a variable can hold, as far as a tag can: brackets that are counted. Any tag, if that is not
/// known.
pub(super) fn form(variable: &str) -> &'static str {
    if variable == "CI_ENVIRONMENT_SLUG" {
        return "[a-z0-9-]{1,24}";
    }
    let known = VARIABLES.iter().find(|(name, ..)| *name == variable);
    known.map_or("[A-Za-z0-9_.-]{1,128}", |(_, form, _)| form)
}

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
            is_open: false,
        };
        let mut rest = tag;
        let mut varies = false;
        while let Some((before, after)) = rest.split_once('$') {
            pattern.regex.push_str(&literal(before));
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
        pattern.regex.push_str(&literal(rest));
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
            None => {
                self.is_open = true;
                self.regex.push_str(&format!(r"\Q${{{name}:?}}\E"));
            }
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
        if self.is_open {
            return true;
        }
        let whole = format!("^(?:{})$", self.regex);
        super::regex::Regex::new(&whole).is_none_or(|regex| regex.is_match(tag))
    }

    /// The same as a POSIX extended regular expression, which has no `\Q`: for tags that the other
    /// one has chosen.
    pub fn for_sed(&self) -> String {
        self.regex.replace(r"\Q", "").replace(r"\E", "")
    }
}

/// A regular expression for a text: of the characters of a tag only the dot means another.
pub fn literal(text: &str) -> String {
    text.replace('.', r"\.")
}

/// The regular expression for the whole tags that a pattern between slashes matches somewhere.
pub fn whole(pattern: &str) -> Option<String> {
    let pattern = super::regex::Pattern::parse(pattern).ok()?;
    let (source, flags) = (pattern.source(), pattern.flags());
    if flags.is_empty() && !source.contains(['|', '\\', '(']) {
        let (start, rest) = match source.strip_prefix('^') {
            Some(rest) => ("", rest),
            None => (".*", source),
        };
        let (rest, end) = match rest.strip_suffix('$') {
            Some(rest) => (rest, ""),
            None => (rest, ".*"),
        };
        return Some(format!("{start}{rest}{end}"));
    }
    Some(format!(".*(?{flags}:{source}).*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_patterns() {
        for (tag, regex, of_branch, of_build) in [
            ("prod-$CI_COMMIT_SHA", "prod-[0-9a-f]{40,64}", false, true),
            ("${CI_PIPELINE_ID}.1", r"[0-9]+\.1", false, true),
            ("$CI_COMMIT_REF_SLUG", "([a-z0-9-]{1,63})", true, false),
            (
                "$CI_COMMIT_REF_SLUG-$CI_JOB_ID",
                "([a-z0-9-]{1,63})-[0-9]+",
                true,
                true,
            ),
            (
                "$VERSION-$CI_COMMIT_SHORT_SHA",
                r"\Q${VERSION:?}\E-[0-9a-f]{8}",
                false,
                true,
            ),
        ] {
            let expected = TagPattern {
                regex: regex.to_owned(),
                of_branch,
                of_build,
                is_open: tag.contains("VERSION"),
            };
            assert_eq!(TagPattern::of(tag), Some(expected), "{tag}");
        }
        for none in ["latest", "$", "a$$b", "${A", "${A#v}", "$(date)", "${}"] {
            assert_eq!(TagPattern::of(none), None, "{none}");
        }
        let any = TagPattern::of("a.b-$CI_COMMIT_REF_SLUG").map(TagPattern::of_any_branch);
        let any = any.map(|pattern| pattern.regex);
        assert_eq!(any.as_deref(), Some(r"a\.b-[a-z0-9-]{1,63}"));
    }

    #[test]
    fn a_pattern_matches_whole_tags() {
        for (pattern, expected) in [
            ("/^release-/", "release-.*"),
            ("/rc[0-9]$/", ".*rc[0-9]"),
            ("/^v1$/", "v1"),
            ("/x/", ".*x.*"),
            ("/^a|b$/", ".*(?:^a|b$).*"),
            ("/^V/i", ".*(?i:^V).*"),
            (r"/^v\d/", r".*(?:^v\d).*"),
        ] {
            assert_eq!(whole(pattern).as_deref(), Some(expected), "{pattern}");
        }
    }
}
