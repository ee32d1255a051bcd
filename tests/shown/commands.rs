//! Names of files, refs, jobs and codes that the command line gives to the real command.

use std::fs;
use std::process::Command;

use crate::is_clean;

const NAMES: [&str; 4] = [
    "a\nforged: error",
    "\u{1b}[2J\u{202e}x",
    "x\r\nforged",
    "x`forged`\u{9b}31m",
];

#[test]
fn names_on_the_command_line_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = ".gitlab-ci.yml";
    fs::write(folder.path().join(file), "a: {script: x}\n").unwrap();
    fs::write(folder.path().join("bad.yml"), "a: {script: x, foo: 1}\n").unwrap();
    for name in NAMES {
        fs::write(folder.path().join(name), "a: {scirpt: x}\n").unwrap();
        let missing = format!("{name}2");
        for arguments in [
            vec!["plan", "--file", name],
            vec!["plan", "--file", &missing],
            vec!["plan", "--file", file, "--branch", name],
            vec!["plan", "--file", file, "--tag", name, "--why", "a"],
            vec!["plan", "--file", file, "--why", name],
            vec!["plan", "--file", file, "--format", "json", "--branch", name],
            vec!["plan", "--file", name, "--message-format", "sarif"],
            vec!["graph", "--file", file, "--branch", name],
            vec!["graph", "--file", name],
            vec!["diff", file, name],
            vec!["diff", name, file],
            vec!["diff", "--against", name],
            vec!["-C", &missing, "check"],
            vec!["-C", name, "check"],
            vec!["explain", name],
        ] {
            let ran = Command::new(env!("CARGO_BIN_EXE_windlass"))
                .current_dir(folder.path())
                .args(&arguments)
                .output()
                .unwrap();
            let what = format!("{arguments:?}");
            is_clean(&what, &String::from_utf8(ran.stdout).unwrap());
            is_clean(&what, &String::from_utf8(ran.stderr).unwrap());
        }
    }
}
