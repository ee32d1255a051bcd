//! The law of what runs: every build that an environment can run has a tag that no other build writes, and
//! every job that can delete it asks each environment that can run it, and gets the answer.
//!
//! Over any manifest, told from the generated file and the manifest's own words alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;
use serde_yaml::Value as Yaml;

use crate::compiled;

const HEAD: &str = "\
windlass: 1
kubernetes: {kubeconfig: KUBECONFIG_FILE}
registries: {gitlab: {delete_username: CLEANER, delete_password: CLEANER_TOKEN}}
refs:
  topics: {of: [branches], except: [default_branch]}
  releases: ['/^release-/']
  pushed: {of: [branches], except: [schedules]}
";

const SETS: [&str; 6] = [
    "default_branch",
    "topics",
    "releases",
    "branches",
    "tags",
    "pushed",
];

#[derive(Debug, Clone)]
struct Image {
    role: &'static str,
    builder: &'static str,
    tag: Option<&'static str>,
    retention: Option<String>,
    group: bool,
}

#[derive(Debug, Clone)]
struct Environment {
    refs: &'static str,
    manual: bool,
    dynamic: bool,
    own_namespace: bool,
    mark: bool,
    script: bool,
    /// The images that it deploys, by number.
    images: Vec<usize>,
    stops: bool,
}

#[derive(Debug, Clone)]
struct Made {
    target: &'static str,
    images: Vec<Image>,
    environments: Vec<Environment>,
    promotes: Option<usize>,
}

fn retention() -> impl Strategy<Value = Option<String>> {
    let keep_for = select(vec!["", "", "keep_for: branch, "]);
    let keep_n = select(vec!["", "keep_n: 2, "]);
    let age = select(vec!["", "older_than: 1 week, ", "older_than: 1 hour, "]);
    let keep = select(vec!["", "keep: [stable], "]);
    let refs = select(vec!["", "", "refs: schedules, ", "refs: branches, "]);
    let dry = select(vec!["", "dry_run: true, "]);
    let keys = (keep_for, keep_n, age, keep, refs, dry);
    let text = keys.prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].concat());
    let text = text.prop_map(|keys| match keys.as_str() {
        "" => "pipeline".to_owned(),
        keys => format!("{{{keys}}}"),
    });
    proptest::option::weighted(0.8, text)
}

fn image() -> impl Strategy<Value = Image> {
    let role = select(vec!["app", "app", "app", "production"]);
    let builder = select(vec!["buildx", "docker", "buildkit", "buildah"]);
    let tag = select(vec![
        "$CI_COMMIT_REF_SLUG",
        "$CI_COMMIT_REF_SLUG-$CI_COMMIT_SHORT_SHA",
        "$CI_COMMIT_TAG",
        "v-$CI_JOB_ID",
        "fixed",
    ]);
    let tag = proptest::option::of(tag);
    (
        role,
        builder,
        tag,
        retention(),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(role, builder, tag, retention, group)| Image {
            role,
            builder,
            tag,
            retention,
            group,
        })
}

fn environment() -> impl Strategy<Value = Environment> {
    let images = proptest::collection::vec(0..3_usize, 1..3);
    let flags = proptest::collection::vec(proptest::bool::weighted(0.3), 6);
    (select(SETS.to_vec()), images, flags).prop_map(|(refs, images, flags)| Environment {
        refs,
        images,
        manual: flags[0],
        dynamic: flags[1],
        own_namespace: flags[2],
        mark: flags[3],
        script: flags[4],
        stops: flags[5],
    })
}

fn made() -> impl Strategy<Value = Made> {
    let target = select(vec![
        "18.5", "18.5", "15.0", "14.2", "13.12", "12.5", "12.0",
    ]);
    let images = proptest::collection::vec(image(), 1..4);
    let environments = proptest::collection::vec(environment(), 1..4);
    let promotes = proptest::option::weighted(0.2, 0..3_usize);
    (target, images, environments, promotes).prop_map(|(target, images, environments, promotes)| {
        Made {
            target,
            images,
            environments,
            promotes,
        }
    })
}

