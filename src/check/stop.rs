//! Stop jobs: every dynamic environment has one, it says what to delete, and that is its own.
//!
//! Always holds: what passes deletes only what GitLab's variables tell apart from what other
//! environments and refs use.

use super::Check;
use super::entities::exactly_one;
use super::images::known;
use super::needs::stage_number;
use crate::driver::Deploy;
use crate::finding::{Code, Finding};
use crate::gitlab::variables::names;
use crate::manifest::collection::Many;
use crate::manifest::common::When;
use crate::manifest::environments::{Environment, Stop, StopDelete};
use crate::manifest::raw::member;
use crate::manifest::record::Record as _;
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (key, environment) in manifest.environments() {
        if environment.is_dynamic(&key.value) && environment.stop.is_missing() {
            let span = environment.name.span().unwrap_or(key.span);
            let message = format!("the dynamic environment `{}` has no `stop`", key.value);
            let finding = Finding::new(Code::MissingKey, span, message)
                .help("each branch gets an environment of its own; say how it goes again")
                .help("as in `stop: {delete: namespace}`");
            check.report.push(finding);
        }
        if let Some(stop) = environment.stop.at() {
            keys(check, stop);
            target(check, key, environment, stop);
            images(check, stop);
            order(check, environment, stop);
        }
    }
}

/// Which keys stand together.
fn keys(check: &mut Check<'_>, stop: &At<Stop>) {
    let ways = [
        ("delete", stop.delete.span()),
        ("script", stop.script.span()),
    ];
    if !stop.is_invalid("delete") && !stop.is_invalid("script") {
        exactly_one(check.report, stop.span, "`stop`", "way", &ways);
    }
    for command in stop.script.get().into_iter().flat_map(Many::iter) {
        let program = command.value.split_whitespace().next().unwrap_or_default();
        let of_project = program.contains('/') && !program.starts_with(['/', '$', '"', '~']);
        if of_project && !checks_out(stop) {
            let message =
                format!("`{program}` is not there when this runs: a stop job has no checkout");
            let finding = Finding::new(Code::BadPath, command.span, message)
                .help("the branch may be gone by then: call what the job's image holds")
                .help("where the ref always stays: `job: {variables: {GIT_STRATEGY: fetch}}`");
            check.report.push(finding);
        }
    }
    let labelled = stop.delete.get() == Some(&StopDelete::Labelled);
    for (name, span, example) in [
        ("kinds", stop.kinds.span(), "kinds: [deployment, service]"),
        (
            "selector",
            stop.selector.span(),
            "selector: env=$CI_ENVIRONMENT_SLUG",
        ),
    ] {
        match (labelled, span) {
            (true, None) if !stop.is_invalid(name) => {
                let span = stop.delete.span().unwrap_or(stop.span);
                let message = format!("`delete: labelled` wants `{name}`");
                let finding = Finding::new(Code::MissingKey, span, message);
                check
                    .report
                    .push(finding.help(format!("as in `{example}`")));
            }
            (false, Some(span)) if !stop.is_invalid("delete") => {
                let message = format!("`{name}` has no effect without `delete: labelled`");
                let finding = Finding::new(Code::Exclusive, span, message);
                let help = format!("remove `{name}`, or write `delete: labelled`");
                check.report.push(finding.help(help));
            }
            _ => {}
        }
    }
    if let Some(kinds) = stop.kinds.at() {
        if kinds.0.is_empty() {
            let finding = Finding::new(Code::Empty, kinds.span, "`kinds` lists no kind");
            check
                .report
                .push(finding.help("as in `[deployment, service]`"));
        }
        for kind in kinds.iter().filter(|kind| !is_kind(&kind.value)) {
            let message = format!("`{}` is not a kind of objects", kind.value);
            let finding = Finding::new(Code::BadName, kind.span, message);
            let help =
                "write it as kubectl takes it, as in `deployment` or `ingress.networking.k8s.io`";
            check.report.push(finding.help(help));
        }
    }
}

/// Whether the raw keys of the job ask for a checkout.
fn checks_out(stop: &Stop) -> bool {
    let raw = stop.job.get();
    let variables = raw.and_then(|raw| member(&raw.0, "variables"));
    variables.is_some_and(|variables| member(variables, "GIT_STRATEGY").is_some())
}

/// A kind as kubectl takes it: `deployment`, `ingress.networking.k8s.io`.
fn is_kind(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain)
}

