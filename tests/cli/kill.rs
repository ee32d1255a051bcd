//! `generate` killed at any moment: every file is whole, the old one or the new one, and the same
//! command again finishes the work.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::project::{PIPELINE, Project};

/// How often a run is killed.
const ROUNDS: u32 = 100;

/// A manifest with a large pipeline, and the companion at its own place.
fn manifest(name: &str) -> String {
    let line = format!("echo {}", name.repeat(400));
    let jobs: String = (0..150)
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

#[test]
fn a_killed_run_leaves_whole_files() {
    let project = Project::new("");
    let mut longest = Duration::ZERO;
    let [old, new] = ["older", "newer"].map(|name| {
        project.write("windlass.yml", manifest(name));
        let ran = project.run(&["generate"]).exits(0);
        longest = longest.max(ran.time);
        let companion = project.read(&format!("{name}.yml"));
        Whole {
            name,
            pipeline: project.read(PIPELINE),
            companion,
        }
    });
    let (mut unfinished, mut finished) = (0, 0);
    for round in 0..ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (&new, &old)
        } else {
            (&old, &new)
        };
        project.write("windlass.yml", manifest(to.name));
        let mut command = project.command(&["generate"]);
        let start = Instant::now();
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Up to twice the longest run: on a busy machine some must still come to their end.
        let moment = longest * 2 * (round + 1) / ROUNDS;
        thread::sleep(moment.saturating_sub(start.elapsed()));
        child.kill().unwrap();
        child.wait().unwrap();

        let pipeline = project.read(PIPELINE);
        let is = |whole: &Whole| body(&pipeline) == body(&whole.pipeline);
        assert!(is(from) || is(to), "round {round}: a torn pipeline");
        for whole in [from, to] {
            if project.exists(&whole.path()) {
                assert_eq!(
                    project.read(&whole.path()),
                    whole.companion,
                    "round {round}"
                );
            }
        }
        let used = if is(to) { to } else { from };
        assert!(
            project.exists(&used.path()),
            "round {round}: the pipeline lacks its companion"
        );
        match pipeline == to.pipeline {
            true => finished += 1,
            false => unfinished += 1,
        }

        project.run(&["generate"]).exits(0);
        assert_eq!(project.read(PIPELINE), to.pipeline, "round {round}");
        assert_eq!(project.read(&to.path()), to.companion, "round {round}");
        assert!(
            !project.exists(&from.path()),
            "round {round}: a stale companion stays"
        );
    }
    assert!(
        unfinished > 0 && finished > 0,
        "{unfinished} unfinished, {finished} finished"
    );
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
