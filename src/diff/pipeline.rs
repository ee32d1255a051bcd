//! What changed for the pipeline as a whole.

use super::alike::{self, Rules};
use super::firm::Firm;
use super::refs::View;
use super::words::{code, lines, listed, shown};
use super::{Effect, Kind, keys, script};
use crate::config::Config;
use crate::config::normal::{COPIES, Fields, Form, UNSEEN, UNUSED};

/// Both configurations, and the normal forms of their pipelines.
pub(super) struct Sides<'s> {
    pub(super) configs: [&'s Config; 2],
    pub(super) old: &'s Fields,
    pub(super) new: &'s Fields,
    /// What files that are not read cannot change.
    pub(super) firm: Firm<'s>,
}

/// What changed in the normal form of the pipeline. `refs_told`: refs that get a pipeline now, or none any
/// more, are told.
pub(super) fn of(sides: &Sides<'_>, view: &View<'_>, refs_told: bool) -> Vec<Effect> {
    let Sides { old, new, firm, .. } = *sides;
    let all_is_read = firm.is_all();
    let mut effects = Vec::new();
    for key in new.differing(old) {
        let (was, is) = (old.get(key), new.get(key));
        let is_firm = firm.has_value(key, was, is);
        match key {
            "stages" => {
                let told = stages(was, is, !all_is_read);
                effects.extend(told.map(|effect| effect.open_unless(all_is_read)));
            }
            "variables" => effects.extend(keys::of(key, was, is, |kind, at, text| {
                one(kind, format!("every job {text}")).open_unless(firm.has(at))
            })),
            "workflow:name" => {
                let told = match is {
                    Some(name) => one(Kind::Key, format!("pipelines are called {}", shown(name))),
                    None => one(Kind::Key, "pipelines no longer have a name".to_owned()),
                };
                effects.push(told.open_unless(is_firm));
            }
            "workflow:auto_cancel" => {
                let told = cancel(was, is).into_iter();
                effects.extend(told.map(|effect| effect.open_unless(is_firm)));
            }
            "workflow:rules" if refs_told && view.tells_workflow(was, is) => {}
            "workflow:rules" if sides.rules_are_alike(was, is) => {
                let text =
                    "pipelines have other conditions, and are created on the same refs as before";
                let kind = Kind::Rewritten;
                effects.extend((!refs_told).then(|| Effect {
                    kind,
                    ..listing(text, was, is)
                }));
            }
            "workflow:rules" => {
                let text = "pipelines are created under other conditions";
                effects.push(listing(text, was, is).open_unless(all_is_read));
            }
            "include" => effects.push(listing("other files are included and not read", was, is)),
            "include:rules" => {
                let text = "files are included under other conditions";
                effects.push(listing(text, was, is));
            }
            UNSEEN => effects.extend(keys::unseen(was, is, |text| {
                one(Kind::Key, format!("the pipeline {text}"))
            })),
            COPIES => {
                let jobs = entries(was, is).into_iter();
                let told = jobs.filter_map(|(job, was, is)| copies(job, was, is));
                effects.extend(told.map(|effect| effect.open_unless(all_is_read)));
            }
            UNUSED => {
                for (key, was, is) in entries(was, is) {
                    effects.extend(keys::of(key, was, is, |_, _, text| {
                        let text = format!("files that are not read: the pipeline {text}");
                        one(Kind::Key, text)
                    }));
                }
            }
            // No other file can say what the inputs of this one are.
            "spec" => effects.extend(keys::of(key, was, is, |_, _, text| {
                one(Kind::Key, format!("the pipeline {text}"))
            })),
            _ => effects.extend(keys::of(key, was, is, |_, _, text| {
                one(Kind::Key, format!("the pipeline {text}")).open_unless(is_firm)
            })),
        }
    }
    effects
}

