//! The driver `nomad`: `nomad job run`, with the image as a variable of the job.

use super::{Driver, Keys, Reach, Release, Within, missing};
use crate::finding::Report;
use crate::lower::Lowering;
use crate::lower::deploy::Change;
use crate::lower::deploy::cluster::Client;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::{ProjectPath, Text, VariableName};
use crate::manifest::record::record;
use crate::manifest::words::{Row, Text as Reads};
use crate::pipeline::{Uses, Value};
use crate::source::{At, Span};

record! {
    /// A job for `nomad job run`.
    Nomad {
        /// The file of the job.
        job: ProjectPath,
        /// The image that the job runs.
        image: Text,
    }
}

impl Keys for Nomad {
    const READERS: &'static [Row] = &[
        (&["Nomad"], &["job"], &[Reads::Operand]),
        (&["Nomad"], &["image"], &[Reads::NoShell]),
    ];
}

impl Driver for Nomad {
    fn check(&self, span: Span, _: Within<'_>, report: &mut Report) {
        if self.job.is_missing() {
            missing(report, span, "nomad", "job", "name the file of the job");
        }
    }

    fn images(&self) -> Vec<&At<Text>> {
        self.image.at().into_iter().collect()
    }

    fn images_mut(&mut self) -> Vec<&mut At<Text>> {
        self.image.at_mut().into_iter().collect()
    }

    fn by_digest(&self) -> Vec<&str> {
        self.image.get().into_iter().map(String::as_str).collect()
    }

    fn substituted(&self) -> Vec<&At<VariableName>> {
        Vec::new()
    }

    fn paths(&self) -> Vec<(&'static str, &At<ProjectPath>)> {
        let job = self.job.at().into_iter();
        job.map(|job| ("the job", job)).collect()
    }

    fn arguments(&self) -> Vec<(&At<Text>, &'static str)> {
        Vec::new()
    }

    fn reach(&self) -> Reach {
        Reach::Cluster(Client::Kubectl)
    }

    fn waits_for(&self) -> usize {
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
        let mut uses = Uses::default();
        let image = self.image.get().map_or("", String::as_str);
        let image = lowering.by_digest_or_fail(image, &mut uses);
        let job = self.job.get().map_or("", |job| job);
        Change {
            uses,
            commands: vec![format!("nomad job run -var \"image={image}\" {job}")],
            ..Change::default()
        }
    }
}
