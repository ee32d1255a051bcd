//! What is not known stays so, and is named.

use windlass::config::{Alone, Config, NotRead, When, read};
use windlass::plan::{
    Absence, Because, Changed, Configs, FailureKind, Presence, Situation, Truth, plan,
};
use windlass::source::Source;

fn config(text: &str) -> Config {
    let reading = read(Source::new(".gitlab-ci.yml", text), &Alone);
    reading
        .result
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn main() -> Situation {
    Situation::branch("main").with_default_branch("main")
}

#[test]
fn an_unknown_variable_leaves_the_job_open() {
    let config = config(
        "a:\n  script: x\n  rules:\n    - if: $DEPLOY\n      when: manual\n    - if: $CI_COMMIT_BRANCH\n",
    );
    let open = plan(&config, &main());
    let job = open.job("a").unwrap();
    assert_eq!(job.presence(), Presence::In);
    assert_eq!(job.when(), None);
    let becauses: Vec<Because> = job
        .decision
        .possible
        .iter()
        .map(|one| one.because)
        .collect();
    assert_eq!(becauses, [Because::Rule(0), Because::Rule(1)]);
    let mut known = main();
    known.variables.insert("DEPLOY".to_owned(), "1".to_owned());
    assert_eq!(
        plan(&config, &known).job("a").unwrap().when(),
        Some(When::Manual)
    );
}

#[test]
fn a_pipeline_that_hangs_on_something_unknown_is_neither_there_nor_not() {
    let config = config("a:\n  script: x\n  rules: [{if: $DEPLOY}]\n");
    let open = plan(&config, &main());
    assert_eq!(open.created, Truth::Unknown);
    assert_eq!(open.job("a").unwrap().presence(), Presence::Maybe);
}

#[test]
fn whether_a_ref_is_protected_is_not_guessed() {
    let config =
        config("a:\n  script: x\n  rules: [{if: '$CI_COMMIT_REF_PROTECTED == \"true\"'}]\n");
    assert_eq!(plan(&config, &main()).created, Truth::True);
    let feature = Situation::branch("feature").with_default_branch("main");
    assert_eq!(plan(&config, &feature).created, Truth::Unknown);
}

#[test]
fn changed_files_count_where_gitlab_knows_them() {
    let config = config("a:\n  script: x\n  rules: [{changes: [src/*]}]\n");
    assert_eq!(plan(&config, &main()).created, Truth::Unknown);
    assert_eq!(plan(&config, &Situation::tag("v1")).created, Truth::True);
    assert_eq!(
        plan(&config, &Situation::schedule("main")).created,
        Truth::True
    );
    let mut docs = main();
    docs.changed = Changed::Paths(vec!["docs/a".to_owned()]);
    assert_eq!(plan(&config, &docs).absence, Some(Absence::NoJobs));
}

#[test]
fn a_need_on_a_job_that_is_out_fails_and_one_that_may_be_out_may_fail() {
    let text = "b:\n  script: x\n  rules: [{if: IF}]\na:\n  script: x\n  needs: [b]\n";
    let absent = plan(&config(&text.replace("IF", "$CI_COMMIT_TAG")), &main());
    assert_eq!(absent.created, Truth::False);
    assert_eq!(
        absent.failures[0].kind,
        FailureKind::NeedAbsent("b".to_owned())
    );
    assert!(absent.failures[0].certain);
    let open = plan(&config(&text.replace("IF", "$DEPLOY")), &main());
    assert_eq!(open.created, Truth::Unknown);
    assert!(!open.failures[0].certain);
}

#[test]
fn a_condition_on_which_gitlab_breaks_off_fails_the_pipeline() {
    let rules = "rules: [{if: $CI_COMMIT_BRANCH =~ true}]";
    let of_job = plan(&config(&format!("a:\n  script: x\n  {rules}\n")), &main());
    assert_eq!(of_job.created, Truth::False);
    let text = format!("workflow:\n  {rules}\na:\n  script: x\n");
    let of_workflow = plan(&config(&text), &main());
    assert_eq!(of_workflow.created, Truth::False);
    assert_eq!(of_workflow.failures[0].kind, FailureKind::Raises);
}

#[test]
fn a_workflow_rule_gives_its_variables_to_the_jobs() {
    let text = "workflow:\n  rules:\n    - if: $MAYBE\n      variables: {A: one}\n    \
                - if: $CI_COMMIT_BRANCH\n      variables: {A: two}\n\
                a:\n  script: x\n  rules: [{if: '$A == \"one\"'}]\nb:\n  script: x\n";
    let config = config(text);
    let open = plan(&config, &main());
    assert_eq!(open.job("a").unwrap().presence(), Presence::Maybe);
    let mut closed = main();
    closed.closed = true;
    assert_eq!(
        plan(&config, &closed).job("a").unwrap().presence(),
        Presence::Out
    );
}

#[test]
fn the_default_branch_may_be_unknown() {
    let config =
        config("a:\n  script: x\n  rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]\n");
    assert_eq!(
        plan(&config, &Situation::branch("main")).created,
        Truth::Unknown
    );
    assert_eq!(plan(&config, &main()).created, Truth::True);
}

#[test]
fn includes_from_elsewhere_are_named() {
    let text = "include:\n  - project: g/p\n    file: /x.yml\n  - local: a.yml\n    \
                rules: [{if: $A}]\na:\n  script: x\n";
    let config = config(text);
    let what: Vec<(&str, NotRead)> = config
        .unresolved
        .iter()
        .map(|one| (one.what.as_str(), one.why))
        .collect();
    assert_eq!(
        what,
        [
            ("project: g/p, file: /x.yml", NotRead::NotHere),
            ("local: a.yml", NotRead::Rules)
        ]
    );
}

#[test]
fn jobs_that_hang_on_one_unknown_thing_do_not_fail_each_other() {
    let text = "k:\n  script: x\nb:\n  script: x\n  rules: [{if: IF}]\n\
                a:\n  script: x\n  needs: [b]\n  rules: [{if: '$DEPLOY == \"yes\"'}]\n";
    for condition in [
        "'$DEPLOY == \"yes\"'",
        "$DEPLOY",
        "'$DEPLOY != \"no\"'",
        "'$DEPLOY != null'",
    ] {
        let plan = plan(&config(&text.replace("IF", condition)), &main());
        assert_eq!(plan.created, Truth::True, "{condition}");
        assert!(plan.failures.is_empty(), "{condition}");
    }
    for condition in [
        "'$DEPLOY == \"no\"'",
        "$OTHER",
        "$DEPLOY =~ /^ye/",
        "'$DEPLOY == $OTHER'",
    ] {
        let plan = plan(&config(&text.replace("IF", condition)), &main());
        assert_eq!(plan.created, Truth::Unknown, "{condition}");
        assert_eq!(plan.failures.len(), 1, "{condition}");
    }
}

#[test]
fn a_job_knows_its_own_variables_in_its_rules() {
    for (job, condition, runs) in [
        (
            "environment: prod",
            "$CI_ENVIRONMENT_NAME == \"prod\"",
            true,
        ),
        (
            "environment: review/$CI_COMMIT_REF_SLUG",
            "$CI_ENVIRONMENT_NAME == \"review/main\"",
            true,
        ),
        ("stage: test", "$CI_ENVIRONMENT_NAME", false),
        ("stage: test", "$CI_NODE_TOTAL == \"1\"", true),
        ("stage: test", "$CI_NODE_INDEX", false),
        (
            "parallel: 2",
            "$CI_NODE_TOTAL == \"2\" && $CI_NODE_INDEX",
            true,
        ),
        (
            "stage: test",
            "$CI_JOB_NAME == \"a\" && $CI_JOB_STAGE == \"test\"",
            true,
        ),
        ("stage: test", "$CI_SERVER == \"yes\"", true),
        ("stage: test", "$CI_PIPELINE_NAME", false),
        ("stage: test", "$CI_JOB_ID", false),
    ] {
        let text = format!("a: {{script: x, {job}, rules: [{{if: '{condition}'}}]}}\n");
        let created = plan(&config(&text), &main()).created;
        let wanted = if runs { Truth::True } else { Truth::False };
        assert_eq!(created, wanted, "{text}");
    }
}

#[test]
fn what_is_stated_decides() {
    let of_project = config("a: {script: x, only: [branches@group/app]}\n");
    let of_cluster = config("a: {script: x, only: {kubernetes: active}}\n");
    for config in [&of_project, &of_cluster] {
        assert_eq!(plan(config, &main()).created, Truth::Unknown);
    }
    for (path, wanted) in [("group/app", Truth::True), ("group/other", Truth::False)] {
        let mut stated = main();
        stated.state("CI_PROJECT_PATH", path).unwrap();
        assert_eq!(plan(&of_project, &stated).created, wanted, "{path}");
    }
    let mut stated = main();
    stated.state("CI_KUBERNETES_ACTIVE", "true").unwrap();
    assert_eq!(plan(&of_cluster, &stated).created, Truth::True);
}

#[test]
fn what_never_happens_is_found() {
    let said = |text: &str| -> Vec<String> {
        let configs = Configs::fixed(config(text));
        let every = configs.every(Some("main"));
        let classes = every.classes_of(every.compared(), Some("main"));
        let found = windlass::plan::impossible(&configs, &every, &classes);
        found
            .iter()
            .map(|one| format!("{} {}", one.code.as_str(), one.message))
            .collect()
    };
    let rule = |condition: &str| format!("a: {{script: x, rules: [{{if: '{condition}'}}]}}\n");
    for (condition, wanted) in [
        ("$CI_PIPELINE_SOURCE == \"scheduled\"", 2),
        ("$CI_PIPELINE_SOURCE != \"scheduled\"", 1),
        ("$CI_COMMIT_TAG == \"\"", 2),
        ("$CI_COMMIT_BRANCH && $CI_COMMIT_TAG", 1),
        (
            "$CI_PIPELINE_SOURCE == \"schedule\" && $CI_MERGE_REQUEST_IID",
            1,
        ),
        ("$CI_COMMIT_BRANCH =~ /^a/ && $CI_COMMIT_BRANCH =~ /^b/", 1),
        ("$CI_COMMIT_BRANCH =~ /^a/ && $CI_COMMIT_BRANCH =~ /b$/", 0),
        ("$CI_PIPELINE_SOURCE == \"schedule\"", 0),
        ("$UNKNOWN == \"x\"", 0),
    ] {
        let found = said(&rule(condition));
        assert_eq!(found.len(), wanted, "{condition}: {found:?}");
    }
    let exists = "a: {script: x, rules: [{exists: [Dockerfile]}]}\n";
    assert_eq!(said(exists), [""; 0]);
    assert_eq!(said("a: {script: x, only: [], except: [main]}\n").len(), 1);
}
