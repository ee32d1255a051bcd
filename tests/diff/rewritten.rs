//! A pipeline that is written in another way tells nothing.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use windlass::diff::diff;

use crate::pairs::accepted;
use crate::pipelines::{Dice, at, at_mut, cases, paths, pipeline};

/// Keys that `default` takes.
const DEFAULT: &[&str] = &[
    "after_script",
    "artifacts",
    "before_script",
    "cache",
    "hooks",
    "id_tokens",
    "identity",
    "image",
    "interruptible",
    "retry",
    "secrets",
    "services",
    "tags",
    "timeout",
];

/// Keys that may also stand at the top level.
const GLOBAL: &[&str] = &[
    "after_script",
    "before_script",
    "cache",
    "image",
    "services",
];

/// Keys of which a text or number in the place of a mapping is one of its keys.
const SHORT: &[(&str, &str)] = &[
    ("image", "name"),
    ("services", "name"),
    ("environment", "name"),
    ("retry", "max"),
    ("trigger", "project"),
    ("needs", "job"),
    ("rules.needs", "job"),
    ("changes", "paths"),
    ("rules.changes", "paths"),
    ("rules.exists", "paths"),
    ("only", "refs"),
    ("except", "refs"),
    ("variables", "value"),
];

/// Keys of which one item is a list of it.
const LISTS: &[&str] = &[
    "script",
    "before_script",
    "after_script",
    "cache",
    "hooks.pre_get_sources_script",
    "allow_failure.exit_codes",
    "retry.when",
    "artifacts.reports.junit",
    "artifacts.reports.dotenv",
    "id_tokens.aud",
    "image.pull_policy",
    "services.pull_policy",
    "include",
    "include.file",
    "trigger.include.file",
    "trigger.include",
];

/// Lists of which the order does not count.
const SETS: &[&str] = &[
    "tags",
    "needs",
    "rules.needs",
    "dependencies",
    "artifacts.paths",
    "artifacts.exclude",
    "cache.paths",
    "rules.changes",
    "rules.changes.paths",
    "rules.exists",
    "rules.exists.paths",
    "only",
    "only.refs",
    "only.variables",
    "only.changes",
    "except",
    "except.refs",
    "except.variables",
    "except.changes",
    "retry.when",
    "retry.exit_codes",
    "allow_failure.exit_codes",
    "artifacts.reports.junit",
    "cache.key.files",
];

/// Keys in which variables are expanded.
const EXPANDED: &[&str] = &[
    "image",
    "image.name",
    "services",
    "services.name",
    "services.command",
    "environment",
    "environment.name",
    "environment.url",
    "resource_group",
    "tags",
    "cache.key",
    "cache.paths",
    "cache.fallback_keys",
    "artifacts.name",
    "artifacts.paths",
    "variables",
    "rules.variables",
    "rules.changes",
    "rules.changes.paths",
    "rules.exists",
    "trigger.branch",
    "manual_confirmation",
    "workflow.name",
    "workflow.rules.name",
];

/// What may be written or left out.
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("", "stage", "test"),
    ("", "interruptible", "false"),
    ("environment", "action", "start"),
    ("cache", "when", "on_success"),
    ("cache", "policy", "pull-push"),
    ("cache", "key", "default"),
    ("artifacts", "when", "on_success"),
    ("artifacts", "untracked", "false"),
    ("needs", "optional", "false"),
    ("workflow.auto_cancel", "on_job_failure", "none"),
];

/// The keys on the way to a value, without those of jobs, variables and positions.
fn key_path(path: &[String]) -> Option<String> {
    let names = path.iter().filter(|step| step.parse::<usize>().is_err());
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    let is_global = |name: &&str| matches!(*name, "variables" | "workflow" | "include" | "stages");
    if !names.first().is_some_and(is_global) {
        names.remove(0);
    }
    let ends = |name: &str, names: &[&str]| names.iter().position(|one| *one == name);
    for key in ["variables", "id_tokens", "secrets"] {
        if let Some(at) = ends(key, &names)
            && names.len() > at + 1
        {
            // Below a variable's name nothing is rewritten but the name's own value.
            if key != "id_tokens" && names.len() > at + 2 {
                return None;
            }
            if names.contains(&"services") || names.contains(&"only") || names.contains(&"except") {
                return None;
            }
            names.remove(at + 1);
        }
    }
    Some(names.join("."))
}

