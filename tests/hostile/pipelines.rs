//! Pipelines of others in which a few things were changed at random: each is read and planned, or
//! refused with findings inside of it, and never ends in a panic.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use proptest::prelude::*;
use proptest::sample::Index;

use windlass::config::{self, Config};
use windlass::finding::Location;
use windlass::finding::output::{Format, Style, show};
use windlass::plan::{self, Situation};
use windlass::source::{Place, Source};

use crate::changes::{Change, apply, change};
use crate::{SOON, inside};

/// Every pipeline that the tests have: those of GitLab's own verdicts, of findings and of examples.
pub(crate) static PIPELINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for entry in fs::read_dir(root.join("tests/verdicts/cases")).unwrap() {
        for line in fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            texts.extend(case["yaml"].as_str().map(str::to_owned));
        }
    }
    for entry in fs::read_dir(root.join("examples")).unwrap() {
        let path = entry.unwrap().path().join(".gitlab-ci.yml");
        texts.extend(fs::read_to_string(path));
    }
    assert!(texts.len() > 500, "{}", texts.len());
    texts.sort();
    texts
});

/// Reads a pipeline, and checks what always holds of the answer.
#[track_caller]
pub(crate) fn read(text: &str) -> Option<Config> {
    let source = Source::new(".gitlab-ci.yml", text);
    let start = Instant::now();
    let reading = config::read(source.clone(), &config::Alone);
    let time = start.elapsed();
    assert!(time < SOON, "{time:?}");
    let report = match reading.result {
        Ok(config) => return Some(config),
        Err(report) => report,
    };
    assert!(report.has_errors());
    for found in report.sorted() {
        if let Location::Text(Place { span, .. }) = found.location {
            assert!(inside(&source, span), "{found:?}");
        }
    }
    for format in [Format::Text, Format::Json, Format::Gitlab, Format::Sarif] {
        show(format, &report, Style::default()).unwrap();
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(super::changes::CASES))]

    /// A few changes leave most of a pipeline whole, so that it is planned as well.
    #[test]
    fn changed_pipelines_are_answered(
        which in any::<Index>(),
        changes in prop::collection::vec(change(), 1..5),
    ) {
        let mut text = PIPELINES[which.index(PIPELINES.len())].clone();
        let all: &[Change] = &changes;
        all.iter().for_each(|change| apply(&mut text, change));
        if let Some(after) = read(&text) {
            let situations = [
                Situation::branch("main"),
                Situation::tag("v1"),
                Situation::merge_request("topic", "main"),
            ];
            plan::plan_all(&after, &situations);
        }
    }
}
