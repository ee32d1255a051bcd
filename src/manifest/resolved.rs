//! What an entity says together with what the language says for it: the one place that knows the
//! language's own defaults (sections 5 to 7 and 12).
//!
//! Always holds: the answer is the one that the manifest reference documents, with its place.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Manifest;
use super::collection::{List, Many, Map};
use super::common::{AllowFailure, When};
use super::environments::{Environment, Promotion};
use super::images::{Builder, Image, KeepFor, Role};
use super::kinds::{Text, Workload};
use super::record::Field;
use super::tests::Test;
use super::tools::{Compose, Kubernetes};
use crate::driver::Deploy;
use crate::gitlab::Version;
use crate::gitlab::duration;
use crate::gitlab::names::{self, kubernetes_workload};
use crate::gitlab::variables::{Part, names as variable_names, parts};
use crate::source::{At, Span};

/// The tag of one build, made from a tag that several builds write, or from a reference with one.
pub fn build_tag(tag: &str) -> String {
    format!("{tag}-$CI_JOB_ID")
}

/// The tag of a build that has passed its tests, made from its tag or from a reference with one.
pub fn tested_tag(tag: &str) -> String {
    format!("{tag}-tested")
}

/// How long a deployment waits for each workload if the manifest does not say.
pub const ROLLOUT_TIMEOUT: &str = "5m";

/// The target of a manifest that names none; it belongs to `windlass: 1`.
pub const DEFAULT_TARGET: Version = Version::new(18, 0);

/// A job name and where it is written, or where the entity stands that it is made from.
pub type JobName = At<String>;

fn job_name(own: Option<&Field<Text>>, key: &At<String>, made: String) -> JobName {
    match own.and_then(Field::at) {
        Some(at) => at.clone(),
        None => At::new(made, key.span),
    }
}

/// The variable that holds an image's reference: `IMAGE_PHP_CI`.
pub fn image_variable(name: &str) -> String {
    variable("IMAGE", name)
}

/// The variable of an entity, by what it says of it: `DEPLOYED_PROD`.
pub fn variable(what: &str, entity: &str) -> String {
    format!("{what}_{}", upper(entity))
}

/// The name of an entity in the name of a variable: `PHP_CI`.
pub fn upper(entity: &str) -> String {
    entity.to_ascii_uppercase().replace('-', "_")
}

impl Image {
    /// What it is for.
    pub fn role(&self) -> Role {
        self.role.copied_or(Role::App)
    }

    /// Whether it is meant to be deployed.
    pub fn is_deployable(&self) -> bool {
        matches!(self.role(), Role::App | Role::Production)
    }

    /// The job that builds it.
    pub fn build_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.build),
            key,
            format!("build-{}", key.value),
        )
    }

    /// The job that checks whether to build it.
    pub fn check_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.check),
            key,
            format!("check-{}", key.value),
        )
    }

    /// The job that builds it in any case.
    pub fn force_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.force),
            key,
            format!("force-build-{}", key.value),
        )
    }

    /// The job that marks a build that has passed its tests.
    pub fn tested_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.tested),
            key,
            format!("tested-{}", key.value),
        )
    }

    /// The images that it is built from, with where it says so.
    pub fn bases(&self) -> impl Iterator<Item = &At<Text>> {
        let args = self.build_args.get().into_iter();
        args.flat_map(|args| args.0.iter())
            .flat_map(|(_, value)| value.value.images())
    }

    /// The job of its retention.
    pub fn cleanup_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.cleanup),
            key,
            format!("cleanup-{}", key.value),
        )
    }

    /// Whether builds of it outlive their pipeline and are deleted later.
    pub fn is_pruned(&self) -> bool {
        let retention = self.retention.get();
        retention.is_some_and(|retention| retention.keep_for.get() != Some(&KeepFor::Pipeline))
    }

    /// The job that lists the branches for its retention, if it is kept for its branch.
    pub fn branches_job(&self, key: &At<String>) -> Option<JobName> {
        let retention = self.retention.get()?;
        let by_branch = retention.keep_for.get() == Some(&KeepFor::Branch);
        by_branch.then(|| {
            job_name(
                self.job_names.get().map(|n| &n.branches),
                key,
                format!("branches-{}", key.value),
            )
        })
    }

    /// The stage of its build.
    pub fn stage(&self) -> &str {
        match (self.stage.get(), self.role()) {
            (Some(stage), _) => stage,
            (None, Role::Production) => "build-prod",
            (None, Role::App | Role::Test | Role::Toolchain) => "build",
        }
    }

    /// Its repository.
    pub fn repository(&self, name: &str) -> String {
        match self.repository.get() {
            Some(own) => own.clone(),
            None => format!("$CI_REGISTRY_IMAGE/{name}"),
        }
    }

    /// The tag that only one build of this image writes; `None` if its own tag is one. A job that is
    /// retried has another id.
    pub fn build_tag(&self) -> Option<String> {
        let own = variable_names(self.tag()).any(|name| name == "CI_JOB_ID");
        (!own).then(|| build_tag(self.tag()))
    }

    /// The one tag by which other jobs and pipelines find this build. Where tags go with their
    /// branch, it names that.
    pub fn tag(&self) -> &str {
        let retention = self.retention.get();
        let of_branch = retention.is_some_and(|of| of.keep_for.get() == Some(&KeepFor::Branch));
        match (self.tag.get(), self.role()) {
            (Some(tag), _) => tag,
            (None, Role::App | Role::Production) if of_branch => {
                "$CI_COMMIT_REF_SLUG-$CI_COMMIT_SHA"
            }
            (None, Role::Test) if of_branch => "$CI_COMMIT_REF_SLUG-$CI_PIPELINE_ID",
            (None, Role::App | Role::Production) => "$CI_COMMIT_SHA",
            (None, Role::Test) => "$CI_PIPELINE_ID",
            (None, Role::Toolchain) => "latest",
        }
    }

    /// The folder that the build sees.
    pub fn context(&self) -> &str {
        self.context.get().map_or(".", |path| &**path)
    }

    /// The Dockerfile's path.
    pub fn dockerfile(&self) -> String {
        match (self.dockerfile.get(), self.context()) {
            (Some(path), _) => path.to_string(),
            (None, ".") => "Dockerfile".to_owned(),
            (None, context) => format!("{}/Dockerfile", context.trim_end_matches('/')),
        }
    }
}

