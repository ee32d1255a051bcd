//! What GitLab has since when, by `gates.tsv`, and what of a pipeline is newer than a target.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// Major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32);

impl Version {
    #[track_caller]
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = text.split('.').map(|part| part.parse().unwrap());
        Self(parts.next().unwrap(), parts.next().unwrap())
    }
}

/// The table.
pub(crate) struct Gates {
    keywords: BTreeMap<String, Version>,
    values: BTreeMap<(String, String), Version>,
    variables: BTreeMap<String, Version>,
}

/// Rows that are about a way of writing a keyword, and that keyword with that way.
const FORMS: [(&str, &str); 9] = [
    ("needs hash form job:/artifacts:", "needs:job|artifacts"),
    ("needs:optional", "needs:optional"),
    ("needs: []", "needs[0]"),
    ("cache list (several caches)", "cache[]"),
    ("extends as list", "extends[]"),
    ("rules:when together with job-level when", "rules+when"),
    ("tags with CI/CD variables", "tags$"),
    ("!reference", "!reference"),
    (
        "variables:value + description (global)",
        "variables:value|description",
    ),
];

/// Variables that the runner sets or reads, whose version GitLab's does not say; and `KUBECONFIG`,
/// which a certificate cluster gave before the agent did.
const OF_THE_RUNNER: [&str; 8] = [
    "CACHE_",
    "CI_BUILDS_DIR",
    "CI_CONCURRENT_",
    "CI_RUNNER_",
    "EXECUTOR_",
    "GIT_",
    "KUBECONFIG",
    "RUNNER_",
];

/// Keywords that the table does not name by themselves: as old as what they stand in.
const AS_OLD_AS_THEIR_PARENT: [&str; 10] = [
    "artifacts:reports:coverage_report:coverage_format",
    "artifacts:reports:coverage_report:path",
    "default:hooks:pre_get_sources_script",
    "default:retry:max",
    "default:retry:when",
    "environment:action",
    "release:description",
    "release:tag_name",
    "trigger:strategy",
    "workflow:rules",
];

impl Gates {
    pub(crate) fn read() -> Self {
        let mut gates = Self {
            keywords: BTreeMap::new(),
            values: BTreeMap::new(),
            variables: BTreeMap::new(),
        };
        let table = include_str!("gates.tsv").lines();
        for line in table.filter(|line| !line.starts_with('#')).skip(1) {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().unwrap_or_default();
            let (kind, name, introduced, on) = (cell(), cell(), cell(), cell());
            // Behind a flag it counts from where the flag was on.
            let since = [on, introduced].into_iter().find_map(version);
            let Some(since) = since else { continue };
            gates.row(kind, name, since);
        }
        assert!(gates.keywords.len() > 150, "{}", gates.keywords.len());
        assert!(gates.variables.len() > 100 && gates.values.len() > 20);
        gates
    }

    fn row(&mut self, kind: &str, name: &str, since: Version) {
        // What only paying customers had is not there for all.
        let for_all = name.ends_with(" (Free tier)");
        let form = FORMS.iter().find(|(known, _)| *known == name);
        let name = form.map_or(name, |(_, form)| form);
        let name = name.split(" (").next().unwrap();
        match kind {
            "variable" => {
                for name in name.split('|').map(|name| name.trim_start_matches('$')) {
                    self.variables.insert(name.to_owned(), since);
                }
            }
            "value" => {
                if let Some((path, words)) = name.rsplit_once(": ") {
                    let path = path.replace(": ", ":");
                    let path = match path.starts_with("coverage_report:") {
                        true => format!("artifacts:reports:{path}"),
                        false => path,
                    };
                    for word in words.split('|') {
                        self.values.insert((path.clone(), word.to_owned()), since);
                    }
                }
            }
            "keyword" | "subkeyword" if form.is_some() || for_all || !name.contains(' ') => {
                for name in alternatives(name) {
                    if for_all {
                        self.keywords.insert(name.clone(), since);
                    }
                    // A keyword may stand twice, with a later meaning.
                    self.keywords.entry(name).or_insert(since);
                }
            }
            _ => {}
        }
    }

