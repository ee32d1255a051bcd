//! The packages of `packaging/`, built in the profile of the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs scripts of `packaging/`, which put what they build into a folder.
pub(crate) fn packaged(scripts: &[&str], dist: &Path) {
    for script in scripts {
        run(script, "dev", dist, &[]);
    }
}

/// Runs a script of `packaging/` with an argument, and more of the environment.
pub(crate) fn run(script: &str, argument: &str, dist: &Path, environment: &[(&str, &str)]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut path = vec![tools().join("bin")];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let output = Command::new(root.join("packaging").join(script))
        .arg(argument)
        .current_dir(root)
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("WINDLASS_DIST", dist)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "packaging/{script}: {output:?}");
}

/// The folder that `tests/tools/install.sh` fills.
pub(crate) fn tools() -> PathBuf {
    std::env::var_os("WINDLASS_TEST_TOOLS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools"),
        PathBuf::from,
    )
}
