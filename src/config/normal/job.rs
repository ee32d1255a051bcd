//! A job.

use super::canon::{Canon, complete};
use super::form::{Fields, Form};
use super::keywords::{KEYS, NOT_HERE};
use super::{Jobs, conditions, needs, open, variables};
use crate::config::value::{Located, Map};
use crate::config::{AllowFailure, Conditions, Inherits, Job, When};

/// Everything about a job but its name. `is_open`: files that were not read may use what has no effect without
/// them.
pub(super) fn of(job: &Job, jobs: &Jobs<'_>, is_open: bool) -> Fields {
    // What is left out here stands in `keys`, from which it was read.
    let Job {
        name,
        key: _,
        place: _,
        origin: _,
        stage,
        is_trigger: _,
        conditions,
        when,
        start_in,
        allow_failure,
        needs: needed,
        dependencies,
        environment: _,
        resource_group: _,
        interruptible,
        image: _,
        services: _,
        script,
        before_script,
        after_script,
        variables,
        inherits,
        open: _,
        keys,
    } = job;
    let elsewhere = |key: &str| NOT_HERE.iter().any(|(name, _)| *name == key);
    let here = keys
        .iter()
        .filter(|(key, _)| !(key.is_string && elsewhere(&key.text)));
    let here: Map = here
        .map(|(key, entry)| (key.clone(), entry.clone()))
        .collect();
    let mut fields = complete(&here, KEYS);
    pages(&mut fields, name);
    fields.set("stage", Form::text(stage.as_str()));
    set_list(
        &mut fields,
        "commands",
        commands(before_script.iter().chain(script)),
    );
    set_list(&mut fields, "after_script", commands(after_script));
    match conditions {
        Conditions::Always => {}
        Conditions::Rules(rules) => {
            if let Some(node) = keys.given("rules") {
                fields.set("rules", conditions::of_job(node, rules, job, jobs));
            }
        }
        Conditions::Policies { only, except } => {
            for (key, policy) in [("only", only), ("except", except)] {
                if let Some(policy) = policy {
                    fields.set(key, conditions::of_policy(policy));
                }
            }
        }
    }
    // With `rules`, each rule says when, and whether the job may fail.
    if !matches!(conditions, Conditions::Rules(_)) {
        let form = Form::text(when.as_str());
        fields.set(
            "when",
            Form::or_default(Some(form), Form::text(When::OnSuccess.as_str())),
        );
        if let Some(time) = start_in {
            fields.set("start_in", Form::text(time.as_str()));
        }
    }
    let (may, codes) = match allow_failure {
        AllowFailure::Is(may) => (*may, None),
        AllowFailure::ExitCodes(codes) => (false, Some(codes)),
    };
    if !matches!(conditions, Conditions::Rules(_)) {
        let form = Form::or_default(Some(Form::Bool(may)), Form::Bool(false));
        fields.set("allow_failure", form);
    }
    let mut shown = Vec::new();
    if let Some(codes) = codes {
        shown.push("allow_failure");
        let codes = codes.iter().map(|code| Form::Number(code.to_string()));
        fields.set("allow_failure:exit_codes", Form::set_of(codes));
    }
    if let Some(needed) = needed {
        let form = needs::needs(needed, keys.given("needs"), dependencies.as_deref(), jobs);
        fields.set("needs", form);
    }
    let left = needs::dependencies(dependencies.as_deref(), needed.as_deref(), jobs);
    if let Some(form) = left {
        fields.set("dependencies", form);
    }
    let may = Form::Bool(interruptible.unwrap_or(false));
    fields.set(
        "interruptible",
        Form::or_default(Some(may), Form::Bool(false)),
    );
    let variables = variables::of_job(variables);
    if !variables.is_blank() {
        fields.set("variables", variables);
    }
    match inherits {
        Inherits::All => {}
        Inherits::Nothing => fields.set("inherit:variables", Form::Bool(false)),
        Inherits::Only(names) => {
            let names = names.iter().map(Form::text);
            fields.set("inherit:variables", Form::set_of(names));
        }
    }
    if is_open {
        // What is not read may hold defaults and hidden jobs.
        if let Some(node) = keys.given("extends") {
            fields.set("extends", Canon::List(&Canon::Plain).form(node));
        }
        if let Some(node) = keys.given("inherit").and_then(|node| node.get("default")) {
            fields.set("inherit:default", Form::plain(node));
        }
        let mut unseen = Vec::new();
        open::unseen(&here, &Canon::Map(KEYS), "", &mut unseen);
        let typed: Map = keys
            .iter()
            .filter(|(key, _)| here.get(&key.text).is_none())
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        open::unseen_typed(&typed, &fields, &shown, &mut unseen);
        let references = job.open.iter().flat_map(|open| &open.references);
        unseen.extend(references.map(Form::text));
        if !unseen.is_empty() {
            fields.set(open::KEY, Form::set_of(unseen));
        }
    }
    fields
}

/// `pages` says whether a job publishes a site; without it the one that is called so does
/// (`Ci::Build#pages_generator?`, 18.11). An empty mapping is `true`.
fn pages(fields: &mut Fields, name: &str) {
    let publishes = match fields.remove("pages") {
        None => name == "pages",
        Some(form) if form == Form::Bool(true) || form.is_blank() => true,
        Some(Form::Bool(false)) => false,
        Some(form) => {
            fields.set("pages", form);
            return;
        }
    };
    if publishes {
        fields.set("pages", Form::Bool(true));
    }
}

/// Commands as the runner gets them. The end of a line at the end of one does nothing.
fn commands<'c>(list: impl IntoIterator<Item = &'c Located<String>>) -> Form {
    let text = |command: &Located<String>| Form::text(command.trim_end_matches('\n'));
    Form::List(list.into_iter().map(text).collect())
}

fn set_list(fields: &mut Fields, key: &str, list: Form) {
    if !list.is_blank() {
        fields.set(key, list);
    }
}
