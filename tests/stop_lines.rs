//! Runs the shell lines of stop jobs as a runner's shell does, against a cluster that is a folder:
//! programs in place of kubectl and helm delete files of it, and fail where the real ones do. What is
//! looked at is what is left of the cluster, and the job's status. Needs bash, dash and busybox (Debian
//! packages of these names).

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code outside of test functions"
)]

mod compiled;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use compiled::{commands, pipeline};

const SHELLS: [&[&str]; 3] = [&["bash"], &["dash"], &["busybox", "sh"]];

/// A cluster with objects `KIND NAME LABELS` in namespaces: a file a namespace. Without the folder it
/// does not answer.
const KUBECTL: &str = r#"#!/bin/sh
printf 'kubectl'; printf ' [%s]' "$@"; echo
if [ "$1" != config ] && [ ! -d "$CLUSTER" ]; then
  echo 'The connection to the server was refused' >&2
  exit 1
fi
case "$1 $2" in
  'config '*) for word in "$@"; do case $word in --namespace=*) echo "${word#*=}" >namespace ;; esac; done ;;
  'delete namespace')
    if [ -e "$CLUSTER/$3" ]; then rm "$CLUSTER/$3"; exit; fi
    [ "$4" = --ignore-not-found ] || { echo "Error from server (NotFound): $3" >&2; exit 1; } ;;
  'delete '*)
    [ "$3" = --selector ] || exit 64
    kinds=$(echo "$2" | tr , '|') labels=$4 file=$CLUSTER/$(cat namespace)
    if [ ! -e "$file" ]; then echo 'No resources found' >&2; exit; fi
    grep -vE "^($kinds) [^ ]+ $labels\$" "$file" >left || :
    mv left "$file" ;;
  *) exit 64 ;;
esac
"#;

/// Releases are files of the namespace `releases`, so that the cluster is looked at in one way.
const HELM: &str = r#"#!/bin/sh
printf 'helm'; printf ' [%s]' "$@"; echo
if [ ! -d "$CLUSTER" ]; then echo 'Error: Kubernetes cluster unreachable' >&2; exit 1; fi
[ "$1 $3" = 'uninstall --ignore-not-found' ] && [ -n "$2" ] || exit 64
rm -f "$CLUSTER/$2"
"#;

/// What the stop job of a manifest runs, in a folder with a cluster.
struct Project {
    folder: tempfile::TempDir,
    script: String,
    variables: Vec<(String, String)>,
}

impl Project {
    /// The manifest gives `kubernetes`, `deploy`, and `stop` of a review environment.
    fn of(review: &str) -> Self {
        Self::of_job(&manifest(review), "stop-review")
    }

    fn of_job(manifest: &str, name: &str) -> Self {
        let job = &pipeline(manifest)[name];
        let script = commands(&job["before_script"]) + &commands(&job["script"]);
        let folder = tempfile::tempdir().unwrap();
        program(folder.path(), "kubectl", KUBECTL);
        program(folder.path(), "helm", HELM);
        fs::create_dir(folder.path().join("cluster")).unwrap();
        let variables = job["variables"].as_object().unwrap().iter();
        let variables = variables
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        Self {
            folder,
            script,
            variables,
        }
    }

    /// Writes a namespace.
    fn namespace(&self, name: &str, objects: &str) {
        fs::write(self.folder.path().join("cluster").join(name), objects).unwrap();
    }

    /// The namespaces and what is in them.
    fn left(&self) -> BTreeSet<(String, String)> {
        let entries = fs::read_dir(self.folder.path().join("cluster")).unwrap();
        let entry = |entry: std::io::Result<fs::DirEntry>| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        };
        entries.map(entry).collect()
    }

    /// Runs the job for an environment; its status and what it printed.
    fn run(&self, shell: &[&str], slug: &str) -> (bool, String) {
        self.run_in(shell, slug, "cluster")
    }

    fn run_in(&self, shell: &[&str], slug: &str, cluster: &str) -> (bool, String) {
        let path = self.folder.path();
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg("-c");
        command.arg(format!("set -e\n{}", self.script));
        command.current_dir(path).env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", path.display()));
        command.env("CLUSTER", path.join(cluster));
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
            .env("CI_ENVIRONMENT_SLUG", slug)
            .env("CI_COMMIT_REF_SLUG", slug);
        let output = command.output().unwrap_or_else(|error| {
            panic!(
                "this test needs {0}: apt-get install {0}: {error}",
                shell[0]
            )
        });
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said.into_owned())
    }
}

fn manifest(review: &str) -> String {
    format!(
        "windlass: 1\nkubernetes: {{context: one}}\nrefs: {{topics: {{of: [branches], except: [default_branch]}}}}\n\
         images: {{app: {{also_tag: [$CI_COMMIT_REF_SLUG]}}}}\nenvironments:\n  review:\n    refs: topics\n    \
         name: review/$CI_COMMIT_REF_NAME\n{review}"
    )
}

