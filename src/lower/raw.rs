//! Raw jobs: GitLab's own keys as they are, and `refs`.

use super::Lowering;
use crate::finding::Report;
use crate::pipeline::{Job, Origin};

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let manifest = lowering.manifest;
    for (key, raw) in manifest.raw_jobs() {
        let mut keys = crate::manifest::raw::mapping(&raw.value.0, &mut Report::default());
        let mut job = Job::new(key.clone(), Origin::Raw(key.value.clone()));
        if keys.remove("refs").is_some() {
            lowering.run_on(&mut job, &crate::manifest::raw::refs(&raw.value.0), None);
        }
        job.raw = keys;
        lowering.finish(job, None);
    }
}
