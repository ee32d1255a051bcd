//! A job.
//!
//! In: its mapping, `extends` and `!reference` done. Out: the [`Job`]s that it stands for, one for
//! each copy of `parallel`. Facts: `Entry::Job`, `Entry::Bridge`, `Entry::Processable` (18.11).

use super::defaults::{Defaults, Inherit};
use super::entry::Reader;
use super::model::{AllowFailure, Conditions, Job, Open, Policy, When};
use super::parallel::{self, Copies};
use super::unknown::Holder;
use super::value::{Entry, Key, Located, Map, Node, Value};
use super::{environment, images, keys, needs, policy, rules, variables};
use crate::finding::{Code, Finding, did_you_mean};
use crate::gitlab::{duration, keywords};

/// Keys that a job with `trigger` may have (`Entry::Bridge::ALLOWED_KEYS` and those of
/// `Processable`).
const TRIGGER: [&str; 15] = [
    "trigger",
    "parallel",
    "extends",
    "stage",
    "only",
    "except",
    "rules",
    "variables",
    "inherit",
    "allow_failure",
    "when",
    "needs",
    "resource_group",
    "interruptible",
    "environment",
];

/// Keys that a job with `run` may not have (`mutually_exclusive_keys`, 18.11).
const BESIDE_RUN: [&str; 4] = ["script", "before_script", "after_script", "trigger"];

/// What jobs are read in.
pub(super) struct Context<'c> {
    pub(super) defaults: &'c Defaults,
    /// The `only` of a job that says nothing; `None` where `workflow:rules` takes it away.
    pub(super) default_only: Option<Policy>,
}

/// Reads a job.
pub(super) fn read(
    key: &Key,
    entry: &Entry,
    mut open: Option<Open>,
    context: &Context<'_>,
    reader: &mut Reader,
) -> Vec<Job> {
    let name = &*key.text;
    reader.about(Some(name));
    let named = |map: &&Map| is_job(map) || reader.is_open();
    let Some(own) = entry.value.as_map().filter(named) else {
        let message = "a job should have `script`, `run` or `trigger`";
        let finding = Finding::new(Code::MissingKey, entry.key_place, message);
        reader.add(finding.help_if(meant(name, &entry.value)));
        return Vec::new();
    };
    match name.chars().count() {
        0 => reader.found(
            Code::BadName,
            entry.key_place,
            "the name of a job should not be empty",
        ),
        1..=255 => {}
        _ => reader.found(
            Code::BadName,
            entry.key_place,
            "the name of a job has 255 characters at most",
        ),
    }
    let runs = own.has("script") || own.has("run");
    // An include may supply the script of a job that has neither.
    let is_trigger = !runs && (open.is_none() || own.has("trigger"));
    if let Some(open) = open.as_mut().filter(|_| !runs && !is_trigger) {
        open.wants
            .push("nothing here gives it a `script`".to_owned());
    }
    shape(own, is_trigger, reader);
    let inherit = Inherit::read(own, reader);
    let all = context.defaults.complete(own, &inherit, is_trigger);
    let mut job = job(key, entry, &all, inherit, is_trigger, context, reader);
    job.open = open;
    if job.is_firm("needs") {
        dependencies_are_needed(&job, all.given("needs"), reader);
    }
    let copies = match all.given("parallel") {
        Some(node) => parallel::read(node, is_trigger, reader),
        None => Copies::None,
    };
    parallel::expand(job, &copies, reader)
}

/// A job with `needs` gets artifacts of those jobs alone.
fn dependencies_are_needed(job: &Job, needs: Option<&Node>, reader: &mut Reader) {
    let Some(needed) = needs.map(needs::names).filter(|needed| !needed.is_empty()) else {
        return;
    };
    for dependency in job.dependencies.iter().flatten() {
        if !needed.iter().any(|name| name == dependency.as_str()) {
            let message = format!(
                "`dependencies` has `{}`, which is not in `needs`",
                dependency.value
            );
            reader.report(dependency.place, message);
        }
    }
}

