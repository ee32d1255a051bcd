//! The layout, and what is shared in it.

use insta::assert_snapshot;

use super::*;
use crate::pipeline::{Base, ComposeService, Job, Mapping, Section, Shared, Value};
use crate::verify::verify;

fn map<const N: usize>(entries: [(&str, Value); N]) -> Mapping {
    entries.into_iter().collect()
}

fn list<const N: usize>(items: [&str; N]) -> Value {
    Value::list(items)
}

fn job<const N: usize>(name: &str, bases: &[&str], keys: [(&str, Value); N]) -> Job {
    Job {
        name: name.into(),
        comment: String::new(),
        bases: bases.iter().map(|&name| name.to_owned()).collect(),
        keys: map(keys),
    }
}

fn base<const N: usize>(name: &str, keys: [(&str, Value); N]) -> Base {
    Base {
        name: name.into(),
        comment: String::new(),
        keys: map(keys),
    }
}

fn shared(anchor: &str, value: impl Into<Value>) -> Value {
    Value::Shared(Shared {
        anchor: anchor.into(),
        holder: format!("refs-{anchor}"),
        key: "rules".into(),
        value: Box::new(value.into()),
    })
}

fn document(bases: Vec<Base>, jobs: Vec<Job>) -> Document {
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
    stages:
      - build
      - test

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
        - name: docker:29-dind
          command: ["--registry-mirror", "https://mirror.example.com"]
      variables: &docker-variables
        DOCKER_TLS_CERTDIR: /certs

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
fn a_shared_value_has_an_anchor_if_it_is_used_twice() {
    let with = |name: &str| job(name, &[], [("rules", shared("main only", list(["x"])))]);
    let once = document(vec![], vec![with("a")]);
    assert_snapshot!(written(&once), @r#"
    # --- Jobs ---

    a:
      rules:
        - x
    "#);
    let twice = document(vec![], vec![with("a"), with("b")]);
    assert_snapshot!(written(&twice), @r#"
    # --- Shared by several jobs ---

    .refs-main only:
      rules: &main-only
        - x

    # --- Jobs ---

    a:
      rules: *main-only

    b:
      rules: *main-only
    "#);
}

#[test]
fn a_use_in_a_base_is_one_use() {
    let rules = || ("rules", shared("main", list(["x"])));
    let script = || ("script", list(["y"]));
    let bases = || vec![base("deploy", [rules(), script()])];
    let jobs = || {
        vec![
            job("a", &["deploy"], [rules(), script()]),
            job("b", &["deploy"], [rules(), script()]),
        ]
    };
    assert_snapshot!(written(&document(bases(), jobs())), @r#"
    # --- Shared by several jobs ---

    .deploy: &deploy
      rules:
        - x
      script:
        - "y"

    # --- Jobs ---

    a:
      <<: *deploy

    b:
      <<: *deploy
    "#);
    let mut jobs = jobs();
    jobs.push(job("c", &[], [rules()]));
    assert_snapshot!(written(&document(bases(), jobs)), @r#"
    # --- Shared by several jobs ---

    .refs-main:
      rules: &main
        - x

    .deploy: &deploy
      rules: *main
      script:
        - "y"

    # --- Jobs ---

    a:
      <<: *deploy

    b:
      <<: *deploy

    c:
      rules: *main
    "#);
}

#[test]
fn the_merge_comes_first_and_the_first_base_wins() {
    let keys = |image: &str| {
        [
            ("stage", "x".into()),
            ("image", image.into()),
            ("script", "y".into()),
        ]
    };
    let bases = vec![
        base("a", [("image", "one".into())]),
        base("b", [("script", "y".into()), ("image", "two".into())]),
    ];
    let planned = document(
        bases,
        vec![
            job("both", &["a", "b"], keys("one")),
            job("other", &["b", "a"], keys("two")),
            job("again", &["a", "b"], keys("one")),
            job("own", &["a", "b"], keys("three")),
        ],
    );
    assert_snapshot!(written(&planned), @r#"
    # --- Shared by several jobs ---

    .a: &a
      image: one

    .b: &b
      script: "y"
      image: two

    # --- Jobs ---

    both:
      <<: [*a, *b]
      stage: x

    other:
      <<: *b
      stage: x

    again:
      <<: [*a, *b]
      stage: x

    own:
      <<: *b
      stage: x
      image: three
    "#);
}

#[test]
fn a_base_of_one_job_or_with_a_key_too_many_is_written_out() {
    let cache = || ("cache", Value::Seq(vec![]));
    let image = || ("image", "x".into());
    let planned = document(
        vec![base("full", [image(), cache()]), base("lone", [image()])],
        vec![
            job("a", &["full"], [image(), cache()]),
            job("b", &["full", "lone"], [image()]),
        ],
    );
    assert_snapshot!(written(&planned), @r#"
    # --- Jobs ---

    a:
      image: x
      cache: []

    b:
      image: x
    "#);
}

#[test]
fn definitions_stand_before_their_uses() {
    let held = |anchor: &str, holder: &str, value: Value| {
        Value::Shared(Shared {
            anchor: anchor.into(),
            holder: holder.into(),
            key: "script".into(),
            value: Box::new(value),
        })
    };
    let a = || held("a", "one", list(["a"]));
    let b = || held("b", "two", vec![a(), "b".into()].into());
    let c = || held("c", "one", vec![b(), b()].into());
    let planned = document(
        vec![],
        vec![
            job("x", &[], [("script", vec![c(), a()].into())]),
            job("y", &[], [("script", c())]),
            job(".one", &[], [("script", held("d", "two", b()))]),
            job("z", &[], [("script", held("d", "two", b()))]),
        ],
    );
    assert_snapshot!(written(&planned), @r#"
    # --- Shared by several jobs ---

    .one-2:
      script: &a
        - a

    .two:
      script: &b
        - *a
        - b
      d: &d
        - *a
        - b

    .one-3:
      script: &c
        - *b
        - *b

    # --- Jobs ---

    x:
      script:
        - *c
        - *a

    "y":
      script: *c

    .one:
      script: *d

    z:
      script: *d
    "#);
}

#[test]
fn names_are_unique() {
    let planned = document(
        vec![base("a-b", [("image", "x".into())])],
        vec![
            job("1", &["a-b"], [("image", "x".into())]),
            job("2", &["a-b"], [("image", "x".into())]),
            job(
                "3",
                &[],
                [("only", shared("a b", "x")), ("except", shared("a:b", "y"))],
            ),
            job(
                "4",
                &[],
                [("only", shared("a b", "x")), ("except", shared("a:b", "y"))],
            ),
        ],
    );
    assert_snapshot!(written(&planned), @r#"
    # --- Shared by several jobs ---

    .refs-a b:
      rules: &a-b x

    .refs-a:b:
      rules: &a-b-2 "y"

    .a-b: &a-b-3
      image: x

    # --- Jobs ---

    "1":
      <<: *a-b-3

    "2":
      <<: *a-b-3

    "3":
      only: *a-b
      except: *a-b-2

    "4":
      only: *a-b
      except: *a-b-2
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
    let service = |name: &str, image: &str, reset_build| ComposeService {
        name: name.into(),
        image: image.into(),
        reset_build,
    };
    let file = ComposeOverride {
        services: vec![
            service("php", "${IMAGE_PHP_CI}", true),
            service("on", "a: b", false),
        ],
    };
    assert_snapshot!(compose_override(&file).unwrap(), @r#"
    services:
      php:
        # Pulled, never rebuilt: the image under test is the one that was built.
        image: ${IMAGE_PHP_CI}
        build: !reset null
      "on":
        image: "a: b"
    "#);
    assert_eq!(
        compose_override(&ComposeOverride::default()).unwrap(),
        "services: {}\n"
    );
}
