//! The tools that `tests/tools/install.sh` has installed.

use std::path::{Path, PathBuf};

/// The path of a tool; a test that wants one that is missing fails.
pub(crate) fn installed(tool: &str) -> PathBuf {
    let folder = std::env::var_os("WINDLASS_TEST_TOOLS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools"),
        PathBuf::from,
    );
    let path = folder.join("bin").join(tool);
    assert!(
        path.exists(),
        "{} is missing: run tests/tools/install.sh",
        path.display()
    );
    path
}
