//! Names that several things would share without saying so: variables, tags of one repository,
//! files, host names of services.
//!
//! Always holds: what passes keeps apart what the manifest names apart.

use std::collections::{HashMap, HashSet};

use super::Check;
use crate::files::{check_file, normalize};
use crate::finding::{Code, Finding};
use crate::manifest::Manifest;
use crate::manifest::common::Variables;
use crate::manifest::record::all;
use crate::manifest::resolved::image_variable;
use crate::manifest::tests::Via;
use crate::manifest::written_tags::{Writer, WrittenTag};
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let generated = image_variables(check);
    user_variables(check, &generated);
    tags(check);
    companions(check);
    services(check);
    stages(check);
}

/// The variables that images have, and which image has them.
fn image_variables(check: &mut Check<'_>) -> HashMap<String, At<String>> {
    let manifest = check.manifest;
    let mut seen: HashMap<String, At<String>> = HashMap::new();
    for (key, image) in manifest.images() {
        let reference = image_variable(&key.value);
        let mut variables = vec![format!("{reference}_DIGEST")];
        if image.rebuild.get().is_some() {
            // What the check of the image hands on.
            variables.extend(["TAG", "CURRENT"].map(|what| format!("{reference}_{what}")));
        }
        variables.push(reference);
        for variable in variables {
            if let Some(first) = seen.get(&variable).filter(|first| first.value != key.value) {
                let message = format!(
                    "the images `{}` and `{}` both have the variable `{variable}`",
                    first.value, key.value
                );
                let finding = Finding::new(Code::DuplicateName, key.span, message);
                check.report.push(
                    finding
                        .related(first.span, "the other image")
                        .help("rename one: in variables `-` and `_` are the same"),
                );
                continue;
            }
            seen.insert(variable, key.clone());
        }
    }
    seen
}

fn user_variables(check: &mut Check<'_>, generated: &HashMap<String, At<String>>) {
    // Several entities may have a variable from one place in `defaults`.
    let mut seen = HashSet::new();
    let tables = all::<Variables>(check.manifest).into_iter();
    for (key, _) in tables.flat_map(|variables| variables.0.iter()) {
        if !seen.insert(key.span) {
            continue;
        }
        if let Some(image) = generated.get(&key.value) {
            let message = format!(
                "`{}` is the variable of the image `{}`",
                key.value, image.value
            );
            let finding = Finding::new(Code::DuplicateName, key.span, message);
            check.report.push(
                finding
                    .related(image.span, "this image")
                    .help("jobs would build or deploy another image: choose another name"),
            );
        }
    }
}

/// Reports two things that one tag would stand for. What is pushed last takes the tag of the other:
/// what is deployed is then no longer marked, and the next clean-up deletes it.
fn tags(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let tags = manifest.written_tags(&check.deployments);
    let mut seen: HashMap<(&str, &str), Vec<&WrittenTag<'_>>> = HashMap::new();
    for tag in &tags {
        let known = seen.entry((&tag.repository, &tag.tag)).or_default();
        if let Some(first) = known.iter().find(|first| excludes(manifest, first, tag)) {
            let message = match first.image == tag.image {
                true => format!("`{}` stands for two things of `{}`", tag.written, tag.image),
                false => format!(
                    "`{}` stands for both `{}` and `{}`",
                    tag.written, first.image, tag.image
                ),
            };
            let finding = Finding::new(Code::DuplicateName, tag.span, message)
                .related(first.span, use_of(first))
                .help(format!(
                    "{}; whatever comes last would take the tag",
                    use_of(tag)
                ))
                .help(match first.image == tag.image {
                    true => "give one of them another tag",
                    false => "give each image a `repository` of its own, or other tags",
                });
            check.report.push(finding);
        }
        known.push(tag);
    }
    drop(seen);
    meetings(check, &tags);
}

/// Reports two things of one repository whose tags can be equal in some pipelines, as those of a branch
/// `main` and of a fixed tag `main`.
fn meetings(check: &mut Check<'_>, tags: &[WrittenTag<'_>]) {
    let mut known: HashMap<&str, Vec<&WrittenTag<'_>>> = HashMap::new();
    for tag in tags {
        let others = known.entry(&tag.repository).or_default();
        let met = others.iter().find_map(|other| {
            let apart =
                is_own_cache(check.manifest, other, tag) || !excludes(check.manifest, other, tag);
            let shared = (!apart).then(|| other.may_meet(tag)).flatten()?;
            Some((*other, shared))
        });
        if let Some((other, shared)) = met {
            let message = format!(
                "`{}` and `{}` can both be the tag `{shared}`",
                other.written, tag.written
            );
            let finding = Finding::new(Code::OverlappingTags, tag.span, message)
                .related(other.span, use_of(other))
                .help(format!("{}; whatever comes last takes the tag", use_of(tag)))
                .help("begin one of them with a text that the other cannot have, or give it a `repository` of its own");
            check.report.push(finding);
        }
        others.push(tag);
    }
}

