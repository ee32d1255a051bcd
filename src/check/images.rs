//! Images: those that are named exist, fit their use, and are built where they are used.

use std::collections::{HashMap, HashSet};

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::variables::filled;
use crate::manifest::Manifest;
use crate::manifest::common::{Entity, Variable};
use crate::manifest::images::{Image, Role};
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::record::all;
use crate::manifest::resolved::SetNames;
use crate::manifest::tests::Via;
use crate::manifest::tools::Compose;
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    tests(check);
    deployments(check);
    let mut seen = HashSet::new();
    for image in all::<Variable>(manifest)
        .into_iter()
        .flat_map(Variable::images)
    {
        // Several entities may have a variable from one place in `defaults`.
        if seen.insert(image.span) {
            known(check, image);
        }
    }
    if let Some(compose) = manifest.compose.get() {
        for (_, image) in compose
            .services
            .get()
            .into_iter()
            .flat_map(|map| map.iter())
        {
            known(check, image);
        }
    }
    for (key, image) in manifest.images() {
        for (_, argument) in image
            .build_args
            .get()
            .into_iter()
            .flat_map(|args| args.0.iter())
        {
            for base in argument.value.images() {
                if manifest.image(&base.value).is_none() {
                    // It is told with those of all variables.
                } else if base.value == key.value {
                    let message = format!("`{}` is built from itself", key.value);
                    let finding = Finding::new(Code::NeedsOrder, base.span, message);
                    check.report.push(finding.help("name another image"));
                } else {
                    let refs = check.deployments.image_refs(&key.value, image);
                    let user = format!("the image `{}`", key.value);
                    built_where_used(check, base, &built(check, base), &refs, &user);
                }
            }
        }
        unused(check, key, image);
    }
}

/// Reports an image that nobody uses: most often a name was changed in one place only.
fn unused(check: &mut Check<'_>, key: &At<String>, image: &At<Image>) {
    let name = key.value.as_str();
    if image.role() == Role::Production && check.deployments.of_image(name).is_empty() {
        let refs = image.refs.is_missing();
        let message = format!("no environment deploys the production image `{name}`");
        let help = if refs {
            "it is built where it is deployed, so it would never be built: name it in an environment, or give it `refs`"
        } else {
            "name it in an environment's `deploy`, or in its `images`"
        };
        let code = if refs {
            Code::ImageNotBuilt
        } else {
            Code::Unused
        };
        check
            .report
            .push(Finding::new(code, key.span, message).help(help));
    }
}

/// Whether an image of that name exists; if not, says so.
pub(super) fn known(check: &mut Check<'_>, name: &At<String>) -> bool {
    if check.manifest.image(&name.value).is_some() {
        return true;
    }
    let names = check.manifest.image_names();
    check.unknown(Code::UnknownImage, name, "image", names);
    false
}

/// What an `image:` of a job may be: the name of an image, or a reference that says its tag.
pub(super) fn job_image(check: &mut Check<'_>, name: &At<String>) -> bool {
    if check.manifest.image(&name.value).is_some() {
        return true;
    }
    let text = name.value.as_str();
    let is_reference = text.contains([':', '@', '/', '$', '.']);
    if !is_reference {
        let names = check.manifest.image_names();
        let meant = check.meant(text, &names);
        let message = format!("there is no image `{text}`");
        let finding = Finding::new(Code::UnknownImage, name.span, message);
        let finding = match meant {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None if names.is_empty() => finding.help("the manifest defines no image"),
            None => finding.help(format!("the manifest defines {}", super::listed(&names))),
        };
        check.report.push(finding.help(format!(
            "an image of a registry is written with its tag: `{text}:TAG`"
        )));
        return false;
    }
    let known = check.manifest.expanded(None, text);
    // Of a digest in a variable nothing is known.
    let (named, digest) = known.split_once('@').unwrap_or((&known, ""));
    let named = match digest.contains('$') {
        true => filled(named),
        false => filled(&known),
    };
    if let Err(why) = crate::gitlab::names::image_reference(&named) {
        let message = format!("`{text}` is not an image reference: it {why}");
        let help = "write it like `postgres:17` or `registry.example.com/team/app:1.2`";
        check
            .report
            .push(Finding::new(Code::BadName, name.span, message).help(help));
    }
    false
}

