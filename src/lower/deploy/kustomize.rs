//! The driver `kustomize`: `kubectl apply --kustomize` of an overlay in which the images are set by
//! digest.

use super::{Change, Undo};
use crate::lower::{Lowering, quoted, word};
use crate::manifest::collection::Map;
use crate::manifest::environments::Environment;
use crate::pipeline::{Uses, Value};

pub(super) fn lower(lowering: &Lowering<'_>, environment: &Environment) -> Option<Change> {
    let kustomize = environment.deploy.get()?.kustomize.get()?;
    let path = word(kustomize.path.get()?);
    let mut uses = Uses::default();
    let images: Vec<String> = kustomize
        .images
        .get()
        .into_iter()
        .flat_map(Map::iter)
        .map(|(name, image)| {
            let image = lowering.by_digest_or_fail(&image.value, &mut uses);
            format!("{}={}", word(&name.value), quoted(&image))
        })
        .collect();
    let mut change = Change {
        uses,
        ..Change::default()
    };
    if !images.is_empty() {
        // `kustomize edit` knows the overlay of its working directory alone.
        change.prepare = vec![Value::from(format!(
            "(cd {path} && kustomize edit set image {})",
            images.join(" ")
        ))];
    }
    let manifests = format!("--kustomize {path}");
    change.commands = vec![format!("kubectl apply {manifests}")];
    change.undo = Undo::Manifests(manifests);
    Some(change)
}
