//! Access to clusters and Docker daemons: named once, and by the names of variables.

use super::Check;
use super::images::job_image;
use crate::finding::{Code, Finding};
use crate::manifest::tools::Kubernetes;

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    if let Some(kubernetes) = manifest.kubernetes.at() {
        at_most_one(check, &kubernetes.value);
        image(check, &kubernetes.value);
    }
    for (key, environment) in manifest.environments() {
        let mut own = Kubernetes::default();
        if let Some(at) = environment.kubernetes.at() {
            at_most_one(check, &at.value);
            image(check, &at.value);
            own = at.value.clone();
        }
        let merged = own.over(manifest.kubernetes.get());
        if merged.ways().is_empty() && !environment.deploy.is_missing() {
            let span = environment.kubernetes.span().unwrap_or(key.span);
            let message = format!("the environment `{}` has no access to a cluster", key.value);
            check.report.push(
                Finding::new(Code::ClusterAccess, span, message)
                    .help("write `kubernetes: {agent: path/to/agent-project:agent-name}` at the top, or here")
                    .help("or `{context: ...}`, or `{kubeconfig: NAME_OF_A_FILE_VARIABLE}`"),
            );
        }
    }
    if let Some(docker) = manifest.docker.get() {
        if let Some(daemon) = docker.daemon.at() {
            let known = ["dind", "host"].contains(&daemon.value.as_str());
            if !known && !daemon.value.starts_with("tcp://") {
                let message = format!("`{}` is not a way to reach a daemon", daemon.value);
                check.report.push(
                    Finding::new(Code::UnknownWord, daemon.span, message).help(
                        "possible: `dind`, `host`, or an address such as `tcp://docker:2376`",
                    ),
                );
            }
        }
        if let Some(mirror) = docker.registry_mirror.at()
            && !(mirror.value.starts_with("https://") || mirror.value.starts_with("http://"))
            && !mirror.value.starts_with('$')
        {
            let message = format!("`{}` is not a URL", mirror.value);
            let finding = Finding::new(Code::BadName, mirror.span, message);
            check
                .report
                .push(finding.help("write it like `https://mirror.example.com`"));
        }
    }
}

fn at_most_one(check: &mut Check<'_>, kubernetes: &Kubernetes) {
    if let [(first, first_at), .., (last, last_at)] = kubernetes.ways().as_slice() {
        let message = format!("access to the cluster is given twice: `{first}` and `{last}`");
        check.report.push(
            Finding::new(Code::ClusterAccess, *last_at, message)
                .related(*first_at, format!("`{first}` is here"))
                .help("keep one of the two"),
        );
    }
    if let Some(agent) = kubernetes.agent.at()
        && !agent.value.contains('$')
    {
        let parts: Vec<_> = agent.value.split(':').collect();
        if !matches!(parts.as_slice(), [path, name] if !path.is_empty() && !name.is_empty()) {
            let message = format!("`{}` names no agent", agent.value);
            check.report.push(
                Finding::new(Code::BadName, agent.span, message)
                    .help("write the agent's project and its name: `path/to/project:agent-name`"),
            );
        }
    }
    if let Some(namespace) = kubernetes.namespace.at()
        && !namespace.value.contains('$')
        && let Err(why) = crate::gitlab::names::kubernetes_label(&namespace.value)
    {
        let message = format!("`{}` is not a namespace: it {}", namespace.value, why.why);
        let finding = Finding::new(Code::BadName, namespace.span, message);
        let help = why.help_or("choose another name");
        check.report.push(finding.help(help));
    }
}

fn image(check: &mut Check<'_>, kubernetes: &Kubernetes) {
    if let Some(name) = kubernetes.image.get().and_then(|image| image.name.at()) {
        job_image(check, name);
    }
}
