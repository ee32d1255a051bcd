//! Random pipelines: whatever they hold, a manifest is proven or there is none.

use proptest::prelude::*;
use windlass::import::Depth;

use super::checked::faults;
use super::held::Held;
use super::improvements::is_meant;
use super::{compared, imported_as, sorted_effects, texts};

/// Texts that a pipeline may be made of, not always a valid one.
fn piece() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("x".to_owned()),
        Just("[x, \"y: z\"]".to_owned()),
        Just("{script: x}".to_owned()),
        Just("{script: [x], rules: [{if: $CI_COMMIT_TAG}]}".to_owned()),
        Just("{extends: .base, stage: build}".to_owned()),
        Just("{image: 'a:1', stage: test, script: [x], only: [main]}".to_owned()),
        Just("{image: a, script: [x], when: manual, cache: {paths: [x]}, tags: [y]}".to_owned()),
        Just("{image: 'a:1', script: [x], rules: [{if: $CI_COMMIT_BRANCH, when: never}, {if: $A, changes: [x]}]}".to_owned()),
        Just("{image: 'docker:28', script: [docker build --tag $A:$B ., docker push $A:$B]}".to_owned()),
        Just("{image: 'k:1', environment: production, script: ['kubectl set image deployment/a b=$A:$B']}".to_owned()),
        Just("\n  script:\n    - |\n      a\n\n        b\n    # why\n    - c".to_owned()),
        Just("\n# at the edge\n  script: x".to_owned()),
        Just("&a [x]".to_owned()),
        Just("*a".to_owned()),
        Just("{<<: *a, script: x}".to_owned()),
        Just("0x1F".to_owned()),
        Just("{A: 1.10, B: yes, C: 010, D: {value: on, description: d}}".to_owned()),
        Just("[]".to_owned()),
        Just("~".to_owned()),
        Just("!reference [.base, script]".to_owned()),
        "[ -~]{0,8}",
    ];
    let key = prop_oneof![
        Just("a"),
        Just("b"),
        Just(".base"),
        Just(".list"),
        Just("stages"),
        Just("variables"),
        Just("workflow"),
        Just("include"),
        Just("default"),
        Just("before_script"),
        Just("\"quoted\""),
        Just("# comment"),
        Just("---"),
    ];
    (key, value).prop_map(|(key, value)| match key {
        "# comment" | "---" => format!("{key}\n"),
        key => format!("{key}: {value}\n"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the text is: no panic, and what is written was proven.
    #[test]
    fn no_manifest_is_written_that_is_not_proven(pieces in prop::collection::vec(piece(), 1..6)) {
        let text = pieces.concat();
        for depth in [Depth::Jobs, Depth::Entities, Depth::Improved] {
            if let Some(Ok(imported)) = imported_as(&text, &Held::default(), depth) {
                let found = sorted_effects(compared(&text, &imported.text));
                let told = sorted_effects(imported.changes.effects);
                prop_assert!(found == told, "{}\n{}\n{:?}\n{:?}", text, imported.text, texts(&found), texts(&told));
                prop_assert!(depth == Depth::Improved || found.is_empty(), "{}\n{}", text, imported.text);
                for effect in &found {
                    prop_assert!(is_meant(effect), "{}\n{:?}", text, texts(std::slice::from_ref(effect)));
                }
                let faults = faults(&text, &imported.text, &Held::default());
                prop_assert!(faults.is_empty(), "{}\n{}\n{:?}", text, imported.text, faults);
            }
        }
    }
}

/// Jobs that recognisers take for entities, with what is often around them.
fn job() -> impl Strategy<Value = String> {
    let script = prop_oneof![
        Just("{image: 'docker:28', script: [docker build --tag $R:$T ., docker push $R:$T]"),
        Just("{image: 'docker:28', services: ['docker:28-dind'], script: [docker build -t $R .]"),
        Just("{image: $R:$T, script: [make test]"),
        Just("{image: alpine, script: [make], when: manual"),
        Just(
            "{image: 'k:1', environment: x, script: ['kubectl config use-context g/p:a', 'kubectl apply -f k8s/']"
        ),
        Just(
            "{image: 'k:1', environment: y, script: ['kubectl config use-context a', 'kubectl set image deployment/d c=$R:$T']"
        ),
        Just(
            "{image: 'h:1', environment: z, script: ['kubectl config use-context a', 'helm upgrade --install r chart']"
        ),
        Just("{image: 'r:1', script: ['regctl image copy $R:$T $R:latest']"),
        Just("{script: [make]"),
    ];
    let rest = prop_oneof![
        Just("}"),
        Just(", rules: [{if: $CI_COMMIT_BRANCH}]}"),
        Just(", rules: [{if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'}]}"),
        Just(", rules: [{if: $CI_COMMIT_TAG, when: manual}, {when: never}]}"),
        Just(", only: [main, tags], interruptible: true}"),
        Just(", except: [schedules], timeout: 1 hour, retry: 1}"),
        Just(", rules: [{changes: [src/*]}], stage: build}"),
    ];
    (script, rest).prop_map(|(script, rest)| format!("{script}{rest}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Entities change nothing, or exactly what was told.
    #[test]
    fn entities_do_what_the_jobs_did(jobs in prop::collection::vec(job(), 1..5)) {
        let mut text = "variables: {R: $CI_REGISTRY_IMAGE/app, T: $CI_COMMIT_SHA}\n".to_owned();
        for (at, job) in jobs.iter().enumerate() {
            text += &format!("job-{at}: {job}\n");
        }
        let files = [("Dockerfile", "FROM a"), ("k8s/app.yml", "kind: A"), ("chart/Chart.yaml", "name: a")];
        let files = Held::new(files.map(|(path, text)| (path.to_owned(), text.to_owned())));
        for depth in [Depth::Entities, Depth::Improved] {
            if let Some(Ok(imported)) = imported_as(&text, &files, depth) {
                let found = sorted_effects(compared(&text, &imported.text));
                let told = sorted_effects(imported.changes.effects);
                prop_assert!(found == told, "{}\n{}\n{:?}\n{:?}", text, imported.text, texts(&found), texts(&told));
                prop_assert!(depth == Depth::Improved || found.is_empty(), "{}\n{}", text, imported.text);
                for effect in &found {
                    prop_assert!(is_meant(effect), "{}\n{:?}", text, texts(std::slice::from_ref(effect)));
                }
            }
        }
    }
}
