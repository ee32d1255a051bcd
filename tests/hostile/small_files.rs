//! Small files that stand for much: what they stand for is shared, or refused before it is made.
//! What is bounded is how many values are made, not the time of a machine.

use std::cell::Cell;
use std::collections::HashMap;

use windlass::config::{self, Repository};
use windlass::files::Unread;
use windlass::finding::{Code, Report};
use windlass::pipeline::Origin;
use windlass::plan;
use windlass::source::Source;
use windlass::{compile, lower};

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
fn needs_are_counted_with_the_copies_that_they_stand_for() {
    let copies: String = (0..50)
        .map(|n| format!("copy-{n}: {{script: [x], parallel: 200}}\n"))
        .collect();
    let needed: String = (0..50).map(|n| format!("copy-{n}, ")).collect();
    let needing = jobs(1_000, &format!("script: [x], needs: [{needed}]"));
    is_too_large(&(copies + &needing), &Files::default());
}

/// Only so many misspelt names are compared with those that exist.
#[test]
fn misspelt_names_are_compared_within_bounds() {
    let images: String = (0..600).map(|n| format!("  app-{n}: {{}}\n")).collect();
    let tests: String = (0..600)
        .map(|n| format!("  t-{n}: {{image: apq-{n}, script: x}}\n"))
        .collect();
    let text = format!("windlass: 1\nimages:\n{images}tests:\n{tests}");
    let report = crate::answer(&text);
    let findings = report.sorted();
    let of_images = findings.iter().filter(|one| one.code == Code::UnknownImage);
    let (mut told, mut meant) = (0, 0);
    for finding in of_images {
        told += 1;
        meant += usize::from(
            finding
                .help
                .iter()
                .any(|help| help.contains("did you mean")),
        );
    }
    assert_eq!(told, 600);
    assert!((1..200).contains(&meant), "{meant}");
}

/// However many jobs and rules there are, the situations that are planned take a bounded number of
/// decisions.
#[test]
fn what_is_planned_is_bounded() {
    let of_branches = |jobs: usize, rules: usize| -> String {
        let rule = |job: usize, at: usize| {
            format!(
                "{{if: '$CI_COMMIT_BRANCH == \"b{job}\" && $V{} == \"v{at}\"'}}",
                at % 7
            )
        };
        let job = |job: usize| {
            let rules: Vec<String> = (0..rules).map(|at| rule(job, at)).collect();
            format!("job-{job}: {{script: x, rules: [{}]}}\n", rules.join(", "))
        };
        (0..jobs).map(job).collect()
    };
    for (jobs, rules) in [(500, 7), (20, 500)] {
        let source = Source::new(".gitlab-ci.yml", of_branches(jobs, rules));
        let reading = config::read(source, &config::Alone);
        let config = reading.result.expect("accepted");
        assert_eq!(config.decisions(), jobs * rules);
        let classes = plan::classes(&config, "main");
        assert!(!classes.is_complete());
        let decisions = classes.situations.len() * config.decisions();
        assert!(decisions <= 600_000, "{decisions}");
    }
}

#[test]
fn one_file_included_often_is_counted() {
    let mut files = Files::default();
    files.0.insert("many.yml", jobs(20_000, "script: [x]"));
    let include = format!("include: [{}]\n", lines(150, "many.yml, "));
    is_too_large(&include, &files);
}

/// Many jobs are many, in however many files they stand: what is refused is refused before it is read.
#[test]
fn jobs_are_counted_before_they_are_read() {
    is_too_large(&jobs(40_000, "script: [x]"), &Files::default());
    let mut files = Files::default();
    let names: Vec<&'static str> = (0..60).map(|n| &*format!("jobs-{n}.yml").leak()).collect();
    for (at, name) in names.iter().enumerate() {
        let jobs = (0..1_000).map(|n| format!("job-{at}-{n}: {{script: [x]}}\n"));
        files.0.insert(name, jobs.collect());
    }
    is_too_large(&format!("include: [{}]\n", names.join(", ")), &files);
    // As many as the language is meant to bear are read.
    let text = jobs(10_000, "script: [x]");
    let reading = config::read(Source::new(".gitlab-ci.yml", text), &config::Alone);
    assert_eq!(reading.result.expect("accepted").jobs.len(), 10_000);
}

