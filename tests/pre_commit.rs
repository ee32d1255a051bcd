//! The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit in a scratch repository.
//!
//! The hooks are the shipped ones, from a git repository that holds them. Their `language` is overridden,
//! so that they run the binary under test instead of building another one; but for those of the mirror,
//! which install the wheel.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what fails here fails a test"
)]

mod packaged;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const MANIFEST: &str = "windlass: 1\njobs: {hello: {script: [echo hi]}}\n";

/// A git repository that uses the hooks, and one that ships them.
struct Repository {
    folder: TempDir,
}

/// What a command gave.
#[derive(Debug)]
struct Ran {
    success: bool,
    text: String,
}

impl Ran {
    #[track_caller]
    fn passes(self) -> Self {
        assert!(self.success, "{}", self.text);
        self
    }

    #[track_caller]
    fn fails(self) -> Self {
        assert!(!self.success, "{}", self.text);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.text.contains(text), "no {text:?} in:\n{}", self.text);
        self
    }
}

impl Repository {
    /// A repository whose commits run one of the hooks, with everything generated and committed.
    fn with_hook(hook: &str) -> Self {
        Self::with_hook_of(hook, "    language: system\n", |hooks| {
            let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
            fs::create_dir(hooks).unwrap();
            fs::copy(shipped, hooks.join(".pre-commit-hooks.yaml")).unwrap();
        })
    }

    /// The same, with a repository of hooks that is made by a function, and more settings of the hook.
    fn with_hook_of(hook: &str, settings: &str, ship: impl Fn(&Path)) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("windlass-test-")
            .tempdir()
            .unwrap();
        let repository = Self { folder };
        let hooks = repository.path("hooks");
        ship(&hooks);
        repository.run_in("hooks", "git", &["init", "-q"]).passes();
        repository.run_in("hooks", "git", &["add", "."]).passes();
        repository
            .run_in("hooks", "git", &["commit", "-qm", "hooks"])
            .passes();
        let revision = repository
            .run_in("hooks", "git", &["rev-parse", "HEAD"])
            .passes()
            .text;

        fs::create_dir(repository.path("project")).unwrap();
        repository.git(&["init", "-q"]).passes();
        repository.write("windlass.yml", MANIFEST);
        repository.write("README.md", "A project.\n");
        let config = format!(
            "repos:\n- repo: {}\n  rev: {}\n  hooks:\n  - id: {hook}\n{settings}",
            hooks.display(),
            revision.trim(),
        );
        repository.write(".pre-commit-config.yaml", &config);
        repository.run("windlass", &["generate"]).passes();
        repository.git(&["add", "."]).passes();
        repository.git(&["commit", "-qm", "project"]).passes();
        repository.pre_commit(&["install"]).passes();
        repository
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path("project").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path("project").join(path)).unwrap()
    }

    fn git(&self, args: &[&str]) -> Ran {
        self.run("git", args)
    }

    fn pre_commit(&self, args: &[&str]) -> Ran {
        self.run("pre-commit", args)
    }

    fn run(&self, program: &str, args: &[&str]) -> Ran {
        self.run_in("project", program, args)
    }

    /// Runs a program with the binary under test first in `PATH`, away from the git and the
    /// pre-commit of whoever runs the tests.
    fn run_in(&self, folder: &str, program: &str, args: &[&str]) -> Ran {
        let binary = Path::new(env!("CARGO_BIN_EXE_windlass"));
        let mut path = vec![binary.parent().unwrap().to_path_buf()];
        path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let program = match program {
            "windlass" => binary,
            other => Path::new(other),
        };
        self.run_with(folder, program, args, &path, &[])
    }

    /// Runs pre-commit where neither windlass nor Rust is in `PATH`.
    fn run_bare(&self, args: &[&str], environment: &[(&str, &str)]) -> Ran {
        let path = env::var_os("PATH").unwrap_or_default();
        let mut path: Vec<PathBuf> = env::split_paths(&path).collect();
        path.retain(|folder| {
            ["cargo", "windlass"]
                .iter()
                .all(|name| !folder.join(name).exists())
        });
        let pre_commit = packaged::tools().join("bin/pre-commit");
        self.run_with("project", &pre_commit, args, &path, environment)
    }

    fn run_with(
        &self,
        folder: &str,
        program: &Path,
        args: &[&str],
        path: &[PathBuf],
        environment: &[(&str, &str)],
    ) -> Ran {
        let path = env::join_paths(path).unwrap();
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("GIT_") || name_text.starts_with("PRE_COMMIT") {
                command.env_remove(&name);
            }
        }
        command
            .args(args)
            .current_dir(self.path(folder))
            .env("PATH", path)
            .envs(environment.iter().copied());
        command.env("PRE_COMMIT_HOME", self.path("pre-commit-home"));
        command.env("PRE_COMMIT_COLOR", "never");
        command.env("GIT_CONFIG_GLOBAL", self.path("no-config"));
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Test");
            command.env(format!("GIT_{role}_EMAIL"), "test@example.com");
        }
        let output = command.output().unwrap_or_else(|error| {
            let package = match program.ends_with("pre-commit") {
                true => "run `pip install pre-commit`",
                false => "install the package of that name",
            };
            panic!("cannot run `{}`: {error}; {package}", program.display())
        });
        let mut text = String::from_utf8(output.stdout).unwrap();
        text += &String::from_utf8(output.stderr).unwrap();
        Ran {
            success: output.status.success(),
            text,
        }
    }
}

