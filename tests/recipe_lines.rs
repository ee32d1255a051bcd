//! Runs the shell line of a check that hashes what an image is made from, on a project's files. Needs
//! bash and busybox (Debian packages of these names): the image of checks has the latter.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use compiled::pipeline;

const MANIFEST: &str = "windlass: 1
images:
  tools: {role: toolchain, refs: default_branch, rebuild: {changes: ['tools/**/*', \"it's\"]}}
";

/// The hash in a folder; `None` if the job fails.
fn recipe(shell: &[&str], script: &str, folder: &Path) -> Option<String> {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg("-c");
    command.arg(format!(
        "set -e; set -o pipefail\n{script}\necho \"$recipe\""
    ));
    let output = command.current_dir(folder).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| said.trim_end().to_owned())
}

#[test]
fn the_recipe_is_another_one_when_a_file_is() {
    let pipeline = pipeline(MANIFEST);
    let line = |at: usize| pipeline["check-tools"]["script"][at].as_str().unwrap();
    // The functions come first.
    let script = format!("{}\n{}", line(0), line(1));
    for shell in [&["bash"] as &[&str], &["busybox", "sh"]] {
        let folder = tempfile::tempdir().unwrap();
        let of = |path: &str| folder.path().join(path);
        for path in ["tools/deep er", ".git"] {
            fs::create_dir_all(of(path)).unwrap();
        }
        assert_eq!(recipe(shell, &script, folder.path()), None, "no Dockerfile");
        for path in [
            "Dockerfile",
            "tools/run",
            "tools/deep er/\"a\\b\"",
            "it's",
            "other",
            ".git/x",
        ] {
            fs::write(of(path), "").unwrap();
        }
        let mut last = recipe(shell, &script, folder.path()).unwrap();
        assert_eq!(last.len(), 64, "{last}");
        let mut is_another = |what: &str| {
            let now = recipe(shell, &script, folder.path()).unwrap();
            let another = now != last;
            assert_eq!(
                recipe(shell, &script, folder.path()).as_ref(),
                Some(&now),
                "{what}"
            );
            last = now;
            another
        };
        for path in ["Dockerfile", "tools/run", "tools/deep er/\"a\\b\"", "it's"] {
            fs::write(of(path), "changed").unwrap();
            assert!(is_another(path), "{path}");
        }
        fs::set_permissions(of("tools/run"), Permissions::from_mode(0o755)).unwrap();
        assert!(is_another("executable"), "{shell:?}: executable");
        fs::set_permissions(of("tools/run"), Permissions::from_mode(0o777)).unwrap();
        assert!(
            !is_another("umask"),
            "what a runner's umask leaves is not a change"
        );
        fs::rename(of("tools/run"), of("tools/walk")).unwrap();
        assert!(is_another("renamed"));
        for path in ["other", ".git/x"] {
            fs::write(of(path), "changed").unwrap();
            assert!(!is_another(path), "{path}");
        }
    }
}
