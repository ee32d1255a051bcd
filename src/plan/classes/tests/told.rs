//! What `diff` is silent about is the same in every pipeline.

use proptest::prelude::*;
use proptest::sample::select;

use super::generated::{comparison, situation};
use super::{cases, config};
use crate::config::Config;
use crate::diff::diff_all;
use crate::plan::{Configs, Plan, Presence, Ref, Situation, Truth, plan, with_rare};

/// What happens: the jobs of the pipeline, and how each starts.
fn happens(config: &Config, situation: &Situation) -> Vec<String> {
    let plan: Plan = plan(config, situation);
    if plan.created == Truth::False {
        return Vec::new();
    }
    let jobs = plan
        .jobs
        .iter()
        .filter(|job| job.presence() != Presence::Out);
    jobs.map(|job| format!("{} {:?} {:?}", job.name, job.when(), job.allow_failure()))
        .collect()
}

/// Two ways to write conditions that are alike, and often the same.
fn pair() -> impl Strategy<Value = [String; 2]> {
    let ways = [
        ["{1} && {2}", "{1}"],
        ["{1} && {2}", "{2} && {1}"],
        ["{1} || {2}", "{1}"],
        ["{1} || {2}", "{2} || {1}"],
        ["{1}", "{2}"],
        ["{1} && {2}", "({1} || {2}) && {1}"],
        ["({1} && {2}) || {1}", "{1}"],
        ["{1} && {2} && {1}", "{2} && {1}"],
        ["{1} || $CI_COMMIT_REF_NAME", "$CI_COMMIT_REF_NAME"],
        ["{1} && $CI_COMMIT_REF_NAME", "{1}"],
    ];
    (comparison(), comparison(), select(ways.to_vec())).prop_map(|(one, other, ways)| {
        ways.map(|way| {
            let group = |text: &str| format!("({text})");
            way.replace("{1}", &group(&one))
                .replace("{2}", &group(&other))
        })
    })
}

/// A pipeline with a place for a condition.
fn around() -> impl Strategy<Value = String> {
    let top = select(vec![
        "",
        "variables: {A: main}\n",
        "variables: {A: '/^dev/', B: 'yes'}\n",
        "workflow: {rules: [{if: $CI_COMMIT_TAG, variables: {A: x}}, {when: always, variables: {B: 'true'}}]}\n",
    ]);
    let job = select(vec![
        "rules: [{if: 'HERE'}]",
        "rules: [{if: 'HERE', when: manual}, {if: $CI_COMMIT_BRANCH}]",
        "rules: [{if: 'HERE', when: never}, {when: on_success}]",
        "rules: [{if: 'HERE', changes: [src/**/*]}, {if: $A, when: manual}]",
        "variables: {A: dev}, rules: [{if: 'HERE'}, {if: $CI_COMMIT_TAG, when: manual, allow_failure: true}]",
        "only: {refs: [branches, merge_requests], variables: ['HERE']}",
        "except: {variables: ['HERE', $B]}",
    ]);
    let jobs = (top, job).prop_map(|(top, job)| {
        format!("{top}j0: {{script: x, {job}}}\nj1: {{script: x, rules: [{{when: always}}]}}\n")
    });
    let workflows = select(vec![
        "workflow: {rules: [{if: 'HERE'}]}\nj0: {script: x, rules: [{when: on_success}]}\n",
        "variables: {A: main}\nworkflow: {rules: [{if: 'HERE', when: never}, {when: always}]}\nj0: {script: x}\n",
    ]);
    prop_oneof![6 => jobs, 1 => workflows.prop_map(str::to_owned)]
}

/// Situations of any project.
fn anywhere() -> impl Strategy<Value = Situation> {
    (situation(), any::<bool>()).prop_map(|(mut one, own)| {
        let name = match own {
            true => one.ref_name().to_owned(),
            false => "main".to_owned(),
        };
        if one.reference == Ref::Branch(name.clone()) {
            one.protected = Some(true);
        }
        one.with_default_branch(name)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300)))]

    #[test]
    fn what_is_not_told_is_the_same_everywhere(
        around in around(),
        pair in pair(),
        situations in prop::collection::vec(anywhere().no_shrink(), 60),
    ) {
        let [before, after] = pair.map(|condition| around.replace("HERE", &condition));
        let (Some(old), Some(new)) = (config(&before), config(&after)) else {
            return Err(TestCaseError::reject("not a configuration"));
        };
        let fixed = |config: &Config| Configs::fixed(config.clone());
        let told = diff_all(&fixed(&old), &fixed(&new), None);
        if !told.effects.is_empty() || !told.not_compared.is_empty() {
            return Ok(());
        }
        for situation in situations.iter().flat_map(with_rare) {
            let (was, is) = (happens(&old, &situation), happens(&new, &situation));
            prop_assert!(was == is, "{before}\n{after}\n{situation:?}\n{was:?}\n{is:?}\n{told:?}");
        }
    }
}
