//! Secrets stay where only their reader sees them.
//!
//! In: images with build secrets, and all words of the manifest that reach the command line of a
//! program. Out: a finding for two secrets of one name, and for a variable on a command line whose
//! name says that it is secret.

use std::collections::HashMap;

use super::Check;
use crate::driver::Deploy;
use crate::finding::{Code, Finding};
use crate::gitlab::variables::{looks_secret, names};
use crate::manifest::collection::List;
use crate::manifest::images::Builder;
use crate::source::Span;

pub(super) fn check(check: &mut Check<'_>) {
    conflicts(check);
    arguments(check);
}

/// Compose has one list of secrets for all services.
fn conflicts(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let mut known: HashMap<&str, (&str, Span)> = HashMap::new();
    for (_, image) in manifest.images() {
        if manifest.builder(image) != Builder::Compose {
            continue;
        }
        let secrets = image.secrets.get().into_iter().flat_map(|all| all.iter());
        for (id, variable) in secrets {
            let name: &str = &variable.value;
            let (first, at) = *known.entry(&id.value).or_insert((name, variable.span));
            if first == name {
                continue;
            }
            let message = format!(
                "the build secret `{}` is `{name}` here and `{first}` elsewhere",
                id.value
            );
            let finding = Finding::new(Code::SecretConflict, variable.span, message);
            let finding = finding.related(at, "the other variable");
            check.report.push(finding.help(
                "all services of compose share their secrets: give this one another name, here and in the Dockerfile",
            ));
        }
    }
}

/// Everybody on the runner can read the arguments of a program.
fn arguments(check: &mut Check<'_>) {
    let manifest = check.manifest;
    const ON_COMMAND_LINE: &str = "stand on a command line";
    let mut words: Vec<(&str, Span, &str, &str)> = Vec::new();
    for (_, image) in manifest.images() {
        for (_, argument) in image
            .build_args
            .get()
            .into_iter()
            .flat_map(|all| all.0.iter())
        {
            if let Some(value) = argument.value.value.at() {
                let where_to = "stay in the history of the image";
                words.push((&value.value, value.span, where_to, "use `secrets`"));
            }
        }
        for option in image.build_options.get().into_iter().flat_map(List::iter) {
            let help = "use `secrets`";
            words.push((&option.value, option.span, ON_COMMAND_LINE, help));
        }
    }
    for (_, environment) in manifest.environments() {
        let drivers = environment
            .deploy
            .get()
            .into_iter()
            .flat_map(Deploy::drivers);
        for (argument, help) in drivers.flat_map(|driver| driver.value.arguments()) {
            words.push((&argument.value, argument.span, ON_COMMAND_LINE, help));
        }
    }
    for (text, span, where_to, help) in words {
        for name in names(text).filter(|name| looks_secret(name)) {
            let message = format!("`${name}` would {where_to}");
            let finding = Finding::new(Code::SecretArgument, span, message);
            check.report.push(finding.help(help));
        }
    }
}
