//! The JSON Schema of the manifest: the committed file is what `windlass schema` prints, and it
//! says yes and no where the compiler does.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "test code outside of test functions"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> Value {
    windlass::manifest::schema()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&schema()).expect("the schema compiles")
}

/// A manifest as an editor sees it: with merge keys applied.
fn instance(text: &str) -> Value {
    let mut value: serde_yaml::Value = serde_yaml::from_str(text).expect("YAML");
    value.apply_merge().expect("merge keys");
    serde_json::to_value(value).expect("JSON")
}

/// The manifests of the seed systems and of the examples.
fn manifests() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(root().join("tests/manifests"))
        .expect("tests/manifests")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    let examples = fs::read_dir(root().join("examples")).expect("examples");
    all.extend(examples.map(|entry| entry.expect("an entry").path().join("windlass.yml")));
    all.retain(|path| path.extension().is_some_and(|ending| ending == "yml"));
    assert!(all.len() >= 6, "{all:?}");
    all
}

#[test]
fn the_committed_schema_is_what_the_command_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .arg("schema")
        .output()
        .expect("windlass runs");
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let path = root().join("schemas/windlass.schema.json");
    if std::env::var_os("WINDLASS_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &printed).expect("writes the schema");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let hint = "run: WINDLASS_BLESS=1 cargo test --test schema";
    assert!(
        committed == printed,
        "schemas/windlass.schema.json is out of date; {hint}"
    );
}

#[test]
fn it_is_draft_07() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    if let Err(error) = jsonschema::draft7::meta::validate(&schema) {
        panic!("{}: {error}", error.instance_path());
    }
}

/// Calls `visit` with every schema inside of a schema.
fn each<'s>(schema: &'s Value, at: &str, visit: &mut impl FnMut(&str, &'s Value)) {
    visit(at, schema);
    for (key, value) in schema.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("properties" | "definitions", Value::Object(schemas)) => {
                for (name, schema) in schemas {
                    each(schema, &format!("{at}/{name}"), visit);
                }
            }
            ("anyOf" | "oneOf", Value::Array(schemas)) => {
                for schema in schemas {
                    each(schema, at, visit);
                }
            }
            ("items" | "additionalProperties", Value::Object(_)) => each(value, at, visit),
            _ => {}
        }
    }
}

#[test]
fn every_key_and_every_word_has_its_hover_text() {
    let (mut keys, mut words) = (0, 0);
    let sentence = |at: &str, schema: &Value| {
        let text = schema["description"].as_str().unwrap_or_default();
        assert!(
            text.ends_with('.') && !text.contains('\n') && !text.contains("  "),
            "{at}: {text:?}"
        );
    };
    each(&schema(), "", &mut |at, schema| {
        for (name, key) in schema["properties"].as_object().into_iter().flatten() {
            sentence(&format!("{at}/{name}"), key);
            keys += 1;
        }
        if schema.get("const").is_some_and(Value::is_string) {
            sentence(at, schema);
            words += 1;
        }
    });
    assert!(keys > 150 && words > 30, "{keys} keys, {words} words");
}

#[test]
fn every_mapping_is_closed_or_has_free_names_or_is_raw() {
    let mut raw = Vec::new();
    each(&schema(), "", &mut |at, schema| {
        let object = schema["type"] == "object"
            || schema["type"]
                .as_array()
                .is_some_and(|types| types.contains(&json!("object")));
        if !object {
            return;
        }
        match (&schema["properties"], &schema["additionalProperties"]) {
            (Value::Object(_), closed) => assert_eq!(closed, false, "{at}"),
            (_, Value::Object(_)) => {}
            _ => raw.push(at.rsplit('/').next().unwrap_or_default().to_owned()),
        }
    });
    raw.sort();
    raw.dedup();
    assert_eq!(raw, ["include", "job", "jobs", "pipeline"]);
}

