//! Two pipelines do not deploy one environment at the same time.
//!
//! Facts: "Resource group" (18.11); a key that `Ci::ResourceGroup` does not take is not stored, and the job runs
//! without one (`Seed::Processable::ResourceGroup`, 18.11); the tier of an environment without `deployment_tier` follows from its
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

/// Whether GitLab takes a text for the key of a resource group: that of an environment's name. What holds a
/// variable is known when the job is created.
fn is_key(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "-_/${}. ".contains(c);
    text.contains('$')
        || (!text.starts_with('/') && !text.ends_with('/') && text.chars().all(inside))
}

/// Jobs with a key that GitLab does not take.
fn invalid(lint: &mut Lint<'_>) {
    let config = lint.config();
    for job in &config.jobs {
        let Some(group) = job
            .resource_group
            .as_ref()
            .filter(|one| !is_key(&one.value))
        else {
            continue;
        };
        if !job.is_firm("resource_group")
            || !lint.is_new(Code::MissingResourceGroup, &format!("{:?}", group.place))
        {
            continue;
        }
        let text = &group.value;
        let message = format!(
            "`{text}` cannot name a resource group, so `{}` runs without one",
            job.name
        );
        let plain: String = text
            .trim_matches('/')
            .chars()
            .map(|c| {
                if is_key(&c.to_string()) || c == '/' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        lint.push(
            Finding::new(Code::MissingResourceGroup, group.place, message)
                .help("it holds letters, digits, blanks and `-_/.`, and has no `/` at an end")
                .help(format!("write `resource_group: {plain}`")),
        );
    }
}

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    invalid(lint);
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
