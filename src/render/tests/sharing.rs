//! What is written once, and what is merged.

use insta::assert_snapshot;

use super::{base, document, job, list, shared, written};
use crate::pipeline::{Shared, Value};

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
      stage: x
      image: three
      script: "y"
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
    let held = |key: &str, holder: &str, value: Value| {
        Value::Shared(Shared {
            holder: super::refs(holder),
            key: key.into(),
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
            job(".refs-one", &[], [("script", held("d", "two", b()))]),
            job("z", &[], [("script", held("d", "two", b()))]),
        ],
    );
    assert_snapshot!(written(&planned), @r#"
    # --- Shared by several jobs ---

    .refs-one-2:
      a: &one [a]

    .refs-two:
      b: &two
        - *one
        - b
      d: &refs-two
        - *one
        - b

    .refs-one-3:
      c: &refs-one
        - *two
        - *two

    # --- Jobs ---

    x:
      script:
        - *refs-one
        - *one

    "y":
      script: *refs-one

    .refs-one:
      script: *refs-two

    z:
      script: *refs-two
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
      rules: &refs-a-b x

    .refs-a:b:
      rules: &refs-a-b-2 "y"

    .a-b: &a-b
      image: x

    # --- Jobs ---

    "1":
      <<: *a-b

    "2":
      <<: *a-b

    "3":
      only: *refs-a-b
      except: *refs-a-b-2

    "4":
      only: *refs-a-b
      except: *refs-a-b-2
    "#);
}
