//! Pipelines and manifests with hostile strings at every place.

use proptest::prelude::*;

use crate::hostile;

/// A string in YAML's double quotes, with an escape for all that is not ASCII.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Each `@@` of a text becomes a hostile string, and each `@word@` one of those or the word.
fn filled(template: &'static str, rate: f64) -> impl Strategy<Value = String> {
    let places = template.split('@').skip(1).step_by(2).count();
    let strings = prop::collection::vec((hostile(), prop::bool::weighted(rate)), places);
    strings.prop_map(move |strings| {
        let mut strings = strings.into_iter();
        let mut out = String::new();
        for (at, part) in template.split('@').enumerate() {
            match at % 2 {
                0 => out.push_str(part),
                _ => match strings.next() {
                    Some((text, bad)) if bad || part.is_empty() => out.push_str(&quoted(&text)),
                    _ => out.push_str(&quoted(part)),
                },
            }
        }
        out
    })
}

/// What GitLab takes, nearly always.
pub(crate) fn valid() -> impl Strategy<Value = String> {
    filled(
        "include: [{project: @group/ci@, file: @/a.yml@}, {remote: 'https://a/b.yml'}]
stages: [build, @stage@, deploy]
workflow:
  name: @pipeline@
  rules: [{changes: [@a/**@]}, {when: always}]
variables: {KEY: @@, OTHER: {value: @v@, description: @@}}
default: {image: @alpine@, tags: [@big@]}
@one@: {stage: build, script: [@@, @make@], artifacts: {paths: [@out@]}}
two:
  script: [@@]
  needs: []
  rules:
    - {changes: [@@], when: manual}
    - {exists: [@@], variables: {A: @@}}
    - if: $CI_COMMIT_BRANCH
three:
  script: @@
  only: [@main@, tags]
  variables: {B: @@}
  retry: 1
  resource_group: @group@
  environment: {name: production, url: @@, action: start}
  services: [@db@]
  cache: {paths: [@@]}
  coverage: '/x/'
",
        0.3,
    )
}

/// What GitLab refuses, with the string in what is wrong.
pub(crate) fn broken() -> impl Strategy<Value = String> {
    filled(
        "include: [{local: @/a.yml@}, {local: '/b.yml', inputs: {@@: 1}}, {@@: x}]
stages: [@@]
@@: {script: x, @@: 1, stage: @@}
two: {extends: [@@], script: x}
three: {script: x, needs: [@@], when: @@, retry: {max: 1, when: @@}}
four: {script: x, rules: [{if: @$A ==@, @@: 1}], environment: {name: @@, on_stop: @@}}
five: {script: x, cache: {key: {files: [a], prefix: @a/b@}}, timeout: @@, coverage: @@}
six: {script: [!reference [@@, script]], variables: {@@: [1]}, only: [@/[/@], dependencies: [@@]}
seven: @@
eight: {script: x, parallel: {matrix: [{@@: {}}]}, artifacts: {@@: x, expire_in: @@}}
default: {@@: x}
",
        0.5,
    )
}

/// A manifest, nearly always a wrong one.
pub(crate) fn manifest() -> impl Strategy<Value = String> {
    prop_oneof![
        filled(
            "windlass: 1
images: {@app@: {dockerfile: @Dockerfile@, build_args: {@A@: @@}}}
refs: {@r@: [@main@]}
tests: {@unit@: {image: @app@, script: @make@, variables: {A: @@}, stage: @test@}}
jobs: {@lint@: {script: [@@], rules: [{if: @$A@}], stage: @test@}}
@key@: @@
",
            0.15,
        ),
        filled(
            "windlass: 1
jobs:
  lint: {script: [@@], rules: [{changes: [@@]}], variables: {A: @@}, stage: test}
  more: {script: [@x@], needs: [@lint@], stage: test}
",
            0.2,
        ),
    ]
}
