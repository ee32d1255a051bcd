//! The driver `set_image`: `kubectl set image`, one command a workload, by digest.

use super::Change;
use crate::gitlab::names::{Workload, kubernetes_workload};
use crate::lower::{Lowering, quoted, word};
use crate::manifest::environments::Environment;
use crate::mutant::{self, Mutant};

/// The longest command on one line; a list of commands with an indent of its own may hold it.
const WIDEST: usize = 100;

pub(super) fn lower(lowering: &Lowering<'_>, environment: &Environment) -> Option<Change> {
    let set_image = environment.deploy.get()?.set_image.get()?;
    let mut change = Change::default();
    let mut workloads = Vec::new();
    for (name, containers) in &set_image.0 {
        let kind = kubernetes_workload(&name.value);
        let workload = word(&name.value);
        let containers: Vec<_> = containers
            .iter()
            .map(|(container, image)| {
                let image = match mutant::on(Mutant::DeploysATagThatMoves) {
                    true => lowering.by_tag(&image.value),
                    false => lowering.by_digest_or_fail(&image.value, &mut change.uses),
                };
                format!("{}={}", word(&container.value), quoted(&image))
            })
            .collect();
        let mut command = format!("kubectl set image {workload} {}", containers.join(" "));
        if command.len() > WIDEST {
            let containers = containers.join(" \\\n    ");
            command = format!("kubectl set image {workload} \\\n    {containers}");
        }
        if kind == Workload::WithoutRollout {
            change.after.push(command);
        } else {
            change.commands.push(command);
            workloads.push(name.value.to_string());
        }
    }
    change.workloads = workloads;
    Some(change)
}
