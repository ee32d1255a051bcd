//! Any manifest: jobs run where they would with the rules as the ref sets spell them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use windlass::compile::read;
use windlass::config::{Config, of_pipeline};
use windlass::finding::Report;
use windlass::lower::{lower, lower_in_full};
use windlass::pipeline::{Job, Pipeline, Rule};
use windlass::plan::{Compared, Situation, classes_of, json, plan};
use windlass::source::Source;

use crate::brute::World;
use crate::compiled::{Complete, compiled};
use crate::sets::{made, manifest};
use crate::worlds::{first, world};

/// The pipeline with short rules and with long ones; nothing if the manifest is refused.
fn pipelines(text: &str) -> Option<[Pipeline; 2]> {
    compiled(text, &Complete).lowered?;
    let source = Source::new("windlass.yml", text);
    let manifest = read(&source, &mut Report::about(source.clone()))?;
    Some([lower(&manifest), lower_in_full(&manifest)].map(|lowered| lowered.pipeline))
}

/// Each job that may be in a pipeline, and how.
fn planned(config: &Config, situation: &Situation) -> BTreeMap<String, [String; 3]> {
    let plan = plan(config, situation);
    if plan.absence.is_some() {
        return BTreeMap::new();
    }
    let json = json(config, &plan);
    let jobs = json["jobs"].as_array().unwrap().iter();
    jobs.map(|job| {
        let name = job["name"].as_str().unwrap().to_owned();
        let how = ["runs", "when", "allow_failure"].map(|key| job[key].to_string());
        (name, how)
    })
    .collect()
}

fn decides<'r>(rules: &'r [Rule], world: &World<'_>) -> Option<&'r Rule> {
    let text = |rule: &Rule| rule.condition.as_ref().map(ToString::to_string);
    let texts: Vec<_> = rules.iter().map(text).collect();
    let rule = &rules[first(texts.iter().map(Option::as_ref), world)?];
    (rule.when != Some("never")).then_some(rule)
}

/// The same by force. Of jobs that ask for changed files, whether they may run.
fn by_force(pipeline: &Pipeline, world: &World<'_>) -> Vec<String> {
    if !pipeline.workflow.is_empty() && decides(&pipeline.workflow, world).is_none() {
        return Vec::new();
    }
    let runs = |job: &&Job| {
        let rules: Vec<Rule> = job.rules.list.to_vec();
        rules.is_empty() || decides(&rules, world).is_some()
    };
    let jobs = pipeline.jobs.iter().filter(runs);
    jobs.map(|job| job.name.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("WINDLASS_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100),
        ..ProptestConfig::default()
    })]

    #[test]
    fn jobs_run_where_they_did(
        made in made(),
        worlds in proptest::collection::vec(world(), 60),
    ) {
        let text = manifest(&made);
        let Some([short, long]) = pipelines(&text) else {
            return Ok(());
        };
        let source = Source::new("windlass.yml", text.as_str());
        let configs = [&short, &long].map(|pipeline| of_pipeline(pipeline, &source));
        // What GitLab refuses, such as too long a condition, has no jobs.
        let [Ok(of_short), Ok(of_long)] = configs else {
            return Ok(());
        };
        let configs = [of_short, of_long];
        let [of_short, of_long] = [&configs[0], &configs[1]].map(Compared::of);
        let compared = of_short.and(&of_long);
        for default in ["main", "trunk"] {
            for situation in classes_of(&compared, Some(default), configs[1].decisions()).situations {
                let [short, long] = [&configs[0], &configs[1]].map(|config| planned(config, &situation));
                prop_assert_eq!(short, long, "{}\n{}", situation, text);
            }
        }
        if long.workflow.is_empty() {
            return Ok(());
        }
        for world in &worlds {
            let [short, long] = [&short, &long].map(|pipeline| by_force(pipeline, world));
            prop_assert_eq!(short, long, "{:?}\n{}", world, text);
        }
    }
}
