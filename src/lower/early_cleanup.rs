//! What only a pipeline's tests use goes when they are done, not when the deployment is.
//!
//! In: all jobs. Out: clean-up jobs that name what they wait for. Always holds: nothing goes before
//! a job that may use it has ended; where that cannot be said in `needs`, the stages say it.

use std::collections::{BTreeSet, HashMap};

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
    let mut known: Option<(Order, Users<'_>)> = None;
    for (key, image) in lowering.manifest.images() {
        let retention = image.retention.get();
        if retention.and_then(|own| own.keep_for.get()) != Some(&KeepFor::Pipeline) {
            continue;
        }
        let pipeline = &lowering.out.pipeline;
        let name = image.cleanup_job(key).value;
        let (order, users) =
            known.get_or_insert_with(|| (Order::of(pipeline), Users::of(&pipeline.jobs)));
        let Some(at) = users.by_name.get(name.as_str()).copied() else {
            continue;
        };
        let rules = pipeline.jobs.get(at).map(|job| &job.rules);
        let waits: Vec<Need> = users
            .of_image(&key.value)
            // What comes after the clean-up cannot be waited for.
            .filter(|job| !order.is_behind(&job.name, &name) && !needs(job, &name))
            .map(|job| Need {
                job: job.name.clone(),
                artifacts: false,
                optional: Some(&job.rules) != rules || job.raw.get("rules").is_some(),
            })
            .take(most.saturating_add(1))
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

/// The jobs that may use an image: they speak of it, or they run what nobody here has read. A test without
/// a Docker daemon has only the images that it names. What waits for a person may never run, and whatever
/// cleans up or stops uses nothing.
struct Users<'p> {
    jobs: &'p [Job],
    by_name: HashMap<&'p str, usize>,
    /// Those that may use any image, by their index.
    unread: BTreeSet<usize>,
    by_image: HashMap<&'p str, BTreeSet<usize>>,
    none: BTreeSet<usize>,
}

impl<'p> Users<'p> {
    fn of(jobs: &'p [Job]) -> Self {
        let numbered = jobs.iter().enumerate();
        let mut users = Self {
            jobs,
            by_name: numbered
                .clone()
                .map(|(at, job)| (job.name.as_str(), at))
                .collect(),
            unread: BTreeSet::new(),
            by_image: HashMap::new(),
            none: BTreeSet::new(),
        };
        for (at, job) in numbered {
            let manual = job.when.as_deref() == Some("manual") || is_manual(&job.raw);
            let cleans = matches!(
                job.origin,
                Origin::Cleanup(_) | Origin::Stop(_) | Origin::Untag(_)
            );
            if manual || cleans || job.is_hidden() {
                continue;
            }
            let unread = match job.origin {
                Origin::Task(_) | Origin::Raw(_) => true,
                Origin::Test(_) => job.variables.get("DOCKER_HOST").is_some(),
                _ => false,
            };
            if unread {
                users.unread.insert(at);
            }
            for image in job.used_images() {
                users.by_image.entry(image).or_default().insert(at);
            }
        }
        users
    }

    /// Those of an image, in the order of the pipeline.
    fn of_image(&self, image: &str) -> impl Iterator<Item = &Job> {
        let own = self.by_image.get(image).unwrap_or(&self.none);
        let all = self.unread.union(own);
        all.filter_map(|at| self.jobs.get(*at))
    }
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
