//! The layout, and what is refused.

mod sharing;

use insta::assert_snapshot;

use super::*;
use crate::pipeline::{
    Base, BaseId, ComposeBuild, ComposeService, Holder, Mapping, Section, Shared, Union, Value,
    WrittenJob,
};
use crate::verify::verify;

fn map<const N: usize>(entries: [(&str, Value); N]) -> Mapping {
    entries.into_iter().collect()
}

fn list<const N: usize>(items: [&str; N]) -> Value {
    Value::list(items)
}

fn job<const N: usize>(name: &str, bases: &[&'static str], keys: [(&str, Value); N]) -> WrittenJob {
    WrittenJob {
        name: name.into(),
        comment: String::new(),
        bases: bases.iter().map(|name| BaseId::only(name)).collect(),
        keys: map(keys),
    }
}

fn base<const N: usize>(name: &'static str, keys: [(&str, Value); N]) -> Base {
    Base {
        id: BaseId::only(name),
        of: String::new(),
        comment: String::new(),
        keys: map(keys),
    }
}

/// What holds the conditions of a ref set.
fn refs(set: &str) -> Holder {
    Holder::Refs(Union {
        sets: vec![set.to_owned()],
        when: None,
    })
}

fn shared(anchor: &str, value: impl Into<Value>) -> Value {
    Value::Shared(Shared {
        holder: refs(anchor),
        key: "rules".into(),
        value: Box::new(value.into()),
    })
}

fn document(bases: Vec<Base>, jobs: Vec<WrittenJob>) -> Document {
    Document {
        globals: Mapping::new(),
        bases,
        sections: vec![Section {
            title: "Jobs".into(),
            jobs,
        }],
    }
}

/// The text, once it has been read back.
fn written(document: &Document) -> String {
    let text = pipeline(document).unwrap();
    verify(&format!("# A header: \"x\n\n{text}"), document).unwrap();
    text
}

#[test]
fn a_pipeline_reads_as_if_written_by_hand() {
    let rule = |condition: &str| Value::Map(map([("if", condition.into())]));
    let deployable = || shared("deployable", vec![rule("$CI_COMMIT_BRANCH == \"master\"")]);
    let docker = [
        ("image", "docker:29-cli".into()),
        (
            "services",
            vec![Value::Map(map([
                ("name", "docker:29-dind".into()),
                (
                    "command",
                    list(["--registry-mirror", "https://mirror.example.com"]),
                ),
            ]))]
            .into(),
        ),
        (
            "variables",
            map([("DOCKER_TLS_CERTDIR", "/certs".into())]).into(),
        ),
    ];
    let mut docker_base = base("docker", docker.clone());
    docker_base.comment = "A daemon\nof its own".into();
    let mut build = job("build-php", &["docker"], docker.clone());
    build.keys.set("stage", "build");
    build.keys.set("needs", Value::Seq(vec![]));
    build.keys.set("rules", deployable());
    build
        .keys
        .set("script", list(["docker build .", "echo \"a: b\""]));
    let mut test = job("test: php", &["docker"], docker.clone());
    test.comment = "Runs the image that was built.".into();
    test.keys.set(
        "variables",
        map([
            ("DOCKER_TLS_CERTDIR", "/certs".into()),
            ("RETRIES", "3".into()),
        ]),
    );
    test.keys.set("image", "docker:28-cli");
    test.keys.set("needs", list(["build-php"]));
    test.keys.set("retry", 2);
    test.keys.set("rules", deployable());
    test.keys
        .set("script", list(["if x; then\n  y\nfi\n", "!reference"]));
    test.keys.set(
        "after_script",
        vec![Value::Reference(vec![".tidy".into(), "script".into()])],
    );
    let planned = Document {
        globals: map([
            ("stages", list(["build", "test"])),
            ("variables", map([("VERSION", "1.10".into())]).into()),
        ]),
        bases: vec![docker_base],
        sections: vec![
            Section {
                title: "Build".into(),
                jobs: vec![build],
            },
            Section {
                title: "Test".into(),
                jobs: vec![test],
            },
        ],
    };
    assert_snapshot!(written(&planned), @r#"
    stages: [build, test]

    variables:
      VERSION: "1.10"

    # --- Shared by several jobs ---

    .refs-deployable:
      rules: &deployable
        - if: $CI_COMMIT_BRANCH == "master"

    # A daemon
    # of its own
    .docker: &docker
      image: docker:29-cli
      services:
        - {name: "docker:29-dind", command: ["--registry-mirror", "https://mirror.example.com"]}
      variables: &docker-variables {DOCKER_TLS_CERTDIR: /certs}

    # --- Build ---

    build-php:
      <<: *docker
      stage: build
      needs: []
      rules: *deployable
      script:
        - docker build .
        - 'echo "a: b"'

    # --- Test ---

    # Runs the image that was built.
    "test: php":
      <<: *docker
      image: docker:28-cli
      variables:
        <<: *docker-variables
        RETRIES: "3"
      needs: [build-php]
      retry: 2
      rules: *deployable
      script:
        - |
          if x; then
            y
          fi
        - "!reference"
      after_script:
        - !reference [.tidy, script]
    "#);
}

#[test]
fn contradictions_are_errors() {
    let reason = |document: &Document| pipeline(document).unwrap_err().to_string();
    let twice = document(vec![], vec![job("a", &[], []), job("a", &[], [])]);
    assert_snapshot!(reason(&twice), @r#"a: the name is used twice"#);
    let differ = job("a", &[], [("x", shared("s", "1")), ("y", shared("s", "2"))]);
    assert_snapshot!(reason(&document(vec![], vec![differ])), @r#"s: shared values of one name differ"#);
    assert_snapshot!(reason(&document(vec![], vec![job("a", &["b"], [])])), @r#"a: merges a base that is not defined"#);
    let nul = job("a", &[], [("script", list(["x", "y\0"]))]);
    assert_snapshot!(reason(&document(vec![], vec![nul])), @r#"a.script[1]: a NUL character cannot reach a job"#);
    let merge = Value::Map(map([("<<", "x".into())]));
    let merge = document(vec![], vec![job("a", &[], [("variables", merge)])]);
    assert_snapshot!(reason(&merge), @r#"a.variables.<<: GitLab merges what stands under a key `<<`"#);
    let mut deep = Value::Null;
    for _ in 0..200 {
        deep = vec![deep].into();
    }
    let deep = document(vec![], vec![job("a", &[], [("script", deep)])]);
    assert_snapshot!(reason(&deep), @r#"a.script: nested more than 100 deep, which GitLab refuses"#);
}

#[test]
fn an_empty_document_is_an_empty_text() {
    assert_eq!(written(&Document::default()), "\n");
}

#[test]
fn a_compose_override_pulls() {
    let service = |name: &str, image: &str, build| ComposeService {
        name: name.into(),
        image: image.into(),
        build,
    };
    let over = Mapping::from_iter([("context", "..")]);
    let file = ComposeOverride {
        services: vec![
            service("php", "${IMAGE_PHP_CI}", ComposeBuild::Reset),
            service("on", "a: b", ComposeBuild::Kept),
            service("web", "$IMAGE_WEB", ComposeBuild::Over(over)),
            service("own", "$IMAGE_OWN", ComposeBuild::Over(Mapping::new())),
        ],
        secrets: vec![("no".into(), "TOKEN".into())],
    };
    assert_snapshot!(compose_override(&file).unwrap(), @r#"
    services:
      php:
        # Pulled, never rebuilt: the image under test is the one that was built.
        image: ${IMAGE_PHP_CI}
        build: !reset null
      "on":
        # Pulled before compose starts, which builds only what is missing.
        image: "a: b"
      web:
        image: $IMAGE_WEB
        build: {context: ".."}
      own:
        image: $IMAGE_OWN

    secrets:
      "no":
        environment: TOKEN
    "#);
    assert_eq!(
        compose_override(&ComposeOverride::default()).unwrap(),
        "services: {}\n"
    );
}
