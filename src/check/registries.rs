//! Registries: where they are and who may push there, and the images that are in them.

use std::collections::{HashMap, HashSet};

use super::Check;
use crate::finding::{Code, Finding};
use crate::manifest::collection::Map;
use crate::manifest::record::Field;
use crate::manifest::registries::{Access, GITLAB};
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (key, registry) in manifest.registries.get().into_iter().flat_map(Map::iter) {
        match registry.host.at() {
            Some(host) if key.value == GITLAB => {
                let message = "the registry `gitlab` is at `$CI_REGISTRY`";
                let finding = Finding::new(Code::Exclusive, host.span, message);
                check
                    .report
                    .push(finding.help("give a registry elsewhere a name of its own"));
            }
            Some(host) => reachable(check, host),
            None if key.value == GITLAB => {}
            None => {
                let message = format!("the registry `{}` has no `host`", key.value);
                let finding = Finding::new(Code::MissingKey, key.span, message);
                check.report.push(finding.help("only `gitlab` is built in"));
            }
        }
        let (user, password) = (&registry.username, &registry.password);
        pair(check, key, "username", user, "password", password);
        let (user, password) = (&registry.delete_username, &registry.delete_password);
        pair(
            check,
            key,
            "delete_username",
            user,
            "delete_password",
            password,
        );
    }
    accounts(check);
    for (key, image) in manifest.images() {
        let Some(registry) = image.registry.at() else {
            continue;
        };
        if !known(check, registry) || registry.value == GITLAB {
            continue;
        }
        let host = manifest.registry(&registry.value).host;
        match image.repository.at() {
            None => {
                let message = format!(
                    "the image `{}` is in the registry `{}` and has no `repository`",
                    key.value, registry.value
                );
                let finding = Finding::new(Code::MissingKey, registry.span, message);
                check.report.push(
                    finding.help(format!("write it with the host: `repository: {host}/PATH`")),
                );
            }
            Some(own) if !host.is_empty() && !inside(&own.value, host) => {
                let message = format!(
                    "`{}` is not in the registry `{}`",
                    own.value, registry.value
                );
                check.report.push(
                    Finding::new(Code::BadName, own.span, message)
                        .related(registry.span, format!("it is at `{host}`"))
                        .help(format!("write it with the host: `{host}/PATH`")),
                );
            }
            Some(_) => {}
        }
    }
}

/// Reports two registries on one host with different accounts: a client keeps one login for a host, so the
/// second takes the place of the first in each job that needs both.
fn accounts(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let of_images = manifest.images().map(|(_, image)| image.registry_name());
    let promotions = manifest.promotions.get().into_iter().flat_map(Map::iter);
    let of_promotions = promotions.filter_map(|(_, one)| one.registry.get().map(String::as_str));
    let used: HashSet<&str> = of_images.chain(of_promotions).collect();
    let mut known: HashMap<&str, (Access<'_>, Option<Span>)> = HashMap::new();
    if used.contains(GITLAB) {
        let gitlab = manifest.registry(GITLAB);
        known.insert(gitlab.host, (gitlab, None));
    }
    let written = manifest.registries.get().into_iter().flat_map(Map::iter);
    for (key, _) in written.filter(|(key, _)| used.contains(key.value.as_str())) {
        let access = manifest.registry(&key.value);
        match known.get(access.host) {
            Some((first, span)) if first.name != access.name && first.push != access.push => {
                let message = format!(
                    "the registries `{}` and `{}` are on one host, `{}`, with different accounts",
                    first.name, access.name, access.host
                );
                let finding = Finding::new(Code::Exclusive, key.span, message).help(
                    "a job keeps one login for a host: use one account that may push to both",
                );
                check.report.push(match span {
                    Some(span) => finding.related(*span, "the other registry"),
                    None => finding,
                });
            }
            Some(_) => {}
            None => {
                known.insert(access.host, (access, Some(key.span)));
            }
        }
    }
}

fn inside(repository: &str, host: &str) -> bool {
    let path = repository.strip_prefix(host);
    path.is_some_and(|path| path.starts_with('/'))
}

/// Whether a registry of that name exists; if not, says so.
pub(super) fn known(check: &mut Check<'_>, name: &At<String>) -> bool {
    let manifest = check.manifest;
    let defined = manifest.registries.get().into_iter().flat_map(Map::names);
    let names: Vec<&str> = defined.chain([GITLAB]).collect();
    let known = names.contains(&name.value.as_str());
    if !known {
        check.unknown(Code::UnknownRegistry, name, "registry", names);
    }
    known
}

/// Reports what is not a host and port, as a URL is none.
fn reachable(check: &mut Check<'_>, host: &At<String>) {
    let text = host.value.as_str();
    if text.starts_with('$') {
        return;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    if text.contains(['.', ':']) && text.chars().all(plain) || text == "localhost" {
        return;
    }
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
    let bare = bare.split('/').next().unwrap_or_default();
    let message = format!("`{text}` is not a host");
    let help = match bare.contains('.') {
        true => format!("write `{bare}`: the host, and the port if it has one"),
        false => "write it like `registry.example.com` or `registry.example.com:5000`".to_owned(),
    };
    check
        .report
        .push(Finding::new(Code::BadName, host.span, message).help(help));
}

/// Reports credentials of which one half is missing.
fn pair<T>(
    check: &mut Check<'_>,
    key: &At<String>,
    a: &str,
    left: &Field<T>,
    b: &str,
    right: &Field<T>,
) {
    let (missing, span) = match (left.span(), right.span()) {
        (Some(span), None) if right.is_missing() => (b, span),
        (None, Some(span)) if left.is_missing() => (a, span),
        _ => return,
    };
    let message = format!("the registry `{}` has no `{missing}`", key.value);
    let help = format!("`{a}` and `{b}` belong together");
    check
        .report
        .push(Finding::new(Code::MissingKey, span, message).help(help));
}
