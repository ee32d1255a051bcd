//! A manifest with matrices compiles to what the same manifest compiles to whose rows are written
//! by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;

use std::fmt::Write as _;

use compiled::{Complete, files, json};
use proptest::prelude::*;

/// The pipelines of two manifests are the same, in the order of their keys, too.
#[track_caller]
fn same(matrix: &str, by_hand: &str) {
    let pipeline = |manifest: &str| {
        let (path, text) = files(manifest, &Complete).swap_remove(0);
        assert_eq!(path, ".gitlab-ci.yml");
        serde_json::to_string_pretty(&json(&text)).unwrap()
    };
    let (one, other) = (pipeline(matrix), pipeline(by_hand));
    let diff = similar::TextDiff::from_lines(&other, &one);
    assert!(one == other, "{matrix}\n{by_hand}\n{}", diff.unified_diff());
}

#[test]
fn rows_of_images_and_tests() {
    same(
        r#"
windlass: 1
stages: [check, build, test]
defaults:
  images: {build_args: {CODENAME: "${V}-$CI_COMMIT_SHA"}}
  tests: {image: distro, script: 'make V=$V $$V ${V:0:1}', variables: {A: $V}}
images:
  distro:
    role: toolchain
    matrix: [{D: fedora, V: ["27", "28"]}, {D: ubuntu, V: "17.10"}]
    repository: $CI_REGISTRY_IMAGE/$D
    tag: v$V
    dockerfile: ci/$D.Dockerfile
    build_args: {VERSION: $V}
    rebuild: {manual: true, stage: check}
    job_names: {check: check $D, force: $D-$V-force}
  app: {build_args: {BASE: {image: distro}}, matrix: [{D: ubuntu}]}
tests:
  unit: {variables: {B: $D}}
  $D@lint: {matrix: [{D: fedora, V: "28"}, {D: ubuntu}], needs: [unit]}
  alone: {image: distro-fedora-27, needs: [unit, build-app]}
jobs:
  raw: {script: ["echo $V $D"]}
"#,
        r#"
windlass: 1
stages: [check, build, test]
images:
  distro-fedora-27: &distro
    role: toolchain
    repository: $CI_REGISTRY_IMAGE/fedora
    tag: v27
    dockerfile: ci/fedora.Dockerfile
    build_args: {CODENAME: "27-$CI_COMMIT_SHA", VERSION: "27"}
    rebuild: {manual: true, stage: check}
    job_names: {build: 'build-distro:fedora:27', check: 'check fedora:27', force: fedora-27-force}
  distro-fedora-28:
    <<: *distro
    tag: v28
    build_args: {CODENAME: "28-$CI_COMMIT_SHA", VERSION: "28"}
    job_names: {build: 'build-distro:fedora:28', check: 'check fedora:28', force: fedora-28-force}
  distro-ubuntu-17-10:
    <<: *distro
    repository: $CI_REGISTRY_IMAGE/ubuntu
    tag: v17.10
    dockerfile: ci/ubuntu.Dockerfile
    build_args: {CODENAME: "17.10-$CI_COMMIT_SHA", VERSION: "17.10"}
    job_names: {build: 'build-distro:ubuntu:17.10', check: 'check ubuntu:17.10', force: ubuntu-17.10-force}
  app-ubuntu:
    build_args: {CODENAME: "${V}-$CI_COMMIT_SHA", BASE: {image: distro-ubuntu-17-10}}
    job_names: {build: 'build-app:ubuntu'}
tests:
  unit:fedora:27: {image: distro-fedora-27, script: 'make V=27 $$V ${V:0:1}', variables: {V: "27", A: "27", B: fedora}}
  unit:fedora:28: {image: distro-fedora-28, script: 'make V=28 $$V ${V:0:1}', variables: {V: "28", A: "28", B: fedora}}
  unit:ubuntu:17.10: {image: distro-ubuntu-17-10, script: 'make V=17.10 $$V ${V:0:1}', variables: {V: "17.10", A: "17.10", B: ubuntu}}
  fedora@lint:28: {image: distro-fedora-28, script: 'make V=28 $$V ${V:0:1}', variables: {V: "28", A: "28"}, needs: ['unit:fedora:28']}
  ubuntu@lint:17.10: {image: distro-ubuntu-17-10, script: 'make V=17.10 $$V ${V:0:1}', variables: {V: "17.10", A: "17.10"}, needs: ['unit:ubuntu:17.10']}
  alone: {image: distro-fedora-27, script: 'make V=$V $$V ${V:0:1}', variables: {A: $V}, needs: ['unit:fedora:27', 'unit:fedora:28', 'unit:ubuntu:17.10', 'build-app:ubuntu']}
jobs:
  raw: {script: ["echo $V $D"]}
"#,
    );
}

#[test]
fn names_that_rows_share_in_lists_and_deployments() {
    same(
        r#"
windlass: 1
kubernetes: {context: one}
images:
  app: {matrix: [{P: [web, worker]}], target: $P}
environments:
  prod:
    refs: default_branch
    images: app
    needs: [build-app]
    variables: {WEB: {image: app-web}}
    deploy: {set_image: {deployment/web: {web: app-web}, deployment/worker: {worker: app-worker}}}
promotions:
  latest: {image: app, refs: default_branch, to: latest, needs: [deploy-prod]}
"#,
        r#"
windlass: 1
kubernetes: {context: one}
images:
  app-web: {target: web, job_names: {build: 'build-app:web'}}
  app-worker: {target: worker, job_names: {build: 'build-app:worker'}}
environments:
  prod:
    refs: default_branch
    images: [app-web, app-worker]
    needs: ['build-app:web', 'build-app:worker']
    variables: {WEB: {image: app-web}}
    deploy: {set_image: {deployment/web: {web: app-web}, deployment/worker: {worker: app-worker}}}
promotions:
  latest: {image: [app-web, app-worker], refs: default_branch, to: latest, needs: [deploy-prod]}
"#,
    );
}

/// Two lists of values.
fn values() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let list = || proptest::collection::btree_set("[a-z0-9]{1,3}", 1..4);
    let list = move || list().prop_map(|set| set.into_iter().collect());
    (list(), list())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_combination_is_a_row((first, second) in values(), text in "[ -~&&[^$'\\\\]]{0,12}") {
        let text = text.replace('"', "");
        let list = |values: &[String]| {
            let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
            quoted.join(", ")
        };
        let matrix = format!(
            "windlass: 1\nimages:\n  base: {{matrix: [{{A: [{}], B: [{}]}}], dockerfile: \"$A/$B\"}}\n\
             tests:\n  unit: {{image: base, script: ['{text}', 'x $A', '${{B}}$AB$A']}}\n",
            list(&first), list(&second),
        );
        let (mut images, mut tests) = (String::new(), String::new());
        let several = first.len() * second.len() > 1;
        for a in &first {
            for b in &second {
                writeln!(images, "  base-{a}-{b}: {{dockerfile: \"{a}/{b}\", job_names: {{build: 'build-base:{a}:{b}'}}}}").unwrap();
                let name = if several { format!("unit:{a}:{b}") } else { "unit".to_owned() };
                writeln!(tests, "  '{name}': {{image: base-{a}-{b}, script: ['{text}', 'x {a}', '{b}$AB{a}']}}").unwrap();
            }
        }
        same(&matrix, &format!("windlass: 1\nimages:\n{images}tests:\n{tests}"));
    }
}
