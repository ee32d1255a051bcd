//! What `import` writes passes its own check, and `accept` names nothing that `lint` does not say of the pipeline.

use std::collections::BTreeSet;
use std::path::Path;

use windlass::finding::{Code, Report, Severity};
use windlass::import::Depth;
use windlass::lint;
use windlass::plan::Configs;
use windlass::source::Source;

use super::held::Held;
use super::{ROOT, case, files_below, imported_as, reason, sorted};

/// Findings about pipelines that `lint` has under the same code.
const SHARED: [Code; 7] = [
    Code::DuplicatePipeline,
    Code::NeedMissing,
    Code::OnlyPrePost,
    Code::StopMissing,
    Code::InterruptibleDeploy,
    Code::RefusedOnRef,
    Code::NeverRuns,
];

/// The codes of what is found.
fn codes(report: &Report, severity: Severity) -> BTreeSet<&'static str> {
    let all = report.sorted();
    let all = all.iter().filter(|found| found.severity == severity);
    all.map(|found| found.code.as_str()).collect()
}

/// What `lint` finds in a pipeline.
fn linted(text: &str, files: &Held) -> BTreeSet<&'static str> {
    let source = Source::new(".gitlab-ci.yml", text);
    let around = files.clone();
    let configs =
        Configs::new(move |given| windlass::config::read_where(source.clone(), &around, given));
    let Ok(configs) = configs else {
        return BTreeSet::new();
    };
    let project = lint::Project {
        file: ".gitlab-ci.yml",
        default_branch: Some("main"),
        repository: files,
        settings: &lint::Settings::default(),
        shellcheck: None,
    };
    let report = lint::lint(&configs, &project);
    let mut all = codes(&report, Severity::Error);
    all.extend(codes(&report, Severity::Warning));
    // At the include itself, of which a manifest knows the key alone.
    if all.contains(Code::BadInclude.as_str()) {
        all.insert(Code::RefusedOnRef.as_str());
    }
    all
}

/// What is wrong with a manifest that was imported from a pipeline; nothing if all is well.
pub(super) fn faults(pipeline: &str, manifest: &str, files: &Held) -> Vec<String> {
    let source = Source::new("windlass.yml", manifest);
    let compiled = windlass::compile::compile(&source, files).unwrap();
    let mut faults: Vec<String> = codes(&compiled.report, Severity::Error)
        .into_iter()
        .map(|code| format!("error {code}"))
        .collect();
    if compiled.files.is_none() {
        faults.push("no file is generated".to_owned());
    }
    let found = codes(&compiled.report, Severity::Warning);
    let told = SHARED.iter().map(|code| code.as_str());
    let told: Vec<&str> = told.filter(|code| found.contains(code)).collect();
    if !told.is_empty() {
        let linted = linted(pipeline, files);
        let new = told.into_iter().filter(|code| !linted.contains(code));
        faults.extend(new.map(|code| format!("only of the manifest: {code}")));
    }
    faults
}

/// The manifest passes, however far the import goes.
fn passes(name: &str, text: &str, files: &Held, depths: &[Depth]) {
    for depth in depths {
        let Some(Ok(imported)) = imported_as(text, files, *depth) else {
            continue;
        };
        let faults = faults(text, &imported.text, files);
        assert!(faults.is_empty(), "{name}: {faults:?}\n{}", imported.text);
    }
}

#[test]
fn the_manifest_of_each_pipeline_that_gitlab_takes_passes() {
    let mut seen = 0;
    for case in case::cases("lint") {
        let Some(text) = &case.yaml else { continue };
        if case.verdict["valid"] == true {
            seen += 1;
            passes(
                &case.id,
                text,
                &Held::new(case.files().clone()),
                &[Depth::Jobs],
            );
        }
    }
    assert!(seen > 250, "{seen}");
}

#[test]
fn the_manifest_of_each_example_passes() {
    let mut seen = 0;
    for folder in sorted("examples") {
        let mut files = Vec::new();
        files_below(&folder, "", &mut files);
        files.retain(|(path, _)| path != "windlass.yml");
        let pipeline = files.iter().find(|(path, _)| path == ".gitlab-ci.yml");
        let Some((_, text)) = pipeline.cloned() else {
            continue;
        };
        seen += 1;
        let name = folder.display().to_string();
        passes(&name, &text, &Held::new(files), &[Depth::Jobs]);
    }
    assert!(seen >= 9, "{seen}");
}

