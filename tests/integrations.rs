//! What other programs read: the components of GitLab's catalog, the preset of Renovate, the schema's
//! entry for SchemaStore, and the settings in `docs/integrations.md`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

const PAGE: &str = "docs/integrations.md";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn windlass(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command.arg("-C").arg(folder).args(arguments);
    command.output().unwrap()
}

/// The blocks of a language in the page.
fn blocks(language: &str) -> Vec<String> {
    let page = read(PAGE);
    let start = format!("\n```{language}\n");
    page.split(start.as_str())
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}

/// A project that includes the components as the page says, and the folder that has them.
fn consumer() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let includes = folder.path().join("includes");
    let templates = includes.join("project/platform/windlass@0.1.0/templates");
    fs::create_dir_all(&templates).unwrap();
    for name in ["check.yml", "lint.yml", "diff.yml"] {
        fs::copy(root().join("templates").join(name), templates.join(name)).unwrap();
    }
    let block = blocks("yaml").swap_remove(0);
    fs::write(folder.path().join(".gitlab-ci.yml"), block + "\n").unwrap();
    (folder, includes)
}

/// The jobs of a branch pipeline.
fn planned(folder: &Path, includes: &Path, branch: &[&str]) -> Value {
    let includes = includes.to_str().unwrap();
    let mut arguments = vec!["--includes-from", includes, "plan", "--format", "json"];
    arguments.extend(["--file", ".gitlab-ci.yml"]);
    arguments.extend(branch);
    let output = windlass(folder, &arguments);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn names(plan: &Value) -> Vec<&str> {
    let jobs = plan["jobs"].as_array().unwrap().iter();
    let jobs = jobs.filter(|job| job["runs"] != json!(false));
    jobs.map(|job| job["name"].as_str().unwrap()).collect()
}

#[test]
fn the_components_run_on_branches() {
    let (folder, includes) = consumer();
    let plan = planned(folder.path(), &includes, &["--branch", "main"]);
    assert!(plan.get("unread").is_none(), "{plan}");
    assert_eq!(names(&plan), ["windlass-check", "windlass-lint"], "{plan}");
    let plan = planned(
        folder.path(),
        &includes,
        &["--merge-request", "feature..main"],
    );
    assert_eq!(names(&plan), ["windlass-diff"], "{plan}");
    let arguments = ["--includes-from", includes.to_str().unwrap(), "lint"];
    let lint = windlass(folder.path(), &arguments);
    assert!(
        lint.status.success() && lint.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&lint.stdout)
    );
}

#[test]
fn every_input_of_a_component_is_used_and_documented() {
    let page = read(PAGE);
    for name in ["check", "lint", "diff"] {
        let text = read(&format!("templates/{name}.yml"));
        let (spec, body) = text.split_once("\n---\n").unwrap();
        let spec: Value = serde_yaml::from_str(spec).unwrap();
        for (input, about) in spec["spec"]["inputs"].as_object().unwrap() {
            assert!(body.contains(&format!("$[[ inputs.{input} ]]")), "{input}");
            assert!(about["description"].is_string(), "{input}");
            assert!(page.contains(&format!("\n| `{input}`")), "{input}");
        }
        assert_eq!(
            body.matches("inputs.").count(),
            body.matches("$[[ inputs.").count()
        );
    }
}

/// The scripts of the components, in a shell, leave a report and fail as they should.
#[test]
fn the_scripts_of_the_components_report() {
    let binary = Path::new(env!("CARGO_BIN_EXE_windlass"));
    let path = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
    for (drift, status) in [("", true), ("# by hand\n", false)] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("windlass.yml"),
            "windlass: 1\njobs: {hello: {script: [echo hi]}}\n",
        )
        .unwrap();
        assert!(windlass(folder.path(), &["generate"]).status.success());
        let pipeline = folder.path().join(".gitlab-ci.yml");
        let text = fs::read_to_string(&pipeline).unwrap() + drift;
        fs::write(&pipeline, text).unwrap();
        let component =
            read("templates/check.yml").replace("$[[ inputs.manifest ]]", "windlass.yml");
        let body = component.split_once("\n---\n").unwrap().1;
        let body = body.replace("$[[ inputs.rules ]]", "[]");
        let job: Value = serde_yaml::from_str(&body).unwrap();
        let lines = job["$[[ inputs.job ]]"]["script"].as_array().unwrap();
        let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
        let output = Command::new("sh")
            .args(["-e", "-c", &lines.join("\n")])
            .current_dir(folder.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        assert_eq!(output.status.success(), status, "{output:?}");
        let report = fs::read_to_string(folder.path().join("gl-code-quality-report.json"));
        let report: Value = serde_json::from_str(&report.unwrap()).unwrap();
        assert_eq!(report.as_array().unwrap().is_empty(), status, "{report}");
    }
}

