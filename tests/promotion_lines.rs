//! Runs the shell lines of a promotion as a runner's shell does, without the registry: a function
//! stands for regctl. Needs bash, dash and busybox (Debian packages of these names).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;

use std::process::Command;

use compiled::{commands, pipeline};

const MANIFEST: &str = "windlass: 1
kubernetes: {context: one}
images: {app: {refs: branches}, web: {refs: branches}}
promotions: {release: {image: [app, web], refs: tags, to: $CI_COMMIT_TAG}}
environments: {prod: {refs: tags, deploy: {set_image: {deployment/shop: {app: app, web: web}}}}}
";

const REGISTRY: &str = "regctl() { if [ \"$2\" = digest ]; then echo \"$3@$PIPELINE\"; fi; }
";

/// A runner keeps a job's folder for the next one, and this job has no checkout that empties it.
#[test]
fn only_digests_of_this_pipeline_are_handed_on() {
    let job = &pipeline(MANIFEST)["promote-release"];
    assert_eq!(job["artifacts"]["reports"]["dotenv"], "promoted.env");
    let lines = commands(&job["script"]);
    for shell in [&["bash"] as &[&str], &["dash"], &["busybox", "sh"]] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("promoted.env");
        // What another promotion of an earlier pipeline left.
        std::fs::write(&path, "IMAGE_OTHER_DIGEST=old\n").unwrap();
        for pipeline in ["1", "2"] {
            let mut command = Command::new(shell[0]);
            command
                .args(&shell[1..])
                .arg("-c")
                .arg(format!("set -e\n{REGISTRY}{lines}"));
            command.current_dir(folder.path());
            command
                .env("PIPELINE", pipeline)
                .env("IMAGE_APP", "app")
                .env("IMAGE_WEB", "web");
            command
                .env("CI_REGISTRY_IMAGE", "r.example/p")
                .env("CI_COMMIT_TAG", "v1");
            assert!(command.status().unwrap().success());
            let expected =
                format!("IMAGE_APP_DIGEST=app@{pipeline}\nIMAGE_WEB_DIGEST=web@{pipeline}\n");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        }
    }
}
