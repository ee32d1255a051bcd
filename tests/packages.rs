//! What `packaging/` builds, installed and run as on a machine without Rust.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod packaged;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use packaged::{packaged, run};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs an installed windlass with nothing but itself in `PATH`.
#[track_caller]
fn installed(binary: &Path, arguments: &[&str]) -> String {
    let output = Command::new(binary)
        .args(arguments)
        .env_clear()
        .env("PATH", binary.parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The installed windlass says its version and compiles a manifest, and what belongs to it is there.
#[track_caller]
fn is_whole(usr: &Path, man: &str) {
    let binary = usr.join("bin/windlass");
    assert_eq!(
        installed(&binary, &["--version"]),
        format!("windlass {VERSION}\n")
    );
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/minimal");
    installed(&binary, &["-C", example.to_str().unwrap(), "check"]);
    for file in [man, "share/bash-completion/completions/windlass"] {
        assert!(usr.join(file).is_file(), "{file}");
    }
}

/// A virtual environment with the wheel of a folder, installed without any registry.
fn with_wheel(dist: &Path, folder: &Path) -> PathBuf {
    let venv = folder.join("venv");
    let mut python = Command::new("python3");
    let made = python.args(["-m", "venv"]).arg(&venv).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let installed = Command::new(venv.join("bin/pip"))
        .args(["install", "--quiet", "--no-index", "--find-links"])
        .arg(dist)
        .arg("windlass-ci")
        .output()
        .unwrap();
    assert!(installed.status.success(), "{installed:?}");
    venv
}

/// Runs a program that must succeed, and gives what it prints.
#[track_caller]
fn done(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The one file of a folder whose name ends so.
fn file(folder: &Path, end: &str) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths
        .find(|path| path.to_string_lossy().ends_with(end))
        .unwrap_or_else(|| panic!("no {end} in {}", folder.display()))
}

#[test]
fn the_wheel_installs_without_rust() {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    packaged(&["wheel"], &dist);
    let venv = with_wheel(&dist, folder.path());
    is_whole(&venv, "share/man/man1/windlass-check.1");
    let sbom = fs::read_to_string(dist.join(format!("windlass-{VERSION}.cdx.json"))).unwrap();
    let sbom: serde_json::Value = serde_json::from_str(&sbom).unwrap();
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    let components = sbom["components"].as_array().unwrap();
    assert!(components.iter().any(|one| one["name"] == "granit-parser"));
}

#[test]
fn the_archive_is_the_one_that_binstall_fetches() {
    let folder = tempfile::tempdir().unwrap();
    packaged(&["archive"], folder.path());
    let archive = file(folder.path(), ".tar.gz");
    let name = archive.file_name().unwrap().to_string_lossy().into_owned();
    let target = name
        .strip_prefix(&format!("windlass-{VERSION}-"))
        .and_then(|rest| rest.strip_suffix(".tar.gz"))
        .unwrap();
    let cargo = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let cargo: toml::Table = toml::from_str(&fs::read_to_string(cargo).unwrap()).unwrap();
    let binstall = &cargo["package"]["metadata"]["binstall"];
    let filled = |key: &str| {
        let template = binstall[key].as_str().unwrap();
        let template = template.replace("{ version }", VERSION);
        let template = template.replace("{ target }", target);
        template.replace("{ bin }{ binary-ext }", "windlass")
    };
    assert_eq!(
        filled("pkg-url"),
        format!("{{ repo }}/-/releases/v{VERSION}/downloads/{name}")
    );
    let at = folder.path().to_str().unwrap();
    done("tar", &["-xzf", archive.to_str().unwrap(), "-C", at]);
    let binary = folder.path().join(filled("bin-dir"));
    is_whole(
        binary.parent().unwrap().parent().unwrap(),
        "share/man/man1/windlass-check.1",
    );
}

#[test]
fn the_debian_package_holds_what_it_lists() {
    let folder = tempfile::tempdir().unwrap();
    packaged(&["deb"], folder.path());
    let deb = file(folder.path(), ".deb");
    let deb = deb.to_str().unwrap();
    let fields = done("dpkg-deb", &["--field", deb]);
    assert!(fields.contains("Package: windlass\n"), "{fields}");
    assert!(
        fields.contains(&format!("\nVersion: {VERSION}\n")),
        "{fields}"
    );
    let root = folder.path().join("root");
    done("dpkg-deb", &["--extract", deb, root.to_str().unwrap()]);
    is_whole(&root.join("usr"), "share/man/man1/windlass-check.1.gz");
    let owners = done("dpkg-deb", &["--contents", deb]);
    assert!(
        owners.lines().all(|line| line.contains(" root/root ")),
        "{owners}"
    );
}

#[test]
fn the_image_starts_a_shell_and_has_the_binary() {
    let folder = tempfile::tempdir().unwrap();
    // Images of this test are kept apart from those of whoever runs it.
    let storage = folder.path().join("storage.conf");
    let at = folder.path().display();
    let settings = format!(
        "[storage]\ndriver = \"vfs\"\ngraphroot = \"{at}/images\"\nrunroot = \"{at}/run\"\n"
    );
    fs::write(&storage, settings).unwrap();
    let dist = folder.path().join("dist");
    let storage = storage.to_str().unwrap();
    let environment = [("CONTAINERS_STORAGE_CONF", storage), ("BASE", "scratch")];
    run("image", "dev", &dist, &environment);
    let image = file(&dist, "-image.tar");
    let root = folder.path().to_str().unwrap();
    done("tar", &["-xf", image.to_str().unwrap(), "-C", root]);
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&fs::read_to_string(folder.path().join(name)).unwrap()).unwrap()
    };
    let manifest = &read("manifest.json")[0];
    let config = read(manifest["Config"].as_str().unwrap());
    assert_eq!(config["config"]["Cmd"], serde_json::json!(["sh"]));
    assert!(config["config"].get("Entrypoint").is_none(), "{config}");
    let tag = manifest["RepoTags"][0].as_str().unwrap();
    assert!(tag.ends_with(&format!("windlass:{VERSION}")), "{tag}");
    let layers = manifest["Layers"].as_array().unwrap();
    let last = folder.path().join(layers.last().unwrap().as_str().unwrap());
    let files = done("tar", &["-tf", last.to_str().unwrap()]);
    assert!(files.contains("usr/local/bin/windlass\n"), "{files}");
}

#[test]
fn checksums_cover_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    fs::create_dir(&dist).unwrap();
    for name in ["a", "b"] {
        fs::write(dist.join(name), name).unwrap();
    }
    for _ in 0..2 {
        run("checksums", "", &dist, &[]);
        let sums = fs::read_to_string(dist.join("SHA256SUMS")).unwrap();
        assert_eq!(sums.lines().count(), 2, "{sums}");
    }
    let output = Command::new("sha256sum")
        .args(["--check", "SHA256SUMS"])
        .current_dir(&dist)
        .output();
    assert!(output.unwrap().status.success());
}
