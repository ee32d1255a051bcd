//! `kubectl set image`.

use super::access::VALUED;
use super::{Change, Deployment};
use crate::import::entity::View;
use crate::import::entity::commands::{Line, Options, arguments, is};
use crate::pipeline::{Mapping, Value};

const COMMAND: &[&[&str]] = &[&["kubectl", "set", "image"]];

pub(super) fn read(view: &View<'_>, deployment: &Deployment) -> Option<Change> {
    let mut workloads = Mapping::new();
    let mut namespace = None;
    for command in deployment.commands() {
        let Some(words) = arguments(command, COMMAND) else {
            continue;
        };
        let options = Options::read(words, &VALUED)?;
        namespace = options.one(&["-n", "--namespace"]).or(namespace);
        let (names, images): (Vec<String>, Vec<String>) = options
            .rest
            .iter()
            .cloned()
            .partition(|word| !word.contains('='));
        let workload = match names.as_slice() {
            [one] => one.clone(),
            [kind, name] => format!("{kind}/{name}"),
            _ => return None,
        };
        let mut containers = Mapping::new();
        for image in images {
            let (container, reference) = image.split_once('=')?;
            containers.set(container, view.image(reference)?);
        }
        workloads.set(workload, containers);
    }
    if workloads.is_empty() {
        return None;
    }
    Some(Change {
        deploy: Mapping::from_iter([("set_image", Value::Map(workloads))]),
        namespace,
        variables: Vec::new(),
        does,
    })
}

fn does(line: &Line) -> bool {
    line.commands.iter().all(|command| is(command, COMMAND))
}
