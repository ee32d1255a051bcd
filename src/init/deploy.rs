//! How a project is deployed.
//!
//! In: charts, overlays and manifests of Kubernetes. Out: at most one [`Deployment`] of each kind; a chart
//! is preferred to an overlay, and that to plain files. Always holds: what is named there is an image that
//! was found.

use super::images::Image;
use super::{Project, is_plain, name, split};

/// A deployment to production.
pub(super) struct Deployment {
    /// The file that it was guessed from.
    pub(super) from: String,
    /// What stands under `deploy`, a line each.
    pub(super) lines: Vec<String>,
    /// What a person has to look at.
    pub(super) note: &'static str,
}

pub(super) fn find(project: &Project<'_>, images: &[Image]) -> Vec<Deployment> {
    let found = helm(project, images)
        .or_else(|| kustomize(project, images))
        .or_else(|| workloads(project, images));
    found.into_iter().collect()
}

/// The nearest path to the root that passes; of those as near, what is for production.
fn nearest<'p>(project: &'p Project<'_>, passes: impl Fn(&str) -> bool) -> Option<&'p str> {
    let passing = project.paths.iter().map(String::as_str);
    passing
        .filter(|path| is_plain(path) && passes(path))
        .min_by_key(|path| (!path.contains("prod"), path.matches('/').count(), *path))
}

fn helm(project: &Project<'_>, images: &[Image]) -> Option<Deployment> {
    let is_chart = |path: &str| split(path).1 == "Chart.yaml" && !path.contains("/charts/");
    let from = nearest(project, is_chart)?;
    let folder = split(from).0;
    let chart = if folder.is_empty() { "." } else { folder };
    let text = project.text(from)?;
    let named = text.lines().find_map(|line| line.strip_prefix("name:"));
    let release = name(named.unwrap_or("app").trim()).unwrap_or_else(|| "app".to_owned());
    let mut lines = vec![
        "helm:".to_owned(),
        format!("  chart: {chart}"),
        format!("  release: {release}"),
    ];
    let values = |path: &str| {
        split(path).0 == folder && split(path).1.starts_with("values") && path.contains("prod")
    };
    if let Some(values) = nearest(project, values) {
        lines.push(format!("  values: [{values}]"));
    }
    if let Some(image) = images.first() {
        let image = &image.name;
        lines.push(format!(
            "  set: {{image.repository: {{repository_of: {image}}}, image.tag: {{tag_of: {image}}}}}"
        ));
    }
    Some(Deployment {
        from: from.to_owned(),
        lines,
        note: "the keys of `set` are those of `helm create`",
    })
}

fn kustomize(project: &Project<'_>, images: &[Image]) -> Option<Deployment> {
    let is_overlay = |path: &str| {
        let file = split(path).1;
        matches!(file, "kustomization.yaml" | "kustomization.yml") && path.contains('/')
    };
    let from = nearest(project, is_overlay)?;
    let folder = split(from).0;
    // The base is beside the overlays.
    let top = folder.split('/').next().unwrap_or_default();
    let beside = project.paths.iter().filter(|path| {
        path.strip_prefix(top)
            .is_some_and(|rest| rest.starts_with('/'))
            && (path.ends_with(".yaml") || path.ends_with(".yml"))
    });
    let texts: Vec<String> = beside.filter_map(|path| project.text(path)).collect();
    let named: Vec<String> = images
        .iter()
        .map(|image| &image.name)
        .filter(|name| texts.iter().any(|text| text.contains(name.as_str())))
        .map(|name| format!("{name}: {name}"))
        .collect();
    let named = (!named.is_empty()).then(|| format!(", images: {{{}}}", named.join(", ")));
    Some(Deployment {
        from: from.to_owned(),
        lines: vec![format!(
            "kustomize: {{path: {folder}{}}}",
            named.unwrap_or_default()
        )],
        note: "in `images`, the name in the overlay stands before the colon",
    })
}

/// Folders that hold manifests of Kubernetes.
const FOLDERS: [&str; 7] = [
    "k8s",
    ".k8s",
    "kubernetes",
    "kube",
    "manifests",
    "deploy",
    "deployment",
];

fn workloads(project: &Project<'_>, images: &[Image]) -> Option<Deployment> {
    let holds = |path: &str| {
        let (folder, file) = split(path);
        let in_folder = folder.split('/').any(|part| FOLDERS.contains(&part));
        in_folder && (file.ends_with(".yml") || file.ends_with(".yaml")) && {
            let text = project.text(path).unwrap_or_default();
            text.lines()
                .any(|line| line.trim_end() == "kind: Deployment")
        }
    };
    let from = nearest(project, holds)?;
    let text = project.text(from)?;
    let names: Vec<String> = images
        .iter()
        .map(|image| {
            format!(
                "IMAGE_{}",
                image.name.to_ascii_uppercase().replace('-', "_")
            )
        })
        .filter(|name| text.contains(name.as_str()))
        .collect();
    let folder = split(from).0;
    let (line, note) = match names.is_empty() {
        true => (
            format!("apply: {{files: [{folder}/]}}"),
            "write `${IMAGE_<NAME>}` where an image stands, and list it under `envsubst`",
        ),
        false => (
            format!(
                "apply: {{files: [{folder}/], envsubst: [{}]}}",
                names.join(", ")
            ),
            "what is not listed under `envsubst` stays as it is",
        ),
    };
    Some(Deployment {
        from: from.to_owned(),
        lines: vec![line],
        note,
    })
}
