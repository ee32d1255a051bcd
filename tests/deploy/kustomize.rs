//! The driver `kustomize`: the real `kustomize` sets the images, and kubectl applies the overlay.

use crate::Cluster;
use crate::job::{Job, SHELLS};

const BASE: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - {name: main, image: app}
      - {name: proxy, image: example.com/web}
";

pub(crate) const OVERLAY: &str = "deploy: {kustomize: {path: k8s/prod, images: {app: app, example.com/web: web}}}, rollout: {timeout: 30s}";

fn job() -> Job {
    Job::new(OVERLAY)
        .built()
        .file("k8s/base/app.yml", BASE)
        .file("k8s/base/kustomization.yaml", "resources: [app.yml]\n")
        .file(
            "k8s/prod/kustomization.yaml",
            "resources: [../base]\nnamespace: shop\nnamePrefix: prod-\n",
        )
}

#[test]
fn an_overlay_is_applied_with_images_by_digest() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let (ok, said) = job().run(shell, &cluster.kubeconfig());
        assert!(ok, "{shell}: {said}");
        assert_eq!(cluster.image("shop/prod-app"), "r.example/p/app@sha256:aa");
        let store = cluster.store();
        let containers =
            &store["shop/deployments/prod-app"]["spec"]["template"]["spec"]["containers"];
        assert_eq!(containers[1]["image"], "r.example/p/web@sha256:bb");
    }
}

#[test]
fn an_overlay_that_fails_is_undone() {
    // The shell of the images for deployments.
    let shell = "busybox";
    let cluster = Cluster::start();
    assert!(job().run(shell, &cluster.kubeconfig()).0);
    let broken = job().variable("IMAGE_APP_DIGEST", "sha256:broken");
    let (ok, said) = broken.run(shell, &cluster.kubeconfig());
    assert!(!ok, "{shell}: {said}");
    let image = cluster.image("shop/prod-app");
    assert_eq!(image, "r.example/p/app@sha256:aa", "{shell}: {said}");
}

#[test]
fn nothing_is_applied_without_a_digest_or_an_overlay() {
    // The shell of the images for deployments.
    let shell = "busybox";
    let cluster = Cluster::start();
    let no_digest = job().variable("IMAGE_WEB_DIGEST", "");
    let no_overlay = job();
    std::fs::remove_dir_all(no_overlay.folder.path().join("k8s/prod")).unwrap();
    for job in [no_digest, no_overlay] {
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(!ok, "{shell}: {said}");
        assert_eq!(cluster.store(), serde_json::json!({}), "{shell}: {said}");
    }
}
