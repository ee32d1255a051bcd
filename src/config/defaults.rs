//! `default`, the global keys that stand for it, and `inherit`.
//!
//! In: the tree of a configuration. Out: [`Defaults`], and what each job takes over. Always holds: a value is
//! checked where it stands, whether a job takes it over or not, as GitLab checks it; a job takes over none
//! that GitLab refuses.
//!
//! Facts: `Entry::Default`, `Entry::Root` and `Entry::Inherit` (18.11). `Config::Entry::Configurable` makes an
//! entry of each key of `default` and of the top level, and the configuration has the errors of all of them.

use super::entry::Reader;
use super::model::Inherits;
use super::value::{Key, Map, Node, Value};
use super::{images, keys};
use crate::finding::Code;
use crate::gitlab::keywords;

/// Global keys that are the default of all jobs.
const GLOBAL: [&str; 5] = [
    "before_script",
    "image",
    "services",
    "after_script",
    "cache",
];

/// What jobs take over if they say nothing else.
#[derive(Debug, Default)]
pub(super) struct Defaults(Map);

/// What a job does not take over.
#[derive(Debug, Default)]
pub(super) struct Inherit {
    /// Of the defaults: these keys alone; `None`: all.
    defaults: Option<Vec<String>>,
    /// Of the global variables.
    pub(super) variables: Inherits,
}

impl Defaults {
    /// Reads the defaults of a configuration.
    pub(super) fn read(tree: &Map, default: Option<&Node>, reader: &mut Reader) -> Self {
        let mut taken = Map::default();
        let map = default.and_then(|node| reader.map(node, "default"));
        if let Some(map) = map {
            reader.known_keys(map, "default", &keywords::DEFAULT);
            for (key, entry) in map.iter() {
                let is_known = key.is_string && keywords::DEFAULT.contains(&&*key.text);
                if is_known && fits(&key.text, &entry.value, reader) {
                    taken.set(key.clone(), entry.clone());
                }
            }
        }
        for key in GLOBAL {
            let Some(entry) = tree.entry(key).filter(|entry| !entry.value.is_null()) else {
                continue;
            };
            if map.is_some_and(|map| map.given(key).is_some()) {
                let message = format!("`{key}` stands at the top level and in `default`");
                reader.found(Code::Exclusive, entry.key_place, message);
            }
            if fits(key, &entry.value, reader) {
                taken.set(Key::string(key), entry.clone());
            }
        }
        Self(taken)
    }

    /// The keys of a job, with the defaults that it inherits; a job with `trigger` takes
    /// `interruptible` alone (`Entry::Processable`, 18.11).
    pub(super) fn complete(&self, own: &Map, inherit: &Inherit, is_trigger: bool) -> Map {
        let mut keys = own.clone();
        for (key, entry) in self.0.iter() {
            if is_trigger && &*key.text != "interruptible" {
                continue;
            }
            let inherited = inherit
                .defaults
                .as_ref()
                .is_none_or(|only| only.iter().any(|one| **one == *key.text));
            if inherited && own.given(&key.text).is_none() && !entry.value.is_null() {
                keys.set(key.clone(), entry.clone());
            }
        }
        keys
    }
}

/// Whether GitLab takes a value as a default; if not, that is reported.
fn fits(key: &str, value: &Node, reader: &mut Reader) -> bool {
    let told = reader.told();
    match key {
        _ if value.is_null() => {}
        "image" => drop(images::image(value, reader)),
        "services" => drop(images::services(value, reader)),
        "before_script" | "after_script" => drop(reader.commands(value, key)),
        "interruptible" => drop(reader.boolean(value, key)),
        key => {
            let mut alone = Map::default();
            alone.put(key, value.clone());
            keys::check("default", &alone, reader);
        }
    }
    reader.told() == told
}

impl Inherit {
    /// Reads a job's `inherit`.
    pub(super) fn read(job: &Map, reader: &mut Reader) -> Self {
        let mut inherit = Inherit::default();
        let node = job.given("inherit");
        let Some(map) = node.and_then(|node| reader.map(node, "inherit")) else {
            return inherit;
        };
        reader.known_keys(map, "inherit", &["default", "variables"]);
        if let Some(node) = map.given("default") {
            inherit.defaults = list(node, "inherit:default", reader);
            for key in inherit.defaults.iter().flatten() {
                if !keywords::DEFAULT.contains(&key.as_str()) {
                    let message = format!("`inherit:default` has `{key}`, which is not a default");
                    reader.report(node.place, message);
                }
            }
        }
        if let Some(node) = map.given("variables") {
            inherit.variables = match list(node, "inherit:variables", reader) {
                None => Inherits::All,
                Some(names) if names.is_empty() => Inherits::Nothing,
                Some(names) => Inherits::Only(names),
            };
        }
        inherit
    }
}

