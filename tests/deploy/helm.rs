//! The driver `helm`: the real Helm 3 and 4 read the arguments. A release needs more of a cluster
//! than there is here, so `upgrade --install` becomes `template`, which takes the same options.

use serde_json::{Value as Json, json};

use crate::installed;
use crate::job::{Job, SHELLS};

const VERSIONS: [(&str, &str); 2] = [("helm-3", "--atomic"), ("helm-4", "--rollback-on-failure")];

/// A chart that shows its values and its release.
const TEMPLATE: &str =
    "kind: Shown\nspec: {{ dict \"release\" .Release \"values\" .Values | toJson }}\n";

fn job(version: &str, environment: &str) -> Job {
    let helm = installed(version);
    let helm = helm.display();
    // The pinned image has Helm 3; of another image the version is not known before the job runs.
    let access = match version {
        "helm-3" => "{context: one, namespace: shop}",
        _ => "{context: one, image: 'registry.example.com/tools:1', namespace: shop}",
    };
    Job::reaching(access, environment)
        .built()
        .program(
            "helm",
            &format!(
                "#!/bin/sh\necho \"helm $*\" >> calls\ncase $1 in\n\
                 version) exec {helm} \"$@\" ;;\n\
                 status) [ ! -e first ] || printf 'STATUS: deployed\\nREVISION: 1\\n' ;;\n\
                 upgrade) shift 2; exec {helm} template \"$@\" > shown ;;\nesac\n"
            ),
        )
        .program("kubectl", "#!/bin/sh\ncase $1 in rollout) exit 1 ;; esac\n")
        .file(
            "chart/Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 0.1.0\n",
        )
        .file("chart/templates/shown.yaml", TEMPLATE)
        .file("chart/prod.yml", "image: {tag: old, pullPolicy: Always}\n")
}

fn read(job: &Job, name: &str) -> String {
    std::fs::read_to_string(job.folder.path().join(name)).unwrap_or_default()
}

/// What the chart got.
fn shown(job: &Job) -> Json {
    let text = read(job, "shown");
    let line = text.lines().find_map(|line| line.strip_prefix("spec: "));
    serde_json::from_str(line.unwrap()).unwrap()
}

pub(crate) const SET: &str = r#"deploy: {helm: {chart: chart/, release: app, values: [chart/prod.yml], options: [--version, 0.1.0], set: {
  image.ref: {image: app}, image.tag: {tag_of: app}, image.digest: {digest_of: web}, 'a\.b': "1.10", flag: "false",
  literal: "a,b={c}\"q\"\\d&/'x' 100$$", braces: "{a,b}", host: "$CI_ENVIRONMENT_SLUG.example.com", "list[0]": "x", run: "{$NOTE},$NOTE"}}}"#;

pub(crate) const WATCHED: &str =
    "rollout: {watch: [deployment/operated]}, deploy: {helm: {chart: chart/, release: app}}";

#[test]
fn a_chart_gets_every_value_as_this_string() {
    let note = r#"a, "b" & {c}/d\e 'f' $HOME"#;
    for shell in SHELLS {
        for (version, undo) in VERSIONS {
            let job = job(version, SET)
                .variable("NOTE", note)
                .variable("CI_ENVIRONMENT_SLUG", "prod");
            let (ok, said) = job.run(shell, "");
            assert!(ok, "{shell}, {version}: {said}");
            let expected = json!({
                "image": {"ref": "r.example/p/app@sha256:aa", "tag": "c0ffee", "digest": "sha256:bb", "pullPolicy": "Always"},
                "a.b": "1.10",
                "flag": "false",
                "literal": "a,b={c}\"q\"\\d&/'x' 100$",
                "braces": "{a,b}",
                "host": "prod.example.com",
                "list": ["x"],
                "run": format!("{{{note}}},{note}"),
            });
            assert_eq!(shown(&job)["values"], expected, "{shell}, {version}");
            assert_eq!(shown(&job)["release"]["Name"], "app");
            let calls = read(&job, "calls");
            assert!(calls.contains(&format!("{undo} --timeout 5m")), "{calls}");
            // Everybody on the runner can read a command line.
            assert!(!calls.contains("c}/d"), "{calls}");
        }
    }
}

#[test]
fn a_release_has_a_name_that_helm_takes() {
    for (reference, expected) in [
        ("feature", "shop-feature"),
        // The 53rd character is a dash.
        (
            "a-long-name-of-a-branch-which-goes-on-and-on-an-on-and-on",
            "shop-a-long-name-of-a-branch-which-goes-on-and-on-an",
        ),
    ] {
        let environment = "deploy: {helm: {chart: chart/, release: shop-$CI_COMMIT_REF_SLUG}}";
        for shell in SHELLS {
            let job = job("helm-4", environment).variable("CI_COMMIT_REF_SLUG", reference);
            let (ok, said) = job.run(shell, "");
            assert!(ok, "{shell}: {said}");
            assert_eq!(shown(&job)["release"]["Name"], expected);
        }
    }
}

#[test]
fn nothing_is_released_without_a_digest() {
    for shell in SHELLS {
        let job = job("helm-4", SET)
            .variable("NOTE", "")
            .variable("IMAGE_APP_DIGEST", "");
        let (ok, said) = job.run(shell, "");
        assert!(
            !ok && !read(&job, "calls").contains("upgrade"),
            "{shell}: {said}"
        );
    }
}

#[test]
fn a_watched_workload_that_fails_takes_the_release_back() {
    for shell in SHELLS {
        let job = job("helm-4", WATCHED);
        let (ok, said) = job.run(shell, "");
        assert!(
            !ok && read(&job, "calls").contains("helm rollback app"),
            "{shell}: {said}"
        );
    }
}

/// Helm has nothing that the first release could go back to.
#[test]
fn a_watched_workload_that_fails_takes_the_first_release_away() {
    for shell in SHELLS {
        let job = job("helm-4", WATCHED).file("first", "");
        let (ok, said) = job.run(shell, "");
        let calls = read(&job, "calls");
        assert!(
            !ok && calls.contains("helm uninstall app"),
            "{shell}: {said}"
        );
        assert!(!calls.contains("rollback app"), "{shell}: {calls}");
    }
}
