//! A job: a manifest's deployment, the project's files, and the shell that runs it.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::compiled::{Complete, MANIFEST, compiled, findings, json};
use crate::installed;

/// The shells that images for deployments have, each with its own tools.
pub(crate) const SHELLS: [&str; 3] = ["bash", "dash", "busybox"];

/// The job of the environment `prod`.
pub(crate) struct Job {
    script: String,
    variables: BTreeMap<String, String>,
    pub(crate) folder: tempfile::TempDir,
}

impl Job {
    /// The job that a driver makes.
    #[track_caller]
    pub(crate) fn new(environment: &str) -> Self {
        Self::reaching("{context: one, namespace: shop}", environment)
    }

    /// The same with another access to the cluster.
    #[track_caller]
    pub(crate) fn reaching(kubernetes: &str, environment: &str) -> Self {
        let manifest = format!(
            "windlass: 1\nkubernetes: {kubernetes}\nimages: {{app: {{}}, web: {{}}}}\n\
             environments: {{prod: {{refs: default_branch, images: [app], {environment}}}}}\n"
        );
        // Warnings are about what a user may want otherwise.
        let compiled = compiled(&manifest, &Complete);
        let Some(files) = &compiled.files else {
            panic!("{:#?}", findings(&compiled));
        };
        let files = files.sealed(MANIFEST).into_iter();
        let (_, text) = { files }
            .find(|(path, _)| path == ".gitlab-ci.yml")
            .unwrap();
        let job = &json(&text)["deploy-prod"];
        let mut script = String::new();
        for key in ["before_script", "script"] {
            for line in job[key].as_array().into_iter().flatten() {
                script.push_str(line.as_str().unwrap());
                script.push('\n');
            }
        }
        let variables = job["variables"].as_object().into_iter().flatten();
        let variables = variables.map(|(name, value)| (name.clone(), text_of(value)));
        Self {
            script,
            variables: variables.collect(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A variable of the project.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The digests that builds hand on.
    pub(crate) fn built(self) -> Self {
        self.variable("IMAGE_APP_DIGEST", "sha256:aa")
            .variable("IMAGE_WEB_DIGEST", "sha256:bb")
    }

    /// A file of the project.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// The same, later.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A program of the image, beside the real ones.
    pub(crate) fn program(self, name: &str, text: &str) -> Self {
        self.write(&format!("bin/{name}"), text);
        let path = self.folder.path().join("bin").join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Runs it; gives its status and all that it prints. However it ends, the runner is as before.
    #[track_caller]
    pub(crate) fn run(&self, shell: &str, kubeconfig: &str) -> (bool, String) {
        let output = self.command(shell, kubeconfig).output().unwrap();
        self.assert_nothing_stays(shell, kubeconfig);
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    /// Runs it with a kubeconfig that is its own, as GitLab makes it for an agent.
    #[track_caller]
    pub(crate) fn run_with_its_own(&self, shell: &str, kubeconfig: &str) -> (bool, String) {
        let output = self.command(shell, kubeconfig).output().unwrap();
        self.assert_no_file_stays(shell);
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    /// The kubeconfig of the runner is as it was, and no file of the job's is left.
    #[track_caller]
    pub(crate) fn assert_nothing_stays(&self, shell: &str, kubeconfig: &str) {
        let after = std::fs::read_to_string(self.folder.path().join("kubeconfig")).unwrap();
        assert_eq!(after, kubeconfig, "{shell}: the runner's kubeconfig");
        self.assert_no_file_stays(shell);
    }

    #[track_caller]
    fn assert_no_file_stays(&self, shell: &str) {
        let left = std::fs::read_dir(self.folder.path().join("tmp")).unwrap();
        assert_eq!(left.count(), 0, "{shell}: temporary files stay");
    }

    /// The shell that runs it, as the runner's.
    pub(crate) fn command(&self, shell: &str, kubeconfig: &str) -> Command {
        self.write("kubeconfig", kubeconfig);
        std::fs::create_dir_all(self.folder.path().join("tmp")).unwrap();
        let bin = self.folder.path().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        for tool in ["kubectl", "kustomize"] {
            link(&installed(tool), &bin.join(tool));
        }
        let mut path = format!("{}:/usr/bin:/bin", bin.display());
        let options = match shell {
            "bash" => "set -eo pipefail",
            _ => "set -e",
        };
        let mut command = match shell {
            "busybox" => {
                let tools = self.folder.path().join("busybox");
                std::fs::create_dir_all(&tools).unwrap();
                for tool in [
                    "grep", "sed", "mktemp", "cat", "tr", "rm", "base64", "cut", "mkdir", "xargs",
                    "awk", "date", "wc",
                ] {
                    link(Path::new("/usr/bin/busybox"), &tools.join(tool));
                }
                path = format!("{}:{path}", tools.display());
                let mut command = Command::new("busybox");
                command.arg("sh");
                command
            }
            shell => Command::new(shell),
        };
        command
            .args(["-c", &format!("{options}\n{}", self.script)])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path().join("tmp"))
            .env("KUBECONFIG", self.folder.path().join("kubeconfig"))
            .env("CI_COMMIT_SHA", "c0ffee")
            .env("CI_REGISTRY_IMAGE", "r.example/p");
        for (name, value) in &self.variables {
            command.env(name, self.expanded(value));
        }
        command
    }

    /// A value as the runner expands it.
    fn expanded(&self, value: &str) -> String {
        let mut value = value.replace("$CI_REGISTRY_IMAGE", "r.example/p");
        for name in ["IMAGE_APP_DIGEST", "IMAGE_WEB_DIGEST"] {
            let known = self.variables.get(name).map_or("", String::as_str);
            value = value.replace(&format!("${name}"), known);
        }
        value
    }

    /// What ShellCheck says of it.
    pub(crate) fn shellcheck(&self) -> String {
        self.write("job.sh", &format!("set -e\n{}", self.script));
        let output = Command::new("shellcheck")
            .args(["--shell=sh", "--norc", "--format=gcc", "job.sh"])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.is_empty(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn link(program: &Path, name: &Path) {
    if !name.exists() {
        symlink(program, name).unwrap();
    }
}

fn text_of(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}
