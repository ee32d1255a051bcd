//! Access to the cluster: what is not known fails the job before it reaches any.

use crate::Cluster;
use crate::job::{Job, SHELLS};

const APP: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: app}\n";
const DEPLOY: &str = "deploy: {apply: {files: [app.yml]}}";

#[test]
fn nothing_is_deployed_into_a_namespace_without_a_name() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let job = Job::new(&format!("kubernetes: {{namespace: $TEAM}}, {DEPLOY}"));
        let job = job.file("app.yml", APP);
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(!ok && said.contains("TEAM"), "{shell}: {said}");
        assert_eq!(cluster.store(), serde_json::json!({}), "{shell}: {said}");
        let job = job.variable("TEAM", "red");
        let (ok, said) = job.run(shell, &cluster.kubeconfig());
        assert!(ok, "{shell}: {said}");
        assert_eq!(cluster.store()["red/services/app"]["kind"], "Service");
    }
}

/// kubectl then takes what it finds: the file of the user, or the cluster that the runner is in.
#[test]
fn nothing_is_deployed_without_the_credentials() {
    for shell in SHELLS {
        for encoding in ["file", "text", "base64"] {
            let cluster = Cluster::start();
            let access = format!("kubeconfig: {{variable: CLUSTER, encoding: {encoding}}}");
            let another = cluster
                .kubeconfig()
                .replace("context: other", "context: one");
            let job = Job::new(&format!("kubernetes: {{{access}}}, {DEPLOY}"))
                .file("app.yml", APP)
                .file(".kube/config", &another);
            let (ok, said) = job.run(shell, "");
            // No command came after.
            let last = said.lines().last().unwrap_or_default();
            assert!(
                !ok && last.contains("CLUSTER"),
                "{shell}, {encoding}: {said}"
            );
            assert_eq!(
                cluster.store(),
                serde_json::json!({}),
                "{shell}, {encoding}: {said}"
            );
        }
    }
}
