//! What is true of the pipeline as a whole.
//!
//! Facts: `Entry::Workflow`, `Entry::Workflow::AutoCancel`, `Entry::Root` (18.11).

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::canon::Otherwise::Word;
use super::canon::{Canon, Field, complete, field, with};
use super::expand::By;
use super::form::{Fields, Form};
use super::{conditions, keywords, open, variables};
use crate::config::value::{Located, Map, Node, Place, Value};
use crate::config::{Config, NotRead, Unresolved, Workflow};

/// The key under which the names of the copies of each parallel job stand.
pub const COPIES: &str = "copies";
/// The key under which the keys stand that only jobs of files that are not read may use.
pub const UNUSED: &str = "unused";

/// What `auto_cancel` says, and GitLab does without it.
pub(super) const AUTO_CANCEL: Canon = Canon::Map(&[
    with("on_new_commit", Canon::Plain, Word("conservative")),
    with("on_job_failure", Canon::Plain, Word("none")),
]);

/// The keys of `workflow`; `rules` are read apart because a null there has a meaning.
const WORKFLOW: &[Field] = &[
    field("name", Canon::Expanded(By::GitLab)),
    field("auto_cancel", AUTO_CANCEL),
];

/// Global keys without an effect of their own, with the reason.
pub(super) const NOT_HERE: &[(&str, &str)] = &[
    ("stages", "typed, without those that have no job"),
    ("variables", "read apart: a text stands for a mapping"),
    ("workflow", "read apart: it has defaults"),
    ("default", "it is merged into the jobs"),
    ("image", "it is merged into the jobs"),
    ("services", "it is merged into the jobs"),
    ("cache", "it is merged into the jobs"),
    ("before_script", "it is merged into the jobs"),
    ("after_script", "it is merged into the jobs"),
    (
        "include",
        "what is read is merged; what is not is a part of the typed configuration",
    ),
];

/// The pipeline without its jobs. `is_open`: files that were not read may use what has no effect without them.
pub(super) fn of(config: &Config, is_open: bool) -> Fields {
    let Config {
        sources: _,
        stages,
        workflow:
            Workflow {
                rules: _,
                name: _,
                auto_cancel: _,
            },
        variables: _,
        jobs,
        // They are in no pipeline.
        replaced: _,
        unresolved,
        // They stand in the entries.
        include_rules: _,
        path_conditions: _,
        conditional,
        open: _,
        spec,
        // What they make of the defaults is compared, and what of other values in `diff`.
        blocks: _,
        tree,
    } = config;
    let mut fields = Fields::default();
    let top = tree.as_map();
    let given = |key: &str| top.and_then(|top| top.given(key));
    // A stage without jobs does not exist in a pipeline; what is not read may bring some.
    let used: HashSet<&str> = jobs.iter().map(|job| job.stage.as_str()).collect();
    let counts = |stage: &&Located<String>| is_open || used.contains(stage.as_str());
    let stages = stages.iter().filter(counts);
    fields.set(
        "stages",
        Form::List(stages.map(|stage| Form::text(stage.as_str())).collect()),
    );
    if let Some(node) = spec {
        let spec = keywords::SPEC.form(node);
        if !spec.is_blank() {
            fields.set("spec", spec);
        }
    }
    if let Some(node) = given("variables") {
        fields.set("variables", variables::written(node));
    }
    let none = Map::default();
    let workflow = given("workflow").filter(|node| node.get("script").is_none());
    let map = workflow.and_then(Node::as_map).unwrap_or(&none);
    for (key, form) in self::workflow(map).iter() {
        fields.set(format!("workflow:{key}"), form.clone());
    }
    let mut copies: IndexMap<&str, Vec<Form>> = IndexMap::new();
    for job in jobs.iter().filter(|job| job.name != job.key) {
        copies
            .entry(&job.key)
            .or_default()
            .push(Form::text(job.name.as_str()));
    }
    if !copies.is_empty() {
        let mut of_jobs = Fields::default();
        for (key, names) in copies {
            of_jobs.set(key, Form::List(names));
        }
        fields.set(COPIES, Form::Map(of_jobs));
    }
    if !conditional.is_empty() {
        let entries = conditional.iter().cloned();
        let entries = entries.map(|entry| keywords::INCLUDE.form(&node(entry)));
        fields.set("include:rules", Form::List(entries.collect()));
    }
    if is_open {
        let not_read: Vec<Form> = unresolved.iter().filter_map(not_read).collect();
        if !not_read.is_empty() {
            fields.set("include", Form::List(not_read));
        }
        open(top.unwrap_or(&none), config, &mut fields);
    }
    fields
}

/// An include that is not read, without its rules; `None` if it has rules that are not decided:
/// `include:rules` holds those.
fn not_read(one: &Unresolved) -> Option<Form> {
    // What is shown of an entry follows from it.
    let Unresolved {
        kind: _,
        what,
        entry,
        why,
        place: _,
    } = one;
    if *why == NotRead::Rules {
        return None;
    }
    if entry.is_empty() {
        return Some(Form::text(what.as_str()));
    }
    let mut entry = entry.clone();
    entry.remove("rules");
    Some(keywords::INCLUDE.form(&node(entry)))
}

fn node(map: Map) -> Node {
    Node::new(Value::Map(Arc::new(map)), Place::default())
}

fn workflow(map: &Map) -> Fields {
    let mut rest = map.clone();
    let rules = rest.remove("rules");
    let mut fields = complete(&rest, WORKFLOW);
    if fields.get("auto_cancel").is_none() {
        fields.set("auto_cancel", AUTO_CANCEL.form(&node(Map::default())));
    }
    if let Some(rules) = rules {
        // `rules:` without a value takes the default `only` of the jobs away.
        fields.set("rules", conditions::of_workflow(&rules.value));
    }
    fields
}

/// What only has an effect on jobs of files that were not read: hidden jobs that they may extend,
/// defaults that they inherit, and keys that say what GitLab assumes.
fn open(top: &Map, config: &Config, fields: &mut Fields) {
    let jobs: HashSet<&str> = config.jobs.iter().map(|job| job.key.as_str()).collect();
    const KEYS: Canon = Canon::Map(keywords::KEYS);
    const WORKFLOW_KEYS: Canon = Canon::Map(WORKFLOW);
    const TYPED: [&str; 4] = ["stages", "variables", "workflow", "include"];
    let mut unseen = Vec::new();
    let mut unused = Fields::default();
    for (key, entry) in top.iter().filter(|(key, _)| !jobs.contains(&*key.text)) {
        let canon = match &*key.text {
            "workflow" => &WORKFLOW_KEYS,
            text if text.starts_with('.') || text == "default" => &KEYS,
            _ => &Canon::Plain,
        };
        if entry.value.is_null() {
            unseen.push(Form::text(format!("{}: null", key.text)));
            continue;
        }
        if let Some(map) = entry.value.as_map() {
            open::unseen(map, canon, &key.text, &mut unseen);
        }
        if !TYPED.contains(&&*key.text) {
            unused.set(&*key.text, canon.form(&entry.value));
        }
    }
    if unused.iter().next().is_some() {
        fields.set(UNUSED, Form::Map(unused));
    }
    let references = config.open.iter().flat_map(|open| &open.references);
    unseen.extend(references.map(Form::text));
    if top.given("stages").is_some() {
        unseen.push(Form::text("stages"));
    }
    if !unseen.is_empty() {
        fields.set(open::KEY, Form::set_of(unseen));
    }
}