impl Test {
    /// The job that runs it.
    pub fn run_job(&self, key: &At<String>) -> JobName {
        job_name(self.job_names.get().map(|n| &n.run), key, key.value.clone())
    }
}

impl Environment {
    /// GitLab's name of the environment.
    pub fn name<'m>(&'m self, key: &'m str) -> &'m str {
        self.name.get().map_or(key, String::as_str)
    }

    /// Whether it is a dynamic environment.
    pub fn is_dynamic(&self, key: &str) -> bool {
        self.name(key).contains('$')
    }

    /// The job that deploys.
    pub fn deploy_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.deploy),
            key,
            format!("deploy-{}", key.value),
        )
    }

    /// The job that lists what it runs.
    pub fn running_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.running),
            key,
            format!("running-{}", key.value),
        )
    }

    /// The job that moves its tag to what it deployed.
    pub fn mark_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.mark),
            key,
            format!("mark-{}", key.value),
        )
    }

    /// Whether the pipeline goes on when its deployment failed: in GitLab that is the default of a
    /// manual job.
    pub fn may_fail(&self) -> bool {
        match self.allow_failure.get() {
            Some(AllowFailure::Any(any)) => *any,
            Some(AllowFailure::ExitCodes(_)) => true,
            None => self.when.get() == Some(&When::Manual),
        }
    }

    /// The tag that says what it deployed last, if the manifest asks for one.
    pub fn deployed_tag(&self, key: &str) -> Option<String> {
        let own = self.deployed_tag.get()?;
        if self.is_dynamic(key) {
            return Some(own.to_string());
        }
        let name = self.name(key);
        // Not all jobs that use the tag are jobs of the environment.
        let slug = names::environment_slug(name);
        let known = |part| match part {
            Part::Variable("CI_ENVIRONMENT_SLUG", _) => slug.clone(),
            Part::Variable(_, text) | Part::Text(text) => text.to_owned(),
        };
        Some(parts(own).into_iter().map(known).collect())
    }

    /// How long the deployment may wait for its migration and its workloads, one after the other; `None` if it waits
    /// for nothing, or for ever. Of manifests, whose workloads nobody here knows, at least one.
    pub fn longest_rollout(&self) -> Option<Duration> {
        let rollout = self.rollout.get();
        let timeout = rollout.and_then(|rollout| rollout.timeout.get());
        let each = duration::parse_go(timeout.map_or(ROLLOUT_TIMEOUT, |timeout| timeout));
        let waits =
            |workload: &Workload| kubernetes_workload(workload) != names::Workload::WithoutRollout;
        let deploy = self.deploy.get()?;
        let watch = rollout.and_then(|rollout| rollout.watch.get());
        let count = match watch {
            Some(watch) => watch.iter().filter(|one| waits(&one.value)).count(),
            None => deploy.drivers().map(|of| of.value.waits_for()).sum(),
        };
        let all = each.ok()?.checked_mul(u32::try_from(count).ok()?)?;
        let migrate = self.migrate.get();
        let migrates = migrate.map(|of| of.timeout.get().map_or(ROLLOUT_TIMEOUT, |own| own));
        let migrates = migrates.and_then(|own| duration::parse_go(own).ok());
        let all = all.checked_add(migrates.unwrap_or_default())?;
        (!all.is_zero()).then_some(all)
    }

    /// The stage of the deployment.
    pub fn stage(&self) -> &str {
        self.stage.get().map_or("deploy", String::as_str)
    }

    /// The job that stops.
    pub fn stop_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.stop),
            key,
            format!("stop-{}", key.value),
        )
    }

    /// The job that deletes its tags once it is stopped, if that is a job of its own: where the stop
    /// job has something else to do.
    pub fn untag_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.untag),
            key,
            format!("untag-{}", key.value),
        )
    }

    /// The access to its cluster: what it says itself over what the manifest says.
    pub fn access(&self, manifest: &Manifest) -> Kubernetes {
        let mut own = self.kubernetes.get().cloned().unwrap_or_default();
        let by_itself = self.deploy.get().filter(|deploy| deploy.is_by_itself());
        let everywhere = manifest.kubernetes.get();
        if by_itself.is_none() || !own.ways().is_empty() {
            own = own.over(everywhere);
        } else if own.image.is_missing()
            && let Some(everywhere) = everywhere
        {
            // No access to a cluster, but the image of jobs that deploy.
            own.image = everywhere.image.clone();
        }
        if let Some(deploy) = by_itself
            && !deploy.image.is_missing()
        {
            own.image = deploy.image.clone();
        }
        own
    }

    /// The images that it deploys or names, with where it says so.
    pub fn deployed_images(&self) -> Vec<&At<Text>> {
        let mut images = Vec::new();
        if let Some(deploy) = self.deploy.get() {
            images.extend(deploy.drivers().flat_map(|driver| driver.value.images()));
        }
        images.extend(self.images.get().into_iter().flat_map(Many::iter));
        if let Some(variables) = self.variables.get() {
            images.extend(
                variables
                    .0
                    .iter()
                    .flat_map(|(_, variable)| variable.value.images()),
            );
        }
        images
    }
}

