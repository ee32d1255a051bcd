//! Names and patterns in `only` and `except`.
//!
//! In: a name of a branch or tag, or a [`Pattern`]. Out: the text that matches it there, and nothing
//! else. Always holds: a name is neither a keyword of GitLab nor a pattern by accident; nothing after an
//! `@` is taken for a project's path (`only: branch@group/project`); there are no flags, which old
//! GitLabs take for a part of a name.

use super::Pattern;

/// What `only` takes for a kind of pipelines: sources in one or many, as of GitLab 12.6
/// (`Gitlab::Ci::Build::Policy::Refs`).
const WORDS: [&str; 28] = [
    "api",
    "apis",
    "branches",
    "chat",
    "chats",
    "external",
    "external_pull_request",
    "external_pull_request_event",
    "external_pull_request_events",
    "external_pull_requests",
    "externals",
    "merge_request",
    "merge_request_event",
    "merge_request_events",
    "merge_requests",
    "pipeline",
    "pipelines",
    "push",
    "pushes",
    "schedule",
    "schedules",
    "tags",
    "trigger",
    "triggers",
    "unknown",
    "unknowns",
    "web",
    "webs",
];

/// A pattern that Ruby may read otherwise than RE2 does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruby;

/// A name as `only` matches it and no other.
pub fn name(name: &str) -> String {
    if !WORDS.contains(&name) && !name.contains('@') && !name.starts_with('/') {
        return name.to_owned();
    }
    let mut pattern = String::new();
    for c in name.chars() {
        match c {
            '@' => pattern.push_str(r"\x40"),
            '-' | '_' | '/' => pattern.push(c),
            c if c.is_ascii_punctuation() => pattern.extend(['\\', c]),
            c => pattern.push(c),
        }
    }
    format!("/^{pattern}$/")
}

impl Pattern {
    /// The pattern as RE2 reads it in `only`.
    pub fn to_only(&self) -> String {
        let mut out = String::from("/");
        // Names of refs have one line: the other flags make no difference.
        if self.flags.contains('i') {
            out.push_str("(?i)");
        }
        let mut chars = self.source.chars();
        while let Some(c) = chars.next() {
            match (c, c == '\\') {
                ('@', _) => out.push_str(r"\x40"),
                (_, true) => match chars.next() {
                    Some('@') => out.push_str(r"\x40"),
                    escaped => out.extend([Some(c), escaped].into_iter().flatten()),
                },
                (c, _) => out.push(c),
            }
        }
        out + "/"
    }

    /// The same for a GitLab that hands patterns to Ruby (below 11.9.4).
    ///
    /// # Errors
    ///
    /// If it holds something that is not surely the same in both.
    pub fn to_only_in_ruby(&self) -> Result<String, Ruby> {
        let mut chars = self.source.chars().peekable();
        let mut in_class = false;
        while let Some(c) = chars.next() {
            match (c, in_class) {
                ('\\', false) => chars
                    .next_if(|c| "dDwWsSbBAz".contains(*c) || c.is_ascii_punctuation())
                    .ok_or(Ruby)
                    .map(drop)?,
                ('\\', true) => chars
                    .next_if(|c| "dws".contains(*c) || c.is_ascii_punctuation())
                    .ok_or(Ruby)
                    .map(drop)?,
                ('[', false) => {
                    in_class = true;
                    chars.next_if_eq(&'^');
                    // A bracket here is a part of the class for RE2.
                    if chars.peek() == Some(&']') {
                        return Err(Ruby);
                    }
                }
                (']', true) => in_class = false,
                // A class in a class, and Ruby's intersection.
                ('[' | '&', true) => return Err(Ruby),
                ('(', false) if chars.next_if_eq(&'?').is_some() => {
                    chars.next_if_eq(&':').ok_or(Ruby).map(drop)?;
                }
                ('{', false) => {
                    let mut digits = 0;
                    while chars.next_if(char::is_ascii_digit).is_some() {
                        digits += 1;
                    }
                    chars.next_if_eq(&',');
                    while chars.next_if(char::is_ascii_digit).is_some() {}
                    let closed = chars.next_if_eq(&'}').is_some();
                    // `a{2}?` is an optional one in Ruby.
                    let repeated = chars.peek().is_some_and(|c| "?*+{".contains(*c));
                    if digits == 0 || !closed || repeated {
                        return Err(Ruby);
                    }
                }
                _ => {}
            }
        }
        Ok(self.to_only())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_word_and_no_path() {
        for (text, expected) in [
            ("master", "master"),
            ("release/1.0", "release/1.0"),
            ("web", "/^web$/"),
            ("tags", "/^tags$/"),
            ("a.b@c", r"/^a\.b\x40c$/"),
        ] {
            assert_eq!(name(text), expected);
        }
    }

    #[test]
    fn patterns_keep_their_meaning() {
        let only = |text: &str| Pattern::parse(text).unwrap().to_only();
        assert_eq!(only("/^release-/"), "/^release-/");
        assert_eq!(only("/^Release/i"), "/(?i)^Release/");
        assert_eq!(only(r"/^v\d+@x\@y$/msU"), r"/^v\d+\x40x\x40y$/");
    }

    #[test]
    fn what_ruby_reads_otherwise_is_told() {
        let ruby = |text: &str| Pattern::parse(text).unwrap().to_only_in_ruby();
        for same in [
            "/^release-/",
            r"/^v\d+(?:\.\d+){1,2}$/",
            r"/^[A-Za-z\d_.-]+$/i",
            "/^(a|b)?c*$/",
        ] {
            assert!(ruby(same).is_ok(), "{same}");
        }
        for other in [
            r"/\pL/",
            "/(?s)a/",
            "/(?P<a>b)/",
            "/[[:alpha:]]/",
            "/a{2}?/",
            r"/\Qa.b\E/",
            "/[a&&b]/",
            "/a{,2}/",
            r"/\x{41}/",
            "/[]a]/",
        ] {
            assert_eq!(ruby(other), Err(Ruby), "{other}");
        }
    }
}
