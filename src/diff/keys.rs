//! Keys of which the effect is their value, before and after.

use super::script;
use super::words::{code, is_short, lines, listed, shown};
use super::{Effect, Kind};
use crate::config::normal::{Fields, Form};

/// What became of a key. `effect` gets what it is about, `variables:NAME` for a variable.
pub(super) fn of(
    name: &str,
    old: Option<&Form>,
    new: Option<&Form>,
    effect: impl Fn(Kind, &str, String) -> Effect,
) -> Vec<Effect> {
    if old == new {
        return Vec::new();
    }
    let kind = kind(name);
    if name == "variables" {
        return variables(old, new, |of, text| {
            effect(kind, &format!("{name}:{of}"), text)
        });
    }
    let mut told = effect(kind, name, changed(name, old, new));
    if [old, new].into_iter().flatten().any(|form| !is_short(form)) {
        let text = |form: Option<&Form>| form.map(lines).unwrap_or_default();
        told = effect(kind, name, long(name, old, new));
        told.lines = script::lines(&text(old), &text(new));
    }
    vec![told]
}

/// Keys that only count against files that are not read.
pub(super) fn unseen(
    old: Option<&Form>,
    new: Option<&Form>,
    effect: impl Fn(String) -> Effect,
) -> Vec<Effect> {
    let items = |form: Option<&Form>| form.and_then(Form::items).unwrap_or_default().to_vec();
    let (old, new) = (items(old), items(new));
    let only = |these: &[Form], others: &[Form]| -> Vec<String> {
        let only = these.iter().filter(|one| !others.contains(one));
        only.filter_map(Form::as_text).map(code).collect()
    };
    let told = [
        ("now says", only(&new, &old)),
        ("no longer says", only(&old, &new)),
    ];
    let told = told.into_iter().filter(|(_, which)| !which.is_empty());
    told.map(|(says, which)| {
        let which = listed(&which);
        effect(format!(
            "{says} {which}, which counts against files that are not read"
        ))
    })
    .collect()
}

/// What became of variables, one by one.
fn variables(
    old: Option<&Form>,
    new: Option<&Form>,
    effect: impl Fn(&str, String) -> Effect,
) -> Vec<Effect> {
    let none = Fields::default();
    let of = |form: Option<&'_ Form>| form.and_then(Form::fields).cloned().unwrap_or_default();
    let (old, new) = (of(old), of(new));
    let value = |fields: &Fields| fields.get("value").map(shown).unwrap_or_default();
    let mut effects = Vec::new();
    for name in new.differing(&old) {
        let (was, is) = (old.get(name), new.get(name));
        let (was, is) = (was.and_then(Form::fields), is.and_then(Form::fields));
        let effect = |text| effect(name, text);
        let name = code(name);
        match (was, is) {
            (None, Some(is)) => {
                let others = others(&none, is);
                let others = others
                    .iter()
                    .map(|text| format!(", {text}"))
                    .collect::<String>();
                effects.push(effect(format!(
                    "gets the variable {name}: {}{others}",
                    value(is)
                )));
            }
            (Some(was), Some(is)) => {
                if value(was) != value(is) {
                    let text = format!("has {} in {name} instead of {}", value(is), value(was));
                    effects.push(effect(text));
                }
                for other in others(was, is) {
                    effects.push(effect(format!("has the variable {name} {other}")));
                }
            }
            (_, None) => effects.push(effect(format!("no longer has the variable {name}"))),
        }
    }
    effects
}

/// What is other about a variable than its value.
fn others(was: &Fields, is: &Fields) -> Vec<String> {
    let default = |form: Option<&Form>| form.is_none_or(|form| matches!(form, Form::Default(_)));
    let keys = is.differing(was).into_iter().filter(|key| *key != "value");
    keys.filter_map(|key| match (key, was.get(key), is.get(key)) {
        (_, was, is) if default(was) && default(is) => None,
        ("expand", _, Some(is)) => Some(
            match is.as_bool() {
                Some(true) => "with the variables in it expanded",
                _ => "without expanding the variables in it",
            }
            .to_owned(),
        ),
        (key, _, Some(is)) => Some(format!("with {} {}", code(key), shown(is))),
        (key, _, None) => Some(format!("without {}", code(key))),
    })
    .collect()
}

fn kind(name: &str) -> Kind {
    match name {
        "image" | "services" => Kind::Image,
        "environment" => Kind::Environment,
        "variables" | "inherit:variables" => Kind::Variables,
        "secrets" | "id_tokens" | "identity" => Kind::Secrets,
        "hooks" => Kind::Script,
        "needs" | "dependencies" | "stage" => Kind::Order,
        "when" | "allow_failure" | "allow_failure:exit_codes" | "start_in" => Kind::When,
        "rules" | "only" | "except" => Kind::Refs,
        "tags" | "resource_group" | "interruptible" | "manual_confirmation" => Kind::Permission,
        _ => Kind::Key,
    }
}

fn changed(name: &str, old: Option<&Form>, new: Option<&Form>) -> String {
    let is = |form: &Form| match (name, form.fields()) {
        // An image with nothing but a name is its name.
        ("image", Some(fields)) if fields.iter().count() == 1 => {
            fields.get("name").map_or_else(|| shown(form), shown)
        }
        _ => shown(form),
    };
    match (name, old, new) {
        ("image", Some(old), Some(new)) => {
            format!("runs in image {} instead of {}", is(new), is(old))
        }
        ("image", None, Some(new)) => format!("now runs in image {}", is(new)),
        ("environment", Some(old), Some(new)) => match parts(old, new) {
            Some(text) => format!("has another environment: {text}"),
            None => format!("has the environment {} instead of {}", is(new), is(old)),
        },
        ("environment", None, Some(new)) => format!("now has the environment {}", is(new)),
        ("environment", Some(old), None) => format!("no longer has the environment {}", is(old)),
        (_, Some(old), Some(new)) => match parts(old, new) {
            Some(text) => format!("{}: {text}", code(name)),
            None => format!("now has {} {} instead of {}", code(name), is(new), is(old)),
        },
        (_, None, Some(new)) => format!("now has {} {}", code(name), is(new)),
        (_, Some(old), None) => format!("no longer has {}, which was {}", code(name), is(old)),
        (_, None, None) => String::new(),
    }
}

/// The same of values that are shown as lines.
fn long(name: &str, old: Option<&Form>, new: Option<&Form>) -> String {
    match (old, new) {
        (None, _) => format!("now has {}", code(name)),
        (_, None) => format!("no longer has {}", code(name)),
        _ => format!("has another {}", code(name)),
    }
}

/// The entries of two mappings that differ.
fn parts(old: &Form, new: &Form) -> Option<String> {
    let (old, new) = (old.fields()?, new.fields()?);
    let mut words = Vec::new();
    for key in new.differing(old) {
        let name = code(key);
        words.push(match (old.get(key), new.get(key)) {
            (Some(was), Some(is)) => format!("{name} is {} instead of {}", shown(is), shown(was)),
            (_, Some(is)) => format!("{name} is now {}", shown(is)),
            (_, None) => format!("{name} is gone"),
        });
    }
    (!words.is_empty()).then(|| listed(&words))
}