impl Made {
    fn deployed(&self, environment: &Environment) -> Vec<usize> {
        let count = self.images.len();
        environment
            .images
            .iter()
            .map(|image| image % count)
            .collect()
    }

    fn manifest(&self) -> String {
        let mut text = format!("gitlab: \"{}\"\n{HEAD}images:\n", self.target);
        for (number, image) in self.images.iter().enumerate() {
            let _ = write!(
                text,
                "  i{number}: {{role: {}, builder: {}",
                image.role, image.builder
            );
            if let Some(tag) = image.tag {
                let _ = write!(text, ", tag: {tag}");
            }
            if let Some(retention) = &image.retention {
                let _ = write!(text, ", retention: {retention}");
            }
            if image.group {
                text.push_str(", group: together");
            }
            text.push_str("}\n");
        }
        text.push_str("environments:\n");
        for (number, environment) in self.environments.iter().enumerate() {
            let _ = write!(text, "  e{number}: {{refs: {}", environment.refs);
            if environment.manual {
                text.push_str(", when: manual");
            }
            if environment.mark {
                let _ = write!(text, ", deployed_tag: mark-{number}");
            }
            let images = self.deployed(environment);
            if environment.dynamic {
                let _ = write!(
                    text,
                    ", name: e{number}/$CI_COMMIT_REF_NAME, stop: {{script: x"
                );
                if environment.stops {
                    let _ = write!(text, ", images: [i{}]", images[0]);
                }
                text.push('}');
            }
            if environment.own_namespace {
                let dynamic = environment.dynamic;
                let namespace = if dynamic {
                    "$CI_ENVIRONMENT_SLUG"
                } else {
                    "shop"
                };
                let _ = write!(text, ", kubernetes: {{namespace: {namespace}}}");
            }
            let names: Vec<String> = images.iter().map(|image| format!("i{image}")).collect();
            if environment.script {
                let _ = write!(
                    text,
                    ", images: [{}], deploy: {{script: x}}",
                    names.join(", ")
                );
            } else {
                let each =
                    |(at, name): (usize, &String)| format!("deployment/d{at}: {{c: {name}}}");
                let each: Vec<String> = names.iter().enumerate().map(each).collect();
                let _ = write!(text, ", deploy: {{set_image: {{{}}}}}", each.join(", "));
            }
            text.push_str("}\n");
        }
        if let Some(image) = self.promotes {
            let image = image % self.images.len();
            let _ = writeln!(
                text,
                "promotions:\n  stable: {{image: i{image}, refs: default_branch, to: stable}}"
            );
        }
        text
    }
}