    /// The compiler's own table, where it differs.
    pub(crate) fn differences(&self) -> Vec<String> {
        use windlass::gitlab::{Version as Known, gates};
        let oldest = Version(10, 4);
        let text = |since: Option<Known>| since.map(|since| since.to_string());
        let ours = |since: &Version| (*since > oldest).then(|| format!("{}.{}", since.0, since.1));
        let mut out = Vec::new();
        let mut compare = |what: String, theirs: &Version, known: Option<Known>| {
            if ours(theirs) != text(known) {
                out.push(format!("{what}: {:?}, not {:?}", text(known), ours(theirs)));
            }
        };
        for (name, since) in &self.keywords {
            // `pages` is an old name of a job and a new keyword; a way of writing is not a keyword.
            let form = name.contains(['[', '+', '$', '!', '|', '.']);
            if form || name == "pages" {
                continue;
            }
            let named = ["variables", "secrets"].iter().find_map(|map| {
                let inner = name.strip_prefix(map)?.strip_prefix(':')?;
                Some(format!("{map}:*:{inner}"))
            });
            let path = named.as_ref().unwrap_or(name);
            compare(name.clone(), since, gates::keyword(path));
        }
        for (name, since) in &self.variables {
            if !OF_THE_RUNNER.iter().any(|start| name.starts_with(start)) {
                compare(name.clone(), since, gates::variable(name));
            }
        }
        for ((path, word), since) in &self.values {
            if !path.starts_with("GIT_") && !word.contains(' ') {
                compare(format!("{path}: {word}"), since, gates::value(path, word));
            }
        }
        out
    }

    /// What a pipeline holds that the target has not, a line each.
    pub(crate) fn newer(&self, pipeline: &Json, target: Version) -> Vec<String> {
        let mut walk = Walk {
            gates: self,
            target,
            found: BTreeSet::new(),
        };
        for (name, value) in pipeline.as_object().unwrap() {
            match name.as_str() {
                "variables" => walk.variables(value, true),
                "stages" => {}
                "workflow" | "default" | "include" => {
                    walk.keyword(name);
                    walk.below(name, value);
                }
                "image" | "services" | "cache" => walk.below(name, value),
                _ => walk.job(value),
            }
            walk.texts(value);
        }
        walk.found.into_iter().collect()
    }
}

fn version(text: &str) -> Option<Version> {
    let text = match text {
        "all" | "<=10.4" => return Some(Version(10, 4)),
        text => text,
    };
    let mut parts = text.split('.').map(str::parse);
    Some(Version(parts.next()?.ok()?, parts.next()?.ok()?))
}

/// `a:b|c` is `a:b` and `a:c`.
fn alternatives(name: &str) -> Vec<String> {
    let (parent, last) = match name.rsplit_once(':') {
        Some((parent, last)) => (format!("{parent}:"), last),
        None => (String::new(), name),
    };
    last.split('|')
        .map(|last| format!("{parent}{last}"))
        .collect()
}

struct Walk<'g> {
    gates: &'g Gates,
    target: Version,
    found: BTreeSet<String>,
}