/// What is deleted in the cluster.
fn target(check: &mut Check<'_>, key: &At<String>, environment: &Environment, stop: &Stop) {
    let Some(delete) = stop.delete.at() else {
        return;
    };
    match delete.value {
        StopDelete::Namespace => namespace(check, key, environment, delete.span),
        StopDelete::Release => release(check, key, environment, delete.span),
        StopDelete::Labelled => {
            let Some(selector) = stop.selector.at() else {
                return;
            };
            if let Err((code, why, help)) = selects_own(check, key, environment, &selector.value) {
                let message = format!("`{}` {why}", selector.value);
                let finding = Finding::new(code, selector.span, message);
                check.report.push(finding.help(help));
            }
        }
    }
}

fn namespace(check: &mut Check<'_>, key: &At<String>, environment: &Environment, span: Span) {
    let manifest = check.manifest;
    let access = environment.access(manifest);
    let Some(namespace) = access.namespace.at() else {
        if access.is_invalid("namespace") {
            return;
        }
        let message = format!(
            "the environment `{}` has no namespace of its own to delete",
            key.value
        );
        let finding = Finding::new(Code::SharedDeletion, span, message);
        let help = "give it one: `kubernetes: {namespace: $CI_ENVIRONMENT_SLUG-$CI_PROJECT_ID, create_namespace: true}`";
        check.report.push(finding.help(help));
        return;
    };
    let name = &namespace.value;
    let own = environment.kubernetes.get();
    let is_own = own.is_some_and(|own| own.namespace.at().is_some());
    let told_apart = match environment.is_dynamic(&key.value) {
        true => environment.owns(&key.value, manifest, name),
        false => is_own,
    };
    if !told_apart {
        let message =
            format!("this deletes the namespace `{name}`, which other environments use as well");
        let finding = Finding::new(Code::SharedDeletion, span, message)
            .related(namespace.span, "the namespace")
            .help("give each environment its own, as in `namespace: $CI_ENVIRONMENT_SLUG-$CI_PROJECT_ID`")
            .help("or delete less: `delete: release`, `delete: labelled`");
        check.report.push(finding);
        return;
    }
    if environment.is_dynamic(&key.value)
        && !environment.may_name_project(&key.value, manifest, name)
    {
        let message = format!(
            "this deletes the namespace `{name}`, which other projects of the cluster may use as well"
        );
        let finding = Finding::new(Code::SharedNamespace, span, message)
            .related(
                namespace.span,
                "a project with a branch of the same name has it too",
            )
            .help(format!(
                "put the project into its name: `namespace: {name}-$CI_PROJECT_ID`"
            ));
        check.report.push(finding);
    }
    if let Some(other) = another_with(check, key, environment, |of_other| {
        let elsewhere = of_other.access(manifest);
        elsewhere.cluster() == access.cluster() && elsewhere.namespace.get() == Some(name)
    }) && !is_of_environment(name)
    {
        let message = format!(
            "this deletes the namespace `{name}`, in which `{}` is as well",
            other.value
        );
        let finding = Finding::new(Code::SharedDeletion, span, message)
            .related(other.span, "this environment has the same namespace")
            .help("give each environment its own, as in `namespace: $CI_ENVIRONMENT_SLUG-$CI_PROJECT_ID`");
        check.report.push(finding);
    }
}

/// Whether a text is another one in each environment, though it is written alike.
fn is_of_environment(text: &str) -> bool {
    names(text).any(|name| name.starts_with("CI_ENVIRONMENT_"))
}

/// The key of an environment of another name of which something holds.
fn another_with<'m>(
    check: &Check<'m>,
    key: &At<String>,
    environment: &Environment,
    holds: impl Fn(&Environment) -> bool,
) -> Option<&'m At<String>> {
    let named = environment.name(&key.value);
    let mut others = check.manifest.environments();
    let other = others.find(|(key, other)| other.name(&key.value) != named && holds(other));
    other.map(|(key, _)| key)
}

