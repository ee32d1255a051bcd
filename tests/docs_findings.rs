//! The pages of the findings: each code has one of the same shape, its examples are what they say,
//! and the table of `docs/findings/README.md` lists them all.

#![allow(clippy::expect_used, reason = "test code outside of test functions")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use windlass::config::load_text;
use windlass::finding::{Code, Report, Severity};
use windlass::source::{Limits, Source, parse};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings")
}

/// Codes about files rather than about what a manifest says: their examples are commands.
const ABOUT_FILES: [Code; 13] = [
    Code::MissingPreset,
    Code::ChangedPreset,
    Code::CyclicPresets,
    Code::BadLock,
    Code::StaleLock,
    Code::BadSetting,
    Code::Unreadable,
    Code::NotUtf8,
    Code::Drift,
    Code::OlderWindlass,
    Code::NewerWindlass,
    Code::EditedFile,
    Code::ForeignFile,
];

/// Codes that reading the text alone raises, before anybody asks what it means.
const OF_THE_TEXT: [Code; 3] = [Code::TooLarge, Code::YamlSyntax, Code::DuplicateKey];

/// Codes that a pipeline raises and no manifest can.
const OF_PIPELINES: [Code; 6] = [
    Code::UnknownKeyword,
    Code::BadInclude,
    Code::BadInput,
    Code::BadReference,
    Code::CircularExtends,
    Code::UnreadInclude,
];

/// The fenced blocks of a page, with their languages.
fn examples(page: &str) -> Vec<(&str, String)> {
    let mut lines = page.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((language, body.join("\n") + "\n"));
        }
    }
    found
}

#[test]
fn every_page_has_the_same_shape() {
    for code in Code::ALL {
        let page = code.page();
        assert!(page.starts_with(&format!("# {code}\n\n")), "{code}");
        let meaning = page.split("\n\n").nth(1).expect("a second paragraph");
        assert!(
            meaning.ends_with('.') && !meaning.starts_with("**"),
            "{code}"
        );
        let mut rest = page;
        for section in [
            "**Why it matters.** ",
            "**Example.**",
            "**How to fix it.** ",
        ] {
            let (_, after) = rest
                .split_once(&format!("\n\n{section}"))
                .unwrap_or_else(|| panic!("{code}: no {section}"));
            rest = after;
        }
        let lines = page.lines().count();
        assert!((8..=60).contains(&lines), "{code}: {lines} lines");
        assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{code}");
        let language = match ABOUT_FILES.contains(code) {
            true => "console",
            false => "yaml",
        };
        let languages: Vec<&str> = examples(page).iter().map(|(is, _)| *is).collect();
        assert_eq!(languages, [language; 2], "{code}");
    }
}

#[test]
fn every_example_can_be_read_save_those_that_must_not() {
    for code in Code::ALL.iter().filter(|code| !ABOUT_FILES.contains(code)) {
        for (index, (_, text)) in examples(code.page()).into_iter().enumerate() {
            let of_lint = windlass::lint::codes().any(|one| one == *code);
            if OF_PIPELINES.contains(code) || (of_lint && !text.starts_with("windlass: ")) {
                load_text(&Source::new("m", text)).expect("YAML");
                continue;
            }
            assert!(
                text.starts_with("windlass: 1\n"),
                "{code}: a whole manifest"
            );
            let mut report = Report::default();
            parse(&Source::new("m", text), Limits::MANIFEST, &mut report);
            let found: BTreeSet<&str> = report.sorted().iter().map(|f| f.code.as_str()).collect();
            let raised = index == 0 && OF_THE_TEXT.contains(code);
            let wanted: BTreeSet<&str> = raised.then_some(code.as_str()).into_iter().collect();
            assert_eq!(found, wanted, "{code}, example {index}");
        }
    }
}

#[test]
fn no_page_without_a_code() {
    let pages: BTreeSet<String> = fs::read_dir(folder())
        .expect("docs/findings")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name != "README.md")
        .collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
    assert_eq!(pages, codes);
}

#[test]
fn the_table_lists_every_code() {
    let path = folder().join("README.md");
    let readme = fs::read_to_string(&path).expect("docs/findings/README.md");
    let (start, end) = ("<!-- codes -->\n", "<!-- end of codes -->");
    let (before, rest) = readme.split_once(start).expect("the mark before the table");
    let (_, after) = rest.split_once(end).expect("the mark after the table");
    let rows: String = Code::ALL
        .iter()
        .map(|code| {
            let severity = match code.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            format!(
                "| [`{code}`]({code}.md) | {severity} | {} |\n",
                code.summary()
            )
        })
        .collect();
    let table = format!("| code | severity | meaning |\n|---|---|---|\n{rows}");
    let wanted = format!("{before}{start}\n{table}\n{end}{after}");
    if std::env::var_os("WINDLASS_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &wanted).expect("writes README.md");
    } else {
        let hint = "run: WINDLASS_BLESS=1 cargo test --test docs_findings";
        assert!(
            readme == wanted,
            "docs/findings/README.md is out of date; {hint}"
        );
    }
}
