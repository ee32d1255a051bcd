//! A text that says anything else than planned is found out.

use super::*;
use crate::pipeline::{Base, BaseId, Section, WrittenJob};
use crate::render;

fn map<const N: usize>(entries: [(&str, Value); N]) -> Mapping {
    entries.into_iter().collect()
}

fn planned() -> Document {
    let variables = || map([("A", "1".into()), ("B", "x".into())]);
    let job = |name: &str, stage: &str| WrittenJob {
        name: name.into(),
        comment: String::new(),
        bases: vec![BaseId::only("base")],
        keys: map([
            ("image", "php:8".into()),
            ("variables", variables().into()),
            ("stage", stage.into()),
            ("script", Value::list(["make", "echo \"a: b\""])),
            (
                "before_script",
                vec![Value::Reference(vec![".x".into(), "script".into()])].into(),
            ),
            ("retry", 2.into()),
            ("interruptible", true.into()),
            ("cache", Value::Null),
        ]),
    };
    Document {
        globals: map([("stages", Value::list(["build", "test"]))]),
        bases: vec![Base {
            id: BaseId::only("base"),
            of: String::new(),
            comment: "Shared".into(),
            keys: map([("image", "php:8".into()), ("variables", variables().into())]),
        }],
        sections: vec![Section {
            title: "All".into(),
            jobs: vec![job("one", "build"), job("two", "test")],
        }],
    }
}

#[test]
fn comments_do_not_matter() {
    let planned = planned();
    let text = render::pipeline(&planned).unwrap();
    let headed = format!("# Made by: [windlass\n#\n\n{text}\n# end");
    assert!(verify(&headed, &planned).is_ok());
    assert!(verify("# nothing", &Document::default()).is_ok());
}

#[test]
fn every_change_is_found() {
    let planned = planned();
    let text = render::pipeline(&planned).unwrap();
    let changes = [
        ("[build,", "[built,", "stages[0]"),
        ("[build, test]", "[build]", "stages"),
        ("stages:", "stage:", "stages"),
        ("A: \"1\"", "A: 1", "one.variables.A"),
        (", B: x", "", "one.variables.B"),
        ("B: x", "B: x, C: x", "one.variables.C"),
        ("<<: *base", "<<: [*base]\n  extra: 1", "one.extra"),
        ("  <<: *base\n", "", "one.image"),
        ("<<: *base", "<<: 1", "one"),
        ("retry: 2", "retry: \"2\"", "one.retry"),
        ("retry: 2", "retry: 2.0", "one.retry"),
        ("retry: 2", "2: 2", "one"),
        (
            "interruptible: true",
            "interruptible: \"true\"",
            "one.interruptible",
        ),
        ("cache: null", "cache: \"\"", "one.cache"),
        ("  cache: null\n", "", "one.cache"),
        ("- make", "- |\n      make", "one.script[0]"),
        ("'echo \"a: b\"'", "echo \"a: b\"", "one.script[1]"),
        (
            "!reference [.x, script]",
            "[.x, script]",
            "one.before_script[0]",
        ),
        (
            "!reference [.x, script]",
            "!reference [.x, z]",
            "one.before_script[0]",
        ),
        (
            "!reference [.x, script]",
            "!other [.x, script]",
            "one.before_script[0]",
        ),
        ("\none:", "\nthree:", "one"),
        ("\none:", "\nthree: {}\n\none:", "three"),
        ("\none:", "\n.three: {}\n\none:", ".three"),
        ("\none:", "\n.three: {a: 1.5}\n\none:", ".three.a"),
        ("\none:", "\ntwo: {}\n\none:", ""),
        ("stage: build", "stage: build\n  stage: build", ""),
        ("  stage: build", "  stage: build\n  <<: {stage: test}", ""),
        ("image: php:8", "image: &x [*x]", ""),
        ("*base", "*bose", ""),
        ("\none:", "\n---\none:", ""),
    ];
    for (from, to, path) in changes {
        assert!(text.contains(from), "{from}\n{text}");
        let tampered = text.replacen(from, to, 1);
        let mismatch = verify(&tampered, &planned).expect_err(&tampered);
        assert_eq!(mismatch.path, path, "{from} -> {to}: {mismatch}");
    }
}

#[test]
fn a_merge_counts_where_it_stands() {
    let with = |stage: &str| Document {
        globals: map([("a", map([("stage", stage.into())]).into())]),
        ..Document::default()
    };
    let after = "a:\n  stage: x\n  <<: {stage: y}\n";
    assert!(verify(after, &with("y")).is_ok());
    let first = "a:\n  <<: [{stage: y}, {stage: x}]\n";
    assert!(verify(first, &with("y")).is_ok());
}

#[test]
fn a_mismatch_tells_both_sides() {
    let document = Document {
        globals: map([("a", "1".into())]),
        ..Document::default()
    };
    let mismatch = verify("a: 1", &document).unwrap_err();
    assert_eq!(mismatch.to_string(), "a: planned \"1\", read back 1");
}