/// Pipelines of which the check once said what `lint` does not say.
const PIPELINES: [(&str, &str); 8] = [
    (
        "GitLab's Workflows/MergeRequest-Pipelines",
        "workflow:\n  rules:\n    - if: $CI_MERGE_REQUEST_IID\n    - if: $CI_COMMIT_TAG\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\nunit: {script: make}\n",
    ),
    (
        "GitLab's Workflows/Branch-Pipelines",
        "workflow:\n  rules:\n    - if: $CI_COMMIT_TAG\n    - if: $CI_COMMIT_BRANCH\nunit: {script: make}\n",
    ),
    ("no workflow", "unit: {script: make}\n"),
    ("no workflow, refs", "unit: {script: make, only: [main]}\n"),
    (
        "the whole name of a ref",
        "variables: {REF: refs/heads/main}\nunit: {script: make, rules: [{if: $CI_COMMIT_REF_NAME == $REF}]}\n",
    ),
    (
        "the name of a branch in a variable",
        "variables: {REF: main}\nunit: {script: make, rules: [{if: $CI_COMMIT_REF_NAME == $REF}]}\n",
    ),
    (
        "a rule without a condition",
        "workflow: {rules: }\nunit: {script: make}\n",
    ),
    (
        "an include for each branch",
        "include: [{local: ci/$CI_COMMIT_REF_NAME.yml}]\nunit: {script: make}\n",
    ),
];

#[test]
fn what_is_no_fault_of_the_pipeline_is_none_of_the_manifest() {
    let files = Held::new([("ci/main.yml".to_owned(), "more: {script: x}\n".to_owned())]);
    for (name, text) in PIPELINES {
        let imported = imported_as(text, &files, Depth::Jobs).unwrap();
        let imported = imported.unwrap_or_else(|refused| panic!("{name}: {}", reason(&refused)));
        let faults = faults(text, &imported.text, &files);
        assert!(faults.is_empty(), "{name}: {faults:?}\n{}", imported.text);
        let accepts = imported.text.contains("accept:");
        let is_faulty =
            ["a rule without a condition", "an include for each branch"].contains(&name);
        assert!(
            !accepts || is_faulty || name.starts_with("the"),
            "{name}\n{}",
            imported.text
        );
        let found = imported.report.sorted();
        let is_empty = found.iter().any(|one| one.code == Code::EmptyPipeline);
        assert!(!is_empty, "{name}");
    }
}

#[test]
fn the_cases_pass() {
    for path in sorted("tests/import/cases")
        .into_iter()
        .chain(sorted("tests/import/entities"))
    {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".gitlab-ci.yml") {
            continue;
        }
        let text = std::fs::read_to_string(Path::new(ROOT).join(&path)).unwrap();
        let files = [
            ("Dockerfile", "FROM scratch"),
            ("chart/Chart.yaml", "name: shop"),
            (
                "ci/more.yml",
                "x: {script: x, stage: late}\nstages: [late]\n",
            ),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        passes(
            &name,
            &text,
            &Held::new(files),
            &[Depth::Jobs, Depth::Entities],
        );
    }
}

/// A reference that only a file which is not read resolves stays where it is, and so does a job of a file that is
/// read: an entity would go on without what the file says.
#[test]
fn what_only_an_included_file_has_stays_there() {
    let unread = "\
include: [{project: platform/ci, file: /lib.yml}]
unit: {image: 'a:1', interruptible: true, script: [!reference [.setup, script], npm test]}
lint: {image: 'a:1', rules: [!reference [.on_branches, rules]], script: npm run lint}
deploy:
  image: a:1
  tags: !reference [.deployer, tags]
  before_script: [!reference [.login, script]]
  script: ./deploy
";
    let read = "\
include: [{local: c.yml}]
.helpers: {script: [h]}
x: {image: 'a:1', script: [y]}
";
    let c = "c: {image: 'a:1', script: [!reference [.helpers, script]]}\n";
    let files = Held::new([("c.yml".to_owned(), c.to_owned())]);
    for depth in [Depth::Jobs, Depth::Entities] {
        let imported = |text: &str, files: &Held| {
            let imported = imported_as(text, files, depth).unwrap();
            imported
                .unwrap_or_else(|refused| panic!("{}", reason(&refused)))
                .text
        };
        let text = imported(unread, &Held::default());
        for name in [".setup", ".on_branches", ".deployer", ".login"] {
            assert!(text.contains(&format!("!reference [{name}, ")), "{text}");
        }
        let text = imported(read, &files);
        assert!(!text.contains(" c:"), "{text}");
        assert!(text.contains("include: [{local: c.yml}]"), "{text}");
    }
}