impl Walk<'_> {
    fn add(&mut self, what: &str, since: Option<Version>) {
        if let Some(since) = since.filter(|since| *since > self.target) {
            self.found.insert(format!("{what} needs {since:?}"));
        }
    }

    fn keyword(&mut self, path: &str) {
        let keyword = self.gates.keywords.get(path).copied();
        // What is not in the table must be looked up before it is written.
        if keyword.is_none() && !AS_OLD_AS_THEIR_PARENT.contains(&path) {
            self.found.insert(format!("{path} is not in the table"));
        }
        self.add(path, keyword);
    }

    fn variables(&mut self, value: &Json, global: bool) {
        for (_, value) in value.as_object().unwrap() {
            for (key, _) in value.as_object().into_iter().flatten() {
                let path = format!("variables:{key}");
                if global || key != "value" {
                    self.keyword(&path);
                }
            }
        }
    }

    fn job(&mut self, job: &Json) {
        for (key, value) in job.as_object().unwrap() {
            if key == "variables" {
                self.variables(value, false);
                continue;
            }
            let plain = matches!(
                key.as_str(),
                "only" | "except" | "image" | "script" | "stage" | "before_script" | "when"
            );
            if !plain {
                self.keyword(key);
            }
            self.below(key, value);
        }
        if job.get("rules").is_some() && job.get("when").is_some() {
            self.form("rules+when");
        }
    }

    fn form(&mut self, form: &str) {
        let since = self.gates.keywords.get(form).copied();
        assert!(since.is_some(), "{form}");
        self.add(form, since);
    }

    fn below(&mut self, path: &str, value: &Json) {
        match value {
            Json::Object(map) => {
                for (key, value) in map {
                    if key == "!reference" {
                        self.form(key);
                        continue;
                    }
                    let named = matches!(path, "secrets" | "id_tokens");
                    // Names of variables, which are the project's own.
                    if path.ends_with("variables") || path == "parallel:matrix" {
                        continue;
                    }
                    let path = if named {
                        path.to_owned()
                    } else {
                        format!("{path}:{key}")
                    };
                    if !named {
                        self.keyword(&path);
                    }
                    self.below(&path, value);
                }
            }
            Json::Array(items) => {
                match (path, items.as_slice()) {
                    ("needs", []) => self.form("needs[0]"),
                    ("cache", _) => self.form("cache[]"),
                    ("extends", _) => self.form("extends[]"),
                    _ => {}
                }
                for item in items {
                    self.below(path, item);
                }
            }
            Json::String(text) => {
                let key = match path {
                    "only:refs" | "except" | "except:refs" => "only",
                    "rules:when" | "workflow:rules:when" => "when",
                    path => path,
                };
                let value = (key.to_owned(), text.clone());
                let since = self.gates.values.get(&value).copied();
                self.add(&format!("{path}: {text}"), since);
                if path == "tags" && text.contains('$') {
                    self.form("tags$");
                }
                if path.ends_with("rules:if") || path.ends_with(":variables") {
                    self.condition(text);
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// Operators outside of texts and patterns.
    fn condition(&mut self, text: &str) {
        let mut bare = String::new();
        let mut inside = None;
        for c in text.chars() {
            match inside {
                Some(end) if c == end => inside = None,
                Some(_) => {}
                None if "\"'/".contains(c) => inside = Some(c),
                None => bare.push(c),
            }
        }
        for (operator, since) in [
            ("$", "10.7"),
            ("=~", "11.0"),
            ("!=", "11.11"),
            ("!~", "11.11"),
            ("&&", "12.0"),
            ("||", "12.0"),
            ("(", "13.3"),
        ] {
            if bare.contains(operator) {
                self.add(&format!("`{operator}` in {text}"), version(since));
            }
        }
    }

    /// Predefined variables that a text relies on.
    fn texts(&mut self, value: &Json) {
        match value {
            Json::String(text) => {
                for part in text.split('$').skip(1) {
                    let braces = part.starts_with('{');
                    let part = part.trim_start_matches('{');
                    let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                    let (name, after) = part.split_at(end.unwrap_or(part.len()));
                    let answered = after.trim_start_matches(':').starts_with(['-', '+']);
                    let since = self.gates.variables.get(name).copied();
                    if !(braces && answered) {
                        let ours = ["CI_", "GITLAB_"]
                            .iter()
                            .any(|start| name.starts_with(start));
                        if ours && since.is_none() {
                            self.found.insert(format!("${name} is not in the table"));
                        }
                        self.add(&format!("${name}"), since);
                    }
                }
            }
            Json::Array(items) => items.iter().for_each(|item| self.texts(item)),
            Json::Object(map) => map.values().for_each(|value| self.texts(value)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}
