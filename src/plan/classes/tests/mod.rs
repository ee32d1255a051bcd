//! The classes of some conditions; universal rules in the modules below.

mod combinations;
mod generated;
mod law;
mod told;

use super::*;
use crate::config::{Alone, Config, read};
use crate::plan::plan;
use crate::plan::situation::Trigger;
use crate::source::Source;

fn config(text: &str) -> Option<Config> {
    read(Source::new(".gitlab-ci.yml", text), &Alone)
        .result
        .ok()
}

fn of(text: &str) -> Classes {
    let config = config(text).unwrap_or_else(|| panic!("{text}"));
    classes(&config, "main")
}

fn names(text: &str) -> Vec<String> {
    of(text)
        .situations
        .iter()
        .map(Situation::to_string)
        .collect()
}

/// The classes in which job `a` runs.
fn runs(text: &str) -> Vec<String> {
    let config = config(text).unwrap_or_else(|| panic!("{text}"));
    let classes = classes(&config, "main");
    assert!(classes.is_complete(), "{text}: {:?}", classes.left_out);
    let plans = classes.situations.iter().map(|one| plan(&config, one));
    plans
        .filter(|plan| plan.within().any(|job| job.name == "a"))
        .map(|plan| plan.situation.to_string())
        .collect()
}

fn rule(condition: &str) -> String {
    format!("a: {{script: x, rules: [{{if: '{condition}'}}]}}\n")
}

