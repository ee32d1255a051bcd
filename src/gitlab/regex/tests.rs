use super::*;
use proptest::prelude::*;
use serde::Deserialize;

/// Texts that RE2 takes and that are refused here on purpose.
const CAUTIOUS: [&str; 3] = [
    // Newer RE2 only: group names beyond ASCII.
    "(?P<é>a)",
    // RE2 gives up on the number and reads the braces as text.
    "x{99999999999}",
    "x{1,99999999999}",
];

#[derive(Deserialize)]
struct Compiled {
    pattern: String,
    valid: bool,
}

#[derive(Deserialize)]
struct Matched {
    pattern: String,
    text: String,
    matches: bool,
}

fn rows<T: serde::de::DeserializeOwned>(lines: &str) -> Vec<T> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn agrees_with_re2_on_what_compiles() {
    let cases: Vec<Compiled> = rows(include_str!("../../../tests/verdicts/re2.jsonl"));
    assert!(cases.len() > 250);
    let differing: Vec<&str> = cases
        .iter()
        .filter(|case| Pattern::new(&case.pattern, "").is_ok() != case.valid)
        .map(|case| case.pattern.as_str())
        .collect();
    assert_eq!(differing, CAUTIOUS);
}

#[test]
fn agrees_with_re2_on_what_matches() {
    let cases: Vec<Matched> = rows(include_str!("../../../tests/verdicts/re2_matches.jsonl"));
    assert!(cases.len() > 50);
    for Matched {
        pattern,
        text,
        matches,
    } in cases
    {
        let rust = Pattern::new(&pattern, "").unwrap().to_rust();
        let regex = ::regex::bytes::Regex::new(&rust).unwrap();
        assert_eq!(
            regex.is_match(text.as_bytes()),
            matches,
            "{pattern} on {text:?}: {rust}"
        );
    }
}

#[test]
fn agrees_with_gitlab_on_coverage_and_only() {
    let mut seen = 0;
    for case in crate::gitlab::verdicts(include_str!("../../../tests/verdicts/patterns.jsonl")) {
        let job = case.job("a");
        let answer = match job.get("coverage") {
            Some(coverage) => coverage.as_str().map(Pattern::parse_coverage),
            None => job["only"][0].as_str().map(Pattern::parse),
        };
        // GitLab takes flags in `coverage` and then never matches.
        let expected = case.valid && case.id != "k-coverage-flags";
        assert_eq!(answer.is_some_and(|a| a.is_ok()), expected, "{}", case.id);
        seen += 1;
    }
    assert_eq!(seen, 13);
}

#[test]
fn errors_point_at_the_place() {
    let error = |literal: &str| {
        let error = Pattern::parse_condition(literal).unwrap_err();
        format!("{} {}", error.offset, error.message)
    };
    assert_eq!(
        error("/x/"),
        "2 is a pattern of one character, which `if` cannot read; write `/[x]/`"
    );
    assert_eq!(error("/ab/g"), "4 goes on after the pattern");
    assert_eq!(error("/ab"), "3 has no slash after the pattern");
    assert_eq!(error("//"), "1 is an empty pattern, which `if` cannot read");
    assert_eq!(error("/a\\/b(c/"), "5 unclosed group");
    assert_eq!(
        error("/^(?!main)/"),
        "2 looks ahead or behind, which RE2 cannot"
    );
    assert_eq!(error("/[z-a]/"), "2 has a range that ends before it begins");
    assert_eq!(
        Pattern::parse("/a/g").unwrap_err(),
        PatternError::new(3, "has the flag `g`; there are `i`, `s`, `m` and `U`")
    );
    assert_eq!(
        Pattern::parse_coverage("/Total/i").unwrap_err(),
        PatternError::new(
            7,
            "has flags, which GitLab does not take off here; write `/(?i)Total/`"
        )
    );
}

/// `\/([^\/]|\\/)+[^\\]\/[ismU]*` by Ruby's StringScanner on these texts (Ruby 3.0).
#[test]
fn finds_the_end_as_gitlab_does() {
    for (text, length) in [
        ("/ab/", Some(4)),
        ("/ab/i && x", Some(5)),
        ("/x/", None),
        ("/\\//", Some(4)),
        ("/ab//", Some(5)),
        ("/a//i", Some(5)),
        ("/ab\\/", None),
        ("/ab\\/c/", Some(7)),
        ("/ab && $B == \"x/y\"", Some(16)),
        ("/a\\\\/", None),
        ("/é/", None),
        ("/éé/", Some(6)),
        ("/a\\//b/", Some(5)),
        ("//", None),
        ("///", None),
        ("", None),
    ] {
        assert_eq!(condition_literal(text), length, "{text}");
    }
}

#[test]
fn literals_for_conditions() {
    let condition = |literal: &str| Pattern::parse(literal).unwrap().to_condition();
    assert_eq!(
        condition("/^feature/x/i"),
        Some("/^feature\\/x/i".to_owned())
    );
    assert_eq!(
        condition("/^feature\\/x/"),
        Some("/^feature\\\\/x/".to_owned())
    );
    assert_eq!(condition("/x/"), None);
    assert_eq!(condition("/a\\\\/"), None);
    assert_eq!(condition("//"), None);
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".{0,30}") {
        let _ = (Pattern::parse(&text), Pattern::parse_coverage(&text), Pattern::in_value(&text));
        let _ = condition_literal(&text);
        if let Err(error) = Pattern::parse_condition(&text) {
            prop_assert!(error.offset <= text.len() && text.is_char_boundary(error.offset));
        }
    }

    /// What passes, Rust compiles: the check is never laxer than the matcher.
    #[test]
    fn what_passes_compiles(parts in proptest::collection::vec(
        prop::sample::select(vec![
            "a", "é", "*", "+?", "{2}", "{,3}", "{", "}", "(", ")", "|", "[", "]", "^", "$", ".",
            "-", "&&", "~", "\\", "\\d", "\\W", "\\b", "\\C", "\\Q", "\\E", "\\pL", "\\p{^Greek}",
            "[:alpha:]", "(?i)", "(?s-U:", "(?P<n>", "\\x{e9}", "\\07", "#", " ", "/", "z-a",
        ]), 0..9)
    ) {
        let literal = format!("/{}/", parts.concat());
        match Pattern::parse(&literal) {
            Ok(pattern) => {
                prop_assert_eq!(pattern.to_string(), literal);
                let built = ::regex::bytes::Regex::new(&pattern.to_rust());
                prop_assert!(built.is_ok(), "{:?}", built);
            }
            Err(error) => prop_assert!(literal.is_char_boundary(error.offset)),
        }
    }
}
