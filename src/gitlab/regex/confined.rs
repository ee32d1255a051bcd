//! Which characters the texts have that a pattern matches.
//!
//! In: a pattern. Out: whether each text that it matches is made of some characters alone. Always holds: it is
//! said only of a pattern that matches from the first character of a text to the last one.
//!
//! Facts: GitLab's patterns match anywhere in a text; `^` and `$` are its two ends, with the flag `m` those of a
//! line (`Gitlab::UntrustedRegexp`, RE2, 18.11.2). In Ruby they are always those of a line, which is the same
//! for a text of one line.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::Pattern;

impl Pattern {
    /// Whether every text that it matches has only allowed characters. `lines`: whether a text may have several
    /// lines, so that `^` of the flag `m` is not its beginning.
    pub fn confines(&self, lines: bool, is_allowed: fn(char) -> bool) -> bool {
        let tree = regex_syntax::ParserBuilder::new()
            .utf8(false)
            .build()
            .parse(&self.to_rust());
        let Ok(tree) = tree else { return false };
        let properties = tree.properties();
        let (first, last) = (properties.look_set_prefix(), properties.look_set_suffix());
        let begins = first.contains(Look::Start) || (!lines && first.contains(Look::StartLF));
        let ends = last.contains(Look::End) || (!lines && last.contains(Look::EndLF));
        begins && ends && has_only(&tree, is_allowed)
    }
}

fn has_only(tree: &Hir, is_allowed: fn(char) -> bool) -> bool {
    /// A class of more characters is one of everything but some.
    const MOST: u32 = 4096;
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0);
            text.is_ok_and(|text| text.chars().all(is_allowed))
        }
        HirKind::Class(Class::Unicode(class)) => class.ranges().iter().all(|range| {
            let size = u32::from(range.end()) - u32::from(range.start());
            size < MOST && (range.start()..=range.end()).all(is_allowed)
        }),
        HirKind::Class(Class::Bytes(class)) => class.ranges().iter().all(|range| {
            range.end().is_ascii()
                && (range.start()..=range.end())
                    .map(char::from)
                    .all(is_allowed)
        }),
        HirKind::Repetition(repetition) => has_only(&repetition.sub, is_allowed),
        HirKind::Capture(capture) => has_only(&capture.sub, is_allowed),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().all(|part| has_only(part, is_allowed))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn confines(literal: &str, lines: bool) -> bool {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-./_".contains(c);
        Pattern::parse(literal).unwrap().confines(lines, allowed)
    }

    #[test]
    fn a_pattern_of_a_whole_text_confines_it() {
        for literal in [
            r"/^release-[0-9]+$/",
            r"/\Arelease-\d+\z/",
            r"/^(?:main|release\/\w+)$/",
            "/^main$|^v[0-9.]+$/",
            "/^(v|V)1$/i",
            "/^$/",
        ] {
            assert!(confines(literal, false), "{literal}");
            assert!(confines(literal, true), "{literal}");
        }
    }

    #[test]
    fn a_pattern_of_a_part_or_of_any_character_does_not() {
        for literal in [
            "/release-[0-9]+/",
            "/^release-[0-9]+/",
            "/release-[0-9]+$/",
            "/^release-.+$/",
            "/^[^x]+$/",
            r"/^a\sb$/",
            r"/^a\Db$/",
            r"/^a\$b$/",
            "/^main$|v[0-9]+$/",
            "/^main|v[0-9]+$/",
            "/^(a$|b)/",
        ] {
            assert!(!confines(literal, false), "{literal}");
        }
    }

    #[test]
    fn a_line_is_not_the_text() {
        assert!(confines("/^v[0-9]+$/m", false));
        assert!(!confines("/^v[0-9]+$/m", true));
        assert!(confines(r"/\Av[0-9]+\z/m", true));
    }
}
