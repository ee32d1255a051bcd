//! The driver `kustomize`: `kubectl apply --kustomize` of an overlay in which the images are set by
//! digest.

use super::{Driver, Keys, Reach, Release, Within, missing};
use crate::finding::Report;
use crate::lower::deploy::cluster::Client;
use crate::lower::deploy::{Change, Undo};
use crate::lower::{Lowering, quoted, word};
use crate::manifest::collection::Map;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::{ProjectPath, Text, VariableName};
use crate::manifest::record::record;
use crate::manifest::words::{Row, Text as Reads};
use crate::pipeline::{Uses, Value};
use crate::source::{At, Span};

record! {
    /// An overlay for `kubectl apply -k`.
    Kustomize {
        /// Folder of the overlay.
        path: ProjectPath,
        /// Image name in the overlay -> name of the image.
        images: Map<Text>,
    }
}

impl Kustomize {
    /// The command that sets the images of the overlay, if it names any. `kustomize edit` knows the overlay of
    /// its working directory alone.
    pub(super) fn edit(&self, lowering: &Lowering<'_>, uses: &mut Uses) -> Option<String> {
        let path = word(self.path.get()?);
        let images = self.images.get().into_iter().flat_map(Map::iter);
        let images: Vec<String> = images
            .map(|(name, image)| {
                let image = lowering.by_digest_or_fail(&image.value, uses);
                format!("{}={}", word(&name.value), quoted(&image))
            })
            .collect();
        let images = images.join(" ");
        (!images.is_empty()).then(|| format!("(cd {path} && kustomize edit set image {images})"))
    }
}

impl Keys for Kustomize {
    const READERS: &'static [Row] = &[
        (&["Kustomize"], &["path"], &[Reads::Operand]),
        (&["Kustomize"], &["images"], &[Reads::Name, Reads::NoShell]),
    ];
}

impl Driver for Kustomize {
    fn check(&self, span: Span, _: Within<'_>, report: &mut Report) {
        if self.path.is_missing() {
            let help = "name the folder of the overlay";
            missing(report, span, "kustomize", "path", help);
        }
    }

    fn images(&self) -> Vec<&At<Text>> {
        let images = self.images.get().into_iter().flat_map(Map::iter);
        images.map(|(_, image)| image).collect()
    }

    fn images_mut(&mut self) -> Vec<&mut At<Text>> {
        let images = self.images.get_mut().into_iter();
        images.flat_map(Map::values_mut).collect()
    }

    fn by_digest(&self) -> Vec<&str> {
        let images = Driver::images(self).into_iter();
        images.map(|image| image.value.as_str()).collect()
    }

    fn substituted(&self) -> Vec<&At<VariableName>> {
        Vec::new()
    }

    fn paths(&self) -> Vec<(&'static str, &At<ProjectPath>)> {
        let path = self.path.at().into_iter();
        path.map(|path| ("the overlay", path)).collect()
    }

    fn arguments(&self) -> Vec<(&At<Text>, &'static str)> {
        Vec::new()
    }

    fn reach(&self) -> Reach {
        Reach::Cluster(match self.images.is_missing() {
            true => Client::Kubectl,
            false => Client::Tools,
        })
    }

    fn waits_for(&self) -> usize {
        // Nobody here knows how many there are: at least one.
        1
    }

    fn stays_in_namespace(&self) -> bool {
        false
    }

    fn release(&self) -> Option<Release<'_>> {
        None
    }

    fn list_planned(&self, _: &str) -> Vec<Value> {
        Vec::new()
    }

    fn lower(&self, lowering: &Lowering<'_>, _: &Environment) -> Change {
        let path = self.path.get().map(|path| word(path)).unwrap_or_default();
        let mut uses = Uses::default();
        let edit = self.edit(lowering, &mut uses);
        let manifests = format!("--kustomize {path}");
        Change {
            uses,
            prepare: edit.map(Value::from).into_iter().collect(),
            commands: vec![format!("kubectl apply {manifests}")],
            undo: Undo::Manifests(manifests),
            ..Change::default()
        }
    }
}
