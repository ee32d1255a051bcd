//! What an included file sets of a job that the manifest makes is named.

use proptest::prelude::*;
use windlass::check::Files;
use windlass::compile::compile;
use windlass::config::{self, Config, Repository};
use windlass::files::Unread;
use windlass::finding::Code;
use windlass::source::Source;

const MANIFEST: &str = "\
windlass: 1
include: [{local: /ci.yml}]
kubernetes: {agent: 'infra/agents:production'}
images: {app: {}}
tests:
  unit: {image: app, script: make test}
  lint: {image: 'alpine:3', script: make lint, variables: {LEVEL: all}}
environments:
  prod: {refs: default_branch, deploy: {set_image: {deployment/app: {app: app}}}}
jobs:
  raw: {stage: test, script: make raw}
";

/// A project whose included file says this.
struct Included(String);

impl Files for Included {
    fn exists(&self, _: &str) -> bool {
        true
    }

    fn repository(&self) -> &dyn Repository {
        self
    }
}

impl Repository for Included {
    fn read(&self, _: &str) -> Result<String, Unread> {
        Ok(self.0.clone())
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }
}

fn keys() -> impl Strategy<Value = String> {
    let keys = vec![
        "when: manual",
        "allow_failure: true",
        "needs: []",
        "dependencies: []",
        "image: other",
        "services: [postgres]",
        "variables: {LEVEL: none}",
        "variables: {IMAGE_APP: other}",
        "variables: {DOCKER_HOST: other, GIT_STRATEGY: none}",
        "before_script: [x]",
        "after_script: [x]",
        "script: [x]",
        "interruptible: true",
        "environment: {action: prepare}",
        "environment: {name: other}",
        "resource_group: other",
        "tags: [a]",
        "retry: 2",
        "timeout: 1 h",
        "parallel: 2",
        "inherit: {variables: false}",
        "artifacts: {paths: [x], reports: {dotenv: y}}",
        "cache: {key: x, paths: [y]}",
        "rules: [{if: $CI_COMMIT_TAG}]",
        "only: [tags]",
    ];
    let keys = proptest::sample::subsequence(keys, 0..4);
    keys.prop_map(|mut keys| {
        keys.dedup_by_key(|key| key.split(':').next().unwrap_or_default().to_owned());
        format!("{{{}}}", keys.join(", "))
    })
}

fn file() -> impl Strategy<Value = String> {
    let jobs = vec!["build-app", "unit", "lint", "deploy-prod", "raw", "other"];
    let jobs = proptest::sample::subsequence(jobs, 0..3);
    let globals = vec![
        "default: {image: other, before_script: [x]}",
        "default: {retry: 1, tags: [a]}",
        "variables: {LEVEL: none}",
        "variables: {IMAGE_APP: other}",
        "variables: {CI_REGISTRY_IMAGE: other}",
        "stages: [a]",
        "workflow: {name: x}",
    ];
    let globals = proptest::sample::subsequence(globals, 0..2);
    (jobs, keys(), keys(), globals).prop_map(|(jobs, one, two, globals)| {
        let jobs = jobs.iter().zip([one, two]);
        let jobs = jobs.map(|(name, keys)| format!("{name}: {keys}\n"));
        globals.join("\n") + "\n" + &jobs.collect::<String>()
    })
}

/// The names of the manifest's jobs that are not the same in both.
fn changed<'c>(alone: &'c Config, with: &Config) -> Vec<&'c str> {
    let same = |name: &str| {
        let of = |config: &Config| {
            let job = config.jobs.iter().find(|job| job.key == name)?;
            let inherited = config.variables.iter();
            let inherited = inherited.filter(|(name, _)| job.inherits.takes(name));
            let inherited: Vec<(String, String)> = inherited
                .map(|(name, variable)| (name.clone(), variable.value.clone()))
                .collect();
            Some((job.keys.clone(), inherited))
        };
        let (Some((one, variables)), Some((other, others))) = (of(alone), of(with)) else {
            return false;
        };
        let held = |(key, entry): (&config::Key, &config::Entry)| {
            one.get(&key.text).is_some_and(|own| own.same(&entry.value))
        };
        variables == others && one.len() == other.len() && other.iter().all(held)
    };
    let jobs = alone.jobs.iter().map(|job| job.key.as_str());
    jobs.filter(|name| !same(name)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_an_included_file_sets_is_named(included in file()) {
        let source = Source::new("windlass.yml", MANIFEST);
        let files = Included(included.clone());
        let compiled = compile(&source, &files).unwrap();
        let pipeline = &compiled.lowered.as_ref().unwrap().pipeline;
        let read = |files: &Included| {
            config::read_pipeline(pipeline, &source, files, &config::Nothing).result
        };
        let alone = read(&Included("{}".to_owned())).unwrap();
        let Ok(with) = read(&files) else {
            prop_assert!(compiled.report.has_errors(), "{}", included);
            return Ok(());
        };
        let changed = changed(&alone, &with);
        let found = compiled.report.sorted();
        let named = found.iter().find(|found| found.code == Code::ChangedByInclude);
        prop_assert_eq!(named.is_some(), !changed.is_empty(), "{}: {:?}", included, changed);
        for name in changed {
            let quoted = format!("`{name}`");
            let helps = named.iter().flat_map(|named| &named.help);
            let about = |help: &String| help.contains(&quoted) || help.contains("all jobs") || help.contains("more");
            prop_assert!(helps.into_iter().any(about), "{included}: {name}");
        }
    }
}
