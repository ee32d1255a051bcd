//! The manifest, language version 1: typed and closed, every value with its place.
//!
//! In: the tree of a source. Out: a [`Manifest`] whose matrices are expanded and whose entities
//! have taken over their defaults.
//! Always holds: a value that is there is of its kind (a regex compiles, a duration is one); what
//! names refer to is for `check` to see.

pub mod accepted;
pub mod artifacts;
pub mod changes;
pub mod collection;
pub mod common;
mod declare;
pub mod deployments;
pub mod environments;
mod expand;
pub mod images;
pub mod kinds;
mod matrix;
pub mod ownership;
pub mod promoted;
pub mod promoted_tested;
pub mod raw;
pub mod reach;
pub mod record;
pub mod refs;
pub mod registries;
pub mod resolved;
pub mod scalar;
mod schema;
pub mod tests;
pub mod tool_images;
pub mod tools;
mod unknown_key;
pub mod words;
pub mod written_tags;

use accepted::Accepted;
use collection::{List, Many, Map};
use common::{Entity, ForAll, Retry, Variables};
use environments::{Environment, Promotion};
use images::{Image, Role};
use kinds::{ProjectPath, Raw, TargetVersion, Text, Timeout, WindlassVersion};
use record::{Field, Read, Reader, record};
use refs::RefSet;
pub use schema::schema;
use tests::Test;
use tool_images::ToolImages;
use tools::{Compose, Docker, Include, Kubernetes, Registry};

use crate::finding::Report;
use crate::source::Node;

record! {
    /// What holds for all entities that do not say otherwise. The nearest wins, key by key; only
    /// `variables` and `build_args` are merged.
    Defaults {
        /// Keys of every image.
        images: Image,
        /// Keys of every test.
        tests: Test,
        /// Keys of every task.
        tasks: Test,
        /// Keys of every environment.
        environments: Environment,
        /// Keys of every promotion.
        promotions: Promotion,
        /// Refs of everything that names none, except deployments and builds of production images.
        /// Default: `[branches, tags]`.
        refs: Many<Text>,
        /// Tags of the runners that may take a job.
        runner_tags: List<Text>,
        /// How often a failed job is repeated.
        retry: Retry,
        /// How long a job may take. Default: one hour; with `null` the project's own timeout.
        timeout: Timeout,
        /// Whether a newer pipeline may cancel a job. Default: `true`; never for deployments.
        interruptible: bool,
    }
}

record! {
    /// A windlass manifest: what a project builds, tests and deploys, and where.
    Manifest {
        /// The version of the language: `1`.
        windlass: i64,
        /// The oldest windlass that reads this manifest, as in `0.1.0`; an older one says so and refuses it.
        made_for: WindlassVersion,
        /// Files that several projects share, copied into this one: each is a manifest, which this one overrides. Their
        /// checksums are in `windlass.lock`; see [presets](presets.md).
        presets: Many<ProjectPath>,
        /// The oldest GitLab that must run the pipeline, as major and minor version. Default: `"18.0"`.
        gitlab: TargetVersion,
        /// All stages, in order. Default: those of `build`, `test`, `build-prod`, `deploy` and
        /// `cleanup` that are in use.
        stages: List<Text>,
        /// Variables of every job.
        variables: Variables,
        /// GitLab's `include`, verbatim; each entry a mapping.
        include: List<Include>,
        /// A folder of the project with copies of included files from other projects, templates,
        /// components and URLs, so that they are proved as well. Files that it does not have are not
        /// read.
        includes_from: ProjectPath,
        /// The images that generated jobs take their programs from.
        tools: ToolImages,
        /// How jobs reach a Docker daemon.
        docker: Docker,
        /// How jobs reach a Kubernetes cluster.
        kubernetes: Kubernetes,
        /// Registries by name. `gitlab` is built in and may be extended.
        registries: Map<Registry>,
        /// The project's compose files.
        compose: Compose,
        /// Named sets of branches, tags and merge requests, for `refs` of everything else.
        refs: Map<RefSet>,
        /// Defaults for images, tests, tasks, environments and promotions.
        defaults: Defaults,
        /// Images that the project builds, by name.
        images: Map<Image>,
        /// Tests, by job name.
        tests: Map<Test>,
        /// Other jobs that run a script in an image, by job name. Each names its `stage`.
        tasks: Map<Test>,
        /// Places that images are deployed to, by name.
        environments: Map<Environment>,
        /// Further tags for images that were already built, by name.
        promotions: Map<Promotion>,
        /// GitLab jobs, verbatim, by job name. They may use `refs` as well. A hidden key, as `.commands`, may also
        /// hold a list or a text, for `!reference`.
        jobs: Map<Raw>,
        /// Top-level GitLab keys, merged over the generated ones as `extends` does.
        pipeline: Raw,
        /// Findings that are only warnings in `include`, `jobs` and `pipeline`. In generated jobs they
        /// stay errors.
        accept: List<Accepted>,
    }
}

/// Reads a manifest from a tree. `None` if the tree is not a mapping; the report says so.
pub fn read(root: &Node, report: &mut Report) -> Option<Manifest> {
    let (root, rows) = matrix::expand(root, report);
    let mut reader = Reader::new(report);
    let mut manifest = Manifest::read(&root, &mut reader)?;
    inherit(&mut manifest);
    rows.resolve(&mut manifest, report);
    Some(manifest)
}

/// The keys of `defaults` for all kinds that one kind of entity does not take over.
pub(crate) fn not_for_all(kind: &str, is_production: bool) -> &'static [&'static str] {
    match kind {
        // A production image is built where it is deployed.
        "images" if is_production => &["refs"],
        // Nothing is deployed by default, and nothing half-way.
        "environments" => &["refs", "interruptible"],
        "promotions" => &["interruptible"],
        _ => &[],
    }
}

/// Hands the defaults down: the nearest wins, key by key.
fn inherit(manifest: &mut Manifest) {
    let Some(all) = manifest.defaults.get().cloned() else {
        return;
    };
    let for_all = |kind: &str, is_production: bool| {
        let mut rest = ForAll::of(&all);
        for key in not_for_all(kind, is_production) {
            match *key {
                "refs" => rest.refs = &Field::Absent,
                "interruptible" => rest.interruptible = &Field::Absent,
                _ => {}
            }
        }
        rest
    };
    let (images, production) = (for_all("images", false), for_all("images", true));
    hand_down(&mut manifest.images, &all.images, |image| {
        match image.role() {
            Role::Production => production,
            _ => images,
        }
    });
    let tests = for_all("tests", false);
    hand_down(&mut manifest.tests, &all.tests, |_| tests);
    let tasks = for_all("tasks", false);
    hand_down(&mut manifest.tasks, &all.tasks, |_| tasks);
    let environments = for_all("environments", false);
    hand_down(&mut manifest.environments, &all.environments, |_| {
        environments
    });
    let promotions = for_all("promotions", false);
    hand_down(&mut manifest.promotions, &all.promotions, |_| promotions);
}

/// Hands down to one kind of entity what holds for it, and then what holds for all.
fn hand_down<'d, E: Entity>(
    entities: &mut Field<Map<E>>,
    kind: &Field<E>,
    all: impl Fn(&E) -> ForAll<'d>,
) {
    let Field::Set(map) = entities else { return };
    for entity in map.value.values_mut() {
        if let Some(kind) = kind.get() {
            entity.value.inherit_keys(kind);
        }
        let all = all(&entity.value);
        entity.value.inherit_for_all(&all);
    }
}
