//! Tests and tasks: jobs that run a script in an image (language, section 6).

use super::collection::{List, Many};
use super::common::{Matrix, Variables, entity};
use super::kinds::{Regex, Text};
use super::record::{record, words};
use crate::pipeline::{Mapping, Value};

words! {
    /// When a runner pulls an image.
    PullPolicy {
        /// Each time.
        Always "always",
        /// If it is not there.
        IfNotPresent "if-not-present",
        /// Not at all.
        Never "never",
    }
}

record! {
    /// The image of a job; a name alone is enough.
    JobImage = "name" {
        /// A name of `images`, or a reference with a tag.
        name: Text,
        /// What starts the container instead of the image's own entrypoint. Default: `[""]` for images
        /// of well-known tools, such as `aquasec/trivy`, whose entrypoint runs no shell; `null` leaves it as it is.
        entrypoint: List<Text>,
        /// When the runner pulls it; of several, the first that works.
        pull_policy: Many<PullPolicy>,
    }
}

words! {
    /// How a script gets into its image.
    Via {
        /// GitLab runs the job in the image.
        Job "job",
        /// `docker run`, in a job with a daemon.
        Docker "docker",
        /// `docker compose run`, with the project's compose files.
        Compose "compose",
    }
}

record! {
    /// A service beside the job; a name alone is enough.
    Service = "name" {
        /// A name of `images`, or a reference with a tag; with `via: compose` a compose service.
        name: Text,
        /// The host name under which the job reaches it.
        alias: Text,
        /// Arguments of its entrypoint.
        command: Many<Text>,
        /// What starts it.
        entrypoint: Many<Text>,
        /// Its variables.
        variables: Variables,
    }
}

words! {
    /// What a test does with an environment.
    EnvironmentAction {
        /// It reads from it.
        Access "access",
        /// It verifies it.
        Verify "verify",
        /// It prepares it.
        Prepare "prepare",
    }
}

record! {
    /// An environment that a test or task uses without deploying to it.
    UsedEnvironment {
        /// GitLab's name of the environment.
        name: Text,
        /// What the job does with it.
        action: EnvironmentAction,
    }
}

record! {
    /// Copies of a job; a number alone is enough.
    Parallel = "copies" {
        /// How many.
        copies: i64,
        /// One for each row, with the row's values as variables. GitLab makes the copies; `matrix` beside
        /// `parallel` makes jobs with names of their own.
        matrix: Matrix,
    }
}

record! {
    /// Another name for the job.
    TestJobNames {
        /// The job. Default: the key.
        run: Text,
    }
}

impl Parallel {
    /// As GitLab takes it.
    pub fn lowered(&self) -> Option<crate::pipeline::Parallel> {
        let Some(Matrix(rows)) = self.matrix.get() else {
            return self
                .copies
                .get()
                .copied()
                .map(crate::pipeline::Parallel::Number);
        };
        let rows = rows.iter().map(|row| {
            let values = row.value.iter().map(|(name, values)| {
                let mut all: Vec<Value> = values
                    .value
                    .iter()
                    .map(|one| one.value.as_str().into())
                    .collect();
                let value = match all.len() {
                    1 => all.remove(0),
                    _ => Value::Seq(all),
                };
                (name.value.as_str(), value)
            });
            values.collect::<Mapping>()
        });
        Some(crate::pipeline::Parallel::Matrix(rows.collect()))
    }
}

entity! {
    /// A job that runs a script in an image. Tests default to the stage `test`; tasks name theirs.
    Test {
        /// The image: a name of `images`, or a reference with a tag. With `null` the job runs where its runner
        /// runs jobs without an image, as in the shell of the machine.
        image: JobImage,
        /// How the script runs in the image. Default: `job`.
        via: Via,
        /// The commands, run inside the image.
        script: Many<Text>,
        /// The folder inside the image in which they run.
        workdir: Text,
        /// Services of the job. With `via: compose`, the Compose services to start.
        services: List<Service>,
        /// Rows of variables, one job per row. For an image with a matrix, a subset of its rows.
        matrix: Matrix,
        /// GitLab's `parallel`: the number of copies of the job, or a matrix.
        parallel: Parallel,
        /// Run only when one of these paths changed: in the merge request, in the push to the default
        /// branch, or on other branches since the default branch. Default: the `changes` of the images
        /// that it uses.
        changes: List<Text>,
        /// A regular expression that finds the coverage in the job's log.
        coverage: Regex,
        /// An environment that the job uses but does not deploy to.
        environment: UsedEnvironment,
        /// Another name for the job.
        job_names: TestJobNames,
    }
}
