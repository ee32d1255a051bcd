//! The formats for programs: what JSON, Code Quality and SARIF say of a report.

#![allow(clippy::expect_used, reason = "test code outside of test functions")]

use std::collections::HashSet;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::Value;
use windlass::finding::output::{Format, Style, show};
use windlass::finding::{Code, Finding, Location, Report};
use windlass::source::{Source, Span};

const TEXT: &str = "images:\n  é: {dockerfle: x}\n  é: {}\n";

fn empty() -> Report {
    Report::about(Source::new("windlass.yml", TEXT))
}

fn report() -> Report {
    let mut report = empty();
    let generated = Location::Line {
        path: "ci files/.gitlab-ci.yml".to_owned(),
        line: 7,
    };
    report.push(Finding::new(Code::EditedFile, generated, "edited by hand"));
    report.push(
        Finding::new(Code::UnknownKey, Span::new(15, 24), "no key `dockerfle`")
            .label("here")
            .help("did you mean `dockerfile`?"),
    );
    report.push(
        Finding::new(Code::DuplicateKey, Span::new(31, 33), "`é` stands twice")
            .related(Span::new(10, 12), "here it is already"),
    );
    report.push(Finding::new(
        Code::Unused,
        Location::WHOLE,
        "nothing is built",
    ));
    report
}

fn bytes(format: Format, report: &Report) -> Vec<u8> {
    let shown = show(format, report, Style { color: true });
    shown.expect("writes to memory").to_string().into_bytes()
}

fn value(format: Format, report: &Report) -> Value {
    serde_json::from_slice(&bytes(format, report)).expect("is JSON")
}

