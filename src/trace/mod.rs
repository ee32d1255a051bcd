//! Where a line of a generated pipeline comes from.
//!
//! In: the text of the pipeline, a line, and what its manifest was lowered to. Out: a [`Trace`]: the job or key on
//! that line, the place in the manifest that asks for it, and the rule of windlass that made it. Always holds: the
//! job is found by its name and asked for its [`Origin`]; nothing is guessed from the text of a value.

mod line;
mod reason;

use crate::finding::Report;
use crate::lower::Lowered;
use crate::pipeline::{Base, Holder, Job, Origin};
use crate::presets::Composed;
use crate::source::{Limits, Node, Source, Span, parse};
use crate::target::Places;

use line::Line;

/// Where a line comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What stands on the line: a key of a job, a key of the pipeline, or what jobs share.
    pub what: String,
    /// The lines of the manifest and its presets that ask for it, as `windlass.yml:3`, each with the path of the
    /// entity or key there.
    pub places: Vec<(String, String)>,
    /// Why windlass wrote it, in sentences.
    pub reasons: Vec<String>,
}

/// How many places are told of what many jobs share.
const MOST: usize = 5;

/// A generated pipeline whose lines can be traced.
#[derive(Debug)]
pub struct Traced<'t> {
    pipeline: &'t Source,
    text: Node,
    manifest: &'t Source,
    root: &'t Node,
    lowered: &'t Lowered,
}

impl<'t> Traced<'t> {
    /// Reads a pipeline that was generated from a manifest. `None` if one of them cannot be read.
    pub fn new(pipeline: &'t Source, manifest: &'t Composed, lowered: &'t Lowered) -> Option<Self> {
        Some(Self {
            text: parse(pipeline, Limits::MANIFEST, &mut Report::default())?,
            root: manifest.root.as_ref()?,
            pipeline,
            manifest: &manifest.source,
            lowered,
        })
    }

    /// Where a line comes from, counted from 1. `None` if there is no such line.
    pub fn line(&self, number: usize) -> Option<Trace> {
        let tracer = Tracer {
            manifest: self.manifest,
            lowered: self.lowered,
            places: Places { root: self.root },
        };
        match Line::at(self.pipeline, &self.text, number)? {
            Line::Header => Some(Trace {
                what: "the header".to_owned(),
                places: tracer.lines([(Span::default(), "the whole manifest".to_owned())]),
                reasons: vec![reason::HEADER.to_owned()],
            }),
            Line::Merge(names) => Some(tracer.merged(&names)),
            Line::Path { keys, item } => Some(tracer.of_path(&self.text, &keys, item)),
        }
    }
}

struct Tracer<'t> {
    manifest: &'t Source,
    lowered: &'t Lowered,
    places: Places<'t>,
}

