//! Which style a string gets.

use super::*;

fn value(text: &str) -> String {
    let mut out = String::new();
    write_value(&mut out, text, 2).unwrap();
    out
}

#[test]
fn everyday_values_stay_plain() {
    #[rustfmt::skip]
    let texts = [
        "$CI_REGISTRY_IMAGE/php:$CI_COMMIT_SHA", "docker:29-dind", "tcp://docker:2376",
        "5 minutes", "1 week", "vendor/bin/phing ci", "${IMAGE}",
        "$CI_COMMIT_BRANCH == \"master\"", r"/^\s*Lines:\s*\d+.\d+\%/", "--registry-mirror",
        "-f x", "./bin/x", ".e2e-base", "../x", ".env", ".cache/**/*", "(cd x && make)", "none",
        "echo it's", "déploiement", "🚀 deploy",
    ];
    for text in texts {
        assert_eq!(value(text), text);
    }
}

#[test]
fn what_a_reader_would_resolve_is_quoted() {
    #[rustfmt::skip]
    let texts = [
        "", "1", "yes", "No", "ON", "y", "null", "~", "12:30", "2026-11-21", "1.10", "0x1f",
        "1_000", "<<", "=", ".5", ".E-2", ".inf", ".NaN", "-1", "-.inf", "-", "---", "...", "1e3",
        "5m", "28", "+1", ":foo", "1 2", "*x", "&x", "!x", "%x", "@x", "`x`", "[x]", "{x}", "? x",
        "- x", "#x", "> x", "| x", "a:", "a: b", "a #b", " a", "a ",
    ];
    for text in texts {
        assert_eq!(value(text), format!("\"{text}\""));
    }
}

#[test]
fn quotes_are_the_readable_ones() {
    assert_eq!(value("echo \"a: b\""), "'echo \"a: b\"'");
    assert_eq!(value("echo 'a: b'"), "\"echo 'a: b'\"");
    assert_eq!(value(r"\d: x"), r"'\d: x'");
    assert_eq!(
        value("curl -H \"A: b\" -d '{}'"),
        "|-\n    curl -H \"A: b\" -d '{}'"
    );
    assert_eq!(
        value("a\u{85}\u{feff}\u{2028}\u{1b}\"\\"),
        r#""a\x85\uFEFF\u2028\e\"\\""#
    );
    assert_eq!(value("\u{202e}\u{e0001}"), r#""\u202E\U000E0001""#);
}

#[test]
fn lines_are_literal_where_nothing_can_get_lost() {
    assert_eq!(value("a\nb"), "|-\n    a\n    b");
    assert_eq!(value("a\n\n  b\n"), "|\n    a\n\n      b");
    assert_eq!(value("  a\nb\n"), "|2\n      a\n    b");
    assert_eq!(value("\n\ta"), "|2-\n\n    \ta");
    assert_eq!(value("a\n\n"), r#""a\n\n""#);
    assert_eq!(value("a \nb"), r#""a \nb""#);
    assert_eq!(value("a\r\nb"), r#""a\r\nb""#);
    assert_eq!(value("\n"), r#""\n""#);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let mut out = String::new();
    assert_eq!(write_line(&mut out, "a\0"), Err(Reason::Nul));
    assert_eq!(write_key(&mut out, "<<"), Err(Reason::MergeKey));
    assert_eq!(
        write_key(&mut out, &"k".repeat(1_001)),
        Err(Reason::LongKey)
    );
    assert_eq!(write_key(&mut out, &"k".repeat(1_000)), Ok(()));
}

#[test]
fn a_comment_cannot_be_left() {
    assert_eq!(comment_line("a\u{85}b: 1\u{2028}c\rd "), "a b: 1 c d");
}
