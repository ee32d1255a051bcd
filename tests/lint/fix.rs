//! `--fix` on any pipeline: a second time it changes nothing, and what it is not about stays.

use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::{project, run};

/// Lines of a job, with what they become; `None`: they go, as the key stands there again.
type Lines = Vec<(String, Option<String>)>;

fn kept(text: String) -> (String, Option<String>) {
    (text.clone(), Some(text))
}

/// Lines that may be written better, and others.
fn part(kind: u8, n: usize) -> Lines {
    match kind {
        0 => vec![kept(format!("  # comment {n}"))],
        1 => vec![
            (format!("  timeout: 5m  # old {n}"), None),
            kept(format!("    # about the next line {n}")),
            kept(format!("  timeout:   6m # new {n}")),
        ],
        2 => vec![
            kept("  rules:".to_owned()),
            (
                format!("    - if: '$CI_PIPELINE_SOURCE == \"scheduled\"' # why {n}"),
                Some(format!(
                    "    - if: '$CI_PIPELINE_SOURCE == \"schedule\"' # why {n}"
                )),
            ),
            (
                format!("      changes: [ /src/{n}/**/* ]   # glob"),
                Some(format!("      changes: [ src/{n}/**/* ]   # glob")),
            ),
        ],
        3 => vec![
            kept("  before_script:".to_owned()),
            kept("    # the registry".to_owned()),
            (
                format!("    - docker login -u ci -p $TOKEN_{n} registry.example.com  # log in"),
                Some(format!(
                    "    - printf '%s' \"$TOKEN_{n}\" | docker login -u ci --password-stdin registry.example.com  # log in"
                )),
            ),
        ],
        4 => vec![kept(format!("  image:    'alpine:3.22' # image {n}"))],
        5 => vec![kept(String::new())],
        _ => vec![(
            format!("  stage: {n}  # a number"),
            Some(format!("  stage: \"{n}\"  # a number")),
        )],
    }
}

/// What another pipeline does differently.
fn differences(root: &Path, old: &str, new: &str) -> bool {
    let ran = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(["diff", old, new, "--exit-code"])
        .current_dir(root)
        .output()
        .unwrap();
    !ran.status.success()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fix_is_whole_and_keeps_the_rest(
        jobs in prop::collection::vec(prop::collection::btree_set(0..7_u8, 0..7), 1..5),
        crlf in any::<bool>(),
    ) {
        let stages: Vec<String> = (0..jobs.len()).map(|n| format!("'{n}'")).collect();
        let head = format!("stages: [{}, test] # stages", stages.join(", "));
        // On a shell runner the shell may be PowerShell.
        let mut lines: Lines = vec![kept(head), kept("default: {image: alpine:3.22}".to_owned())];
        for (n, parts) in jobs.iter().enumerate() {
            lines.push(kept(format!("job-{n}:  # job {n}")));
            lines.push(kept("  script: [make, test] # flow".to_owned()));
            lines.extend(parts.iter().flat_map(|kind| part(*kind, n)));
        }
        let end = if crlf { "\r\n" } else { "\n" };
        let written = |lines: &mut dyn Iterator<Item = &String>| {
            lines.map(|line| format!("{line}{end}")).collect::<String>()
        };
        let before = written(&mut lines.iter().map(|(before, _)| before));
        let wanted = written(&mut lines.iter().filter_map(|(_, after)| after.as_ref()));
        let folder = project(&before);
        let root = folder.path();
        // ShellCheck is not asked: it has no fixes.
        fs::write(root.join(".windlass.toml"), "[lint.severity]\nshellcheck = 'off'\n").unwrap();
        let read = || fs::read_to_string(root.join(".gitlab-ci.yml")).unwrap();
        run(root, &["--fix"], "");
        prop_assert_eq!(&read(), &wanted, "{}", before);
        let (_, _, said) = run(root, &["--fix"], "");
        prop_assert!(!said.contains("fixed"), "{}", said);
        prop_assert_eq!(read(), wanted);
        // Of a key that stands twice GitLab takes the last: the fix has no effect.
        let only_doubled = jobs.iter().flatten().all(|kind| matches!(kind, 0 | 1 | 4 | 5));
        if only_doubled {
            fs::write(root.join("old.yml"), &before).unwrap();
            prop_assert!(!differences(root, "old.yml", ".gitlab-ci.yml"), "{}", before);
        }
    }
}

