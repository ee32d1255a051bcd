//! Access to the cluster: what is not known fails the job before it reaches any.

use std::os::unix::process::CommandExt as _;
use std::time::{Duration, Instant};

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

/// A script sees what the commands of windlass see.
const SCRIPT: &str = "deploy: {script: ['kubectl config view --minify > seen', 'stat -c %a \"${KUBECONFIG%/*}\" >> seen']}";

/// The runner's own kubeconfig is never written: [`Job::run`] compares it. With an agent GitLab makes the
/// file for this job, which may choose in it.
#[test]
fn every_access_is_of_the_job_alone() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let kubeconfig = cluster.kubeconfig();
        let encoded = base64(&kubeconfig.replace("current-context: other", "current-context: one"));
        let decoded = kubeconfig.replace("current-context: other", "current-context: one");
        for (access, variable) in [
            ("context: one", None),
            ("agent: 'group/clusters:one'", None),
            ("kubeconfig: CLUSTER", Some("file")),
            (
                "kubeconfig: {variable: CLUSTER, encoding: base64}",
                Some(&*encoded),
            ),
            (
                "kubeconfig: {variable: CLUSTER, encoding: text}",
                Some(&*decoded),
            ),
        ] {
            for namespace in ["", ", namespace: shop"] {
                let mut job = Job::reaching(&format!("{{{access}{namespace}}}"), SCRIPT);
                if let Some(value) = variable {
                    job = job.file("file", &decoded).variable("CLUSTER", value);
                }
                let own =
                    kubeconfig.replace("name: one, context", "name: 'group/clusters:one', context");
                let agent = access.starts_with("agent");
                let (ok, said) = match agent {
                    true => job.run_with_its_own(shell, &own),
                    false => job.run(shell, &kubeconfig),
                };
                assert!(ok, "{shell}, {access}: {said}");
                let seen = std::fs::read_to_string(job.folder.path().join("seen")).unwrap();
                let current = if agent { "group/clusters:one" } else { "one" };
                assert!(
                    seen.contains(&format!("current-context: {current}\n")),
                    "{access}: {seen}"
                );
                assert_eq!(
                    seen.contains("namespace: shop"),
                    !namespace.is_empty(),
                    "{access}: {seen}"
                );
                // Nobody else gets into its folder.
                let is_own = seen.ends_with("700\n");
                let shared = agent || access == "kubeconfig: CLUSTER" && namespace.is_empty();
                assert!(is_own != shared, "{access}: {seen}");
                let file = std::fs::read_to_string(job.folder.path().join("file"));
                assert_eq!(
                    file.unwrap_or(decoded.clone()),
                    decoded,
                    "the variable's file"
                );
            }
        }
    }
}

/// A job without a namespace runs after one with a namespace, on one runner and one kubeconfig.
#[test]
fn a_namespace_does_not_reach_the_next_job() {
    for shell in SHELLS {
        let cluster = Cluster::start();
        let with = Job::reaching("{context: one, namespace: shop}", DEPLOY).file("app.yml", APP);
        let without = Job::reaching("{context: one}", DEPLOY).file("app.yml", APP);
        for job in [&with, &without] {
            let (ok, said) = job.run(shell, &cluster.kubeconfig());
            assert!(ok, "{shell}: {said}");
        }
        let store = cluster.store();
        assert_eq!(store["shop/services/app"]["kind"], "Service", "{shell}");
        assert_eq!(store["default/services/app"]["kind"], "Service", "{shell}");
    }
}

/// A shell executor ends the job's processes by a signal; other executors remove the container.
#[test]
fn a_job_that_is_cancelled_leaves_nothing() {
    let cluster = Cluster::start();
    let wait = "deploy: {script: ['echo > started', 'sleep 60']}";
    let job = Job::reaching("{context: one, namespace: shop}", wait);
    let mut command = job.command("bash", &cluster.kubeconfig());
    let mut child = command.process_group(0).spawn().unwrap();
    let start = Instant::now();
    while !job.folder.path().join("started").exists() {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_ne!(
        std::fs::read_dir(job.folder.path().join("tmp"))
            .unwrap()
            .count(),
        0
    );
    let group = format!("-{}", child.id());
    let killed = std::process::Command::new("kill")
        .args(["-TERM", "--", &group])
        .status();
    assert!(killed.unwrap().success() && !child.wait().unwrap().success());
    job.assert_nothing_stays("bash", &cluster.kubeconfig());
}

fn base64(text: &str) -> String {
    let script = format!("printf '%s' '{text}' | base64 -w 0");
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