impl Tracer<'_> {
    /// What a path of keys in the pipeline is: the first is a job, something shared, or a key of the pipeline.
    fn of_path(&self, text: &Node, keys: &[String], item: Option<usize>) -> Trace {
        let Some((first, rest)) = keys.split_first() else {
            return self.global(keys);
        };
        let pipeline = &self.lowered.pipeline;
        if let Some(job) = pipeline.jobs.iter().find(|job| job.name == *first) {
            return self.job(job, rest, item);
        }
        let Some(hidden) = first.strip_prefix('.') else {
            return self.global(keys);
        };
        if let Some(base) = pipeline
            .bases
            .iter()
            .find(|base| base.id.to_string() == hidden)
        {
            return self.base(base);
        }
        self.shared(text, first)
    }

    fn job(&self, job: &Job, path: &[String], item: Option<usize>) -> Trace {
        let mut what = format!("job `{}`", job.name);
        let mut reasons = vec![reason::of_origin(&job.origin)];
        if let Some(key) = path.first() {
            what = format!("`{}` of {what}", path.join("."));
            // A raw job has its keys from the manifest alone.
            if !matches!(job.origin, Origin::Raw(_)) {
                reasons.push(reason::of_key(key).to_owned());
            }
        }
        let mut spans = Vec::new();
        if matches!(
            path.first().map(String::as_str),
            Some("rules" | "only" | "except")
        ) {
            let rule = item.and_then(|item| job.rules.list.get(item));
            spans.extend(rule.and_then(|rule| rule.provenance.0));
            if let Some(changes) = rule.and_then(|rule| rule.changes.as_ref()) {
                spans.extend(changes.provenance.0);
                reasons.push(reason::CHANGES.to_owned());
            }
            let sets = job.rules.union.iter().flat_map(|union| &union.sets);
            spans.extend(sets.filter_map(|set| self.set(set)));
        }
        if spans.is_empty() {
            spans.extend(
                self.places
                    .job(&job.origin, path)
                    .filter(|_| !path.is_empty()),
            );
        }
        if spans.is_empty() {
            spans.push(job.place);
        }
        let origin = job.origin.to_string();
        Trace {
            what,
            places: self.lines(spans.into_iter().map(|span| (span, origin.clone()))),
            reasons,
        }
    }

    /// Where a set of refs stands.
    fn set(&self, name: &str) -> Option<Span> {
        self.places
            .exactly_global(&["refs".to_owned(), name.to_owned()])
    }

    fn merged(&self, names: &[String]) -> Trace {
        let bases = self.lowered.pipeline.bases.iter();
        let mut bases = bases.filter(|base| names.contains(&base.id.to_string()));
        match bases.next() {
            Some(base) => self.base(base),
            None => self.global(&[]),
        }
    }

    fn base(&self, base: &Base) -> Trace {
        let jobs = self.lowered.pipeline.jobs.iter();
        let jobs = jobs.filter(|job| job.bases.contains(&base.id));
        Trace {
            what: format!("`.{}`, which several jobs share", base.id),
            places: self.of_jobs(jobs),
            reasons: base
                .comment
                .lines()
                .map(str::to_owned)
                .chain([reason::BASE.to_owned()])
                .collect(),
        }
    }

    /// A hidden job with values that jobs use by an alias.
    fn shared(&self, text: &Node, name: &str) -> Trace {
        let pipeline = &self.lowered.pipeline;
        let users = line::users(text, name);
        let jobs = || pipeline.jobs.iter().filter(|job| users.contains(&job.name));
        let holder = name.trim_start_matches('.');
        let unions = jobs().filter_map(|job| job.rules.union.as_ref());
        let union = unions
            .into_iter()
            .find(|union| Holder::Refs((*union).clone()).to_string() == holder);
        let sets = union.into_iter().flat_map(|union| &union.sets);
        let sets = sets.filter_map(|set| Some((self.set(set)?, format!("refs.{set}"))));
        let mut places = self.lines(sets);
        let reason = match union {
            Some(_) => reason::REFS,
            None => reason::SHARED,
        };
        if places.is_empty() {
            places = self.of_jobs(jobs());
        }
        Trace {
            what: format!("`{name}`, which several jobs share"),
            places,
            reasons: vec![reason.to_owned()],
        }
    }

    fn global(&self, keys: &[String]) -> Trace {
        let key = keys.first().map_or("", String::as_str);
        let place = match self.places.global(keys) {
            Some(span) => (span, key.to_owned()),
            None => (Span::default(), "the whole manifest".to_owned()),
        };
        Trace {
            what: format!("`{}` of the pipeline", keys.join(".")),
            places: self.lines([place]),
            reasons: vec![reason::of_global(key).to_owned()],
        }
    }

    fn of_jobs<'j>(&self, jobs: impl Iterator<Item = &'j Job>) -> Vec<(String, String)> {
        let mut places = self.lines(jobs.map(|job| (job.place, job.origin.to_string())));
        places.truncate(MOST);
        places
    }

    fn lines(&self, spans: impl IntoIterator<Item = (Span, String)>) -> Vec<(String, String)> {
        let mut places: Vec<(String, String)> = Vec::new();
        for (span, path) in spans {
            let (file, at) = self.manifest.locate(span.start);
            let place = (format!("{file}:{}", at.line), path);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }
}
