//! The pipelines that jobs start with `trigger`.
//!
//! In: a job. Out: what it starts, and of a child pipeline its configuration. Always holds: a file that is not
//! here is named, as an include that is not read, and never guessed; what only exists while a pipeline runs is
//! not looked for.
//!
//! Facts: `trigger:include` starts one child pipeline of all its files, whose configuration is that `include`
//! and nothing else (`Ci::Bridge#yaml_for_downstream`); a text, or `trigger:project`, starts the pipeline of
//! another project ("trigger", 18.11).

use std::sync::Arc;

use super::value::{Entry, Place};
use super::{Config, Given, Job, Map, Node, Reading, Repository, Value, read_tree};
use crate::source::Source;

/// A pipeline that a job starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// What it is: the files of a child pipeline, or another project.
    pub name: String,
    /// The files that a child pipeline is made of; `None` if it is the pipeline of another project.
    pub include: Option<Node>,
}

/// What a job starts; `None` if it has no `trigger`.
pub fn started(job: &Job) -> Option<Started> {
    let trigger = job.keys.given("trigger")?;
    let of_project = |name: String| Started {
        name,
        include: None,
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
    Some(Started {
        include: Some(include.clone()),
        name: names.join(", "),
    })
}

impl Started {
    /// Whether it is a child of the pipeline, and not one of another project.
    pub fn is_child(&self) -> bool {
        self.include.is_some()
    }

    /// A file that exists only while the pipeline runs, and the job that makes it.
    pub fn made_by_a_job(&self) -> Option<(String, String)> {
        let includes = self.include.iter().flat_map(items);
        let mut made = includes.filter_map(|item| {
            let text = |key: &str| item.get(key).and_then(Node::scalar_text);
            Some((text("artifact")?, text("job").unwrap_or_default()))
        });
        made.next()
    }

    /// Reads the child pipeline of a job in this configuration, where this is known of the child; `None` if it
    /// is no child pipeline, or a job makes one of its files.
    pub fn read(
        &self,
        parent: &Config,
        repository: &dyn Repository,
        given: &dyn Given,
    ) -> Option<Reading> {
        let include = self
            .include
            .as_ref()
            .filter(|_| self.made_by_a_job().is_none())?;
        let main = parent.sources.get(include.place.file).cloned();
        let main = main.unwrap_or_else(|| Source::new(&self.name, ""));
        let mut tree = Map::default();
        tree.put("include", in_main(include));
        let tree = Node::new(Value::Map(Arc::new(tree)), in_main(include).place);
        Some(read_tree(tree, main, repository, given, false))
    }

    /// The configuration of a child pipeline, whatever the pipeline; `None` if it is not all here, or GitLab
    /// does not take it.
    pub fn whole(&self, parent: &Config, repository: &dyn Repository) -> Option<Config> {
        let reading = self.read(parent, repository, &super::Nothing)?;
        let config = reading.result.ok()?;
        config.unresolved.is_empty().then_some(config)
    }
}

/// The same value in the main file of another configuration.
fn in_main(node: &Node) -> Node {
    let here = |place: Place| Place { file: 0, ..place };
    let value = match &node.value {
        Value::Seq(items) => Value::Seq(items.iter().map(in_main).collect()),
        Value::Map(map) => {
            let mut moved = Map::default();
            for (key, entry) in map.iter() {
                let entry = Entry {
                    key_place: here(entry.key_place),
                    value: in_main(&entry.value),
                };
                moved.set(key.clone(), entry);
            }
            Value::Map(Arc::new(moved))
        }
        value => value.clone(),
    };
    Node::new(value, here(node.place))
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
    use crate::config::{Alone, read};

    fn of(trigger: &str) -> Option<Started> {
        let text =
            format!("a: {{stage: deploy, trigger: {trigger}}}\nb: {{script: x, stage: build}}\n");
        let config = read(Source::new("x", text), &Alone).result.ok()?;
        started(config.jobs.first()?)
    }

    #[test]
    fn each_form_of_trigger_starts_something() {
        for (trigger, name, is_child, made) in [
            ("group/p", "group/p", false, None),
            (
                "{project: group/p, branch: b}",
                "group/p, branch b",
                false,
                None,
            ),
            ("{include: c.yml}", "c.yml", true, None),
            (
                "{include: [c.yml, {local: d.yml}]}",
                "c.yml, d.yml",
                true,
                None,
            ),
            (
                "{include: [{local: c.yml, inputs: {x: y}}]}",
                "c.yml",
                true,
                None,
            ),
            (
                "{include: [c.yml, {artifact: d.yml, job: b}]}",
                "c.yml, d.yml of b",
                true,
                Some(("d.yml", "b")),
            ),
            (
                "{include: [{project: g/p, ref: v1, file: /e.yml}]}",
                "g/p: /e.yml",
                true,
                None,
            ),
            (
                "{include: [{template: T.gitlab-ci.yml}]}",
                "T.gitlab-ci.yml",
                true,
                None,
            ),
        ] {
            let started = of(trigger).unwrap_or_else(|| panic!("{trigger}"));
            assert_eq!(
                (started.name.as_str(), started.is_child()),
                (name, is_child)
            );
            let by = started.made_by_a_job();
            let by = by.as_ref().map(|(file, job)| (file.as_str(), job.as_str()));
            assert_eq!(by, made, "{trigger}");
        }
        let config = read(Source::new("x", "a: {script: x}\n"), &Alone).result;
        assert_eq!(
            config.ok().and_then(|config| started(config.jobs.first()?)),
            None
        );
    }
}
