//! Access to a cluster: the image with the client, the credentials and the namespace.
//!
//! In: an environment; its `kubernetes` is read over the manifest's. Out: a job that runs its
//! script with `kubectl` reaching the cluster. Jobs with the same access share one hidden job. Always
//! holds: the context and the namespace are chosen in a kubeconfig of the job's own, so that no other
//! job, and nothing else on the runner, gets them. For an agent GitLab writes such a file for each job.

use super::rollout;
use crate::driver::{Deploy, Reach};
use crate::gitlab::shell::wrapped;
use crate::gitlab::variables::or_fail;
use crate::lower::tools::Tool;
use crate::lower::{Lowering, own_folder, word};
use crate::manifest::environments::{Environment, Migrate};
use crate::manifest::tools::{Kubeconfig, KubeconfigEncoding, Kubernetes};
use crate::pipeline::{Base, BaseId, Job, Mapping, Value};

/// The clients of a cluster that jobs need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// `kubectl` alone.
    Kubectl,
    /// `helm`, `kustomize`, `envsubst` and `curl` beside it.
    Tools,
}

/// What becomes of the environment's namespace in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) enum Namespace {
    /// It is that of every command, and created if the manifest says so.
    Created,
    /// It is that of every command.
    Used,
    /// It is not that of any command.
    Ignored,
    /// The job does not reach the cluster at all.
    NoCluster,
}

impl Client {
    /// What the jobs of an environment need.
    pub(in crate::lower) fn of(environment: &Environment) -> Self {
        let substitutes = |migrate: &Migrate| !migrate.envsubst.is_missing();
        if environment.migrate.get().is_some_and(substitutes)
            || !rollout::verify(environment).is_empty()
        {
            return Self::Tools;
        }
        let mut drivers = environment
            .deploy
            .get()
            .into_iter()
            .flat_map(Deploy::drivers);
        let client = drivers.find_map(|driver| match driver.value.reach() {
            Reach::Cluster(client) => Some(client),
            Reach::Itself => Some(Self::Tools),
            Reach::Commands => None,
        });
        client.unwrap_or(Self::Kubectl)
    }

    /// The name of the hidden job, and what is said of it.
    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Kubectl => ("kubectl", "kubectl, with access to the cluster."),
            Self::Tools => (
                "kubernetes",
                "kubectl, helm, kustomize and envsubst, with access to the cluster.",
            ),
        }
    }

    fn tool(self) -> Tool {
        match self {
            Self::Kubectl => Tool::Kubectl,
            Self::Tools => Tool::Helm,
        }
    }
}

impl Lowering<'_> {
    /// Gives a job the client and its access to the cluster, before all other commands; only its image if the
    /// environment is not in a cluster.
    pub(in crate::lower) fn with_cluster(
        &mut self,
        job: &mut Job,
        environment: &Environment,
        client: Client,
        namespace: Namespace,
    ) {
        let kubernetes = environment.access(self.manifest);
        let image = match kubernetes.image.get() {
            Some(image) => self.job_image(image, environment.variables.get()),
            None => self.tool(client.tool()),
        };
        let alone = namespace == Namespace::NoCluster;
        if alone || kubernetes.ways().is_empty() {
            job.image = Some(image);
            return;
        }
        let access = access_commands(client, &kubernetes, namespace);
        let mut keys = Mapping::from_iter([("image", image.to_value())]);
        if !access.is_empty() {
            keys.set("before_script", Value::Seq(access.clone()));
        }
        let path = job.origin.paths().into_iter().next();
        let of = path.map(|path| path.name.to_owned()).unwrap_or_default();
        let base = self.cluster_base(client, keys, &of);
        job.bases.push(base);
        job.image = Some(image);
        job.before_script.splice(0..0, access);
    }

    /// The hidden job with these keys.
    fn cluster_base(&mut self, client: Client, keys: Mapping, of: &str) -> BaseId {
        let bases = &mut self.out.pipeline.bases;
        if let Some(known) = bases.iter().find(|base| base.keys == keys) {
            return known.id;
        }
        let (kind, comment) = client.name();
        let of_client = bases.iter().filter(|base| base.id.kind == kind);
        let variant = of_client.count() + 1;
        let id = BaseId { kind, variant };
        bases.push(Base {
            id,
            of: of.to_owned(),
            comment: comment.to_owned(),
            keys,
        });
        id
    }
}

