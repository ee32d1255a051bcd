//! Access to clusters and Docker daemons: named once, and by the names of variables.

use super::Check;
use super::images::job_image;
use crate::finding::{Code, Finding};
use crate::manifest::environments::Environment;
use crate::manifest::tools::Kubernetes;
use crate::source::At;

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    if let Some(kubernetes) = manifest.kubernetes.at() {
        at_most_one(check, &kubernetes.value);
        image(check, &kubernetes.value);
    }
    for (key, environment) in manifest.environments() {
        if let Some(at) = environment.kubernetes.at() {
            at_most_one(check, &at.value);
            image(check, &at.value);
        }
        outside(check, key, environment);
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

/// What an environment without access to a cluster may not ask for.
fn outside(check: &mut Check<'_>, key: &At<String>, environment: &Environment) {
    let manifest = check.manifest;
    let Some(deploy) = environment.deploy.get() else {
        return;
    };
    if let Some(name) = deploy.image.get().and_then(|image| image.name.at()) {
        job_image(check, name);
    }
    if !environment.access(manifest).ways().is_empty() {
        return;
    }
    let name = &key.value;
    if !deploy.is_by_itself() {
        let span = environment.kubernetes.span().unwrap_or(key.span);
        let message = format!("the environment `{name}` has no access to a cluster");
        let mut finding = Finding::new(Code::ClusterAccess, span, message)
            .help(
                "write `kubernetes: {agent: path/to/agent-project:agent-name}` at the top, or here",
            )
            .help("or `{context: ...}`, or `{kubeconfig: NAME_OF_A_FILE_VARIABLE}`");
        if !deploy.script.is_missing() {
            finding = finding
                .help("or name the image of a script that needs no cluster: `deploy: {script: ..., image: NAME}`");
        }
        check.report.push(finding);
        return;
    }
    let rollout = environment.rollout.get();
    let stop = environment.stop.get();
    let needs = [
        ("`kubernetes`", environment.kubernetes.span()),
        ("`migrate`", environment.migrate.span()),
        ("`watch`", rollout.and_then(|rollout| rollout.watch.span())),
        ("`delete`", stop.and_then(|stop| stop.delete.span())),
    ];
    let help = "write `kubernetes: {agent: path/to/agent-project:agent-name}` in the environment";
    for (what, span) in needs.into_iter().filter_map(|(what, at)| Some((what, at?))) {
        let message = format!("{what} needs a cluster, and `{name}` has no access to one");
        let finding = Finding::new(Code::ClusterAccess, span, message);
        check
            .report
            .push(finding.help(help).help(format!("or remove {what}")));
    }
    for (image, of) in check.deployments.asked_for(manifest, environment) {
        let span = of.retention.span().unwrap_or(image.span);
        let message = format!(
            "the retention of `{}` must know what `{name}` runs, and `{name}` has no access to a cluster",
            image.value
        );
        let finding = Finding::new(Code::ClusterAccess, span, message)
            .related(key.span, "this environment deploys it")
            .help(help)
            .help("or remove `retention`, and delete old images in another way");
        check.report.push(finding);
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
