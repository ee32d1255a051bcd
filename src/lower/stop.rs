//! Stop jobs: they take away what a deployment has made.
//!
//! In: the environments with `stop`. Out: one job each, which the deployment names in `on_stop`.
//! Always holds: it runs where the deployment runs, without a checkout, as the branch may be gone,
//! and without what earlier jobs hand on, as that may have expired. It can be run again. It deletes
//! nothing if a variable in the name of what it deletes is empty.

use super::deploy::cluster::{Client, Namespace};
use super::registry::{Function, Right, expression};
use super::{Lowering, quoted, word};
use crate::driver::Deploy;
use crate::gitlab::gates;
use crate::gitlab::shell::wrapped;
use crate::gitlab::variables::{names, or_fail};
use crate::manifest::collection::Many;
use crate::manifest::common::{Entity, Variable, When};
use crate::manifest::environments::{Environment, Stop, StopDelete};
use crate::manifest::images::Image;
use crate::manifest::record::Field;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Job, Mapping, Need, Origin, Value};
use crate::source::At;

/// When GitLab stops a dynamic environment by itself, if the manifest does not say.
const AUTO_STOP: &str = "1 week";

/// When the environment was stopped. What the branch builds later, because it came back, stays.
const STOPPED: &str = "stopped.txt";
const SAY_WHEN: &str = "date -u +%Y-%m-%dT%H:%M:%SZ > stopped.txt";

/// What of an image goes.
struct Doomed<'m> {
    name: &'m str,
    image: &'m Image,
    /// Patterns for the tags of the ref's builds.
    builds: Vec<String>,
    /// Its build cache.
    cache: Option<String>,
    /// The tag that marks what the environment deployed.
    mark: Option<String>,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, environment) in lowering.manifest.environments() {
        if let Some(stop) = environment.stop.get() {
            lowering.stop(key, environment, stop);
        }
    }
}

impl<'m> Lowering<'m> {
    /// When GitLab stops an environment by itself, counted from its last deployment.
    pub(super) fn auto_stop_in(
        &self,
        key: &At<String>,
        environment: &Environment,
    ) -> Option<String> {
        match &environment.auto_stop_in {
            Field::Absent if environment.is_dynamic(&key.value) => {
                self.if_known(gates::AUTO_STOP, AUTO_STOP.to_owned())
            }
            own => own.get().map(|text| text.to_string()),
        }
    }

    fn stop(&mut self, key: &'m At<String>, environment: &'m At<Environment>, stop: &'m Stop) {
        let mut job = self.job_beside(
            environment.stop_job(key),
            Origin::Stop(key.value.clone()),
            environment.common(),
        );
        let stage = stop.stage.get().map(String::as_str);
        job.stage = Some(stage.unwrap_or(environment.stage()).to_owned());
        let refs = environment.refs.get().map(|refs| refs.0.clone());
        let narrowed = self.manifest.narrowed_environment(environment);
        self.run_on(&mut job, &refs.unwrap_or_default(), narrowed.as_ref());
        let when = stop.when.copied_or(When::Manual);
        if when != When::OnSuccess {
            job.when = Some(when.as_str().to_owned());
        }
        if when == When::Manual {
            // Else GitLab skips it, and can never run it, where an earlier job fails.
            job.needs = Some(Vec::new());
        }
        job.allow_failure = Some(Value::Bool(true));
        job.interruptible = self.if_known(gates::INTERRUPTIBLE, false);
        job.resource_group = self.resource_group(key, environment);
        job.environment = Some(Mapping::from_iter([
            ("name", environment.name(&key.value)),
            ("action", "stop"),
        ]));
        let doomed = self.doomed(key, environment, stop);
        let in_cluster = stop.delete.get().is_some() || !stop.script.is_missing();
        let untags = environment.untags(&key.value, self.manifest, &self.deployments);
        let untags = untags.then(|| self.untag(key, environment, &job, &doomed));
        let asks_time = doomed.iter().any(|of| !of.builds.is_empty());
        if in_cluster || doomed.is_empty() {
            let namespace = match stop.delete.get() {
                Some(StopDelete::Namespace) => Namespace::Ignored,
                Some(StopDelete::Release | StopDelete::Labelled) | None => Namespace::Used,
            };
            self.with_cluster(&mut job, environment, Client::of(environment), namespace);
            job.script = super::common::commands(&stop.script);
            job.script.extend(self.deletion(environment, stop));
            if untags.is_some() && asks_time {
                job.script.push(SAY_WHEN.into());
                job.artifacts = Mapping::from_iter([
                    ("paths", Value::list([STOPPED.to_owned()])),
                    ("expire_in", Value::from("1 day")),
                ]);
            }
        } else {
            if asks_time {
                job.script.push(SAY_WHEN.into());
            }
            self.delete_tags(&mut job, &doomed);
        }
        job.variables = self.stop_variables(key, environment, stop);
        if !mutant::on(Mutant::StopChecksOut) {
            job.variables.set("GIT_STRATEGY", "none");
        }
        if let Some(raw) = stop.job.get() {
            job.raw = crate::manifest::raw::mapping(&raw.0, &mut crate::finding::Report::default());
        }
        self.finish(job, None);
        if let Some(job) = untags {
            self.finish(job, None);
        }
    }