#[test]
fn rows_of_a_matrix_are_counted_before_they_are_made() {
    let rows: String = (0..200).map(|n| format!("    - {{V: v{n}}}\n")).collect();
    let test = |n: usize, matrix: &str| {
        format!("  t{n}:\n    image: alpine:3.22\n    script: x\n    matrix: {matrix}\n")
    };
    let written: String = (0..200).map(|n| test(n, &format!("\n{rows}"))).collect();
    crate::refused(&format!("windlass: 1\ntests:\n{written}"), Code::TooLarge);
    let same: String = (1..200).map(|n| test(n, "*rows")).collect();
    let first = test(0, &format!("&rows\n{rows}"));
    crate::refused(
        &format!("windlass: 1\ntests:\n{first}{same}"),
        Code::TooLarge,
    );
}

/// Patterns without end: the classes are bounded, and that they are is said.
#[test]
fn classes_of_many_patterns_are_bounded() {
    for pattern in ["^p{n}-", "^p{n}-\\pL{400}", "p{n}$", "(p{n}|q)*x"] {
        let job = |n: usize| {
            let pattern = pattern.replace("{n}", &n.to_string());
            format!("j{n}: {{script: x, rules: [{{if: '$CI_COMMIT_BRANCH =~ /{pattern}/'}}]}}\n")
        };
        let text: String = (0..500).map(job).collect();
        let reading = config::read(Source::new(".gitlab-ci.yml", text), &config::Alone);
        let configs = plan::Configs::fixed(reading.result.expect("accepted"));
        let classes = configs.classes(Some("main"));
        assert!(!classes.is_complete(), "{pattern}");
        assert!(classes.situations.len() <= 600, "{pattern}");
    }
}

#[test]
fn classes_of_many_globs_are_bounded() {
    let classes = |glob: &str, jobs: usize| {
        let job = |n: usize| {
            let glob = glob.replace("{n}", &n.to_string());
            format!("j{n}: {{script: x, rules: [{{changes: ['{glob}']}}]}}\n")
        };
        let text: String = (0..jobs).map(job).collect();
        let reading = config::read(Source::new(".gitlab-ci.yml", text), &config::Alone);
        let configs = plan::Configs::fixed(reading.result.expect("accepted"));
        let classes = configs.classes(Some("main"));
        assert!(!classes.is_complete(), "{glob}");
        assert!(classes.situations.len() <= 1_000, "{glob}");
        configs.plan_all(&classes.situations[..1]).remove(0)
    };
    classes("dir{n}/**/*", 1_000);
    // Each is 512 globs. What is not compiled any more is open, and not left out.
    let first = classes(&format!("{}x{{n}}?", "{a,b}".repeat(9)), 300);
    let mut jobs = first.plan.jobs.iter();
    assert!(jobs.all(|job| job.presence() != plan::Presence::Out));
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

/// Only for what is wrong is the manifest asked: each question reads all of a job.
#[test]
fn of_a_refused_pipeline_only_the_problems_are_looked_for() {
    let items: String = (0..20_000).map(|n| format!("x{n}, ")).collect();
    let deep = format!("{}x{}", "[".repeat(12), "]".repeat(12));
    let text = format!("windlass: 1\njobs: {{many: {{script: [{items}{deep}]}}}}\n");
    let source = Source::new("windlass.yml", text);
    let manifest = compile::read(&source, &mut Report::default()).unwrap();
    let pipeline = lower::lower(&manifest).pipeline;
    let questions = Cell::new(0);
    let asked = |_: Option<&Origin>, path: &[String]| {
        questions.set(questions.get() + 1);
        assert_eq!(path[0], "script");
        None
    };
    let report = config::refused(&pipeline, &source, &Files::default(), &asked);
    assert_eq!(report.sorted().len(), 1, "{:?}", report.sorted());
    assert!(questions.get() < 10, "{} questions", questions.get());
}