impl Promotion {
    /// The job that promotes.
    pub fn promote_job(&self, key: &At<String>) -> JobName {
        job_name(
            self.job_names.get().map(|n| &n.promote),
            key,
            format!("promote-{}", key.value),
        )
    }
}

impl super::common::Variable {
    /// The images that its value depends on.
    pub fn images(&self) -> impl Iterator<Item = &At<Text>> {
        [
            &self.image,
            &self.tag_of,
            &self.digest_of,
            &self.repository_of,
        ]
        .into_iter()
        .filter_map(Field::at)
    }

    /// The same, to let them name rows of a matrix.
    pub fn images_mut(&mut self) -> impl Iterator<Item = &mut At<Text>> {
        [
            &mut self.image,
            &mut self.tag_of,
            &mut self.digest_of,
            &mut self.repository_of,
        ]
        .into_iter()
        .filter_map(Field::at_mut)
    }
}

/// The refs of an entity: names of sets with their places. Sets that the language gives by itself
/// have the place of the entity.
pub type SetNames = Vec<At<String>>;

impl Manifest {
    /// The GitLab that must run the pipeline.
    pub fn target(&self) -> Version {
        let own = self.gitlab.get().and_then(|text| text.parse().ok());
        own.unwrap_or(DEFAULT_TARGET)
    }

    /// What builds an image: before GitLab 13 there is no buildx in most images of Docker.
    pub fn builder(&self, image: &Image) -> Builder {
        let own = image.builder.get().copied();
        own.unwrap_or(if self.target() < Version::new(13, 0) {
            Builder::Docker
        } else {
            Builder::Buildx
        })
    }

    /// Entities of a kind; nothing if the section is missing.
    fn entries<T>(field: &Field<Map<T>>) -> impl Iterator<Item = (&At<String>, &At<T>)> {
        field.get().into_iter().flat_map(Map::iter)
    }

    /// The images.
    pub fn images(&self) -> impl Iterator<Item = (&At<String>, &At<Image>)> {
        Self::entries(&self.images)
    }

    /// The tests, then the tasks; with whether it is a task.
    pub fn tests_and_tasks(&self) -> impl Iterator<Item = (&At<String>, &At<Test>, bool)> {
        let tests = Self::entries(&self.tests).map(|(key, test)| (key, test, false));
        tests.chain(Self::entries(&self.tasks).map(|(key, task)| (key, task, true)))
    }

    /// The environments.
    pub fn environments(&self) -> impl Iterator<Item = (&At<String>, &At<Environment>)> {
        Self::entries(&self.environments)
    }

