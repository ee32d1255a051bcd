//! Names that several things would share without saying so: variables, tags of one repository,
//! files, host names of services.
//!
//! Always holds: what passes keeps apart what the manifest names apart.

use std::collections::HashMap;

use super::Check;
use crate::files::{check_file, normalize};
use crate::finding::{Code, Finding};
use crate::manifest::collection::Map;
use crate::manifest::common::{Entity, Variables};
use crate::manifest::resolved::image_variable;
use crate::manifest::tests::Via;
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
    for (key, _) in manifest.images() {
        let reference = image_variable(&key.value);
        for variable in [format!("{reference}_DIGEST"), reference] {
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
    let manifest = check.manifest;
    let sets = manifest.refs.get().into_iter().flat_map(Map::iter);
    let images = manifest.images().map(|(_, image)| image.common());
    let tests = manifest.tests_and_tasks().map(|(_, test, _)| test.common());
    let environments = manifest
        .environments()
        .map(|(_, environment)| environment.common());
    let all: Vec<&Variables> = [manifest.variables.get()]
        .into_iter()
        .chain(sets.map(|(_, set)| set.value.variables.get()))
        .chain(
            images
                .chain(tests)
                .chain(environments)
                .map(|common| common.variables.get()),
        )
        .flatten()
        .collect();
    for (key, _) in all.into_iter().flat_map(|variables| variables.0.iter()) {
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

/// Two builds that push the same tag of the same repository.
fn tags(check: &mut Check<'_>) {
    let mut seen: HashMap<String, (String, Span)> = HashMap::new();
    for (key, image) in check.manifest.images() {
        let repository = image.repository(&key.value);
        let own = image.tag.at().map_or(key.span, |tag| tag.span);
        let further = image
            .also_tag
            .get()
            .into_iter()
            .flat_map(|list| list.iter());
        let further = further.map(|tag| (tag.value.as_str(), tag.span));
        for (tag, span) in [(image.tag(), own)].into_iter().chain(further) {
            let reference = format!("{repository}:{tag}");
            if let Some((other, first)) = seen.get(&reference).filter(|(of, _)| *of != key.value) {
                let message = format!(
                    "`{other}` and `{}` are both pushed as `{reference}`",
                    key.value
                );
                let finding = Finding::new(Code::DuplicateName, span, message);
                check.report.push(
                    finding
                        .related(*first, format!("`{other}` is pushed so"))
                        .help("the later build would replace the other: give one another `repository` or tag"),
                );
            } else {
                seen.insert(reference, (key.value.clone(), span));
            }
        }
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
            ".pre" | ".post" => Err("is always there, and always at its end".to_owned()),
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
