//! Public pipelines whose findings were judged by hand, one after the other.
//!
//! `judged.tsv` has a line for each: the repository, the lines of its `.gitlab-ci.yml`, and what was found
//! there, each judged to be right. Their files are not here; the list says what the rules were tried on.

use windlass::finding::Code;

#[test]
fn the_list_names_findings_that_exist() {
    let lines: Vec<&str> = include_str!("judged.tsv").lines().skip(1).collect();
    assert!(lines.len() >= 50, "{}", lines.len());
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let [repository, length, found] = cells.as_slice() else {
            panic!("three cells: {line}");
        };
        assert!(repository.split('/').count() == 2, "{line}");
        assert!(length.parse::<usize>().is_ok(), "{line}");
        for one in found.split(' ').filter(|one| *one != "-") {
            let (code, count) = one.split_once(':').expect("a code and how often");
            assert!(
                code.parse::<Code>().is_ok() && count.parse::<usize>().is_ok(),
                "{line}"
            );
        }
    }
}
