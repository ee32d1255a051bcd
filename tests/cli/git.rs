//! git in a project that nobody trusts: it runs nothing of the repository's, and what it cannot
//! read is said.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

use crate::project::{PIPELINE, Project, Ran, finish};

/// Every command, on a manifest and on a pipeline.
const COMMANDS: [&[&str]; 8] = [
    &["check"],
    &["generate", "--stdout"],
    &["plan"],
    &["plan", "--all", "--file", PIPELINE],
    &["graph", "--branch", "main"],
    &["graph", "--branch", "main", "--file", PIPELINE],
    &["diff", "--against", "HEAD"],
    &["diff", "--against", "HEAD", "--file", PIPELINE],
];

const MANIFEST: &str =
    "windlass: 1\njobs: {hello: {script: [echo hi], rules: [{exists: [Dockerfile]}]}}\n";

/// A repository with a program that leaves a trace when it runs.
struct Repository {
    project: Project,
    trap: PathBuf,
    trace: PathBuf,
}

impl Repository {
    fn new() -> Self {
        let project = Project::generated("windlass: 1\njobs: {hello: {script: [echo hi]}}\n");
        let (trap, trace) = (
            project.around().join("trap"),
            project.around().join("trace"),
        );
        let program = format!("#!/bin/sh\necho ran > '{}'\nexit 1\n", trace.display());
        fs::write(&trap, program).unwrap();
        fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
        let all = Self {
            project,
            trap,
            trace,
        };
        all.git(&["init", "--quiet", "--initial-branch=main"]);
        all.commit();
        all
    }

    fn git(&self, arguments: &[&str]) -> bool {
        let who = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
        let mut command = Command::new("git");
        command
            .current_dir(self.project.root())
            .args(who)
            .args(arguments);
        let done = command
            .output()
            .expect("git: install the Debian package `git`");
        done.status.success()
    }

    fn commit(&self) {
        assert!(self.git(&["add", "--all"]));
        assert!(self.git(&["commit", "--quiet", "--message", "all"]));
    }

    fn config(&self, key: &str, value: &str) {
        assert!(self.git(&["config", key, value]));
    }

    fn trap(&self) -> &str {
        self.trap.to_str().unwrap()
    }

    /// Takes the manifest and the pipeline out of the objects, as a partial clone has them.
    fn forget_blobs(&self) {
        let objects = self.project.path(".git/objects");
        for path in ["windlass.yml", PIPELINE] {
            let mut command = Command::new("git");
            command.current_dir(self.project.root());
            let found = command
                .args(["rev-parse", &format!("HEAD:{path}")])
                .output()
                .unwrap();
            let name = String::from_utf8(found.stdout).unwrap();
            let (folder, file) = name.trim().split_at(2);
            fs::remove_file(objects.join(folder).join(file)).unwrap();
        }
    }

    /// A partial clone of a remote at this address, which may be used.
    fn partial(&self, url: &str) {
        self.forget_blobs();
        for (key, value) in [
            ("core.repositoryFormatVersion", "1"),
            ("extensions.partialClone", "origin"),
            ("remote.origin.promisor", "true"),
            ("remote.origin.partialCloneFilter", "blob:none"),
            ("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"),
            ("remote.origin.url", url),
            ("protocol.allow", "always"),
        ] {
            self.config(key, value);
        }
        for protocol in ["file", "ext", "ssh", "git"] {
            self.config(&format!("protocol.{protocol}.allow"), "always");
        }
    }

    fn ran(&self) -> bool {
        self.trace.exists()
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = self.project.command(arguments);
        command.envs(environment.iter().copied());
        finish(&mut command)
    }
}

