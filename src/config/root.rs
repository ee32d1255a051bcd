//! From the tree of the main file to the [`Config`].
//!
//! In: a tree. Out: the configuration, or all that is wrong with it, as GitLab would refuse it.
//! Facts: `Gitlab::Ci::Config::Entry::Root` and `Gitlab::Ci::YamlProcessor` (18.11).

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::defaults::Defaults;
use super::entry::Reader;
use super::model::{Config, Job, Open, Replaced, Rule, Unresolved, Workflow};
use super::open::Firm;
use super::open_references::open_references;
use super::value::{Located, Map, Node, Value};
use super::{checks, extends, job, policy, reference, rules, stages, variables};
use crate::finding::Code;
use crate::finding::Report;
use crate::gitlab::expression::Expr;
use crate::source::Source;

/// Global keys; everything else is a job.
const GLOBAL: [&str; 11] = [
    "default",
    "include",
    "before_script",
    "image",
    "services",
    "after_script",
    "variables",
    "stages",
    "cache",
    "workflow",
    "pages:deploy",
];

/// How many values of [`Reader::takes`] a job counts as, besides those that it has.
const JOB: usize = 40;

/// Global keys that are a job if they hold a `script`.
const JOBS_WITH_SCRIPT: [&str; 2] = ["default", "workflow"];

/// What came of the includes of a tree.
pub(super) struct Included {
    pub(super) sources: Vec<Source>,
    pub(super) unresolved: Vec<Unresolved>,
    /// Whether an include is wrong, so that what it would define is not known.
    pub(super) is_lacking: bool,
    /// `spec` of the main file.
    pub(super) spec: Option<Node>,
    /// The texts of the main file that inputs are put into.
    pub(super) blocks: Vec<String>,
    /// The rules of all includes.
    pub(super) rules: Vec<Rule>,
    /// The entries of `include` that have rules.
    pub(super) conditional: Vec<Map>,
    /// The conditions on which a path with a variable names a file.
    pub(super) path_conditions: Vec<Expr>,
    /// For each source, whether an include that is not read may replace what it says.
    pub(super) contested: Vec<bool>,
    /// Whether it was made from a manifest.
    pub(super) made: bool,
}

/// Makes the effective configuration.
pub(super) fn configure(root: &Node, included: Included) -> Result<Config, Report> {
    let open = included.is_lacking || !included.unresolved.is_empty();
    let mut reader = Reader::new(open, included.made);
    // Each job has all keys that a job can have, whatever it says of itself.
    let keys = root.as_map().map_or(0, Map::len);
    if !reader.takes(keys.saturating_mul(JOB), root.place) {
        return Err(reader.into_report(&included.sources));
    }
    let Some((tree, mut references)) = tree(root, &mut reader) else {
        return Err(reader.into_report(&included.sources));
    };
    let firm = match (reader.is_open(), root.as_map()) {
        (true, Some(map)) => Some(Firm::new(map, &included.contested)),
        _ => None,
    };
    let global = |key: &str| tree.given(key).filter(|_| !is_job(key, &tree));
    let mut stages = stages::read(global("stages"), &mut reader);
    let variables = variables::read(
        global("variables"),
        "variables",
        variables::Of::Pipeline,
        &mut reader,
    );
    let workflow = global("workflow")
        .map_or_else(Workflow::default, |node| rules::workflow(node, &mut reader));
    // What fits together is looked at where all jobs can be known, even if some are wrong in themselves, or a
    // default is.
    let mut known = reader.is_clean();
    let defaults = Defaults::read(&tree, global("default"), &mut reader);
    let context = job::Context {
        defaults: &defaults,
        default_only: workflow.rules.is_none().then(policy::default_only),
    };
    let mut jobs = IndexMap::new();
    let mut replaced = Vec::new();
    for (key, entry) in tree.iter() {
        if !is_job(&key.text, &tree) && key.is_string {
            continue;
        }
        reader.about(None);
        if !key.is_string {
            let message = format!("the name of a job should be a string, not `{}`", key.text);
            reader.found(Code::WrongType, entry.key_place, message);
        } else if key.text.starts_with('.') {
            hidden(&key.text, &entry.value, &mut reader);
        } else {
            let open = firm.as_ref().map(|firm| Open {
                references: references.remove(&*key.text).unwrap_or_default(),
                ..firm.job(&key.text)
            });
            let told = reader.told();
            let mut read = job::read(key, entry, open, &context, &mut reader);
            if reader.told() > told {
                known &= !read.is_empty();
                // Nothing follows from what it says.
                for job in &mut read {
                    job.open = Some(Open::default());
                }
            }
            for job in read {
                // Copies are put into one mapping by their names (`Config::Normalizer`, 18.11): the last one
                // stays.
                let (name, by, variables) = (job.name.clone(), job.place, job.variables.clone());
                let gone = jobs.insert(name.clone(), job);
                // Equal rows of a matrix are one job, as they look.
                if let Some(Job { place, .. }) =
                    gone.filter(|gone| gone.place != by || gone.variables != variables)
                {
                    replaced.push(Replaced { name, place, by });
                }
            }
        }
    }
    reader.about(None);
    let mut jobs: Vec<Job> = jobs.into_values().collect();
    let visible = tree
        .iter()
        .any(|(key, entry)| is_visible(&key.text, &tree) && entry.value.as_map().is_some());
    if !visible && reader.given_up().is_empty() {
        let message = "there is no job; one that does not begin with a dot is wanted";
        reader.missing_as(Code::Empty, root.place, message);
    }
    let open = firm.map(|firm| Open {
        references: of_no_job(references),
        ..firm.globals()
    });
    if known && reader.given_up().is_empty() {
        checks::across(&mut stages, open.as_ref(), &mut jobs, &mut reader);
    }
    if !reader.is_clean() {
        return Err(reader.into_report(&included.sources));
    }
    let tree = root.with(Value::Map(Arc::new(tree)));
    Ok(Config {
        sources: included.sources,
        stages,
        workflow,
        variables,
        jobs,
        replaced,
        unresolved: included.unresolved,
        include_rules: included.rules,
        conditional: included.conditional,
        path_conditions: included.path_conditions,
        open,
        spec: included.spec,
        blocks: included.blocks,
        tree,
    })
}

