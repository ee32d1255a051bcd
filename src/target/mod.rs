//! What the target GitLab has not.
//!
//! In: a lowered pipeline, the target, and the manifest's tree. Out: a finding for each keyword,
//! value, condition and predefined variable that is newer than the target, at the line of the
//! manifest that asks for it. Always holds: a pipeline without such a finding holds nothing that is
//! newer than its target.

mod place;
mod texts;
mod walk;

use crate::finding::{Code, Finding, Report};
use crate::gitlab::Version;
use crate::pipeline::{Origin, Pipeline, Value};
use crate::source::{Node, Span};
use place::Places;

/// Something that the manifest asks for and older targets cannot do.
#[derive(Debug, Clone, PartialEq)]
pub struct Lack {
    /// What it is, a sentence fragment: "`timeout`".
    pub what: String,
    /// The first GitLab that has it.
    pub since: Version,
    /// Where the manifest asks for it.
    pub span: Span,
}

impl Lack {
    /// Something that needs a newer GitLab.
    pub fn new(what: impl Into<String>, since: Version, span: Span) -> Self {
        Self {
            what: what.into(),
            since,
            span,
        }
    }

    /// What to say of it.
    pub fn finding(&self, target: Version) -> Finding {
        let Self { what, since, span } = self;
        let message = format!("{what} needs GitLab {since}; the target is {target}");
        Finding::new(Code::NeedsVersion, *span, message).help(format!(
            "name a newer target, `gitlab: \"{since}\"`, or remove it"
        ))
    }
}

/// Reports what the target has not: what lowering met, and what the pipeline holds.
pub fn check(
    pipeline: &Pipeline,
    lacks: &[Lack],
    target: Version,
    root: &Node,
    report: &mut Report,
) {
    let mut all = lacks.to_vec();
    let places = Places { root };
    let document = pipeline.to_document();
    for (key, value) in document.globals.iter() {
        let found = walk::global(key, value.plain(), target);
        all.extend(found.into_iter().map(|found| {
            let span = places.global(&found.path);
            Lack::new(found.what, found.since, span)
        }));
        texts(value, &Origin::default(), target, &places, &mut all);
    }
    let written = document.sections.iter().flat_map(|section| &section.jobs);
    for job in written {
        let origin = pipeline.jobs.iter().find(|known| known.name == job.name);
        let origin = origin.map(|job| job.origin.clone()).unwrap_or_default();
        for found in walk::job(&job.keys, target) {
            let span = places.job(&origin, &found.path);
            all.push(Lack::new(found.what, found.since, span));
        }
        for (_, value) in job.keys.iter() {
            texts(value, &origin, target, &places, &mut all);
        }
    }
    for lack in &all {
        report.push(lack.finding(target));
    }
}

/// Predefined variables in the texts of a value.
fn texts(
    value: &Value,
    origin: &Origin,
    target: Version,
    places: &Places<'_>,
    all: &mut Vec<Lack>,
) {
    match value.plain() {
        Value::Str(text) => {
            for (name, since) in texts::newer(text, target) {
                let span = places.variable(origin, &name);
                all.push(Lack::new(format!("the variable `{name}`"), since, span));
            }
        }
        Value::Seq(items) => {
            for item in items {
                texts(item, origin, target, places, all);
            }
        }
        Value::Map(map) => {
            for (_, value) in map.iter() {
                texts(value, origin, target, places, all);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Reference(_)
        | Value::Shared(_) => {}
    }
}
