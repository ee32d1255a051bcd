//! Ways to reach clusters and registries that the target GitLab does not have: no keyword says so.

use super::Lack;
use crate::finding::{Code, Finding, Report};
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::manifest::collection::Many;
use crate::manifest::registries::Credentials;
use crate::manifest::tools::Kubernetes;

pub(super) fn check(manifest: &Manifest, report: &mut Report) {
    clusters(manifest, report);
    deleting(manifest, report);
}

/// The agent is newer than some targets, and the certificate-based integration older.
fn clusters(manifest: &Manifest, report: &mut Report) {
    let target = manifest.target();
    let top = manifest.kubernetes.get();
    let own = manifest
        .environments()
        .filter_map(|(_, environment)| environment.kubernetes.get());
    let all: Vec<&Kubernetes> = top.into_iter().chain(own).collect();
    for kubernetes in all {
        if let Some(agent) = kubernetes.agent.span().filter(|_| target < gates::AGENT) {
            let lack = Lack::new("`agent`", gates::AGENT, agent);
            report.push(lack.finding(target));
        }
        let integration = kubernetes.integration.at().filter(|at| at.value);
        if let Some(integration) = integration.filter(|_| target >= gates::NO_INTEGRATION) {
            let message = format!(
                "`integration` needs a GitLab older than {}; the target is {target}",
                gates::NO_INTEGRATION
            );
            let finding = Finding::new(Code::NeedsVersion, integration.span, message);
            report.push(finding.help(
                "connect the cluster with `agent`, or name the variable of a kubeconfig with \
                 `kubeconfig`",
            ));
        }
    }
}

/// Before 12.3 the credentials of a job delete nothing.
fn deleting(manifest: &Manifest, report: &mut Report) {
    let target = manifest.target();
    if target >= gates::JOB_DELETES {
        return;
    }
    let stops = manifest
        .environments()
        .filter_map(|(_, environment)| environment.stop.get());
    let stopped = stops.flat_map(|stop| stop.images.get().into_iter().flat_map(Many::iter));
    let stopped = stopped.filter_map(|at| Some((manifest.image(&at.value)?, at.span)));
    let retained = manifest
        .images()
        .filter_map(|(_, image)| Some((image, image.retention.span()?)));
    for (image, span) in retained.chain(stopped) {
        let access = manifest.registry_of(image);
        if !access.is_gitlab() || access.delete != Some(Credentials::JOB) {
            continue;
        }
        let what = "deleting with the credentials of a job";
        let lack = Lack::new(what, gates::JOB_DELETES, span);
        let finding = lack.finding(target).help(
            "or name the variables of a user who may delete: `registries: {gitlab: \
             {delete_username: NAME, delete_password: NAME}}`",
        );
        report.push(finding);
    }
}
