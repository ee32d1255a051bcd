//! Deploy drivers, one a file: its keys, what is wrong with them, what its job needs, and what it does.
//!
//! In: what the manifest says under `deploy`. Out: everything that depends on the driver, as methods of
//! [`Driver`]. Always holds: no method has a default, so the compiler names what a new driver leaves out. A
//! new driver is a file here and a line in `drivers!`; the rest of windlass asks [`Deploy::drivers`] and
//! knows none of them by name.

pub mod apply;
pub mod gitops;
pub mod helm;
pub mod kustomize;
pub mod script;
pub mod set_image;

use crate::finding::{Code, Finding, Report};
use crate::lower::Lowering;
use crate::lower::deploy::Change;
use crate::lower::deploy::cluster::Client;
use crate::manifest::Manifest;
use crate::manifest::collection::Many;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::{ProjectPath, Text, VariableName};
use crate::manifest::record::record;
use crate::manifest::tests::JobImage;
use crate::manifest::words::Row;
use crate::pipeline::Value;
use crate::source::{At, Span};

use apply::Apply;
use gitops::Gitops;
use helm::Helm;
use kustomize::Kustomize;
use set_image::SetImage;

/// What the rest of windlass asks of a driver.
pub(crate) trait Driver {
    /// Reports what is wrong with its keys, and with what is said beside them; `span` is its own place.
    fn check(&self, span: Span, within: Within<'_>, report: &mut Report);

    /// The images that it names, with their places.
    fn images(&self) -> Vec<&At<Text>>;

    /// The same, to let them name rows of a matrix.
    fn images_mut(&mut self) -> Vec<&mut At<Text>>;

    /// The images that its job must take by digest, each as often as it must: the proof counts them.
    fn by_digest(&self) -> Vec<&str>;

    /// The variables that it substitutes in files.
    fn substituted(&self) -> Vec<&At<VariableName>>;

    /// The paths of the project that it reads, and what each is.
    fn paths(&self) -> Vec<(&'static str, &At<ProjectPath>)>;

    /// Texts that stand on a command line, where everybody on the runner can read them, and what to write
    /// instead.
    fn arguments(&self) -> Vec<(&At<Text>, &'static str)>;

    /// How the job reaches its target.
    fn reach(&self) -> Reach;

    /// How many workloads the job waits for, one after the other, if the environment names none itself.
    fn waits_for(&self) -> usize;

    /// Whether all that it deploys is in the namespace of the environment. Manifests, charts and scripts can
    /// name another one.
    fn stays_in_namespace(&self) -> bool;

    /// The release that it deploys, if it can be deleted as a whole.
    fn release(&self) -> Option<Release<'_>>;

    /// Commands that add to a file what it will run though the cluster does not run it yet, for the retention of
    /// its images: their digests, a line each. The job has [`Client::Tools`] and the environment's access.
    fn list_planned(&self, file: &str) -> Vec<Value>;

    /// What the job does, and how that goes back.
    fn lower(&self, lowering: &Lowering<'_>, environment: &Environment) -> Change;
}

/// What stands around a driver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Within<'m> {
    /// The manifest.
    pub(crate) manifest: &'m Manifest,
    /// The environment that it deploys.
    pub(crate) environment: &'m Environment,
}

/// A release of Helm.
#[derive(Debug)]
pub(crate) struct Release<'m> {
    /// Its name.
    pub(crate) name: &'m At<Text>,
    /// Commands that delete it: what `stop: {delete: release}` does.
    pub(crate) delete: Vec<Value>,
}

/// What is known of a driver's keys without a manifest.
pub(crate) trait Keys {
    /// What reads its free texts; see [`rows`](crate::manifest::words::rows).
    const READERS: &'static [Row];
}

/// How the job of a driver reaches its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By the environment's access to its cluster, with this client.
    Cluster(Client),
    /// The same, unless `deploy` names the image of the job: the project's own commands then reach it.
    Commands,
    /// By itself, with the programs of [`Client::Tools`].
    Itself,
}

/// Declares the drivers, in the order of the reference.
macro_rules! drivers {
    ($( $(#[doc = $doc:literal])+ $key:ident: $type:ty, )+) => {
        record! {
            /// How the environment is deployed: exactly one driver.
            Deploy {
                $( $(#[doc = $doc])+ $key: $type, )+
                /// The image of the job that runs `script`: a name of `images`, or a reference with a tag. The job
                /// then has no access to a cluster, unless the environment has its own `kubernetes`.
                image: JobImage,
            }
        }

        impl Deploy {
            /// The keys of the drivers, and where the manifest has them.
            pub(crate) fn keys_of_drivers(&self) -> Vec<(&'static str, Option<Span>)> {
                vec![$( (stringify!($key), self.$key.span()) ),+]
            }

            /// The drivers with their places: one, if the manifest is right.
            pub(crate) fn drivers(&self) -> impl Iterator<Item = At<&dyn Driver>> {
                let all = [$( self.$key.at().map(|of| At::new(&of.value as &dyn Driver, of.span)) ),+];
                all.into_iter().flatten()
            }

            /// The same, to let their images name rows of a matrix.
            pub(crate) fn drivers_mut(&mut self) -> impl Iterator<Item = &mut dyn Driver> {
                let all = [$( self.$key.get_mut().map(|of| of as &mut dyn Driver) ),+];
                all.into_iter().flatten()
            }
        }

        /// What reads the free texts of the drivers.
        pub(crate) const READERS: &[&[Row]] = &[$( <$type as Keys>::READERS ),+];
    };
}

drivers! {
    /// `kubectl set image`: workload -> container -> image.
    set_image: SetImage,
    /// `kubectl apply` of files.
    apply: Apply,
    /// `kubectl apply -k` of an overlay.
    kustomize: Kustomize,
    /// `helm upgrade --install`.
    helm: Helm,
    /// The digests go into files of another repository, from which something else deploys them.
    gitops: Gitops,
    /// Your own commands.
    script: Many<Text>,
}

impl Deploy {
    /// Whether the job reaches its target without the environment's access to a cluster.
    pub(crate) fn is_by_itself(&self) -> bool {
        self.drivers().any(|driver| match driver.value.reach() {
            Reach::Cluster(_) => false,
            Reach::Commands => !self.image.is_missing(),
            Reach::Itself => true,
        })
    }

    /// Whether the job never reaches the cluster, though the environment may have access to it.
    pub(crate) fn leaves_cluster_alone(&self) -> bool {
        let mut drivers = self.drivers();
        drivers.any(|driver| driver.value.reach() == Reach::Itself)
    }

    /// The release that is deployed.
    pub(crate) fn release(&self) -> Option<Release<'_>> {
        self.drivers().find_map(|driver| driver.value.release())
    }
}

/// Reports a key that a driver lacks.
fn missing(report: &mut Report, span: Span, driver: &str, key: &str, help: &str) {
    let message = format!("`{driver}` has no `{key}`");
    report.push(Finding::new(Code::MissingKey, span, message).help(help));
}