#[test]
fn a_clean_project_passes() {
    let repository = Repository::with_hook("windlass-check");
    repository
        .pre_commit(&["run", "--all-files"])
        .passes()
        .says("Passed");
}

#[test]
fn drift_stops_a_commit() {
    let repository = Repository::with_hook("windlass-check");
    repository.write("windlass.yml", &MANIFEST.replace("echo hi", "echo ho"));
    let ran = repository.git(&["commit", "-qam", "drift"]).fails();
    ran.says("Failed")
        .says("error[drift]")
        .says("to fix it, run: windlass generate\n");
    repository.run("windlass", &["generate"]).passes();
    repository
        .git(&["commit", "-qam", "fixed"])
        .passes()
        .says("Passed");
}

#[test]
fn a_hand_edit_stops_a_commit() {
    let repository = Repository::with_hook("windlass-check");
    repository.write(
        ".gitlab-ci.yml",
        &(repository.read(".gitlab-ci.yml") + "# mine\n"),
    );
    let ran = repository.git(&["commit", "-qam", "edit"]).fails();
    ran.says("error[edited-file]")
        .says("to fix it, run: windlass generate --force\n");
}

#[test]
fn the_generating_hook_mends_and_then_passes() {
    let repository = Repository::with_hook("windlass-generate");
    repository.write("windlass.yml", &MANIFEST.replace("echo hi", "echo ho"));
    let ran = repository.git(&["commit", "-qam", "first"]).fails();
    ran.says("files were modified by this hook")
        .says("wrote .gitlab-ci.yml");
    assert!(repository.read(".gitlab-ci.yml").contains("echo ho"));
    repository
        .git(&["commit", "-qam", "second"])
        .passes()
        .says("Passed");
}

#[test]
fn only_what_matters_is_checked() {
    let repository = Repository::with_hook("windlass-check");
    repository.write("README.md", "Changed.\n");
    repository
        .git(&["commit", "-qam", "unrelated"])
        .passes()
        .says("Skipped");
    let names = [
        ("windlass.yml", true),
        ("windlass.lock", true),
        (".windlass/shared/base.yml", true),
        (".gitlab-ci.yml", true),
        ("docker-compose.windlass.yml", true),
        ("compose.yaml", true),
        ("docker-production-php-Dockerfile", true),
        ("Dockerfile.dev", true),
        ("windlass.yml.orig", false),
        ("notes.yml", false),
        ("main.rs", false),
    ];
    for (name, matters) in names {
        if !matches!(name, "windlass.yml" | ".gitlab-ci.yml") {
            repository.write(name, "");
        }
        let ran = repository.pre_commit(&["run", "--files", name]).passes();
        ran.says(if matters { "Passed" } else { "Skipped" });
    }
}

/// The mirror's hooks install the wheel; no windlass and no Rust is in `PATH`.
#[test]
fn the_mirrors_hooks_run_from_the_wheel() {
    let dist = tempfile::tempdir().unwrap();
    packaged::packaged(&["wheel"], dist.path());
    let repository = Repository::with_hook_of("windlass-check", "", |hooks| {
        packaged::run("mirror", hooks.to_str().unwrap(), dist.path(), &[]);
    });
    let wheels = format!(
        "{} {}",
        dist.path().display(),
        packaged::tools().join("wheels").display()
    );
    let environment = [("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", wheels.as_str())];
    let bare = |arguments: &[&str]| repository.run_bare(arguments, &environment);
    bare(&["run", "--all-files"]).passes().says("Passed");
    repository.write("windlass.yml", &MANIFEST.replace("echo hi", "echo ho"));
    bare(&["run", "--all-files"]).fails().says("error[drift]");
}
