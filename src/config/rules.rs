//! `rules` of a job and of the workflow.
//!
//! Facts: `Entry::Rules`, `Entry::Rules::Rule`, `Entry::Workflow` (18.11).

use super::entry::Reader;
use super::model::{Changes, Condition, Exists, Rule, When, Workflow};
use super::root::located;
use super::unknown::Holder;
use super::value::{Map, Node, Value};
use super::{job, needs, variables};
use crate::finding::Code;
use crate::gitlab::expression;

/// How deep lists of rules may nest.
const NESTING: usize = 10;
/// Most patterns of `changes` and of `exists` (18.11).
const PATTERNS: usize = 50;

const JOB_KEYS: [&str; 9] = [
    "if",
    "changes",
    "exists",
    "when",
    "start_in",
    "allow_failure",
    "variables",
    "needs",
    "interruptible",
];
/// GitLab takes some of a job's keys here and does nothing with them (`Entry::Workflow`, 18.11).
const WORKFLOW_KEYS: [&str; 9] = [
    "if",
    "changes",
    "exists",
    "when",
    "start_in",
    "allow_failure",
    "variables",
    "needs",
    "auto_cancel",
];
const JOB_WHEN: [&str; 6] = [
    "on_success",
    "on_failure",
    "always",
    "never",
    "manual",
    "delayed",
];

/// How many values of [`Reader::takes`] a rule counts as.
const RULE: usize = 10;

/// The rules of a job.
pub(super) fn of_job(node: &Node, reader: &mut Reader) -> Vec<Rule> {
    not_empty(node, "rules", reader);
    // A rule holds a condition, globs and variables: it counts as several values.
    let length = node.as_seq().map_or(1, <[Node]>::len);
    if !reader.takes(length.saturating_mul(RULE), node.place) {
        return Vec::new();
    }
    listed(node, "`rules`", reader)
        .iter()
        .map(|(map, node)| {
            reader_keys(map, node, &JOB_KEYS, reader);
            rule(map, node, &JOB_WHEN, reader)
        })
        .collect()
}

/// GitLab refuses a list without a rule (`validates :config, presence: true`).
fn not_empty(node: &Node, what: &str, reader: &mut Reader) {
    if node.as_seq().is_some_and(<[Node]>::is_empty) {
        reader.found(
            Code::Empty,
            node.place,
            format!("`{what}` should not be empty"),
        );
    }
}

/// Calls back for every mapping; false if there is something else.
fn each(node: &Node, depth: usize, take: &mut dyn FnMut(&Map, &Node)) -> bool {
    let Value::Seq(items) = &node.value else {
        return false;
    };
    items.iter().all(|item| match &item.value {
        Value::Map(map) => {
            take(map, item);
            true
        }
        Value::Seq(_) if depth > 0 => each(item, depth - 1, take),
        _ => false,
    })
}

fn reader_keys(map: &Map, node: &Node, known: &[&str], reader: &mut Reader) {
    if map.is_empty() {
        reader.found(Code::Empty, node.place, "a rule should not be empty");
    }
    reader.known_keys(map, Holder::Words("a rule"), known);
}

/// The mappings of a list of rules, lists in it flattened; none after a report.
fn listed(node: &Node, what: &str, reader: &mut Reader) -> Vec<(Map, Node)> {
    let mut rules = Vec::new();
    let are_maps = each(node, NESTING, &mut |map, node| {
        rules.push((map.clone(), node.clone()));
    });
    if !are_maps {
        let message = format!("{what} should be a list of mappings");
        reader.found(Code::WrongType, node.place, message);
        rules.clear();
    }
    rules
}

/// The rules of an include.
pub(super) fn of_include(node: &Node, reader: &mut Reader) -> Vec<Rule> {
    listed(node, "`rules` of an include", reader)
        .iter()
        .map(|(map, node)| {
            reader_keys(map, node, &["if", "changes", "exists", "when"], reader);
            rule(map, node, &["always", "never"], reader)
        })
        .collect()
}

/// `workflow`.
pub(super) fn workflow(node: &Node, reader: &mut Reader) -> Workflow {
    let mut workflow = Workflow::default();
    let Some(map) = reader.map(node, "workflow") else {
        return workflow;
    };
    reader.known_keys(map, "workflow", &["rules", "name", "auto_cancel"]);
    if let Some(name) = map.given("name") {
        workflow.name = reader.string(name, "workflow:name");
        if workflow
            .name
            .as_ref()
            .is_some_and(|n| n.chars().count() > 255)
        {
            reader.found(
                Code::OutOfRange,
                name.place,
                "`workflow:name` has 255 characters at most",
            );
        }
    }
    if let Some(node) = map.given("auto_cancel") {
        workflow.auto_cancel = auto_cancel(node, reader);
    }
    if let Some(entry) = map.entry("rules") {
        workflow.rules = Some(workflow_rules(&entry.value, reader));
    }
    workflow
}