/// The mapping with `extends` and `!reference` done, without the jobs in which they are wrong; and the references
/// of each key that only a file which is not read can resolve.
fn tree(root: &Node, reader: &mut Reader) -> Option<(Map, BTreeMap<String, Vec<String>>)> {
    let nothing = Map::default();
    let empty = root.is_null() && reader.is_open();
    let Some(map) = root.as_map().or(empty.then_some(&nothing)) else {
        let message = match root.value {
            Value::Null => "there is nothing in it; a job is wanted",
            _ => "a configuration should be a mapping",
        };
        reader.found(Code::WrongType, root.place, message);
        return None;
    };
    let extended = extends::extend(map, reader);
    let references = match reader.is_open() {
        true => open_references(&extended),
        false => BTreeMap::new(),
    };
    let mut resolved = reference::resolve(&extended, reader);
    for key in reader.given_up() {
        resolved.remove(key);
    }
    Some((resolved, references))
}

/// The references of all keys but jobs, each with its key.
fn of_no_job(references: BTreeMap<String, Vec<String>>) -> Vec<String> {
    let all = references.into_iter();
    all.flat_map(|(key, places)| {
        places
            .into_iter()
            .map(move |place| format!("{key}:{place}"))
    })
    .collect()
}

fn is_job(key: &str, tree: &Map) -> bool {
    if !GLOBAL.contains(&key) || key == "pages:deploy" {
        return true;
    }
    let script = || {
        tree.get(key)
            .is_some_and(|node| node.get("script").is_some())
    };
    JOBS_WITH_SCRIPT.contains(&key) && script()
}

fn is_visible(key: &str, tree: &Map) -> bool {
    is_job(key, tree) && !key.starts_with('.')
}

/// A hidden job may hold anything but nothing.
fn hidden(name: &str, node: &Node, reader: &mut Reader) {
    let blank = match &node.value {
        Value::Null | Value::Bool(false) => true,
        Value::Seq(items) => items.is_empty(),
        Value::Map(map) => map.is_empty() && !reader.is_open(),
        Value::Str(text) => text.trim().is_empty(),
        _ => false,
    };
    if blank {
        let message = format!("the hidden job `{name}` is empty, which GitLab refuses");
        reader.found(Code::Empty, node.place, message);
    }
}

/// A name at a place.
pub(super) fn located(text: &str, node: &Node) -> Located<String> {
    Located::new(text.to_owned(), node.place)
}
