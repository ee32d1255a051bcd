//! Keywords, values and conditions of a job or a global key that are newer than the target.

use crate::gitlab::{Version, expression, gates};
use crate::pipeline::{Mapping, Value};

/// Something that the target does not have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// Its keys, and its value if that alone is too new.
    pub(super) path: Vec<String>,
    /// What it is, a sentence fragment.
    pub(super) what: String,
    /// The first GitLab that has it.
    pub(super) since: Version,
}

/// Mappings whose keys are names that people choose, by their path.
const NAMED: [&str; 13] = [
    "id_tokens",
    "include:inputs",
    "inputs",
    "parallel:matrix",
    "rules:variables",
    "run:env",
    "run:inputs",
    "secrets",
    "services:variables",
    "trigger:include:inputs",
    "trigger:inputs",
    "variables",
    "workflow:rules:variables",
];

struct Walk {
    target: Version,
    found: Vec<Found>,
}

/// What is too new in a job.
pub(super) fn job(keys: &Mapping, target: Version) -> Vec<Found> {
    let mut walk = Walk::new(target);
    walk.mapping(&[], "", keys);
    walk.together(keys);
    walk.found
}

/// What is too new in a global key.
pub(super) fn global(key: &str, value: &Value, target: Version) -> Vec<Found> {
    let mut walk = Walk::new(target);
    let path = [key.to_owned()];
    walk.keyword(&path, key);
    match (key, value) {
        // What a job may have, and whether it may stand here.
        ("default", Value::Map(map)) => {
            for (name, value) in map.iter() {
                let path = [key.to_owned(), name.to_owned()];
                walk.keyword(&path, &format!("default:{name}"));
                walk.keyword(&path, name);
                walk.value(&path, name, value.plain());
            }
        }
        _ => walk.value(&path, key, value),
    }
    walk.found
}

impl Walk {
    fn new(target: Version) -> Self {
        Self {
            target,
            found: Vec::new(),
        }
    }

    fn add(&mut self, path: &[String], what: String, since: Option<Version>) {
        if let Some(since) = since.filter(|since| *since > self.target) {
            let path = path.to_vec();
            self.found.push(Found { path, what, since });
        }
    }

    /// `name` is the path as the gates know it.
    fn keyword(&mut self, path: &[String], name: &str) {
        let since = gates::keyword(name);
        // Below a keyword that is too new, what came with it says nothing more.
        let known = self
            .found
            .iter()
            .any(|found| path.starts_with(&found.path) && Some(found.since) >= since);
        if !known {
            self.add(path, format!("`{}`", path.join(":")), since);
        }
    }

    fn mapping(&mut self, path: &[String], name: &str, map: &Mapping) {
        for (key, value) in map.iter() {
            let mut path = path.to_vec();
            path.push(key.to_owned());
            let key = if NAMED.contains(&name) { "*" } else { key };
            let name = match name {
                "" => key.to_owned(),
                name => format!("{name}:{key}"),
            };
            // One stands for the whole mapping, in which another key says why there is one.
            let whole = matches!(name.as_str(), "retry:max" | "variables:*:value");
            if !(whole && map.len() > 1) {
                self.keyword(&path, &name);
            }
            self.value(&path, &name, value.plain());
        }
    }

    fn value(&mut self, path: &[String], name: &str, value: &Value) {
        match value {
            Value::Map(map) => self.mapping(path, name, map),
            Value::Seq(items) => {
                self.list(path, name, items);
                for item in items {
                    self.value(path, name, item.plain());
                }
            }
            Value::Str(text) => self.text(path, name, text),
            Value::Reference(_) => {
                let since = match path.first().map(String::as_str) {
                    Some("rules") => Version::new(14, 3),
                    _ => Version::new(13, 9),
                };
                self.add(path, "`!reference`".to_owned(), Some(since));
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Shared(_) => {}
        }
    }

    /// What is newer as a list.
    fn list(&mut self, path: &[String], name: &str, items: &[Value]) {
        let nested = items
            .iter()
            .any(|item| matches!(item.plain(), Value::Seq(_)));
        let (what, since) = match name {
            "cache" => ("a list of caches", Version::new(13, 12)),
            "extends" => ("a list in `extends`", Version::new(12, 0)),
            "include:file" => ("a list in `include:file`", Version::new(13, 8)),
            "needs" if items.is_empty() => ("`needs: []`", gates::NEEDS_NOTHING),
            "needs" if items.len() > gates::most_needs(self.target) && items.len() <= 50 => {
                let what = format!("`needs` of {} jobs", items.len());
                let since = if items.len() <= 10 { (12, 7) } else { (13, 8) };
                return self.add(path, what, Some(Version::new(since.0, since.1)));
            }
            "script" | "before_script" | "after_script" if nested => {
                ("a list inside a script", Version::new(12, 5))
            }
            "stages" if nested => ("a list inside `stages`", Version::new(16, 9)),
            _ => return,
        };
        self.add(path, what.to_owned(), Some(since));
    }

    fn text(&mut self, path: &[String], name: &str, text: &str) {
        let here = |value: &str| {
            let mut path = path.to_vec();
            path.push(value.to_owned());
            path
        };
        // `only: [x]` and `only: {refs: [x]}` are the same.
        let key = match name {
            "only:refs" | "except" | "except:refs" => "only",
            "rules:when" | "workflow:rules:when" => "when",
            other => other,
        };
        let since = gates::value(key, text);
        self.add(&here(text), format!("`{}: {text}`", path.join(":")), since);
        match key {
            "rules:if" | "workflow:rules:if" | "include:rules:if" | "only:variables"
            | "except:variables" => {
                if let Ok(condition) = expression::parse(text) {
                    // The variables of a condition are seen with those of all texts.
                    let since = Some(condition.since());
                    self.add(path, format!("the condition `{text}`"), since);
                }
            }
            "tags" if text.contains('$') => {
                let what = "a variable in a runner's tag".to_owned();
                self.add(path, what, Some(Version::new(14, 1)));
            }
            "environment:auto_stop_in" if text.contains('$') => {
                let what = "a variable in `auto_stop_in`".to_owned();
                self.add(path, what, Some(Version::new(15, 4)));
            }
            _ => {}
        }
    }

    /// Keys that may not stand together in old GitLabs.
    fn together(&mut self, job: &Mapping) {
        if job.get("rules").is_some() && job.get("when").is_some() {
            let path = ["when".to_owned()];
            let since = Some(gates::WHEN_BESIDE_RULES);
            self.add(&path, "`when` beside `rules`".to_owned(), since);
        }
    }
}
