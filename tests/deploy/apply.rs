//! The driver `apply`.

use crate::Cluster;
use crate::job::{Job, SHELLS};

/// A Deployment and its Service.
fn manifest(name: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: main, image: \"{image}\", args: [\"one\\ntwo\"]}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}]}}\n"
    )
}

pub(crate) const PLAIN: &str = "rollout: {timeout: 30s}, deploy: {apply: {files: [k8s/]}}";
pub(crate) const SUBSTITUTED: &str = "variables: {APP: {image: app}}, deploy: {apply: {files: [k8s, extra.tpl], envsubst: [APP, IMAGE_WEB, NOTE]}}";

pub(crate) const WITHOUT_UNDO: &str =
    "rollout: {undo: false, timeout: 30s}, deploy: {apply: {files: [k8s/]}}";

#[test]
fn files_and_folders_are_applied_with_the_named_variables_alone() {
    let note = r#"a, "b" & c/d\e $APP"#;
    for shell in SHELLS {
        let cluster = Cluster::start();
        let web = manifest("web", "${IMAGE_WEB}").replace(
            "{name: web}\nspec: {ports",
            "{name: web, annotations: {note: '$NOTE', kept: '$HOME ${OTHER}'}}\nspec: {ports",
        );
        let job = Job::new(SUBSTITUTED)
            .built()
            .variable("NOTE", note)
            .file("k8s/app.yml", &manifest("app", "$APP"))
            .file("k8s/README.md", "not a manifest")
            .file("k8s/more/nested.yml", "nor is this")
            .file("extra.tpl", &web);
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(ok, "{shell}: {said}");
        assert_eq!(cluster.image("shop/app"), "r.example/p/app@sha256:aa");
        assert_eq!(cluster.image("shop/web"), "r.example/p/web@sha256:bb");
        let annotations = &cluster.store()["shop/services/web"]["metadata"]["annotations"];
        assert_eq!(annotations["note"], note);
        assert_eq!(annotations["kept"], "$HOME ${OTHER}");
    }
}

#[test]
fn nothing_is_applied_without_a_digest_a_variable_or_a_file() {
    let cluster = Cluster::start();
    let whole = || {
        Job::new(SUBSTITUTED)
            .built()
            .variable("NOTE", "")
            .file("k8s/app.yml", &manifest("app", "$APP"))
            .file("extra.tpl", &manifest("web", "$IMAGE_WEB"))
    };
    for shell in SHELLS {
        let undefined = Job::new(SUBSTITUTED).built();
        let undefined = undefined.file("k8s/app.yml", &manifest("app", "$APP"));
        let no_file = whole();
        std::fs::remove_file(no_file.folder.path().join("extra.tpl")).unwrap();
        for job in [whole().variable("IMAGE_APP_DIGEST", ""), undefined, no_file] {
            let (ok, said) = job.run(shell, &cluster.kubeconfig());
            assert!(!ok, "{shell}: {said}");
            assert_eq!(cluster.store(), serde_json::json!({}), "{shell}: {said}");
        }
    }
    let (ok, said) = whole().run("dash", &cluster.kubeconfig());
    assert!(ok, "{said}");
}

#[test]
fn a_rollout_that_fails_takes_back_what_it_changed_and_nothing_else() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let job = Job::new(PLAIN)
            .file("k8s/app.yml", &manifest("app", "app:1"))
            .file("k8s/other.yml", &manifest("other", "other:1"));
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(ok, "{shell}: {said}");
        job.write("k8s/app.yml", &manifest("app", "app:2"));
        assert!(job.run(shell, &cluster.kubeconfig()).0);
        job.write("k8s/app.yml", &manifest("app", "app:broken"));
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(!ok, "{shell}: {said}");
        assert_eq!(cluster.image("shop/app"), "app:2", "{shell}: {said}");
        assert_eq!(cluster.changes("shop/app"), 4, "{shell}: {said}");
        assert_eq!(cluster.changes("shop/other"), 1, "{shell}: {said}");
    }
}

#[test]
fn what_was_applied_before_a_refusal_goes_back() {
    // The shell of the images for deployments.
    let shell = "busybox";
    let cluster = Cluster::start();
    let job = Job::new(PLAIN).file("k8s/app.yml", &manifest("app", "app:1"));
    assert!(job.run(shell, &cluster.kubeconfig()).0);
    job.write("k8s/app.yml", &manifest("app", "app:2"));
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: refused}\n";
    job.write("k8s/refused.yml", service);
    let (ok, said) = job.run(shell, &cluster.kubeconfig());
    assert!(!ok && said.contains("Forbidden"), "{shell}: {said}");
    assert_eq!(cluster.image("shop/app"), "app:1", "{shell}: {said}");
}

/// A ConfigMap with one key.
fn settings(name: &str, key: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{key}: \"1\"}}\n")
}