fn workflow_rules(node: &Node, reader: &mut Reader) -> Vec<Rule> {
    if node.is_null() {
        return Vec::new();
    }
    not_empty(node, "workflow:rules", reader);
    listed(node, "`workflow:rules`", reader)
        .iter()
        .map(|(map, node)| {
            reader_keys(map, node, &WORKFLOW_KEYS, reader);
            if let Some(node) = map.given("auto_cancel") {
                auto_cancel(node, reader);
            }
            rule(map, node, &["always", "never"], reader)
        })
        .collect()
}

fn auto_cancel(node: &Node, reader: &mut Reader) -> Option<super::value::Located<String>> {
    let map = reader.map(node, "auto_cancel")?;
    reader.known_keys(map, "auto_cancel", &["on_new_commit", "on_job_failure"]);
    if let Some(node) = map.given("on_job_failure") {
        reader.word(node, "on_job_failure", &["none", "all"]);
    }
    let node = map.given("on_new_commit")?;
    let words = ["conservative", "interruptible", "none"];
    let word = reader.word(node, "on_new_commit", &words)?;
    Some(located(&word, node))
}

fn rule(map: &Map, node: &Node, words: &[&str], reader: &mut Reader) -> Rule {
    let when = map
        .given("when")
        .and_then(|node| reader.word(node, "when", words))
        .and_then(|word| When::parse(&word));
    let start_in = map.given("start_in");
    if when == Some(When::Delayed) && start_in.is_none() {
        reader.found(
            Code::MissingKey,
            node.place,
            "a delayed rule should have `start_in`",
        );
    }
    if let Some(node) = start_in.filter(|_| when != Some(When::Delayed)) {
        reader.found(
            Code::MissingKey,
            node.place,
            "`start_in` wants `when: delayed`",
        );
    }
    Rule {
        place: node.place,
        condition: map
            .given("if")
            .and_then(|node| condition(node, "if", reader)),
        changes: map.given("changes").and_then(|node| changes(node, reader)),
        exists: map.given("exists").and_then(|node| exists(node, reader)),
        when,
        start_in: start_in
            .filter(|_| when == Some(When::Delayed))
            .and_then(|node| job::delay(node, reader))
            .map(|text| text.value),
        allow_failure: map
            .given("allow_failure")
            .and_then(|node| reader.boolean(node, "allow_failure")),
        // `needs: []` in a rule leaves those of the job as they are (18.11).
        needs: map
            .given("needs")
            .map(|node| needs::read(node, true, reader))
            .filter(|needs| !needs.is_empty())
            .map(Into::into),
        interruptible: map
            .given("interruptible")
            .and_then(|node| reader.boolean(node, "interruptible")),
        variables: variables::read(
            map.given("variables"),
            "variables",
            variables::Of::Rule,
            reader,
        )
        .into(),
    }
}

/// An expression of `if` or `only:variables`.
pub(super) fn condition(node: &Node, what: &str, reader: &mut Reader) -> Option<Condition> {
    let text = reader.string(node, what)?;
    match expression::parse(&text) {
        Ok(expr) => Some(Condition {
            text: text.value,
            expr,
            place: node.place,
        }),
        Err(error) => {
            let help = error.help.map(|help| format!("; {help}"));
            let message = format!("`{what}` {}{}", error.message, help.unwrap_or_default());
            reader.found(Code::BadExpression, node.place, message);
            None
        }
    }
}

fn patterns(node: &Node, what: &str, reader: &mut Reader) -> Vec<String> {
    let paths = reader.strings(node, what);
    if paths.len() > PATTERNS {
        let message = format!("`{what}` takes {PATTERNS} patterns at most");
        reader.found(Code::OutOfRange, node.place, message);
    }
    paths.into_iter().map(|path| path.value).collect()
}

fn changes(node: &Node, reader: &mut Reader) -> Option<Changes> {
    let Value::Map(map) = &node.value else {
        return Some(Changes {
            paths: patterns(node, "changes", reader),
            compare_to: None,
        });
    };
    reader.known_keys(map, "changes", &["paths", "compare_to"]);
    let Some(paths) = map.given("paths") else {
        reader.found(
            Code::MissingKey,
            node.place,
            "`changes` should have `paths`",
        );
        return None;
    };
    Some(Changes {
        paths: patterns(paths, "paths", reader),
        compare_to: map
            .given("compare_to")
            .and_then(|node| reader.string(node, "compare_to"))
            .map(|text| text.value),
    })
}

fn exists(node: &Node, reader: &mut Reader) -> Option<Exists> {
    let Value::Map(map) = &node.value else {
        let paths = match &node.value {
            Value::Str(one) => vec![one.to_string()],
            _ => patterns(node, "exists", reader),
        };
        let project = None;
        return Some(Exists { paths, project });
    };
    reader.known_keys(map, "exists", &["paths", "project", "ref"]);
    let Some(paths) = map.given("paths") else {
        reader.found(Code::MissingKey, node.place, "`exists` should have `paths`");
        return None;
    };
    let project = map
        .given("project")
        .and_then(|node| reader.string(node, "project"))
        .map(|text| text.value);
    if let (Some(node), None) = (map.given("ref"), &project) {
        reader.found(Code::MissingKey, node.place, "`ref` wants `project`");
    }
    Some(Exists {
        paths: patterns(paths, "paths", reader),
        project,
    })
}
