//! Manifests that nobody wrote by accident: whatever the text is, compiling it ends soon, in files
//! or in findings at places inside of it, and never in a panic or an internal error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod changes;
mod pipelines;
mod small_files;
mod texts;

use std::time::{Duration, Instant};

use windlass::check::Files;
use windlass::compile::compile;
use windlass::finding::output::{Format, Style, show};
use windlass::finding::{Code, Location, Report};
use windlass::source::{Place, Source, Span};

/// A manifest of a few pages is compiled within this time, also without optimization on a busy
/// machine.
const SOON: Duration = Duration::from_secs(20);

struct Everything;

impl Files for Everything {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

fn inside(source: &Source, span: Span) -> bool {
    let (text, Span { start, end }) = (&source.text, span);
    start <= end && text.is_char_boundary(start) && text.is_char_boundary(end)
}

/// Compiles a text, and checks what always holds of the answer.
#[track_caller]
fn answer(text: &str) -> Report {
    let source = Source::new("windlass.yml", text);
    let start = Instant::now();
    let compiled = compile(&source, &Everything).unwrap_or_else(|error| panic!("{error}"));
    let time = start.elapsed();
    assert!(time < SOON, "{time:?}");
    assert_ne!(compiled.report.has_errors(), compiled.files.is_some());
    let mut size = 0;
    for found in compiled.report.sorted() {
        if let Location::Text(Place { span, .. }) = found.location {
            assert!(inside(&source, span), "{found:?}");
        }
        for related in &found.related {
            assert!(inside(&source, related.place.span), "{found:?}");
        }
        size = size.max(found.message.len());
    }
    assert!(size < 10_000, "a message of {size} bytes");
    for format in [Format::Text, Format::Json, Format::Gitlab, Format::Sarif] {
        show(format, &compiled.report, Style::default()).unwrap();
    }
    compiled.report
}

/// Checks that a text gives this code, and none but the text's own findings.
#[track_caller]
fn refused(text: &str, code: Code) {
    let report = answer(text);
    let codes: Vec<Code> = report.sorted().iter().map(|found| found.code).collect();
    assert!(
        codes.contains(&code),
        "{code} is not in {:?}",
        &codes[..codes.len().min(9)]
    );
}

#[test]
fn aliases_that_multiply() {
    let mut text = "windlass: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..20 {
        let p = n - 1;
        text += &format!("a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}]\n");
    }
    refused(&text, Code::TooLarge);
    // The same with merges, and with text instead of values.
    let keys: String = (0..1000).map(|n| format!("k{n}: x, ")).collect();
    let merges = "  - {<<: *a}\n".repeat(10_000);
    refused(&format!("a: &a {{{keys}}}\nb:\n{merges}"), Code::TooLarge);
    let long = "x".repeat(1 << 20);
    let uses = "*a, ".repeat(1000);
    refused(&format!("a: &a {long}\nb: [{uses}]\n"), Code::TooLarge);
}

#[test]
fn aliases_that_deepen() {
    let mut text = "windlass: 1\njobs:\n  .a0: &a0 {script: x}\n".to_owned();
    for n in 1..1200 {
        text += &format!("  .a{n}: &a{n} {{variables: *a{p}}}\n", p = n - 1);
    }
    refused(&text, Code::TooLarge);
}

#[test]
fn nesting() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        for depth in [90, 99, 101, 10_000, 200_000] {
            let text = format!(
                "windlass: 1\njobs: {{unit: {{script: x}}, .hidden: {{a: {}x{}}}}}\n",
                open.repeat(depth),
                close.repeat(depth)
            );
            let report = answer(&text);
            assert_eq!(report.is_empty(), depth == 90, "{open}{depth}");
        }
        answer(&open.repeat(100_000));
    }
    let block: String = (0..2000)
        .map(|n| format!("{}a:\n", " ".repeat(n)))
        .collect();
    answer(&block);
    answer(&"- ".repeat(100_000));
    answer(&"? ".repeat(100_000));
    // Half in blocks, half in brackets: each alone is allowed.
    let mut text = "windlass: 1\njobs:\n  unit:\n    script: x\n".to_owned();
    for n in 0..70 {
        text += &format!("{}a:\n", " ".repeat(n + 4));
    }
    text += &format!(
        "{}a: {}{}\n",
        " ".repeat(74),
        "[".repeat(70),
        "]".repeat(70)
    );
    refused(&text, Code::TooLarge);
}

