//! Everything about a job that has another value now.
//!
//! Always holds: each key in which the normal forms differ is told; what a teller cannot say in
//! effects is told by the old and the new value.

use super::refs::View;
use super::{Effect, Kind, Pair, conditions, keys, order, script};
use crate::config::normal::{Fields, Form, UNSEEN};

/// What changed about a job.
pub(super) fn of(pair: &Pair<'_>, view: &View<'_>) -> Vec<Effect> {
    let mut effects = pair.unless_included(view.of_job(pair));
    let refs_told = !effects.is_empty();
    let when_told = effects.iter().any(|effect| effect.kind == Kind::When);
    let mut conditions_differ = false;
    for key in pair.new.differing(&pair.old) {
        let (old, new) = (pair.old.get(key), pair.new.get(key));
        let firm = pair.firm;
        let is_firm = match key {
            "commands" => script::is_firm(pair),
            // The one says which artifacts come from the other.
            "needs" | "dependencies" => firm.has("needs") && firm.has("dependencies"),
            key => firm.has_value(key, old, new),
        };
        let told = match key {
            "stage" => order::stage(pair, old, new),
            "needs" => order::needs(pair, old, new),
            UNSEEN => keys::unseen(old, new, |text| Effect::of(pair.after, Kind::Key, text)),
            "commands" | "after_script" => vec![script::of(pair, key, old, new)],
            "rules" | "only" | "except" => {
                conditions_differ = true;
                continue;
            }
            // With rules, each of them says it.
            "when" | "allow_failure" | "start_in"
                if has_rules(&pair.old) != has_rules(&pair.new) =>
            {
                continue;
            }
            "when" if when_told => continue,
            "allow_failure" if when_told && failure_is_told(pair) => continue,
            _ => Vec::new(),
        };
        let about_included = key == UNSEEN;
        effects.extend(match told.is_empty() {
            true => keys::of(key, old, new, |kind, at, text| {
                let is_firm = match key == "variables" {
                    true => firm.has(at),
                    false => is_firm,
                };
                Effect::of(pair.after, kind, text).open_unless(is_firm)
            }),
            false => {
                let told = told.into_iter();
                told.map(|effect| effect.open_unless(is_firm || about_included))
                    .collect()
            }
        });
    }
    if conditions_differ {
        let told = conditions::of(pair, view, refs_told);
        effects.extend(pair.unless_included(told));
    }
    effects
}

/// Whether what a failure means follows from how the job starts, or is told because that is as it
/// was.
fn failure_is_told(pair: &Pair<'_>) -> bool {
    let follows = |job: &Fields| {
        let manual = job.get("when").and_then(Form::as_text) == Some("manual");
        job.get("allow_failure").and_then(Form::as_bool) == Some(manual)
    };
    pair.old.get("when") == pair.new.get("when") || (follows(&pair.old) && follows(&pair.new))
}

fn has_rules(job: &Fields) -> bool {
    job.get("rules").is_some()
}
