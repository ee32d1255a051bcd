//! Generated jobs, run by dash with functions in place of programs that record their arguments.

use std::process::Command;

use serde_json::Value as Json;

/// A call: the program and its arguments.
pub(crate) type Call = Vec<String>;

/// The value of the variable `A`.
const A: &str = "v *";

/// Programs that record their arguments and do nothing.
const STUBS: [&str; 28] = [
    "docker",
    "buildctl",
    "buildah",
    "kubectl",
    "kustomize",
    "cd",
    "curl",
    "substitute",
    "wait_for_rollout",
    "save_objects",
    "regctl",
    "may_delete",
    "mark",
    "current",
    "images",
    "tag_running",
    "tags",
    "branch_of",
    "gone",
    "all_but_newest",
    "older_than",
    "not_kept",
    "delete",
    "git",
    "set_digest",
    "run_job",
    "unit",
    "canary",
];

/// Stubs, and what they stand on. One write a call, as the programs of a pipeline run side by side.
fn prelude() -> String {
    let mut text = "record() { set -- \"$@\" ${B+\"environment: B=$B\"}; command printf '%s\\0' \"$#\" \"$@\" >> \"$CALLS\"; }\n\
         mktemp() { mkdir -p folder; command echo folder; }\n\
         echo() { record echo \"$@\"; }\n\
         printf() { record printf \"$@\"; command printf \"$@\"; }\n\
         date() { command echo 2026; }\n\
         helm() { record helm \"$@\"; command echo v4.0; }\n"
        .to_owned();
    // Who writes into it must not find it gone.
    text.push_str("sha256sum() { record sha256sum \"$@\"; [ $# -gt 0 ] || cat > /dev/null; }\n");
    for stub in STUBS {
        text.push_str(&format!("{stub}() {{ record {stub} \"$@\"; }}\n"));
    }
    text
}

/// The jobs of a pipeline as one script, each in a shell of its own.
pub(crate) fn script(pipeline: &Json) -> String {
    let stubs = prelude();
    let mut script = String::new();
    for (name, job) in pipeline.as_object().unwrap() {
        if name.starts_with('.') || !job["script"].is_array() {
            continue;
        }
        script.push_str("(\nset -e\n");
        commands(&job["before_script"], &mut script);
        commands(&job["script"], &mut script);
        script.push_str(")\nrecord exit $?\n");
    }
    // Places of this machine, and names that no function may have.
    let script = script.replace("buildctl-daemonless.sh", "buildctl");
    let script = script.replace("/tmp/", "");
    format!("{stubs}{script}")
}

fn commands(lines: &Json, script: &mut String) {
    match lines {
        Json::Array(lines) => lines.iter().for_each(|line| commands(line, script)),
        Json::String(line) => {
            script.push_str(line);
            script.push('\n');
            // Functions of windlass: those that are stubs are stubs again.
            if line.contains("() {") {
                script.push_str(&prelude());
            }
        }
        _ => {}
    }
}

/// Runs a script; gives the calls of all jobs, in the order of their texts.
pub(crate) fn run(script: &str) -> Vec<Call> {
    run_with(script, "A", A)
}

/// The same with another variable.
pub(crate) fn run_with(script: &str, variable: &str, value: &str) -> Vec<Call> {
    let folder = tempfile::tempdir().unwrap();
    let calls = folder.path().join("calls");
    let work = folder.path().join("work");
    std::fs::create_dir(&work).unwrap();
    let output = Command::new("dash")
        .args(["-c", script])
        .current_dir(&work)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", &work)
        .env("CALLS", &calls)
        .env("CI_REGISTRY", "r.example")
        .env("CI_REGISTRY_IMAGE", "r.example/p")
        .env("CI_REGISTRY_USER", "user")
        .env("CI_REGISTRY_PASSWORD", "password")
        .env("CI_PROJECT_DIR", ".")
        .env("CI_DEFAULT_BRANCH", "main")
        .env("CI_COMMIT_REF_SLUG", "main")
        .env("CI_COMMIT_SHA", "c0ffee")
        .env("CI_ENVIRONMENT_SLUG", "prod")
        .env("CI_JOB_ID", "1")
        .env("CI_PIPELINE_ID", "1")
        .env("IMAGE_APP_DIGEST", "sha256:aa")
        .env("Z", "z")
        .env("NPM_TOKEN", "token")
        .env("U", "user")
        .env("P", "password")
        .env(variable, value)
        .output()
        .unwrap_or_else(|error| panic!("this test needs dash: {error}"));
    let text = std::fs::read_to_string(&calls).unwrap_or_default();
    let mut words = text.split('\0');
    let mut all = Vec::new();
    while let Some(count) = words.next().filter(|count| !count.is_empty()) {
        let count = count.parse().unwrap();
        all.push(words.by_ref().take(count).map(str::to_owned).collect());
    }
    // A script that dash cannot read to its end ends otherwise.
    all.push(vec!["status".to_owned(), output.status.to_string()]);
    all.sort();
    all
}

/// A text as a shell expands it inside of double quotes, with `$$` for a dollar sign; `None` if it has
/// other variables than `A`.
pub(crate) fn expanded(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let forms = ["{A}", "{A:-b}", "A"];
        let found = forms.iter().find_map(|form| after.strip_prefix(form));
        let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_';
        rest = match found {
            Some(rest) if after.starts_with('{') || !rest.starts_with(goes_on) => {
                out.push_str(A);
                rest
            }
            _ if after.starts_with(|c: char| c.is_ascii_alphabetic() || "_{".contains(c)) => {
                return None;
            }
            _ => {
                out.push('$');
                after.strip_prefix('$').unwrap_or(after)
            }
        };
    }
    Some(out + rest)
}
