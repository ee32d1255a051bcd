//! The driver `gitops`: the real git and kustomize change a repository, as the job has them.

use std::path::Path;
use std::process::Command;

use crate::job::{Job, SHELLS};

pub(crate) const FILES: &str = "deploy: {gitops: {repository: 'https://git.example.com/ops.git', token: OPS_TOKEN, kustomize: {path: prod, images: {app: app}}, files: {apps/all.yml: [app, web]}}}";

const ALL: &str = "images:
- r.example/p/app:1.0
- 'r.example/p/app@sha256:0123abcd'
- r.example/p/app r.example/p/app,r.example/p/web:1
- image: r.example/p/app:2@sha256:0123abcd # the app
other:
- r.example/p/app-worker:1.0
- r.example/p/app/worker:1.0
- mirror.example/r.example/p/app:1.0
- rXexample/p/app:1.0
";

const WRITTEN: &str = "images:
- r.example/p/app@sha256:aa
- 'r.example/p/app@sha256:aa'
- r.example/p/app@sha256:aa r.example/p/app@sha256:aa,r.example/p/web@sha256:bb
- image: r.example/p/app@sha256:aa # the app
other:
- r.example/p/app-worker:1.0
- r.example/p/app/worker:1.0
- mirror.example/r.example/p/app:1.0
- rXexample/p/app:1.0
";

/// What stands in git's place: it notes its arguments, says what the password of the repository and of another
/// one would be, and lets somebody else push first, `$RIVALS` times. The repository is a folder here.
const GIT: &str = r#"#!/bin/sh
echo "$*" >> "$HOME/arguments"
[ "$GIT_ALLOW_PROTOCOL" = https ] || { echo "git may talk $GIT_ALLOW_PROTOCOL" >&2; exit 1; }
export GIT_ALLOW_PROTOCOL=file
case $1 in push)
  for path in ops.git other.git; do
    printf 'protocol=https\nhost=git.example.com\npath=%s\n\n' "$path" |
      GIT_ASKPASS=true /usr/bin/git credential fill >> "$HOME/passwords" 2>&1 || true
  done
  pushed=$(cat "$HOME/pushed" 2> /dev/null || echo 0)
  if [ "$pushed" -lt "${RIVALS:-0}" ]; then
    echo "$((pushed + 1))" > "$HOME/pushed"
    (cd "$HOME/rival" && echo "$pushed" > rival && /usr/bin/git pull -q && /usr/bin/git add . &&
      /usr/bin/git commit -qm rival && /usr/bin/git push -q origin main)
  fi ;;
esac
exec /usr/bin/git "$@"
"#;

