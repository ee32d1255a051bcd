//! Values that somebody else may give: what the file says is not what always counts.

use proptest::prelude::*;
use serde_json::{Value, json};
use windlass::config::Config;
use windlass::diff::{Comparison, diff_all};
use windlass::plan::Configs;

use crate::pairs::accepted;
use crate::pipelines::{Dice, cases, pipeline, read};

/// What the file says that the variable is worth.
const VALUE: &str = "yes";

/// Conditions that hold for that value.
const HOLD: &[&str] = &[
    r#"$D == "yes""#,
    r#""yes" == $D"#,
    r#"$D != "no""#,
    "$D =~ /^y/",
    "$D !~ /^n/",
    "$D",
    "$D != null",
    r#"$D == "yes" || $D == "on""#,
    r#"($D == "yes" || $NOBODY_SETS) && $D"#,
];

/// Conditions that do not.
const DO_NOT: &[&str] = &[
    r#"$D == "no""#,
    r#"$D != "yes""#,
    "$D =~ /^n/",
    "$D == null",
    r#"$D == """#,
    r#"$D == "no" && $CI_PIPELINE_SOURCE"#,
];

fn compared(before: &Config, after: &Config, default_branch: Option<&str>) -> Comparison {
    let fixed = |config: &Config| Configs::fixed(config.clone());
    diff_all(&fixed(before), &fixed(after), default_branch)
}

/// Sets the variable somewhere in the file where the job sees it; returns whether the workflow does.
fn set(document: &mut Value, dice: &mut Dice) -> bool {
    match dice.below(5) {
        0 => {
            document["subject"]["variables"]["D"] = json!(VALUE);
            false
        }
        1 => {
            document["subject"]["variables"]["D"] = json!({"value": VALUE, "expand": false});
            false
        }
        2 => {
            let rule = json!({"when": "always", "variables": {"D": VALUE}});
            document["workflow"] = json!({"rules": [rule]});
            false
        }
        3 => {
            document["variables"]["D"] = json!({"value": VALUE, "options": [VALUE, "no"]});
            true
        }
        _ => {
            document["variables"]["D"] = json!(VALUE);
            true
        }
    }
}

/// Conditions of a job: with what asks for the variable, and with what that comes to for the file's value.
fn of_job(dice: &mut Dice) -> [Value; 2] {
    let hold = *dice.pick(HOLD).expect("one");
    let not = *dice.pick(DO_NOT).expect("one");
    let when = *dice.pick(&["manual", "on_failure", "always"]).expect("one");
    let branch = "$CI_COMMIT_BRANCH";
    match dice.below(9) {
        0 => [
            json!({"rules": [{"if": hold}]}),
            json!({"rules": [{"when": "on_success"}]}),
        ],
        1 => [
            json!({"rules": [{"if": hold, "when": when}]}),
            json!({"rules": [{"when": when}]}),
        ],
        2 => [
            json!({"rules": [{"if": not, "when": when}, {"if": branch}]}),
            json!({"rules": [{"if": branch}]}),
        ],
        3 => [
            json!({"rules": [{"if": format!("{branch} && ({hold})")}]}),
            json!({"rules": [{"if": branch}]}),
        ],
        4 => [
            json!({"rules": [{"if": format!("{branch} || ({not})")}]}),
            json!({"rules": [{"if": branch}]}),
        ],
        5 => [
            json!({"rules": [{"if": not, "when": "never"}, {"when": when}]}),
            json!({"rules": [{"when": when}]}),
        ],
        6 => [
            json!({"only": {"refs": ["branches"], "variables": [hold]}}),
            json!({"only": {"refs": ["branches"]}}),
        ],
        7 => [
            json!({"only": ["branches"], "except": {"variables": [not]}}),
            json!({"only": ["branches"]}),
        ],
        _ => [
            json!({"rules": [{"if": format!("{branch} == $D")}, {"if": "$CI_COMMIT_TAG"}]}),
            json!({"rules": [{"if": format!("{branch} == \"{VALUE}\"")}, {"if": "$CI_COMMIT_TAG"}]}),
        ],
    }
}

