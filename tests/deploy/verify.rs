//! `rollout.verify`: the project's own test of a deployment, and what its failure takes back.

use crate::Cluster;
use crate::job::{Job, SHELLS};

pub(crate) const APPLIED: &str = "deploy: {apply: {files: [app.yml], envsubst: [IMAGE_APP]}}, rollout: {timeout: 30s, verify: ['test ! -e broken', 'echo reached', '[ ! -e left ] || exit 0', 'echo ended']}";
pub(crate) const SET: &str = "deploy: {set_image: {deployment/app: {app: app}, statefulset/db: {app: app}, cronjob/night: {app: app}}}, rollout: {verify: ./smoke}";
pub(crate) const RELEASED: &str =
    "deploy: {helm: {chart: chart, release: app}}, rollout: {verify: ./smoke}";

const APP: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: main, image: '${IMAGE_APP}'}]}
";

fn job() -> Job {
    Job::new(APPLIED).built().file("app.yml", APP)
}

#[test]
fn a_deployment_that_is_verified_stays() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let (ok, said) = job().run(shell, &cluster.kubeconfig());
        assert!(
            ok && said.contains("reached") && said.contains("ended"),
            "{shell}: {said}"
        );
        assert_eq!(cluster.image("shop/app"), "r.example/p/app@sha256:aa");
        // It may end early, which is not a failure.
        let (ok, said) = job().file("left", "").run(shell, &cluster.kubeconfig());
        assert!(ok && !said.contains("ended"), "{shell}: {said}");
        assert_eq!(cluster.image("shop/app"), "r.example/p/app@sha256:aa");
    }
}

#[test]
fn a_deployment_that_is_not_verified_goes_back() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        assert!(job().run(shell, &cluster.kubeconfig()).0);
        let next = job()
            .variable("IMAGE_APP_DIGEST", "sha256:cc")
            .file("broken", "");
        let (ok, said) = next.run(shell, &cluster.kubeconfig());
        assert!(!ok && !said.contains("reached"), "{shell}: {said}");
        assert_eq!(
            cluster.image("shop/app"),
            "r.example/p/app@sha256:aa",
            "{shell}: {said}"
        );
    }
}

#[test]
fn without_undo_it_fails_and_stays() {
    let kept = APPLIED.replace("timeout: 30s", "timeout: 30s, undo: false");
    let cluster = Cluster::start();
    let job = Job::new(&kept)
        .built()
        .file("app.yml", APP)
        .file("broken", "");
    let (ok, said) = job.run("busybox", &cluster.kubeconfig());
    assert!(!ok, "{said}");
    assert_eq!(
        cluster.image("shop/app"),
        "r.example/p/app@sha256:aa",
        "{said}"
    );
}
