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

/// A place in a job or in a global key, and what was found there.
struct Walk<'v> {
    target: Version,
    /// The keys that lead to the place.
    path: Vec<&'v str>,
    /// The same as the gates know it: `variables:*`.
    name: String,
    found: Vec<Found>,
}

/// What is too new in a job.
pub(super) fn job(keys: &Mapping, target: Version) -> Vec<Found> {
    let mut walk = Walk::new(target);
    walk.mapping(keys);
    walk.together(keys);
    walk.found
}

/// What is too new in a global key.
pub(super) fn global(key: &str, value: &Value, target: Version) -> Vec<Found> {
    let mut walk = Walk::new(target);
    walk.path.push(key);
    key.clone_into(&mut walk.name);
    walk.keyword();
    match (key, value) {
        // What a job may have, and whether it may stand here.
        ("default", Value::Map(map)) => {
            for (name, value) in map.iter() {
                walk.path.push(name);
                walk.name = format!("default:{name}");
                walk.keyword();
                name.clone_into(&mut walk.name);
                walk.keyword();
                walk.value(value.plain());
                walk.path.pop();
            }
        }
        _ => walk.value(value),
    }
    walk.found
}

impl<'v> Walk<'v> {
    fn new(target: Version) -> Self {
        Self {
            target,
            path: Vec::new(),
            name: String::new(),
            found: Vec::new(),
        }
    }

    /// Most of what is asked about is not too new, and is not put into words.
    fn add(&mut self, since: Option<Version>, what: impl FnOnce(&str) -> String) {
        if let Some(since) = since.filter(|since| *since > self.target) {
            let path: Vec<String> = self.path.iter().map(|&key| key.to_owned()).collect();
            let what = what(&path.join(":"));
            self.found.push(Found { path, what, since });
        }
    }

    fn keyword(&mut self) {
        let Some(since) = gates::keyword(&self.name).filter(|since| *since > self.target) else {
            return;
        };
        // Below a keyword that is too new, what came with it says nothing more.
        let is_above = |found: &Found| {
            let keys = found.path.len() <= self.path.len();
            keys && found.path.iter().zip(&self.path).all(|(a, b)| a == b)
        };
        let known = self.found.iter();
        let mut known = known.filter(|found| is_above(found));
        if !known.any(|found| found.since >= since) {
            self.add(Some(since), |path| format!("`{path}`"));
        }
    }

    fn mapping(&mut self, map: &'v Mapping) {
        let above = self.name.len();
        let has_names = NAMED.contains(&self.name.as_str());
        for (key, value) in map.iter() {
            self.path.push(key);
            if above > 0 {
                self.name.push(':');
            }
            self.name.push_str(if has_names { "*" } else { key });
            // One stands for the whole mapping, in which another key says why there is one.
            let whole = matches!(self.name.as_str(), "retry:max" | "variables:*:value");
            if !(whole && map.len() > 1) {
                self.keyword();
            }
            self.value(value.plain());
            self.name.truncate(above);
            self.path.pop();
        }
    }

    fn value(&mut self, value: &'v Value) {
        match value {
            Value::Map(map) => self.mapping(map),
            Value::Seq(items) => {
                self.list(items);
                for item in items {
                    self.value(item.plain());
                }
            }
            Value::Str(text) => self.text(text),
            Value::Reference(_) => {
                let since = match self.path.first() {
                    Some(&"rules") => Version::new(14, 3),
                    _ => Version::new(13, 9),
                };
                self.add(Some(since), |_| "`!reference`".to_owned());
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Shared(_) => {}
        }
    }

    /// What is newer as a list.
    fn list(&mut self, items: &[Value]) {
        let nested = || {
            let mut items = items.iter();
            items.any(|item| matches!(item.plain(), Value::Seq(_)))
        };
        let (what, since) = match self.name.as_str() {
            "cache" => ("a list of caches", Version::new(13, 12)),
            "extends" => ("a list in `extends`", Version::new(12, 0)),
            "include:file" => ("a list in `include:file`", Version::new(13, 8)),
            "needs" if items.is_empty() => ("`needs: []`", gates::NEEDS_NOTHING),
            "needs" if items.len() > gates::most_needs(self.target) && items.len() <= 50 => {
                let what = format!("`needs` of {} jobs", items.len());
                let since = if items.len() <= 10 { (12, 7) } else { (13, 8) };
                return self.add(Some(Version::new(since.0, since.1)), |_| what);
            }
            "script" | "before_script" | "after_script" if nested() => {
                ("a list inside a script", Version::new(12, 5))
            }
            "stages" if nested() => ("a list inside `stages`", Version::new(16, 9)),
            _ => return,
        };
        self.add(Some(since), |_| what.to_owned());
    }

    fn text(&mut self, text: &'v str) {
        // `only: [x]` and `only: {refs: [x]}` are the same.
        let key = match self.name.as_str() {
            "only:refs" | "except" | "except:refs" => "only",
            "rules:when" | "workflow:rules:when" => "when",
            other => other,
        };
        let since = gates::value(key, text);
        let condition = match key {
            "rules:if" | "workflow:rules:if" | "include:rules:if" | "only:variables"
            | "except:variables" => expression::parse(text).ok(),
            _ => None,
        };
        let in_text = match key {
            "tags" if text.contains('$') => {
                Some(("a variable in a runner's tag", Version::new(14, 1)))
            }
            "environment:auto_stop_in" if text.contains('$') => {
                Some(("a variable in `auto_stop_in`", Version::new(15, 4)))
            }
            _ => None,
        };
        if since.is_some() {
            let keys = self.path.join(":");
            self.path.push(text);
            self.add(since, |_| format!("`{keys}: {text}`"));
            self.path.pop();
        }
        // The variables of a condition are seen with those of all texts.
        let since = condition.map(|condition| condition.since());
        self.add(since, |_| format!("the condition `{text}`"));
        if let Some((what, since)) = in_text {
            self.add(Some(since), |_| what.to_owned());
        }
    }

    /// Keys that may not stand together in old GitLabs.
    fn together(&mut self, job: &Mapping) {
        if job.get("rules").is_some() && job.get("when").is_some() {
            self.path.push("when");
            let since = Some(gates::WHEN_BESIDE_RULES);
            self.add(since, |_| "`when` beside `rules`".to_owned());
            self.path.pop();
        }
    }
}
