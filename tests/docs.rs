//! `docs/manifest.md`: its tables are made from the schema, and its examples compile. `docs/presets.md`: its preset
//! fits its manifest.
//! `WINDLASS_BLESS=1` writes the tables anew.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code outside of test functions"
)]

#[path = "docs/page.rs"]
mod page;
#[path = "docs/tables.rs"]
mod tables;

use std::collections::BTreeSet;
use std::path::Path;

use page::Page;
use tables::Tables;
use windlass::check::Files;
use windlass::compile::compile;
use windlass::finding::Code;
use windlass::source::Source;

/// A project that has every file.
struct Complete;

impl Files for Complete {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

/// What stands around an example that is not a whole manifest, by top-level key.
const AROUND: [(&str, &str); 6] = [
    ("windlass", "windlass: 1\n"),
    ("kubernetes", "kubernetes: {agent: 'group/clusters:main'}\n"),
    ("refs", "refs: {main: [main]}\n"),
    ("images", "images: {app: {}}\n"),
    ("tests", "tests: {unit: {image: app, script: make test}}\n"),
    (
        "environments",
        "environments: {production: {refs: main, deploy: {set_image: {deployment/app: {app: app}}}}}\n",
    ),
];

/// An example with what it leaves out.
fn whole(example: &str) -> String {
    let mut text = String::new();
    for (key, around) in AROUND {
        let has = |line: &str| line.starts_with(&format!("{key}:"));
        if !example.starts_with("windlass: 1\n") && !example.lines().any(has) {
            text += around;
        }
    }
    text + example
}

/// The errors of a manifest.
fn errors(text: &str) -> Vec<Code> {
    let source = Source::new("windlass.yml", text);
    let compiled = compile(&source, &Complete).expect("no internal error");
    let codes = compiled.report.sorted().into_iter().map(|found| found.code);
    codes
        .filter(|code| code.severity() == windlass::finding::Severity::Error)
        .collect()
}

#[test]
fn the_tables_are_those_of_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manifest.md");
    let page = Page::read(&path);
    let schema = windlass::manifest::schema();
    let new = page.with_tables(&Tables::new(&schema, &page));
    if std::env::var_os("WINDLASS_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &new).expect("writes docs/manifest.md");
        return;
    }
    let hint = "run: WINDLASS_BLESS=1 cargo test --test docs";
    assert!(page.text == new, "docs/manifest.md is out of date; {hint}");
}

#[test]
fn every_mapping_of_the_language_has_its_table() {
    let page = Page::of_the_manifest();
    let schema = windlass::manifest::schema();
    let definitions = schema["definitions"].as_object().expect("definitions");
    let mut wanted: BTreeSet<&str> = definitions.keys().map(String::as_str).collect();
    wanted.extend(["Manifest", "common"]);
    let shown: Vec<&str> = page
        .sections
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(shown.iter().copied().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(shown.len(), wanted.len(), "none twice");
}

#[test]
fn examples_compile() {
    let schema = windlass::manifest::schema();
    let validator = jsonschema::draft7::new(&schema).expect("the schema compiles");
    let page = Page::of_the_manifest();
    let mut faults = Vec::new();
    for text in &page.blocks {
        let text = whole(text);
        let found = errors(&text);
        if !found.is_empty() {
            faults.push(format!("{found:?}:\n{text}"));
        }
        let mut value: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
        value.apply_merge().expect("merge keys");
        let value = serde_json::to_value(value).expect("JSON");
        let wrong: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(wrong.is_empty(), "{text}\n{wrong:#?}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(page.blocks.len() >= 10, "{}", page.blocks.len());
}

/// A project with one preset.
struct WithPreset(String);

impl Files for WithPreset {
    fn exists(&self, _: &str) -> bool {
        true
    }

    fn text(&self, path: &str) -> Result<String, windlass::files::Unread> {
        match path {
            ".windlass/backend.yml" => Ok(self.0.clone()),
            _ => Err(windlass::files::Unread::Absent),
        }
    }

    fn pins_presets(&self) -> bool {
        false
    }
}

#[test]
fn the_preset_of_the_page_fits_its_manifest() {
    let page = Page::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/presets.md"));
    let [manifest, preset] = page.blocks.as_slice() else {
        panic!("{} blocks", page.blocks.len());
    };
    let source = Source::new("windlass.yml", manifest.as_str());
    let compiled = compile(&source, &WithPreset(preset.clone())).expect("no internal error");
    let found = compiled.report.sorted();
    assert!(found.is_empty(), "{found:#?}");
    let origin = compiled
        .composed
        .origin("tests.unit.timeout")
        .expect("an origin");
    let value = origin.values.into_iter().next().expect("a place");
    let told = format!(
        "{}:{}: {}: {}\n",
        value.file,
        value.line,
        value.path,
        value.text.expect("a text")
    );
    assert!(page.text.contains(&told), "{told}");
}