/// Runs git in a folder.
#[track_caller]
fn git(folder: &Path, arguments: &str) -> String {
    let output = Command::new("git")
        .args(arguments.split(' '))
        .current_dir(folder)
        .env("HOME", folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The job, whose git is the one above, and the repository that it pushes to.
fn job() -> Job {
    let job = pushing(FILES);
    job.program("git", GIT)
}

/// A job, and the repository that it pushes to.
fn pushing(environment: &str) -> Job {
    let job = Job::new(environment)
        .built()
        .variable("OPS_TOKEN", "t0ken")
        .variable("CI_PROJECT_PATH", "group/app")
        .variable("CI_PROJECT_URL", "https://gitlab.example.com/group/app")
        .variable("CI_SERVER_HOST", "gitlab.example.com")
        .variable("CI_ENVIRONMENT_NAME", "prod")
        .variable("GIT_CONFIG_NOSYSTEM", "1")
        .program("sleep", "#!/bin/sh\n");
    let home = job.folder.path().to_owned();
    let url = format!("file://{}/ops.git", home.display());
    job.write(
        ".gitconfig",
        &format!(
            "[url \"{url}\"]\n insteadOf = https://git.example.com/ops.git\n\
             [user]\n name = rival\n email = rival@example.com\n[init]\n defaultBranch = main\n"
        ),
    );
    job.write("seed/apps/all.yml", ALL);
    job.write("seed/prod/kustomization.yaml", "resources: []\n");
    git(&home, "init -q --bare -b main ops.git");
    git(&home, "init -q -b main seed");
    let seed = home.join("seed");
    git(&seed, "add .");
    git(
        &seed,
        "-c user.name=a -c user.email=a@example.com commit -qm first",
    );
    git(&seed, &format!("push -q {url} main"));
    git(&home, &format!("clone -q {url} rival"));
    job
}

fn shown(job: &Job, what: &str) -> String {
    git(&job.folder.path().join("ops.git"), what)
}

#[test]
fn digests_are_committed_and_pushed() {
    for shell in SHELLS {
        let job = job();
        let (ok, said) = job.run(shell, "");
        assert!(ok, "{shell}: {said}");
        assert_eq!(
            shown(&job, "show main:apps/all.yml"),
            WRITTEN.trim(),
            "{shell}"
        );
        let overlay = shown(&job, "show main:prod/kustomization.yaml");
        assert!(overlay.contains("digest: sha256:aa"), "{shell}: {overlay}");
        let about = shown(&job, "log -1 --format=%an%n%ae%n%B main");
        let expected = "group/app\nnoreply@gitlab.example.com\nDeploy group/app to prod\n\nhttps://gitlab.example.com/group/app/-/commit/c0ffee";
        assert_eq!(about, expected, "{shell}");
    }
}

#[test]
fn what_is_there_already_is_not_committed_again() {
    for shell in SHELLS {
        let job = job();
        assert!(job.run(shell, "").0);
        let (ok, said) = job.run(shell, "");
        assert!(
            ok && said.contains("has these digests already"),
            "{shell}: {said}"
        );
        assert_eq!(shown(&job, "rev-list --count main"), "2", "{shell}");
    }
}

#[test]
fn a_push_against_a_moved_branch_starts_again_from_it() {
    for shell in SHELLS {
        let job = job().variable("RIVALS", "3");
        let (ok, said) = job.run(shell, "");
        assert!(ok, "{shell}: {said}");
        assert_eq!(shown(&job, "show main:rival"), "2", "{shell}");
        assert_eq!(
            shown(&job, "show main:apps/all.yml"),
            WRITTEN.trim(),
            "{shell}"
        );
        assert_eq!(
            shown(&job, "rev-list --count --first-parent main"),
            "5",
            "{shell}"
        );
    }
}

#[test]
fn a_branch_that_always_moves_is_given_up() {
    let job = job().variable("RIVALS", "100");
    let (ok, said) = job.run("busybox", "");
    assert!(!ok, "{said}");
    assert_eq!(shown(&job, "rev-list --count main"), "6", "{said}");
    assert_eq!(shown(&job, "show main:apps/all.yml"), ALL.trim(), "{said}");
}

#[test]
fn the_token_is_for_this_repository_and_on_no_command_line() {
    for shell in SHELLS {
        let job = job();
        assert!(job.run(shell, "").0);
        let read = |name| std::fs::read_to_string(job.folder.path().join(name)).unwrap();
        let (arguments, passwords) = (read("arguments"), read("passwords"));
        assert!(arguments.contains("push"), "{arguments}");
        assert!(!arguments.contains("t0ken"), "{shell}: {arguments}");
        assert_eq!(
            passwords.matches("password=t0ken").count(),
            1,
            "{shell}: {passwords}"
        );
        let (_, other) = passwords.split_once("password=t0ken").unwrap();
        assert!(!other.contains("t0ken"), "{shell}: {other}");
    }
}

#[test]
fn nothing_is_pushed_where_a_file_does_not_name_an_image() {
    for shell in SHELLS {
        let job = job();
        changed(&job, "- r.example/p/web:1\n");
        let (ok, said) = job.run(shell, "");
        assert!(
            !ok && said.contains("apps/all.yml does not name r.example/p/app"),
            "{shell}: {said}"
        );
        assert_eq!(shown(&job, "rev-list --count main"), "2", "{shell}");
    }
}

#[test]
fn nothing_is_pushed_without_a_digest_or_a_token() {
    for (missing, variable) in [
        ("IMAGE_APP_DIGEST", "IMAGE_APP_DIGEST"),
        ("OPS_TOKEN", "OPS_TOKEN"),
    ] {
        let job = job().variable(variable, "");
        let (ok, said) = job.run("busybox", "");
        assert!(!ok && said.contains(missing), "{said}");
        assert_eq!(shown(&job, "rev-list --count main"), "1");
    }
}

const PAIRS: &str = "image:
  repository: r.example/p/app
  pullPolicy: Always
  # The tag.
  tag: \"\"  # of the app
worker:
- digest: sha256:0123abcd
  repository: 'r.example/p/app' # sorted
  tag: 1.0
  more: {tag: 1.0}
- repository: r.example/p/web
  nested:
    tag: 1.0
  tag: '1.0'
- image: r.example/p/app
tag: 1.0
";

const PAIRS_WRITTEN: &str = "image:
  repository: r.example/p/app
  pullPolicy: Always
  # The tag.
  tag: c0ffee@sha256:aa  # of the app
worker:
- digest: sha256:aa
  repository: 'r.example/p/app' # sorted
  tag: 1.0
  more: {tag: 1.0}
- repository: r.example/p/web
  nested:
    tag: 1.0
  tag: c0ffee@sha256:bb
- image: r.example/p/app@sha256:aa
tag: 1.0
";

/// Somebody changes the file in the repository.
#[track_caller]
fn changed(job: &Job, text: &str) {
    let rival = job.folder.path().join("rival");
    job.write("rival/apps/all.yml", text);
    git(&rival, "add .");
    git(
        &rival,
        "-c user.name=a -c user.email=a@example.com commit -qm second",
    );
    git(&rival, "push -q origin main");
}

#[test]
fn a_tag_or_digest_that_stands_apart_gets_the_digest() {
    for shell in SHELLS {
        let job = job();
        changed(&job, PAIRS);
        let (ok, said) = job.run(shell, "");
        assert!(ok, "{shell}: {said}");
        let written = shown(&job, "show main:apps/all.yml");
        assert_eq!(written, PAIRS_WRITTEN.trim(), "{shell}");
    }
}

#[test]
fn a_repository_alone_is_not_guessed_at() {
    for of_app in [
        "a:\n  repository: r.example/p/app\n  more:\n    tag: 1\n",
        "a: {repository: r.example/p/app, tag: 1}\n",
        "a: {tag: 1, repository: 'r.example/p/app'}\n",
        "{\"a\": {\n\"repository\": \"r.example/p/app\",\n\"tag\": \"1\"\n}}\n",
        "a:\n  repository: &app r.example/p/app\n  tag: 1\n",
        "a:\n  repository: r.example/p/app\n  tag: &tag 1\n",
        "images:\n- newName: r.example/p/app\n  newTag: v1\n",
    ] {
        for shell in SHELLS {
            let job = job();
            changed(&job, &format!("{of_app}# r.example/p/web:1\n"));
            let (ok, said) = job.run(shell, "");
            let why = "names r.example/p/app without a tag";
            assert!(!ok && said.contains(why), "{shell}: {said}\n{of_app}");
            assert_eq!(shown(&job, "rev-list --count main"), "2", "{shell}");
        }
    }
}

/// Neither a URL nor a branch, whatever variables hold, is an option of git or another way to reach it.
#[test]
fn no_variable_is_an_option_or_another_protocol() {
    let environment = FILES
        .replace("'https://git.example.com/ops.git'", "$OPS_URL")
        .replace("token: OPS_TOKEN", "token: OPS_TOKEN, branch: $OPS_BRANCH");
    for (url, branch) in [
        ("file://$HOME/ops.git", "main"),
        ("$HOME/ops.git", "main"),
        ("ext::sh -c touch% $HOME/pwned", "main"),
        ("--upload-pack=touch $HOME/pwned", "main"),
        ("https://git.example.com/ops.git", "main"),
        ("file://$HOME/ops.git", "--upload-pack=touch $HOME/pwned"),
    ] {
        let job = pushing(&environment);
        let home = job.folder.path().display().to_string();
        let value = |text: &str| text.replace("$HOME", &home);
        let job = job
            .variable("OPS_URL", &value(url))
            .variable("OPS_BRANCH", &value(branch));
        let (ok, said) = job.run("busybox", "");
        assert!(!ok, "{url} {branch}: {said}");
        let pwned = job.folder.path().join("pwned");
        assert!(!pwned.exists(), "{url} {branch}: {said}");
        assert_eq!(shown(&job, "rev-list --count main"), "1", "{url}: {said}");
    }
}
