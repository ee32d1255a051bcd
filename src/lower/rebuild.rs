//! `rebuild`: an image is built only if it is missing, too old, or of another recipe.
//!
//! In: the job that builds the image. Out: a job that checks, the build, which ends at once if there
//! is nothing to do, and with `manual` one that builds in any case. Always holds: the build hands on
//! the digest of what there is now, whether it built or not; without a check that says so, nothing
//! is left out; later jobs of a pipeline get the image of the pipeline's own recipe, also when they
//! are retried.
//!
//! The hash of the recipe is a tag of the image, so images of two recipes never meet. The image's own
//! tag, such as `latest`, is for pipelines in which no job builds the image. A tag without variables
//! belongs to the default branch. The check hands the tag of the recipe on as `IMAGE_<NAME>`, and so
//! does the build: a variable of a dotenv report wins over the one at the top of the pipeline
//! (GitLab 12.9). On an older GitLab no later job can get it for its `image`; there the own tag moves
//! in every pipeline.
//!
//! `rules:changes` knows only what a push changed: it builds on every new branch and tag, forgets a
//! change whose pipeline failed, and is unsure of shallow clones and forced pushes. The hash asks
//! what the image is.

use super::builder::Build;
use super::registry::{Function, Right};
use super::{Lowering, digest_variable, quoted, word};
use crate::gitlab::shell::wrapped;
use crate::gitlab::{duration, gates, glob};
use crate::manifest::common::Entity;
use crate::manifest::images::{Image, Rebuild};
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::resolved::image_variable;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Handed, Holder, Job, Need, Origin, Shared, Value};
use crate::source::At;

/// The file in which a check hands its answer on.
pub(super) const DOTENV: &str = "check";

/// The variable with the digest of an image that can stay, or `none`.
fn current_variable(name: &str) -> String {
    format!("{}_CURRENT", image_variable(name))
}

/// The variable with the tag that the build moves besides that of the recipe.
pub(super) fn tag_variable(name: &str) -> String {
    format!("{}_TAG", image_variable(name))
}

/// What a check hands on.
pub(super) fn answers(name: &str) -> [Handed; 2] {
    [Handed::Tag, Handed::Current].map(|answer| answer(name.to_owned()))
}

impl<'m> Lowering<'m> {
    /// Adds the jobs of an image that is built if needed; `build` is the one that builds it, and
    /// does not hand on its digest yet.
    pub(super) fn rebuild(
        &mut self,
        key: &'m At<String>,
        image: &'m At<Image>,
        rebuild: &Rebuild,
        mut build: Job,
        planned: &mut Build<'_>,
    ) {
        let name = key.value.as_str();
        let check = self.check(key, image, rebuild, &build);
        let stage = check.stage.clone().unwrap_or_default();
        let need = Need {
            job: check.name.clone(),
            artifacts: true,
            optional: false,
        };
        self.finish(check, None);
        let force = rebuild.manual.copied_or(false).then(|| {
            say_once(&mut build, name);
            let mut force = build.clone();
            force.name = image.force_job(key).value;
            force.origin = Origin::ForceBuild(name.to_owned());
            force.when = Some("manual".to_owned());
            force.allow_failure = Some(Value::Bool(true));
            // Later jobs of this pipeline do not wait for it: it says its digest to people alone.
            let digest = format!("{}@${{digest:?}}", image.repository(name));
            let tell = format!("echo {}", quoted(&digest));
            force.script.push(Value::from(tell));
            force
        });
        let (current, digest) = (current_variable(name), digest_variable(name));
        let file = self.handed_on(super::builder::DOTENV, name);
        let reference = image_variable(name);
        let leave = format!(
            "echo \"{reference}=${reference}\" > {file}\n\
             if [ \"${{{current}:?}}\" != none ]; then\n  \
               echo \"{digest}=${current}\" >> {file}\n  \
               exit 0\n\
             fi\n",
        );
        build.script.insert(0, Value::from(leave));
        self.hand_on_digest(&mut build, planned, ">>");
        build.uses.demands.insert(Handed::Current(name.to_owned()));
        for mut job in [Some(build), force].into_iter().flatten() {
            self.imply(&mut job, vec![(need.clone(), stage.clone())]);
            self.finish(job, Some(image.common()));
        }
    }

    /// The job that says whether the image can stay.
    fn check(
        &mut self,
        key: &'m At<String>,
        image: &'m At<Image>,
        rebuild: &Rebuild,
        build: &Job,
    ) -> Job {
        let name = key.value.as_str();
        let mut job = Job {
            stage: rebuild.stage.get().cloned().or(build.stage.clone()),
            rules: build.rules.clone(),
            policies: build.policies.clone(),
            needs: None,
            interruptible: self.if_known(gates::INTERRUPTIBLE, true),
            ..self.job_beside(
                image.check_job(key),
                Origin::Check(name.to_owned()),
                image.common(),
            )
        };
        self.with_regctl(&mut job, &[image], Right::Push, None);
        job.uses.image(name);
        // The recipe is in the checkout.
        job.variables.set("GIT_STRATEGY", "fetch");
        let refs = self.build_refs(name);
        self.need_bases(&mut job, image, &refs);
        let recipe = self.recipe(&mut job, name, image, rebuild);
        job.script.push(Value::from(recipe));
        let current = self.current(&job, name, image, rebuild);
        job.script.extend(current);
        let move_tag = self.move_tag(&job, name, image);
        job.script.push(Value::from(move_tag));
        let file = self.handed_on(DOTENV, name);
        job.script.push(Value::from(wrapped(&format!(
            "printf '%s\\n' \"{}=$repository:$recipe\" \"{}=$tag\" \"{}=$current\" > \"$CI_PROJECT_DIR/{file}\"",
            image_variable(name),
            tag_variable(name),
            current_variable(name)
        ))));
        self.hand_on(&mut job, &file);
        if let Some(raw) = rebuild.job.get() {
            job.raw = crate::manifest::raw::mapping(&raw.0, &mut crate::finding::Report::default());
        }
        job
    }

