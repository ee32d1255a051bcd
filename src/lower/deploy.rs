//! Deployments: into an environment, by digest, watched, and undone if they fail.

use super::{Lowering, quoted, word};
use crate::gitlab::gates;
use crate::manifest::common::Entity;
use crate::manifest::environments::{Environment, SetImage};
use crate::manifest::images::Role;
use crate::manifest::tools::{Kubeconfig, KubeconfigEncoding, Kubernetes};
use crate::pipeline::{Base, Image, Job, Mapping, Value};
use crate::source::At;

/// The image of jobs that deploy, if the manifest names none.
const KUBECTL: &str = "alpine/kubectl:1.34.1";

/// The file in which a deployment says that it took place.
pub(super) const DOTENV: &str = "deployed.env";

/// The variable in which a deployment says so.
pub(super) fn deployed_variable(environment: &str) -> String {
    let upper = environment.to_ascii_uppercase().replace('-', "_");
    format!("DEPLOYED_{upper}")
}

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, environment) in lowering.manifest.environments() {
        lowering.deploy(key, environment);
    }
}

impl<'m> Lowering<'m> {
    fn deploy(&mut self, key: &'m At<String>, environment: &'m At<Environment>) {
        let common = environment.common();
        let entity = format!("environments.{}", key.value);
        let mut job = self.job(&environment.deploy_job(key), entity, key.span, common);
        job.stage = Some(environment.stage().to_owned());
        let refs = environment.refs.get().map(|refs| refs.0.clone());
        self.run_on(&mut job, &refs.unwrap_or_default(), None);
        // A deployment that is cancelled half-way leaves nobody knows what.
        job.interruptible = self.if_known(gates::INTERRUPTIBLE, false);
        job.resource_group = self.resource_group(key, environment);
        let mut named = Mapping::from_iter([("name", environment.name(&key.value))]);
        named.set_if("url", environment.url.get().cloned());
        named.set_if(
            "auto_stop_in",
            environment.auto_stop_in.get().map(|text| text.to_string()),
        );
        named.set_if(
            "deployment_tier",
            environment.deployment_tier.get().map(|tier| tier.as_str()),
        );
        job.environment = Some(named);
        let kubernetes = environment.kubernetes.get().cloned().unwrap_or_default();
        let kubernetes = kubernetes.over(self.manifest.kubernetes.get());
        self.with_cluster(&mut job, &kubernetes);
        self.driver(&mut job, environment);
        let images = self.manifest.deployed_by(environment);
        if images.iter().any(|image| self.is_marked_by_several(image)) {
            let file = self.handed_on(DOTENV, &key.value);
            job.script.push(Value::from(format!(
                "echo \"{}=yes\" > \"$CI_PROJECT_DIR/{file}\"",
                deployed_variable(&key.value)
            )));
            self.hand_on(&mut job, &file);
        }
        self.need_builds(&mut job, &images);
        self.finish(job, Some(common));
    }

    /// Whether the retention of an image marks what several environments run.
    pub(super) fn is_marked_by_several(&self, name: &str) -> bool {
        let production = |image: &At<crate::manifest::images::Image>| {
            image.role() == Role::Production
                && image
                    .retention
                    .get()
                    .is_some_and(|retention| retention.keep_for.is_missing())
        };
        self.image(name).is_some_and(production) && self.deployments.of_image(name).len() > 1
    }

    /// The resource group of everything that touches an environment; none by itself where GitLab
    /// has no groups.
    pub(super) fn resource_group(
        &self,
        key: &At<String>,
        environment: &Environment,
    ) -> Option<String> {
        let own = environment.resource_group.get().cloned();
        let name = environment.name(&key.value).to_owned();
        own.or_else(|| self.if_known(gates::RESOURCE_GROUP, name))
    }

    fn driver(&self, job: &mut Job, environment: &Environment) {
        let Some(deploy) = environment.deploy.get() else {
            return;
        };
        let changes = deploy
            .set_image
            .get()
            .map(|of| self.set_image(of))
            .unwrap_or_default();
        let own = super::common::commands(&deploy.script);
        let watched = watched(environment, deploy.set_image.get());
        job.script
            .extend(rollout(environment, &watched, changes, own));
    }

    /// Commands that change the images, one a workload.
    fn set_image(&self, set_image: &SetImage) -> Vec<String> {
        let command =
            |(workload, containers): &(At<_>, crate::manifest::collection::Map<String>)| {
                let workload: &crate::manifest::kinds::Workload = workload;
                let containers: Vec<_> = containers
                    .iter()
                    .map(|(container, image)| {
                        let image = self.by_digest_or_fail(&image.value);
                        format!("{}={}", word(&container.value), quoted(&image))
                    })
                    .collect();
                format!(
                    "kubectl set image {} {}",
                    word(workload),
                    containers.join(" ")
                )
            };
        set_image.0.iter().map(command).collect()
    }