#[test]
fn the_manifests_of_the_project_validate() {
    let validator = validator();
    for path in manifests() {
        let text = fs::read_to_string(&path).expect("a manifest");
        let errors: Vec<String> = validator
            .iter_errors(&instance(&text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

/// Pointers to all keys of mappings that are closed: not below raw GitLab keys, and no free names.
fn keys(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let below = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                found.push(below.clone());
                // Below these stand GitLab's own keys, which windlass hands on.
                if !["job", "jobs", "pipeline", "include"].contains(&key.as_str()) {
                    keys(value, &below, found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                keys(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Whether the name under a pointer is free: a name of an entity, a variable, a workload, ...
fn is_free(pointer: &str) -> bool {
    let path: Vec<&str> = pointer.split('/').skip(1).collect();
    let parent = path
        .len()
        .checked_sub(2)
        .and_then(|index| path.get(index))
        .copied();
    let over = path
        .len()
        .checked_sub(3)
        .and_then(|index| path.get(index))
        .copied();
    let maps = [
        "images",
        "tests",
        "tasks",
        "environments",
        "promotions",
        "refs",
        "registries",
        "services",
        "variables",
        "build_args",
        "set_image",
    ];
    match (path.first().copied(), parent, over) {
        // `defaults.images` holds keys of an image, `environments.X.refs` are names in lists.
        (
            Some("defaults"),
            Some("images" | "tests" | "tasks" | "environments" | "promotions"),
            _,
        ) => false,
        (_, Some(parent), _) if maps.contains(&parent) => true,
        (_, _, Some("set_image" | "matrix")) => true,
        _ => false,
    }
}

#[test]
fn every_misspelt_key_is_refused() {
    let validator = validator();
    let mut tried = 0;
    for path in manifests() {
        let good = instance(&fs::read_to_string(&path).expect("a manifest"));
        let mut pointers = Vec::new();
        keys(&good, "", &mut pointers);
        for pointer in pointers.iter().filter(|pointer| !is_free(pointer)) {
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            let mut bad = good.clone();
            let map = bad
                .pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .expect("a mapping");
            let value = map.remove(name).expect("the key");
            map.insert(format!("{name}x"), value);
            assert!(!validator.is_valid(&bad), "{}: {pointer}", path.display());
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried} keys");
}

/// Fragments below `windlass: 1` that the schema must refuse or take as the compiler's checks do.
#[test]
fn limits_are_those_of_the_compiler() {
    let validator = validator();
    let windlass = |text: &str| {
        use windlass::compile::{Project, compile};
        let source = windlass::source::Source::new("windlass.yml", text);
        let project = Project {
            root: root().join("examples/facile"),
        };
        let compiled = compile(&source, &project).expect("no internal error");
        compiled.files.is_some()
    };
    let app = "tests: {t: {image: 'php:8', script: make}}\n";
    for (text, good) in [
        ("windlass: 1\n".to_owned() + app, true),
        ("windlass: 2\n".to_owned() + app, false),
        ("windlass: null\n".to_owned() + app, false),
        (app.to_owned(), false),
        (format!("windlass: 1\ngitlab: '18'\n{app}"), true),
        (format!("windlass: 1\ngitlab: '18.5'\n{app}"), true),
        (format!("windlass: 1\ngitlab: latest\n{app}"), false),
        (format!("windlass: 1\ngitlab: '18.5.1'\n{app}"), false),
        (format!("windlass: 1\ndefaults: {{retry: 2}}\n{app}"), true),
        (format!("windlass: 1\ndefaults: {{retry: 3}}\n{app}"), false),
        (
            format!("windlass: 1\ndefaults: {{retry: {{max: 0}}}}\n{app}"),
            true,
        ),
        (
            format!("windlass: 1\ndefaults: {{retry: {{max: -1}}}}\n{app}"),
            false,
        ),
        (
            "windlass: 1\nimages: {a: {retention: {keep_for: pipeline}}}\n".to_owned(),
            true,
        ),
        (
            "windlass: 1\nimages: {a: {retention: {keep_n: 0}}}\n".to_owned(),
            false,
        ),
        ("windlass: 1\nimages: {a: null}\n".to_owned(), false),
        ("windlass: 1\nimages: {App: {}}\n".to_owned(), false),
        ("windlass: 1\nimages: {all: {}}\n".to_owned(), false),
        (
            "windlass: 1\nimages: {a: {secrets: {id: $TOKEN}}}\n".to_owned(),
            false,
        ),
        (
            "windlass: 1\nimages: {a: {secrets: {id: TOKEN}}}\n".to_owned(),
            true,
        ),
        (
            "windlass: 1\nimages: {a: {role: tests}}\n".to_owned(),
            false,
        ),
        (
            "windlass: 1\ntests: {t: {image: 'php:8', script: make, parallel: 200}}\n".to_owned(),
            true,
        ),
        (
            "windlass: 1\ntests: {t: {image: 'php:8', script: make, parallel: 201}}\n".to_owned(),
            false,
        ),
        (
            "windlass: 1\ntests: {t: {image: 'php:8', script: make, coverage: '/x/'}}\n".to_owned(),
            true,
        ),
        (
            "windlass: 1\ntests: {t: {image: 'php:8', script: make, coverage: x}}\n".to_owned(),
            false,
        ),
        (
            "windlass: 1\ntests: {t: {image: 'php:8', script: make, timeout: null}}\n".to_owned(),
            true,
        ),
    ] {
        assert_eq!(windlass(&text), good, "the compiler, of\n{text}");
        assert_eq!(
            validator.is_valid(&instance(&text)),
            good,
            "the schema, of\n{text}"
        );
    }
}
