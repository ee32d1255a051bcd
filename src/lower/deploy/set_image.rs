//! The driver `set_image`: `kubectl set image`, one command a workload, by digest.

use super::Change;
use crate::lower::{Lowering, quoted, word};
use crate::manifest::environments::Deploy;

pub(super) fn lower(lowering: &Lowering<'_>, deploy: &Deploy) -> Option<Change> {
    let set_image = deploy.set_image.get()?;
    let mut change = Change::default();
    for (workload, containers) in &set_image.0 {
        let workload = word(&workload.value);
        let containers: Vec<_> = containers
            .iter()
            .map(|(container, image)| {
                let image = lowering.by_digest_or_fail(&image.value);
                format!("{}={}", word(&container.value), quoted(&image))
            })
            .collect();
        change.commands.push(format!(
            "kubectl set image {workload} {}",
            containers.join(" ")
        ));
        change.workloads.push(workload);
    }
    Some(change)
}