const CLAIM: &str =
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {}\n";

/// The names of what the cluster stores, without what controllers make.
fn names(cluster: &Cluster) -> Vec<String> {
    let store = cluster.store();
    let names = store.as_object().unwrap().keys();
    let mut names: Vec<String> = names
        .filter(|name| !name.contains("/replicasets/"))
        .cloned()
        .collect();
    names.sort();
    names
}

#[test]
fn everything_goes_back_and_what_is_new_goes() {
    // The last one is the shell of the images for deployments.
    let watched = ("busybox", ", watch: [deployment/app]");
    for (shell, watch) in SHELLS.map(|shell| (shell, "")).into_iter().chain([watched]) {
        let cluster = Cluster::start();
        let apply =
            format!("rollout: {{timeout: 30s{watch}}}, deploy: {{apply: {{files: [k8s/]}}}}");
        let job = Job::new(&apply)
            .file("k8s/app.yml", &manifest("app", "app:1"))
            .file("k8s/settings.yml", &settings("settings", "before"));
        assert!(job.run(shell, &cluster.kubeconfig()).0);
        let before = names(&cluster);
        job.write("k8s/app.yml", &manifest("app", "app:broken"));
        job.write("k8s/settings.yml", &settings("settings", "after"));
        job.write("k8s/new.yml", &settings("new", "after"));
        job.write("k8s/claim.yml", CLAIM);
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(!ok, "{shell}: {said}");
        assert_eq!(cluster.image("shop/app"), "app:1", "{shell}: {said}");
        let data = &cluster.store()["shop/configmaps/settings"]["data"];
        assert_eq!(*data, serde_json::json!({"before": "1"}), "{shell}: {said}");
        assert!(
            said.contains("PersistentVolumeClaim/data is new and stays"),
            "{said}"
        );
        let mut kept = before;
        kept.push("shop/persistentvolumeclaims/data".to_owned());
        kept.sort();
        assert_eq!(names(&cluster), kept, "{shell}: {said}");
    }
}

/// What `kubectl apply` was given last is not what ran if somebody went back by hand.
#[test]
fn a_template_goes_back_to_what_ran() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let job = Job::new(PLAIN).file("k8s/app.yml", &manifest("app", "app:1"));
        assert!(job.run(shell, &cluster.kubeconfig()).0);
        let patch = r#"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"app:by-hand"}]}}}}"#;
        cluster.patch("shop/app", patch);
        job.write("k8s/app.yml", &manifest("app", "app:broken"));
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(!ok, "{shell}: {said}");
        assert_eq!(cluster.image("shop/app"), "app:by-hand", "{shell}: {said}");
    }
}

#[test]
fn a_manifest_may_name_another_namespace() {
    // The shell of the images for deployments.
    let shell = "busybox";
    let cluster = Cluster::start();
    let other = |image| {
        manifest("app", image).replace(
            "{name: app}\nspec:\n",
            "{name: app, namespace: back}\nspec:\n",
        )
    };
    let job = Job::new(PLAIN).file("k8s/app.yml", &other("app:1"));
    let (ok, said) = job.run(shell, &cluster.kubeconfig());
    assert!(ok, "{shell}: {said}");
    job.write("k8s/app.yml", &other("app:broken"));
    let (ok, said) = job.run(shell, &cluster.kubeconfig());
    assert!(!ok, "{shell}: {said}");
    assert_eq!(cluster.image("back/app"), "app:1", "{shell}: {said}");
}

#[test]
fn without_undo_a_failed_rollout_stays_and_fails_the_job() {
    let cluster = Cluster::start();
    let job = Job::new(WITHOUT_UNDO).file("k8s/app.yml", &manifest("app", "app:broken"));
    let (ok, said) = job.run("dash", &cluster.kubeconfig());
    assert!(!ok, "{said}");
    assert_eq!(cluster.image("shop/app"), "app:broken");
}

/// kubectl refuses to wait for them: whoever deletes their pods rolls them out.
#[test]
fn what_a_person_rolls_out_is_not_waited_for() {
    let by_hand = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  updateStrategy: {type: OnDelete}\n  selector: {matchLabels: {app: db}}\n  template: {metadata: {labels: {app: db}}}\n";
    for shell in SHELLS {
        let cluster = Cluster::start();
        let job = Job::new(PLAIN)
            .file("k8s/app.yml", &manifest("app", "app:1"))
            .file("k8s/db.yml", by_hand);
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(ok, "{shell}: {said}");
        assert!(
            said.contains("deployment \"app\" successfully rolled out"),
            "{shell}: {said}"
        );
        job.write("k8s/app.yml", &manifest("app", "app:broken"));
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(!ok, "{shell}: {said}");
        assert_eq!(cluster.image("shop/app"), "app:1", "{shell}: {said}");
    }
}
