//! What only a pipeline's tests use goes when they are done, not when the deployment is.
//!
//! In: all jobs. Out: clean-up jobs that name what they wait for. Always holds: nothing goes before
//! a job that may use it has ended; where that cannot be said in `needs`, the stages say it.

use super::Lowering;
use super::needs::Order;
use crate::gitlab::gates;
use crate::manifest::images::KeepFor;
use crate::pipeline::{Job, Mapping, Need, Origin, Value};

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    // A job may be missing where the clean-up is, which only `optional` can say.
    if lowering.target < gates::NEEDS_OPTIONAL {
        return;
    }
    let most = gates::most_needs(lowering.target);
    let mut early = Vec::new();
    let mut order: Option<Order> = None;
    for (key, image) in lowering.manifest.images() {
        let retention = image.retention.get();
        if retention.and_then(|own| own.keep_for.get()) != Some(&KeepFor::Pipeline) {
            continue;
        }
        let jobs = &lowering.out.pipeline.jobs;
        let name = image.cleanup_job(key).value;
        let Some(at) = jobs.iter().position(|job| job.name == name) else {
            continue;
        };
        let order = order.get_or_insert_with(|| Order::of(&lowering.out.pipeline));
        let rules = jobs.get(at).map(|job| &job.rules);
        let waits: Vec<Need> = jobs
            .iter()
            .filter(|job| may_use(job, &key.value))
            // What comes after the clean-up cannot be waited for.
            .filter(|job| !order.is_behind(&job.name, &name) && !needs(job, &name))
            .map(|job| Need {
                job: job.name.clone(),
                artifacts: false,
                optional: Some(&job.rules) != rules || job.raw.get("rules").is_some(),
            })
            .collect();
        if !waits.is_empty() && waits.len() <= most {
            early.push((at, waits));
        }
    }
    for (at, waits) in early {
        if let Some(job) = lowering.out.pipeline.jobs.get_mut(at) {
            job.needs = Some(waits);
        }
    }
}

/// Whether a job may use an image: it speaks of it, or it runs what nobody here has read. A test
/// without a Docker daemon has only the images that it names. What waits for a person may never
/// run, and whatever cleans up or stops uses nothing.
fn may_use(job: &Job, image: &str) -> bool {
    let manual = job.when.as_deref() == Some("manual") || is_manual(&job.raw);
    let daemon = job.variables.get("DOCKER_HOST").is_some();
    let unread = match job.origin {
        Origin::Task(_) | Origin::Raw(_) => true,
        Origin::Test(_) => daemon,
        _ => false,
    };
    let cleans = matches!(
        job.origin,
        Origin::Cleanup(_) | Origin::Stop(_) | Origin::Untag(_)
    );
    !manual && !cleans && !job.is_hidden() && (job.uses_image(image) || unread)
}

/// Whether raw keys let a job wait for a person, somewhere at least.
fn is_manual(raw: &Mapping) -> bool {
    let says = |keys: &Mapping| keys.get("when").and_then(Value::as_str) == Some("manual");
    let rules = match raw.get("rules").map(Value::plain) {
        Some(Value::Seq(rules)) => rules.as_slice(),
        _ => &[],
    };
    let by_rule = |rule: &Value| matches!(rule.plain(), Value::Map(keys) if says(keys));
    says(raw) || rules.iter().any(by_rule)
}

/// Whether a raw job names another one in its `needs`.
fn needs(job: &Job, other: &str) -> bool {
    let Some(Value::Seq(needs)) = job.raw.get("needs").map(Value::plain) else {
        return false;
    };
    needs.iter().any(|need| match need.plain() {
        Value::Map(need) => need.get("job").and_then(Value::as_str) == Some(other),
        name => name.as_str() == Some(other),
    })
}