#[test]
fn json() {
    let compact = value(Format::Json, &report());
    let lines: Vec<String> = compact["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(Value::to_string)
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    {"code":"unused","severity":"warning","message":"nothing is built","file":"windlass.yml","line":null,"column":null,"end_line":null,"end_column":null,"label":"","help":[],"related":[]}
    {"code":"unknown-key","severity":"error","message":"no key `dockerfle`","file":"windlass.yml","line":2,"column":7,"end_line":2,"end_column":16,"label":"here","help":["did you mean `dockerfile`?"],"related":[]}
    {"code":"duplicate-key","severity":"error","message":"`é` stands twice","file":"windlass.yml","line":3,"column":3,"end_line":3,"end_column":4,"label":"","help":[],"related":[{"file":"windlass.yml","line":2,"column":3,"end_line":2,"end_column":4,"message":"here it is already"}]}
    {"code":"edited-file","severity":"error","message":"edited by hand","file":"ci files/.gitlab-ci.yml","line":7,"column":null,"end_line":7,"end_column":null,"label":"","help":[],"related":[]}
    "#);
    assert_eq!(
        (&compact["errors"], &compact["warnings"]),
        (&3.into(), &1.into())
    );
    let none = value(Format::Json, &empty());
    assert_eq!(
        none,
        serde_json::json!({"findings": [], "errors": 0, "warnings": 0})
    );
}

#[test]
fn json_positions_are_those_of_an_editor() {
    let json = value(Format::Json, &report());
    let unknown = &json["findings"][1];
    assert_eq!(unknown["code"], "unknown-key");
    let line = unknown["line"].as_u64().expect("a number") as usize;
    let from = unknown["column"].as_u64().expect("a number") as usize;
    let to = unknown["end_column"].as_u64().expect("a number") as usize;
    let line = TEXT.lines().nth(line - 1).expect("a line");
    let under: String = line.chars().skip(from - 1).take(to - from).collect();
    assert_eq!(under, "dockerfle");
}

/// The rules are those of GitLab's documentation, `ci/testing/code_quality`, "Code Quality report
/// format" (18.6), and of the check that GitLab makes of each entry when it reads the artifact
/// (`description`, `fingerprint`, `severity` and `location` required; lines are integers).
#[test]
fn gitlab_code_quality() {
    let document = bytes(Format::Gitlab, &report());
    assert!(
        document.starts_with(b"["),
        "GitLab takes no byte order mark"
    );
    let all = value(Format::Gitlab, &report());
    let all = all.as_array().expect("an array");
    assert_eq!(all.len(), 4);
    let mut fingerprints = HashSet::new();
    for entry in all {
        assert!(!entry["description"].as_str().expect("a string").is_empty());
        let check = entry["check_name"].as_str().expect("a string");
        assert!(check.parse::<Code>().is_ok(), "{check}");
        assert!(fingerprints.insert(entry["fingerprint"].as_str().expect("a string")));
        let severity = entry["severity"].as_str().expect("a string");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        let path = entry["location"]["path"].as_str().expect("a string");
        assert!(!path.starts_with('/') && !path.starts_with("./"));
        assert!(
            entry["location"]["lines"]["begin"]
                .as_u64()
                .expect("a number")
                >= 1
        );
    }
    let brief = |entry: &Value| {
        let location = &entry["location"];
        format!(
            "{} {} {}:{}",
            entry["check_name"], entry["severity"], location["path"], location["lines"]["begin"]
        )
    };
    assert_snapshot!(all.iter().map(brief).collect::<Vec<_>>().join("\n"), @r#"
    "unused" "minor" "windlass.yml":1
    "unknown-key" "major" "windlass.yml":2
    "duplicate-key" "major" "windlass.yml":3
    "edited-file" "major" "ci files/.gitlab-ci.yml":7
    "#);
    assert_eq!(value(Format::Gitlab, &empty()), serde_json::json!([]));
}

fn sarif_schema() -> jsonschema::Validator {
    // A stray bracket in the standard's pattern for languages: old ECMAScript reads it as itself,
    // Rust's regexes want it escaped.
    let schema =
        include_str!("schemas/sarif-2.1.0.json").replace(r"-[a-zA-Z]{2}]?$", r"-[a-zA-Z]{2}\\]?$");
    let schema = serde_json::from_str(&schema).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

#[track_caller]
fn assert_valid(schema: &jsonschema::Validator, log: &Value) {
    let errors: Vec<String> = schema
        .iter_errors(log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn sarif() {
    let log = value(Format::Sarif, &report());
    let schema = sarif_schema();
    assert_valid(&schema, &log);
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 4);
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let level = &rules[index]["defaultConfiguration"]["level"];
        assert_eq!(level, &result["level"]);
        let page = rules[index]["help"]["markdown"].as_str().expect("a page");
        assert!(page.starts_with("# "));
    }
    assert_snapshot!(results[2], @r#"
    {"ruleId":"duplicate-key","ruleIndex":0,"level":"error","message":{"text":"`é` stands twice"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"windlass.yml","uriBaseId":"%SRCROOT%"},"region":{"startLine":3,"startColumn":3,"endLine":3,"endColumn":4}}}],"partialFingerprints":{"finding/v1":"8eb052786a1f442b3b6576a1da7984245fdc51fc76a6ed96bb4e7241c940ddc8"},"relatedLocations":[{"id":0,"message":{"text":"here it is already"},"physicalLocation":{"artifactLocation":{"uri":"windlass.yml","uriBaseId":"%SRCROOT%"},"region":{"startLine":2,"startColumn":3,"endLine":2,"endColumn":4}}}]}
    "#);
    let elsewhere = &results[3]["locations"][0]["physicalLocation"];
    assert_snapshot!(elsewhere, @r#"
    {"artifactLocation":{"uri":"ci%20files/.gitlab-ci.yml","uriBaseId":"%SRCROOT%"},"region":{"startLine":7}}
    "#);
}

#[test]
fn sarif_without_findings_is_a_valid_empty_run() {
    let log = value(Format::Sarif, &empty());
    assert_valid(&sarif_schema(), &log);
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
    // The schema is really asked: what it forbids, it finds.
    let mut broken = log;
    broken["runs"][0]["tool"]["driver"]["name"] = Value::Null;
    assert!(!sarif_schema().is_valid(&broken));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_report_is_valid_in_every_format(
        findings in prop::collection::vec(
            (prop::sample::select(Code::ALL), ".{0,20}", 0usize..60, 0usize..60, 0usize..4),
            0..6,
        ),
    ) {
        let mut report = empty();
        for (code, text, start, end, kind) in findings {
            let place = match kind {
                0 => Location::WHOLE,
                1 => Location::Line { path: text.clone(), line: start },
                _ => Location::from(Span::new(start, end)),
            };
            let finding = Finding::new(code, place, text.clone()).label(text.clone());
            report.push(finding.help(text.clone()).related(Span::new(end, start), text));
        }
        thread_local! { static SCHEMA: jsonschema::Validator = sarif_schema(); }
        let log = value(Format::Sarif, &report);
        SCHEMA.with(|schema| assert_valid(schema, &log));
        for format in [Format::Json, Format::Gitlab, Format::Sarif] {
            let text = String::from_utf8(bytes(format, &report)).expect("UTF-8");
            prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
        }
        let entries = value(Format::Gitlab, &report);
        let names: HashSet<&str> = entries
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| entry["fingerprint"].as_str())
            .collect();
        prop_assert_eq!(names.len(), report.sorted().len());
    }
}
