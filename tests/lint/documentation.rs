//! `docs/lint.md`: each rule of the other linters has a row that names codes which exist, or says why
//! nothing tells it.

use std::collections::BTreeSet;

use windlass::finding::Code;

/// The rows of the table: linter and rule, and what stands in the last column.
fn rows() -> Vec<(String, String)> {
    let page = include_str!("../../docs/lint.md");
    let (_, table) = page.split_once("<!-- rules -->").unwrap();
    let (table, _) = table.split_once("<!-- end of rules -->").unwrap();
    let lines = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| linter"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line
                .trim_matches('|')
                .splitn(3, " | ")
                .map(str::trim)
                .collect();
            (format!("{}: {}", cells[0], cells[1]), cells[2].to_owned())
        })
        .collect()
}

/// `rules.txt` lists what linters of pipelines looked for in November 2026.
#[test]
fn every_rule_of_the_others_has_a_row() {
    let rows = rows();
    let listed: BTreeSet<&str> = rows.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(listed.len(), rows.len(), "none twice");
    let wanted: BTreeSet<&str> = include_str!("rules.txt").lines().collect();
    assert_eq!(listed, wanted);
}

#[test]
fn a_row_names_codes_or_says_why_there_is_none() {
    for (rule, told) in rows() {
        let codes = told.split('`').skip(1).step_by(2);
        let known = codes.filter(|word| word.parse::<Code>().is_ok()).count();
        match told.strip_prefix("not reported") {
            Some(why) => assert!(
                why.trim_start_matches([':', ',']).len() > 12,
                "{rule}: {told}"
            ),
            None => assert!(
                known > 0 || told.starts_with("refused: each error"),
                "{rule}: {told}"
            ),
        }
        // A word that looks like a code is one.
        let looks = |word: &&str| {
            word.contains('-') && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        };
        for word in told.split('`').skip(1).step_by(2).filter(looks) {
            assert!(word.parse::<Code>().is_ok(), "{rule}: no code `{word}`");
        }
    }
}