/// Commands that reach the cluster and choose the namespace.
fn access_commands(
    client: Client,
    kubernetes: &Kubernetes,
    use_of_namespace: Namespace,
) -> Vec<Value> {
    let namespace = kubernetes.namespace.get();
    let namespace =
        namespace.filter(|_| matches!(use_of_namespace, Namespace::Created | Namespace::Used));
    let mut commands = match kubernetes.agent.get() {
        // The runner writes this job's `KUBECONFIG` anew, with a context for each agent (GitLab 18, Using
        // GitLab CI/CD with a Kubernetes cluster).
        Some(agent) => vec![Value::from(format!(
            "kubectl config use-context {}",
            word(agent)
        ))],
        None => kubeconfig_commands(
            client,
            kubernetes.kubeconfig.get(),
            kubernetes
                .context
                .get()
                .map(|context| word(context))
                .as_deref(),
            namespace.is_some(),
        ),
    };
    if let Some(namespace) = namespace {
        // Without its name that would be the namespace `default`.
        let namespace = word(&or_fail(namespace));
        let missing = kubernetes.create_namespace.copied_or(false);
        if missing && use_of_namespace == Namespace::Created {
            commands.push(Value::from(wrapped(&format!(
                "kubectl get namespace {namespace} > /dev/null 2>&1 || kubectl create namespace {namespace}"
            ))));
        }
        commands.push(Value::from(format!(
            "kubectl config set-context --current --namespace={namespace}"
        )));
    }
    commands
}

/// Commands that set `KUBECONFIG`: to a file of the job's own with one context if a context or
/// namespace is chosen, because `kubectl config` writes the file that it finds.
fn kubeconfig_commands(
    client: Client,
    kubeconfig: Option<&Kubeconfig>,
    context: Option<&str>,
    has_namespace: bool,
) -> Vec<Value> {
    let minify = "kubectl config view --raw --flatten --minify";
    let variable = kubeconfig.and_then(|kubeconfig| kubeconfig.variable.get());
    let (demand, content) = match (context, kubeconfig.zip(variable)) {
        (Some(context), _) => (None, format!("{minify} --context={context}")),
        (None, None) if has_namespace => (None, minify.to_owned()),
        (None, None) => return Vec::new(),
        (None, Some((kubeconfig, variable))) => {
            // A protected variable is empty on other branches, and kubectl would go on with what
            // else it finds, such as the cluster that the runner itself is in.
            let demanded = format!("\"${{{}:?}}\"", &**variable);
            let variable = &**variable;
            let content = match kubeconfig.encoding.copied_or(KubeconfigEncoding::File) {
                KubeconfigEncoding::File if !has_namespace => {
                    return vec![Value::from(format!("export KUBECONFIG={demanded}"))];
                }
                KubeconfigEncoding::File => format!("KUBECONFIG=${variable} {minify}"),
                KubeconfigEncoding::Base64 => format!("printf '%s' \"${variable}\" | base64 -d"),
                KubeconfigEncoding::Text => format!("printf '%s\\n' \"${variable}\""),
            };
            (Some(Value::from(format!(": {demanded}"))), content)
        }
    };
    let own = own_folder::file("kubeconfig");
    let mut commands: Vec<Value> = demand.into_iter().collect();
    // Nobody else reads the folder; Helm complains of a file that others could read all the same.
    let written = wrapped(&match client {
        Client::Kubectl => format!("{content} > {own}"),
        Client::Tools => format!("(umask 077; {content} > {own})"),
    });
    commands.push(Value::from(written));
    commands.push(Value::from(format!("export KUBECONFIG={own}")));
    own_folder::begin(&mut commands);
    commands
}
