use super::*;
use proptest::prelude::*;

/// Names that GitLab 18.11 takes and that are refused here, because they do not do what they
/// seem to, or did not in an older GitLab.
const CAUTIOUS: [&str; 5] = [
    "n-reserved-default",
    "n-reserved-workflow",
    "n-reserved-spec",
    "n-reserved-types",
    "n-pages-deploy",
];

#[test]
fn agrees_with_gitlab_on_jobs() {
    let mut seen = 0;
    for case in crate::gitlab::verdicts(include_str!("../../../tests/verdicts/names.jsonl")) {
        // The case is about its first job. `off` as a boolean key is the reader's to refuse, and
        // a need on a parallel job's longer name is the checker's.
        if case.id.contains("parallel") || case.id == "n-reserved-off" {
            continue;
        }
        let mut jobs = case.file.as_mapping().unwrap().keys();
        let name = jobs.next().and_then(|name| name.as_str()).unwrap();
        if name.starts_with('.') {
            assert!(job(name).is_err(), "{}", case.id);
            continue;
        }
        let expected = case.valid && !CAUTIOUS.contains(&case.id.as_str());
        assert_eq!(job(name).is_ok(), expected, "{}: {:?}", case.id, job(name));
        seen += 1;
    }
    assert_eq!(seen, 27);
}

#[test]
fn agrees_with_gitlab_on_environments() {
    let mut seen = 0;
    for case in crate::gitlab::verdicts(include_str!("../../../tests/verdicts/environments.jsonl"))
    {
        let value = &case.job("a")["environment"];
        let name = value.as_str().or(value["name"].as_str()).unwrap();
        assert_eq!(environment(name).is_ok(), case.valid, "{}", case.id);
        assert_eq!(resource_group(name).is_ok(), case.valid, "{}", case.id);
        seen += 1;
    }
    assert_eq!(seen, 9);
}

#[test]
fn lengths_are_counted_in_characters() {
    assert!(job(&"é".repeat(255)).is_ok() && job(&"é".repeat(256)).is_err());
    assert_eq!(stage("").unwrap_err().to_string(), "is empty");
    assert_eq!(job("a\nb").unwrap_err().to_string(), "has a line break");
    assert!(job("<<").is_err() && job("on").is_ok() && job("pages").is_ok());
}

#[test]
fn variables() {
    assert!(variable("CI_X9").is_ok() && variable("_").is_ok());
    assert_eq!(
        variable("$TOKEN").unwrap_err().to_string(),
        "has a `$`; only its name is wanted"
    );
    assert_eq!(
        variable("${TOKEN}").unwrap_err().to_string(),
        "has a `$`; only its name is wanted"
    );
    assert_eq!(
        variable("A-B").unwrap_err().to_string(),
        "has `-`; it may have letters, digits and `_`"
    );
    for bad in ["", "9A", "A B", "É", "hunter2!"] {
        assert!(variable(bad).is_err(), "{bad}");
    }
}

/// Answers of GitLab's own code (`Gitlab::Utils.slugify`, `Gitlab::Slug::Environment`), run with
/// Ruby 3.0.
#[test]
fn slugs() {
    let long = "a".repeat(62);
    for (name, slug) in [
        ("master", "master"),
        ("feature/One", "feature-one"),
        ("-a-", "a"),
        ("release_1.0", "release-1-0"),
        ("Ärger/x", "rger-x"),
        ("İx", "i-x"),
        ("///", ""),
        (&format!("{long}/b"), &long),
        (&"a".repeat(70), &"a".repeat(63)),
    ] {
        assert_eq!(ref_slug(name), slug, "{name}");
    }
    for (name, slug) in [
        ("production", "production"),
        ("Production", "production-iis43c"),
        ("review/feature-1", "review-feature-1-1q251u"),
        ("1-prod", "env-1-prod-fg2zxa"),
        ("prod-", "prod"),
        ("a--b", "a-b-m3ql0o"),
        (
            "averyveryverylongenvironmentname",
            "averyveryverylong-jusc93",
        ),
        ("prod.eu", "prod-eu-ezg8lv"),
        ("xxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxx"),
        ("xxxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxx-lb3sqk"),
        ("prød", "pr-d-p7rdhm"),
        ("", "env-qhkd3p"),
    ] {
        assert_eq!(environment_slug(name), slug, "{name}");
    }
}

#[test]
fn images() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    for good in [
        "alpine",
        "alpine:3.20",
        "docker:28-cli",
        "registry.example.com:5000/a/b__c.d---e:v1.0_x",
        "localhost/a",
        "moby/buildkit:rootless",
        &format!("alpine@{digest}"),
        &format!("alpine:3@{digest}"),
        "$CI_REGISTRY_IMAGE/Php:$TAG",
        "Registry.example.com/a",
    ] {
        assert_eq!(image_reference(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "Alpine",
        "a b",
        "alpine:",
        ":3",
        "a//b",
        "a/",
        "/a",
        "a:-x",
        "a.-b",
        "a___b",
        "-a",
        "a@sha256:12",
        "a@",
        "ex_ample.com:x/a",
        "host:/a",
        "a:b:c",
        "https://a/b",
        "$A B",
    ] {
        assert!(image_reference(bad).is_err(), "{bad}");
    }
    assert!(image_tag(&"a".repeat(128)).is_ok() && image_tag(&"a".repeat(129)).is_err());
    assert!(image_repository("a:1").is_err());
}

#[test]
fn kubernetes() {
    for good in [
        "deployment/web",
        "statefulset.apps/db-0",
        "deploy/a.b",
        "$KIND/x",
        "cj/1",
    ] {
        assert_eq!(kubernetes_resource(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "web",
        "deployment/",
        "/web",
        "deployment/Web",
        "a/b/c",
        "a b/c",
        "d/-x",
        "d/a..b",
    ] {
        assert!(kubernetes_resource(bad).is_err(), "{bad}");
    }
    assert!(kubernetes_label("review-$CI_COMMIT_REF_SLUG").is_ok());
    assert!(
        kubernetes_label(&"a".repeat(63)).is_ok() && kubernetes_label(&"a".repeat(64)).is_err()
    );
    assert!(kubernetes_label("a.b").is_err() && kubernetes_label("A").is_err());
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".{0,80}") {
        let checks = [job, stage, environment, resource_group, variable, image_reference];
        let more = [image_repository, image_tag, kubernetes_label, kubernetes_resource];
        for check in checks.into_iter().chain(more) {
            let _ = check(&text);
        }
        let slug = ref_slug(&text);
        prop_assert!(slug.is_empty() || slug == ref_slug(&slug));
        prop_assert!(slug.is_empty() || kubernetes_label(&slug).is_ok());
        let slug = environment_slug(&text);
        prop_assert!(slug.len() <= 24 && kubernetes_label(&slug).is_ok(), "{}", slug);
    }
}
