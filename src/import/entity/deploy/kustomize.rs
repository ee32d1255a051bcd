//! `kustomize edit set image` and `kubectl apply -k`.

use super::access::VALUED;
use super::{Change, Deployment};
use crate::import::entity::View;
use crate::import::entity::commands::{Line, Options, arguments, is, text};
use crate::pipeline::{Mapping, Value};

pub(super) fn read(view: &View<'_>, deployment: &Deployment) -> Option<Change> {
    let mut images = Mapping::new();
    let (mut path, mut namespace, mut folder) = (None, None, None);
    for command in deployment.commands() {
        if let Some([to]) = arguments(command, &[&["cd"]]) {
            folder = text(to)
                .filter(|to| to != "-" && !to.starts_with('$') && to != "..")
                .or(folder);
        }
        if let Some(words) = arguments(command, &[&["kustomize", "edit", "set", "image"]]) {
            for word in words {
                let word = text(word)?;
                let (name, reference) = word.split_once('=')?;
                images.set(name, view.image(reference)?);
            }
        }
        if let Some(words) = arguments(command, &[&["kubectl", "apply"]]) {
            let options = Options::read(words, &VALUED)?;
            namespace = options.one(&["-n", "--namespace"]).or(namespace);
            path = options.one(&["-k", "--kustomize"]).or(path);
        }
        if let Some(words) = arguments(
            command,
            &[&["kustomize", "build"], &["kubectl", "kustomize"]],
        ) {
            path = words.first().and_then(text).or(path);
        }
    }
    let mut kustomize = Mapping::new();
    let path = path.map(|path| match (path.as_str(), folder) {
        ("." | "", Some(folder)) => folder,
        _ => path,
    })?;
    kustomize.set("path", path);
    if !images.is_empty() {
        kustomize.set("images", images);
    }
    Some(Change {
        deploy: Mapping::from_iter([("kustomize", Value::Map(kustomize))]),
        namespace,
        variables: Vec::new(),
        does,
    })
}

fn does(line: &Line) -> bool {
    const ALL: &[&[&str]] = &[
        &["kubectl", "apply"],
        &["kubectl", "kustomize"],
        &["kustomize"],
        &["cd"],
    ];
    line.commands.iter().all(|command| is(command, ALL))
}