/// Whether these are the tag of an image and the cache that windlass names for it.
fn is_own_cache(manifest: &Manifest, one: &WrittenTag<'_>, other: &WrittenTag<'_>) -> bool {
    let of_cache = |tag: &WrittenTag<'_>| tag.writer == Writer::Cache;
    let image = manifest.image_entry(one.image).map(|(_, image)| image);
    one.image == other.image
        && of_cache(one) != of_cache(other)
        && image.is_some_and(|image| image.cache_to.is_missing())
}

/// Whether one tag cannot be for both.
fn excludes(manifest: &Manifest, first: &WrittenTag<'_>, second: &WrittenTag<'_>) -> bool {
    if first.image != second.image {
        return true;
    }
    let name = |key: &str| {
        let environments = manifest.environments.get();
        let environment = environments.and_then(|all| all.get(key));
        environment.map(|environment| environment.name(key).to_owned())
    };
    match (first.writer, second.writer) {
        // Several entries may be about one environment of GitLab.
        (Writer::Deployed(one), Writer::Deployed(other)) => name(one) != name(other),
        (Writer::Deployed(_), _) | (_, Writer::Deployed(_)) => true,
        (Writer::Cache, other) | (other, Writer::Cache) => other != Writer::Cache,
        _ => false,
    }
}

/// What a tag is for.
fn use_of(tag: &WrittenTag<'_>) -> String {
    let image = tag.image;
    match tag.writer {
        Writer::Build | Writer::OneBuild | Writer::AlsoTag => {
            format!("the build of `{image}` pushes it")
        }
        Writer::Cache => format!("the build of `{image}` writes its cache there"),
        Writer::Tested => format!("`{image}` has it as soon as it has passed its tests"),
        Writer::Promotion(key) => format!("the promotion `{key}` gives it to `{image}`"),
        Writer::Deployed(key) => format!("it marks which `{image}` the environment `{key}` runs"),
    }
}

/// The compose override is written; what it would be written over is not generated from here.
fn companions(check: &mut Check<'_>) {
    let Some(compose) = check.manifest.compose.get() else {
        return;
    };
    let Some(own) = compose.override_file.at() else {
        return;
    };
    let path: &str = &own.value;
    if let Err(why) = check_file(path) {
        let finding = Finding::new(Code::BadPath, own.span, format!("`{path}` {why}"));
        let help = "name a file to write, as in `docker-compose.windlass.yml`";
        check.report.push(finding.help(help));
        return;
    }
    if path.contains('$') {
        let message =
            format!("`{path}` has a variable, and the file is written before any job runs");
        let finding = Finding::new(Code::BadPath, own.span, message);
        check.report.push(finding.help("name the file without `$`"));
        return;
    }
    let written = normalize(path);
    let files = compose
        .files
        .get()
        .into_iter()
        .flat_map(|files| files.iter());
    let mut others: Vec<String> = files.map(|file| normalize(&file.value)).collect();
    if compose.files.is_missing() {
        others.push("docker-compose.yml".to_owned());
    }
    let what = if written == ".gitlab-ci.yml" {
        "the pipeline"
    } else if others.contains(&written) {
        "a compose file that it overrides"
    } else {
        return;
    };
    let message = format!("the generated file `{path}` is also {what}");
    let finding = Finding::new(Code::DuplicateName, own.span, message);
    check
        .report
        .push(finding.help("give the generated file a name of its own with `override`"));
}

/// Two services of a job that would have one host name.
fn services(check: &mut Check<'_>) {
    for (_, test, _) in check.manifest.tests_and_tasks() {
        if test.via.copied_or(Via::Job) != Via::Job {
            continue;
        }
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for service in test.services.get().into_iter().flat_map(|list| list.iter()) {
            let Some(alias) = service.value.alias.at() else {
                continue;
            };
            if let Some(first) = seen.insert(&alias.value, alias.span) {
                let message = format!("two services have the host name `{}`", alias.value);
                let finding = Finding::new(Code::DuplicateName, alias.span, message);
                check.report.push(
                    finding
                        .related(first, "the other one")
                        .help("give each service its own `alias`"),
                );
            }
        }
    }
}

/// Names of stages that GitLab does not take.
fn stages(check: &mut Check<'_>) {
    for stage in check.manifest.declared_stages().unwrap_or_default() {
        let why = match stage.value.as_str() {
            ".pre" | ".post" => Err("is always there, and always at its end".into()),
            name => crate::gitlab::names::stage(name),
        };
        if let Err(why) = why {
            let message = format!("`{}` cannot be listed as a stage: it {why}", stage.value);
            let finding = Finding::new(Code::BadName, stage.span, message);
            check
                .report
                .push(finding.help("take it out of `stages`, or rename it"));
        }
    }
}
