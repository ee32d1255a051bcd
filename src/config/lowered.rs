//! The effective configuration of a pipeline that was made from a manifest.
//!
//! In: a [`Pipeline`] and the text of its manifest. Out: the [`Config`] that GitLab would make of
//! the written file. Always holds: nothing is written and read back; every job knows its
//! [origin](crate::pipeline::Origin), and every value of it points at that entity.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use super::model::Config;
use super::value::{Entry, Key, Map, Node, Place, Value};
use super::{Given, Nothing, Reading, Repository, Unknown};
use crate::files::Unread;
use crate::finding::{Location, Report};
use crate::pipeline::{
    Document, Include, Job as PlannedJob, Mapping, Origin, Pipeline, Rule as PlannedRule,
    Value as Planned,
};
use crate::source::{Source, Span};

/// Makes the effective configuration of a lowered pipeline whose includes are not read.
///
/// # Errors
///
/// What GitLab would refuse in it; only raw jobs and keys can bring that about.
pub fn of_pipeline(pipeline: &Pipeline, manifest: &Source) -> Result<Config, Report> {
    read_pipeline(pipeline, manifest, &Unknown, &Nothing).result
}

/// Finds where the manifest asks for a key of a job, or for a global one: the path of the key.
pub type AskedAt<'a> = dyn Fn(Option<&Origin>, &[String]) -> Option<Span> + 'a;

/// What GitLab would refuse in a lowered pipeline, each problem at the key that asks for it. That key
/// is looked for where there is a problem and nowhere else.
pub fn refused(
    pipeline: &Pipeline,
    manifest: &Source,
    repository: &dyn Repository,
    asked: &AskedAt<'_>,
) -> Report {
    let steps = Steps::default();
    let document = pipeline.to_document();
    let reading = read(
        pipeline,
        &document,
        manifest,
        repository,
        &Nothing,
        Some(&steps),
    );
    let report = reading.result.err().unwrap_or_default();
    let found = report.sorted().into_iter().cloned().map(|mut finding| {
        if let Location::Text(place) = &mut finding.location {
            *place = steps.resolve(*place, asked);
        }
        for related in &mut finding.related {
            related.place = steps.resolve(related.place, asked);
        }
        finding
    });
    Report::of(report.sources(), found)
}

/// Reads a lowered pipeline and what it includes in a pipeline of which this is known.
pub fn read_pipeline(
    pipeline: &Pipeline,
    manifest: &Source,
    repository: &dyn Repository,
    given: &dyn Given,
) -> Reading {
    read_document(
        pipeline,
        &pipeline.to_document(),
        manifest,
        repository,
        given,
    )
}

/// The same of a pipeline whose document is there already.
pub(crate) fn read_document(
    pipeline: &Pipeline,
    document: &Document,
    manifest: &Source,
    repository: &dyn Repository,
    given: &dyn Given,
) -> Reading {
    read(pipeline, document, manifest, repository, given, None)
}

