//! Runs the jobs of deployments as a runner's shell does: the real kubectl against a small
//! Kubernetes API (`cluster.py`), and the real Helm 3 and 4. What is looked at is what the cluster
//! holds afterwards, what a chart gets, and the job's status.
//!
//! The small API is an imitation on purpose: each test has a cluster of its own, once a shell, without
//! root and within a second; a kube-apiserver takes 6 seconds and 400 MB. `tests/e2e` runs the same
//! scripts on the real one.
//!
//! Needs python3, envsubst, bash, dash and busybox (Debian), and `tests/tools/install.sh`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod access;
mod apply;
#[path = "../compiled/mod.rs"]
mod compiled;
mod gitops;
mod helm;
#[path = "../installed/mod.rs"]
mod installed;
mod job;
mod kustomize;
mod migrate;
mod verify;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};

use installed::installed;
use serde_json::Value as Json;

/// A cluster that ends with this value.
struct Cluster {
    process: Child,
    input: Option<ChildStdin>,
    port: u16,
}

impl Cluster {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/cluster.py");
        let mut process = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap();
        let input = process.stdin.take();
        Self {
            process,
            input,
            port,
        }
    }

    /// All that it holds: `namespace/kind/name` and the object.
    fn store(&self) -> Json {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = "GET /store HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// The image of the first container of a Deployment.
    fn image(&self, deployment: &str) -> String {
        let (namespace, name) = deployment.split_once('/').unwrap();
        let store = self.store();
        let of = &store[format!("{namespace}/deployments/{name}")];
        let image = &of["spec"]["template"]["spec"]["containers"][0]["image"];
        image.as_str().unwrap_or_default().to_owned()
    }

    /// How often the template of a Deployment was changed.
    fn changes(&self, deployment: &str) -> i64 {
        let (namespace, name) = deployment.split_once('/').unwrap();
        let store = self.store();
        let of = &store[format!("{namespace}/deployments/{name}")];
        of["metadata"]["generation"].as_i64().unwrap_or_default()
    }

    /// Somebody patches a Deployment by hand.
    fn patch(&self, deployment: &str, patch: &str) {
        let (namespace, name) = deployment.split_once('/').unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "PATCH /apis/apps/v1/namespaces/{namespace}/deployments/{name} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{patch}",
            patch.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }

    fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: other\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{}'}}}}]\nusers: [{{name: u}}]\ncontexts: [{{name: one, context: {{cluster: c, user: u}}}}]\n",
            self.port
        )
    }
}

#[test]
fn shellcheck_accepts_every_driver() {
    let named = "rollout: {watch: [deployment/app, daemonset/agent]}";
    for driver in [
        apply::PLAIN,
        apply::SUBSTITUTED,
        apply::WITHOUT_UNDO,
        kustomize::OVERLAY,
        gitops::FILES,
        helm::SET,
        helm::WATCHED,
        verify::APPLIED,
        migrate::SUBSTITUTED,
        migrate::PLAIN,
        verify::SET,
        verify::RELEASED,
        "deploy: {set_image: {deployment/app: {app: app}, daemonset/agent: {\"*\": web}}}",
        "deploy: {script: ./deploy}",
        &format!("deploy: {{apply: {{files: [k8s/]}}}}, {named}"),
        "deploy: {set_image: {statefulset/db: {app: app}}}",
        &format!("deploy: {{script: ./deploy}}, {named}"),
    ] {
        let said = job::Job::new(driver).shellcheck();
        assert!(said.is_empty(), "{driver}:\n{said}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}