/// `true` is everything (`None`), `false` nothing, a list what it names.
fn list(node: &Node, what: &str, reader: &mut Reader) -> Option<Vec<String>> {
    match &node.value {
        Value::Bool(true) => None,
        Value::Bool(false) => Some(Vec::new()),
        _ => {
            let names = reader.strings(node, what);
            Some(names.into_iter().map(|name| name.value).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Alone, read};
    use crate::source::Source;

    fn is_taken(text: &str) -> bool {
        read(Source::new("ci.yml", text), &Alone).result.is_ok()
    }

    /// What GitLab takes, then what it refuses, of each key (`Entry::Default`, `Entry::Root`, 18.11).
    const VALUES: &[(&str, &str, &str)] = &[
        ("after_script", "[[a], b]", "{a: b}"),
        (
            "artifacts",
            "{paths: [a], expose_as: it}",
            "{expose_as: it}",
        ),
        ("artifacts", "{public: true}", "{public: true, access: all}"),
        ("before_script", "''", "[5]"),
        ("cache", "[]", "''"),
        ("cache", "{policy: pull}", "{policy: some}"),
        (
            "cache",
            "{key: {files: [a]}}",
            "{key: {files: [a], files_commits: [b]}}",
        ),
        ("cache", "[{}, {}, {}, {}]", "[{}, {}, {}, {}, {}]"),
        ("hooks", "{pre_get_sources_script: x}", "{other: x}"),
        ("id_tokens", "{A: {aud: x}}", "{A: {}}"),
        ("image", "{name: i}", "{entrypoint: [x]}"),
        ("image", "i", "''"),
        ("interruptible", "false", "'yes'"),
        ("retry", "2", "3"),
        (
            "retry",
            "{max: 1, when: always}",
            "{max: 1, when: sometimes}",
        ),
        ("services", "[i, {name: j}]", "i"),
        ("services", "[]", "[{alias: a}]"),
        ("tags", "[]", "linux"),
        ("timeout", "1 hour", "2 months"),
        ("timeout", "30m", "60"),
    ];

    /// Jobs that do not take a default over: one says the key itself, one inherits nothing, one is a trigger.
    fn jobs(key: &str, value: &str) -> [String; 3] {
        [
            format!("a: {{script: x, {key}: {value}}}\n"),
            "a: {script: x, inherit: {default: false}}\n".to_owned(),
            "a: {trigger: g/p}\n".to_owned(),
        ]
    }

    #[test]
    fn a_default_is_checked_where_it_stands() {
        for (key, taken, refused) in VALUES {
            for job in jobs(key, taken) {
                let with = |value: &str| format!("default: {{{key}: {value}}}\n{job}");
                assert!(is_taken(&with(taken)), "{}", with(taken));
                assert!(is_taken(&with("")), "{}", with(""));
                assert!(!is_taken(&with(refused)), "{}", with(refused));
                if super::GLOBAL.contains(key) {
                    let with = |value: &str| format!("{key}: {value}\n{job}");
                    assert!(is_taken(&with(taken)), "{}", with(taken));
                    assert!(!is_taken(&with(refused)), "{}", with(refused));
                }
            }
        }
    }

    /// What a hidden job holds is not checked before a job extends it (`Entry::Hidden`, 18.11).
    #[test]
    fn a_hidden_job_is_checked_where_it_is_used() {
        for (key, _, refused) in VALUES {
            let hidden = format!(".h: {{{key}: {refused}}}\n");
            assert!(is_taken(&format!("{hidden}a: {{script: x}}\n")), "{hidden}");
            let used = format!("{hidden}a: {{script: x, extends: .h}}\n");
            assert!(!is_taken(&used), "{used}");
            // With `null`, GitLab reads the key as if it was not there.
            let unset = format!("{hidden}a: {{script: x, extends: .h, {key}: }}\n");
            assert!(is_taken(&unset), "{unset}");
        }
    }

    /// A default that jobs take over is told once, whatever the number of jobs.
    #[test]
    fn a_default_is_told_once() {
        let text = "default: {retry: 5}\na: {script: x}\nb: {script: x}\n";
        let report = read(Source::new("ci.yml", text), &Alone).result.err();
        let told = report.map(|report| report.sorted().len());
        assert_eq!(told, Some(1));
    }
}
