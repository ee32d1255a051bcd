//! What the target GitLab does not have.
//!
//! In: a lowered pipeline, the manifest and its tree. Out: a finding for each keyword,
//! value, condition and predefined variable that is newer than the target, at the line of the
//! manifest that asks for it. Always holds: a pipeline without such a finding holds nothing that is
//! newer than its target.

mod access;
mod place;
mod texts;
mod walk;

use std::collections::HashMap;

use crate::finding::{Code, Finding, Report};
use crate::gitlab::Version;
use crate::manifest::Manifest;
use crate::pipeline::{Document, Job, Pipeline, Value};
use crate::source::{Node, Span};
pub(crate) use place::Places;

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

    /// The finding that says so.
    pub(crate) fn finding(&self, target: Version) -> Finding {
        let Self { what, since, span } = self;
        let message = format!("{what} needs GitLab {since}; the target is {target}");
        Finding::new(Code::NeedsVersion, *span, message).help(format!(
            "name a newer target, `gitlab: \"{since}\"`, or remove it"
        ))
    }
}

/// Reports what the target does not have: what lowering met, and what the pipeline holds. `document` is the pipeline as
/// it is written.
pub fn check(
    manifest: &Manifest,
    root: &Node,
    pipeline: &Pipeline,
    document: &Document,
    lacks: &[Lack],
    report: &mut Report,
) {
    let target = manifest.target();
    access::check(manifest, report);
    let mut written = Written {
        target,
        places: Places { root },
        explained: !lacks.is_empty(),
        exact: lacks.to_vec(),
        inexact: Vec::new(),
    };
    written.pipeline(pipeline, document);
    let Written { exact, inexact, .. } = written;
    for lack in &exact {
        report.push(lack.finding(target));
    }
    for lack in &inexact {
        // A job that copies a key from another entity says nothing more.
        if !exact.iter().any(|known| known.what == lack.what) {
            report.push(lack.finding(target));
        }
    }
}

/// What is written, looked through for what is too new.
struct Written<'m> {
    target: Version,
    places: Places<'m>,
    /// Whether lowering has met something that the target lacks. What became of ref sets is then
    /// explained by that.
    explained: bool,
    /// With the place where the manifest asks for it.
    exact: Vec<Lack>,
    /// With that of the entity.
    inexact: Vec<Lack>,
}

/// What ref sets become.
const OF_REFS: [&str; 4] = ["only", "except", "rules", "workflow"];

impl Written<'_> {
    fn pipeline(&mut self, pipeline: &Pipeline, document: &Document) {
        for (key, value) in document.globals.iter() {
            if self.explained && OF_REFS.contains(&key) && pipeline.raw.get(key).is_none() {
                continue;
            }
            for found in walk::global(key, value.plain(), self.target) {
                let place = self.places.global(&found.path);
                self.add(found.what, found.since, place, Span::default());
            }
            self.texts(value, None);
        }
        let jobs = pipeline.jobs.iter();
        let jobs: HashMap<&str, &Job> = jobs.rev().map(|job| (job.name.as_str(), job)).collect();
        let written = document.sections.iter().flat_map(|section| &section.jobs);
        for job in written {
            let Some(known) = jobs.get(job.name.as_str()).copied() else {
                continue;
            };
            let explained = self.explained;
            let skip =
                |key: &str| explained && OF_REFS.contains(&key) && known.raw.get(key).is_none();
            for found in walk::job(&job.keys, self.target) {
                if !found.path.first().is_some_and(|key| skip(key)) {
                    let place = self.places.job(&known.origin, &found.path);
                    self.add(found.what, found.since, place, known.place);
                }
            }
            for (_, value) in job.keys.iter().filter(|(key, _)| !skip(key)) {
                self.texts(value, Some(known));
            }
        }
    }

    fn add(&mut self, what: String, since: Version, place: Option<Span>, entity: Span) {
        match place {
            Some(place) => self.exact.push(Lack::new(what, since, place)),
            None => self.inexact.push(Lack::new(what, since, entity)),
        }
    }

    /// Predefined variables in the texts of a value, of a job or of the pipeline itself.
    fn texts(&mut self, value: &Value, job: Option<&Job>) {
        match value.plain() {
            Value::Str(text) => {
                for (name, since) in texts::newer(text, self.target) {
                    let place = self.places.variable(job.map(|job| &job.origin), &name);
                    let of_job = job.map(|job| job.place).unwrap_or_default();
                    self.add(format!("the variable `{name}`"), since, place, of_job);
                }
            }
            Value::Seq(items) => items.iter().for_each(|item| self.texts(item, job)),
            Value::Map(map) => map.iter().for_each(|(_, value)| self.texts(value, job)),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Reference(_)
            | Value::Shared(_) => {}
        }
    }
}
