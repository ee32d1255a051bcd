//! What a variable that the file sets is worth.
//!
//! In: a [`Situation`], and the name and text that the file gives a variable. Out: what is known of its value;
//! and which jobs another value can change.
//! Always holds: nothing else takes the text of the file for the value that counts. Whoever starts a pipeline,
//! the project, its groups and the instance win over the file, over a job's own variables too
//! ("CI/CD variable precedence", 18.11).

use std::collections::BTreeMap;

use super::classes::Compared;
use super::scope::Scope;
use super::situation::Situation;
use crate::config::Config;
use crate::gitlab::expression::Lookup;
use crate::shown::Shown;

/// A variable to which the file gives this text.
pub(super) fn look_up(situation: &Situation, name: &str, text: &str) -> Lookup {
    if let Some(given) = situation.variables.get(name) {
        return Lookup::Set(given.clone());
    }
    // `unset`: nobody gives it another value.
    match situation.overridable && !situation.unset.contains(name) {
        true => Lookup::Unknown,
        false => Lookup::Set(text.to_owned()),
    }
}

/// The variables of the file of which another value can change what becomes of jobs in a situation, and these
/// jobs. Nothing where it is known that nobody gives another value.
pub(super) fn overridden<'c>(
    config: &'c Config,
    situation: &Situation,
) -> BTreeMap<&'c str, Vec<&'c str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut set = config.set_variables();
    set.retain(|name| !situation.variables.contains_key(*name));
    if situation.closed || set.is_empty() {
        return found;
    }
    let open = Situation {
        overridable: true,
        ..situation.clone()
    };
    let (plain, open) = (Scope::of(config, situation), Scope::of(config, &open));
    let is_created = plain.admitted().0 == open.admitted().0;
    for job in &config.jobs {
        if is_created && plain.decide(job) == open.decide(job) {
            continue;
        }
        let asked = Compared::of_job(config, job);
        for name in set.iter().filter(|name| asked.asks(name)) {
            found.entry(name).or_default().push(&job.name);
        }
    }
    found
}

/// Says it in a line for each variable.
pub(super) fn say_overridden<'n>(
    overridden: impl IntoIterator<Item = (&'n str, Vec<&'n str>)>,
    out: &mut Shown,
) {
    for (variable, jobs) in overridden {
        let jobs = jobs.join(", ");
        out.line(&format!(
            "`{variable}` is set in the file; a pipeline that is given another value can change: {jobs}"
        ));
    }
}
