//! From the manifest to the pipeline: what GitLab must be told so that it does what the manifest
//! says.
//!
//! In: a [`Manifest`] that `check` has passed. Out: a [`Lowered`] pipeline and what stands beside
//! it. Always holds: every job knows the entity that it comes from; one family of jobs, one file.

mod base_image;
mod build_label;
mod builder;
mod cleanup;
mod common;
mod compose;
pub(crate) mod deploy;
mod docker;
mod early_cleanup;
mod entrypoint;
mod group;
mod handover;
mod image_build;
mod in_container;
mod marking;
mod narrowed;
mod needs;
pub(crate) mod own_folder;
mod policy;
mod production_build;
mod promotion;
mod raw;
mod rebuild;
mod refs;
mod registry;
mod running;
mod shortest;
mod stop;
mod test;
mod tested;
mod toolchain_build;
pub(crate) mod tools;
mod uses;
mod workflow;

use std::cell::OnceCell;
use std::collections::HashMap;

pub(crate) use entrypoint::takes_no_shell;

use crate::finding::Finding;
pub(crate) use crate::gitlab::shell::{quoted, word};
use crate::gitlab::{Version, gates};
use crate::manifest::Manifest;
use crate::manifest::deployments::Deployments;
use crate::manifest::images::{Image, Role};
use crate::manifest::resolved::{STAGES, image_variable};
use crate::manifest::tools::Compose;
use crate::manifest::written_tags::WrittenTag;
use crate::pipeline::{ComposeOverride, Include, Mapping, Pipeline, Uses};
use crate::source::At;
use crate::target::Lack;

/// A pipeline and its companions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lowered {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The compose override and its path, if tests go through compose.
    pub compose: Option<(String, ComposeOverride)>,
    /// What the manifest asks for and the target cannot do; with any of it there is no pipeline.
    pub lacks: Vec<Lack>,
    /// What the manifest asks for and no pipeline can do; with any of it there is no pipeline.
    pub faults: Vec<Finding>,
}

/// The families of jobs, in the order in which their jobs are made.
const FAMILIES: &[fn(&mut Lowering<'_>)] = &[
    toolchain_build::lower,
    image_build::lower,
    test::lower,
    production_build::lower,
    tested::lower,
    promotion::lower,
    deploy::lower,
    marking::lower,
    stop::lower,
    running::lower,
    cleanup::lower,
    raw::lower,
];

/// Lowers a checked manifest.
pub fn lower(manifest: &Manifest) -> Lowered {
    let mut lowering = Lowering::of(manifest);
    lowering.lower();
    shortest::lower(&mut lowering);
    lowering.out
}

/// The same with the rules as the ref sets spell them, to compare with.
pub fn lower_in_full(manifest: &Manifest) -> Lowered {
    let mut lowering = Lowering::of(manifest);
    lowering.lower();
    lowering.out
}
/// A lowering under way.
pub(crate) struct Lowering<'m> {
    pub(crate) manifest: &'m Manifest,
    /// The GitLab that must run the pipeline.
    target: Version,
    deployments: Deployments<'m>,
    /// The compose service that runs each image.
    compose_services: HashMap<&'m str, &'m str>,
    /// Whether any job runs in merge request pipelines.
    admits_merge_requests: bool,
    /// Jobs with `needs` that nobody wrote; see [`Lowering::imply`].
    implied: Vec<String>,
    /// The shell functions that jobs call; see [`registry`].
    calls: registry::Calls,
    /// The tags that the pipeline writes, by their repository.
    written: OnceCell<HashMap<String, Vec<WrittenTag<'m>>>>,
    out: Lowered,
}

impl<'m> Lowering<'m> {
    fn of(manifest: &'m Manifest) -> Self {
        let compose = manifest.compose.get();
        Self {
            manifest,
            target: manifest.target(),
            deployments: Deployments::of(manifest),
            compose_services: compose.map(Compose::services_by_image).unwrap_or_default(),
            admits_merge_requests: workflow::admits_merge_requests(manifest),
            implied: Vec::new(),
            calls: registry::Calls::default(),
            written: OnceCell::new(),
            out: Lowered::default(),
        }
    }

    fn lower(&mut self) {
        self.globals();
        for family in FAMILIES {
            family(self);
        }
        registry::lower(self);
        group::spell_out(self);
        self.restore_artifacts();
        self.stages();
        early_cleanup::lower(self);
        needs::lower(self);
        handover::lower(self);
        group::lower(self);
        needs::shorten(&mut self.out.pipeline);
        workflow::lower(self);
    }

    /// Notes what the target cannot do.
    fn lacks(&mut self, lack: Lack) {
        self.out.lacks.push(lack);
    }

