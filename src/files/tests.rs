//! The set on disk as a library; what the command does with it is tested in `tests/cli`.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{Action, Error, FileSet, GeneratedFile, Status, compare};

fn set(files: &[(&str, &str, bool)]) -> FileSet {
    let file = |&(path, body, executable): &(&str, &str, bool)| GeneratedFile {
        path: path.to_owned(),
        body: body.to_owned(),
        executable,
    };
    FileSet {
        files: files.iter().map(file).collect(),
        made_from: String::new(),
    }
}

fn write(set: &FileSet, root: &Path) -> Result<Vec<Action>, Error> {
    let comparison = compare(set, root, "windlass.yml")?;
    let outcomes = comparison.plan(false).unwrap().write()?;
    Ok(outcomes.into_iter().map(|outcome| outcome.action).collect())
}

#[cfg(unix)]
#[test]
fn scripts_are_executable_and_stay_so() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let set = set(&[
        (".gitlab-ci.yml", "a: 1\n", false),
        ("ci/x.sh", "#!/bin/sh\n", true),
    ]);
    write(&set, folder.path()).unwrap();
    let script = folder.path().join("ci/x.sh");
    let mode = || script.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode() & 0o100, 0o100);
    let pipeline = folder.path().join(".gitlab-ci.yml").metadata().unwrap();
    assert_eq!(pipeline.permissions().mode() & 0o111, 0);

    let written = script.metadata().unwrap().modified().unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o640)).unwrap();
    let comparison = compare(&set, folder.path(), "windlass.yml").unwrap();
    assert_eq!(comparison.files[1].status, Status::NotExecutable);
    let actions = write(&set, folder.path()).unwrap();
    assert_eq!(actions, [Action::Unchanged, Action::MadeExecutable]);
    assert_eq!(mode(), 0o750);
    assert_eq!(script.metadata().unwrap().modified().unwrap(), written);
}

#[test]
fn the_manifest_that_the_files_came_from_may_be_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let old = set(&[
        (".gitlab-ci.yml", "a: 1\n", false),
        ("old.yml", "b: 1\n", false),
    ]);
    write(&old, folder.path()).unwrap();
    let new = set(&[(".gitlab-ci.yml", "a: 1\n", false)]);
    let comparison = compare(&new, folder.path(), "renamed.yml").unwrap();
    let states: Vec<&Status> = comparison.files.iter().map(|file| &file.status).collect();
    assert_eq!(
        states,
        [
            &Status::Differs { edited: false },
            &Status::Stale { edited: false }
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever was generated before, after writing everything is right, and nothing but the set
    /// is left.
    #[test]
    fn after_writing_all_is_right(
        before in prop::collection::btree_map("[a-c]/[a-c]", "[a-z\n]{0,20}", 0..5),
        after in prop::collection::btree_map("[a-c]/[a-c]", "[a-z\n]{0,20}", 0..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for companions in [&before, &after] {
            let mut files = vec![(".gitlab-ci.yml", "stages: []\n", false)];
            files.extend(companions.iter().map(|(path, body)| (&**path, &**body, false)));
            let set = set(&files);
            write(&set, folder.path()).unwrap();
            let comparison = compare(&set, folder.path(), "windlass.yml").unwrap();
            prop_assert!(comparison.is_clean());
            let folders = ["a", "b", "c"].map(|name| fs::read_dir(folder.path().join(name)));
            let there = folders.into_iter().flatten().flatten().count();
            prop_assert_eq!(there, companions.len());
        }
    }
}
