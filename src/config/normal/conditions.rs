//! In which pipelines a job is: `rules`, `only` and `except`.
//!
//! Facts: `Gitlab::Ci::Build::Rules`, `Entry::Rules::Rule`, `Entry::Policy` (18.11). The order of
//! rules counts, that of patterns and of the parts of `only` does not. What a rule leaves out, the
//! job says.

use super::canon::Otherwise::Blank;
use super::canon::{Canon, Field, complete, field, with};
use super::expand::By;
use super::form::{Fields, Form};
use super::{Jobs, needs};
use crate::config::value::{Located, Node, Value};
use crate::config::{AllowFailure, Condition, Job, Policy, Rule, When};
use crate::gitlab::expression;

const PATTERNS: Canon = Canon::Set(&Canon::Expanded(By::GitLab));

/// `changes` and `exists`: a list is `paths`.
const FILES: &[Field] = &[
    field("paths", PATTERNS),
    field("compare_to", Canon::Expanded(By::GitLab)),
    field("project", Canon::Expanded(By::GitLab)),
    field("ref", Canon::Expanded(By::GitLab)),
];

/// The keys of a rule, of a job, the workflow or an include.
const RULE: &[Field] = &[
    field("if", Canon::Custom(condition)),
    field("changes", Canon::Custom(files)),
    field("exists", Canon::Custom(files)),
    field("start_in", Canon::Duration),
    with("variables", Canon::Custom(super::variables::written), Blank),
    field("name", Canon::Expanded(By::GitLab)),
    field("auto_cancel", super::pipeline::AUTO_CANCEL),
];

fn files(node: &Node) -> Form {
    const SHORT: Canon = Canon::Short(FILES);
    match &node.value {
        Value::Map(_) => SHORT.form(node),
        // Also an empty list is one, and not a list of nothing.
        _ => {
            let mut fields = Fields::default();
            fields.set("paths", PATTERNS.form(node));
            Form::Map(fields)
        }
    }
}

/// A condition as the parser reads it, so that blanks and quotes do not count.
fn condition(node: &Node) -> Form {
    match node.as_str().map(expression::parse) {
        Some(Ok(expr)) => Form::Text(expr.to_string()),
        _ => Form::plain(node),
    }
}

/// The rules as they are written, lists in them flattened.
fn written(node: &Node) -> Vec<&Node> {
    fn flatten<'n>(node: &'n Node, into: &mut Vec<&'n Node>) {
        match &node.value {
            Value::Seq(items) => items.iter().for_each(|item| flatten(item, into)),
            _ => into.push(node),
        }
    }
    let mut flat = Vec::new();
    flatten(node, &mut flat);
    flat
}

/// A rule; `when` is what holds if it does not say when, `usual` what GitLab assumes.
fn rule(node: &Node, when: When, usual: When) -> Fields {
    let mut fields = node
        .as_map()
        .map(|map| complete(map, RULE))
        .unwrap_or_default();
    let given = fields.remove("when").unwrap_or(Form::text(when.as_str()));
    let usual = Form::text(usual.as_str());
    fields.set("when", Form::or_default(Some(given), usual));
    fields
}

/// The rules of the workflow or of an include.
pub(super) fn of_workflow(node: &Node) -> Form {
    let rules = written(node).into_iter();
    let rules = rules.map(|node| Form::Map(rule(node, When::Always, When::Always)));
    Form::List(rules.collect())
}

/// The rules of a job: `typed` are the same ones as `node`.
pub(super) fn of_job(node: &Node, typed: &[Rule], job: &Job, jobs: &Jobs<'_>) -> Form {
    let dependencies = job.dependencies.as_deref();
    let mut forms = Vec::new();
    for (at, node) in written(node).into_iter().enumerate() {
        let mut fields = rule(node, job.when, When::OnSuccess);
        // A rule's own answer also takes exit codes away.
        if let AllowFailure::Is(may) = job.allow_failure {
            let given = fields.remove("allow_failure").unwrap_or(Form::Bool(may));
            fields.set(
                "allow_failure",
                Form::or_default(Some(given), Form::Bool(false)),
            );
        }
        // An empty list leaves those of the job.
        fields.remove("needs");
        if let Some(needed) = typed.get(at).and_then(|rule| rule.needs.as_deref()) {
            let needs = needs::needs(needed, node.get("needs"), dependencies, jobs);
            fields.set("needs", needs);
        }
        forms.push(Form::Map(fields));
    }
    Form::List(forms)
}

/// `only` or `except`.
pub(super) fn of_policy(policy: &Policy) -> Form {
    let Policy {
        place: _,
        refs,
        variables,
        changes,
        kubernetes,
    } = policy;
    let mut fields = Fields::default();
    if let Some(refs) = refs {
        let text = |one: &Located<String>| Form::text(one.as_str());
        fields.set("refs", Form::set_of(refs.iter().map(text)));
    }
    if let Some(conditions) = variables {
        let text = |one: &Condition| Form::Text(one.expr.to_string());
        fields.set("variables", Form::set_of(conditions.iter().map(text)));
    }
    if let Some(paths) = changes {
        fields.set("changes", Form::set_of(paths.iter().map(Form::text)));
    }
    if *kubernetes {
        fields.set("kubernetes", Form::text("active"));
    }
    Form::Map(fields)
}
