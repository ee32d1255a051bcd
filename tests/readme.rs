//! The README, the tour and the cookbook show what is so: each of their blocks under a marker equals a file, a part of a file, or
//! what windlass says of a manifest. `WINDLASS_BLESS=1` writes them anew.
//!
//! Markers: `<!-- file: PATH -->`, `<!-- block: PATH KEY -->` (from `KEY:` to the next blank line),
//! `<!-- findings: PATH -->` (the text of `check` on that manifest), `<!-- lint: FOLDER -->` (what
//! `windlass lint` finds there), `<!-- output: ARGUMENT... -->`
//! (what `windlass` prints), `<!-- diff: PATH|OLD|NEW -->` (what `windlass diff` prints once a
//! manifest is changed that was committed).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code outside of test functions"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use windlass::check::Files;
use windlass::compile::compile;
use windlass::finding::output::{Format, Style, show};
use windlass::source::Source;

/// A project that has every file.
struct Complete;

impl Files for Complete {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What must stand under a marker.
fn wanted(kind: &str, argument: &str) -> String {
    match (kind, argument.split_once(' ')) {
        ("file", None) => read(argument),
        ("block", Some((path, key))) => {
            let text = read(path);
            let start = format!("{key}:");
            let lines = text.lines().skip_while(|line| *line != start);
            let block: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
            assert!(!block.is_empty(), "{path} has no `{start}`");
            block.join("\n") + "\n"
        }
        ("findings", None) => {
            let source = Source::new("windlass.yml", read(argument));
            let compiled = compile(&source, &Complete).unwrap();
            let shown = show(Format::Text, &compiled.report, Style::default());
            shown.unwrap().to_string()
        }
        ("output", _) => output(&root(), argument.split(' '), &[0, 1]),
        ("lint", None) => output(&root(), ["-C", argument, "lint"].into_iter(), &[1]),
        ("diff", _) => {
            let parts: Vec<&str> = argument.split('|').collect();
            let [path, old, new] = parts.as_slice() else {
                panic!("PATH|OLD|NEW is wanted: {argument}");
            };
            difference(&read(path), old, new)
        }
        _ => panic!("unknown marker `{kind}: {argument}`"),
    }
}

/// What the command prints.
fn output<'a>(folder: &Path, arguments: impl Iterator<Item = &'a str>, status: &[i32]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    let output = command
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let ended = output.status.code().unwrap();
    assert!(status.contains(&ended), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What `windlass diff` prints about a change of a committed manifest.
fn difference(manifest: &str, old: &str, new: &str) -> String {
    assert!(manifest.contains(old), "no `{old}` in the manifest");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("windlass.yml");
    fs::write(&path, manifest).unwrap();
    for arguments in [
        "init --quiet",
        "add --all",
        "commit --quiet --message first",
    ] {
        let output = Command::new("git")
            .current_dir(folder.path())
            .args(["-c", "user.name=test", "-c", "user.email=test@example.com"])
            .args(arguments.split(' '))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    fs::write(&path, manifest.replacen(old, new, 1)).unwrap();
    output(folder.path(), ["diff"].into_iter(), &[0])
}

/// The README's three commands, word for word, on pipelines that people wrote: one of them has a fault.
#[test]
fn three_commands_lead_from_a_pipeline_to_a_proven_manifest() {
    let readme = read("README.md");
    let start = "## From a pipeline to a manifest\n\n```sh\n";
    let (_, commands) = readme.split_once(start).unwrap();
    let (commands, _) = commands.split_once("```").unwrap();
    assert_eq!(commands.lines().count(), 3, "{commands}");
    let binary = Path::new(env!("CARGO_BIN_EXE_windlass")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(binary.to_owned()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).unwrap();
    for pipeline in [
        "tests/docs/shop/.gitlab-ci.yml",
        "tests/import/entities/shop.gitlab-ci.yml",
        "tests/import/entities/kubernetes.gitlab-ci.yml",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = read(pipeline);
        for (path, text) in [
            (".gitlab-ci.yml", &*text),
            ("before.yml", &*text),
            ("Dockerfile", "FROM scratch\n"),
        ] {
            fs::write(folder.path().join(path), text).unwrap();
        }
        let ran = Command::new("sh")
            .current_dir(folder.path())
            .args(["-ec", commands])
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{pipeline}: {ran:?}");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(said.contains("nothing changes"), "{pipeline}: {said}");
        let proven = ["import", "--check", "before.yml"];
        let shown = output(folder.path(), proven.into_iter(), &[0]);
        assert!(shown.contains("nothing changes"), "{pipeline}: {shown}");
    }
}

#[test]
fn the_picture_shows_what_is_so() {
    let path = root().join("docs/facile.svg");
    let arguments = "-C examples/facile graph --branch master --format svg";
    let svg = output(&root(), arguments.split(' '), &[0]);
    if std::env::var_os("WINDLASS_BLESS").is_some() {
        fs::write(path, svg).unwrap();
        return;
    }
    let same = fs::read_to_string(path).unwrap_or_default() == svg;
    assert!(
        same,
        "out of date; run: WINDLASS_BLESS=1 cargo test --test readme"
    );
}

/// The text with every marked block as it must be, and how many there are.
fn renewed(text: &str) -> (String, usize) {
    let mut out = String::new();
    let mut count = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out += &format!("{line}\n");
        let marker = line
            .strip_prefix("<!-- ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        let Some((kind, argument)) = marker.and_then(|marker| marker.split_once(": ")) else {
            continue;
        };
        let fence = lines.next().unwrap();
        assert!(fence.starts_with("```"), "no block under `{line}`");
        assert!(
            lines.any(|line| line == "```"),
            "no end of the block under `{line}`"
        );
        out += &format!("{fence}\n{}```\n", wanted(kind, argument));
        count += 1;
    }
    (out, count)
}

/// The page holds at least so many blocks under a marker, and each shows what is so.
#[track_caller]
fn shows_what_is_so(page: &str, blocks: usize) {
    let text = read(page);
    let (new, count) = renewed(&text);
    assert!(count >= blocks, "{page}: {count} blocks");
    if std::env::var_os("WINDLASS_BLESS").is_some() {
        fs::write(root().join(page), new).unwrap();
        return;
    }
    assert!(
        text == new,
        "{page} is out of date; run: WINDLASS_BLESS=1 cargo test --test readme"
    );
}

#[test]
fn the_readme_shows_what_is_so() {
    shows_what_is_so("README.md", 2);
}

#[test]
fn the_tour_shows_what_is_so() {
    shows_what_is_so("docs/tour.md", 8);
}

#[test]
fn the_cookbook_shows_what_is_so() {
    shows_what_is_so("docs/cookbook.md", 17);
}

/// Every recipe is on the page, has its Dockerfiles and charts, and gives no finding at all.
#[test]
fn the_recipes_are_clean() {
    let page = read("docs/cookbook.md");
    let folder = root().join("tests/docs/cookbook");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let marker = format!("<!-- file: tests/docs/cookbook/{name} -->");
        assert!(page.contains(&marker), "{name} is not in the cookbook");
        let output = Command::new(env!("CARGO_BIN_EXE_windlass"))
            .args(["-q", "-m", name, "generate", "--stdout"])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        let output = Command::new(env!("CARGO_BIN_EXE_windlass"))
            .args(["-m", name, "generate", "--stdout"])
            .current_dir(&folder)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "", "{name}");
        count += 1;
    }
    assert_eq!(count, 10);
}

#[test]
fn the_manifest_of_the_readme_compiles() {
    let text = read("README.md");
    let start = text.find("```yaml\nwindlass: 1\n").unwrap() + "```yaml\n".len();
    let manifest = text[start..].split("```").next().unwrap();
    let compiled = compile(&Source::new("windlass.yml", manifest.to_owned()), &Complete).unwrap();
    let shown = show(Format::Text, &compiled.report, Style::default()).unwrap();
    assert_eq!(shown.to_string(), "");
}

#[test]
fn links_lead_somewhere() {
    for file in [
        "README.md",
        "docs/tour.md",
        "docs/cookbook.md",
        "docs/presets.md",
        "docs/findings/README.md",
    ] {
        let text = read(file);
        let folder = Path::new(file).parent().unwrap();
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        let mut count = 0;
        for target in targets.filter(|target| !target.contains("://")) {
            let target = target.split('#').next().unwrap();
            assert!(
                root().join(folder).join(target).exists(),
                "{file}: {target}"
            );
            count += 1;
        }
        assert!(count > 3, "{file}: {count} links");
    }
}