/// What was probably meant by something that is not a job: one of its keys, or a global keyword.
fn meant(name: &str, value: &Node) -> Option<String> {
    let keys = value.as_map().into_iter().flat_map(Map::iter);
    let unknown = keys.filter(|(key, _)| !keywords::is_job(&key.text));
    let wanted = ["script", "run", "trigger"];
    let of_key = |(key, _): (&Key, _)| {
        let meant = did_you_mean(&key.text, wanted)?;
        Some(format!("did you mean `{meant}` by `{}`?", key.text))
    };
    let global = || {
        did_you_mean(name, keywords::GLOBAL)
            .map(|meant| format!("did you mean the global keyword `{meant}`?"))
    };
    unknown.take(20).find_map(of_key).or_else(global)
}

fn is_job(map: &Map) -> bool {
    ["script", "run", "trigger", "needs"]
        .iter()
        .any(|key| map.has(key))
}

/// The keys that a job may have, and may have together.
fn shape(own: &Map, is_trigger: bool, reader: &mut Reader) {
    if is_trigger {
        reader.known_keys(own, Holder::Job("a job with `trigger`"), &TRIGGER);
        if own.given("trigger").is_none() && !own.given("needs").is_some_and(needs::mirrors) {
            let place = own.iter().next().map(|(_, entry)| entry.key_place);
            let message = "a job without `script` should have `trigger`";
            reader.missing(place.unwrap_or_default(), message);
        }
    } else {
        let known: Vec<&str> = keywords::JOB
            .into_iter()
            .filter(|key| !matches!(*key, "trigger" | "type"))
            .collect();
        reader.known_keys(own, Holder::Job("a job"), &known);
    }
    let needs = own.given("needs");
    if let Some((place, message)) = needs.and_then(|node| needs::misplaced(node, is_trigger)) {
        reader.found(Code::MissingKey, place, message);
    }
    if own.has("run") {
        for key in BESIDE_RUN {
            if let Some(entry) = own.entry(key) {
                let message = format!("`{key}` may not stand beside `run`");
                reader.found(Code::Exclusive, entry.key_place, message);
            }
        }
    }
    if own.given("rules").is_some() {
        for key in ["only", "except", "start_in"] {
            if let Some(entry) = own.entry(key).filter(|entry| !entry.value.is_null()) {
                let message = format!("`{key}` may not stand beside `rules`");
                reader.found(Code::Exclusive, entry.key_place, message);
            }
        }
    }
}

fn job(
    key: &Key,
    entry: &Entry,
    all: &Map,
    inherit: Inherit,
    is_trigger: bool,
    context: &Context<'_>,
    reader: &mut Reader,
) -> Job {
    let stage = match all.given("stage") {
        Some(node) => reader.string(node, "stage"),
        None => None,
    };
    let when = when(all, is_trigger, reader);
    let allow_failure = allow_failure(all, when, is_trigger, reader);
    let own = variables::read(
        all.given("variables"),
        "variables",
        variables::Of::Job,
        reader,
    );
    keys::check(&key.text, all, reader);
    Job {
        name: key.text.to_string(),
        key: key.text.to_string(),
        place: entry.key_place,
        origin: None,
        stage: stage.unwrap_or_else(|| Located::new("test".to_owned(), entry.key_place)),
        is_trigger,
        conditions: conditions(all, context, reader),
        when,
        start_in: start_in(all, when, reader),
        allow_failure,
        needs: all
            .given("needs")
            .map(|node| needs::read(node, false, reader).into()),
        dependencies: all
            .given("dependencies")
            .map(|node| reader.strings(node, "dependencies")),
        environment: all
            .given("environment")
            .and_then(|node| environment::read(node, reader)),
        resource_group: all
            .given("resource_group")
            .and_then(|node| reader.string(node, "resource_group")),
        interruptible: all
            .given("interruptible")
            .and_then(|node| reader.boolean(node, "interruptible")),
        image: all
            .given("image")
            .and_then(|node| images::image(node, reader)),
        services: all
            .given("services")
            .map(|node| images::services(node, reader))
            .unwrap_or_default(),
        script: script(all, reader),
        before_script: commands(all, "before_script", reader),
        after_script: commands(all, "after_script", reader),
        variables: own,
        inherits: inherit.variables,
        open: None,
        keys: all.clone(),
    }
}

