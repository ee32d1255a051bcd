//! Pipelines that windlass did not write, each read as GitLab reads it.
//!
//! `foreign/*.yml` hold the cases: `files` lie in the folder (a text alone is the `.gitlab-ci.yml`), `run`
//! are the arguments, `exit` is the status, `out` and `err` are texts of the two streams and `lacks` texts of
//! neither; `json` are pointers into the standard output with their values. Runs of blanks count as one.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::project::Project;

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    files: Files,
    run: String,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    out: Vec<String>,
    #[serde(default)]
    err: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(default)]
    json: BTreeMap<String, Json>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
enum Files {
    Pipeline(String),
    Several(BTreeMap<String, String>),
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn faults(case: &Case) -> Vec<String> {
    let project = Project::new("windlass: 1\n");
    match &case.files {
        Files::Pipeline(text) => project.write(".gitlab-ci.yml", text),
        Files::Several(files) => files
            .iter()
            .for_each(|(path, text)| project.write(path, text)),
    }
    let words: Vec<&str> = case.run.split(' ').collect();
    let ran = project.run(&words);
    let (out, err) = (squeezed(&ran.stdout), squeezed(&ran.stderr));
    let mut faults = Vec::new();
    if ran.status != case.exit {
        faults.push(format!("exits {}", ran.status));
    }
    for (wanted, stream) in [(&case.out, &out), (&case.err, &err)] {
        let missing = wanted
            .iter()
            .filter(|text| !stream.contains(&squeezed(text)));
        faults.extend(missing.map(|text| format!("`{text}` is not there")));
    }
    let both = format!("{out} {err}");
    let unwanted = case
        .lacks
        .iter()
        .filter(|text| both.contains(&squeezed(text)));
    faults.extend(unwanted.map(|text| format!("`{text}` is there")));
    if !case.json.is_empty() {
        let json: Json = serde_json::from_str(&ran.stdout).unwrap_or_default();
        for (pointer, wanted) in &case.json {
            let got = json.pointer(pointer).unwrap_or(&Json::Null);
            if got != wanted {
                faults.push(format!("{pointer} is {got}"));
            }
        }
    }
    if !faults.is_empty() {
        faults.push(format!("{}\n{}", ran.stdout, ran.stderr));
    }
    faults
}

fn all_are_right(file: &str) {
    let path = format!("{}/tests/cli/foreign/{file}", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Case> = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .map(|case| (case, faults(case)))
        .filter(|(_, faults)| !faults.is_empty())
        .map(|(case, faults)| format!("{}:\n{}", case.id, faults.join("\n")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn includes() {
    all_are_right("includes.yml");
}

#[test]
fn inputs() {
    all_are_right("inputs.yml");
}

#[test]
fn kinds_of_pipelines() {
    all_are_right("kinds.yml");
}

#[test]
fn validity() {
    all_are_right("validity.yml");
}

#[test]
fn jobs_that_may_run_are_not_said_to_run_nowhere() {
    all_are_right("may-run.yml");
}