/// The component for merge requests writes the page that its artifact names.
#[test]
fn the_script_of_the_diff_component_writes_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=test", "-c", "user.email=test@example.com"])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let manifest = folder.path().join("windlass.yml");
    fs::write(
        &manifest,
        "windlass: 1\njobs: {hello: {script: [echo hi]}}\n",
    )
    .unwrap();
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "first"]);
    let base = git(&["rev-parse", "HEAD"]);
    fs::write(
        &manifest,
        "windlass: 1\njobs: {hello: {script: [echo ho]}}\n",
    )
    .unwrap();
    let component = read("templates/diff.yml").replace("$[[ inputs.manifest ]]", "windlass.yml");
    let body = component.split_once("\n---\n").unwrap().1;
    let body = body.replace("$[[ inputs.rules ]]", "[]");
    let job: Value = serde_yaml::from_str(&body).unwrap();
    let job = &job["$[[ inputs.job ]]"];
    let lines = job["script"].as_array().unwrap();
    let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    let binary = Path::new(env!("CARGO_BIN_EXE_windlass"));
    let path = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
    let output = Command::new("sh")
        .args(["-e", "-c", &lines.join("\n")])
        .current_dir(folder.path())
        .env("PATH", &path)
        .env("CI_MERGE_REQUEST_DIFF_BASE_SHA", base)
        .env("CI_DEFAULT_BRANCH", "main")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let page = job["artifacts"]["paths"][0].as_str().unwrap();
    let page = fs::read_to_string(folder.path().join(page)).unwrap();
    assert!(
        page.contains("hello") && page.contains("+ echo ho"),
        "{page}"
    );
}

/// The images that the preset finds in a text: name, version, digest.
fn renovated(text: &str) -> Vec<(String, String, Option<String>)> {
    let preset: Value = serde_json::from_str(&read("renovate/windlass.json")).unwrap();
    let patterns = preset["customManagers"][0]["matchStrings"].as_array();
    let mut found = Vec::new();
    for pattern in patterns.unwrap() {
        let pattern = regex::Regex::new(pattern.as_str().unwrap()).unwrap();
        for captures in pattern.captures_iter(text) {
            let group = |name: &str| captures.name(name).map(|found| found.as_str().to_owned());
            found.push((
                group("depName").unwrap(),
                group("currentValue").unwrap(),
                group("currentDigest"),
            ));
        }
    }
    found
}

#[test]
fn renovate_finds_the_pinned_images() {
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let text = format!(
        "windlass: 1
tools: {{prefix: registry.example.com/mirror, regctl: 'ghcr.io/regclient/regctl:v0.11.5@{digest}'}}
docker: {{image: docker:28-cli, dind: \"docker:28-dind\", daemon: 'tcp://docker:2376'}}
kubernetes: {{agent: group/clusters:main, image: alpine/k8s:1.34.1}}
images: {{app: {{tag: $CI_COMMIT_SHA}}}}
tests:
  unit: {{image: app, services: [{{name: 'postgres:18', alias: db}}], script: 'curl http://app:80'}}
  lint:
    image: registry.example.com:5000/tools/lint:2.1
    services:
      - redis:8-alpine
    script: make lint
environments: {{review: {{name: review/$CI_COMMIT_REF_NAME, url: 'https://x.example.com:8443'}}}}
"
    );
    let mut found = renovated(&text);
    found.sort();
    let image = |name: &str, version: &str| (name.to_owned(), version.to_owned(), None);
    let mut wanted = vec![
        image("alpine/k8s", "1.34.1"),
        image("docker", "28-cli"),
        image("docker", "28-dind"),
        image("postgres", "18"),
        image("redis", "8-alpine"),
        image("registry.example.com:5000/tools/lint", "2.1"),
    ];
    let regctl = "ghcr.io/regclient/regctl".to_owned();
    wanted.push((regctl, "v0.11.5".to_owned(), Some(digest)));
    wanted.sort();
    assert_eq!(found, wanted);
}

/// In the examples, whatever the preset finds is an image of the generated pipeline.
#[test]
fn renovate_finds_nothing_but_images() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(folder.join("windlass.yml")) else {
            continue;
        };
        let pipeline = fs::read_to_string(folder.join(".gitlab-ci.yml")).unwrap();
        for (name, version, _) in renovated(&text) {
            let image = format!("{name}:{version}");
            assert!(pipeline.contains(&image), "{image} in {}", folder.display());
            count += 1;
        }
    }
    assert!(count > 3, "{count}");
}

#[test]
fn the_schema_is_ready_for_schemastore() {
    let schema = windlass::manifest::schema();
    let entry: Value = serde_json::from_str(&read("schemas/schemastore.json")).unwrap();
    assert_eq!(schema["$id"], entry["url"]);
    let files = json!(["windlass.yml", "windlass.yaml"]);
    assert_eq!(entry["fileMatch"], files);
}

#[test]
fn the_settings_of_editors_are_well_formed() {
    let json = blocks("json");
    assert_eq!(json.len(), 2);
    for block in json {
        let _: Value = serde_json::from_str(&block).unwrap();
    }
    let toml = blocks("toml");
    assert_eq!(toml.len(), 1);
    for block in toml {
        let settings: toml::Table = toml::from_str(&block).unwrap();
        let server = &settings["language-server"]["yaml-language-server"];
        assert!(server["config"]["yaml"]["schemas"].is_table());
    }
    let page = read(PAGE);
    assert!(page.matches("schemas/windlass.schema.json").count() >= 4);
    assert!(root().join("schemas/windlass.schema.json").is_file());
}
