//! What a job waits for, and whose artifacts it gets.
//!
//! Facts: `Ci::BuildDependencies` of GitLab FOSS 18.11: of the jobs that a job waits for, it gets
//! the artifacts of those that neither `needs:artifacts` nor `dependencies` leaves out. Neither
//! their order nor naming one twice has an effect.

use super::Jobs;
use super::canon::Otherwise::Flag;
use super::canon::{Canon, Field, complete, field, with};
use super::expand::By;
use super::form::{Fields, Form};
use crate::config::Need;
use crate::config::value::{Located, Map, Node, Value};

/// What `needs` says about a job of another pipeline.
const ELSEWHERE: &[Field] = &[
    field("project", Canon::Expanded(By::GitLab)),
    field("ref", Canon::Expanded(By::GitLab)),
    field("pipeline", Canon::Expanded(By::GitLab)),
    field("job", Canon::Expanded(By::GitLab)),
    with("artifacts", Canon::Plain, Flag(true)),
];

/// What it says about a job of this one, all of it typed.
const HERE: [&str; 4] = ["job", "artifacts", "optional", "parallel"];

/// The `needs` of a job or a rule with the part of `dependencies` that concerns them.
///
/// `written` is the list as it stands in the file: what it says of other pipelines is not typed.
pub(super) fn needs(
    needs: &[Need],
    written: Option<&Node>,
    dependencies: Option<&[Located<String>]>,
    jobs: &Jobs<'_>,
) -> Form {
    let mut forms = Vec::new();
    for need in needs {
        let Need {
            job,
            artifacts,
            optional,
            elsewhere,
            place: _,
        } = need;
        if *elsewhere {
            continue;
        }
        let gets = |those: &[Located<String>]| those.iter().any(|one| jobs.is_called(job, one));
        let fetched = *artifacts && dependencies.is_none_or(gets);
        let mut fields = Fields::default();
        fields.set("job", Form::text(job.as_str()));
        for (key, value, default) in [("artifacts", fetched, true), ("optional", *optional, false)]
        {
            fields.set(
                key,
                Form::or_default(Some(Form::Bool(value)), Form::Bool(default)),
            );
        }
        forms.push(Form::Map(fields));
    }
    if let Some(node) = written {
        others(node, &mut forms);
    }
    Form::set_of(forms)
}

/// Adds what a list says of jobs of other pipelines, and keys that are not typed.
fn others(node: &Node, into: &mut Vec<Form>) {
    match &node.value {
        Value::Seq(items) => items.iter().for_each(|item| others(item, into)),
        Value::Map(map) if map.has("project") || map.has("pipeline") => {
            into.push(Form::Map(complete(map, ELSEWHERE)));
        }
        Value::Map(map) => {
            let untyped = |key: &str| key == "job" || !HERE.contains(&key);
            let entries = map.iter().filter(|(key, _)| untyped(&key.text));
            let rest: Map = entries
                .map(|(key, entry)| (key.clone(), entry.clone()))
                .collect();
            if rest.len() > 1 {
                into.push(Form::Map(complete(&rest, &[])));
            }
        }
        _ => {}
    }
}

/// The dependencies that `needs` does not already account for: all of them where a job has no
/// `needs`. `None`: GitLab chooses.
pub(super) fn dependencies(
    dependencies: Option<&[Located<String>]>,
    needs: Option<&[Need]>,
    jobs: &Jobs<'_>,
) -> Option<Form> {
    let names = dependencies?;
    let left = |name: &&Located<String>| match needs {
        None => true,
        Some(needs) => !needs.iter().any(|need| jobs.is_called(&need.job, name)),
    };
    let left = names.iter().filter(left);
    let left = Form::set_of(left.map(|name| Form::text(name.as_str())));
    match needs.is_some() && left.is_blank() {
        true => None,
        false => Some(left),
    }
}

/// A job in which other jobs have other names: in `needs`, also those of rules, `dependencies`,
/// `environment:on_stop` and the artifacts of `trigger:include`.
pub fn renamed(job: &Fields, called: &dyn Fn(&str) -> String) -> Fields {
    let name = |form: &Form| match form {
        Form::Text(text) => Form::Text(called(text)),
        other => other.clone(),
    };
    let need = |form: &Form| match form.fields() {
        // A job of another pipeline keeps its name.
        Some(fields) if fields.get("project").or(fields.get("pipeline")).is_none() => {
            within(fields, "job", &name)
        }
        _ => form.clone(),
    };
    let needs = |form: &Form| each(form, &need);
    let rule = |form: &Form| match form.fields() {
        Some(fields) => within(fields, "needs", &|form| set(needs(form))),
        None => form.clone(),
    };
    let include = |form: &Form| match form.fields() {
        Some(fields) if fields.get("artifact").is_some() => within(fields, "job", &name),
        _ => form.clone(),
    };
    let inside = |form: &Form, key: &str, change: &dyn Fn(&Form) -> Form| match form.fields() {
        Some(fields) => within(fields, key, change),
        None => form.clone(),
    };
    let mut all = Fields::default();
    for (key, form) in job.iter() {
        let form = match key {
            "needs" => set(needs(form)),
            "dependencies" => set(each(form, &name)),
            "rules" => each(form, &rule),
            "environment" => inside(form, "on_stop", &name),
            "trigger" => inside(form, "include", &|form| each(form, &include)),
            _ => form.clone(),
        };
        all.set(key, form);
    }
    all
}

/// The mapping with another value under a key.
fn within(fields: &Fields, key: &str, change: &dyn Fn(&Form) -> Form) -> Form {
    let mut all = fields.clone();
    if let Some(form) = fields.get(key) {
        all.set(key, change(form));
    }
    Form::Map(all)
}

/// The list with other items.
fn each(form: &Form, change: &dyn Fn(&Form) -> Form) -> Form {
    match form {
        Form::List(items) => Form::List(items.iter().map(change).collect()),
        other => other.clone(),
    }
}

fn set(form: Form) -> Form {
    match form {
        Form::List(items) => Form::set_of(items),
        other => other,
    }
}
