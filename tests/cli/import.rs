//! `import` and `init`: what they write, and what they refuse.

use crate::project::{PIPELINE, Project};

const MANIFEST: &str = "windlass.yml";
const BUILD: &str = "# Builds.\nbuild:\n  stage: build\n  script: make\n";

/// A project with a pipeline and no manifest.
fn project(pipeline: &str) -> Project {
    let project = Project::new("");
    std::fs::remove_file(project.path(MANIFEST)).unwrap();
    project.write(PIPELINE, pipeline);
    project
}

#[test]
fn a_pipeline_becomes_a_manifest_in_three_commands() {
    let project = project(BUILD);
    let ran = project.run(&["import"]).exits(0);
    assert!(ran.stdout.is_empty());
    let ran = ran.says("wrote windlass.yml (");
    ran.says("it makes the pipeline of .gitlab-ci.yml: nothing changes\n");
    assert!(project.read(MANIFEST).contains("  # Builds.\n  build:\n"));
    assert_eq!(project.read(PIPELINE), BUILD, "it is not touched");
    project.run(&["import", "--check"]).exits(0);
    project.run(&["generate"]).exits(1).says("--force");
    project.run(&["generate", "--force"]).exits(0);
    project.run(&["check"]).exits(0);
}

#[test]
fn a_pipeline_with_inputs_is_told_what_to_do() {
    let inputs = "spec:\n  inputs: {env: {default: staging}}\n---\n";
    let project = project(&format!("{inputs}{BUILD}"));
    let ran = project.run(&["import"]).exits(1);
    let ran = ran.says(".gitlab-ci.yml:2:3: error[unknown-key]: a manifest has no inputs, and `spec` declares `env`");
    ran.says("help: make each input a variable at the top");
    assert!(!project.exists(MANIFEST));
}

#[test]
fn what_an_entity_changes_is_listed_only_where_that_is_asked_for() {
    let job = "production:\n  stage: deploy\n  image: k:1\n  environment: production\n  script:\n";
    let access = "    - kubectl config use-context group/clusters:main\n";
    let apply =
        "    - kubectl apply --filename k8s/\n  rules: [{if: $CI_COMMIT_BRANCH == \"main\"}]\n";
    let project = project(&format!("{job}{access}{apply}"));
    project.write("k8s/app.yml", "kind: ConfigMap\n");
    project.run(&["import"]).exits(0).says("nothing changes\n");
    assert!(project.read(MANIFEST).contains("jobs:\n  production:\n"));
    let ran = project.run(&["import", "--improve", "--force"]).exits(0);
    let ran = ran.says("1 of 1 jobs became entities: 1 environment\n");
    let ran = ran.says("  production now has `resource_group` `production`\n");
    ran.says("it changes the pipeline of .gitlab-ci.yml as told above: ");
    assert!(
        project
            .read(MANIFEST)
            .contains("environments:\n  production:\n")
    );
    let ran = project.run(&["import", "--raw", "--force"]).exits(0);
    ran.says("nothing changes\n");
    assert!(project.read(MANIFEST).contains("jobs:\n  production:\n"));
    project.run(&["import", "--raw", "--improve"]).exits(2);
}

#[test]
fn a_manifest_is_not_overwritten() {
    let project = project(BUILD);
    project.write(MANIFEST, "windlass: 1\n");
    let ran = project.run(&["import"]).exits(3);
    ran.says("`windlass.yml` exists; --force overwrites it, --check compares it");
    assert_eq!(project.read(MANIFEST), "windlass: 1\n");
    project.run(&["import", "--force"]).exits(0);
    assert!(project.read(MANIFEST).contains("  build:\n"));
}

#[test]
fn it_is_printed_where_it_is_asked_for() {
    let project = project(BUILD);
    let ran = project.run(&["import", "--stdout"]).exits(0);
    assert!(ran.stdout.starts_with("windlass: 1\n"), "{}", ran.stdout);
    assert!(!project.exists(MANIFEST));
    project.write("ci/other.yml", BUILD);
    let ran = project.run(&[
        "import",
        "--gitlab",
        "17.3",
        "-m",
        "ci/other.windlass.yml",
        "ci/other.yml",
    ]);
    ran.exits(0).says("wrote ci/other.windlass.yml (");
    assert!(
        project
            .read("ci/other.windlass.yml")
            .contains("gitlab: \"17.3\"\n")
    );
    project
        .run(&["import", "--gitlab", "17.3.1", "--stdout"])
        .exits(2)
        .says("17.3");
}

#[test]
fn what_changes_is_told() {
    let project = project(BUILD);
    project.write(
        MANIFEST,
        "windlass: 1\npipeline: {workflow: null}\njobs: {build: {stage: build, script: make all}}\n",
    );
    let ran = project.run(&["import", "--check"]).exits(1);
    assert_eq!(
        ran.stdout,
        "against .gitlab-ci.yml:\n  build runs other commands\n      - make\n      + make all\n"
    );
}

#[test]
fn nothing_is_written_of_what_gitlab_refuses_or_a_manifest_does_not_hold() {
    let project = project("a: {script: x, rules: [x]}\n");
    project.run(&["import"]).exits(1).says(".gitlab-ci.yml:1:");
    project.write(
        PIPELINE,
        "spec:\n  inputs:\n    n: {default: a}\n---\na: {script: \"$[[ inputs.n ]]\"}\n",
    );
    let ran = project.run(&["import"]).exits(1);
    ran.says("nothing was written: no manifest was found that makes the pipeline");
    project
        .run(&["import", "none.yml"])
        .exits(3)
        .says("there is no such file");
    assert!(!project.exists(MANIFEST));
}

#[test]
fn what_the_pipeline_does_already_stays_a_warning() {
    let project = project("a: {script: x, rules: [{when: on_success}]}\n");
    project
        .run(&["import"])
        .exits(0)
        .says("warning[duplicate-pipeline]");
    assert!(
        project
            .read(MANIFEST)
            .ends_with("accept: [duplicate-pipeline]\n")
    );
    project
        .run(&["generate", "--force"])
        .exits(0)
        .says("warning[duplicate-pipeline]");
    let checked = project.run(&["check"]).exits(0);
    assert!(checked.stderr.contains("warning[duplicate-pipeline]"));
}

#[test]
fn what_windlass_generates_is_not_excused() {
    let project = Project::new(
        "windlass: 1
images: {app: {}}
tests: {unit: {image: app, script: x, variables: {CI_JOB_ID: x}}}
accept: [predefined-variable]
",
    );
    project
        .run(&["check"])
        .exits(1)
        .says("error[predefined-variable]");
}

#[test]
fn a_first_manifest_is_written_once() {
    let project = project(BUILD);
    let ran = project.run(&["init"]).exits(3);
    ran.says("there is a `.gitlab-ci.yml`: `windlass import` makes a manifest of it");
    std::fs::remove_file(project.path(PIPELINE)).unwrap();
    let ran = project.run(&["init"]).exits(0);
    ran.says("wrote windlass.yml (").says("  from Dockerfile\n");
    assert!(project.read(MANIFEST).contains("images:\n  app: {}\n"));
    project
        .run(&["init"])
        .exits(3)
        .says("`windlass.yml` exists already");
    project.run(&["generate"]).exits(0);
    project.run(&["check"]).exits(0);
    let printed = project.run(&["init", "--stdout"]).exits(0).stdout;
    assert_eq!(printed, project.read(MANIFEST));
}