/// Writes one value in another way, if that can be.
fn rewrite(document: &mut Value, dice: &mut Dice) -> Option<()> {
    let all = paths(document);
    let path = dice.pick(&all)?.clone();
    let keys = key_path(&path)?;
    let is = |list: &[&str]| list.contains(&keys.as_str());
    let whole = document.clone();
    let in_list = path.last()?.parse::<usize>().is_ok();
    let value = at_mut(document, &path)?;
    match dice.below(6) {
        0 => {
            let (_, name) = SHORT.iter().find(|(key, _)| *key == keys)?;
            if matches!(value, Value::Object(_)) || value.is_null() {
                return None;
            }
            let wants_list = matches!(*name, "paths" | "refs");
            let takes_item = matches!(keys.as_str(), "services" | "needs" | "rules.needs");
            if wants_list != value.is_array() || (takes_item && !in_list) || (wants_list && in_list)
            {
                return None;
            }
            if keys == "variables"
                && path.len() == 2
                && path.first()? == "variables"
                && at(&whole, &path)?.is_object()
            {
                return None;
            }
            *value = json!({*name: value.clone()});
        }
        1 => {
            if !is(LISTS) || in_list || keys.starts_with("script") && value.is_array() {
                return None;
            }
            *value = match value {
                Value::Array(items) if items.len() == 1 => items.first()?.clone(),
                Value::Array(items)
                    if matches!(keys.as_str(), "script" | "before_script" | "after_script") =>
                {
                    json!([items.clone()])
                }
                Value::Array(_) => return None,
                ref one => json!([one]),
            };
        }
        2 => {
            let items = value.as_array_mut().filter(|_| is(SETS))?;
            items.reverse();
        }
        3 => {
            let text = value.as_str().filter(|_| is(EXPANDED))?;
            *value = json!(braced(text, dice.one_in(2)));
        }
        4 => {
            let (_, key, word) = DEFAULTS.iter().find(|(below, ..)| *below == keys)?;
            let map = value.as_object_mut()?;
            let elsewhere = ["extends", "inherit", "trigger", "project"];
            let is_base = path.first()?.starts_with('.') || path.first()? == "default";
            let may_come = whole.get("default").is_some() || is_base;
            // Over a file that is not read, a default counts.
            let may_come = may_come || whole.get("include").is_some();
            if elsewhere.iter().any(|key| map.contains_key(*key)) || may_come {
                return None;
            }
            if map.get(*key).is_none() {
                let word: Value = serde_json::from_str(word).unwrap_or(json!(word));
                map.insert((*key).to_owned(), word);
            }
        }
        _ => {
            let map = value.as_object_mut()?;
            if keys.contains("matrix") {
                return None;
            }
            let mut entries: Vec<_> = std::mem::take(map).into_iter().collect();
            let count = dice.below(entries.len());
            entries.rotate_left(count);
            map.extend(entries);
        }
    }
    Some(())
}

/// `$A` as `${A}`, or back where nothing that could be part of the name follows.
fn braced(text: &str, braces: bool) -> String {
    let pattern = if braces {
        r"\$(\w+)"
    } else {
        r"\$\{(\w+)\}($|\W)"
    };
    let with = if braces { "${$1}" } else { "$$$1$2" };
    let with = with.replace("${$1}", "$${$1}");
    let regex = regex::Regex::new(pattern).expect("a regex");
    regex.replace_all(text, with.as_str()).into_owned()
}

/// Moves keys of a job to where it takes them from.
fn move_away(document: &mut Value, dice: &mut Dice) -> Option<()> {
    let jobs = ["first", "second", "subject", "other"];
    let name = *dice.pick(&jobs)?;
    let is_trigger = |job: &Value| job.get("trigger").is_some();
    let job = document.get(name)?.as_object()?.clone();
    let keys: Vec<String> = job
        .keys()
        .filter(|key| *key != "inherit" && *key != "extends")
        .cloned()
        .collect();
    let key = dice.pick(&keys)?.clone();
    let value = job.get(&key)?.clone();
    let others: Vec<&str> = jobs
        .iter()
        .copied()
        .filter(|other| *other != name && document.get(other).is_some())
        .collect();
    match dice.below(3) {
        // `extends`, with something of it overwritten.
        0 if !job.contains_key("extends") => {
            let base = format!(".base-{name}");
            let mut below = Map::new();
            below.insert(key.clone(), value.clone());
            if dice.one_in(2) && key != "script" && key != "trigger" && !value.is_object() {
                below.insert(key, json!("overwritten"));
            } else {
                document.get_mut(name)?.as_object_mut()?.shift_remove(&key);
            }
            document
                .get_mut(name)?
                .as_object_mut()?
                .insert("extends".to_owned(), json!(base));
            document.as_object_mut()?.insert(base, Value::Object(below));
        }
        // `default` or the top level.
        1 if DEFAULT.contains(&key.as_str()) && !is_trigger(document.get(name)?) => {
            let may_not = ["inherit", "extends"]
                .iter()
                .any(|key| job.contains_key(*key));
            if document.get("default").is_some() || may_not {
                return None;
            }
            if others
                .iter()
                .any(|other| document[*other].get("inherit").is_some())
                || document.get(&key).is_some()
            {
                return None;
            }
            document.get_mut(name)?.as_object_mut()?.shift_remove(&key);
            for other in others {
                let other = document.get_mut(other)?.as_object_mut()?;
                other.insert("inherit".to_owned(), json!({"default": false}));
            }
            match dice.one_in(2) && GLOBAL.contains(&key.as_str()) {
                true => document.as_object_mut()?.insert(key, value),
                false => document
                    .as_object_mut()?
                    .insert("default".to_owned(), json!({key: value})),
            };
        }
        // `!reference`.
        2 if value.is_array() && key != "parallel" => {
            let base = format!(".shared-{name}-{key}");
            document
                .get_mut(name)?
                .as_object_mut()?
                .insert(key, json!({"!reference": [base, "here"]}));
            document
                .as_object_mut()?
                .insert(base, json!({"here": value}));
        }
        _ => return None,
    }
    Some(())
}

