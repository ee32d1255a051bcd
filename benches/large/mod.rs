//! Manifests of any size, in the proportions of the reference project.
//!
//! In: a number of jobs. Out: the text of a manifest whose pipeline has exactly so many. Always
//! holds: it has no errors, and it uses every family of jobs: test images with their retention,
//! production images that keep the newest, tests by compose, docker and job, environments, raw jobs.

use std::fmt::Write as _;

use windlass::check::Files;

/// How many jobs one part of the manifest makes.
const PART: usize = 10;

/// A project in which every file exists.
pub(crate) struct AnyProject;

impl Files for AnyProject {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

const HEAD: &str = "\
windlass: 1
docker: {registry_mirror: https://registry-mirror.example.com}
kubernetes: {agent: group/infrastructure:production}
variables:
  COMPOSE_PROJECT_NAME: $CI_JOB_ID
  LOG_LEVEL: {value: info, description: how much is written, options: [debug, info]}
refs:
  deployable-branches: [master, another-deployable-branch]
  releases: {tags: ['/^v\\d+\\.\\d+/'], protected: true}
  topics: {of: [branches], except: [deployable-branches]}
";

/// A manifest for exactly `jobs` jobs. What is not a multiple of ten is filled with raw jobs.
pub(crate) fn manifest(jobs: usize) -> String {
    let mut compose = String::new();
    let mut images = String::new();
    let mut tests = String::new();
    let mut environments = String::new();
    let mut raw = String::new();
    for n in 0..jobs / PART {
        // Writing to a String cannot fail.
        let _ = writeln!(compose, "    php-{n}: ci-{n}");
        let _ = write!(
            images,
            "  ci-{n}:
    role: test
    dockerfile: services/{n}/ci/Dockerfile
    build_args: {{PHP_VERSION: '8.4'}}
    retention: pipeline
  php-{n}:
    role: production
    dockerfile: services/{n}/php/Dockerfile
    cache: {{paths: [services/{n}/node_modules/]}}
    retention: {{keep_n: 3}}
"
        );
        let _ = write!(
            tests,
            "  coverage-{n}:
    image: ci-{n}
    via: compose
    services: [mysql]
    script: vendor/bin/phing ci
    coverage: '/^\\s*Lines:\\s*\\d+.\\d+\\%/'
    artifacts: {{paths: [build/{n}/], expire_in: 1 week, reports: {{junit: build/{n}/junit.xml}}}}
  analyse-{n}:
    image: ci-{n}
    via: docker
    script: [composer validate, vendor/bin/phpstan analyse services/{n}]
  lint-{n}:
    image: ci-{n}
    needs: []
    variables: {{SERVICE: service-{n}}}
    script: vendor/bin/php-cs-fixer check services/{n}
"
        );
        let _ = write!(
            environments,
            "  prod-{n}:
    refs: deployable-branches
    url: https://service-{n}.example.com/
    deploy: {{set_image: {{deployment/service-{n}: {{php: php-{n}}}}}}}
"
        );
        let _ = write!(
            raw,
            "  notify-{n}:
    stage: deploy
    refs: deployable-branches
    image: curlimages/curl:8.16.0
    needs: [deploy-prod-{n}]
    script: [curl --fail https://chat.example.com/{n}]
  changelog-{n}:
    stage: test
    refs: releases
    image: alpine:3.22
    script: [./changelog {n}]
"
        );
    }
    for n in 0..jobs % PART {
        let _ = writeln!(
            raw,
            "  extra-{n}: {{stage: test, script: [make extra-{n}]}}"
        );
    }
    let mut text = HEAD.to_owned();
    if !compose.is_empty() {
        text.push_str("compose:\n  services:\n");
        text.push_str(&compose);
    }
    for (section, body) in [
        ("images", images),
        ("tests", tests),
        ("environments", environments),
        ("jobs", raw),
    ] {
        if !body.is_empty() {
            let _ = write!(text, "{section}:\n{body}");
        }
    }
    text
}
