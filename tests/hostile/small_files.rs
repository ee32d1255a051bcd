//! Small files that stand for much: what they stand for is shared, or refused before it is made.
//! What is bounded is how many values are made, not the time of a machine.

use std::collections::HashMap;

use windlass::config::{self, Repository};
use windlass::files::Unread;
use windlass::finding::{Code, Report};
use windlass::source::Source;

/// A repository of these files.
#[derive(Default)]
struct Files(HashMap<&'static str, String>);

impl Repository for Files {
    fn read(&self, path: &str) -> Result<String, Unread> {
        self.0.get(path).cloned().ok_or(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(self.0.keys().map(|path| (*path).to_owned()).collect())
    }
}

fn jobs(count: usize, keys: &str) -> String {
    (0..count)
        .map(|n| format!("job-{n}: {{{keys}}}\n"))
        .collect()
}

fn lines(count: usize, line: &str) -> String {
    line.repeat(count)
}

fn variables(count: usize) -> String {
    (0..count).map(|n| format!("    V{n}: x\n")).collect()
}

#[track_caller]
fn is_too_large(text: &str, files: &Files) {
    let reading = config::read(Source::new(".gitlab-ci.yml", text), files);
    let report: Report = reading.result.expect_err("refused");
    let codes: Vec<Code> = report.sorted().iter().map(|found| found.code).collect();
    assert!(
        codes.contains(&Code::TooLarge),
        "{:?}",
        &codes[..codes.len().min(9)]
    );
    // One thing is wrong: that it is too large. It is said once.
    assert!(codes.len() < 10, "{} findings", codes.len());
}

#[test]
fn what_many_jobs_extend_is_counted_before_it_is_copied() {
    let none = Files::default();
    let base = format!(".base:\n  variables:\n{}", variables(4_000));
    is_too_large(
        &(base.clone() + &jobs(2_000, "extends: .base, script: [x]")),
        &none,
    );
    is_too_large(
        &(base + &jobs(2_000, "extends: .base, variables: {OWN: x}, script: [x]")),
        &none,
    );
    let default = format!("default:\n  before_script:\n{}", lines(10_000, "    - x\n"));
    is_too_large(&(default + &jobs(4_000, "script: [x]")), &none);
    let list = lines(10_000, "x, ");
    let hidden = format!(".a: {{script: [{list}]}}\n");
    is_too_large(
        &(hidden + &jobs(3_000, "script: [!reference [.a, script]]")),
        &none,
    );
    let rules = lines(1_000, "{if: '$A == \"b\"'}, ");
    let hidden = format!(".r: {{rules: [{rules}]}}\n");
    is_too_large(&(hidden + &jobs(2_000, "extends: .r, script: [x]")), &none);
    is_too_large(&jobs(4_000, "script: [x], parallel: 200"), &none);
    let text = "x".repeat(100_000);
    let input = format!("spec: {{inputs: {{a: {{default: {text}}}}}}}\n---\n");
    for script in ["'$[[ inputs.a ]]'", "['echo $[[ inputs.a ]]']"] {
        is_too_large(
            &(input.clone() + &jobs(5_000, &format!("script: {script}"))),
            &none,
        );
    }
    let input = format!("spec: {{inputs: {{a: {{type: array, default: [{list}]}}}}}}\n---\n");
    is_too_large(&(input + &jobs(5_000, "script: '$[[ inputs.a ]]'")), &none);
}

#[test]
fn one_file_included_often_is_counted() {
    let mut files = Files::default();
    files.0.insert("many.yml", jobs(20_000, "script: [x]"));
    let include = format!("include: [{}]\n", lines(150, "many.yml, "));
    is_too_large(&include, &files);
}

/// A large pipeline that people may have: 500 jobs that all extend one base.
#[test]
fn a_large_pipeline_is_read() {
    let base = format!(".base:\n  variables:\n{}", variables(100));
    let before = format!("default:\n  before_script:\n{}", lines(100, "    - x\n"));
    let text = base + &before + &jobs(500, "extends: .base, variables: {OWN: x}, script: [x, y]");
    let reading = config::read(Source::new(".gitlab-ci.yml", text), &config::Alone);
    assert_eq!(reading.result.expect("accepted").jobs.len(), 500);
}
