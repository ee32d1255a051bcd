//! Changes, and what `windlass diff` says that they do.
//!
//! `cases.txt` holds a manifest and changes to it: a heading, the text that goes (`-`) and the text
//! that comes in its place (`+`), and after `=>` what is said. `WINDLASS_BLESS=1 cargo test --test
//! diff` writes the last part anew: read it before you commit it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code outside of test functions"
)]

mod changed;
mod children;
mod command;
#[path = "../elsewhere/mod.rs"]
mod elsewhere;
mod given;
mod pairs;
mod pipelines;
mod rewritten;
mod unread;

use std::fmt::Write as _;
use std::path::Path;

use windlass::compile::compile;
use windlass::config::{Config, of_pipeline};
use windlass::diff::{Comparison, Format, Told, diff, tell};
use windlass::source::Source;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

struct AnyProject;

impl windlass::check::Files for AnyProject {
    fn exists(&self, _path: &str) -> bool {
        true
    }
}

fn config(heading: &str, manifest: &str) -> Config {
    let source = Source::new("windlass.yml", manifest);
    let compiled = compile(&source, &AnyProject).expect("no internal error");
    let report = format!("{heading}: {:?}", compiled.report);
    let lowered = compiled.lowered.expect(&report);
    of_pipeline(&lowered.pipeline, &source).expect("what GitLab accepts")
}

/// The lines of a block that begin with a sign, without it.
fn signed(block: &str, sign: &str) -> String {
    let lines = block.lines().filter_map(|line| line.strip_prefix(sign));
    lines.fold(String::new(), |mut all, line| {
        all.push_str(line.strip_prefix(' ').unwrap_or(line));
        all.push('\n');
        all
    })
}

#[test]
fn each_change_is_told_as_its_effects() {
    let path = Path::new(ROOT).join("tests/diff/cases.txt");
    let recorded = std::fs::read_to_string(&path).unwrap();
    let mut parts = recorded.split("\n## ");
    let base = parts.next().unwrap().to_owned();
    let mut written = base.clone();
    let before = config("base", &base);
    let mut count = 0;
    for case in parts {
        let (heading, rest) = case.split_once('\n').unwrap();
        let (change, _) = rest.split_once("=>\n").unwrap();
        let (old, new) = (signed(change, "-"), signed(change, "+"));
        assert!(base.contains(&old), "{heading}: the manifest has no\n{old}");
        let after = config(heading, &base.replacen(&old, &new, 1));
        let comparison = diff(&before, &after, "main");
        let told = Told {
            against: "HEAD",
            comparison: &comparison,
            mermaid: "",
            color: false,
        };
        let told = tell(&told, Format::Text);
        let change = change.trim_end();
        let _ = write!(written, "\n## {heading}\n{change}\n=>\n{told}");
        count += 1;
    }
    assert!(count >= 12, "{count} changes");
    if std::env::var_os("WINDLASS_BLESS").is_some() {
        std::fs::write(&path, written).unwrap();
        return;
    }
    let recorded = recorded.trim_end();
    let changes = similar::TextDiff::from_lines(recorded, written.trim_end());
    let changes = changes.unified_diff().to_string();
    assert!(changes.is_empty(), "{changes}");
}

/// What changes nothing in one direction changes nothing in the other.
#[test]
fn nothing_changes_between_a_manifest_and_itself() {
    for example in std::fs::read_dir(Path::new(ROOT).join("examples")).unwrap() {
        let path = example.unwrap().path().join("windlass.yml");
        let manifest = std::fs::read_to_string(&path).unwrap();
        let (one, other) = (config("", &manifest), config("", &manifest));
        assert_eq!(diff(&one, &other, "main"), Comparison::default());
    }
}