fn read<'p>(
    pipeline: &'p Pipeline,
    document: &Document,
    manifest: &Source,
    repository: &dyn Repository,
    given: &dyn Given,
    steps: Option<&Steps<'p>>,
) -> Reading {
    let whole = Place::default();
    let global = Spot::of(whole, steps, None);
    // Jobs hold all keys of their bases. The hidden jobs of these have names that the text may
    // change, so nothing written by hand can extend them.
    let mut tree = mapping(&document.globals, &global);
    let raw = |map: &Mapping| matches!(map.get("workflow"), Some(Planned::Map(own)) if own.get("rules").is_some());
    if let Some(Planned::Map(workflow)) = document.globals.get("workflow")
        && !raw(&pipeline.raw)
        && let Some(own) = workflow.get("rules")
    {
        let mut keys = mapping(workflow, &global.below("workflow"));
        keys.put("rules", rules(own, &pipeline.workflow, whole));
        tree.put("workflow", Node::new(Value::Map(Arc::new(keys)), whole));
    }
    let planned: HashMap<&str, &PlannedJob> = pipeline
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job))
        .collect();
    for job in document.sections.iter().flat_map(|section| &section.jobs) {
        let planned = planned.get(job.name.as_str());
        let place = Place {
            file: 0,
            span: planned.map(|planned| planned.place).unwrap_or_default(),
        };
        let origin = planned.map(|planned| &planned.origin);
        // A hidden job of windlass itself has no place in the manifest.
        let spot = Spot::of(place, steps.filter(|_| origin.is_some()), origin);
        let mut keys = mapping(&job.keys, &spot);
        // Rules of raw keys replace them, and stay where they are.
        if let Some(planned) = planned
            && planned.raw.get("rules").is_none()
            && let Some(own) = job.keys.get("rules")
        {
            keys.put("rules", rules(own, &planned.rules.list, place));
        }
        tree.put(&job.name, Node::new(Value::Map(Arc::new(keys)), place));
    }
    let include = |include: &Include| {
        let place = Place {
            file: 0,
            span: include.span,
        };
        node(&include.value, &Spot::of(place, None, None))
    };
    if !pipeline.include.is_empty() {
        let entries = pipeline.include.iter().map(include).collect();
        tree.put("include", Node::new(Value::Seq(entries), whole));
    }
    let tree = Node::new(Value::Map(Arc::new(tree)), whole);
    let repository = Vendored {
        repository,
        folder: pipeline.includes_from.clone(),
    };
    let mut reading = super::read_tree(tree, manifest.clone(), &repository, given, true);
    if let Ok(config) = &mut reading.result {
        name_origins(config, pipeline);
    }
    reading
}

/// The repository as a lowered pipeline sees it, with the files from elsewhere that the manifest names.
pub fn vendored<'r>(
    pipeline: &Pipeline,
    repository: Rc<dyn Repository + 'r>,
) -> Rc<dyn Repository + 'r> {
    Rc::new(Vendored {
        repository,
        folder: pipeline.includes_from.clone(),
    })
}

/// A repository that holds files from elsewhere in one of its own folders.
struct Vendored<R> {
    repository: R,
    folder: Option<String>,
}

impl<'r, R: Deref<Target = dyn Repository + 'r>> Repository for Vendored<R> {
    fn read(&self, path: &str) -> Result<String, Unread> {
        self.repository.read(path)
    }

    fn paths(&self) -> Option<Vec<String>> {
        self.repository.paths()
    }

    fn is_known(&self) -> bool {
        self.repository.is_known()
    }

    fn elsewhere(&self, path: &str) -> Result<(String, String), Unread> {
        match (self.repository.elsewhere(path), &self.folder) {
            (Err(Unread::Absent), Some(folder)) => {
                let path = format!("{}/{path}", folder.trim_end_matches('/'));
                self.repository.read(&path).map(|text| (path, text))
            }
            (found, _) => found,
        }
    }
}

/// Says of each job of the manifest where it comes from.
fn name_origins(config: &mut Config, pipeline: &Pipeline) {
    let planned: HashMap<&str, &PlannedJob> = pipeline
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job))
        .collect();
    for job in &mut config.jobs {
        let Some(planned) = planned.get(job.key.as_str()) else {
            continue;
        };
        job.origin = Some(planned.origin.clone());
    }
}

/// The rules of a job or of the workflow, each at the entry of the manifest that asks for it.
fn rules(from: &Planned, planned: &[PlannedRule], place: Place) -> Node {
    let Planned::Seq(items) = from.plain() else {
        return node(from, &Spot::of(place, None, None));
    };
    let rule = |(item, planned): (&Planned, &PlannedRule)| {
        let mut rule = node(item, &Spot::of(place, None, None));
        if let Some(span) = planned.provenance.0 {
            rule.place = Place { file: 0, span };
        }
        rule
    };
    let items = items.iter().zip(planned).map(rule).collect();
    Node::new(Value::Seq(items), place)
}

