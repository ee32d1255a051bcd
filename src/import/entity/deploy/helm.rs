//! `helm upgrade --install`.

use super::{Change, Deployment};
use crate::driver::helm::options;
use crate::gitlab::variables::names;
use crate::import::entity::View;
use crate::import::entity::commands::{Line, Options, arguments, is};
use crate::manifest::resolved::image_variable;
use crate::pipeline::{Mapping, Value};

const COMMAND: &[&[&str]] = &[&["helm", "upgrade"], &["helm", "install"]];

/// Options that take a value.
const VALUED: [&str; 14] = [
    "-n",
    "--namespace",
    "-f",
    "--values",
    "--set",
    "--set-string",
    "--timeout",
    "--version",
    "--repo",
    "--username",
    "--password",
    "--history-max",
    "--kube-context",
    "--description",
];

/// Options that windlass gives the command itself.
const OWN: [&str; 7] = [
    "-i",
    "--install",
    "--wait",
    "--atomic",
    "--create-namespace",
    "--rollback-on-failure",
    "--cleanup-on-fail",
];

/// Options that are read here.
const READ: [&str; 7] = [
    "-n",
    "--namespace",
    "-f",
    "--values",
    "--set",
    "--set-string",
    "--timeout",
];

pub(super) fn read(view: &View<'_>, deployment: &Deployment) -> Option<Change> {
    let mut upgrades = deployment
        .commands()
        .filter_map(|command| arguments(command, COMMAND));
    let (words, None) = (upgrades.next()?, upgrades.next()) else {
        return None;
    };
    let options = Options::read(words, &VALUED)?;
    let [release, chart] = options.rest.as_slice() else {
        return None;
    };
    let mut helm = Mapping::new();
    helm.set("chart", chart.as_str());
    helm.set("release", release.as_str());
    let values = options.all(&["-f", "--values"]);
    if !values.is_empty() {
        helm.set("values", Value::list(values.iter().map(String::as_str)));
    }
    let mut set = Mapping::new();
    for one in options.all(&["--set", "--set-string"]) {
        for pair in one.split(',') {
            let (name, value) = pair.split_once('=')?;
            set.set(
                name,
                of_image(view, value).unwrap_or_else(|| Value::from(value)),
            );
        }
    }
    if !set.is_empty() {
        helm.set("set", set);
    }
    let own = |name: &String| OWN.contains(&name.as_str()) || READ.contains(&name.as_str());
    let more = options.given.iter().filter(|(name, _)| !own(name));
    let more: Vec<String> = more
        .map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => name.clone(),
        })
        .collect();
    // What no deployment may be given stays as it is written.
    if more.iter().any(|option| options::is_refused(option)) {
        return None;
    }
    if !more.is_empty() {
        helm.set("options", Value::list(more.iter().map(String::as_str)));
    }
    Some(Change {
        deploy: Mapping::from_iter([("helm", Value::Map(helm))]),
        namespace: options.one(&["-n", "--namespace"]),
        variables: Vec::new(),
        does,
    })
}

/// A value that is a part of an image's reference.
fn of_image(view: &View<'_>, value: &str) -> Option<Value> {
    let whole = view.expanded(value);
    let found = view.builds.iter().find_map(|build| {
        let digest = format!("{}_DIGEST", image_variable(&build.name));
        let key = if names(&whole).any(|name| name == digest) {
            "digest_of"
        } else if whole == build.repository {
            "repository_of"
        } else if whole == build.tag {
            "tag_of"
        } else if whole == format!("{}:{}", build.repository, build.tag) {
            "image"
        } else {
            return None;
        };
        Some((key, build.name.as_str()))
    })?;
    Some(Value::Map(Mapping::from_iter([found])))
}

fn does(line: &Line) -> bool {
    line.commands.iter().all(|command| is(command, COMMAND))
}
