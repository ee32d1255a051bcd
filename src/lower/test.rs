//! Tests and tasks: a script inside an image, by GitLab, `docker run` or `docker compose run`.

use super::docker::OWN_NAME;
use super::entrypoint::takes_no_shell;
use super::{Lowering, in_container, quoted, word};
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::manifest::collection::Many;
use crate::manifest::common::{Entity, Variable, Variables};
use crate::manifest::record::{Field, all};
use crate::manifest::tests::{JobImage, Parallel, Service as ManifestService, Test, Via};
use crate::mutant::{self, Mutant};
use crate::pipeline::{Image, Job, Mapping, Origin, Service, Uses, Value};
use crate::source::At;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, test, is_task) in lowering.manifest.tests_and_tasks() {
        lowering.test(key, test, is_task);
    }
}

impl<'m> Lowering<'m> {
    fn test(&mut self, key: &At<String>, test: &'m At<Test>, is_task: bool) {
        let common = test.common();
        let origin = Origin::run(&key.value, is_task);
        let mut job = self.job(&test.run_job(key), origin, key.span, common);
        job.stage = Some(
            test.stage
                .get()
                .cloned()
                .unwrap_or_else(|| "test".to_owned()),
        );
        let refs = Manifest::refs_of(&test.refs, test.span);
        let narrowed = self.manifest.narrowed_test(test);
        self.run_on(&mut job, &refs, narrowed.as_ref());
        job.coverage = test.coverage.get().map(|regex| regex.to_string());
        job.parallel = test.parallel.get().and_then(Parallel::lowered);
        if let Some(used) = test.environment.get() {
            let mut environment = Mapping::new();
            environment.set_if("name", used.name.get().cloned());
            environment.set_if("action", used.action.get().map(|word| word.as_str()));
            job.environment = Some(environment);
        }
        let image = test.image.get().and_then(|image| image.name.get());
        let mut images: Vec<&str> = image.map(String::as_str).into_iter().collect();
        match test.via.copied_or(Via::Job) {
            Via::Job => {
                let services = test.services.get().into_iter().flat_map(|list| list.iter());
                images.extend(
                    services
                        .filter_map(|service| service.value.name.get())
                        .map(String::as_str),
                );
                self.in_job(&mut job, test);
            }
            Via::Docker => self.in_docker(&mut job, test),
            Via::Compose => images.extend(self.in_compose(&mut job, test)),
        }
        let variables = all::<Variable>(&test.value).into_iter();
        let of_variables = variables.flat_map(Variable::images);
        images.extend(of_variables.map(|name| name.value.as_str()));
        self.need_builds(&mut job, &images);
        let own = super::common::commands(&test.script);
        self.read_commands(&own, &mut job.uses);
        self.finish(job, Some(common));
    }

    /// How GitLab finds an image of the manifest for a test: by the digest that the build handed on, as
    /// another build may move the tag. By its tag where the digest is not known when the job starts: below
    /// 12.9, and of a toolchain.
    fn tested_image(&self, name: &str, uses: &mut Uses) -> String {
        let known = self.target >= gates::DOTENV && !self.is_toolchain(name);
        if !known || mutant::on(Mutant::TestsTakeWhatTheTagNames) {
            return self.by_tag(name);
        }
        uses.digest(name);
        self.by_digest(name)
    }

    /// The image of a job; one of the manifest's own by the tag that its build pushes.
    /// `own` are the variables of the job, which may stand in the name.
    pub(super) fn job_image(&self, image: &JobImage, own: Option<&Variables>) -> Image {
        let name = image.name.get().map(String::as_str).unwrap_or_default();
        let (name, is) = match self.image(name) {
            Some(_) => (self.by_tag(name), Some(name)),
            None => (name.to_owned(), self.named_in(name)),
        };
        Image {
            name,
            own: is.map(str::to_owned),
            entrypoint: self.entrypoint(image, own),
            pull_policy: image
                .pull_policy
                .get()
                .into_iter()
                .flat_map(Many::iter)
                .map(|policy| policy.value.as_str().to_owned())
                .collect(),
        }
    }

