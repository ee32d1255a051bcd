//! Each step of the compiler, and the whole of it, for 10 to 10,000 jobs and for the reference
//! project: `cargo bench --bench compile`.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark that cannot run has nothing to say"
)]

mod large;

use std::fmt;
use std::path::Path;

use divan::{Bencher, black_box};
use large::AnyProject;
use windlass::check::check;
use windlass::compile::compile;
use windlass::finding::Report;
use windlass::lower::lower;
use windlass::manifest::{self, Manifest};
use windlass::source::{Limits, Node, Source, parse};
use windlass::{proof, render, verify};

/// What is compiled.
#[derive(Clone, Copy)]
enum Input {
    /// `examples/facile`.
    Reference,
    /// A generated manifest of so many jobs.
    Jobs(usize),
}

const INPUTS: [Input; 5] = [
    Input::Reference,
    Input::Jobs(10),
    Input::Jobs(100),
    Input::Jobs(1_000),
    Input::Jobs(10_000),
];

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Reference => f.write_str("reference"),
            Input::Jobs(jobs) => write!(f, "{jobs} jobs"),
        }
    }
}

impl Input {
    fn source(self) -> Source {
        let text = match self {
            Input::Reference => {
                let root = Path::new(env!("CARGO_MANIFEST_DIR"));
                std::fs::read_to_string(root.join("examples/facile/windlass.yml"))
                    .expect("the reference project's manifest")
            }
            Input::Jobs(jobs) => large::manifest(jobs),
        };
        Source::new("windlass.yml", text)
    }
}

fn tree(source: &Source) -> Node {
    parse(source, Limits::MANIFEST, &mut Report::default()).expect("a tree")
}

fn typed(source: &Source) -> Manifest {
    manifest::read(&tree(source), &mut Report::default()).expect("a manifest")
}

/// `manifest N` prints the manifest of N jobs, for measurements of the whole process.
fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "manifest");
    match arguments.nth(1) {
        Some(jobs) => print!(
            "{}",
            large::manifest(jobs.parse().expect("a number of jobs"))
        ),
        None => divan::main(),
    }
}

/// Text to a tree with positions.
#[divan::bench(args = INPUTS)]
fn a_parse(bencher: Bencher<'_, '_>, input: Input) {
    let source = input.source();
    bencher.bench_local(|| tree(black_box(&source)));
}

/// The tree to a typed manifest, and all checks.
#[divan::bench(args = INPUTS)]
fn b_check(bencher: Bencher<'_, '_>, input: Input) {
    let root = tree(&input.source());
    bencher.bench_local(|| {
        let mut report = Report::default();
        let manifest = manifest::read(black_box(&root), &mut report).expect("a manifest");
        check(&manifest, &AnyProject, &mut report);
        assert!(!report.has_errors(), "{report:?}");
        manifest
    });
}

/// The manifest to a pipeline.
#[divan::bench(args = INPUTS)]
fn c_lower(bencher: Bencher<'_, '_>, input: Input) {
    let manifest = typed(&input.source());
    bencher.bench_local(|| lower(black_box(&manifest)));
}

/// What the pipeline does on every class of refs.
#[divan::bench(args = INPUTS)]
fn d_proof(bencher: Bencher<'_, '_>, input: Input) {
    let source = input.source();
    let root = tree(&source);
    let manifest = typed(&source);
    let lowered = lower(&manifest);
    let document = lowered.pipeline.to_document();
    bencher.bench_local(|| {
        let mut report = Report::default();
        let proved = proof::check(
            &manifest,
            &root,
            black_box(&lowered),
            &document,
            &source,
            &AnyProject,
            &mut report,
        );
        assert_eq!(proved, Ok(()));
        assert!(!report.has_errors(), "{report:?}");
    });
}

/// The pipeline to the text of its file.
#[divan::bench(args = INPUTS)]
fn e_render(bencher: Bencher<'_, '_>, input: Input) {
    let lowered = lower(&typed(&input.source()));
    bencher.bench_local(|| {
        let document = black_box(&lowered).pipeline.to_document();
        render::pipeline(&document).expect("a text")
    });
}

/// The text read back by another parser and compared with the pipeline.
#[divan::bench(args = INPUTS)]
fn f_verify(bencher: Bencher<'_, '_>, input: Input) {
    let document = lower(&typed(&input.source())).pipeline.to_document();
    let text = render::pipeline(&document).expect("a text");
    bencher.bench_local(|| verify::verify(black_box(&text), &document).expect("no mismatch"));
}

/// All of it.
#[divan::bench(args = INPUTS)]
fn whole(bencher: Bencher<'_, '_>, input: Input) {
    let source = input.source();
    if let Input::Jobs(jobs) = input {
        let compiled = compile(&source, &AnyProject).expect("no internal error");
        let lowered = compiled.lowered.expect("no errors");
        assert_eq!(lowered.pipeline.jobs.len(), jobs);
    }
    bencher.bench_local(|| compile(black_box(&source), &AnyProject).expect("no internal error"));
}