    fn globals(&mut self) {
        let manifest = self.manifest;
        let pipeline = &mut self.out.pipeline;
        pipeline.has_default = self.target >= gates::INHERIT;
        let mut ignored = crate::finding::Report::default();
        for include in manifest
            .include
            .get()
            .into_iter()
            .flat_map(|list| list.iter())
        {
            pipeline.include.push(Include {
                value: crate::manifest::raw::value(&include.value.0, &mut ignored),
                span: include.span,
            });
        }
        pipeline.includes_from = manifest.includes_from.get().map(|path| path.to_string());
        if let Some(raw) = manifest.pipeline.get() {
            pipeline.raw = crate::manifest::raw::mapping(&raw.0, &mut ignored);
        }
        for (key, raw) in manifest.hidden_values() {
            let value = crate::manifest::raw::value(&raw.value.0, &mut ignored);
            pipeline.raw.set(key.value.as_str(), value);
        }
        let mut variables = Mapping::new();
        if let Some(own) = manifest.variables.get() {
            variables = self.variables(own, true);
        }
        for (key, image) in manifest.images() {
            let reference = format!("{}:{}", image.repository(&key.value), image.tag());
            variables.set(image_variable(&key.value), reference);
        }
        self.out.pipeline.variables = variables;
    }

    /// The stages: the manifest's list, or those in use of the language's five.
    fn stages(&mut self) {
        let stages = match self.manifest.declared_stages() {
            Some(stages) => stages.iter().map(|stage| stage.value.clone()).collect(),
            None => {
                let jobs = &self.out.pipeline.jobs;
                let used = |stage: &str| {
                    jobs.iter().any(|job| {
                        let own = job.raw.get("stage").and_then(|value| value.as_str());
                        !job.is_hidden() && own.or(job.stage.as_deref()).unwrap_or("test") == stage
                    })
                };
                STAGES
                    .into_iter()
                    .filter(|stage| used(stage))
                    .map(str::to_owned)
                    .collect()
            }
        };
        self.out.pipeline.stages = stages;
    }

    /// The tags that the pipeline writes into a repository.
    fn written_to(&self, repository: &str) -> &[WrittenTag<'m>] {
        let written = self.written.get_or_init(|| {
            let mut written: HashMap<String, Vec<WrittenTag<'m>>> = HashMap::new();
            for tag in self.manifest.written_tags(&self.deployments) {
                written.entry(tag.repository.clone()).or_default().push(tag);
            }
            written
        });
        written.get(repository).map_or(&[], Vec::as_slice)
    }

    /// An image of the manifest.
    pub(crate) fn image(&self, name: &str) -> Option<&'m At<Image>> {
        self.manifest.image(name)
    }

    /// Whether an image may exist without a build in this pipeline.
    pub(crate) fn is_toolchain(&self, name: &str) -> bool {
        let image = self.image(name);
        image.is_some_and(|image| image.role() == Role::Toolchain)
    }

    /// The reference of an image by its tag, as later jobs find it: `$IMAGE_APP`.
    pub(crate) fn by_tag(&self, name: &str) -> String {
        format!("${}", image_variable(name))
    }

    /// The reference of an image by digest, in a value that GitLab expands.
    pub(crate) fn by_digest(&self, name: &str) -> String {
        self.at_digest(name, &format!("${}", digest_variable(name)))
    }

    /// The same in a shell command: the job fails if no build handed a digest on.
    pub(crate) fn by_digest_or_fail(&self, name: &str, uses: &mut Uses) -> String {
        match self.is_toolchain(name) {
            true => uses.image(name),
            false => uses.digest(name),
        }
        self.at_digest(name, &format!("${{{}:?}}", digest_variable(name)))
    }

    /// A toolchain has its tag: no build of this pipeline may have handed a digest on.
    fn at_digest(&self, name: &str, digest: &str) -> String {
        if self.is_toolchain(name) {
            return self.by_tag(name);
        }
        let image = self.image(name);
        let repository = image
            .map(|image| image.repository(name))
            .unwrap_or_default();
        format!("{repository}@{digest}")
    }

    /// The images of these roles.
    fn images_of(&self, roles: &[Role]) -> impl Iterator<Item = (&'m At<String>, &'m At<Image>)> {
        self.manifest
            .images()
            .filter(move |(_, image)| roles.contains(&image.role()))
    }

    /// The names of all stages, in order.
    fn stage_names(&self) -> Vec<String> {
        match self.manifest.declared_stages() {
            Some(stages) => stages.iter().map(|stage| stage.value.clone()).collect(),
            None => STAGES.map(str::to_owned).to_vec(),
        }
    }
}

/// The variable in which a build hands the digest of its image on.
pub(crate) fn digest_variable(name: &str) -> String {
    format!("{}_DIGEST", image_variable(name))
}