fn script(all: &Map, reader: &mut Reader) -> Vec<Located<String>> {
    let Some(node) = all.get("script") else {
        return Vec::new();
    };
    let blank = match &node.value {
        Value::Null => true,
        Value::Str(text) => text.trim().is_empty(),
        Value::Seq(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    };
    if blank {
        reader.found(Code::Empty, node.place, "`script` should not be empty");
        return Vec::new();
    }
    reader.commands(node, "script")
}

fn commands(all: &Map, key: &str, reader: &mut Reader) -> Vec<Located<String>> {
    all.given(key)
        .map(|node| reader.commands(node, key))
        .unwrap_or_default()
}

fn conditions(all: &Map, context: &Context<'_>, reader: &mut Reader) -> Conditions {
    if let Some(node) = all.given("rules") {
        return Conditions::Rules(rules::of_job(node, reader));
    }
    let only = all
        .given("only")
        .map(|node| policy::read(node, "only", reader));
    let except = all
        .given("except")
        .map(|node| policy::read(node, "except", reader));
    // `rules:` without a value takes the default away as well.
    let default = match all.has("rules") {
        true => None,
        false => context.default_only.clone(),
    };
    match (only.or(default), except) {
        (None, None) => Conditions::Always,
        (only, except) => Conditions::Policies { only, except },
    }
}

/// `when` of a job; `never` stands in rules alone.
fn when(all: &Map, is_trigger: bool, reader: &mut Reader) -> When {
    let Some(node) = all.given("when") else {
        return When::default();
    };
    let words: &[&str] = match is_trigger {
        true => &["on_success", "on_failure", "always", "manual"],
        false => &["on_success", "on_failure", "always", "manual", "delayed"],
    };
    reader
        .word(node, "when", words)
        .and_then(|word| When::parse(&word))
        .unwrap_or_default()
}

fn start_in(all: &Map, when: When, reader: &mut Reader) -> Option<Located<String>> {
    let node = all.given("start_in");
    match (when, node) {
        (When::Delayed, Some(node)) => delay(node, reader),
        (When::Delayed, None) => {
            let place = all.get("when").map(|node| node.place).unwrap_or_default();
            reader.missing(place, "a delayed job should have `start_in`");
            None
        }
        (_, Some(node)) => {
            match all.given("when") {
                Some(_) => reader.found(
                    Code::MissingKey,
                    node.place,
                    "`start_in` wants `when: delayed`",
                ),
                None => reader.missing(node.place, "`start_in` wants `when: delayed`"),
            }
            None
        }
        (_, None) => None,
    }
}

/// `start_in`: a duration of a week at most.
pub(super) fn delay(node: &Node, reader: &mut Reader) -> Option<Located<String>> {
    let text = reader.string(node, "start_in")?;
    let week = std::time::Duration::from_secs(604_800);
    match duration::parse(&text) {
        Ok(length) if length <= week => Some(text),
        Ok(_) => {
            reader.found(
                Code::OutOfRange,
                node.place,
                "`start_in` should be a week at most",
            );
            None
        }
        Err(error) => {
            reader.found(Code::BadDuration, node.place, format!("`start_in` {error}"));
            None
        }
    }
}

/// `allow_failure`; a job that is manual may fail if it does not say otherwise.
fn allow_failure(all: &Map, when: When, is_trigger: bool, reader: &mut Reader) -> AllowFailure {
    let Some(node) = all.given("allow_failure") else {
        return AllowFailure::Is(when == When::Manual);
    };
    match &node.value {
        Value::Bool(value) => AllowFailure::Is(*value),
        Value::Map(map) if !is_trigger => {
            reader.known_keys(map, "allow_failure", &["exit_codes"]);
            AllowFailure::ExitCodes(
                map.given("exit_codes")
                    .map(|node| keys::integers(node, "exit_codes", reader))
                    .unwrap_or_default(),
            )
        }
        _ => {
            let message = "`allow_failure` should be true, false or `exit_codes`";
            reader.found(Code::WrongType, node.place, message);
            AllowFailure::Is(false)
        }
    }
}
