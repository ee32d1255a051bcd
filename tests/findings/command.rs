//! The codes about files on disk: each raised by the command in a scratch project, and a near miss
//! beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use windlass::finding::Code;

use crate::ON_DISK;
use crate::places::command;

const MANIFEST: &str = "windlass: 1\njobs: {hello: {script: [echo hi]}}\n";
const PIPELINE: &str = ".gitlab-ci.yml";

/// A preset that names another one if it is told to.
fn preset(root: &Path, own: &str) {
    fs::write(
        root.join("windlass.yml"),
        format!("{MANIFEST}presets: [shared.yml]\n"),
    )
    .unwrap();
    fs::write(root.join("shared.yml"), format!("windlass: 1\n{own}")).unwrap();
    assert_eq!(command(root, &["update"]).0, 0);
}

/// Seals the pipeline as a windlass of another version does, which also wrote something more.
fn generated_by(root: &Path, version: &str, more: &str) {
    let text = fs::read_to_string(root.join(PIPELINE)).unwrap();
    let own = concat!("windlass ", env!("CARGO_PKG_VERSION"), " from");
    let text = text.replace(own, &format!("windlass {version}from"));
    let (before, rest) = text.split_once("# sha256:").unwrap();
    let after = format!("{}{more}", rest.split_once('\n').unwrap().1);
    let digest = Sha256::digest(format!("{before}\0{after}"));
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!("{before}# sha256:{digest}\n{after}");
    fs::write(root.join(PIPELINE), text).unwrap();
}

/// How a project comes to raise a code, and how it comes near to it.
type Change = fn(&Path);

const CASES: &[(Code, Change, Change)] = &[
    (
        Code::Unreadable,
        |root| fs::rename(root.join("windlass.yml"), root.join("other.yml")).unwrap(),
        |root| {
            // A byte order mark, as some editors write it, is no matter.
            fs::write(root.join("windlass.yml"), format!("\u{feff}{MANIFEST}")).unwrap();
        },
    ),
    (
        Code::NotUtf8,
        |root| fs::write(root.join("windlass.yml"), b"windlass: 1 # caf\xe9\n").unwrap(),
        |root| {
            fs::write(
                root.join("windlass.yml"),
                format!("{MANIFEST}# caf\u{e9}\n"),
            )
            .unwrap();
        },
    ),
    (
        Code::Drift,
        |root| {
            let text = MANIFEST.replace("echo hi", "echo ho");
            fs::write(root.join("windlass.yml"), text).unwrap();
        },
        |root| fs::write(root.join("windlass.yml"), format!("# mine\n{MANIFEST}")).unwrap(),
    ),
    (
        Code::OlderWindlass,
        |root| {
            let older = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/upgrades/before-0.1.0/minimal"
            );
            for name in ["windlass.yml", PIPELINE, "Dockerfile"] {
                fs::copy(Path::new(older).join(name), root.join(name)).unwrap();
            }
        },
        // An older windlass made the same text.
        |root| generated_by(root, "", ""),
    ),
    (
        Code::NewerWindlass,
        |root| generated_by(root, "99.0.0 ", "# by a newer one\n"),
        // A newer windlass made the same text.
        |root| generated_by(root, "99.0.0 ", ""),
    ),
    (
        Code::EditedFile,
        |root| {
            let text = fs::read_to_string(root.join(PIPELINE)).unwrap();
            fs::write(root.join(PIPELINE), text + "# mine\n").unwrap();
        },
        |root| {
            let text = fs::read_to_string(root.join(PIPELINE)).unwrap();
            fs::write(root.join(PIPELINE), text.replace('\n', "\r\n")).unwrap();
        },
    ),
    (
        Code::ForeignFile,
        |root| fs::write(root.join(PIPELINE), "stages: [test]\n").unwrap(),
        |root| fs::write(root.join("other.gitlab-ci.yml"), "stages: [test]\n").unwrap(),
    ),
    (
        Code::BadSetting,
        |root| {
            let text = "[lint.severity]\nunpined-image = 'off'\n";
            fs::write(root.join(".windlass.toml"), text).unwrap();
        },
        |root| {
            let text = "[lint.severity]\nunpinned-image = 'off'\n";
            fs::write(root.join(".windlass.toml"), text).unwrap();
        },
    ),
    (
        Code::MissingPreset,
        |root| {
            preset(root, "");
            fs::rename(root.join("shared.yml"), root.join("Shared.yml")).unwrap();
        },
        |root| preset(root, ""),
    ),
    (
        Code::ChangedPreset,
        |root| {
            preset(root, "");
            fs::write(root.join("shared.yml"), "windlass: 1\n# mine\n").unwrap();
        },
        |root| {
            preset(root, "");
            fs::write(root.join("shared.yml"), "windlass: 1\n").unwrap();
        },
    ),
    (
        Code::CyclicPresets,
        |root| {
            preset(root, "");
            let mut lock = String::from("version = 1\n");
            for (name, other) in [("shared.yml", "other.yml"), ("other.yml", "shared.yml")] {
                let text = format!("windlass: 1\npresets: {other}\n");
                fs::write(root.join(name), &text).unwrap();
                let digest = Sha256::digest(text);
                let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                lock += &format!("[[preset]]\npath = '{name}'\nsha256 = '{digest}'\n");
            }
            fs::write(root.join("windlass.lock"), lock).unwrap();
        },
        |root| {
            fs::write(root.join("other.yml"), "windlass: 1\n").unwrap();
            preset(root, "presets: [other.yml, other.yml]\n");
        },
    ),
    (
        Code::BadLock,
        |root| {
            preset(root, "");
            fs::write(root.join("windlass.lock"), "version = 2\n").unwrap();
        },
        |root| {
            preset(root, "");
            let lock = fs::read_to_string(root.join("windlass.lock")).unwrap();
            fs::write(root.join("windlass.lock"), format!("# mine\n{lock}")).unwrap();
        },
    ),
    (
        Code::StaleLock,
        |root| {
            preset(root, "");
            fs::write(root.join("windlass.yml"), MANIFEST).unwrap();
        },
        // Another manifest of the project has it.
        |root| {
            preset(root, "");
            fs::rename(root.join("windlass.yml"), root.join("other.yml")).unwrap();
            assert_eq!(command(root, &["-m", "other.yml", "update"]).0, 0);
            fs::write(root.join("windlass.yml"), MANIFEST).unwrap();
            assert_eq!(command(root, &["generate"]).0, 0);
        },
    ),
    (
        Code::ShellCheck,
        |root| {
            fs::write(root.join(PIPELINE), "a: {script: ['export A=$(b)']}\n").unwrap();
            let text = "[lint.severity]\nshellcheck = 'error'\n";
            fs::write(root.join(".windlass.toml"), text).unwrap();
        },
        |root| fs::write(root.join(PIPELINE), "a: {script: ['A=$(b)', 'export A']}\n").unwrap(),
    ),
];

