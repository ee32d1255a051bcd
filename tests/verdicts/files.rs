//! Which files GitLab takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::case::cases;

/// The share of the files on which we agree, and each on which we do not.
#[test]
fn files_are_taken_and_refused_as_by_gitlab() {
    let mut topics: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut disagreements = String::new();
    for case in cases("lint") {
        let gitlabs = case.verdict["valid"].as_bool().unwrap();
        let reading = case.reading();
        let topic = topics.entry(case.topic.clone()).or_default();
        topic.1 += 1;
        if reading.result.is_ok() == gitlabs {
            topic.0 += 1;
            continue;
        }
        let detail = match &reading.result {
            Err(problems) => problems.0[0].message.clone(),
            Ok(_) => case.verdict["errors"][0].as_str().unwrap().to_owned(),
        };
        let who = if gitlabs {
            "we refuse"
        } else {
            "GitLab refuses"
        };
        let _ = writeln!(disagreements, "{} {who}: {detail}", case.id);
    }
    let total = topics
        .values()
        .fold((0, 0), |sum, topic| (sum.0 + topic.0, sum.1 + topic.1));
    println!("{topics:#?}\n{disagreements}{total:?}");
}
