//! What a file says cannot forge what windlass says: random strings with control characters, line
//! breaks, direction marks, backticks and Markdown stand at every place of a pipeline and of a
//! manifest, and every command prints them.
//!
//! Each string holds the word `forged` where it would do harm: behind a line break, a backtick or a
//! tag. No line may begin with it, and in Markdown it may stand in code alone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by a panic, also in a function that several tests use"
)]

mod commands;
mod markdown;
mod pipeline;

use proptest::prelude::*;
use windlass::check::Files;
use windlass::compile::compile;
use windlass::config::{Config, Repository, of_pipeline, read};
use windlass::diff::{self, Told, diff, tell};
use windlass::files::Unread;
use windlass::finding::Report;
use windlass::finding::output::{Format, Style, show};
use windlass::graph::{self, Graph};
use windlass::plan::{self, Situation, classes, plan_all};
use windlass::source::Source;

/// A project in which every file exists.
struct Everything;

impl Files for Everything {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

/// A repository that has every file, each with the text of a broken one.
struct Included(String);

impl Repository for Included {
    fn read(&self, _: &str) -> Result<String, Unread> {
        Ok(self.0.clone())
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }
}

/// A string that does harm where it is printed as it is.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\u{1b}[2J",
            "\u{1b}]0;forged\u{7}",
            "\u{9b}31m",
            "\nforged: error",
            "\r\nforged",
            "\rforged",
            "\n/merge forged",
            "\n\n# forged",
            "\n```\nforged",
            "` forged `",
            "``` forged",
            "`` <b>forged</b>",
            "<script>forged</script>",
            "\"><img src=forged>",
            "\u{202e}forged",
            "\u{2066}\u{200b}\u{feff}",
            "\u{2028}forged\u{85}forged",
            "| forged |",
            "**forged** [forged](forged) @forged ~forged",
            "\\",
            "\t",
            "\0",
            "\u{7f}",
        ])
        .prop_map(str::to_owned),
        "[a-z é$]{1,6}",
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

/// Whether a character moves a cursor, turns text around or cannot be seen.
fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200c}' | '\u{200e}'..='\u{200f}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Checks what a terminal gets.
pub(crate) fn is_clean(what: &str, text: &str) {
    for line in text.split('\n') {
        assert!(!line.contains(disturbs), "{what}: {line:?}\nin {text:?}");
        let forged = line.starts_with("forged") || line.trim_start().starts_with("/merge");
        assert!(!forged, "{what}: {line:?}\nin {text}");
    }
}

/// Checks all that is printed about findings. Their texts are shown to people in the first format
/// alone; in the others only the controls count.
fn findings_are_clean(report: &Report) {
    let text = show(Format::Text, report, Style::default()).unwrap();
    is_clean("findings", text.as_str());
    for format in [Format::Json, Format::Gitlab, Format::Sarif, Format::Junit] {
        let text = show(format, report, Style::default()).unwrap();
        is_clean("findings for programs", text.as_str());
    }
}

/// Checks all that is printed about a configuration.
fn configuration_is_clean(config: &Config, ref_name: &str) {
    findings_are_clean(&config.report());
    let classes = classes(config, "main");
    let mut situations = classes.situations;
    situations.truncate(6);
    situations.push(Situation::branch(ref_name));
    situations.push(Situation::merge_request(ref_name, ref_name));
    let plans = plan_all(config, &situations);
    let style = plan::Style::default();
    is_clean(
        "plan --all",
        plan::table(config, &plans, &classes.left_out, style).as_str(),
    );
    for one in &plans {
        is_clean("plan", plan::text(config, one, style).as_str());
        for job in &one.jobs {
            is_clean("plan --why", plan::why(config, one, job, style).as_str());
        }
    }
    for graph in [
        Graph::of_plans(config, &plans),
        Graph::of_plan(config, plans.last().unwrap()),
    ] {
        for format in [
            graph::Format::Mermaid,
            graph::Format::Dot,
            graph::Format::Svg,
        ] {
            let drawn = graph.draw(format);
            is_clean("graph", &drawn);
            let is_markup = format != graph::Format::Dot;
            assert!(!is_markup || !drawn.contains("<script"), "{drawn}");
        }
    }
    let views = plans
        .iter()
        .map(|plan| graph::View::of_plan(config, plan, &windlass::config::Alone));
    let page = graph::Page {
        file: "pipeline".to_owned(),
        views: views.collect(),
        missing: Vec::new(),
    }
    .draw();
    is_clean("graph --format html", &page);
    assert_eq!(page.matches("<script").count(), 2);
}

/// Checks all that is printed about a change.
fn difference_is_clean(before: &Config, after: &Config, against: &str) {
    let comparison = diff(before, after, "main");
    let plans = plan_all(after, &classes(after, "main").situations);
    let mermaid = Graph::of_plans(after, &plans).draw(graph::Format::Mermaid);
    let told = Told {
        against,
        comparison: &comparison,
        mermaid: &mermaid,
        color: false,
    };
    is_clean("diff", tell(&told, diff::Format::Text).as_str());
    is_clean("diff as JSON", tell(&told, diff::Format::Json).as_str());
    let comment = tell(&told, diff::Format::Markdown);
    is_clean("diff as Markdown", comment.as_str());
    markdown::is_clean(comment.as_str());
}

fn cases() -> u32 {
    let cases = std::env::var("PROPTEST_CASES").ok();
    cases.and_then(|cases| cases.parse().ok()).unwrap_or(256)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn a_pipeline_forges_nothing(
        before in pipeline::valid(),
        after in pipeline::valid(),
        name in hostile(),
    ) {
        let reading = |text: &str| {
            let main = Source::new(format!("x{name}.yml"), text);
            read(main, &Included(".x: {script: x}".to_owned())).result
        };
        match (reading(&before), reading(&after)) {
            (Ok(before), Ok(after)) => {
                configuration_is_clean(&after, &name);
                difference_is_clean(&before, &after, &name);
            }
            (before, after) => for report in [before.err(), after.err()].into_iter().flatten() {
                findings_are_clean(&report);
            },
        }
    }

    #[test]
    fn a_broken_pipeline_forges_nothing(
        main in pipeline::broken(),
        included in pipeline::broken(),
        name in hostile(),
    ) {
        let reading = read(Source::new(format!("x{name}"), main), &Included(included)).result;
        match reading {
            Ok(config) => findings_are_clean(&config.report()),
            Err(report) => findings_are_clean(&report),
        }
    }

    #[test]
    fn a_manifest_forges_nothing(manifest in pipeline::manifest(), name in hostile()) {
        let source = Source::new(format!("x{name}"), manifest);
        let compiled = compile(&source, &Everything).unwrap();
        findings_are_clean(&compiled.report);
        if let Some(lowered) = &compiled.lowered
            && let Ok(config) = of_pipeline(&lowered.pipeline, &source)
        {
            configuration_is_clean(&config, &name);
        }
    }
}

/// Most pipelines of [`pipeline::valid`] are, so that the first of the properties is about them.
#[test]
fn most_pipelines_are_read() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let read = (0..100)
        .filter(|_| {
            let text = pipeline::valid().new_tree(&mut runner).unwrap().current();
            let main = Source::new("a", text);
            read(main, &Included(".x: {script: x}".to_owned()))
                .result
                .is_ok()
        })
        .count();
    assert!(read >= 60, "{read} of 100");
}
