//! Manifests that are none, and streams that close: always an answer, soon, never a panic.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::project::{PIPELINE, PLAIN, Project, Ran, finish};

/// A run that has nothing to do ends within this time.
const SOON: Duration = Duration::from_secs(1);

/// Checks the answer of both commands to a manifest.
#[track_caller]
fn answers(project: &Project, status: i32, says: &str) {
    for command in ["check", "generate"] {
        let ran = project.run(&[command]).exits(status).says(says);
        assert!(ran.time < SOON, "{ran:#?}");
        assert_eq!(ran.stdout, "");
    }
    assert!(!project.exists(PIPELINE));
}

#[test]
fn no_manifest_is_answered_with_a_hint() {
    let project = Project::new(PLAIN);
    let text = project.read("windlass.yml");
    fs::remove_file(project.path("windlass.yml")).unwrap();
    answers(&project, 3, "`-m MANIFEST`");
    project.write("windlass.yaml", text);
    answers(&project, 3, "there is `windlass.yaml`");
    project
        .run(&["-C", "nowhere", "check"])
        .exits(3)
        .says("nowhere");
    project
        .run(&["-C", "Dockerfile", "check"])
        .exits(3)
        .says("is not a folder");
}

#[test]
fn a_folder_is_no_manifest() {
    let project = Project::new(PLAIN);
    fs::remove_file(project.path("windlass.yml")).unwrap();
    fs::create_dir(project.path("windlass.yml")).unwrap();
    answers(&project, 3, "`windlass.yml` is a folder");
}

#[test]
fn bytes_that_are_not_utf8_are_located() {
    let project = Project::new(PLAIN);
    project.write("windlass.yml", b"windlass: 1\n\xc3\xa9: \xff\n");
    answers(&project, 1, "byte 0xff at line 2, column 4");
    project.write("windlass.yml", b"\xff\xfew\0i\0");
    answers(&project, 1, "UTF-16");
}

#[test]
fn a_byte_order_mark_is_no_matter() {
    let project = Project::new(&format!("\u{feff}{PLAIN}"));
    project.run(&["generate"]).exits(0);
}

#[test]
fn a_huge_manifest_is_not_read() {
    let project = Project::new(PLAIN);
    let file = fs::File::create(project.path("windlass.yml")).unwrap();
    file.set_len(1 << 40).unwrap();
    answers(&project, 1, "error[too-large]");
}

#[test]
fn other_texts_are_findings() {
    let bomb = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [*a{p}, *a{p}, *a{p}]\n", p = n - 1)
    });
    let deep = "[".repeat(100_000);
    for text in [
        "",
        "\0",
        "- a",
        "a: b: c",
        "{",
        "%YAML 9.9\n---\na",
        &deep,
        &bomb,
    ] {
        let project = Project::new(text);
        answers(&project, 1, "error[");
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_do_not_hang() {
    let project = Project::new(PLAIN);
    let pipe = project.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(
        made.expect("mkfifo is needed (package coreutils)")
            .success()
    );
    for manifest in [
        pipe.to_str().unwrap(),
        "/dev/zero",
        "/dev/null",
        "/dev/stdin",
    ] {
        let ran = project.run(&["-m", manifest, "check"]).exits(3);
        assert!(ran.says("is not a regular file").time < SOON);
    }
    // In the place of a generated file it is not opened either.
    fs::rename(&pipe, project.path(PIPELINE)).unwrap();
    for args in [["check"].as_slice(), &["generate", "--force"]] {
        project.run(args).exits(1).says("is not a regular file");
    }
}

/// Runs with a stream that nobody reads.
fn run_closed(project: &Project, args: &[&str], close_stderr: bool) -> Ran {
    let mut command = Command::new("sh");
    let redirect = if close_stderr { "2>&1 | :" } else { "| :" };
    // The status of the command itself is handed on by a third descriptor.
    let script =
        format!("{{ {{ sleep 0.05; \"$0\" \"$@\"; echo status $? >&3; }} {redirect}; }} 3>&1");
    command
        .arg("-c")
        .arg(script)
        .arg(crate::project::WINDLASS)
        .args(args);
    command.current_dir(project.root()).stdin(Stdio::null());
    finish(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
}

#[test]
fn closed_streams_end_in_silence() {
    let jobs: String = (0..2_000)
        .map(|n| format!("  j{n}: {{script: [echo {n}]}}\n"))
        .collect();
    let project = Project::new(&format!("windlass: 1\njobs:\n{jobs}"));
    for (args, status) in [
        (["generate", "--stdout"].as_slice(), 0),
        (&["check"], 1),
        (&["check", "--format", "json"], 1),
        (&["completions", "bash"], 0),
        (&["schema"], 0),
        (&["explain", "drift"], 0),
        (&["--help"], 0),
    ] {
        for close_stderr in [false, true] {
            let ran = run_closed(&project, args, close_stderr);
            assert_eq!(
                ran.stdout,
                format!("status {status}\n"),
                "{args:?} {ran:#?}"
            );
            assert!(
                !ran.stderr.contains("panic") && !ran.stderr.contains("please report it"),
                "{ran:#?}"
            );
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_input_output_error() {
    let project = Project::new(PLAIN);
    for args in [
        ["generate", "--stdout"].as_slice(),
        &["schema"],
        &["check", "--format", "json"],
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = project.command(args);
        let done = command.stdout(full).output().unwrap();
        let stderr = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(3), "{args:?} {stderr}");
        assert!(
            stderr.contains("cannot write to standard output"),
            "{stderr}"
        );
    }
}
