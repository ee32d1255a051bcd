//! Two pipelines do not deploy one environment at the same time.
//!
//! Facts: "Resource group" (18.11); the tier of an environment without `deployment_tier` follows from its
//! name (`Environment#guess_tier`, 18.11).

use std::collections::HashMap;

use crate::config::{Action, Environment, Job};
use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::{Subject as _, and_others};
use crate::plan::Presence;

/// What the name of an environment holds that is less than production, and production.
const LESS: [&str; 22] = [
    "dev", "review", "trunk", "test", "tst", "int", "acpt", "accept", "qa", "qc", "control",
    "quality", "stg", "stag", "model", "modl", "pre", "demo", "non", "sandbox", "dry", "plan",
];
const PRODUCTION: [&str; 3] = ["prod", "prd", "live"];

/// Whether an environment is of the tier `production`. A name that only holds the letters, as `delivery`
/// does, is not taken for one.
pub(super) fn is_production(environment: &Environment) -> bool {
    if let Some(tier) = &environment.tier {
        return tier == "production";
    }
    let name = environment.name.to_lowercase();
    let begins = |part: &str| PRODUCTION.iter().any(|word| part.starts_with(word));
    !LESS.iter().any(|word| name.contains(word))
        && name.split(|c: char| !c.is_ascii_alphanumeric()).any(begins)
}

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    let mut by_name: HashMap<&str, Vec<&Job>> = HashMap::new();
    let mut order = Vec::new();
    for (at, job) in config.jobs.iter().enumerate() {
        let Some(environment) = &job.environment else {
            continue;
        };
        let runs = |one: &crate::lint::context::Seen| one.jobs.get(at) == Some(&Presence::In);
        if environment.action != Action::Start
            || environment.name.contains('$')
            || job.resource_group.is_some()
            || !job.is_firm("resource_group")
            || !lint.seen.iter().any(runs)
        {
            continue;
        }
        let name = environment.name.as_str();
        let jobs = by_name.entry(name).or_insert_with(|| {
            order.push(name);
            Vec::new()
        });
        if jobs.last().is_none_or(|last| last.key != job.key) {
            jobs.push(job);
        }
    }
    for name in order {
        let Some((first, more)) = by_name.get(name).and_then(|jobs| jobs.split_first()) else {
            continue;
        };
        let Some(environment) = &first.environment else {
            continue;
        };
        let also = and_others(more.len());
        let verb = if more.is_empty() { "deploys" } else { "deploy" };
        let message = format!(
            "`{}`{also} {verb} `{name}` without `resource_group`",
            first.name
        );
        let mut finding = Finding::new(Code::MissingResourceGroup, environment.place, message);
        for job in more {
            if let Some(environment) = &job.environment {
                finding = finding.related(environment.place, format!("`{}` does, too", job.name));
            }
        }
        lint.push(
            finding
                .help("two pipelines may deploy it at the same time, and neither sees the other")
                .help(format!("write `resource_group: {name}`")),
        );
    }
}
