//! Runs the test-suite of the registry scripts (`tests/registry/run.py`) on a real registry.

use std::path::Path;
use std::process::Command;

#[test]
fn registry_scripts() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/registry/run.py");
    let run = Command::new("python3")
        .arg(&suite)
        .output()
        .expect("python3 must be there: apt-get install python3");
    assert!(
        run.status.success(),
        "{} failed:\n{}{}",
        suite.display(),
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
}