/// A way to make git run a program, and what plain git does then.
type Way = (&'static str, fn(&Repository), &'static [&'static str]);

const SHOW: &[&str] = &["cat-file", "blob", "HEAD:windlass.yml"];

const WAYS: [Way; 11] = [
    (
        "a file system monitor",
        |of| of.config("core.fsmonitor", of.trap()),
        &["status"],
    ),
    ("a bare repository that was committed", bare, &["status"]),
    (
        "the transport of a partial clone",
        |of| {
            of.partial(".");
            of.config("remote.origin.uploadpack", of.trap());
        },
        SHOW,
    ),
    (
        "an address that is a program",
        |of| of.partial(&format!("ext::{}", of.trap())),
        SHOW,
    ),
    (
        "a remote through ssh",
        |of| {
            of.partial("ssh://example.com/x");
            of.config("core.sshCommand", of.trap());
        },
        SHOW,
    ),
    (
        "a proxy",
        |of| {
            of.partial("git://example.com/x");
            of.config("core.gitProxy", of.trap());
        },
        SHOW,
    ),
    (
        "a hook",
        |of| {
            let hooks = of.project.path(".git/hooks");
            fs::create_dir_all(&hooks).unwrap();
            let _ = fs::remove_file(hooks.join("post-index-change"));
            fs::copy(&of.trap, hooks.join("post-index-change")).unwrap();
            of.project.write("Dockerfile", "FROM scratch\n");
        },
        &["update-index", "--force-write-index", "--refresh"],
    ),
    (
        "a filter",
        |of| {
            of.config("filter.trap.clean", of.trap());
            of.config("filter.trap.smudge", of.trap());
            of.config("diff.trap.textconv", of.trap());
            of.project
                .write(".gitattributes", "* filter=trap diff=trap\n");
            of.project.write("Dockerfile", "FROM scratch AS changed\n");
        },
        &["diff"],
    ),
    (
        "an included configuration",
        |of| {
            let config = format!("[core]\nfsmonitor = \"{}\"\n", of.trap());
            of.project.write("evil", config);
            of.config("include.path", "../evil");
        },
        &["status"],
    ),
    (
        "the configuration of a working tree",
        |of| {
            of.config("extensions.worktreeConfig", "true");
            let config = format!("[core]\nfsmonitor = \"{}\"\n", of.trap());
            of.project.write(".git/config.worktree", config);
        },
        &["status"],
    ),
    (
        "a pager and an external diff",
        |of| {
            of.config("core.pager", of.trap());
            of.config("pager.ls-files", of.trap());
            of.config("diff.external", of.trap());
            of.project.write("Dockerfile", "FROM scratch AS changed\n");
        },
        &["diff"],
    ),
];

/// What a clone brings along: no `.git` of its own is needed.
fn bare(of: &Repository) {
    fs::remove_dir_all(of.project.path(".git")).unwrap();
    of.project.write("HEAD", "ref: refs/heads/main\n");
    of.project.write("objects/keep", "");
    of.project.write("refs/keep", "");
    let config = "[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\n";
    of.project
        .write("config", format!("{config}fsmonitor = \"{}\"\n", of.trap()));
}

#[test]
fn a_repository_runs_nothing() {
    for (way, prepare, plain) in WAYS {
        let repository = Repository::new();
        prepare(&repository);
        for command in COMMANDS {
            repository.run(command, &[]);
            assert!(!repository.ran(), "{way}: {command:?}");
        }
        // Else it is not a way at all.
        repository.git(plain);
        assert!(repository.ran(), "{way}: plain git runs nothing");
    }
}

/// As in a hook of another repository, or where somebody forgot a variable.
#[test]
fn another_repository_in_the_environment_is_not_asked() {
    let (repository, other) = (Repository::new(), Repository::new());
    other.config("core.fsmonitor", other.trap());
    let folder = other.project.path(".git");
    let environment = [
        ("GIT_DIR", folder.to_str().unwrap()),
        ("GIT_WORK_TREE", other.project.root().to_str().unwrap()),
        ("GIT_EXTERNAL_DIFF", repository.trap()),
        ("GIT_SSH_COMMAND", repository.trap()),
    ];
    fs::write(repository.project.path("mine"), "").unwrap();
    repository.commit();
    let wanted = "[{exists: [mine]}]";
    repository
        .project
        .write(PIPELINE, format!("job: {{script: [x], rules: {wanted}}}\n"));
    for command in COMMANDS {
        repository.run(command, &environment);
        assert!(!repository.ran() && !other.ran(), "{command:?}");
    }
    let ran = repository
        .run(&["plan", "--file", PIPELINE], &environment)
        .exits(0);
    assert!(ran.stdout.contains("job"), "{ran:?}");
}

#[test]
fn what_a_revision_does_not_give_is_said() {
    // The object of a partial clone is not here: that is not a revision without a manifest.
    let repository = Repository::new();
    repository.partial("ssh://example.com/x");
    for file in [&["--file", PIPELINE][..], &[]] {
        let ran = repository.run(&[&["diff", "--against", "HEAD"], file].concat(), &[]);
        ran.exits(3).says("cannot be read");
    }
    let repository = Repository::new();
    for (text, says) in [
        (vec![b'#'; 20 << 20], "has more than"),
        (b"windlass: 1 # \xff\n".to_vec(), "is not UTF-8"),
    ] {
        repository.project.write("windlass.yml", text);
        repository.commit();
        repository.project.write("windlass.yml", MANIFEST);
        repository
            .run(&["diff", "--against", "HEAD"], &[])
            .exits(1)
            .says(says);
    }
    fs::remove_file(repository.project.path("windlass.yml")).unwrap();
    symlink(PIPELINE, repository.project.path("windlass.yml")).unwrap();
    repository.commit();
    fs::remove_file(repository.project.path("windlass.yml")).unwrap();
    repository.project.write("windlass.yml", MANIFEST);
    repository
        .run(&["diff", "--against", "HEAD"], &[])
        .exits(3)
        .says("symbolic link");
}

#[test]
fn no_link_leads_out_of_the_project() {
    let repository = Repository::new();
    let project = &repository.project;
    let secret = project.around().join("secret.yml");
    fs::write(&secret, "hunter2: {script: [hunter2]}\n").unwrap();
    symlink("../secret.yml", project.path("out.yml")).unwrap();
    symlink("..", project.path("up")).unwrap();
    symlink("Dockerfile", project.path("inside.yml")).unwrap();
    let shows_nothing = |arguments: &[&str], status: i32, says: &str| {
        let ran = repository.run(arguments, &[]).exits(status).says(says);
        assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    };
    for path in ["out.yml", "up/secret.yml", "inside.yml", "/out.yml"] {
        project.write(
            "main.yml",
            format!("include: {path}\njob: {{script: [x]}}\n"),
        );
        shows_nothing(&["plan", "--file", "main.yml"], 1, "symbolic link");
    }
    project.write("main.yml", "include: ../secret.yml\njob: {script: [x]}\n");
    shows_nothing(&["plan", "--file", "main.yml"], 1, "leaves the project");
    shows_nothing(&["plan", "--file", "out.yml"], 3, "symbolic link");
    shows_nothing(&["-m", "out.yml", "check"], 3, "symbolic link");
    project.write("main.yml", "include: out.yml\njob: {script: [x]}\n");
    repository.commit();
    shows_nothing(
        &["diff", "--against", "HEAD", "--file", "main.yml"],
        1,
        "symbolic link",
    );
    // A file that only has to be there.
    for manifest in [
        "images: {app: {dockerfile: out.yml}}",
        "images: {app: {context: up}}",
        "compose: {files: [out.yml], services: {app: app}}\nimages: {app: {role: test}}\ntests: {t: {image: app, via: compose, script: x}}",
        "environments: {e: {refs: x, deploy: {apply: {files: [up/secret.yml]}}}}\nrefs: {x: {branches: [main]}}",
    ] {
        project.write("windlass.yml", format!("windlass: 1\n{manifest}\n"));
        let ran = repository.run(&["check"], &[]);
        ran.says("bad-path")
            .says("leaves the project through a symbolic link");
    }
}