/// The keys on the way to the values of a pipeline, so that the manifest's key for one can be found
/// later. A place in the file [`STEPS`] is the number of a step.
#[derive(Default)]
struct Steps<'p>(RefCell<Vec<Step<'p>>>);

/// No file: its places are numbers of steps.
const STEPS: usize = usize::MAX;

/// A key, or an item of a list that says this.
struct Step<'p> {
    origin: Option<&'p Origin>,
    /// The place of the job, for what the manifest does not ask for by itself.
    of_job: Place,
    above: Option<usize>,
    key: String,
}

impl<'p> Steps<'p> {
    /// The place that stands for a step.
    fn add(&self, step: Step<'p>) -> Place {
        let mut steps = self.0.borrow_mut();
        let number = steps.len();
        steps.push(step);
        Place {
            file: STEPS,
            span: Span::new(number, number),
        }
    }

    /// The place in the manifest: of the key itself, else of the nearest one above it.
    fn resolve(&self, place: Place, asked: &AskedAt<'_>) -> Place {
        let steps = self.0.borrow();
        let Some(last) = steps.get(place.span.start).filter(|_| place.file == STEPS) else {
            return place;
        };
        let mut path = vec![last.key.clone()];
        let mut above = last.above;
        while let Some(step) = above.and_then(|number| steps.get(number)) {
            path.push(step.key.clone());
            above = step.above;
        }
        path.reverse();
        while !path.is_empty() {
            if let Some(span) = asked(last.origin, &path) {
                return Place { file: 0, span };
            }
            path.pop();
        }
        last.of_job
    }
}

/// A value of the pipeline, and the place that it gets.
struct Spot<'a, 'p> {
    place: Place,
    of_job: Place,
    steps: Option<&'a Steps<'p>>,
    origin: Option<&'p Origin>,
    number: Option<usize>,
}

impl<'a, 'p> Spot<'a, 'p> {
    fn of(place: Place, steps: Option<&'a Steps<'p>>, origin: Option<&'p Origin>) -> Self {
        Self {
            place,
            of_job: place,
            steps,
            origin,
            number: None,
        }
    }

    /// What is under a key, or an item of a list that says this.
    fn below(&self, key: &str) -> Self {
        let (place, number) = match self.steps {
            None => (self.place, None),
            Some(steps) => {
                let place = steps.add(Step {
                    origin: self.origin,
                    of_job: self.of_job,
                    above: self.number,
                    key: key.to_owned(),
                });
                (place, Some(place.span.start))
            }
        };
        Self {
            place,
            number,
            ..*self
        }
    }
}

fn mapping(from: &Mapping, spot: &Spot<'_, '_>) -> Map {
    let entry = |(key, value): (&str, &Planned)| {
        let below = spot.below(key);
        let (key_place, value) = (below.place, node(value, &below));
        (Key::string(key), Entry { key_place, value })
    };
    from.iter().map(entry).collect()
}

fn node(from: &Planned, spot: &Spot<'_, '_>) -> Node {
    let item = |item: &Planned| match item.as_str() {
        Some(text) => node(item, &spot.below(text)),
        None => node(item, spot),
    };
    let value = match from.plain() {
        Planned::Null | Planned::Shared(_) => Value::Null,
        Planned::Bool(value) => Value::Bool(*value),
        Planned::Int(number) => Value::Int(i128::from(*number)),
        Planned::Str(text) => Value::Str(text.as_str().into()),
        Planned::Seq(items) => Value::Seq(items.iter().map(item).collect()),
        Planned::Map(map) => Value::Map(Arc::new(mapping(map, spot))),
        Planned::Reference(path) => {
            let step = |name: &String| Node::new(Value::Str(name.as_str().into()), spot.place);
            Value::Reference(path.iter().map(step).collect())
        }
    };
    Node::new(value, spot.place)
}
