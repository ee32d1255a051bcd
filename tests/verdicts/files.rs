//! Which files GitLab takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use windlass::config::{Alone, read};
use windlass::plan::{self, Situation};
use windlass::source::Source;

use super::case::cases;
use super::disagreements::FILES;

/// On how many files of each topic we agree, and on which we do not. `WINDLASS_BLESS=1` writes
/// `tests/verdicts/agreement.txt` anew.
#[test]
fn files_are_taken_and_refused_as_by_gitlab() {
    let mut topics: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut agreed, mut total) = (0, 0);
    let mut disagreements = String::new();
    let mut wrong = Vec::new();
    for case in cases("lint") {
        let gitlabs = case.verdict["valid"].as_bool().unwrap();
        let reading = case.reading();
        let agrees = reading.result.is_ok() == gitlabs;
        let topic = topics.entry(case.topic.clone()).or_default();
        topic.0 += usize::from(agrees);
        topic.1 += 1;
        agreed += usize::from(agrees);
        total += 1;
        let known = FILES.iter().find(|(id, _)| *id == case.id);
        match known {
            Some((_, reason)) if !agrees => {
                let who = if gitlabs {
                    "we refuse"
                } else {
                    "GitLab refuses"
                };
                let _ = writeln!(disagreements, "  {} ({who}): {reason}", case.id);
            }
            None if agrees => {}
            _ => wrong.push(format!(
                "{} {}: {:?}",
                case.id,
                case.verdict["errors"],
                reading.result.err()
            )),
        }
    }
    let mut text =
        format!("{agreed} of {total} files are taken or refused as by GitLab 18.11.2.\n\n");
    for (topic, (agreed, total)) in &topics {
        let _ = writeln!(text, "  {topic}: {agreed} of {total}");
    }
    let _ = write!(text, "\nThe others:\n\n{disagreements}");
    println!("{text}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts/agreement.txt");
    if std::env::var_os("WINDLASS_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed, text,
        "run WINDLASS_BLESS=1 cargo test --test verdicts"
    );
}

/// Files that end anywhere, and files with a piece of another one in them, are read or refused.
#[test]
fn no_piece_of_a_file_stops_the_reader() {
    let texts: Vec<String> = cases("lint")
        .into_iter()
        .filter_map(|case| case.yaml)
        .collect();
    let (mut taken, mut refused) = (0, 0);
    for (text, other) in texts.iter().zip(texts.iter().skip(1)) {
        for (at, _) in text.char_indices().step_by(11).take(20) {
            let (before, after) = text.split_at(at);
            for mixed in [before.to_owned(), format!("{before}{other}{after}")] {
                let reading = read(Source::new("a.yml", mixed), &Alone);
                match reading.result {
                    Ok(config) => {
                        let situation = Situation::branch("main").with_default_branch("main");
                        let plan = plan::plan(&config, &situation);
                        assert_eq!(plan.jobs.len(), config.jobs.len());
                        taken += 1;
                    }
                    Err(problems) => {
                        assert!(!problems.is_empty());
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(taken > 500 && refused > 5_000, "{taken} {refused}");
}