    /// What starts a container for a script: what the manifest says; nothing where the image's own
    /// entrypoint is a tool.
    fn entrypoint(&self, image: &JobImage, own: Option<&Variables>) -> Option<Vec<String>> {
        if matches!(image.entrypoint, Field::Null) {
            return None;
        }
        let written = image.entrypoint.get().map(super::common::list_of);
        let name = image.name.get().filter(|name| self.image(name).is_none());
        written.or_else(|| {
            let name = self.manifest.expanded(own, name?);
            takes_no_shell(&name).then(|| vec![String::new()])
        })
    }

    fn in_job(&self, job: &mut Job, test: &Test) {
        let own = test.variables.get();
        job.image = test.image.get().map(|image| {
            let mut named = self.job_image(image, own);
            if let Some(name) = image.name.get().filter(|name| self.image(name).is_some()) {
                named.name = self.tested_image(name, &mut job.uses);
            }
            named
        });
        for service in test.services.get().into_iter().flat_map(|list| list.iter()) {
            let service_of = self.service(&service.value, &mut job.uses);
            job.services.push(service_of);
            let variables = service.value.variables.get().into_iter();
            for (name, variable) in variables.flat_map(|of| of.0.iter()) {
                let mut uses = Uses::default();
                self.read_variable(&name.value, &variable.value, &mut uses);
                // A service reads no file of an earlier job.
                job.uses.images.extend(uses.images);
            }
        }
        if let Some(workdir) = test.workdir.get() {
            job.script
                .push(Value::from(format!("cd {}", word(workdir))));
        }
        job.script.extend(super::common::commands(&test.script));
    }

    fn service(&self, service: &ManifestService, uses: &mut Uses) -> Service {
        let name = service.name.get().map(String::as_str).unwrap_or_default();
        let own = self.image(name).is_some();
        let named = if own { Some(name) } else { self.named_in(name) };
        let all = |field: &Field<Many<String>>| -> Vec<String> {
            field
                .get()
                .into_iter()
                .flat_map(Many::iter)
                .map(|at| at.value.clone())
                .collect()
        };
        Service {
            name: if own {
                self.tested_image(name, uses)
            } else {
                name.to_owned()
            },
            own: named.map(str::to_owned),
            // A host name made from a registry's path would be of no use to anybody.
            alias: service
                .alias
                .get()
                .cloned()
                .or(own.then(|| name.to_owned())),
            entrypoint: all(&service.entrypoint),
            command: all(&service.command),
            variables: service
                .variables
                .get()
                .map(|of| self.variables(of, false))
                .unwrap_or_default(),
        }
    }

    fn in_docker(&mut self, job: &mut Job, test: &Test) {
        let reference = match test.image.get().and_then(|image| image.name.get()) {
            Some(name) if self.image(name).is_some() => {
                quoted(&self.by_digest_or_fail(name, &mut job.uses))
            }
            Some(name) => word(name),
            None => String::new(),
        };
        let mut run = vec!["docker run --rm".to_owned()];
        let mut removals = Vec::new();
        if self.daemon_outlives_job() {
            // A container goes on when its client is killed.
            let name = word(OWN_NAME);
            run.push(format!("--name {name}"));
            removals.push(format!("docker rm --force --volumes {name}"));
        }
        let entrypoint = test.image.get();
        let entrypoint = entrypoint.and_then(|image| self.entrypoint(image, test.variables.get()));
        let entrypoint = entrypoint.unwrap_or_default();
        if let Some(program) = entrypoint.first() {
            run.push(format!("--entrypoint {}", quoted(program)));
        }
        run.extend(in_container::workdir(test));
        run.extend(in_container::environment(&job.variables, "--env"));
        run.push(reference);
        // The option takes the program alone; its arguments come before those of the command.
        run.extend(entrypoint.iter().skip(1).map(|argument| word(argument)));
        let image = test.image.get().and_then(|image| image.name.get());
        let images: Vec<&str> = image.map(String::as_str).into_iter().collect();
        self.with_docker(job, &images, &removals);
        job.script.push(in_container::command(&run, &test.script));
    }
}
