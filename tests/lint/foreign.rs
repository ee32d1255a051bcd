//! Pipelines with all that is found in each, and near misses: `foreign.txt`.

use super::{found, project};

#[test]
fn each_pipeline_has_just_these_findings() {
    let cases = include_str!("foreign.txt").split("\n== ").skip(1);
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases {
        let (wanted, text) = case.split_once('\n').expect("findings, and a pipeline");
        let mut wanted: Vec<&str> = wanted.split(' ').filter(|one| *one != "-").collect();
        let mut found = found(project(text).path(), &[]);
        wanted.sort_unstable();
        found.sort_unstable();
        if found != wanted {
            wrong.push(format!("{text}found {found:?}, wanted {wanted:?}"));
        }
        count += 1;
    }
    assert!(count >= 60, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
