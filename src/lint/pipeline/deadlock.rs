//! No job holds a resource group that the pipeline waits for which it has started.
//!
//! Facts: a job with `trigger` and `strategy: depend` holds its `resource_group` until the child pipeline
//! ends, and a job there of the same group waits for it: both wait for ever ("Pipeline-level concurrency
//! control with cross-project/parent-child pipelines", 18.11).

use std::sync::Arc;

use crate::config::{Job, Node, Nothing, child};
use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = Arc::clone(&lint.config);
    for job in &config.jobs {
        let group = job.resource_group.as_ref();
        let Some(group) = group.filter(|group| !group.contains('$')) else {
            continue;
        };
        let trigger = job.keys.given("trigger");
        let strategy = trigger.and_then(|trigger| trigger.get("strategy"));
        if !matches!(strategy.and_then(Node::as_str), Some("depend" | "mirror")) {
            continue;
        }
        let Some((child, waits)) = waiting(lint, job, group) else {
            continue;
        };
        if !lint.is_new(Code::ResourceGroupDeadlock, &job.key) {
            continue;
        }
        let message = format!(
            "`{}` holds `{}` until `{child}` ends, where `{waits}` waits for it",
            job.name, group.value
        );
        lint.push(
            Finding::new(Code::ResourceGroupDeadlock, group.place, message).help(
                "take `resource_group` away here, or let the jobs of the child have another one",
            ),
        );
    }
}

/// The child pipeline that a job starts, and the job of it that is of a resource group.
fn waiting(lint: &Lint<'_>, job: &Job, group: &str) -> Option<(String, String)> {
    let started = child::started(job)?;
    let reading = started.read(&lint.config, lint.repository, &Nothing)?;
    let child = reading.result.ok()?;
    let mut jobs = child.jobs.iter();
    let same = |job: &&Job| {
        job.resource_group
            .as_ref()
            .is_some_and(|own| own.value == group)
    };
    let waits = jobs.find(same)?.name.clone();
    Some((started.name, waits))
}
