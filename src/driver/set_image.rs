//! The driver `set_image`: `kubectl set image`, one command a workload, by digest.

use super::{Driver, Keys, Reach, Release, Within};
use crate::finding::{Code, Finding, Report};
use crate::gitlab::names::{self, kubernetes_workload};
use crate::lower::deploy::Change;
use crate::lower::deploy::cluster::Client;
use crate::lower::{Lowering, quoted, word};
use crate::manifest::collection::Map;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::{ProjectPath, Text, VariableName, Workload};
use crate::manifest::record::{Read, Reader, SchemaName, See, Wanted};
use crate::manifest::words::{Row, Text as Reads};
use crate::mutant::{self, Mutant};
use crate::pipeline::Value;
use crate::source::{At, Kind, Node, Span};
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Workload -> container -> image, as `kubectl set image` takes them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SetImage(pub Vec<(At<Workload>, Map<Text>)>);

impl Read for SetImage {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            reader.wrong_type(
                node,
                Wanted::Like("a mapping such as `{deployment/web: {container: image}}`"),
            );
            return None;
        };
        let mut workloads = Vec::new();
        for entry in entries.iter() {
            let key = Node {
                kind: Kind::Scalar(crate::source::Scalar {
                    text: entry.key.value.clone(),
                    plain: entry.plain_key,
                }),
                span: entry.key.span,
                defined: None,
                tag: None,
            };
            let workload = Workload::read(&key, reader);
            let containers = reader.below(&entry.key.value, |reader| {
                Map::<Text>::read(&entry.value, reader)
            });
            if let (Some(workload), Some(containers)) = (workload, containers) {
                if containers.is_empty() {
                    let message = format!("`{}` names no container", entry.key.value);
                    let finding = Finding::new(Code::Empty, entry.key.span, message)
                        .help("write `{container: image}`");
                    reader.report.push(finding);
                    continue;
                }
                workloads.push((At::new(workload, entry.key.span), containers));
            }
        }
        Some(Self(workloads))
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        see(self);
        self.0
            .iter()
            .for_each(|(_, containers)| containers.visit(see));
    }
}

impl JsonSchema for SetImage {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        "SetImage".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Map::<Map<Text>>::json_schema(generator)
    }
}

/// The longest command on one line; a list of commands with an indent of its own may hold it.
const WIDEST: usize = 100;

impl Keys for SetImage {
    const READERS: &'static [Row] = &[(
        &["Deploy"],
        &["set_image"],
        &[Reads::Operand, Reads::Name, Reads::NoShell],
    )];
}

impl Driver for SetImage {
    fn check(&self, _: Span, _: Within<'_>, report: &mut Report) {
        let jobs = self
            .0
            .iter()
            .filter(|(workload, _)| kubernetes_workload(&workload.value) == names::Workload::Job);
        for (workload, _) in jobs {
            let message = format!(
                "`{}` keeps the image that it was created with: Kubernetes refuses to change a Job",
                &*workload.value
            );
            let finding = Finding::new(Code::BadName, workload.span, message);
            report.push(finding.help("create the Job anew, with `apply` or `script`"));
        }
    }

    fn images(&self) -> Vec<&At<Text>> {
        let containers = self.0.iter().flat_map(|(_, containers)| containers.iter());
        containers.map(|(_, image)| image).collect()
    }

    fn images_mut(&mut self) -> Vec<&mut At<Text>> {
        let workloads = self.0.iter_mut();
        workloads
            .flat_map(|(_, containers)| containers.values_mut())
            .collect()
    }

    fn by_digest(&self) -> Vec<&str> {
        let images = self.images().into_iter();
        images.map(|image| image.value.as_str()).collect()
    }

    fn substituted(&self) -> Vec<&At<VariableName>> {
        Vec::new()
    }

    fn paths(&self) -> Vec<(&'static str, &At<ProjectPath>)> {
        Vec::new()
    }

    fn arguments(&self) -> Vec<(&At<Text>, &'static str)> {
        Vec::new()
    }

    fn reach(&self) -> Reach {
        Reach::Cluster(Client::Kubectl)
    }

    fn waits_for(&self) -> usize {
        let kinds = self
            .0
            .iter()
            .map(|(workload, _)| kubernetes_workload(&workload.value));
        kinds
            .filter(|kind| *kind != names::Workload::WithoutRollout)
            .count()
    }

    fn stays_in_namespace(&self) -> bool {
        true
    }

    fn release(&self) -> Option<Release<'_>> {
        None
    }

    fn list_planned(&self, _: &str) -> Vec<Value> {
        Vec::new()
    }

    fn lower(&self, lowering: &Lowering<'_>, _: &Environment) -> Change {
        let mut change = Change::default();
        let mut workloads = Vec::new();
        for (name, containers) in &self.0 {
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
            if kind == names::Workload::WithoutRollout {
                change.after.push(command);
            } else {
                change.commands.push(command);
                workloads.push(name.value.to_string());
            }
        }
        change.workloads = workloads;
        change
    }
}
