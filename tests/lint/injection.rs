//! `script-injection` against a real shell: random scripts hand the title of a commit on, and bash runs them with
//! titles that are code.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::{found, project};

/// Titles that create a file if they run.
const TITLES: [&str; 3] = [";touch pwned;", "$(touch pwned)", "\";touch pwned;\""];

/// How a text gets from one variable to the next. `@` is the old one, `#` the new one.
const STEPS: [&str; 24] = [
    "#=\"x $@\"",
    "#=$@",
    "#=x; #+=\" $@\"",
    "#=$(echo \"$@\")",
    "#=$(echo \"$@\" | tr / - | cat)",
    "#=$(printf '%s' \"$@\" | sed 's/q/r/g')",
    "#=$(printf '%s' \"$@\" | tr -cd a-z0-9)",
    "#=$(printf '%s' \"$@\" | sed 's/[^a-z]/-/g')",
    "#=${@//q/r}",
    "#=${@//[^a-z0-9]/-}",
    "#=${@#q}",
    "#=${@:0:60}",
    "#=${@@Q}",
    "#=${UNSET:-$@}",
    "#=${@:+x}",
    "#=${#@}",
    "echo \"$@\" > file#; #=$(cat file#)",
    "{ echo x; echo \"$@\"; } > file#; #=$(tail -n 1 < file#)",
    "echo \"$@\" | tee file# > /dev/null; read -r # < file#",
    "for # in \"$@\"; do :; done",
    "while IFS= read -r line; do #=$line; done <<< \"$@\"",
    "set_#() { #=\"$1\"; }; set_# \"$@\"",
    "printf -v # '%s' \"$@\"",
    "printf -v # '%q' \"$@\"",
];

/// What becomes of the text at last.
const ENDS: [&str; 17] = [
    "eval \"true $@\"",
    "sh -c \"true $@\"",
    "echo \"true $@\" | sh",
    "(echo true; echo \"$@\") | bash -s",
    "echo \"true $@\" > run.sh; . ./run.sh",
    "echo \"true $@\" > run.sh; chmod +x run.sh; ./run.sh",
    "echo \"true $@\" > a.sh; cp a.sh b.sh; sh < b.sh",
    "bash <<< \"true $@\"",
    "cat <<END | sh\ntrue $@\nEND",
    "bash -c 'eval \"$1\"' x \"true $@\"",
    "run() { eval \"$2\"; }; run a \"true $@\"",
    "echo \"true $@\" | while read -r line; do eval \"$line\"; done",
    "trap \"true $@\" EXIT",
    "true \"$@\"",
    "sh -c 'true \"$1\"' x \"$@\"",
    "printf 'true %q\\n' \"$@\" | bash",
    "echo \"$@\" > title.txt",
];

/// Whether bash creates the file with one of the titles.
fn runs(script: &str) -> bool {
    TITLES.iter().any(|title| {
        let folder = tempfile::tempdir().unwrap();
        let ran = Command::new("bash")
            .args(["-c", script])
            .current_dir(folder.path())
            .env("CI_COMMIT_TITLE", title)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        drop(ran);
        folder.path().join("pwned").exists()
    })
}

/// Whether lint says that the title is run, with each command as an item of the list.
fn told(lines: &[String]) -> bool {
    let mut text = "a:\n  image: node:22\n  script:\n".to_owned();
    for line in lines {
        text.push_str(&format!(
            "    - |\n      {}\n",
            line.replace('\n', "\n      ")
        ));
    }
    let folder = project(&text);
    quiet(folder.path());
    let found = found(folder.path(), &[]);
    found.iter().any(|one| one.starts_with("script-injection:"))
}

fn quiet(root: &Path) {
    let settings = "[lint.severity]\nshellcheck = 'off'\n";
    fs::write(root.join(".windlass.toml"), settings).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// What a shell runs is told, and what it does not run is not.
    #[test]
    fn what_is_told_is_what_a_shell_runs(
        steps in prop::collection::vec(0..STEPS.len(), 0..4),
        end in 0..ENDS.len(),
    ) {
        let mut lines = Vec::new();
        let mut name = "CI_COMMIT_TITLE".to_owned();
        for (number, step) in steps.iter().enumerate() {
            let next = format!("V{number}");
            // Within an expansion both are signs of their own.
            let line = STEPS[*step].replace("${#@}", "${\u{1}@}").replace("@#q", "@\u{1}q");
            let line = line.replace("@@Q", "@\u{2}Q").replace('#', &next).replace('@', &name);
            let line = line.replace('\u{1}', "#").replace('\u{2}', "@");
            lines.push(line);
            name = next;
        }
        lines.push(ENDS[end].replace('@', &name));
        let script = lines.join("\n");
        prop_assert_eq!(told(&lines), runs(&script), "{}", script);
    }
}
