//! An image of one pipeline is built before a job runs in it.
//!
//! Always holds: only images whose tag is of the commit or of the pipeline alone are told, as any other may
//! be there from before; and only if a job of the file pushes one of just that name.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{Config, Job, Located};
use crate::finding::{Code, Finding};
use crate::gitlab::shell::commands::{Command, Word};
use crate::gitlab::variables::{Part, parts};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;
use crate::plan::{Presence, Ref, Trigger, named};

/// Variables that no other pipeline has the same value of.
const OF_PIPELINE: [&str; 2] = ["CI_PIPELINE_ID", "CI_PIPELINE_IID"];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    if config.open.is_some() {
        return;
    }
    let mut pushed: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, job) in config.jobs.iter().enumerate() {
        for image in pushes(lint, at) {
            let name = expanded(&config, job, &image);
            pushed.entry(name).or_default().push(at);
        }
    }
    for (at, job) in config.jobs.iter().enumerate() {
        let used = job.image.iter().chain(&job.services);
        for image in used.map(Located::clone) {
            let name = expanded(&config, job, &image.value);
            let Some(builders) = pushed.get(&name) else {
                continue;
            };
            if !OF_PIPELINE.iter().any(|of| name.contains(of)) || builders.contains(&at) {
                continue;
            }
            missing(lint, job, at, &image, builders);
        }
    }
}

/// Reports an image that no job of some pipeline builds.
fn missing(lint: &mut Lint<'_>, job: &Job, at: usize, image: &Located<String>, builders: &[usize]) {
    let config = lint.config();
    let found = lint.seen.iter().find(|one| {
        let is_out = |at: &usize| one.jobs.get(*at) == Some(&Presence::Out);
        let pushed = matches!(one.situation.trigger, Trigger::Push | Trigger::MergeRequest);
        let known = matches!(
            one.situation.reference,
            Ref::Branch(_) | Ref::Tag(_) | Ref::MergeRequest { .. }
        );
        pushed
            && known
            && !one.is_far_fetched
            && one.absence.is_none()
            && one.jobs.get(at) == Some(&Presence::In)
            && builders.iter().all(is_out)
    });
    let Some(situation) = found.map(|one| one.situation.clone()) else {
        return;
    };
    if !lint.is_new(Code::ImageNotBuilt, &format!("{:?}", image.place)) {
        return;
    }
    let on = named(&situation);
    let message = format!(
        "`{}` runs in `{}` on {on}, where no job builds it",
        job.name, image.value
    );
    let mut finding = Finding::new(Code::ImageNotBuilt, image.place, message);
    let builder = builders.first().and_then(|at| config.jobs.get(*at));
    if let Some(builder) = builder {
        finding = finding.related(builder.place, "this job builds it elsewhere");
    }
    let finding = finding.help("let the job that builds it run on the same refs");
    lint.tell(finding, &situation);
}

/// The images that a job pushes, as they are written.
fn pushes(lint: &Lint<'_>, job: usize) -> Vec<String> {
    let scripts = lint.scripts();
    let commands = scripts.of(job).flat_map(|script| &script.commands);
    commands.flat_map(pushed).collect()
}

/// The images that a command pushes.
fn pushed(command: &Command) -> Vec<String> {
    let Some((program, arguments)) = command.program() else {
        return Vec::new();
    };
    let has = |text: &str| arguments.iter().any(|word| word.is(text));
    let after = |options: &[&str]| {
        let mut values = Vec::new();
        for pair in arguments.windows(2) {
            if let [option, value] = pair
                && options.iter().any(|one| option.is(one))
            {
                values.push(value.shown());
            }
        }
        let glued = arguments.iter().map(Word::shown).filter_map(|text| {
            let (option, value) = text.split_once('=')?;
            options.contains(&option).then(|| value.to_owned())
        });
        values.extend(glued);
        values
    };
    match program.as_str() {
        "docker" | "podman" | "buildah" | "nerdctl" => match arguments.first() {
            Some(first) if first.is("push") => {
                arguments.last().map(Word::shown).into_iter().collect()
            }
            Some(_) if has("build") && has("--push") => after(&["-t", "--tag"]),
            Some(_) | None => Vec::new(),
        },
        "executor" | "kaniko" => after(&["--destination", "-d"]),
        _ => Vec::new(),
    }
}

/// A name with the variables of the file put in; those of GitLab stay, all written alike.
fn expanded(config: &Arc<Config>, job: &Job, text: &str) -> String {
    let mut text = text.to_owned();
    // Variables refer to each other only so often.
    for _ in 0..8 {
        let mut next = String::new();
        for part in parts(&text) {
            match part {
                Part::Text(text) => next.push_str(text),
                Part::Variable(name, _) => {
                    let own = job.variables.get(name);
                    let global = config.variables.get(name);
                    match own.or(global.filter(|_| job.inherits.takes(name))) {
                        Some(variable) => next.push_str(&variable.value),
                        None => next.push_str(&format!("${{{name}}}")),
                    }
                }
            }
        }
        if next == text {
            break;
        }
        text = next;
    }
    text
}
