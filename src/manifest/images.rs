//! Images that the project builds (language, section 5).

use super::collection::{List, Map};
use super::common::{BuildArgs, Matrix, entity};
use super::kinds::{Duration, Pattern, ProjectPath, Raw, Text, VariableName};
use super::record::{record, words};

words! {
    /// What an image is for; decides stage, refs, tag and cache.
    Role {
        /// Built once, tested, and deployed.
        App "app",
        /// Built for the tests, never deployed.
        Test "test",
        /// Built after the tests, only deployed.
        Production "production",
        /// Tools that other jobs run in; may exist from earlier pipelines.
        Toolchain "toolchain",
    }
}

words! {
    /// What builds an image.
    Builder {
        /// `docker buildx build`, with a cache in the registry.
        Buildx "buildx",
        /// `docker build`, with the cache in the image.
        Docker "docker",
        /// `docker compose build`, through the override file.
        Compose "compose",
        /// Rootless BuildKit, without a Docker daemon.
        Buildkit "buildkit",
        /// Buildah, without a daemon.
        Buildah "buildah",
    }
    gone {
        "kaniko" => ArchivedBuilder "the authors of kaniko archived it in June 2025",
            "write `buildkit` or `buildah`: they need no daemon either";
    }
}

record! {
    /// Build only if the image is missing, too old, or made of another recipe.
    Rebuild {
        /// Build again when the image is older.
        older_than: Duration,
        /// Files, as globs, that belong to its recipe besides the Dockerfile: build again when
        /// one is another than that which the image was made of.
        changes: List<Text>,
        /// Whether there is a job, started by hand, that builds in any case.
        manual: bool,
        /// The stage of the job that checks; that of the build if not written.
        stage: Text,
        /// GitLab keys merged over the job that checks.
        job: Raw,
    }
}

words! {
    /// How long a tag lives.
    KeepFor {
        /// Until the end of the pipeline that made it.
        Pipeline "pipeline",
        /// As long as its branch.
        Branch "branch",
    }
}

record! {
    /// Which tags of an image are deleted, and when. Never deleted: what is deployed, what this
    /// pipeline built, and what another image's tag uses.
    Retention = "keep_for" {
        /// `pipeline`: this pipeline's tag goes at its end. `branch`: tags of branches that are
        /// gone.
        keep_for: KeepFor,
        /// Keep the newest so many.
        keep_n: i64,
        /// Of what would go, only what is older.
        older_than: Duration,
        /// Tags that are never deleted: names or `/regex/`.
        keep: List<Pattern>,
        /// Where the job runs; where the image is built, after its deployment, if not written.
        refs: super::collection::Many<Text>,
        /// Only list what would go.
        dry_run: bool,
        /// The stage of the job; `cleanup` if not written.
        stage: Text,
        /// GitLab keys merged over the job.
        job: Raw,
    }
}

record! {
    /// Other names for the jobs of an image.
    ImageJobNames {
        /// The job that builds; `build-<name>` if not written.
        build: Text,
        /// The job that checks whether to rebuild; `check-<name>` if not written.
        check: Text,
        /// The job that builds in any case; `force-build-<name>` if not written.
        force: Text,
        /// The job that marks an image that has passed its tests; `tested-<name>` if not written.
        tested: Text,
        /// The job of the retention; `cleanup-<name>` if not written.
        cleanup: Text,
        /// The job that lists the branches for `keep_for: branch`; `branches-<name>` if not written.
        branches: Text,
    }
}

entity! {
    /// An image that the project builds.
    Image {
        /// What it is for: `app` if not written.
        role: Role,
        /// The Dockerfile; `<context>/Dockerfile` if not written.
        dockerfile: ProjectPath,
        /// The folder that the build sees; the project if not written.
        context: ProjectPath,
        /// The build stage of the Dockerfile to build.
        target: Text,
        /// Build arguments; `{image: NAME}` is the reference of another image, built before.
        build_args: BuildArgs,
        /// Build secrets: id -> name of the variable that holds it.
        secrets: Map<VariableName>,
        /// Platforms such as `linux/arm64`; `buildx` and `buildkit` only.
        platforms: List<Text>,
        /// More arguments of the build command, one word an item: `[--label, a=b]`.
        build_options: List<Text>,
        /// What builds it; `buildx` if not written, `docker` below GitLab 13.
        builder: Builder,
        /// The registry, a name of `registries`; `gitlab` if not written.
        registry: Text,
        /// The repository; `$CI_REGISTRY_IMAGE/<name>` if not written.
        repository: Text,
        /// The tag by which other jobs and pipelines find this build; by role if not written.
        tag: Text,
        /// Further tags that are pushed with it; nothing is deployed by them.
        also_tag: List<Text>,
        /// Where the build reads its cache: tags of the repository, or references. `[]` for none.
        cache_from: List<Text>,
        /// Where the build writes its cache: a tag of the repository, or a reference.
        cache_to: Text,
        /// Rows of variables, one image each, in the shape of GitLab's `parallel:matrix`.
        matrix: Matrix,
        /// Images of one group are built by one `parallel:matrix` job of that name.
        group: Text,
        /// Build only if needed.
        rebuild: Rebuild,
        /// Which tags are deleted, and when; nothing is deleted if not written.
        retention: Retention,
        /// Other names for its jobs.
        job_names: ImageJobNames,
    }
}