    /// Gives a job `kubectl` and its access to the cluster.
    fn with_cluster(&mut self, job: &mut Job, kubernetes: &Kubernetes) {
        let image = match kubernetes.image.get() {
            Some(image) => self.job_image(image),
            None => Image {
                name: KUBECTL.to_owned(),
                // The image's own entrypoint is kubectl, and the runner wants a shell.
                entrypoint: Some(vec![String::new()]),
                ..Image::default()
            },
        };
        let access = access_commands(kubernetes);
        let mut keys = Mapping::from_iter([("image", image.to_value())]);
        if !access.is_empty() {
            keys.set("before_script", Value::Seq(access.clone()));
        }
        let bases = &mut self.out.pipeline.bases;
        let known = bases
            .iter()
            .find(|base| base.keys == keys)
            .map(|base| base.name.clone());
        let name = known.unwrap_or_else(|| {
            let count = bases
                .iter()
                .filter(|base| base.name.starts_with("kubectl"))
                .count();
            let name = if count == 0 {
                "kubectl".to_owned()
            } else {
                format!("kubectl-{}", count + 1)
            };
            let comment = "kubectl, with access to the cluster.".to_owned();
            bases.push(Base {
                name: name.clone(),
                comment,
                keys,
            });
            name
        });
        job.bases.push(name);
        job.image = Some(image);
        job.before_script.splice(0..0, access);
    }
}

/// Commands that reach the cluster and choose the namespace.
fn access_commands(kubernetes: &Kubernetes) -> Vec<Value> {
    let mut commands = Vec::new();
    if let Some(context) = kubernetes.agent.get().or(kubernetes.context.get()) {
        commands.push(format!("kubectl config use-context {}", word(context)));
    }
    if let Some(kubeconfig) = kubernetes.kubeconfig.get() {
        commands.extend(kubeconfig_commands(kubeconfig));
    }
    if let Some(namespace) = kubernetes.namespace.get() {
        let namespace = word(namespace);
        if kubernetes.create_namespace.copied_or(false) {
            commands.push(format!(
                "kubectl get namespace {namespace} > /dev/null 2>&1 || kubectl create namespace {namespace}"
            ));
        }
        commands.push(format!(
            "kubectl config set-context --current --namespace={namespace}"
        ));
    }
    commands.into_iter().map(Value::from).collect()
}

fn kubeconfig_commands(kubeconfig: &Kubeconfig) -> Vec<String> {
    let Some(variable) = kubeconfig.variable.get() else {
        return Vec::new();
    };
    let variable = &**variable;
    // Written where only this job sees it; a checkout would keep it for the next one.
    let file = ["umask 077", "KUBECONFIG=$(mktemp)", "export KUBECONFIG"].map(str::to_owned);
    let content = match kubeconfig.encoding.copied_or(KubeconfigEncoding::File) {
        KubeconfigEncoding::File => return vec![format!("export KUBECONFIG=\"${variable}\"")],
        KubeconfigEncoding::Base64 => {
            format!("printf '%s' \"${variable}\" | base64 -d > \"$KUBECONFIG\"")
        }
        KubeconfigEncoding::Text => format!("printf '%s\\n' \"${variable}\" > \"$KUBECONFIG\""),
    };
    file.into_iter().chain([content]).collect()
}

/// The workloads to wait for: those named, else those that `set_image` changes.
fn watched(environment: &Environment, set_image: Option<&SetImage>) -> Vec<String> {
    match environment
        .rollout
        .get()
        .and_then(|rollout| rollout.watch.get())
    {
        Some(watch) => watch.iter().map(|workload| word(&workload.value)).collect(),
        None => {
            let named = set_image
                .into_iter()
                .flat_map(|set_image| set_image.0.iter());
            named.map(|(workload, _)| word(&workload.value)).collect()
        }
    }
}

/// Commands that deploy, wait for the workloads, and take back what they changed if one fails.
fn rollout(
    environment: &Environment,
    watched: &[String],
    changes: Vec<String>,
    own: Vec<Value>,
) -> Vec<Value> {
    let rollout = environment.rollout.get();
    let timeout = rollout.and_then(|rollout| rollout.timeout.get());
    let timeout = timeout.map_or("5m", |timeout| &**timeout);
    let undo = rollout.is_none_or(|rollout| rollout.undo.copied_or(true));
    let status = watched
        .iter()
        .map(|workload| format!("kubectl rollout status {workload} --timeout={timeout}"));
    if !undo || watched.is_empty() {
        let changes = changes.into_iter().map(Value::from);
        return changes.chain(own).chain(status.map(Value::from)).collect();
    }
    let template = |workload: &str| {
        format!(
            "$(kubectl get {workload} --output 'jsonpath={{.spec.template}}' 2> /dev/null || true)"
        )
    };
    let variable = |number: usize| match watched.len() {
        1 => "before".to_owned(),
        _ => format!("before_{}", number + 1),
    };
    let mut script = Vec::new();
    let mut undone = String::new();
    for (number, workload) in watched.iter().enumerate() {
        let (variable, now) = (variable(number), template(workload));
        script.push(Value::from(format!("{variable}={now}")));
        undone.push_str(&format!(
            "  if [ \"${variable}\" != \"{now}\" ]; then\n    kubectl rollout undo {workload} || true\n  fi\n"
        ));
    }
    // One change fails by itself; of several, the first ones have to go back.
    let mut guarded: Vec<String> = Vec::new();
    match changes.as_slice() {
        [_, _, ..] if own.is_empty() => guarded.extend(changes),
        _ => script.extend(changes.into_iter().map(Value::from)),
    }
    script.extend(own);
    guarded.extend(status);
    let guarded = match guarded.as_slice() {
        [one] => one.clone(),
        several => format!("{{\n  {}\n}}", several.join(" &&\n  ")),
    };
    // What ran before is known by its template: a workload that this job did not change, as in a
    // second run on one commit, must not go back to what ran before that.
    script.push(Value::from(format!(
        "if ! {guarded}; then\n  # Only what this job changed goes back.\n{undone}  exit 1\nfi\n"
    )));
    script
}
