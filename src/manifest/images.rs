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
        /// Rebuild when the image is older than this.
        older_than: Duration,
        /// Globs of files that belong to the recipe, besides the Dockerfile. Rebuild when any of them
        /// differs from the one the image was built from.
        changes: List<Text>,
        /// Adds a job, started by hand, that always builds.
        manual: bool,
        /// The stage of the job that checks. Default: the stage of the build.
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
    /// Which tags of an image are deleted, and when. Never deleted: what an environment runs, what is
    /// younger than a day, and what another tag stands for.
    Retention = "keep_for" {
        /// `pipeline`: this pipeline's tag goes at its end. `branch`: tags of branches that are
        /// gone.
        keep_for: KeepFor,
        /// How many of the newest images of each branch to keep.
        keep_n: i64,
        /// Delete only tags older than this. Default: `1 day`.
        older_than: Duration,
        /// Tags that are never deleted: names or `/regex/`.
        keep: List<Pattern>,
        /// Refs the job runs on. Default: the refs that deploy the image, or else those that build it.
        refs: super::collection::Many<Text>,
        /// Only list what would be deleted.
        dry_run: bool,
        /// The stage of the job. Default: `cleanup`.
        stage: Text,
        /// GitLab keys merged over the job.
        job: Raw,
    }
}

record! {
    /// Other names for the jobs of an image.
    ImageJobNames {
        /// The job that builds. Default: `build-<name>`.
        build: Text,
        /// The job that checks whether to rebuild. Default: `check-<name>`.
        check: Text,
        /// The job that always builds. Default: `force-build-<name>`.
        force: Text,
        /// The job that marks an image that has passed its tests. Default: `tested-<name>`.
        tested: Text,
        /// The job of the retention. Default: `cleanup-<name>`.
        cleanup: Text,
        /// The job that lists the branches for `keep_for: branch`. Default: `branches-<name>`.
        branches: Text,
    }
}

entity! {
    /// An image that the project builds.
    Image {
        /// What the image is for. Default: `app`.
        role: Role,
        /// The Dockerfile. Default: `<context>/Dockerfile`.
        dockerfile: ProjectPath,
        /// The build context. Default: the project's root folder.
        context: ProjectPath,
        /// The build stage of the Dockerfile to build.
        target: Text,
        /// Build arguments; `{image: NAME}` is the reference of another image, built before.
        build_args: BuildArgs,
        /// Build secrets: id -> name of the variable that holds it.
        secrets: Map<VariableName>,
        /// Platforms such as `linux/arm64`; `buildx` and `buildkit` only.
        platforms: List<Text>,
        /// Further arguments of the build command, one word per item: `[--label, a=b]`.
        build_options: List<Text>,
        /// What builds the image. Default: `buildx`; below GitLab 13 `docker`.
        builder: Builder,
        /// The registry, a name of `registries`. Default: `gitlab`.
        registry: Text,
        /// The repository. Default: `$CI_REGISTRY_IMAGE/<name>`.
        repository: Text,
        /// The tag by which other jobs and pipelines find this build. Default: see the table of roles.
        tag: Text,
        /// Further tags to push. Nothing is deployed by them.
        also_tag: List<Text>,
        /// Where the build reads its cache from: tags of the repository, or references. `[]` for no
        /// cache.
        cache_from: List<Text>,
        /// Where the build writes its cache to: a tag of the repository, or a reference.
        cache_to: Text,
        /// Rows of variables, one image per row, in the form of GitLab's `parallel:matrix`.
        matrix: Matrix,
        /// Images with the same group are built by one `parallel:matrix` job of that name.
        group: Text,
        /// Build only when one of these paths changed: in the merge request, in the push to the default
        /// branch or to a branch that is deployed, or on other branches since the default branch. For a
        /// tag it is always built. Tests, deployments, promotions and the clean-up of the
        /// image run only then as well.
        changes: List<Text>,
        /// Build only when it is needed.
        rebuild: Rebuild,
        /// Which tags are deleted, and when. Default: nothing is deleted.
        retention: Retention,
        /// Other names for its jobs.
        job_names: ImageJobNames,
    }
}
