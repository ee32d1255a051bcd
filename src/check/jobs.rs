//! Jobs: names that GitLab takes, no name twice, stages that exist, `job` keys that are not the
//! entity's own.

use std::collections::HashMap;

use super::Check;
use crate::finding::{Code, Finding};
use crate::manifest::collection::Map;
use crate::manifest::common::Entity;
use crate::manifest::environments::Stop;
use crate::manifest::kinds::Raw;
use crate::manifest::raw::member;
use crate::manifest::record::Record as _;
use crate::manifest::resolved::STAGES;
use crate::source::{Entry, Kind, Span};

pub(super) fn check(check: &mut Check<'_>) {
    names(check);
    stages(check);
    some(check);
    let manifest = check.manifest;
    for include in manifest
        .include
        .get()
        .into_iter()
        .flat_map(|list| list.iter())
    {
        crate::manifest::raw::value(&include.value.0, check.report);
    }
    for (_, image) in manifest.images() {
        job_keys(check, &image.value);
    }
    for (_, test, _) in manifest.tests_and_tasks() {
        job_keys(check, &test.value);
    }
    for (_, environment) in manifest.environments() {
        job_keys(check, &environment.value);
        if let Some(raw) = environment.stop.get().and_then(|stop| stop.job.get()) {
            let own = |key: &str| Stop::keys().iter().any(|own| own.name == key);
            own_keys(check, raw, |key| own(key).then(|| key.to_owned()));
        }
    }
    for (_, hidden) in manifest.hidden_values() {
        crate::manifest::raw::value(&hidden.value.0, check.report);
    }
    for (key, raw) in manifest.raw_jobs() {
        match &raw.value.0.kind {
            Kind::Mapping(entries) if !entries.is_empty() => {
                crate::manifest::raw::value(&raw.value.0, check.report);
            }
            Kind::Mapping(_) | Kind::Scalar(_) | Kind::Sequence(_) => {
                let message = format!("the job `{}` is not a mapping of GitLab keys", key.value);
                let finding = Finding::new(Code::WrongType, raw.span, message);
                check
                    .report
                    .push(finding.help("write it like `{script: [make]}`"));
            }
        }
    }
    pipeline(check);
}

/// GitLab refuses a file without a job that is not hidden; one of an included file counts.
fn some(check: &mut Check<'_>) {
    let manifest = check.manifest;
    // With errors, what could not be read may hold the jobs.
    let included = !manifest.include.is_missing();
    if check.inventory.jobs.is_empty() && !included && !check.report.has_errors() {
        let span = manifest.windlass.span().unwrap_or_default();
        let finding = Finding::new(Code::Empty, span, "this manifest makes no job");
        let help = "define something in `images`, `tests`, `environments` or `jobs`; GitLab refuses an empty pipeline";
        check.report.push(finding.help(help));
    }
}

fn names(check: &mut Check<'_>) {
    let mut seen: HashMap<String, (Span, bool)> = HashMap::new();
    for job in &check.inventory.jobs {
        let (name, span) = (&job.name.value, job.name.span);
        if let Some((first, first_is_raw)) = seen.get(name) {
            let message = format!("two jobs are named `{name}`");
            let help = match (first_is_raw, job.is_raw) {
                (true, true) => "rename one of them",
                (false, true) => "rename it; to change a generated job, use `job` of its entity",
                _ => "rename one of them, or give one another name with `job_names`",
            };
            let finding = Finding::new(Code::DuplicateName, span, message);
            check.report.push(
                finding
                    .related(*first, "the other one comes from here")
                    .help(help),
            );
        }
        seen.entry(name.clone()).or_insert((span, job.is_raw));
        if crate::gitlab::names::is_reserved_job(name) {
            let message = format!("GitLab reserves `{name}`: it cannot be the name of a job");
            let help = "choose another name; `job_names` renames a generated job";
            check
                .report
                .push(Finding::new(Code::ReservedJobName, span, message).help(help));
        } else if let Err(why) = crate::gitlab::names::job(name) {
            let shown: String = name.chars().take(40).collect();
            let message = format!("`{shown}` cannot be the name of a job: it {why}");
            let help = "choose another name; `job_names` renames a generated job";
            check
                .report
                .push(Finding::new(Code::BadName, span, message).help(help));
        }
    }
    for (key, _) in check
        .manifest
        .jobs
        .get()
        .into_iter()
        .flat_map(|jobs| jobs.iter())
    {
        let hidden = key.value.trim_start_matches('.');
        if key.value.starts_with('.') && hidden.is_empty() {
            check.report.push(Finding::new(
                Code::BadName,
                key.span,
                "a hidden job needs a name after its dot",
            ));
        }
    }
}

fn stages(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let declared = manifest.declared_stages();
    if let Some(stages) = declared {
        if stages.is_empty() {
            let span = manifest.stages.span().unwrap_or_default();
            let finding = Finding::new(Code::Empty, span, "`stages` is empty");
            let help = "list them in order, or remove `stages`";
            check.report.push(finding.help(help));
            return;
        }
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for stage in stages {
            if let Some(first) = seen.insert(&stage.value, stage.span) {
                let message = format!("the stage `{}` stands twice", stage.value);
                let finding = Finding::new(Code::DuplicateName, stage.span, message);
                let finding = finding.related(first, "first here");
                check.report.push(finding.help("remove one of the two"));
            }
        }
    }
    let removed = manifest
        .pipeline
        .get()
        .and_then(|raw| member(&raw.0, "stages"));
    let known: Vec<&str> = match declared {
        Some(stages) => stages.iter().map(|stage| stage.value.as_str()).collect(),
        // An included file may list them; GitLab's own reading of the whole says so.
        None if removed.is_some() && !manifest.include.is_missing() => return,
        None if removed.is_some() => GITLAB_STAGES.to_vec(),
        None => STAGES.to_vec(),
    };
    let unknown: Vec<_> = check
        .inventory
        .jobs
        .iter()
        .filter(|job| {
            let stage = job.stage.value.as_str();
            !(stage.is_empty() || stage == ".pre" || stage == ".post" || known.contains(&stage))
        })
        .map(|job| job.stage.clone())
        .collect();
    for stage in unknown {
        check.unknown(Code::UnknownStage, &stage, "stage", known.iter().copied());
    }
}

