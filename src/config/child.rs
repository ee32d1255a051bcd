//! The pipelines that jobs start with `trigger`.
//!
//! In: a job. Out: what it starts, and of a child pipeline whose files are all here its configuration.
//! Always holds: what a file that is not here says is not known, and never guessed.
//!
//! Facts: `trigger:include` starts one child pipeline of all its files; a text, or `trigger:project`, starts
//! the pipeline of another project ("trigger", 18.11).

use serde_json::json;

use super::{Config, Job, Node, Repository, Value, read};
use crate::source::Source;

/// A pipeline that a job starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// What it is: the files of a child pipeline, or another project.
    pub name: String,
    /// Whether it is a child of the pipeline, and not one of another project.
    pub is_child: bool,
    /// The files of the repository that it is made of; `None` if others belong to it.
    pub files: Option<Vec<String>>,
}

/// What a job starts; `None` if it has no `trigger`.
pub fn started(job: &Job) -> Option<Started> {
    let trigger = job.keys.given("trigger")?;
    let of_project = |name: String| Started {
        name,
        is_child: false,
        files: None,
    };
    if let Value::Str(project) = &trigger.value {
        return Some(of_project(project.to_string()));
    }
    let Some(include) = trigger.get("include") else {
        let project = trigger.get("project")?.scalar_text()?;
        let branch = trigger.get("branch").and_then(Node::scalar_text);
        return Some(of_project(match branch {
            Some(branch) => format!("{project}, branch {branch}"),
            None => project,
        }));
    };
    let names: Vec<String> = items(include).iter().map(name).collect();
    let files: Vec<String> = items(include).iter().filter_map(local).collect();
    let plain = items(include)
        .iter()
        .all(|item| item.get("inputs").is_none());
    Some(Started {
        is_child: true,
        files: Some(files).filter(|files| plain && files.len() == names.len()),
        name: names.join(", "),
    })
}

/// The files of the repository that a job starts a child pipeline with.
pub fn local_files(job: &Job) -> Vec<String> {
    let include = job
        .keys
        .given("trigger")
        .and_then(|trigger| trigger.get("include"));
    let files = include.into_iter().flat_map(items);
    files.filter_map(local).collect()
}

/// The configuration of a child pipeline; `None` if it is not all here, or GitLab does not take it.
pub fn of_files(files: &[String], repository: &dyn Repository) -> Option<Config> {
    let include: Vec<_> = files.iter().map(|path| json!({ "local": path })).collect();
    let text = json!({ "include": include }).to_string();
    let config = read(Source::new("child", text), repository).result.ok()?;
    config.unresolved.is_empty().then_some(config)
}

fn items(include: &Node) -> &[Node] {
    match include.as_seq() {
        Some(items) => items,
        None => std::slice::from_ref(include),
    }
}

/// The path of an include from the repository.
fn local(item: &Node) -> Option<String> {
    match item.as_str() {
        Some(address) if address.contains("://") => None,
        Some(path) => Some(path.to_owned()),
        None => item.get("local")?.scalar_text(),
    }
}

/// What an include is, in few words.
fn name(item: &Node) -> String {
    let text = |key: &str| item.get(key).and_then(Node::scalar_text);
    let plain = item.scalar_text().or_else(|| local(item));
    let other = || {
        if let Some(project) = text("project") {
            let files = item.get("file").map(|files| {
                let files = items(files).iter().filter_map(Node::scalar_text);
                files.collect::<Vec<_>>().join(", ")
            });
            return Some(format!("{project}: {}", files.unwrap_or_default()));
        }
        if let Some(file) = text("artifact") {
            let job = text("job").unwrap_or_default();
            return Some(format!("{file} of {job}"));
        }
        ["remote", "template", "component"]
            .into_iter()
            .find_map(text)
    };
    plain.or_else(other).unwrap_or_else(|| "?".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Alone;

    fn of(trigger: &str) -> Option<Started> {
        let text =
            format!("a: {{stage: deploy, trigger: {trigger}}}\nb: {{script: x, stage: build}}\n");
        let config = read(Source::new("x", text), &Alone).result.ok()?;
        started(config.jobs.first()?)
    }

    #[test]
    fn each_form_of_trigger_starts_something() {
        for (trigger, name, files) in [
            ("group/p", "group/p", None),
            ("{project: group/p, branch: b}", "group/p, branch b", None),
            ("{include: c.yml}", "c.yml", Some(&["c.yml"][..])),
            (
                "{include: [c.yml, {local: d.yml}]}",
                "c.yml, d.yml",
                Some(&["c.yml", "d.yml"]),
            ),
            ("{include: [{local: c.yml, inputs: {x: y}}]}", "c.yml", None),
            (
                "{include: [c.yml, {artifact: d.yml, job: b}]}",
                "c.yml, d.yml of b",
                None,
            ),
            (
                "{include: [{project: g/p, ref: v1, file: /e.yml}]}",
                "g/p: /e.yml",
                None,
            ),
            (
                "{include: [{template: T.gitlab-ci.yml}]}",
                "T.gitlab-ci.yml",
                None,
            ),
        ] {
            let started = of(trigger);
            let found = started
                .as_ref()
                .map(|one| (one.name.as_str(), one.files.as_deref()));
            let files: Option<Vec<String>> =
                files.map(|files| files.iter().map(|file| (*file).to_owned()).collect());
            assert_eq!(found, Some((name, files.as_deref())), "{trigger}");
        }
        assert_eq!(of("{include: c.yml}").map(|one| one.is_child), Some(true));
        let config = read(Source::new("x", "a: {script: x}\n"), &Alone).result;
        assert_eq!(
            config.ok().and_then(|config| started(config.jobs.first()?)),
            None
        );
    }
}
