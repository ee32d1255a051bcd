//! The proof: faulty pipelines are refused with a command that shows why, near misses are not.
//!
//! `cases.txt` begins with a manifest. Each case is a heading with the code that is wanted, the
//! lines that are added to the manifest, and after `--` those of a near miss. Every command that a
//! finding names is run, and what it prints must hold what the finding says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod broken;
mod generated;
mod included;
mod meaning;
mod never_lost;
mod sets;
mod shown;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use windlass::check::Files;
use windlass::compile::{Compiled, compile};
use windlass::finding::{Code, Finding};
use windlass::source::Source;

struct Everything;

impl Files for Everything {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

fn compiled(manifest: &str) -> Compiled {
    let source = Source::new("windlass.yml", manifest);
    compile(&source, &Everything).unwrap_or_else(|error| panic!("{error}\n{manifest}"))
}

/// The commands that a finding names.
fn commands(finding: &Finding) -> Vec<&str> {
    let help = finding.help.iter();
    help.filter_map(|help| help.split_once(" with `windlass "))
        .map(|(_, rest)| rest.trim_end_matches('`'))
        .collect()
}

/// The base manifest, and the cases: name, code, faulty, near miss.
fn cases(text: &str) -> (String, Vec<[String; 4]>) {
    let mut parts = text.split("\n## ");
    let base = parts.next().unwrap().to_owned() + "\n";
    let case = |part: &str| {
        let (heading, body) = part.split_once('\n').unwrap();
        let (name, code) = heading.split_once(" => ").unwrap();
        let (faulty, near) = body.split_once("--\n").unwrap();
        [name, code, faulty, near].map(str::to_owned)
    };
    (base, parts.map(case).collect())
}

/// The base manifest with the lines of a case; a key that both have is the case's.
fn joined(base: &str, case: &str) -> String {
    let key = |line: &str| -> Option<String> {
        let (key, _) = line.split_once(':')?;
        (!line.starts_with([' ', '#'])).then(|| key.to_owned())
    };
    let own: Vec<String> = case.lines().filter_map(key).collect();
    let mut kept = String::new();
    let mut skips = false;
    for line in base.lines() {
        if let Some(key) = key(line) {
            skips = own.contains(&key);
        }
        if !skips {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept + case
}

/// What the binary says to a command, as JSON.
fn run(project: &Path, command: &str) -> Json {
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "'{}' {command} --format json",
            env!("CARGO_BIN_EXE_windlass")
        ))
        .current_dir(project)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{command}: {error}: {output:?}"))
}

#[test]
fn each_faulty_pipeline_is_refused_with_a_command_that_shows_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proof/cases.txt");
    let (base, cases) = cases(&fs::read_to_string(path).unwrap());
    assert!(cases.len() >= 25, "{} cases", cases.len());
    let project = tempfile::tempdir().unwrap();
    for [name, code, faulty, _] in &cases {
        let manifest = joined(&base, faulty);
        let found = compiled(&manifest).report;
        let all = found.sorted();
        let mine: Vec<_> = all.iter().filter(|one| one.code.as_str() == code).collect();
        assert!(!mine.is_empty(), "{name}: no {code}: {all:#?}");
        fs::write(project.path().join("windlass.yml"), &manifest).unwrap();
        for finding in mine {
            let commands = commands(finding);
            // What GitLab refuses it refuses on every ref.
            if commands.is_empty() {
                assert_eq!(code, "refused", "{name}: {finding:#?}");
            }
            let said: Vec<Json> = commands
                .iter()
                .map(|command| run(project.path(), command))
                .collect();
            shown::holds(finding, &said);
        }
    }
}

#[test]
fn near_misses_pass() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proof/cases.txt");
    let (base, cases) = cases(&fs::read_to_string(path).unwrap());
    // The base deploys on schedules as well, if a case speaks of them; it has jobs of branches alone;
    // and a case's workflow may leave out the tags that jobs of the base are for.
    let beside_the_point = [
        Code::ScheduledDeploy,
        Code::BranchJobMissing,
        Code::NeverRuns,
    ];
    let of_base = compiled(&base).report;
    let mut of_base = of_base.sorted();
    of_base.retain(|one| !beside_the_point.contains(&one.code));
    assert!(of_base.is_empty(), "{of_base:#?}");
    for [name, code, _, near] in &cases {
        let found = compiled(&joined(&base, near)).report;
        let mut found = found.sorted();
        found.retain(|one| !beside_the_point.contains(&one.code) || one.code.as_str() == code);
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}
