//! `windlass plan`.

use crate::project::Project;

const MANIFEST: &str = "windlass: 1
refs:
  released: {branches: [main, /^release-/]}
jobs:
  hello: {script: [echo hi]}
  deploy:
    refs: released
    needs: [hello]
    script: [echo deploy]
";

#[test]
fn a_branch_is_a_list_of_jobs_with_their_reasons() {
    let project = Project::new(MANIFEST);
    let text = project.run(&["plan", "--branch", "main"]).exits(0).stdout;
    assert!(text.starts_with("branch main: 2 jobs\n"), "{text}");
    assert!(
        text.contains("rule 1: $CI_COMMIT_BRANCH == \"main\"  windlass.yml:3"),
        "{text}"
    );
    let text = project
        .run(&["plan", "--branch", "feature"])
        .exits(0)
        .stdout;
    assert!(
        text.ends_with("not here (no rule matches): deploy\n"),
        "{text}"
    );
}

#[test]
fn json_has_the_jobs_of_one_ref_or_a_list_of_refs() {
    let project = Project::new(MANIFEST);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let arguments = [&["plan", "--format", "json"], arguments].concat();
        serde_json::from_str(&project.run(&arguments).exits(0).stdout).unwrap()
    };
    let one = json(&["--branch", "release-2"]);
    assert_eq!(one["ref"]["branch"], "release-2");
    assert_eq!(one["pipeline"], true);
    assert_eq!(one["jobs"][1]["name"], "deploy");
    assert_eq!(one["jobs"][1]["when"], "on_success");
    assert_eq!(one["jobs"][1]["allow_failure"], false);
    let all = json(&["--all"]);
    let refs: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["ref"]["branch"].as_str())
        .collect();
    assert_eq!(refs, ["feature", "main", "release-x", "main"]);
}

#[test]
fn why_shows_each_rule_and_the_one_that_decided() {
    let project = Project::new(MANIFEST);
    let arguments = ["plan", "--branch", "release-1", "--why", "deploy"];
    let text = project.run(&arguments).exits(0).stdout;
    assert!(
        text.contains("`deploy` runs (jobs.deploy, windlass.yml:6)"),
        "{text}"
    );
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[1].starts_with("rule 1  false  if: $CI_COMMIT_BRANCH == \"main\""),
        "{text}"
    );
    assert!(lines[2].starts_with("rule 2  true"), "{text}");
    assert!(lines[2].contains("decides  windlass.yml:3"), "{text}");
    let arguments = ["plan", "--why", "deplyo"];
    project
        .run(&arguments)
        .exits(2)
        .says("did you mean `deploy`?");
}

#[test]
fn any_pipeline_can_be_planned() {
    let project = Project::new(MANIFEST);
    project.write("ci/extra.yml", "b:\n  script: x\n  only: [tags]\n");
    project.write(
        "ci.yml",
        "include: ci/extra.yml\na:\n  script: x\n  needs: [b]\n  only: [/^v/]\n",
    );
    let plan =
        |reference: &[&str]| project.run(&[&["plan", "--file", "ci.yml"], reference].concat());
    let text = plan(&["--tag", "v1"]).exits(0).stdout;
    assert!(text.contains("only: tags"), "{text}");
    assert!(text.contains("ci/extra.yml:3"), "{text}");
    let text = plan(&["--branch", "v1"]).exits(1).stdout;
    assert!(
        text.contains("`a` needs `b`, which is not in the pipeline (ci.yml:4)"),
        "{text}"
    );
    project.write("ci.yml", "a:\n  script: x\n  when: sometimes\n");
    plan(&[])
        .exits(1)
        .says("ci.yml:3:9: error[unknown-word]: job `a`: `when` is `sometimes`");
    project
        .run(&["plan", "--file", "none.yml"])
        .exits(3)
        .says("cannot read `none.yml`");
    project
        .run(&["plan", "--branch", "a", "--tag", "b"])
        .exits(2);
}

#[test]
fn a_variable_decides_what_was_open() {
    let project = Project::new(MANIFEST);
    project.write(
        "ci.yml",
        "a:\n  script: x\nb:\n  script: x\n  rules: [{if: $DEPLOY}]\n",
    );
    let plan = |more: &[&str]| {
        project
            .run(&[&["plan", "--file", "ci.yml"], more].concat())
            .exits(0)
            .stdout
    };
    assert!(plan(&[]).contains("b  ?"), "{}", plan(&[]));
    assert!(!plan(&["--variable", "DEPLOY=1"]).contains('?'));
    assert!(plan(&["--variable", "DEPLOY="]).contains("not here (no rule matches): b"));
    project.run(&["plan", "--variable", "DEPLOY"]).exits(2);
}
