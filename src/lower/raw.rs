//! Raw jobs: GitLab's own keys as they are, and `refs`.

use super::Lowering;
use crate::check::member;
use crate::finding::Report;
use crate::manifest::collection::Many;
use crate::manifest::record::{Read, Reader};
use crate::manifest::resolved::SetNames;
use crate::pipeline::{Job, Origin};
use crate::source::Node;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let manifest = lowering.manifest;
    for (key, raw) in manifest.jobs.get().into_iter().flat_map(|jobs| jobs.iter()) {
        let mut keys = crate::manifest::raw::mapping(&raw.value.0, &mut Report::default());
        let mut job = Job {
            name: key.value.clone(),
            origin: Origin {
                entity: format!("jobs.{}", key.value),
                span: key.span,
            },
            ..Job::default()
        };
        if keys.remove("refs").is_some() {
            job.rules = lowering.rules(&refs(&raw.value.0), None);
        }
        job.raw = keys;
        lowering.finish(job, None);
    }
}

/// The ref sets that a raw job names.
pub(crate) fn refs(job: &Node) -> SetNames {
    let Some(node) = member(job, "refs") else {
        return SetNames::new();
    };
    let mut ignored = Report::default();
    let mut reader = Reader::new(&mut ignored);
    Many::<String>::read(node, &mut reader)
        .map(|many| many.0)
        .unwrap_or_default()
}
