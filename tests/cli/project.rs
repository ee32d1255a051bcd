//! A scratch project on disk, and the built binary run in it.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The binary under test.
pub(crate) const WINDLASS: &str = env!("CARGO_BIN_EXE_windlass");

/// A manifest without companions.
pub(crate) const PLAIN: &str = "windlass: 1\njobs: {hello: {script: [echo hi]}}\n";

/// The pipeline's path.
pub(crate) const PIPELINE: &str = ".gitlab-ci.yml";

/// The default path of the compose override.
pub(crate) const OVERRIDE: &str = "docker-compose.windlass.yml";

/// Nothing may take longer; a run that does hangs.
const HANGS: Duration = Duration::from_secs(20);

/// A manifest with one companion, at `path`.
pub(crate) fn with_companion(path: &str) -> String {
    format!(
        "windlass: 1
compose: {{override: '{path}', services: {{php: php-ci}}}}
images: {{php-ci: {{role: test}}}}
tests: {{unit: {{image: php-ci, via: compose, script: make test}}}}
"
    )
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) time: Duration,
}

impl Ran {
    /// Checks the exit status; shows both streams if it is another one.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        assert!(!self.stderr.contains("please report it"), "{self:#?}");
        self
    }

    /// Checks that standard error says something.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in {self:#?}");
        self
    }
}

/// A folder with a manifest, a compose file and a Dockerfile, in a folder of its own.
pub(crate) struct Project {
    around: TempDir,
    root: PathBuf,
}

impl Project {
    pub(crate) fn new(manifest: &str) -> Self {
        let around = tempfile::Builder::new()
            .prefix("windlass-test-")
            .tempdir()
            .unwrap();
        let root = around.path().join("project");
        fs::create_dir(&root).unwrap();
        let project = Self { around, root };
        project.write("windlass.yml", manifest);
        project.write("docker-compose.yml", "services:\n  php:\n    build: .\n");
        project.write("Dockerfile", "FROM scratch\n");
        project
    }

    /// The same, with the files already generated.
    pub(crate) fn generated(manifest: &str) -> Self {
        let project = Self::new(manifest);
        project.run(&["generate"]).exits(0);
        project
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder around the project, which holds nothing else.
    pub(crate) fn around(&self) -> &Path {
        self.around.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    #[track_caller]
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Every name in the root folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// A command that runs the binary in the project's root.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(WINDLASS);
        command.args(args).current_dir(self.root());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        finish(&mut self.command(args))
    }
}

/// Runs a command to its end, and fails the test if it has none.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Ran {
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read_out = thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).map(|_| bytes)
    });
    let read_err = thread::spawn(move || {
        let mut bytes = Vec::new();
        err.read_to_end(&mut bytes).map(|_| bytes)
    });
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > HANGS => {
                child.kill().unwrap();
                panic!("{command:?} hangs");
            }
            None => thread::sleep(Duration::from_millis(1)),
        }
    };
    let time = start.elapsed();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran {
        status: status
            .code()
            .unwrap_or_else(|| panic!("{command:?} died: {status}")),
        stdout: text(read_out.join().unwrap().unwrap()),
        stderr: text(read_err.join().unwrap().unwrap()),
        time,
    }
}
