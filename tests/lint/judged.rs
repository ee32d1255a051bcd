//! Public pipelines whose findings were judged by hand, one after the other.
//!
//! `judged.tsv` has a line for each: the repository, its commit, the lines of its `.gitlab-ci.yml`, and what was
//! found there, each judged to be right. Their files are not here, as their licences differ. Whoever has them can
//! compare: `WINDLASS_JUDGED=DIR cargo test --test lint -- --ignored judged`, where `DIR/OWNER+NAME` holds the
//! YAML files of a repository that are about pipelines, and an empty folder `.git`.

use std::collections::BTreeMap;
use std::path::Path;

use windlass::finding::Code;

use super::found;

/// Repository, commit, lines and findings of each pipeline.
fn judged() -> Vec<[&'static str; 4]> {
    let lines = include_str!("judged.tsv").lines().skip(1);
    let cells = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        cells.try_into().expect(line)
    };
    lines.map(cells).collect()
}

#[test]
fn the_list_names_findings_that_exist() {
    let all = judged();
    assert!(all.len() >= 85, "{}", all.len());
    for [repository, commit, length, found] in all {
        assert!(repository.split('/').count() == 2, "{repository}");
        assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()));
        assert!(length.parse::<usize>().is_ok(), "{repository}");
        for one in found.split(' ').filter(|one| *one != "-") {
            let (code, count) = one.split_once(':').expect("a code and how often");
            assert!(
                code.parse::<Code>().is_ok() && count.parse::<usize>().is_ok(),
                "{repository}"
            );
        }
    }
}

#[test]
#[ignore = "needs the files of other projects: WINDLASS_JUDGED"]
fn lint_finds_what_was_judged() {
    let folder = std::env::var("WINDLASS_JUDGED").expect("WINDLASS_JUDGED names a folder");
    let mut wrong = Vec::new();
    for [repository, _, _, wanted] in judged() {
        let root = Path::new(&folder).join(repository.replace('/', "+"));
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for one in found(&root, &[]) {
            let (code, _) = one.split_once(':').expect("a code and a line");
            *counts.entry(code.to_owned()).or_default() += 1;
        }
        let all = counts.iter().map(|(code, count)| format!("{code}:{count}"));
        let all = all.collect::<Vec<_>>().join(" ");
        let all = if all.is_empty() { "-" } else { &all };
        if all != wanted {
            wrong.push(format!("{repository}: found {all}, judged {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