/// All commands of a job.
fn script(job: &Yaml) -> String {
    let lines = job["script"].as_sequence().into_iter().flatten();
    lines
        .filter_map(Yaml::as_str)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether a job gets what another leaves: by a need that cannot be left out, or from an earlier stage.
fn gets(file: &Yaml, job: &Yaml, other: &str) -> bool {
    let stages = file["stages"].as_sequence().unwrap();
    let stage = |job: &Yaml| stages.iter().position(|stage| *stage == job["stage"]);
    let needed = |need: &Yaml| {
        let named = need.as_str().or(need["job"].as_str()) == Some(other);
        named && need["artifacts"] != false && need["optional"] != true
    };
    match job["needs"].as_sequence() {
        Some(needs) => needs.iter().any(needed),
        None => {
            let dependencies = job["dependencies"].as_sequence();
            let named = dependencies.is_none_or(|all| all.iter().any(|one| one == other));
            named && stage(&file[other]) < stage(job)
        }
    }
}

fn law(made: &Made) -> Result<bool, TestCaseError> {
    let text = made.manifest();
    let compiled = compiled(&text);
    let Some(files) = compiled.files else {
        return Ok(false);
    };
    let file = &files.pipeline().unwrap().body;
    let mut pipeline: Yaml = serde_yaml::from_str(file).unwrap();
    pipeline.apply_merge().unwrap();
    let why = format!("{text}\n{file}");
    let mut runs: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, environment) in made.environments.iter().enumerate() {
        for image in made.deployed(environment) {
            runs.entry(image).or_default().push(number);
        }
    }
    for (image, environments) in &runs {
        let own = &made.images[*image];
        let grouped = own.group && !pipeline["together"].is_null();
        let build = match grouped {
            true => "together".to_owned(),
            false => format!("build-i{image}"),
        };
        let builds = script(&pipeline[build.as_str()]);
        let tagged = own.tag == Some("v-$CI_JOB_ID") || builds.contains("-$CI_JOB_ID");
        prop_assert!(tagged, "{build} has no tag of its own\n{why}");
        let cleanup = format!("cleanup-i{image}");
        let job = &pipeline[cleanup.as_str()];
        if job.is_null() {
            continue;
        }
        for environment in environments {
            let (asks, list) = (
                format!("running-e{environment}"),
                format!("running-e{environment}.txt"),
            );
            prop_assert!(!pipeline[asks.as_str()].is_null(), "no job {asks}\n{why}");
            let question = script(&pipeline[asks.as_str()]);
            let reads = script(job);
            let read = reads
                .lines()
                .find(|line| line.contains("not_kept ") && line.contains("| "));
            prop_assert!(
                read.is_some_and(|line| line.contains(&list)),
                "{cleanup} does not read {list}\n{why}"
            );
            prop_assert!(
                question.contains("kubectl get pods,"),
                "{asks} does not ask\n{why}"
            );
            prop_assert!(
                question.contains(&format!(">> {list}")),
                "{asks} writes no {list}\n{why}"
            );
            prop_assert!(
                gets(&pipeline, job, &asks),
                "{cleanup} does not get {list}\n{why}"
            );
            let one = &made.environments[*environment];
            let everywhere = question.contains("--all-namespaces");
            prop_assert_eq!(
                everywhere,
                one.dynamic && one.own_namespace,
                "the namespaces of {}\n{}",
                asks,
                why
            );
        }
        let spares = script(job);
        prop_assert!(
            spares.contains("older_than "),
            "{cleanup} spares nothing under way\n{why}"
        );
    }
    for (number, environment) in made.environments.iter().enumerate() {
        let jobs = [format!("stop-e{number}"), format!("untag-e{number}")];
        for job in jobs {
            let script = script(&pipeline[job.as_str()]);
            if script.contains("| delete") {
                prop_assert!(
                    script.contains("of_branch < /tmp/images | delete"),
                    "{job}\n{why}"
                );
                let image = made.deployed(environment)[0];
                let others = runs[&image].iter().filter(|other| **other != number);
                let mut same =
                    others.filter(|other| made.environments[**other].refs == environment.refs);
                prop_assert!(
                    same.next().is_none(),
                    "{job} deletes what others run\n{why}"
                );
            }
        }
    }
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn what_an_environment_can_run_is_never_lost(made in made()) {
        law(&made)?;
    }
}

/// The law is not empty: most of what is made compiles on a new GitLab.
#[test]
fn some_of_these_manifests_compile() {
    let image = |role, retention: Option<&str>| Image {
        role,
        builder: "buildx",
        tag: None,
        retention: retention.map(str::to_owned),
        group: false,
    };
    let environment = |refs, images: &[usize]| Environment {
        refs,
        manual: false,
        dynamic: false,
        own_namespace: false,
        mark: false,
        script: false,
        images: images.to_vec(),
        stops: false,
    };
    for target in ["18.5", "14.2", "13.12", "12.5"] {
        let made = Made {
            target,
            images: vec![
                image("app", Some("{keep_n: 2}")),
                image("production", Some("{keep_n: 1}")),
            ],
            environments: vec![
                environment("default_branch", &[0, 1]),
                environment("releases", &[0]),
            ],
            promotes: None,
        };
        let compiled = compiled(&made.manifest());
        let found = compiled.report.sorted();
        assert!(law(&made).unwrap(), "{target}: {found:#?}");
    }
}