impl Sides<'_> {
    /// Whether the rules of the workflow decide the same in every pipeline.
    fn rules_are_alike(&self, was: Option<&Form>, is: Option<&Form>) -> bool {
        let [old, new] = self.configs.map(|config| config.workflow.rules.as_deref());
        let rules = old.into_iter().chain(new).flatten();
        let conditions = rules.filter_map(|rule| rule.condition.as_ref());
        if alike::hides_predefined(self.configs, conditions) {
            return false;
        }
        match (Rules::of(old, was), Rules::of(new, is)) {
            (Some(old), Some(new)) => old.decide_like(&new),
            _ => false,
        }
    }
}

fn one(kind: Kind, text: String) -> Effect {
    Effect::of_pipeline(kind, text)
}

/// The entries in which two mappings differ.
fn entries<'f>(
    was: Option<&'f Form>,
    is: Option<&'f Form>,
) -> Vec<(&'f str, Option<&'f Form>, Option<&'f Form>)> {
    let fields = |form: Option<&'f Form>| form.and_then(Form::fields);
    let (was, is) = (fields(was), fields(is));
    let of = |fields: Option<&'f Fields>, key: &str| fields.and_then(|fields| fields.get(key));
    let differing = match (was, is) {
        (Some(was), Some(is)) => is.differing(was),
        (one, other) => {
            let only = one.or(other).into_iter();
            only.flat_map(|fields| fields.iter().map(|(key, _)| key))
                .collect()
        }
    };
    let entries = differing.into_iter();
    entries
        .map(|key| (key, of(was, key), of(is, key)))
        .collect()
}

fn listing(text: &str, was: Option<&Form>, is: Option<&Form>) -> Effect {
    let text_of = |form: Option<&Form>| form.map(lines).unwrap_or_default();
    let mut effect = one(Kind::Refs, text.to_owned());
    effect.lines = script::lines(&text_of(was), &text_of(is));
    effect
}

fn items(form: Option<&Form>) -> &[Form] {
    form.and_then(Form::items).unwrap_or_default()
}

/// Another order of stages. Those that came or went are told by their jobs, unless files that are
/// not read may have some.
fn stages(was: Option<&Form>, is: Option<&Form>, is_open: bool) -> Option<Effect> {
    let (old, new) = (items(was), items(is));
    let kept = |these: &[Form], others: &[Form]| -> Vec<Form> {
        these
            .iter()
            .filter(|stage| others.contains(stage))
            .cloned()
            .collect()
    };
    let names: Vec<String> = new.iter().filter_map(Form::as_text).map(code).collect();
    let text = match kept(old, new) != kept(new, old) {
        true => "the stages come in another order: ",
        false if is_open => "the stages are now ",
        false => return None,
    };
    Some(one(Kind::Order, format!("{text}{}", listed(&names))))
}

/// The jobs that a parallel one becomes. If it was none before, its jobs have other names.
fn copies(job: &str, was: Option<&Form>, is: Option<&Form>) -> Option<Effect> {
    let (old, new) = (items(Some(was?)), items(Some(is?)));
    let text = match (old.len(), new.len()) {
        (old, new) if old != new => format!("{} is now {new} jobs instead of {old}", code(job)),
        _ => format!(
            "the jobs of {} have other numbers in `CI_NODE_INDEX`",
            code(job)
        ),
    };
    Some(one(Kind::Key, text))
}

/// What a new commit and a failed job cancel; without `auto_cancel` that is GitLab's default.
fn cancel(was: Option<&Form>, is: Option<&Form>) -> Vec<Effect> {
    let of = |form: Option<&Form>| form.and_then(Form::fields).cloned().unwrap_or_default();
    let (was, is) = (of(was), of(is));
    let word = |fields: &Fields, key: &str| fields.get(key).map(shown).unwrap_or_default();
    let differing = is.differing(&was).into_iter().map(|key| {
        let what = match key {
            "on_new_commit" => "a new commit cancels older pipelines by",
            "on_job_failure" => "a job that fails cancels, of those that run,",
            key => key,
        };
        let text = format!("{what} {} instead of {}", word(&is, key), word(&was, key));
        one(Kind::Permission, text)
    });
    differing.collect()
}
