//! No generated command has a secret among the arguments of a program.
//!
//! Every manifest of the repository is compiled: examples, cases of the lowering, fixtures of findings
//! and of the builders. Its commands are split as a shell does it. A variable that is secret, or that
//! is assigned from one by `printf`, may not be an argument of a program, except where the finding
//! `secret-argument` names it. Commands that the manifest gives itself are its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_yaml::Value as Yaml;
use windlass::gitlab::variables::looks_secret;

use super::cases::manifests;
use super::shell::{Command, commands, functions};
use crate::compiled::{Complete, MANIFEST, compiled, findings};

/// Keys of the manifest whose values are names of variables with a secret.
const NAMING: [&str; 4] = ["password", "delete_password", "kubeconfig", "variable"];
/// Programs whose output is their arguments, or their input in another form.
const ECHOING: [&str; 6] = ["printf", "echo", "cat", "base64", "tr", "sed"];
/// What a shell does itself (POSIX.1-2024, XCU 1.6 and 2.15), so that no process gets the arguments.
const BUILT_IN: [&str; 24] = [
    ":", "[", "break", "case", "cd", "continue", "echo", "exit", "export", "false", "for", "local",
    "printf", "read", "readonly", "return", "set", "shift", "test", "trap", "true", "umask",
    "unset", ".",
];

/// The secrets of a manifest: what it says of variables, at any depth.
fn secrets(value: &Yaml, out: &mut BTreeSet<String>) {
    match value {
        Yaml::Mapping(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    (Some("secrets"), Yaml::Mapping(of)) => {
                        out.extend(of.values().filter_map(Yaml::as_str).map(str::to_owned));
                    }
                    (Some(key), Yaml::String(name)) if NAMING.contains(&key) => {
                        out.insert(name.clone());
                    }
                    _ => secrets(value, out),
                }
            }
        }
        Yaml::Sequence(list) => list.iter().for_each(|value| secrets(value, out)),
        _ => {}
    }
}

/// All commands of a pipeline or a script, without those that stand in the manifest.
fn generated(text: &str, manifest: &str) -> Vec<String> {
    fn strings(value: &Yaml, out: &mut Vec<String>) {
        match value {
            Yaml::String(text) => out.push(text.clone()),
            Yaml::Sequence(list) => list.iter().for_each(|one| strings(one, out)),
            _ => {}
        }
    }
    if text.starts_with("#!") {
        return vec![text.to_owned()];
    }
    let Ok(Yaml::Mapping(jobs)) = serde_yaml::from_str::<Yaml>(text) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for job in jobs.values() {
        for key in ["before_script", "script", "after_script"] {
            strings(job.get(key).unwrap_or(&Yaml::Null), &mut out);
        }
    }
    out.retain(|line| !manifest.contains(line.trim()));
    out
}

/// Secrets on command lines: `command: variable`.
fn shown(text: &str, secrets: &BTreeSet<String>, own: &BTreeSet<&str>) -> Vec<String> {
    let all = commands(text);
    let mut tainted = secrets.clone();
    let mut out = Vec::new();
    for command in &all {
        let Command {
            assignments,
            words,
            values,
        } = command;
        for (name, value) in assignments {
            let echoes = |inner: &Command| {
                inner
                    .words
                    .first()
                    .is_none_or(|of| ECHOING.contains(&&**of))
            };
            let plain = value.inner.iter().all(echoes);
            if plain && value.names.iter().any(|of| tainted.contains(of)) {
                tainted.insert(name.clone());
            }
        }
        let Some(program) = words.first() else {
            continue;
        };
        if BUILT_IN.contains(&program.as_str()) || own.contains(program.as_str()) {
            continue;
        }
        for value in values {
            let echoes = |inner: &Command| {
                inner
                    .words
                    .first()
                    .is_none_or(|of| ECHOING.contains(&&**of))
            };
            if !value.inner.iter().all(echoes) {
                continue;
            }
            let is_secret = |of: &&String| {
                // `$IMAGE_SECRET` is the reference of an image that is called so.
                let by_name = looks_secret(of) && !of.starts_with("IMAGE_");
                by_name || tainted.contains(*of) || *of == "CI_REPOSITORY_URL"
            };
            let secret = value.names.iter().filter(is_secret);
            out.extend(secret.map(|of| format!("{of}: {}", words.join(" "))));
        }
    }
    out
}

/// What a manifest shows.
fn shown_by(manifest: &str) -> Option<Vec<String>> {
    let compiled = compiled(manifest, &Complete);
    let found = findings(&compiled);
    let files = compiled.files?.sealed(MANIFEST);
    let mut known = BTreeSet::new();
    secrets(&serde_yaml::from_str(manifest).ok()?, &mut known);
    known.retain(|name| !name.contains(['$', '/', ' ']));
    let scripts: Vec<String> = files
        .iter()
        .flat_map(|(_, text)| generated(text, manifest))
        .collect();
    let own = scripts
        .iter()
        .flat_map(|script| functions(script))
        .collect();
    let mut out = Vec::new();
    for script in &scripts {
        out.extend(shown(script, &known, &own));
    }
    out.retain(|line| {
        let name = line.split(':').next().unwrap_or_default();
        let named = format!("`${name}`");
        !found
            .iter()
            .any(|of| of.starts_with("secret-argument: ") && of.contains(&named))
    });
    Some(out)
}

fn files_below(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, out);
        } else if path.extension().is_some_and(|of| of == "yml") {
            out.push(path);
        }
    }
}

#[test]
fn no_secret_is_an_argument_of_a_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["examples", "tests/findings", "tests/builders/manifests"] {
        files_below(&root.join(folder), &mut paths);
    }
    paths.sort();
    let texts = paths.iter().filter_map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        text.contains("windlass: 1").then_some((name, text))
    });
    let (mut compiled, mut wrong) = (0, String::new());
    for (name, text) in texts.chain(manifests()) {
        if let Some(shown) = shown_by(&text) {
            compiled += 1;
            for line in shown {
                wrong.push_str(&format!("{name}: {line}\n"));
            }
        }
    }
    assert!(compiled > 300, "only {compiled} manifests were compiled");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_secret_among_arguments_is_seen() {
    let known = BTreeSet::from(["NPM".to_owned()]);
    for text in [
        "docker login -p $CI_JOB_TOKEN",
        "x && curl --header \"Authorization: ${NPM}\"",
        "a=$(printf '%s' \"u:$NPM\" | base64)\nprogram \"$a\"",
        "program \"$(printf '%s' \"$NPM\")\"",
        "if ! A=b docker build \\\n  --build-arg \"A=$NPM\" .; then exit 1; fi",
        "(umask 077; kubectl --token=$KUBE_TOKEN get pods > file)",
        "printf x | xargs program \"$NPM\"",
    ] {
        assert_eq!(shown(text, &known, &BTreeSet::new()).len(), 1, "{text}");
    }
    for text in [
        "printf '%s' \"$CI_JOB_TOKEN\" | docker login --password-stdin",
        "A=\"$NPM\" docker build --build-arg A .",
        "export A=\"$NPM\"",
        "(umask 077; printf '%s' \"$NPM\" > \"$job_tmp/file\")",
        "f() {\n  printf '%s' \"$1\"\n}\nf \"$NPM\"",
        "program '$NPM'  # $NPM",
        "program <<EOF\n$NPM\nEOF\nother",
        "a=$(curl --config - <<EOF\n$NPM\nEOF\n)\nprogram \"$a\"",
        "docker run --env NPM image",
    ] {
        let own = functions(text).collect();
        assert_eq!(shown(text, &known, &own), [""; 0], "{text}");
    }
}
