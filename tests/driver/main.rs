//! A new deploy driver touches two source files: its own and the list in `src/driver/mod.rs`. The test adds
//! one to a copy of the sources, and the compiler that comes out reads, checks and lowers it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const LIST: &str = "src/driver/mod.rs";

/// The list with one more driver.
fn with_driver(list: &str) -> String {
    let declared = "pub mod set_image;\n";
    let last = "    /// Your own commands.\n    script: ";
    for place in [declared, last] {
        assert_eq!(list.matches(place).count(), 1, "{place}");
    }
    let entry = "    /// `nomad job run`.\n    nomad: nomad::Nomad,\n";
    list.replace(declared, &format!("pub mod nomad;\n{declared}"))
        .replace(last, &format!("{entry}{last}"))
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A folder in which cargo finds the dependencies already built: links to those of this test. The compiler of
/// the other tests stays as it is.
fn with_dependencies(target: &Path) {
    let built = Path::new(env!("CARGO_BIN_EXE_windlass")).parent().unwrap();
    for folder in ["build", "deps", ".fingerprint"] {
        link(&built.join(folder), &target.join("debug").join(folder));
    }
}

fn link(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            link(&from.join(&name), &to.join(&name));
        }
    } else if fs::hard_link(from, to).is_err() {
        fs::copy(from, to).unwrap();
    }
}

fn windlass(project: &Path, sources: &Path, arguments: &[&str]) -> Output {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(cargo)
        .args(["run", "--quiet", "--offline", "--locked", "--manifest-path"])
        .arg(sources.join("Cargo.toml"))
        .args(["--bin", "windlass", "--"])
        .args(arguments)
        .arg("-C")
        .arg(project)
        .env("CARGO_TARGET_DIR", sources.join("target"))
        .output()
        .unwrap()
}

#[test]
fn a_driver_is_one_file_and_one_list() {
    // Below the folder for builds, because links do not reach another file system.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (sources, project) = (folder.path().join("sources"), folder.path().join("project"));
    for part in [
        "src",
        "templates",
        "docs",
        "benches",
        "renovate",
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
    ] {
        copy(&Path::new(ROOT).join(part), &sources.join(part));
    }
    with_dependencies(&sources.join("target"));
    let list = fs::read_to_string(sources.join(LIST)).unwrap();
    fs::write(sources.join(LIST), with_driver(&list)).unwrap();
    let driver = Path::new(ROOT).join("tests/driver/nomad.rs");
    fs::copy(driver, sources.join("src/driver/nomad.rs")).unwrap();

    fs::create_dir(&project).unwrap();
    let manifest = |nomad: &str| {
        let text = format!(
            "windlass: 1\nkubernetes: {{context: c}}\nimages: {{app: {{}}}}\n\
             environments: {{production: {{refs: default_branch, deploy: {{nomad: {nomad}}}}}}}\n"
        );
        fs::write(project.join("windlass.yml"), text).unwrap();
    };
    fs::write(project.join("Dockerfile"), "FROM scratch\n").unwrap();
    fs::write(project.join("app.nomad"), "").unwrap();
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    manifest("{job: app.nomad, image: app}");
    let output = windlass(&project, &sources, &["generate"]);
    assert!(output.status.success(), "{}", said(&output));
    let pipeline = fs::read_to_string(project.join(".gitlab-ci.yml")).unwrap();
    let command =
        r#"nomad job run -var "image=$CI_REGISTRY_IMAGE/app@${IMAGE_APP_DIGEST:?}" app.nomad"#;
    assert!(pipeline.contains(command), "{pipeline}");

    // What other parts of windlass ask of a driver holds for it as well.
    for (nomad, finding) in [
        ("{image: app}", "error[missing-key]: `nomad` has no `job`"),
        (
            "{job: app.nomad, image: ap}",
            "error[unknown-image]: there is no image `ap`",
        ),
        (
            "{job: other.nomad, image: app}",
            "the job, `other.nomad`, does not exist in this project",
        ),
        (
            "{job: app.nomad, image: app}, script: x",
            "has both `nomad` and `script`",
        ),
    ] {
        manifest(nomad);
        let output = windlass(&project, &sources, &["generate"]);
        assert!(
            said(&output).contains(finding),
            "{nomad}: {}",
            said(&output)
        );
    }
}

/// The compiler names what a driver leaves out, because no method has a default.
#[test]
fn no_method_of_a_driver_has_a_default() {
    let list = fs::read_to_string(Path::new(ROOT).join(LIST)).unwrap();
    let (_, from) = list.split_once("pub(crate) trait Driver {").unwrap();
    let (of, _) = from.split_once("\n}\n").unwrap();
    let code = |line: &&str| !line.trim_start().starts_with("///");
    let code: Vec<&str> = of.lines().filter(code).collect();
    assert!(
        code.iter().filter(|line| line.contains("fn ")).count() > 10,
        "{of}"
    );
    assert!(code.iter().all(|line| !line.contains('{')), "{of}");
}