/// The stages of a pipeline that lists none, besides `.pre` and `.post` (18.11).
const GITLAB_STAGES: [&str; 3] = ["build", "test", "deploy"];

/// GitLab keys for which the language has another word.
const OTHER_WORDS: &[(&str, &str)] = &[("tags", "runner_tags"), ("parallel", "matrix")];

fn job_keys<E: Entity>(check: &mut Check<'_>, entity: &E) {
    let Some(raw) = entity.common().job.get() else {
        return;
    };
    own_keys(check, raw, |key| {
        if E::keys().iter().any(|own| own.name == key) {
            return Some(key.to_owned());
        }
        let other = OTHER_WORDS.iter().find(|(word, _)| *word == key)?.1;
        E::keys()
            .iter()
            .any(|own| own.name == other)
            .then(|| other.to_owned())
    });
}

/// The keys of a raw mapping; anything else is reported.
fn raw_entries<'r>(check: &mut Check<'_>, raw: &'r Raw, key: &str) -> Option<&'r [Entry]> {
    if let Kind::Mapping(entries) = &raw.0.kind {
        return Some(entries);
    }
    let message = format!(
        "`{key}` wants a mapping of GitLab keys, not {}",
        raw.0.describe()
    );
    let finding = Finding::new(Code::WrongType, raw.0.span, message)
        .help("write it like `{GitLab key: value}`");
    check.report.push(finding);
    None
}

/// Reports keys of a raw mapping that the entity has itself.
fn own_keys(check: &mut Check<'_>, raw: &Raw, own: impl Fn(&str) -> Option<String>) {
    let Some(entries) = raw_entries(check, raw, "job") else {
        return;
    };
    for entry in entries.iter() {
        let key = &*entry.key.value;
        if let Some(own) = own(key) {
            let message = format!("`{key}` is not for `job`: it has its own key here");
            let help = format!("write `{own}` beside `job`");
            check
                .report
                .push(Finding::new(Code::KeyBesideJob, entry.key.span, message).help(help));
        }
    }
    crate::manifest::raw::value(&raw.0, check.report);
}

/// Top-level GitLab keys that may stand in `pipeline`.
const PIPELINE_KEYS: [&str; 6] = ["workflow", "default", "image", "services", "cache", "spec"];

fn pipeline(check: &mut Check<'_>) {
    let Some(raw) = check.manifest.pipeline.get() else {
        return;
    };
    let Some(entries) = raw_entries(check, raw, "pipeline") else {
        return;
    };
    let generates = check.inventory.jobs.iter().any(|job| !job.is_raw);
    for entry in entries.iter() {
        let (key, span) = (&*entry.key.value, entry.key.span);
        let finding = match key {
            // GitLab's own stages, or those of an included file.
            "stages" if entry.value.is_null() => continue,
            "stages" | "variables" | "include" => {
                let message = format!("`{key}` is not for `pipeline`: it has its own key");
                let finding = Finding::new(Code::KeyBesideJob, span, message);
                finding.help(format!("write `{key}` at the top of the manifest"))
            }
            // Where windlass makes no job, all of them are the user's own.
            "before_script" | "after_script" if !generates => continue,
            "before_script" | "after_script" => {
                let message = format!("`{key}` for all jobs would run in jobs that cannot run it");
                let finding = Finding::new(Code::KeyBesideJob, span, message);
                finding.help(format!(
                    "write `{key}` in `defaults` of the kind of entity that it is for"
                ))
            }
            _ if PIPELINE_KEYS.contains(&key) => continue,
            _ => {
                let message = format!("GitLab has no top-level key `{key}`: it would be a job");
                let finding = Finding::new(Code::UnknownKey, span, message);
                match crate::finding::did_you_mean(key, PIPELINE_KEYS) {
                    Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                    None => finding.help("jobs stand under `jobs`"),
                }
            }
        };
        check.report.push(finding);
    }
    crate::manifest::raw::value(&raw.0, check.report);
    workflow(check, raw);
}

/// Reports variables of ref sets that no rule would give, as raw rules replace the generated ones.
fn workflow(check: &mut Check<'_>, raw: &Raw) {
    let Some(workflow) = member(&raw.0, "workflow") else {
        return;
    };
    let replaced = match &workflow.kind {
        Kind::Mapping(_) => member(workflow, "rules"),
        Kind::Scalar(_) | Kind::Sequence(_) => Some(workflow),
    };
    let Some(replaced) = replaced else { return };
    for (name, set) in check.manifest.refs.get().into_iter().flat_map(Map::iter) {
        let Some(variables) = set.value.variables.span() else {
            continue;
        };
        let message = format!(
            "the rules of `pipeline.workflow` replace those that give the variables of `{}`",
            name.value
        );
        let finding = Finding::new(Code::Exclusive, variables, message)
            .related(replaced.span, "these rules")
            .help("write the variables in these rules, or remove the rules");
        check.report.push(finding);
    }
}