/// The same for the rules of the workflow.
fn of_workflow(dice: &mut Dice) -> [Value; 2] {
    let hold = *dice.pick(HOLD).expect("one");
    let not = *dice.pick(DO_NOT).expect("one");
    match dice.below(3) {
        0 => [json!([{"if": hold}]), json!([{"when": "always"}])],
        1 => [
            json!([{"if": "$CI_COMMIT_TAG"}, {"if": format!("$CI_COMMIT_BRANCH && ({hold})")}]),
            json!([{"if": "$CI_COMMIT_TAG"}, {"if": "$CI_COMMIT_BRANCH"}]),
        ],
        _ => [
            json!([{"if": not, "when": "never"}, {"when": "always"}]),
            json!([{"when": "always"}]),
        ],
    }
}

fn with(document: &Value, conditions: &Value) -> Value {
    let mut document = document.clone();
    let job = document["subject"].as_object_mut().expect("a job");
    for key in ["rules", "only", "except", "when", "start_in"] {
        job.shift_remove(key);
    }
    let own = conditions.as_object().expect("keys").clone();
    job.extend(own);
    document
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..ProptestConfig::with_cases(cases().div_ceil(10)) })]

    #[test]
    fn a_condition_is_not_what_it_comes_to_for_the_value_in_the_file(seed: u64) {
        let mut dice = Dice::new(seed);
        let (mut document, _) = pipeline(&mut dice);
        document.as_object_mut().expect("a mapping").shift_remove("workflow");
        let workflow_sees_it = set(&mut document, &mut dice);
        let [before, after] = match workflow_sees_it && dice.one_in(3) {
            true => of_workflow(&mut dice).map(|rules| {
                let mut document = document.clone();
                document["workflow"] = json!({"rules": rules});
                document
            }),
            false => of_job(&mut dice).map(|conditions| with(&document, &conditions)),
        };
        let (Some(one), Some(other)) = (read(&before), read(&after)) else {
            return Ok(());
        };
        for (one, other) in [(&one, &other), (&other, &one)] {
            for default_branch in [Some("main"), None] {
                let told = compared(one, other, default_branch);
                prop_assert!(!told.effects.is_empty(), "{before}\n{after}\n{told:?}");
            }
        }
    }
}

/// An unknown default branch is any branch.
#[test]
fn the_default_branch_is_not_taken_to_be_main() {
    let pairs = [
        (
            "if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
            "if: $CI_COMMIT_BRANCH == 'main'",
        ),
        (
            "if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
            "if: $CI_COMMIT_BRANCH == 'master'",
        ),
        (
            "if: $CI_COMMIT_REF_SLUG == $CI_DEFAULT_BRANCH_SLUG",
            "if: $CI_COMMIT_REF_SLUG == 'main'",
        ),
        ("if: $CI_DEFAULT_BRANCH == 'main'", "when: on_success"),
        (
            "if: $CI_DEFAULT_BRANCH =~ /^ma/ && $CI_COMMIT_TAG",
            "if: $CI_COMMIT_TAG",
        ),
        (
            "if: $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == $CI_DEFAULT_BRANCH",
            "if: $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == 'main'",
        ),
    ];
    for (one, other) in pairs {
        let [one, other] = [one, other].map(|rule| {
            let text = format!("a: {{script: x, rules: [{{{rule}}}]}}");
            accepted(&text).unwrap_or_else(|| panic!("GitLab refuses {text}"))
        });
        for (one, other) in [(&one, &other), (&other, &one)] {
            let told = compared(one, other, None);
            assert!(!told.effects.is_empty(), "{:?}", one.jobs[0].conditions);
        }
    }
}

/// What is said of an unknown default branch names no branch that conditions do not name.
#[test]
fn an_unknown_default_branch_has_no_name() {
    let config = |rule: &str| {
        let text = format!("b: {{script: y}}\na: {{script: x, rules: [{{{rule}}}]}}");
        accepted(&text).unwrap_or_else(|| panic!("GitLab refuses {text}"))
    };
    let default = config("if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH");
    let main = config("if: $CI_COMMIT_BRANCH == 'main'");
    let tags = config("if: $CI_COMMIT_TAG");
    let told = |before: &Config, after: &Config| -> Vec<String> {
        let told = compared(before, after, None).effects;
        told.iter().map(windlass::diff::Effect::sentence).collect()
    };
    assert_eq!(
        told(&tags, &default),
        [
            "a now also runs on the default branch and schedules of the default branch",
            "a no longer runs on all tags",
        ]
    );
    assert_eq!(
        told(&default, &main),
        [
            "a now also runs on branch `main` if it is not the default branch",
            "a no longer runs on the default branch and schedules of the default branch",
        ]
    );
}
