//! What a job waits for, before and after.

use super::words::{code, listed};
use super::{Effect, Kind, Pair};
use crate::config::normal::{Fields, Form};

/// The job moved to another stage.
pub(super) fn stage(pair: &Pair<'_>, old: Option<&Form>, new: Option<&Form>) -> Vec<Effect> {
    let word = |form: Option<&Form>| code(form.and_then(Form::as_text).unwrap_or_default());
    let text = format!("moves from stage {} to stage {}", word(old), word(new));
    vec![Effect::of(pair.after, Kind::Order, text)]
}

/// What changed about the jobs that it waits for.
pub(super) fn needs(pair: &Pair<'_>, old: Option<&Form>, new: Option<&Form>) -> Vec<Effect> {
    let text = match (old, new) {
        (None, None) => None,
        (None, Some(new)) => {
            let names: Vec<String> = jobs(new).map(|need| need.shown()).collect();
            Some(match names.is_empty() {
                true => "now starts at once; it waited for all earlier stages".to_owned(),
                false => format!(
                    "now waits for {} only; it waited for all earlier stages",
                    listed(&names)
                ),
            })
        }
        (Some(_), None) => Some("now waits for all earlier stages".to_owned()),
        (Some(old), Some(new)) => {
            let (old, new): (Vec<_>, Vec<_>) = (jobs(old).collect(), jobs(new).collect());
            return between(pair, &old, &new);
        }
    };
    let effect = |text| Effect::of(pair.after, Kind::Order, text);
    text.map(effect).into_iter().collect()
}

/// A job that another one waits for.
struct Need<'f> {
    job: &'f str,
    artifacts: bool,
    optional: bool,
    /// All that is said of it.
    fields: &'f Fields,
}

impl Need<'_> {
    /// Its name, or all of it where that is of another pipeline.
    fn shown(&self) -> String {
        match is_here(self.fields) {
            true => code(self.job),
            false => code(&self.fields.to_string()),
        }
    }

    fn same(&self, other: &Need<'_>) -> bool {
        match is_here(self.fields) && is_here(other.fields) {
            true => self.job == other.job,
            false => self.fields == other.fields,
        }
    }
}

fn is_here(fields: &Fields) -> bool {
    fields
        .iter()
        .all(|(key, _)| matches!(key, "job" | "artifacts" | "optional"))
}

fn jobs(form: &Form) -> impl Iterator<Item = Need<'_>> {
    let items = form.items().unwrap_or_default();
    items.iter().filter_map(Form::fields).map(|fields| {
        let is = |key: &str| fields.get(key).and_then(Form::as_bool) == Some(true);
        let job = fields
            .get("job")
            .and_then(Form::as_text)
            .unwrap_or_default();
        Need {
            job,
            artifacts: is("artifacts"),
            optional: is("optional"),
            fields,
        }
    })
}

/// What came, what went, and what is asked of those that stay.
fn between(pair: &Pair<'_>, old: &[Need<'_>], new: &[Need<'_>]) -> Vec<Effect> {
    let without = |these: &[Need<'_>], others: &[Need<'_>]| -> Vec<String> {
        let left = these
            .iter()
            .filter(|need| !others.iter().any(|other| need.same(other)));
        left.map(Need::shown).collect()
    };
    let (come, gone) = (without(new, old), without(old, new));
    let text = match (come.is_empty(), gone.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("now also waits for {}", listed(&come))),
        (true, false) => Some(format!("no longer waits for {}", listed(&gone))),
        (false, false) => Some(format!(
            "now waits for {} instead of {}",
            listed(&come),
            listed(&gone)
        )),
    };
    let mut texts: Vec<String> = text.into_iter().collect();
    for need in new {
        let Some(was) = old.iter().find(|was| was.same(need)) else {
            continue;
        };
        let job = need.shown();
        if was.artifacts != need.artifacts {
            texts.push(match need.artifacts {
                true => format!("now gets the artifacts of {job}"),
                false => format!("no longer gets the artifacts of {job}"),
            });
        }
        if was.optional != need.optional {
            texts.push(match need.optional {
                true => format!("now also runs where {job} is not in the pipeline"),
                false => format!("now fails the pipeline where {job} is not in it"),
            });
        }
    }
    let effect = |text| Effect::of(pair.after, Kind::Order, text);
    texts.into_iter().map(effect).collect()
}
