//! `kubectl apply` of files, with `envsubst` or without.

use super::access::VALUED;
use super::{Change, Deployment};
use crate::gitlab::shell::commands::Command;
use crate::import::entity::View;
use crate::import::entity::commands::{Line, Options, arguments, is, text};
use crate::pipeline::{Mapping, Value};

const COMMAND: &[&[&str]] = &[&["kubectl", "apply"]];

pub(super) fn read(view: &View<'_>, deployment: &Deployment) -> Option<Change> {
    let mut files: Vec<String> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut namespace = None;
    for line in &deployment.script {
        for command in &line.commands {
            if let Some((file, of)) = substituted(command) {
                // A function is defined so for any file.
                if !file.starts_with('$') {
                    files.push(file);
                    names.extend(of);
                }
                continue;
            }
            let Some(words) = arguments(command, COMMAND) else {
                continue;
            };
            let options = Options::read(words, &VALUED)?;
            namespace = options.one(&["-n", "--namespace"]).or(namespace);
            for file in options.all(&["-f", "--filename"]) {
                let reads = command.reads_one().and_then(|from| line.commands.get(from));
                match file.as_str() {
                    "-" => {
                        let (file, of) = piped(reads?)?;
                        files.push(file);
                        names.extend(of);
                    }
                    file if file.contains('$') => {}
                    file => files.push(file.to_owned()),
                }
            }
        }
    }
    let mut own: Vec<String> = Vec::new();
    for file in files {
        // A file that a command before made from another one.
        let made = deployment.commands().any(|command| {
            command
                .redirections
                .iter()
                .any(|one| one.operator == ">" && one.target.is(&file))
        });
        if !made && !own.contains(&file) {
            own.push(file);
        }
    }
    let applied = deployment.commands().any(|command| is(command, COMMAND));
    if own.is_empty() || !applied {
        return None;
    }
    let mut apply = Mapping::new();
    apply.set("files", Value::list(own.iter().map(String::as_str)));
    names.dedup();
    if !names.is_empty() {
        apply.set("envsubst", Value::list(names.iter().map(String::as_str)));
    }
    let images = view
        .builds
        .iter()
        .map(|build| crate::manifest::resolved::image_variable(&build.name));
    Some(Change {
        deploy: Mapping::from_iter([("apply", Value::Map(apply))]),
        namespace,
        variables: images.filter(|name| names.contains(name)).collect(),
        does,
    })
}

/// The names in a text like `$A $B`.
fn listed(text: &str) -> Vec<String> {
    let names = text.split([' ', ',']).filter_map(|word| {
        let word = word.trim_start_matches('\\').strip_prefix('$')?;
        Some(word.trim_matches(['{', '}']).to_owned())
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// The file and the names of windlass's own `substitute NAMES FILE > OTHER`, or of `envsubst NAMES < FILE`.
fn substituted(command: &Command) -> Option<(String, Vec<String>)> {
    if let Some([names, file]) = arguments(command, &[&["substitute"]]) {
        return Some((text(file)?, listed(&names.shown())));
    }
    let words = arguments(command, &[&["envsubst"]])?;
    let from = command
        .redirections
        .iter()
        .find(|one| one.operator == "<")?;
    let names = words
        .first()
        .map(|word| listed(&word.shown()))
        .unwrap_or_default();
    Some((text(&from.target)?, names))
}

/// What is piped into `kubectl apply`.
fn piped(command: &Command) -> Option<(String, Vec<String>)> {
    if let Some([file]) = arguments(command, &[&["cat"]]) {
        return Some((text(file)?, Vec::new()));
    }
    substituted(command)
}

fn does(line: &Line) -> bool {
    const ALL: &[&[&str]] = &[&["kubectl", "apply"], &["envsubst"], &["cat"]];
    line.commands.iter().all(|command| is(command, ALL))
}