/// Each form of a password on a command line, and what becomes of it; nothing where something else might run.
#[test]
fn a_password_goes_to_the_standard_input_where_the_same_runs() {
    let image = "  image: docker:28\n";
    for (head, line, fixed) in [
        (
            image,
            "- docker login -u ci -p $T r",
            "- printf '%s' \"$T\" | docker login -u ci --password-stdin r",
        ),
        (
            image,
            "- docker login -u ci -p=$T r",
            "- printf '%s' \"$T\" | docker login -u ci --password-stdin r",
        ),
        (
            image,
            "- docker login -u ci -p${T} r",
            "- printf '%s' \"$T\" | docker login -u ci --password-stdin r",
        ),
        (
            image,
            "- docker login -u ci --password \"$T\" r",
            "- printf '%s' \"$T\" | docker login -u ci --password-stdin r",
        ),
        (
            image,
            "- docker login -u ci --password=\"$T\" r",
            "- printf '%s' \"$T\" | docker login -u ci --password-stdin r",
        ),
        (
            image,
            "- 'docker login -u ci -p $T r'",
            "- 'printf %s \"$T\" | docker login -u ci --password-stdin r'",
        ),
        (
            image,
            "- \"docker login -u ci -p \\\"$T\\\" r\"",
            "- \"printf '%s' \\\"$T\\\" | docker login -u ci --password-stdin r\"",
        ),
        (
            image,
            "- |\n      docker login \\\n        -u ci \\\n        -p \"$T\" \\\n        r\n      make",
            "- |\n      printf '%s' \"$T\" | docker login \\\n        -u ci \\\n        --password-stdin \\\n        r\n      make",
        ),
        (
            image,
            "- if docker login -u ci -p $T r; then make; fi",
            "- if printf '%s' \"$T\" | docker login -u ci --password-stdin r; then make; fi",
        ),
        (
            "",
            "- export A=1 && docker login -u ci -p $T r",
            "- export A=1 && printf '%s' \"$T\" | docker login -u ci --password-stdin r",
        ),
        // No POSIX shell, or perhaps none.
        ("", "- docker login -u ci -p $T r", ""),
        ("  tags: [windows]\n", "- docker login -u ci -p $T r", ""),
        (
            "  image: mcr.microsoft.com/powershell:7.5\n",
            "- docker login -u ci -p $T r",
            "",
        ),
        (image, "- docker login -u $env:U -p $T r", ""),
        // What is no variable alone, what reads already, and what a shell does not replace.
        (image, "- docker login -u ci -p $T$U r", ""),
        (image, "- docker login -u ci -p ${T:-x} r", ""),
        (image, "- docker login -u ci -p '$T' r", ""),
        (image, "- docker login -u ci -p $(cat t) r", ""),
        (image, "- echo \"$T\" | docker login -u ci -p \"$T\" r", ""),
        (image, "- docker login -u ci -p $T r < f", ""),
        (image, "- exec docker login -u ci -p $T r", ""),
        (
            image,
            "- echo \"$T\" | docker login -u ci --password-stdin r",
            "",
        ),
    ] {
        let before = format!("a:\n{head}  script:\n    {line}\n");
        let folder = project(&before);
        fs::write(
            folder.path().join(".windlass.toml"),
            "[lint.severity]\nshellcheck = 'off'\n",
        )
        .unwrap();
        run(folder.path(), &["--fix"], "");
        let after = fs::read_to_string(folder.path().join(".gitlab-ci.yml")).unwrap();
        let wanted = if fixed.is_empty() { line } else { fixed };
        assert_eq!(
            after,
            format!("a:\n{head}  script:\n    {wanted}\n"),
            "{line}"
        );
    }
}