#[test]
fn every_comparison_has_a_class_in_which_it_holds() {
    for (text, expected) in [
        (
            format!("variables: {{TRUNK: trunk}}\n{}", rule("$CI_COMMIT_BRANCH == $TRUNK")),
            "branch trunk",
        ),
        (
            rule("$CI_PIPELINE_SOURCE == \"schedule\" && $CI_COMMIT_BRANCH == \"develop\""),
            "schedule on develop",
        ),
        (rule("$CI_COMMIT_REF_NAME == \"main\""), "tag main"),
        (rule("$CI_COMMIT_REF_NAME == \"main\""), "merge request main -> feature"),
        (rule("$CI_COMMIT_REF_SLUG == \"a-b\""), "branch a-b"),
        (rule("$CI_COMMIT_BRANCH && $CI_COMMIT_REF_SLUG !~ /^.+$/"), "branch _"),
        (rule("$CI_COMMIT_BRANCH && $CI_COMMIT_REF_SLUG !~ $CI_COMMIT_BRANCH"), "branch A/1"),
        (
            rule("$CI_COMMIT_REF_SLUG == \"a-b\" && $CI_COMMIT_BRANCH =~ /^a\\/b/"),
            "branch a/b",
        ),
        (rule("$CI_COMMIT_BRANCH =~ /^sprint[*]?\\d/"), "branch sprint1"),
        (
            rule("$CI_COMMIT_BRANCH =~ /^rel/ && $CI_COMMIT_BRANCH =~ /-rc$/"),
            "branch rel-rc",
        ),
        (
            rule("$CI_COMMIT_BRANCH =~ /^v/ && $CI_COMMIT_BRANCH !~ /^v./"),
            "branch v",
        ),
        (rule("$CI_COMMIT_TAG && $CI_PIPELINE_SOURCE == \"web\""), "tag v1.2.3 (web)"),
        (rule("$CI_MERGE_REQUEST_TARGET_BRANCH_NAME == \"x\""), "merge request feature -> x"),
        (rule("$CI_COMMIT_BRANCH == \"x\" && $CI_OPEN_MERGE_REQUESTS"), "branch x (merge request open)"),
        (
            "workflow: {rules: [{if: $CI_COMMIT_TAG, variables: {X: 't'}}, {if: $CI_COMMIT_BRANCH, variables: {X: 'd'}}]}\na: {script: x, rules: [{if: $CI_COMMIT_BRANCH == $X}]}\n".to_owned(),
            "branch d",
        ),
        ("a: {script: x, variables: {B: dev}, rules: [{if: $B == $CI_COMMIT_BRANCH}]}\n".to_owned(), "branch dev"),
        ("variables: {P: '/^rel-\\d+$/'}\na: {script: x, rules: [{if: $CI_COMMIT_TAG =~ $P}]}\n".to_owned(), "tag rel-1"),
        (rule("\"\" !~ $A && $A"), "branch feature"),
        (rule("$CI_PIPELINE_TRIGGERED == $A"), "branch feature (trigger)"),
        (rule("$CI_COMMIT_REF_PROTECTED == $A"), "tag v1.2.3"),
        (rule("$CI_COMMIT_BRANCH == $CI_JOB_NAME"), "branch a"),
        (rule("$CI_COMMIT_BRANCH == $CI_PIPELINE_SOURCE"), "branch push"),
        (rule("($CI_COMMIT_BRANCH || $CI_COMMIT_TAG) =~ /^v/"), "branch v"),
        (rule("($CI_COMMIT_BRANCH || $CI_COMMIT_TAG) =~ /^v/"), "tag v"),
        (rule("($A && $CI_COMMIT_BRANCH) == \"x\""), "branch x"),
        (rule("$CI_COMMIT_BRANCH == $A && $A =~ /^rel/"), "branch rel"),
        (rule("$CI_COMMIT_REF_SLUG == $CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), "merge request MAIN -> main"),
        ("a: {script: x, only: [schedules]}\n".to_owned(), "schedule on main"),
        ("a: {script: x, only: ['x@g/p']}\n".to_owned(), "branch x"),
        ("a: {script: x, only: ['/^v/i'], except: [branches]}\n".to_owned(), "tag v"),
    ] {
        let runs = runs(&text);
        assert!(
            runs.iter().any(|name| name.split(',').next() == Some(expected)),
            "{text}: {runs:?}"
        );
    }
}

#[test]
fn what_does_not_exist_has_no_class() {
    assert_eq!(runs(&rule("$CI_COMMIT_TAG == \"\"")), [""; 0]);
    assert_eq!(runs(&rule("$CI_PIPELINE_SOURCE == \"scheduled\"")), [""; 0]);
    for name in names("a: {script: x, except: [schedules]}\n") {
        assert!(!name.contains("schedul)"), "{name}");
    }
    for condition in [
        "$CI_PIPELINE_SOURCE == \"schedule\"",
        "$CI_PIPELINE_SOURCE == \"api\"",
    ] {
        let requests = of(&rule(condition)).situations;
        let requests = requests
            .iter()
            .filter(|one| matches!(one.reference, Ref::MergeRequest { .. }));
        for one in requests {
            assert_eq!(one.trigger, Trigger::MergeRequest);
        }
    }
}

#[test]
fn what_is_left_out_is_said() {
    let mut text = String::new();
    for at in 0..500 {
        text.push_str(&format!(
            "j{at}: {{script: x, rules: [{{if: '$CI_COMMIT_BRANCH == \"b{at}\" && $V{}'}}]}}\n",
            at % 7
        ));
    }
    let classes = of(&text);
    assert!(!classes.is_complete());
    assert!(
        classes.situations.len() <= DECISIONS / 500,
        "{}",
        classes.situations.len()
    );
    for at in [0, 499] {
        let branch = Ref::Branch(format!("b{at}"));
        assert!(classes.situations.iter().any(|one| one.reference == branch));
    }
}

#[test]
fn a_name_with_variables_that_conditions_ask_for_is_left_out() {
    let job = |name: &str| {
        let rules = "rules: [{if: '$CI_ENVIRONMENT_NAME == \"prod\"'}]";
        of(&format!("a: {{script: x, environment: {name}, {rules}}}\n")).left_out
    };
    assert_eq!(job("prod"), []);
    let name = "$CI_COMMIT_REF_NAME".to_owned();
    assert_eq!(job(&name), [LeftOut::Environment(name)]);
}

#[test]
fn two_configurations_have_one_set_of_classes() {
    let one = config(&rule("$CI_COMMIT_BRANCH == \"x\"")).unwrap();
    let other = config(&rule("$CI_COMMIT_TAG =~ /^v/")).unwrap();
    let both = Compared::of(&one).and(&Compared::of(&other));
    let names: Vec<String> = classes_of(&both, Some("main"), 2)
        .situations
        .iter()
        .map(Situation::to_string)
        .collect();
    for name in ["branch x", "tag v", "tag some-tag"] {
        assert!(names.iter().any(|own| own == name), "{name}: {names:?}");
    }
}

/// How many cases a law is tried on, unless `PROPTEST_CASES` says it.
fn cases(usual: u32) -> u32 {
    let given = std::env::var("PROPTEST_CASES").ok();
    given.and_then(|given| given.parse().ok()).unwrap_or(usual)
}