    /// The promotions.
    pub fn promotions(&self) -> impl Iterator<Item = (&At<String>, &At<Promotion>)> {
        self.promotions.get().into_iter().flat_map(|all| all.iter())
    }

    /// The names of the images that a promotion is about; `all` are those that can be deployed.
    pub fn promoted_by<'m>(&'m self, promotion: &'m Promotion) -> Vec<&'m str> {
        let mut names = Vec::new();
        for at in promotion.image.get().into_iter().flat_map(Many::iter) {
            if at.value == "all" {
                let all = self.images().filter(|(_, image)| image.is_deployable());
                names.extend(all.map(|(key, _)| key.value.as_str()));
            } else {
                names.push(at.value.as_str());
            }
        }
        names
    }

    /// An image by name.
    pub fn image(&self, name: &str) -> Option<&At<Image>> {
        self.images.get()?.get(name)
    }

    /// An image by name, with its key.
    pub fn image_entry(&self, name: &str) -> Option<(&At<String>, &At<Image>)> {
        self.images.get()?.entry(name)
    }

    /// The names of all images.
    pub fn image_names(&self) -> Vec<&str> {
        self.images().map(|(key, _)| key.value.as_str()).collect()
    }

    /// The names of the images that an environment deploys; `all` are those that can be.
    pub fn deployed_by<'m>(&'m self, environment: &'m Environment) -> Vec<&'m str> {
        let mut names = Vec::new();
        for at in environment.deployed_images() {
            if at.value == "all" {
                let all = self.images().filter(|(_, image)| image.is_deployable());
                names.extend(all.map(|(key, _)| key.value.as_str()));
            } else {
                names.push(at.value.as_str());
            }
        }
        let substituted = self.substituted_by(environment).into_iter();
        names.extend(substituted.map(|image| image.value));
        names
    }

    /// The images of which an environment's files hold the variable, as `$IMAGE_APP`, with where
    /// the environment says so.
    pub fn substituted_by<'m>(&'m self, environment: &'m Environment) -> Vec<At<&'m str>> {
        let drivers = environment
            .deploy
            .get()
            .into_iter()
            .flat_map(Deploy::drivers);
        let migrate = environment.migrate.get();
        let of_migration = migrate.and_then(|migrate| migrate.envsubst.get());
        let of_migration = of_migration.into_iter().flat_map(List::iter);
        let mut seen = HashSet::new();
        let names = drivers
            .flat_map(|driver| driver.value.substituted())
            .chain(of_migration)
            .filter(|name| seen.insert(&*name.value));
        let images = self.image_names();
        let image = |variable: &str| {
            let mut images = images.iter().copied();
            images.find(|image| image_variable(image) == variable)
        };
        names
            .filter_map(|name| Some(At::new(image(&name.value)?, name.span)))
            .collect()
    }

    /// The images that an environment deploys or names, with where it says so.
    pub fn deployed_at(&self, environment: &Environment) -> Vec<At<String>> {
        let named = environment.deployed_images().into_iter().cloned();
        let substituted = self.substituted_by(environment).into_iter();
        named
            .chain(substituted.map(|image| image.map(str::to_owned)))
            .collect()
    }

    /// Where an entity happens that does not say so: `defaults.refs` has been handed down, so what
    /// is left is GitLab's own `[branches, tags]`.
    pub fn default_refs(span: Span) -> SetNames {
        ["branches", "tags"]
            .map(|set| At::new(set.to_owned(), span))
            .to_vec()
    }

    /// Names of the sets that a field holds, or GitLab's default.
    pub fn refs_of(field: &Field<Many<Text>>, span: Span) -> SetNames {
        match field.get() {
            Some(sets) => sets.0.clone(),
            None => Self::default_refs(span),
        }
    }

    /// The stages in order: those of the manifest, or those in use of the language's five.
    pub fn declared_stages(&self) -> Option<&[At<Text>]> {
        self.stages.get().map(|stages| stages.0.as_slice())
    }
}

impl Compose {
    /// The compose service that runs each image; the first one if there are several.
    pub fn services_by_image(&self) -> HashMap<&str, &str> {
        let mut services = HashMap::new();
        for (service, image) in self.services.get().into_iter().flat_map(Map::iter) {
            let first = services.entry(image.value.as_str());
            first.or_insert(service.value.as_str());
        }
        services
    }
}

/// The stages that there are if the manifest lists none.
pub const STAGES: [&str; 5] = ["build", "test", "build-prod", "deploy", "cleanup"];

/// The ref sets that are built in.
pub const BUILT_IN_REFS: [&str; 5] = [
    "branches",
    "tags",
    "merge_requests",
    "schedules",
    "default_branch",
];