fn release(check: &mut Check<'_>, key: &At<String>, environment: &Environment, span: Span) {
    let manifest = check.manifest;
    let Some(deploy) = environment.deploy.get() else {
        return;
    };
    if deploy.helm.get().is_none() {
        if !deploy.is_invalid("helm") {
            let message = "`delete: release` wants the driver `helm`, which names the release";
            let finding = Finding::new(Code::MissingKey, span, message);
            let help = "deploy by `helm`, or write `delete: namespace` or `delete: labelled`";
            check.report.push(finding.help(help));
        }
        return;
    }
    let Some(release) = deploy.release().map(|of| of.name) else {
        return;
    };
    let access = environment.access(manifest);
    let namespace = access.namespace.get().map(String::as_str);
    let told_apart = |text: &str| environment.owns(&key.value, manifest, text);
    let dynamic = environment.is_dynamic(&key.value);
    if dynamic && !told_apart(&release.value) && !namespace.is_some_and(told_apart) {
        let name = &release.value;
        let message =
            format!("this deletes the release `{name}`, which other environments use as well");
        let finding = Finding::new(Code::SharedDeletion, span, message)
            .related(release.span, "the release")
            .help("name it after the environment: `release: $CI_ENVIRONMENT_SLUG`")
            .help("or give each environment its own `namespace`");
        check.report.push(finding);
        return;
    }
    let place = format!("{} {}", release.value, namespace.unwrap_or_default());
    if let Some(other) = another_with(check, key, environment, |of_other| {
        let elsewhere = of_other.access(manifest);
        let of_other = of_other.deploy.get().and_then(Deploy::release);
        elsewhere.cluster() == access.cluster()
            && elsewhere.namespace.get().map(String::as_str) == namespace
            && of_other.is_some_and(|of_other| of_other.name.value == release.value)
    }) && !is_of_environment(&place)
    {
        let message = format!(
            "this deletes the release `{}`, which `{}` deploys as well",
            release.value, other.value
        );
        let finding = Finding::new(Code::SharedDeletion, span, message)
            .related(other.span, "this environment has the same release")
            .help("name it after the environment: `release: $CI_ENVIRONMENT_SLUG`");
        check.report.push(finding);
    }
}

/// Whether a label selector can hold only for objects of one environment: one of its requirements,
/// which must all hold, is that a label equals what tells the environment apart.
fn selects_own(
    check: &Check<'_>,
    key: &At<String>,
    environment: &Environment,
    selector: &str,
) -> Result<(), (Code, &'static str, &'static str)> {
    let manifest = check.manifest;
    let help = "as in `app.kubernetes.io/instance=$CI_ENVIRONMENT_SLUG`";
    let mut own = !environment.is_dynamic(&key.value);
    for requirement in requirements(selector) {
        let (label, values) = match requirement.split_once('=') {
            Some((label, value)) => (label, vec![value.trim_start_matches('=')]),
            None => match requirement.split_once(" in ") {
                Some((label, list)) => {
                    let list = list.trim().trim_start_matches('(').trim_end_matches(')');
                    (label, list.split(',').collect())
                }
                None => (requirement, Vec::new()),
            },
        };
        let label = label.trim();
        if label.is_empty() || label.starts_with('-') {
            return Err((Code::BadName, "is not a label selector", help));
        }
        let told_apart = |value: &&str| environment.owns(&key.value, manifest, value);
        let equal = !label.ends_with('!') && !values.is_empty();
        own |= equal && values.iter().all(told_apart);
    }
    match own {
        true => Ok(()),
        false => Err((
            Code::SharedDeletion,
            "selects more than what is this environment's alone",
            help,
        )),
    }
}

/// The requirements of a selector: a comma between parentheses separates values.
fn requirements(selector: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let separates = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    selector.split(separates).map(str::trim).collect()
}

/// What is deleted in the registry.
fn images(check: &mut Check<'_>, stop: &Stop) {
    for name in stop.images.get().into_iter().flat_map(Many::iter) {
        if !known(check, name) {
            continue;
        }
        let Some(image) = check.manifest.image(&name.value) else {
            continue;
        };
        if image.tags_of_ref().is_empty() {
            let message = format!(
                "`{}` is tagged `{}`, which another branch may have as well",
                name.value,
                image.tag()
            );
            let finding = Finding::new(Code::SharedDeletion, name.span, message)
                .related(image.tag.span().unwrap_or(image.span), "this image")
                .help("after a merge without a merge commit this would delete the default branch's image")
                .help("say the ref in its tag: `tag: $CI_COMMIT_REF_SLUG-$CI_COMMIT_SHORT_SHA`");
            check.report.push(finding);
        }
    }
}

/// A stop job that nobody starts by hand runs when its stage does: not beside the deployment.
fn order(check: &mut Check<'_>, environment: &Environment, stop: &Stop) {
    let Some(when) = stop.when.at().filter(|when| when.value != When::Manual) else {
        return;
    };
    let deploys = environment.stage();
    let stops = stop.stage.get().map_or(deploys, String::as_str);
    let (Some(deployed), Some(stopped)) =
        (stage_number(check, deploys), stage_number(check, stops))
    else {
        return;
    };
    if stopped <= deployed {
        let message = format!(
            "with `when: {}` this stops in stage `{stops}` what is deployed in stage `{deploys}`",
            when.value.as_str()
        );
        let finding = Finding::new(Code::NeedsOrder, when.span, message);
        let help =
            "give `stop` a later `stage`, or remove `when`: then a person or GitLab starts it";
        check.report.push(finding.help(help));
    }
}