fn tests(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let compose = manifest.compose.get();
    let services = compose.map(Compose::services_by_image).unwrap_or_default();
    for (key, test, is_task) in manifest.tests_and_tasks() {
        let what = format!(
            "the {} `{}`",
            if is_task { "task" } else { "test" },
            key.value
        );
        let via = test.via.copied_or(Via::Job);
        let refs = Manifest::refs_of(&test.refs, test.span);
        if let Some(image) = test.image.get().and_then(|image| image.name.at()) {
            let own = job_image(check, image);
            if own {
                built_where_used(check, image, &built(check, image), &refs, &what);
            } else if via == Via::Compose && manifest.image(&image.value).is_none() {
                let message = "with `via: compose` the image must be one of `images`";
                check.report.push(
                    Finding::new(Code::NoComposeService, image.span, message)
                        .help("`compose.services` says which compose service runs it"),
                );
            }
            if own && via == Via::Compose {
                compose_service(check, &services, image);
            }
        }
        for service in test.services.get().into_iter().flat_map(|list| list.iter()) {
            let Some(name) = service.value.name.at() else {
                let finding =
                    Finding::new(Code::MissingKey, service.span, "this service has no `name`");
                check.report.push(finding);
                continue;
            };
            match via {
                Via::Compose => {}
                Via::Docker => {
                    let message = "a script inside `docker run` cannot reach GitLab's services";
                    check.report.push(
                        Finding::new(Code::Exclusive, service.span, message)
                            .help("use `via: job`, or `via: compose` with a compose service"),
                    );
                }
                Via::Job => {
                    if job_image(check, name) {
                        built_where_used(check, name, &built(check, name), &refs, &what);
                    }
                }
            }
        }
        for image in all::<Variable>(&test.value)
            .into_iter()
            .flat_map(Variable::images)
        {
            if manifest.image(&image.value).is_some() {
                built_where_used(check, image, &built(check, image), &refs, &what);
            }
        }
    }
}

fn compose_service(check: &mut Check<'_>, services: &HashMap<&str, &str>, image: &At<String>) {
    if !services.contains_key(image.value.as_str()) {
        let message = format!("no compose service runs the image `{}`", image.value);
        let help = format!(
            "say which one does: `compose: {{services: {{SERVICE: {}}}}}`",
            image.value
        );
        check
            .report
            .push(Finding::new(Code::NoComposeService, image.span, message).help(help));
    }
}

fn deployments(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (key, environment) in manifest.environments() {
        let what = format!("the environment `{}`", key.value);
        let Some(refs) = environment.common().refs.get() else {
            continue;
        };
        let images = manifest.deployed_at(environment);
        let variables = all::<Variable>(&environment.value).into_iter();
        let of_variables: HashSet<Span> = variables
            .flat_map(Variable::images)
            .map(|image| image.span)
            .collect();
        for image in images.iter().filter(|image| image.value != "all") {
            let known = match of_variables.contains(&image.span) {
                // It is told with those of all variables.
                true => manifest.image(&image.value).is_some(),
                false => known(check, image),
            };
            if !known {
                continue;
            }
            let role = manifest.image(&image.value).map(|image| image.role());
            if role == Some(Role::Test) {
                let message = format!("`{}` is a test image and would be deployed", image.value);
                check
                    .report
                    .push(Finding::new(Code::ImageRole, image.span, message).help(
                        "give it `role: app` if it is tested and deployed, or deploy another one",
                    ));
            }
            let available = check.deployments.available_refs(manifest, &image.value);
            built_where_used(check, image, &available, &refs.0, &what);
        }
    }
}

/// Where an image is built.
fn built(check: &Check<'_>, name: &At<String>) -> SetNames {
    let image = check.manifest.image(&name.value);
    image
        .map(|image| check.deployments.image_refs(&name.value, image))
        .unwrap_or_default()
}

/// Reports an image that is used on refs where no job builds it.
fn built_where_used(
    check: &mut Check<'_>,
    image: &At<String>,
    built: &SetNames,
    refs: &SetNames,
    user: &str,
) {
    let manifest = check.manifest;
    let Some(of) = manifest.image(&image.value) else {
        return;
    };
    if of.role() == Role::Toolchain {
        return;
    }
    if built.is_empty() {
        return;
    }
    if let Coverage::Misses(set) = covers(manifest, built, refs) {
        let names: Vec<_> = built.iter().map(|set| set.value.as_str()).collect();
        let place = of.refs.span().unwrap_or(of.span);
        let message = format!(
            "{user} uses the image `{}` on `{set}`, where no job builds it",
            image.value
        );
        check.report.push(
            Finding::new(Code::ImageNotBuilt, image.span, message)
                .related(place, format!("it is built on `{}`", names.join("`, `")))
                .help("build it there as well (`refs` of the image), or use it in fewer places")
                .help("what another pipeline built, a promotion brings along to a deployment"),
        );
    }
}
