//! ShellCheck on the script of every job, as the runner joins it, and on companion scripts. One check
//! is left out of jobs: a library of which a job uses a part sets variables for the other parts
//! (SC2034, unused variable).

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use super::{examples, folder, psych, run};

/// A job's commands in the order in which one shell runs them; lists may be nested.
fn commands(job: &Json, keys: &[&str]) -> String {
    fn flatten(value: &Json, out: &mut String) {
        match value {
            Json::String(line) => {
                out.push_str(line);
                out.push('\n');
            }
            Json::Array(items) => items.iter().for_each(|item| flatten(item, out)),
            Json::Null => {}
            other => panic!("no command: {other}"),
        }
    }
    // So does the runner (`set -o errexit`).
    let mut out = "set -e\n".to_owned();
    keys.iter().for_each(|key| flatten(&job[*key], &mut out));
    out
}

/// What ShellCheck says of a script that lies in a project.
fn shellcheck(project: &Path, script: &str, exclude: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.sh");
    std::fs::write(&path, script).unwrap();
    let output = run(
        Command::new("shellcheck")
            .args(["--shell=sh", "--norc", "--external-sources", "--format=gcc"])
            .args(exclude)
            .arg(&path)
            .current_dir(project),
        "shellcheck",
    );
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn shellcheck_accepts_every_job() {
    for example in examples() {
        let pipeline = psych::read(&example);
        let jobs = pipeline.as_object().unwrap().iter();
        let jobs = jobs.filter(|(name, job)| !name.starts_with('.') && job["script"].is_array());
        let mut count = 0;
        for (name, job) in jobs {
            // One shell runs before_script and script, another one after_script.
            for keys in [&["before_script", "script"][..], &["after_script"]] {
                let script = commands(job, keys);
                // What an earlier job hands on does not lie in the project (SC1091); the shell that xargs
                // starts expands its own text (SC2016). Jobs that
                // share functions have all of them, also those whose variables they do not set (SC2154).
                let mut exclude = "--exclude=SC2016,SC2034".to_owned();
                if script.lines().any(|line| line.starts_with(". ./image-")) {
                    exclude += ",SC1091";
                }
                if script.contains("move_tag() {") && !script.contains("recipe=") {
                    exclude += ",SC2154";
                }
                let said = shellcheck(&folder(&example), &script, &[&exclude]);
                assert!(said.is_empty(), "{example}, {name}:\n{said}\n{script}");
            }
            count += 1;
        }
        assert!(count >= 2, "{example}: {count}");
    }
}

#[test]
fn shellcheck_sees_a_mistake() {
    let said = shellcheck(
        &folder("minimal"),
        "echo $CI_COMMIT_REF_NAME\n[[ -n $A ]]\n",
        &[],
    );
    assert!(said.contains("SC2086") && said.contains("SC3010"), "{said}");
}
