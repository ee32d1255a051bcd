//! ShellCheck's findings, at the lines of the file; and what happens without it, or with another program of
//! its name.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;
use windlass::finding::Code;

use super::{found, project, run};

/// The findings of ShellCheck: line, column and number.
fn said(root: &Path) -> Vec<String> {
    let (_, out, err) = run(root, &["--format", "json"], "");
    assert!(!err.contains("note: "), "is ShellCheck installed? {err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let all = json["findings"].as_array().unwrap().iter();
    let own = all.filter(|one| one["code"] == "shellcheck");
    own.map(|one| {
        let message = one["message"].as_str().unwrap();
        let number = message.split(':').next().unwrap();
        format!("{}:{} {number}", one["line"], one["column"])
    })
    .collect()
}

const BASH: &str = "image: node:22\n";
const ALPINE: &str = "image: alpine:3.22\n";

#[test]
fn a_finding_is_where_the_command_is_written() {
    let mut wrong = Vec::new();
    for (head, text, wanted) in [
        // Each style of a scalar.
        (BASH, "a:\n  script: export A=$(b)\n", &["3:18 SC2155"][..]),
        (
            BASH,
            "a:\n  script:\n    - export A=$(b)\n",
            &["4:14 SC2155"],
        ),
        (
            BASH,
            "a: {script: ['echo', 'export A=''b''$(c)']}\n",
            &["2:30 SC2155"],
        ),
        (
            BASH,
            "a:\n  script: \"é \\\"x\\\"; export A=$(b)\"\n",
            &["3:28 SC2155"],
        ),
        (
            BASH,
            "a:\n  script:\n    - |\n      # c\n\n      echo\n      export A=$(b)\n",
            &["8:14 SC2155"],
        ),
        (
            BASH,
            "a:\n  script:\n    - >-\n      echo\n      && export A=$(b)\n",
            &["6:17 SC2155"],
        ),
        (
            BASH,
            "a:\n  script:\n    - echo\n      export A=$(b)\n",
            &[],
        ),
        (
            BASH,
            "a:\n  script:\n    - echo &&\n      export A=$(b)\n",
            &["5:14 SC2155"],
        ),
        // Each list, nested ones too, and the place of what is shared.
        (
            BASH,
            "a:\n  before_script: [echo]\n  script: [echo]\n  after_script: ['export A=$(b)']\n",
            &["5:26 SC2155"],
        ),
        (
            BASH,
            ".x: &x\n  - export A=$(b)\na:\n  script:\n    - *x\n    - [echo, *x]\nb: {script: [*x]}\n",
            &["3:12 SC2155"],
        ),
        (
            BASH,
            ".x: {script: ['export A=$(b)']}\na: {extends: .x}\nb: {script: [!reference [.x, script]]}\n",
            &["2:23 SC2155"],
        ),
        (
            BASH,
            "default: {before_script: ['export A=$(b)']}\na: {script: x}\nb: {script: y}\n",
            &["2:35 SC2155"],
        ),
        // A hidden job that nothing uses runs nowhere.
        (
            BASH,
            ".x: {script: ['export A=$(b)']}\na: {script: x}\n",
            &[],
        ),
        // A construct over several items is one for the runner; what follows is found where it is.
        (
            BASH,
            "a:\n  script:\n    - if b; then\n    - export A=$(c)\n    - fi\n",
            &["5:14 SC2155"],
        ),
        // after_script is read alone.
        (
            BASH,
            "a:\n  script:\n    - if b; then\n    - c\n  after_script: [fi]\n",
            &["4:7 SC1046", "6:18 SC1089"],
        ),
        // One mistake of syntax is said once.
        (
            BASH,
            "a:\n  script:\n    - echo 'a\n    - echo b\n",
            &["4:12 SC1073"],
        ),
        // The shell ends at the first failure.
        (BASH, "a: {script: [cd x, ls]}\n", &[]),
        // Which shell: of the image alone, whatever the first line says.
        (
            BASH,
            "a:\n  script:\n    - |\n      #!/bin/sh\n      b=(1 2)\n      echo \"${b[0]}\"\n",
            &[],
        ),
        (
            ALPINE,
            "a:\n  script:\n    - |\n      #!/bin/bash\n      b=(1 2)\n      echo \"${b[0]}\"\n",
            &["6:9 SC3030", "7:13 SC3054"],
        ),
        (
            ALPINE,
            "a:\n  script:\n    - set -o pipefail; [[ $A == b ]] && source c; echo \"${A//b/c}${A:0:8}\"\n",
            &[],
        ),
        // Off for CI.
        (
            BASH,
            "a:\n  script:\n    - . ./x.env; kill $(cat pid); echo $lower; unused=1\n",
            &[],
        ),
        (
            BASH,
            "a:\n  script:\n    - export NOW=\"$(date +%s)\" HERE=$(pwd)/x\n",
            &[],
        ),
        (
            BASH,
            "a:\n  script:\n    - echo -e \"\\e[0Ksection_start:1:x[collapsed=true]\\r$A[collapsed=true]\"\n",
            &[],
        ),
        // Other shells.
        (
            BASH,
            "a: {tags: [windows], script: ['if (b) { c }']}\n",
            &[],
        ),
        (
            BASH,
            "a:\n  script:\n    - $x = Get-Item b\n    - if ($x) { Write-Host c }\n",
            &[],
        ),
        (
            "image: {name: mcr.microsoft.com/powershell:7, entrypoint: ['']}\n",
            "a: {script: ['if (b) { c }']}\n",
            &[],
        ),
        // ShellCheck's own comments hold.
        (
            BASH,
            "a:\n  script:\n    - |\n      # shellcheck disable=SC2155\n      export A=$(b)\n      export C=$(d)\n",
            &[],
        ),
        (
            BASH,
            "a:\n  script:\n    - |\n      echo\n      # shellcheck disable=SC2155\n      export A=$(b)\n      export C=$(d)\n",
            &["8:14 SC2155"],
        ),
    ] {
        let folder = project(&format!("{head}{text}"));
        let said = said(folder.path());
        if said != wanted {
            wrong.push(format!("{head}{text}{said:?}, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn included_files_and_inputs_have_their_own_lines() {
    let main = "include: [{local: ci/x.yml, inputs: {flag: 'yes'}}]\n";
    let folder = project(main);
    fs::create_dir(folder.path().join("ci")).unwrap();
    let included = "spec: {inputs: {flag: {}}}\n---\na:\n  script:\n    - if [ \"$[[ inputs.flag ]]\" = yes ]; then b; fi\n    - export A=$(b)\n";
    fs::write(folder.path().join("ci/x.yml"), included).unwrap();
    let (_, out, _) = run(folder.path(), &[], "");
    assert!(
        out.contains("ci/x.yml:6:14: warning[shellcheck]: SC2155"),
        "{out}"
    );
    assert!(!out.contains("SC2050"), "{out}");
    // What is constant without an input is told.
    let folder = project("a: {script: ['if [ \"no\" = yes ]; then b; fi']}\n");
    assert_eq!(said(folder.path()), ["1:25 SC2050"]);
}

#[test]
fn numbers_are_chosen_one_by_one() {
    let text = "a:\n  script:\n    - export A=$(b)\n    - echo $A\n";
    let folder = project(text);
    let set = |settings: &str| {
        fs::write(folder.path().join(".windlass.toml"), settings).unwrap();
        let (status, _, _) = run(folder.path(), &[], "");
        (status, said(folder.path()))
    };
    let both = vec!["3:14 SC2155".to_owned(), "4:12 SC2086".to_owned()];
    assert_eq!(set(""), (0, both[..1].to_vec()));
    assert_eq!(set("[lint.shellcheck]\nSC2155 = 'off'\n"), (0, vec![]));
    assert_eq!(
        set("[lint.shellcheck]\nSC2086 = 'warning'\n"),
        (0, both.clone())
    );
    assert_eq!(
        set("[lint.shellcheck]\nSC2086 = 'error'\n"),
        (1, both.clone())
    );
    assert_eq!(
        set("[lint.severity]\nshellcheck = 'error'\n"),
        (1, both[..1].to_vec())
    );
    let settings = "[lint.severity]\nshellcheck = 'error'\n[lint.shellcheck]\nSC2155 = 'warning'\n";
    assert_eq!(set(settings), (0, both[..1].to_vec()));
    let settings = "[lint.severity]\nshellcheck = 'off'\n[lint.shellcheck]\nSC2155 = 'error'\n";
    assert_eq!(set(settings), (0, vec![]));
}

#[test]
fn the_page_is_right() {
    let page = Code::ShellCheck.page();
    let examples = page.split("```yaml\n").skip(1);
    let examples = examples.map(|rest| rest.split("```").next().unwrap());
    let counts: Vec<usize> = examples
        .map(|text| said(project(text).path()).len())
        .collect();
    assert_eq!(counts, [1, 0]);
}

/// What lint says with another `PATH`.
fn with_path(root: &Path, path: &Path) -> (i32, String, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(["lint", ".gitlab-ci.yml", "other.yml"])
        .current_dir(root)
        .env("PATH", path)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        ran.status.code().unwrap(),
        text(ran.stdout),
        text(ran.stderr),
    )
}

const ALLOWED: &str = "a:\n  image: node:22\n  script:\n    - export A=$(b) # windlass: allow[shellcheck] b does not fail\n";

#[test]
fn without_shellcheck_that_is_said_once_and_nothing_fails() {
    let folder = project(ALLOWED);
    let root = folder.path();
    fs::write(root.join("other.yml"), "b: {script: ['export A=$(b)']}\n").unwrap();
    assert!(found(root, &[]).is_empty());
    let empty = tempfile::tempdir().unwrap();
    let (status, out, err) = with_path(root, empty.path());
    assert_eq!((status, out.as_str()), (0, ""));
    assert_eq!(
        err.matches("ShellCheck is not installed").count(),
        1,
        "{err}"
    );
    fs::write(
        root.join(".windlass.toml"),
        "[lint.severity]\nshellcheck = 'off'\n",
    )
    .unwrap();
    let (status, out, err) = with_path(root, empty.path());
    assert_eq!((status, out.as_str()), (0, ""));
    assert!(!err.contains("ShellCheck"), "{err}");
    // With it, an allowance that nothing needs is told.
    fs::remove_file(root.join(".windlass.toml")).unwrap();
    fs::write(root.join(".gitlab-ci.yml"), ALLOWED.replace("export ", "")).unwrap();
    assert_eq!(found(root, &[]), ["unused-allow:4"]);
}

#[test]
fn another_program_of_that_name_is_not_believed() {
    let folder = project(ALLOWED);
    let root = folder.path();
    fs::write(root.join("other.yml"), "b: {script: x}\n").unwrap();
    let good = r#"{"file":"0.sh","line":999,"endLine":1,"column":999,"endColumn":0,"level":"error","code":9999,"message":"\u001b[31mx","fix":null}"#;
    for (script, complaint) in [
        ("exit 2", "gave no report"),
        ("echo '{}'", "gave no report"),
        ("echo '[1, 2'", "gave no report"),
        ("printf '\\377\\376'", "gave no report"),
        (
            &format!(
                "echo '{{\"comments\":[{}]}}'",
                good.replace("0.sh", "/etc/passwd")
            ),
            "gave no report",
        ),
        ("exec /usr/bin/yes", "says more than can be read"),
        (&format!("echo '{{\"comments\":[{good}]}}'"), ""),
    ] {
        let path = tempfile::tempdir().unwrap();
        let program = path.path().join("shellcheck");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let (status, out, err) = with_path(root, path.path());
        assert_eq!(status, 0, "{script}: {out}{err}");
        match complaint {
            "" => assert!(!out.contains('\u{1b}') && out.contains("SC9999"), "{out}"),
            complaint => assert!(
                err.contains(complaint) && out.is_empty(),
                "{script}: {out}{err}"
            ),
        }
    }
}

/// One item of a script in a style of YAML, with the command that ShellCheck finds on a line of its own or not.
fn item(style: u8, number: usize) -> String {
    let before = ["echo é", "for i in 1 2; do echo \"$i\"; done", "true"][number % 3];
    let command = format!("export N{number}=$(false)");
    match style {
        0 => format!("    - {command}\n"),
        1 => format!("    - '{command}; echo ''x'''\n"),
        2 => format!("    - \"echo \\\"é\\t\\\"; {command}\"\n"),
        3 => {
            format!("    - |\n      {before}\n\n      if true; then\n        {command}\n      fi\n")
        }
        4 => format!("    - >\n      {before} &&\n      {command}\n\n      echo\n"),
        5 => format!("    - |2-\n        {before}\n        {command}\n"),
        6 => format!("    - {before} &&\n      {command}\n"),
        7 => format!("    - [\"{before}\", '{command}']\n").replace("\"$i\"", "$i"),
        _ => format!("    # a comment\n    -\n      {command}\n"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// However scripts are written, each finding is at the name that ShellCheck means.
    #[test]
    fn every_finding_is_at_its_own_command(
        items in prop::collection::vec((0..9_u8, 0..3_u8), 1..12),
        crlf in any::<bool>(),
    ) {
        let mut lists = [String::new(), String::new(), String::new()];
        for (number, (style, list)) in items.iter().enumerate() {
            lists[usize::from(*list)].push_str(&item(*style, number));
        }
        let keys = ["before_script", "script", "after_script"];
        let mut text = "a:\n".to_owned();
        for (key, list) in keys.iter().zip(&lists) {
            match (list.is_empty(), *key) {
                (false, _) => text.push_str(&format!("  {key}:\n{list}")),
                (true, "script") => text.push_str("  script: [x]\n"),
                (true, _) => {}
            }
        }
        let mut wanted = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if let Some(at) = line.find("export N") {
                let column = line[..at].chars().count() + "export ".len() + 1;
                wanted.push(format!("{}:{column} SC2155", index + 1));
            }
        }
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let folder = project(&text);
        prop_assert_eq!(said(folder.path()), wanted, "{}", text);
    }
}

#[test]
fn a_script_that_takes_too_long_is_named_and_costs_no_other() {
    let folder = project("image: node:22\na: {script: [slow]}\nb: {script: [fast]}\n");
    fs::write(folder.path().join("other.yml"), "c: {script: [fast]}\n").unwrap();
    let path = tempfile::tempdir().unwrap();
    let program = path.path().join("shellcheck");
    let comment = r#"{"file":"%s","line":2,"endLine":2,"column":1,"endColumn":2,"level":"error","code":9999,"message":"x","fix":null}"#;
    let script = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\nshift 4\ngrep -qs slow \"$@\" && exec sleep 60\nprintf '{{\"comments\":[{comment}]}}' \"$1\"\n"
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let (_, out, err) = with_path(folder.path(), path.path());
    let said = |text: &str| out.contains(text);
    assert!(
        said(".gitlab-ci.yml:2:14: warning[shellcheck]: ShellCheck: it took too long"),
        "{out}{err}"
    );
    assert_eq!(out.matches("SC9999: x").count(), 2, "{out}");
    assert!(
        said(".gitlab-ci.yml:3:14: warning[shellcheck]: SC9999"),
        "{out}"
    );
}
