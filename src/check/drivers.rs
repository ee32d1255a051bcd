//! Drivers of deployments: what each must have.

use super::Check;
use crate::finding::{Code, Finding, Report};
use crate::manifest::environments::{Apply, Helm, Kustomize};
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    for (_, environment) in check.manifest.environments() {
        let Some(deploy) = environment.deploy.get() else {
            continue;
        };
        if let Some(image) = deploy.image.span()
            && deploy.script.is_missing()
        {
            let finding = Finding::new(Code::Exclusive, image, "`image` is only for `script`");
            let help = "the image of other drivers is `kubernetes: {image: ...}`";
            check.report.push(finding.help(help));
        }
        let own = environment.kubernetes.get().and_then(|of| of.image.span());
        if let (Some(image), Some(own)) = (deploy.image.span(), own) {
            let message = "`deploy` and `kubernetes` both name the image of the job";
            let finding = Finding::new(Code::Exclusive, image, message);
            let finding = finding.related(own, "`kubernetes` names it here");
            check.report.push(finding.help("keep one of the two"));
        }
        if let Some(of) = deploy.apply.at() {
            apply(of, check.report);
        }
        if let Some(of) = deploy.kustomize.at() {
            kustomize(of, check.report);
        }
        if let Some(of) = deploy.helm.at() {
            helm(of, check.report);
        }
    }
}

fn missing(report: &mut Report, span: Span, driver: &str, key: &str, help: &str) {
    let message = format!("`{driver}` has no `{key}`");
    report.push(Finding::new(Code::MissingKey, span, message).help(help));
}

fn apply(of: &At<Apply>, report: &mut Report) {
    let help = "name the files or folders that `kubectl apply` takes";
    if of.files.is_missing() {
        missing(report, of.span, "apply", "files", help);
    } else if let Some(files) = of.files.at().filter(|files| files.0.is_empty()) {
        let finding = Finding::new(Code::Empty, files.span, "`files` names nothing to apply");
        report.push(finding.help(help));
    }
}

fn kustomize(of: &At<Kustomize>, report: &mut Report) {
    if of.path.is_missing() {
        let help = "name the folder of the overlay";
        missing(report, of.span, "kustomize", "path", help);
    }
}

fn helm(of: &At<Helm>, report: &mut Report) {
    for (is_missing, key, help) in [
        (
            of.chart.is_missing(),
            "chart",
            "name the chart's folder, or a reference such as `oci://registry.example.com/charts/app`",
        ),
        (of.release.is_missing(), "release", "name the release"),
    ] {
        if is_missing {
            missing(report, of.span, "helm", key, help);
        }
    }
    if let Some(release) = of.release.at()
        && !release.value.contains('$')
        && !is_release(&release.value)
    {
        let message = format!("`{}` is not a release name", release.value);
        let help = "lower-case letters, digits, `-` and `.`, with a letter or digit at both ends";
        report.push(Finding::new(Code::BadName, release.span, message).help(help));
    }
    if let Some(set) = of.set.get() {
        super::entities::variable_values(set, false, report);
    }
}

/// Helm's rule for the names of releases (Helm 3 and 4); longer ones are cut.
fn is_release(name: &str) -> bool {
    let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(end)
        && name.ends_with(end)
        && name.chars().all(|c| end(c) || c == '-' || c == '.')
}