/// The document as YAML: flow style in several quotes, equal values as anchors.
fn yaml(document: &Value, dice: &mut Dice) -> String {
    let mut writer = Writer {
        out: String::new(),
        anchors: Vec::new(),
        count: 0,
    };
    writer.value(document, dice);
    writer.out
}

struct Writer {
    out: String,
    /// The values that have one, and its number.
    anchors: Vec<(String, usize)>,
    count: usize,
}

impl Writer {
    fn value(&mut self, value: &Value, dice: &mut Dice) {
        let text = value.to_string();
        let is_reference = value.get("!reference").is_some();
        if !is_reference && matches!(value, Value::Array(_) | Value::Object(_)) && text.len() > 4 {
            if let Some((_, at)) = self.anchors.iter().find(|(known, _)| *known == text) {
                self.out.push_str(&format!("*a{at}"));
                return;
            }
            if !text.contains("!reference") && dice.one_in(3) {
                let at = self.count;
                self.count += 1;
                self.out.push_str(&format!("&a{at} "));
                // Aliases stand after the value, not in it.
                self.plain(value, dice);
                self.anchors.push((text, at));
                return;
            }
        }
        self.plain(value, dice);
    }

    fn plain(&mut self, value: &Value, dice: &mut Dice) {
        match value {
            Value::Object(map) => match map.get("!reference") {
                Some(path) => self.out.push_str(&format!("!reference {path}")),
                None => {
                    self.out.push('{');
                    for (at, (key, value)) in map.iter().enumerate() {
                        self.out.push_str(if at == 0 { "" } else { ", " });
                        self.text(key, dice);
                        self.out.push_str(": ");
                        self.value(value, dice);
                    }
                    self.out.push('}');
                }
            },
            Value::Array(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.out.push_str(if at == 0 { "" } else { ", " });
                    self.value(item, dice);
                }
                self.out.push(']');
            }
            Value::String(text) => self.text(text, dice),
            other => self.out.push_str(&other.to_string()),
        }
    }

    fn text(&mut self, text: &str, dice: &mut Dice) {
        let word = text
            .chars()
            .all(|c| c.is_ascii_alphabetic() || "_./".contains(c));
        let means_otherwise = [
            "", "true", "false", "null", "yes", "no", "on", "off", "y", "n",
        ];
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
        match dice.below(3) {
            0 if word && starts && !means_otherwise.contains(&text.to_lowercase().as_str()) => {
                self.out.push_str(text);
            }
            1 if !text.contains('\n') => self
                .out
                .push_str(&format!("'{}'", text.replace('\'', "''"))),
            _ => self.out.push_str(&Value::from(text).to_string()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn another_spelling_tells_nothing(seed: u64) {
        let mut dice = Dice::new(seed);
        let (document, before) = pipeline(&mut dice);
        let mut steps = vec![document.clone()];
        for _ in 0..1 + dice.below(20) {
            let mut next = steps.last().expect("a document").clone();
            // A file that is not read could use what is moved.
            let is_whole = document.get("include").is_none();
            let done = match is_whole && dice.one_in(4) {
                true => move_away(&mut next, &mut dice),
                false => rewrite(&mut next, &mut dice),
            };
            steps.extend(done.map(|()| next));
        }
        // GitLab takes most forms everywhere; back to where it did.
        let mut written = steps.into_iter().rev().map(|step| yaml(&step, &mut dice));
        let found = written.find_map(|text| Some((accepted(&text)?, text)));
        let (after, text) = found.expect("the document itself");
        let effects = diff(&before, &after, "main").effects;
        prop_assert!(effects.is_empty(), "{document}\n{text}\n{effects:?}");
    }
}