    /// Commands that put the digest of the image into the variable `current`, if it can stay, else
    /// `none`.
    fn current(&mut self, job: &Job, name: &str, image: &Image, rebuild: &Rebuild) -> [Value; 2] {
        let age = rebuild.older_than.get().map(|age| duration::parse(age));
        let seconds = age.and_then(Result::ok).map_or(0, |age| age.as_secs());
        let arguments = format!("\"$repository:$recipe\" {seconds}");
        let current = self.call(job, Function::Current, &arguments);
        [
            Self::in_repository(name, image),
            format!("current=$({current})").into(),
        ]
    }

    /// Commands that put the tag which the build moves into the variable `tag`, and move it to an
    /// image that can stay.
    fn move_tag(&mut self, job: &Job, name: &str, image: &At<Image>) -> String {
        let tag = word(image.tag());
        match self.is_of_default_branch(name, image) {
            true => self.call(job, Function::MoveTag, &tag),
            false => format!(
                "tag={tag}\n\
                 [ \"$current\" = none ] || regctl image copy \"$repository@$current\" \"$repository:$tag\"\n"
            ),
        }
    }

    /// Whether the image's own tag moves on the default branch alone: nothing in it tells branches
    /// apart, the default branch builds the image, and later jobs get the tag of the recipe.
    fn is_of_default_branch(&self, name: &str, image: &At<Image>) -> bool {
        let known = self.target >= gates::DOTENV && self.target >= gates::DEFAULT_BRANCH;
        let default = At::new("default_branch".to_owned(), image.span);
        let built = self.build_refs(name);
        let elsewhere = built.iter().any(|set| set.value != default.value);
        known
            && elsewhere
            && !mutant::on(Mutant::ToolchainTagOfAllBranches)
            && !image.tag().contains('$')
            && covers(self.manifest, &built, &vec![default]) == Coverage::Covered
    }

    /// A command that puts the hash of all that an image is made from into the variable `recipe`:
    /// its Dockerfile, target, platforms, options and build arguments, and the files that `changes`
    /// names, with whether they can be executed.
    fn recipe(&mut self, job: &mut Job, name: &str, image: &Image, rebuild: &Rebuild) -> String {
        let refs = self.build_refs(name);
        let mut words: Vec<String> = Vec::new();
        if let Some(target) = image.target.get() {
            words.push(quoted(&format!("target {target}")));
        }
        let platforms = image.platforms.get().into_iter().flat_map(|all| all.iter());
        let options = image.build_options.get().into_iter();
        let options = options.flat_map(|options| options.iter());
        words.extend(platforms.map(|one| quoted(&format!("platform {}", one.value))));
        words.extend(options.map(|option| quoted(&format!("option {}", option.value))));
        for (argument, value) in image
            .build_args
            .get()
            .into_iter()
            .flat_map(|of| of.0.iter())
        {
            let value = self.build_argument(&value.value, &refs, &mut job.uses);
            words.push(quoted(&format!("{}={value}", argument.value)));
        }
        let mut lines = Vec::new();
        if !words.is_empty() {
            lines.push(format!("printf '%s\\n' {}", words.join(" ")));
        }
        lines.push(format!("sha256sum {}", word(&image.dockerfile())));
        let patterns: Vec<String> = rebuild
            .changes
            .get()
            .into_iter()
            .flat_map(|list| list.iter())
            .filter_map(|glob| glob::to_posix(&glob.value))
            .collect();
        if !patterns.is_empty() {
            let pattern = format!(r"\./({})", patterns.join("|")).replace('\'', r"'\''");
            // A file that is made executable is another one in the image; the rest of its mode is
            // the runner's.
            lines.push(self.call(job, Function::Checksums, &format!("'{pattern}'")));
        }
        // Bash lets `$( )` go on after a command that fails.
        let body = lines.join(" &&\n  ");
        format!("recipe=$({{\n  {body}\n}} | sha256sum | cut -d ' ' -f 1)\n")
    }
}

/// Makes one shared text of the commands that build an image: two jobs run them.
fn say_once(build: &mut Job, name: &str) {
    let lines = build.script.iter().map(|line| match line {
        Value::Str(line) => Some(line.as_str()),
        _ => None,
    });
    let Some(lines) = lines.collect::<Option<Vec<&str>>>() else {
        return;
    };
    let lines = lines.iter().map(|line| format!("{}\n", line.trim_end()));
    let shared = Shared {
        holder: Holder::Build(name.to_owned()),
        key: "script".to_owned(),
        value: Box::new(Value::from(lines.collect::<String>())),
    };
    build.script = vec![shared.into()];
}