#[test]
fn long_lines_keys_and_scalars() {
    let long = "x".repeat(1 << 20);
    refused(&format!("windlass: 1 # {long}\n{long}"), Code::YamlSyntax);
    refused(&long, Code::WrongType);
    refused(&format!("{long}: 1\n"), Code::YamlSyntax);
    refused(&format!("? {long}\n: 1\n"), Code::BadName);
    let key = "k".repeat(2000);
    refused(&format!("windlass: 1\n? {key}\n: x\n"), Code::BadName);
    let bells = "\\a".repeat(250);
    refused(
        &format!("windlass: 1\njobs: {{\"{bells}\": {{script: x}}}}\n"),
        Code::BadName,
    );
    for value in [
        format!("jobs: {{unit: {{script: '{long}'}}}}"),
        format!("variables: {{A: '{long}'}}\njobs: {{unit: {{script: x}}}}"),
    ] {
        assert!(answer(&format!("windlass: 1\n{value}\n")).is_empty());
    }
    let digits = "1".repeat(1 << 20);
    for value in [
        format!("variables: {{A: {digits}}}"),
        format!("jobs: {{unit: {{script: x, variables: {{A: 0{digits}}}}}}}"),
        format!("windlass2: {long}"),
        format!("gitlab: {long}"),
        format!("gitlab: !{} x", "t".repeat(5000)),
        format!("images: {{app: {{role: {long}, dockerfile: /{long}, tag: {long}}}}}"),
        format!("refs: {{a: {{branches: ['/({long}/'], if: '{long}'}}}}"),
        format!("refs: {{a: {{of: {long}}}}}"),
        format!("tests: {{a: {{image: {long}, script: x, needs: [{long}], stage: {long}}}}}"),
        format!("tests: {{a: {{image: 'a:{long} ', script: x, timeout: {long}}}}}"),
        format!("tests: {{a: {{image: 'a:1', script: x, job_names: {{run: {long}}}}}}}"),
        format!("kubernetes: {{agent: {long}, namespace: {long}}}"),
        format!("docker: {{daemon: {long}, registry_mirror: {long}}}"),
        format!("environments: {{a: {{name: '{long}:', url: {long}, deploy: {long}}}}}"),
        format!("registries: {{a: {{password: '{long}!'}}}}\nstages: [{long}, {long}]"),
        format!("pipeline: [{long}]\ninclude: [{long}]"),
        format!("variables: {{L: {{value: {long}, options: [a]}}}}"),
        format!(
            "environments: {{a: {{deploy: {{set_image: {{{}/x: {{a: {long}}}}}}}}}}}",
            "k".repeat(200)
        ),
    ] {
        assert!(answer(&format!("windlass: 1\n{value}\n")).has_errors());
    }
}

#[test]
fn many_mistakes() {
    let doubles: String = (0..100_000).map(|_| "a: 1\n").collect();
    refused(&doubles, Code::DuplicateKey);
    let keys: String = (0..20_000).map(|n| format!("imagse{n}: 1\n")).collect();
    refused(&keys, Code::UnknownKey);
    let names: String = (0..2_000)
        .map(|n| format!("  s{n}: {{of: [topics-{n}x]}}\n"))
        .collect();
    refused(&format!("windlass: 1\nrefs:\n{names}"), Code::UnknownRefs);
    let circle: String = (0..2_000)
        .map(|n| format!("  s{n}: {{of: [s{}]}}\n", (n + 1) % 2_000))
        .collect();
    refused(&format!("windlass: 1\nrefs:\n{circle}"), Code::CyclicRefs);
}

#[test]
fn what_no_pipeline_can_hold() {
    for text in [
        "jobs: {unit: {script: \"a\\0b\"}}",
        "jobs: {\"a\\0b\": {script: x}}",
        "variables: {A: \"\\0\"}\njobs: {unit: {script: x}}",
        "stages: [\"a\\0\"]\njobs: {unit: {stage: \"a\\0\", script: x}}",
        "jobs: {unit: {script: !reference [\"a\\0\", script]}}",
    ] {
        refused(&format!("windlass: 1\n{text}\n"), Code::YamlSyntax);
    }
    for text in [
        "jobs: {unit: {script: x, \"<<\": {a: b}}}",
        "jobs: {\"<<\": {script: x}}",
        "tests: {'<<': {image: 'a:1', script: x}}",
    ] {
        refused(&format!("windlass: 1\n{text}\n"), Code::BadName);
    }
    // Control characters can be written, and come back as they are.
    let controls: String = (1..0x20).map(|n| format!("\\x{n:02x}")).collect();
    let text = format!(
        "windlass: 1\nvariables: {{A: \"{controls}\\x7f\\x85\\u2028\\ufeff\"}}\njobs: {{unit: {{script: \"{controls}\"}}}}\n"
    );
    assert!(answer(&text).is_empty());
}

#[test]
fn sets_that_multiply() {
    let doubled = |from: &str| {
        let sets: String = (1..60)
            .map(|n| format!("  s{n}: {{of: [s{0}, s{0}]}}\n", n - 1))
            .collect();
        format!("windlass: 1\nrefs:\n  s0: {from}\n{sets}jobs: {{a: {{refs: s59, script: x}}}}\n")
    };
    refused(&doubled("[a]"), Code::OutOfRange);
    refused(
        &doubled("{merge_requests: {source: [a]}}"),
        Code::OutOfRange,
    );
    let without: String = (1..40)
        .map(|n| {
            format!(
                "  s{n}: {{of: [s{0}, branches, tags], except: [s{0}]}}\n",
                n - 1
            )
        })
        .collect();
    let tests = "images: {app: {refs: s39}}\ntests: {a: {image: app, refs: s39, script: x}}";
    refused(
        &format!("windlass: 1\nrefs:\n  s0: [a]\n{without}{tests}\n"),
        Code::OutOfRange,
    );
    let chain: String = (1..20_000)
        .map(|n| format!("  s{n}: {{of: s{}}}\n", n - 1))
        .collect();
    refused(
        &format!("windlass: 1\nrefs:\n  s0: [a]\n{chain}"),
        Code::OutOfRange,
    );
}
