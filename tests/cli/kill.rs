//! `generate` killed at any moment: every file is whole, the old one or the new one, and the same
//! command again finishes the work.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::project::{PIPELINE, Project};

/// How often a run is killed.
const ROUNDS: u32 = 100;

/// A manifest with a large pipeline in few jobs, and the companion at its own place.
fn manifest(name: &str) -> String {
    let line = format!("echo {}", name.repeat(1_600));
    let jobs: String = (0..30)
        .map(|n| format!("  job-{n}: {{script: [{line} {n}]}}\n"))
        .collect();
    format!(
        "windlass: 1
compose: {{override: {name}.yml, services: {{php: php-ci}}}}
images: {{php-ci: {{role: test}}}}
tests: {{unit: {{image: php-ci, via: compose, script: make test}}}}
jobs:
{jobs}"
    )
}

/// One finished state: the text of its pipeline and of its companion.
struct Whole {
    name: &'static str,
    pipeline: String,
    companion: String,
}

impl Whole {
    fn path(&self) -> String {
        format!("{}.yml", self.name)
    }
}

/// A pipeline without the lines that change while a stale companion is being removed.
fn body(pipeline: &str) -> String {
    let header = |line: &&str| !line.starts_with("# With it: ") && !line.starts_with("# sha256:");
    pipeline
        .lines()
        .filter(header)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Starts a run, and waits until it writes its first file or ends.
fn start_writing(project: &Project) -> Child {
    let mut command = project.command(&["generate"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let before = project.names();
    let mut child = command.spawn().unwrap();
    while project.names() == before && child.try_wait().unwrap().is_none() {}
    child
}

/// Checks what is on disk after a kill: whole files, and none that is used is missing. Gives
/// whether the pipeline is the new one.
fn assert_whole(project: &Project, from: &Whole, to: &Whole) -> bool {
    let pipeline = project.read(PIPELINE);
    let is = |whole: &Whole| body(&pipeline) == body(&whole.pipeline);
    assert!(is(from) || is(to), "a torn pipeline");
    for whole in [from, to] {
        if project.exists(&whole.path()) {
            assert_eq!(project.read(&whole.path()), whole.companion);
        }
    }
    let used = if is(to) { to } else { from };
    assert!(
        project.exists(&used.path()),
        "the pipeline lacks its companion"
    );
    is(to)
}

#[test]
fn a_killed_run_leaves_whole_files() {
    let project = Project::new("");
    let mut writing = Duration::ZERO;
    let states = ["older", "newer", "older", "newer"].map(|name| {
        project.write("windlass.yml", manifest(name));
        let mut child = start_writing(&project);
        let start = Instant::now();
        assert!(child.wait().unwrap().success());
        writing = writing.max(start.elapsed());
        Whole {
            name,
            pipeline: project.read(PIPELINE),
            companion: project.read(&format!("{name}.yml")),
        }
    });
    let [old, new, ..] = &states;
    let (mut before, mut after) = (0, 0);
    for round in 0..ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (new, old)
        } else {
            (old, new)
        };
        project.write("windlass.yml", manifest(to.name));
        let mut child = start_writing(&project);
        let start = Instant::now();
        // A sleep is too coarse for the moments in question.
        while start.elapsed() < writing * round / ROUNDS {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        match assert_whole(&project, from, to) {
            true => after += 1,
            false => before += 1,
        }
        project.run(&["generate"]).exits(0);
        assert_eq!(project.read(PIPELINE), to.pipeline, "round {round}");
        assert_eq!(project.read(&to.path()), to.companion, "round {round}");
        assert!(
            !project.exists(&from.path()),
            "round {round}: a stale companion stays"
        );
    }
    assert!(before > 0, "all {after} runs were killed too late");
    let known = [
        PIPELINE,
        "windlass.yml",
        "docker-compose.yml",
        "Dockerfile",
        "newer.yml",
    ];
    for name in project.names() {
        let leftover = name.starts_with(".windlass-") && name.ends_with(".tmp");
        assert!(leftover || known.contains(&name.as_str()), "{name}");
    }
}
