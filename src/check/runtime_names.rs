//! Names in a cluster and hosts that are known only when a job runs: what their variables can make
//! of them.
//!
//! Always holds: of variables of which nothing is known nothing is said.

use super::Check;
use crate::driver::Deploy;
use crate::finding::{Code, Finding};
use crate::gitlab::variables::{longest, names};
use crate::manifest::tools::Kubernetes;
use crate::source::At;

/// The most characters of a DNS label, which a namespace is (RFC 1123), and of a label's value in
/// Kubernetes.
const LABEL: usize = 63;

/// The most characters of the name of a Helm release.
const RELEASE: usize = 53;

/// Variables with names of branches as people write them, and the one that has the slug.
const AS_WRITTEN: [&str; 4] = [
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_TAG",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
];

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    namespace(check, manifest.kubernetes.get());
    for (_, environment) in manifest.environments() {
        namespace(check, environment.kubernetes.get());
        let deploy = environment.deploy.get();
        if let Some(release) = deploy.and_then(Deploy::release) {
            name(
                check,
                release.name,
                &release.name.value,
                RELEASE,
                "a Helm release",
            );
        }
        if let Some(url) = environment.url.at() {
            for label in host(&url.value).split('.') {
                name(check, url, label, LABEL, "a part of a host name");
            }
        }
        let stop = environment.stop.get();
        if let Some(selector) = stop.and_then(|stop| stop.selector.at()) {
            for value in selector.value.split(['=', ',', '(', ')']) {
                name(check, selector, value.trim(), LABEL, "a label's value");
            }
        }
    }
}

fn namespace(check: &mut Check<'_>, kubernetes: Option<&Kubernetes>) {
    if let Some(namespace) = kubernetes.and_then(|kubernetes| kubernetes.namespace.at()) {
        name(check, namespace, &namespace.value, LABEL, "a namespace");
    }
}

/// The host of a URL.
fn host(url: &str) -> &str {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind
        .split(['/', ':', '?', '#'])
        .next()
        .unwrap_or_default()
}

fn name(check: &mut Check<'_>, whole: &At<String>, part: &str, most: usize, what: &str) {
    let help = "`$CI_ENVIRONMENT_SLUG` has at most 24 letters, digits and dashes, and differs from environment to environment";
    if let Some(variable) = names(part).find(|variable| AS_WRITTEN.contains(variable)) {
        let message =
            format!("`{part}` cannot be {what}: `${variable}` may have slashes and capitals");
        let finding = Finding::new(Code::BadName, whole.span, message);
        check.report.push(finding.help(help));
        return;
    }
    let length = longest(part);
    if length > most && part.contains('$') {
        let message =
            format!("`{part}` can have {length} characters, and {what} has at most {most}");
        let finding = Finding::new(Code::LongName, whole.span, message);
        check.report.push(finding.help(help));
    }
}