    /// The job that deletes tags once the stop job is done, which has another image. GitLab starts
    /// it then, also where the stop job waited for a person: `Ci::ResetSkippedJobsService`, which
    /// knows jobs of one stage since 14.2.
    fn untag(
        &mut self,
        key: &At<String>,
        environment: &'m At<Environment>,
        stop: &Job,
        doomed: &[Doomed<'m>],
    ) -> Job {
        self.lacks_below(
            gates::NEEDS_IN_STAGE,
            "`images` beside what else `stop` does",
            environment.stop.span().unwrap_or(key.span),
        );
        let mut job = Job {
            stage: stop.stage.clone(),
            rules: stop.rules.clone(),
            policies: stop.policies.clone(),
            needs: Some(vec![Need {
                job: stop.name.clone(),
                artifacts: doomed.iter().any(|of| !of.builds.is_empty()),
                optional: false,
            }]),
            allow_failure: Some(Value::Bool(true)),
            interruptible: stop.interruptible,
            resource_group: stop.resource_group.clone(),
            ..self.job_beside(
                environment.untag_job(key),
                Origin::Untag(key.value.clone()),
                environment.common(),
            )
        };
        self.delete_tags(&mut job, doomed);
        job
    }

    /// Lets a job delete tags.
    fn delete_tags(&mut self, job: &mut Job, doomed: &[Doomed<'m>]) {
        let images: Vec<&Image> = doomed.iter().map(|of| of.image).collect();
        self.with_regctl(job, &images, Right::Delete, None);
        for Doomed {
            name,
            image,
            builds,
            cache,
            mark,
        } in doomed
        {
            let before = self.before_deletion(job, image);
            if !builds.is_empty() || !before.is_empty() {
                job.script.push(Self::in_repository(name, image));
                job.script.extend(before);
            }
            let deletion = |tag: &str| {
                let reference = format!("{}:{}", image.repository(name), or_fail(tag));
                self.deletion_of(&reference)
            };
            let cache = cache.as_deref().map(deletion);
            let mark = mark.as_deref().map(deletion);
            if builds.is_empty() {
                job.script.extend(cache);
            } else {
                // Other branches may share the slug: of their images and their cache nothing goes.
                let all = mutant::on(Mutant::StopDeletesAllBranches);
                let tags = builds.iter().map(|tag| if all { ".*" } else { tag });
                let tags = tags.map(|tag| format!("--include {}", expression(tag)));
                let tags = tags.collect::<Vec<_>>().join(" ");
                let list = self.call(job, Function::Images, &tags);
                let own = match all {
                    true => "cat".to_owned(),
                    false => self.call(job, Function::OfBranch, ""),
                };
                let delete = self.call(job, Function::Delete, "");
                job.script.push(format!("{list} > /tmp/images").into());
                job.script
                    .push(format!("{own} < /tmp/images | {delete}").into());
                if let Some(cache) = cache {
                    let others = self.call(job, Function::OfOthers, "");
                    let cache = format!(
                        "{others} < /tmp/images || {}",
                        cache.as_str().unwrap_or_default()
                    );
                    job.script.push(wrapped(&cache).into());
                }
            }
            job.script.extend(mark);
        }
    }

    /// Commands that take the deployment out of the cluster. What is gone already is not an error, a
    /// cluster that does not answer is one.
    fn deletion(&self, environment: &Environment, stop: &Stop) -> Vec<Value> {
        match stop.delete.get() {
            Some(StopDelete::Namespace) => {
                let access = environment.access(self.manifest);
                let namespace = access.namespace.get().map(|name| quoted(&or_fail(name)));
                let delete =
                    |name| format!("kubectl delete namespace {name} --ignore-not-found").into();
                namespace.map(delete).into_iter().collect()
            }
            Some(StopDelete::Release) => {
                let deploy = environment.deploy.get();
                let release = deploy.and_then(Deploy::release);
                release.map(|of| of.delete).unwrap_or_default()
            }
            Some(StopDelete::Labelled) => {
                let kinds = stop.kinds.get().map(super::common::list_of);
                let kinds = kinds.unwrap_or_default().join(",");
                let selector = stop.selector.get().map(|text| quoted(&or_fail(text)));
                // Also where an object goes with its owner before its turn comes.
                let delete = |selector| {
                    format!(
                        "kubectl delete {} --selector {selector} --ignore-not-found",
                        word(&kinds)
                    )
                    .into()
                };
                selector.map(delete).into_iter().collect()
            }
            None => Vec::new(),
        }
    }

    /// What a stop deletes in the registry: the tags of the ref, and the tag that says what the
    /// environment runs.
    fn doomed(
        &self,
        key: &At<String>,
        environment: &'m Environment,
        stop: &Stop,
    ) -> Vec<Doomed<'m>> {
        let mut doomed: Vec<Doomed<'m>> = Vec::new();
        for name in stop.images.get().into_iter().flat_map(Many::iter) {
            let Some((key, image)) = self.manifest.image_entry(&name.value) else {
                continue;
            };
            let (builds, cache) = (image.tags_of_ref(), image.cache_of_ref());
            if !builds.is_empty() || cache.is_some() {
                doomed.push(Doomed {
                    name: &key.value,
                    image,
                    builds,
                    cache: cache.map(str::to_owned),
                    mark: None,
                });
            }
        }
        let mark = environment.deployed_tag(&key.value);
        let own = |tag: &String| environment.owns(&key.value, self.manifest, tag);
        if let Some(mark) = mark.filter(|mark| environment.is_dynamic(&key.value) && own(mark)) {
            for name in self.deployments.marked(self.manifest, environment) {
                match doomed.iter_mut().find(|known| known.name == name) {
                    Some(known) => known.mark = Some(mark.clone()),
                    None => doomed.extend(self.image(name).map(|image| Doomed {
                        name,
                        image,
                        builds: Vec::new(),
                        cache: None,
                        mark: Some(mark.clone()),
                    })),
                }
            }
        }
        doomed
    }

    /// The environment's variables that the job uses. A digest is known to its pipeline for as long
    /// as GitLab keeps what the build handed on, so an image is named by its tag here.
    fn stop_variables(
        &self,
        key: &At<String>,
        environment: &'m Environment,
        stop: &Stop,
    ) -> Mapping {
        // Of a project's own commands nobody knows what they use.
        let all = !stop.script.is_missing();
        let texts = self.stop_texts(key, environment, stop);
        self.variables_of(environment, all, texts)
    }

    /// The environment's variables that a job uses which only reaches the cluster.
    pub(super) fn access_variables(&self, environment: &'m Environment) -> Mapping {
        let texts = self.access_texts(environment);
        self.variables_of(environment, false, texts)
    }

    /// The environment's variables that texts name, or all.
    fn variables_of(
        &self,
        environment: &'m Environment,
        all: bool,
        mut look_into: Vec<String>,
    ) -> Mapping {
        let mut variables = Mapping::new();
        let Some(own) = environment.variables.get() else {
            return variables;
        };
        let mut used: Vec<String> = Vec::new();
        while let Some(text) = look_into.pop() {
            for (name, variable) in own.0.iter() {
                let is_used = names(&text).any(|known| known == name.value);
                if is_used && !used.contains(&name.value) {
                    used.push(name.value.clone());
                    look_into.extend(variable.value.value.get().map(|value| value.0.clone()));
                }
            }
        }
        for (name, variable) in own.0.iter() {
            if all || used.contains(&name.value) {
                variables.set_if(name.value.as_str(), self.without_digest(&variable.value));
            }
        }
        variables
    }

    /// The manifest's texts by which a job reaches the cluster.
    fn access_texts(&self, environment: &'m Environment) -> Vec<String> {
        let access = environment.access(self.manifest);
        let kubeconfig = access.kubeconfig.get().and_then(|of| of.variable.get());
        let mut texts = vec![environment.name("").to_owned()];
        texts.extend(environment.resource_group.get().cloned());
        texts.extend(kubeconfig.map(|name| format!("${}", &**name)));
        let image = access.image.get().and_then(|image| image.name.get());
        let of_access = [
            access.agent.get(),
            access.context.get(),
            access.namespace.get(),
            image,
        ];
        texts.extend(of_access.into_iter().flatten().cloned());
        texts
    }

    /// The manifest's texts that stand in a stop job, in which variables are expanded.
    fn stop_texts(
        &self,
        key: &At<String>,
        environment: &'m Environment,
        stop: &Stop,
    ) -> Vec<String> {
        let mut texts = self.access_texts(environment);
        match stop.delete.get() {
            Some(StopDelete::Release) => {
                let release = environment.deploy.get().and_then(Deploy::release);
                texts.extend(release.map(|release| release.name.value.clone()));
            }
            Some(StopDelete::Labelled) => {
                texts.extend(
                    stop.kinds
                        .get()
                        .map(super::common::list_of)
                        .into_iter()
                        .flatten(),
                );
                texts.extend(stop.selector.get().cloned());
            }
            Some(StopDelete::Namespace) | None => {}
        }
        for doomed in self.doomed(key, environment, stop) {
            texts.push(doomed.image.repository(doomed.name));
            texts.extend(doomed.builds);
            texts.extend(doomed.cache);
            texts.extend(doomed.mark);
        }
        texts
    }

    /// The value of a variable as far as it is known without a digest.
    fn without_digest(&self, variable: &Variable) -> Option<Value> {
        if let Some(image) = variable.image.get() {
            return Some(Value::from(self.by_tag(image)));
        }
        if variable.digest_of.get().is_some() {
            return None;
        }
        Some(self.variable(variable, false))
    }
}
