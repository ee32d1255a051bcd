//! Text that outsiders write is never run as code.
//!
//! In: the jobs and the pipelines that they run in. Out: each text that a job runs as code and an outsider
//! chooses. Three questions, one file each: what do the commands of a job read as code (`sink`, with the programs
//! of `reader` and `editor`); which variables are in that text (`flow`, and what lets text through, `passed`);
//! who chooses their text, in the pipelines that the job runs in (`outsider`). Always holds: a script that
//! only hands the text over, as an argument or in the environment, is not told.
//!
//! Facts: a script's variables are its environment, so `"$CI_COMMIT_TITLE"` is one argument whatever it
//! holds. Git takes names of branches as `a$(id)` (`git check-ref-format`, 2.51).

mod editor;
mod flow;
mod outsider;
mod passed;
mod reader;
mod sink;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::finding::{Code, Finding, Location};
use crate::lint::context::Lint;
use crate::lint::script::Script;
use crate::lint::shellcheck::has_busybox;
use crate::lint::subject::Subject as _;
use flow::{Flow, Unit};
use sink::Evaluated;

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    let scripts = lint.scripts();
    let mut known: HashMap<&[usize], Vec<usize>> = HashMap::new();
    let mut order = Vec::new();
    for at in 0..config.jobs.len() {
        let own = scripts.indexes(at);
        let jobs = known.entry(own).or_insert_with(|| {
            order.push(own);
            Vec::new()
        });
        jobs.push(at);
    }
    let mut is_whole = true;
    for own in order {
        let all: Vec<&Script> = own.iter().filter_map(|at| scripts.get(*at)).collect();
        let units = all.iter().map(|script| Unit {
            text: &script.text,
            commands: &script.commands,
        });
        let flow = Flow::of(units.collect());
        let jobs = known.get(own).map(Vec::as_slice).unwrap_or_default();
        for found in sink::evaluated(&flow) {
            let Some(script) = all.get(found.unit) else {
                continue;
            };
            jobs.iter()
                .for_each(|job| tell(lint, *job, &flow, script, &found));
        }
        is_whole &= flow.is_whole();
    }
    if !is_whole {
        let message = "the scripts of a job are too long to follow every text in them";
        let finding = Finding::new(Code::PartlyProven, Location::WHOLE, message);
        lint.push(finding.help("`script-injection` may stand there as well"));
    }
}

/// Tells a text that is read as code, if outsiders choose it where the job runs.
fn tell(lint: &mut Lint<'_>, at: usize, flow: &Flow<'_>, script: &Script, found: &Evaluated) {
    let config = lint.config();
    let Some(job) = config.jobs.get(at) else {
        return;
    };
    for name in &found.names {
        let Some(from) = outsider::origin(&config, job, name) else {
            continue;
        };
        // What `sed` runs only GNU's runs, and its text has to end the command that it stands in.
        let is_harmless = match found.sed {
            Some(sign) => has_busybox(job) || sign.is_some_and(|sign| from.never_has(sign)),
            None => false,
        };
        if is_harmless || flow.compares(name) || !outsider::reaches(lint, at, from) {
            continue;
        }
        let subject = format!("{:?} {name} {}", script.place, found.range.start);
        if !lint.is_new(Code::ScriptInjection, &subject) {
            continue;
        }
        let (reader, whose) = (&found.reader, from.whose());
        let message = format!("{reader} runs `${name}` as code, which {whose} chooses");
        let place = script.at(&found.range, &config.sources);
        let mut finding = Finding::new(Code::ScriptInjection, place, message);
        if from.variable != name {
            finding = finding.help(format!("`${name}` holds `${}`", from.variable));
        }
        lint.push(finding.help(match found.is_editor {
            true => "put the text in by `envsubst` or `awk -v`, or use the slug of the name",
            false => {
                "hand it over as an argument or in the environment: `sh -c '... \"$1\"' sh \"$X\"`, or use the slug of the name"
            }
        }));
    }
}