/// The codes that `check` prints.
fn found(root: &Path) -> (i32, BTreeSet<String>) {
    printed(root, "check")
}

fn printed(root: &Path, by: &str) -> (i32, BTreeSet<String>) {
    let (status, out) = command(root, &[by, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let codes = json["findings"].as_array().unwrap().iter();
    let codes = codes.map(|found| found["code"].as_str().unwrap().to_owned());
    (status, codes.collect())
}

#[test]
fn codes_about_files_are_raised_and_nearly_raised() {
    let cases: BTreeSet<Code> = CASES.iter().map(|(code, _, _)| *code).collect();
    assert_eq!(cases, ON_DISK.into_iter().collect());
    for (code, raise, nearly) in CASES {
        for (change, is_near_miss) in [(raise, false), (nearly, true)] {
            let project = tempfile::tempdir().unwrap();
            fs::write(project.path().join("windlass.yml"), MANIFEST).unwrap();
            assert_eq!(command(project.path(), &["generate"]).0, 0);
            assert_eq!(found(project.path()), (0, BTreeSet::new()));
            change(project.path());
            let by = match code {
                Code::BadSetting | Code::ShellCheck => "lint",
                _ => "check",
            };
            let (status, codes) = printed(project.path(), by);
            if is_near_miss {
                assert_eq!((status, codes), (0, BTreeSet::new()), "{code}");
            } else {
                let wanted = match code {
                    Code::Unreadable => 3,
                    Code::OlderWindlass | Code::StaleLock => 0,
                    _ => 1,
                };
                assert_eq!(status, wanted, "{code}");
                assert_eq!(codes, [code.to_string()].into(), "{code}");
            }
        }
    }
}

/// A file larger than any manifest is refused by its size: it is not even read.
#[test]
fn a_hundred_megabytes_of_brackets() {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("windlass.yml"), "[".repeat(100 << 20)).unwrap();
    let start = std::time::Instant::now();
    assert_eq!(
        found(project.path()),
        (1, [Code::TooLarge.to_string()].into())
    );
    assert!(start.elapsed() < std::time::Duration::from_secs(2));
}
