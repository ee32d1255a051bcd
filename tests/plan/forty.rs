//! A repository of forty services: a push makes the jobs of what it touched.

use std::collections::BTreeSet;

use windlass::check::Files;
use windlass::compile::compile;
use windlass::config::{Config, of_pipeline};
use windlass::plan::{Changed, Situation, json, plan};
use windlass::source::Source;

const MANIFEST: &str = include_str!("forty.yml");

/// As many bytes as GitLab takes (`ci_max_total_yaml_size_bytes` is larger; 18.11).
const MOST_BYTES: usize = 2_000_000;

struct Project;

impl Files for Project {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

fn jobs(config: &Config, mut on: Situation, path: &str) -> BTreeSet<String> {
    on.changed = Changed::Paths(vec![path.to_owned()]);
    on.closed = true;
    let plan = json(config, &plan(config, &on.with_default_branch("main")));
    let jobs = plan["jobs"].as_array().unwrap().iter();
    jobs.map(|job| job["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_push_to_one_of_forty_services_makes_its_jobs() {
    let lines = MANIFEST.lines().count();
    assert!(lines <= 60, "{lines} lines");
    let source = Source::new("windlass.yml", MANIFEST);
    let compiled = compile(&source, &Project).unwrap();
    // All of it is proven, too.
    assert!(compiled.report.is_empty(), "{:?}", compiled.report.sorted());
    for file in compiled.files.unwrap().files {
        let bytes = file.body.len();
        assert!(bytes < MOST_BYTES, "{bytes} bytes");
    }
    let pipeline = compiled.lowered.unwrap().pipeline;
    let config = of_pipeline(&pipeline, &source).unwrap();
    assert_eq!(config.jobs.len(), 40 * 5);
    let mail = [
        "build-service:mail",
        "unit:mail",
        "deploy-mail",
        "running-mail",
        "cleanup-service:mail",
    ];
    let main = jobs(&config, Situation::branch("main"), "services/mail/src/x");
    assert_eq!(main, mail.map(str::to_owned).into());
    let branch = jobs(&config, Situation::branch("feature"), "services/mail/src/x");
    assert_eq!(
        branch,
        ["build-service:mail", "unit:mail"]
            .map(str::to_owned)
            .into()
    );
    let nothing = jobs(&config, Situation::branch("main"), "README.md");
    assert_eq!(nothing, BTreeSet::new());
    let shared = jobs(&config, Situation::branch("main"), "lib/x");
    assert_eq!(shared.len(), 40 * 5);
    let tag = jobs(&config, Situation::tag("v1"), "README.md");
    assert_eq!(tag.len(), 40 * 2);
}
