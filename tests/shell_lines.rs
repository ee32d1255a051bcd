//! Runs the shell lines of `examples/facile` as a runner's shell does, with programs in place of
//! docker and kubectl that write down their arguments and fail where told. What is looked at is
//! what reaches the programs, and the job's status. Needs bash, dash and ruby (Debian packages of
//! these names).

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code outside of test functions"
)]

use std::path::Path;
use std::process::{Command, Output};

const DIGEST: &str = "sha256:aa";

/// The lines of a job's script, as GitLab's own YAML reader gives them.
fn script(job: &str) -> String {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/facile/.gitlab-ci.yml"
    );
    let ruby = "require 'yaml'; puts YAML.safe_load(File.read(ARGV[0]), aliases: true)[ARGV[1]]['script'].join(\"\\n\")";
    let read = Command::new("ruby").args(["-e", ruby, file, job]).output();
    let read = read.expect("this test needs ruby: apt-get install ruby");
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    String::from_utf8(read.stdout).expect("the script is text")
}

/// Runs a script; gives its status and the recorded calls.
fn run(shell: &str, script: &str, digest: bool, failing: &str) -> (bool, String) {
    run_again(shell, script, digest, failing, "")
}

/// The same; with `same`, the cluster already runs what is deployed.
fn run_again(shell: &str, script: &str, digest: bool, failing: &str, same: &str) -> (bool, String) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path();
    for name in ["docker", "kubectl"] {
        fake(path, name);
    }
    let options = if shell == "bash" {
        "set -eo pipefail"
    } else {
        "set -e"
    };
    let mut command = Command::new(shell);
    command
        .arg("-c")
        .arg(format!("{options}\n{script}"))
        .current_dir(path);
    command.env("PATH", format!("{}:/usr/bin:/bin", path.display()));
    command
        .env("CI_REGISTRY_IMAGE", "r.example/p")
        .env("FAILING", failing)
        .env("SAME", same);
    command
        .env("IMAGE_PHP", "r.example/p/php:c0ffee")
        .env("CI_DEFAULT_BRANCH", "main");
    command.env("IMAGE_PHP_CI", "r.example/p/php-ci:7");
    if digest {
        command
            .env("IMAGE_PHP_DIGEST", DIGEST)
            .env("IMAGE_PHP_CI_DIGEST", DIGEST);
    }
    let output: Output = command.output().unwrap_or_else(|error| {
        panic!("this test needs {shell}: apt-get install {shell}: {error}")
    });
    let calls = std::fs::read_to_string(path.join("calls")).unwrap_or_default();
    (output.status.success(), calls)
}

/// A program that records each argument in brackets, and fails if told so.
fn fake(folder: &Path, name: &str) {
    use std::os::unix::fs::PermissionsExt;
    let text = format!(
        "#!/bin/sh\n{{ printf '{name}'; printf ' [%s]' \"$@\"; echo; }} >> calls\n\
         echo '{{\"containerimage.digest\": \"{DIGEST}\"}}' > image.json\n\
         case \"$1\" in get) cat template 2>/dev/null ;; set) [ -n \"$SAME\" ] || echo new > template ;; esac\n\
         case \"{name} $*\" in \"$FAILING\"*) [ -z \"$FAILING\" ] || exit 1 ;; esac\n"
    );
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the program is written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("and executable");
}

const SHELLS: [&str; 2] = ["bash", "dash"];

#[test]
fn a_build_gets_its_tag_and_fails_with_the_builder() {
    for shell in SHELLS {
        let (ok, calls) = run(shell, &script("build-php"), false, "");
        assert!(ok, "{calls}");
        assert!(
            calls.contains("[--tag] [r.example/p/php:c0ffee]"),
            "{calls}"
        );
        assert!(calls.trim_end().ends_with("[--push] [.]"), "{calls}");
        assert!(!run(shell, &script("build-php"), false, "docker buildx build").0);
    }
}

#[test]
fn a_deployment_that_fails_is_undone() {
    for shell in SHELLS {
        let (ok, calls) = run(shell, &script("deploy-prod"), true, "");
        assert!(ok && !calls.contains("undo"), "{calls}");
        assert!(
            calls.contains("[php-container=r.example/p/php@sha256:aa]"),
            "{calls}"
        );
        let (ok, calls) = run(
            shell,
            &script("deploy-prod"),
            true,
            "kubectl rollout status",
        );
        assert!(!ok && calls.contains("[rollout] [undo]"), "{calls}");
    }
}

#[test]
fn what_a_deployment_did_not_change_is_not_undone() {
    for shell in SHELLS {
        let script = script("deploy-prod");
        let (ok, calls) = run_again(shell, &script, true, "kubectl rollout status", "yes");
        assert!(!ok && calls.contains("[rollout] [status]"), "{calls}");
        assert!(!calls.contains("[undo]"), "{calls}");
    }
}

#[test]
fn nothing_is_deployed_where_the_cluster_does_not_say_what_runs() {
    for shell in SHELLS {
        let (ok, calls) = run(shell, &script("deploy-prod"), true, "kubectl get");
        assert!(!ok && calls.contains("[get]"), "{calls}");
        assert!(!calls.contains("[set]"), "{calls}");
    }
}

#[test]
fn nothing_is_deployed_without_a_digest() {
    for shell in SHELLS {
        let (ok, calls) = run(shell, &script("deploy-prod"), false, "");
        assert!(!ok && !calls.contains("[set]"), "{calls}");
    }
}

#[test]
fn a_test_fails_with_the_pull_and_with_its_own_command() {
    for shell in SHELLS {
        let (ok, calls) = run(shell, &script("phpstan"), true, "docker pull");
        assert!(!ok && calls.lines().count() == 1, "{calls}");
        let (ok, calls) = run(shell, &script("phpstan"), true, "docker compose run");
        assert!(
            !ok && calls.contains("[php] [phing] [phpstan_check]"),
            "{calls}"
        );
    }
}