fn program(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn set(left: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    left.iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

const NAMESPACE: &str =
    "    kubernetes: {namespace: shop-$CI_ENVIRONMENT_SLUG, create_namespace: true}
    deploy: {set_image: {deployment/web: {web: app}}}
    stop: {delete: namespace}
";

#[test]
fn the_namespace_goes_and_a_second_run_finds_nothing_to_do() {
    for shell in SHELLS {
        let project = Project::of(NAMESPACE);
        project.namespace("shop-review-a", "deployment web app=web\n");
        project.namespace("shop-review-b", "deployment web app=web\n");
        let (ok, said) = project.run(shell, "review-a");
        assert!(ok, "{said}");
        let other = set(&[("shop-review-b", "deployment web app=web\n")]);
        assert_eq!(project.left(), other);
        let (ok, said) = project.run(shell, "review-a");
        assert!(ok, "{said}");
        assert_eq!(project.left(), other);
        assert!(!said.contains("[create]"), "{said}");
    }
}

#[test]
fn a_cluster_that_does_not_answer_is_no_success() {
    for shell in SHELLS {
        let project = Project::of(NAMESPACE);
        let (ok, said) = project.run_in(shell, "review-a", "nowhere");
        assert!(!ok && said.contains("[delete] [namespace]"), "{said}");
    }
}

#[test]
fn nothing_is_deleted_without_a_name() {
    let labelled = NAMESPACE.replace(
        "delete: namespace",
        "delete: labelled, kinds: [deployment], selector: \"env=$CI_COMMIT_REF_SLUG\"",
    );
    for shell in SHELLS {
        for manifest in [NAMESPACE, &labelled] {
            let (ok, said) = Project::of(manifest).run(shell, "");
            assert!(!ok && !said.contains("[delete]"), "{said}");
        }
    }
}

#[test]
fn nothing_is_deleted_in_a_namespace_without_a_name() {
    let manifest = "    kubernetes: {namespace: $TEAM}
    deploy: {set_image: {deployment/web: {web: app}}}
    stop: {delete: labelled, kinds: [deployment], selector: env=$CI_ENVIRONMENT_SLUG}
";
    for shell in SHELLS {
        let (ok, said) = Project::of(manifest).run(shell, "review-a");
        assert!(!ok && said.contains("TEAM"), "{said}");
        assert!(!said.contains("[delete]"), "{said}");
    }
}

#[test]
fn of_a_shared_namespace_only_what_is_labelled_goes() {
    let manifest = "    kubernetes: {namespace: review}
    deploy: {set_image: {deployment/web: {web: app}}}
    stop: {delete: labelled, kinds: [deployment, service], selector: env=$CI_ENVIRONMENT_SLUG}
";
    let own = "deployment web env=a\nservice web env=a\n";
    let others = "secret key env=a\ndeployment web env=b\n";
    for shell in SHELLS {
        let project = Project::of(manifest);
        project.namespace("review", &format!("{own}{others}"));
        for _ in 0..2 {
            let (ok, said) = project.run(shell, "a");
            assert!(ok, "{said}");
            assert_eq!(project.left(), set(&[("review", others)]));
        }
        fs::remove_file(project.folder.path().join("cluster/review")).unwrap();
        let (ok, said) = project.run(shell, "a");
        assert!(ok, "{said}");
    }
}

#[test]
fn the_release_goes_by_the_name_that_it_was_cut_to() {
    let manifest = "    deploy: {helm: {chart: chart/, release: $LONG-$CI_ENVIRONMENT_SLUG, set: {tag: {tag_of: app}}}}
    variables: {LONG: a-name-of-so-many-letters-that-with-it-there-is-no}
    stop: {delete: release}
";
    let cut = "a-name-of-so-many-letters-that-with-it-there-is-no-re";
    assert_eq!(cut.len(), 53);
    for shell in SHELLS {
        let project = Project::of(manifest);
        project.namespace(cut, "");
        project.namespace("another", "");
        for _ in 0..2 {
            let (ok, said) = project.run(shell, "review-a");
            assert!(ok, "{said}");
            assert_eq!(project.left(), set(&[("another", "")]), "{said}");
        }
        let (ok, said) = project.run_in(shell, "review-a", "nowhere");
        assert!(!ok && said.contains("[uninstall]"), "{said}");
        let (ok, said) = project.run(shell, "");
        assert!(!ok && !said.contains("[uninstall]"), "{said}");
    }
}

#[test]
fn a_registry_that_does_not_answer_is_no_success() {
    let review = NAMESPACE.replace("delete: namespace", "delete: namespace, images: app");
    for shell in SHELLS {
        let project = Project::of_job(&manifest(&review), "untag-review");
        program(
            project.folder.path(),
            "regctl",
            "#!/bin/sh\necho no answer >&2\nexit 1\n",
        );
        let (ok, said) = project.run(shell, "review-a");
        assert!(!ok && said.contains("no answer"), "{said}");
    }
}

#[test]
fn own_commands_run_in_the_namespace_and_fail_with_their_job() {
    let manifest = NAMESPACE.replace(
        "delete: namespace",
        "script: [kubectl delete namespace \"shop-$CI_ENVIRONMENT_SLUG\", echo done]",
    );
    for shell in SHELLS {
        let project = Project::of(&manifest);
        project.namespace("shop-review-a", "");
        let (ok, said) = project.run(shell, "review-a");
        assert!(ok && said.contains("done"), "{said}");
        assert!(said.contains("[--namespace=shop-review-a]"), "{said}");
        let (ok, said) = project.run(shell, "review-a");
        assert!(!ok && !said.contains("done"), "{said}");
    }
}
