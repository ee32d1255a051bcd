//! From an existing `.gitlab-ci.yml` to a manifest that is proven to make the same pipeline.
//!
//! In: the text of a pipeline, its configuration, and the project around it. Out: an [`Imported`]
//! manifest, or why there is none. Always holds: the manifest was compiled, and compared with the
//! pipeline as [`diff`](crate::diff) does, and nothing changes in what was compared but what
//! [`Imported::changes`] tells, and that only if it was asked for. No input panics.
//!
//! ```text
//! text -> blocks, scalars -> sections -> proposals -> compile, diff -> manifest of jobs
//! jobs -> entity -> drafts -> settle, shorten -> compile, diff -> manifest of entities
//! ```
//!
//! `blocks` cuts the text at its top-level keys, so that comments and layout stay; `scalars` finds
//! what has to be spelled another way; `sections` puts the blocks where a manifest has them; `values`
//! writes a pipeline anew where its text cannot be kept. `entity` recognises what jobs would be as
//! entities, `settle` keeps those that do the same, `written` has their text, and `shorten` takes away
//! what they need not say.

mod blocks;
mod comments;
mod entity;
mod scalars;
mod sections;
mod settle;
mod shorten;
mod used;
mod values;
mod written;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::check::Files;
use crate::compile::{InternalError, compile};
use crate::config::{Given, Map, Node, Repository, load_text, read_pipeline};
use crate::diff::{Comparison, Effect, diff_all, surely_differs};
use crate::finding::{Code, Finding, Report, Severity};
use crate::gitlab::Version;
use crate::lower::Lowered;
use crate::manifest::accepted::Accepted;
use crate::manifest::resolved::DEFAULT_TARGET;
use crate::plan::Configs;
use crate::source::Source;
pub use comments::Comment;
use entity::{Sets, View};
use sections::{Part, Parts};
use settle::Trial;

/// A manifest that makes the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its text.
    pub text: String,
    /// Why it is not made of the text of the pipeline, so that it has neither its comments nor its anchors.
    pub rewritten: Option<String>,
    /// The comments of the pipeline that it does not have.
    pub lost: Vec<Comment>,
    /// The entities that took the place of jobs.
    pub entities: Vec<Taken>,
    /// The keys of the jobs that stay as they are.
    pub raw: Vec<String>,
    /// What it does to the pipeline; nothing but what [`Depth::Improved`] allows.
    pub changes: Comparison,
    /// For jobs that [`Depth::Improved`] could make entities of, an effect that nobody asked for and for which
    /// they stay jobs.
    pub unimproved: Vec<Effect>,
    /// What is found in the manifest; no errors.
    pub report: Report,
}

/// An entity that took the place of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The key of its collection, as in `images`.
    pub collection: &'static str,
    /// Its name.
    pub name: String,
    /// The keys of the jobs.
    pub jobs: Vec<String>,
}

/// How far an import goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every job stays as it is.
    Jobs,
    /// Jobs become entities where these do the same.
    Entities,
    /// Jobs become entities also where these do more, or other things.
    Improved,
}

/// Why there is no manifest.
#[derive(Debug)]
pub enum Refused {
    /// The manifest that was tried has errors.
    Findings(Report),
    /// It makes another pipeline.
    Differs(Comparison),
    /// A fault of windlass itself.
    Internal(InternalError),
}

/// What an import is about.
pub struct Pipeline<'a> {
    /// The text of the pipeline.
    pub source: &'a Source,
    /// What it is read to.
    pub configs: &'a Configs<'a>,
    /// The default branch of its project, if it is known.
    pub default_branch: Option<&'a str>,
}

/// Finds a manifest that makes the pipeline.
///
/// `manifest` is the path that it is to have; `target` the GitLab that it names, if any; `project` is
/// what surrounds it.
///
/// # Errors
///
/// Why there is none: what the first manifest that was tried is refused for.
pub fn import<P>(
    pipeline: &Pipeline<'_>,
    manifest: &str,
    target: Option<Version>,
    depth: Depth,
    project: &P,
) -> Result<Imported, Refused>
where
    P: Files + Repository + Clone + 'static,
{
    if let Some(spec) = &pipeline.configs.base().spec {
        return Err(Refused::Findings(has_inputs(pipeline, spec)));
    }
    let mut refused = None;
    for mut proposal in proposals(pipeline, target).map_err(Refused::Findings)? {
        let mut tried = compiled_and_compared(pipeline, manifest, &proposal.text, project);
        let mut accept = String::new();
        if let Err(Refused::Findings(report)) = &tried
            && let Some(accepted) = accepted(report)
        {
            proposal.text.push_str(&accepted);
            accept = accepted;
            tried = compiled_and_compared(pipeline, manifest, &proposal.text, project);
        }
        match tried {
            Ok(tried) if tried.comparison.effects.is_empty() => {
                let jobs = Imported {
                    rewritten: match proposal.order {
                        Some(_) => None,
                        None => Some(reason(refused.as_ref(), pipeline.source)),
                    },
                    lost: comments::lost(pipeline.source, &proposal.text),
                    text: proposal.text,
                    entities: Vec::new(),
                    raw: raw(pipeline, |_| true),
                    changes: tried.comparison,
                    unimproved: Vec::new(),
                    report: tried.made.report,
                };
                let Some(order) = proposal.order.filter(|_| depth != Depth::Jobs) else {
                    return Ok(jobs);
                };
                let found = entities(pipeline, manifest, (target, depth, order), &accept, project);
                let (found, unimproved) = found.unwrap_or_default();
                return Ok(Imported {
                    unimproved,
                    ..found.unwrap_or(jobs)
                });
            }
            Ok(tried) => {
                refused.get_or_insert(Refused::Differs(tried.comparison));
            }
            Err(fault @ Refused::Internal(_)) => return Err(fault),
            Err(why) => {
                refused.get_or_insert(why);
            }
        }
    }
    Err(refused.unwrap_or_else(|| Refused::Findings(Report::about(pipeline.source.clone()))))
}

/// Why the text of a pipeline is not kept: what the first manifest made of it was refused for.
fn reason(refused: Option<&Refused>, source: &Source) -> String {
    match refused {
        Some(Refused::Findings(report)) => {
            let errors = report.sorted();
            let mut errors = errors.iter();
            let error = errors.find(|found| found.severity == Severity::Error);
            error.map_or_else(|| blocks::fault(source), |error| error.message.clone())
        }
        Some(Refused::Differs(comparison)) => match comparison.effects.first() {
            Some(Effect {
                job: Some(job),
                text,
                ..
            }) => format!("`{job}` {text}"),
            Some(effect) => effect.text.clone(),
            None => blocks::fault(source),
        },
        Some(Refused::Internal(_)) | None => blocks::fault(source),
    }
}

/// A pipeline that people give inputs to has no manifest: a generated file declares none.
fn has_inputs(pipeline: &Pipeline<'_>, spec: &Node) -> Report {
    let inputs = spec.get("inputs").and_then(Node::as_map);
    let names = inputs.into_iter().flat_map(Map::iter);
    let names: Vec<String> = names.map(|(key, _)| format!("`{}`", key.text)).collect();
    let message = match names.is_empty() {
        true => "a manifest has no `spec`".to_owned(),
        false => format!(
            "a manifest has no inputs, and `spec` declares {}",
            names.join(", ")
        ),
    };
    let finding = Finding::new(Code::UnknownKey, spec.place, message)
        .help("make each input a variable at the top, with `value`, `description` and `options`, and use `$NAME` in jobs")
        .help("or write the values in place of `$[[ inputs.NAME ]]`, and remove `spec`")
        .help("then import it; `windlass lint` and `windlass plan --file` read the pipeline as it is");
    Report::of(&pipeline.configs.base().sources, [finding])
}

/// The manifest in which jobs are entities, `None` if there is none that is better; and for jobs that were not
/// improved, why.
fn entities<P>(
    pipeline: &Pipeline<'_>,
    manifest: &str,
    (target, depth, order): (Option<Version>, Depth, [Part; 3]),
    accept: &str,
    project: &P,
) -> Option<(Option<Imported>, Vec<Effect>)>
where
    P: Files + Repository + Clone + 'static,
{
    let root = load_text(pipeline.source).ok()?;
    let file = blocks::cut(pipeline.source)?;
    let parts = Parts {
        file: &file,
        map: root.as_map()?,
        target,
        order,
    };
    let config = pipeline.configs.widest();
    let view = View::of(&config, target.unwrap_or(DEFAULT_TARGET));
    let improve = depth == Depth::Improved;
    let mut sets = Sets::new(improve);
    let drafts = entity::candidates(&view, &mut sets);
    let mut trial = Trial::new(pipeline, manifest, project, parts, sets, improve);
    let settled = trial.settle(&drafts, accept);
    let unimproved = trial.unimproved(&drafts, &settled);
    if settled.entities.is_empty() {
        return Some((None, unimproved));
    }
    let written = trial.shortened(settled);
    Some((trial.imported(&written), unimproved))
}

/// The keys of the jobs that stay.
fn raw(pipeline: &Pipeline<'_>, stays: impl Fn(&str) -> bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for job in &pipeline.configs.widest().jobs {
        if stays(&job.key) && !all.contains(&job.key) {
            all.push(job.key.clone());
        }
    }
    all
}

/// A manifest that compiles, compared.
struct Tried {
    comparison: Comparison,
    made: Made,
}

/// What a manifest makes.
struct Made {
    source: Source,
    lowered: Lowered,
    /// The text of the pipeline, without its header.
    body: String,
    report: Report,
    /// Where in the manifest each job comes from.
    places: HashMap<String, usize>,
}

/// Compiles a manifest.
fn made<P>(manifest: &str, text: &str, project: &P) -> Result<Made, Refused>
where
    P: Files + Repository + Clone + 'static,
{
    let source = Source::new(manifest, text);
    let compiled = compile(&source, project).map_err(Refused::Internal)?;
    let body = compiled.files.as_ref().and_then(|files| files.pipeline());
    let body = body.map(|file| file.body.clone());
    let (Some(lowered), Some(body)) = (compiled.lowered, body) else {
        return Err(Refused::Findings(compiled.report));
    };
    let jobs = lowered.pipeline.jobs.iter();
    let places = jobs.map(|job| (job.name.clone(), job.place.start));
    Ok(Made {
        places: places.collect(),
        source,
        body,
        report: compiled.report,
        lowered,
    })
}

/// Whether something changes, as far as a quick look tells.
fn surely_changes<P>(pipeline: &Pipeline<'_>, made: &Made, project: &P) -> bool
where
    P: Files + Repository + Clone + 'static,
{
    let read =
        |given: &dyn Given| read_pipeline(&made.lowered.pipeline, &made.source, project, given);
    Configs::new(read).map_or(true, |after| surely_differs(pipeline.configs, &after))
}

/// What changes if the manifest takes the pipeline's place.
fn compared<P>(pipeline: &Pipeline<'_>, made: Made, project: &P) -> Result<Tried, Refused>
where
    P: Files + Repository + Clone + 'static,
{
    let read =
        |given: &dyn Given| read_pipeline(&made.lowered.pipeline, &made.source, project, given);
    let after = Configs::new(read).map_err(Refused::Findings)?;
    let after = after.with_children(Rc::new(project.clone()));
    let after = after.with_files_of(pipeline.configs);
    let comparison = diff_all(pipeline.configs, &after, pipeline.default_branch);
    drop(after);
    Ok(Tried { comparison, made })
}

/// Compiles a manifest, and compares it.
fn compiled_and_compared<P>(
    pipeline: &Pipeline<'_>,
    manifest: &str,
    text: &str,
    project: &P,
) -> Result<Tried, Refused>
where
    P: Files + Repository + Clone + 'static,
{
    compared(pipeline, made(manifest, text, project)?, project)
}

/// The line that accepts what the pipeline does already; `None` if a manifest cannot accept all errors.
fn accepted(report: &Report) -> Option<String> {
    let errors = report.sorted();
    let errors = errors
        .iter()
        .filter(|found| found.severity == Severity::Error);
    let codes: HashSet<Code> = errors.map(|found| found.code).collect();
    let words: Vec<&str> = Accepted::ALL
        .iter()
        .copied()
        .filter(|word| codes.contains(&word.code()))
        .map(Accepted::as_str)
        .collect();
    (words.len() == codes.len()).then(|| {
        format!(
            "\n# As it was before the import.\naccept: [{}]\n",
            words.join(", ")
        )
    })
}

/// A manifest that should make the pipeline.
struct Proposal {
    text: String,
    /// The order of its parts; `None` if the text of the pipeline was not kept.
    order: Option<[Part; 3]>,
}

/// What to try, the nicest first. None if GitLab's YAML loader takes the text for no mapping.
fn proposals(pipeline: &Pipeline<'_>, target: Option<Version>) -> Result<Vec<Proposal>, Report> {
    let source = pipeline.source;
    let root = load_text(source)?;
    let Some(map) = root.as_map() else {
        return Ok(Vec::new());
    };
    let mut all: Vec<Proposal> = Vec::new();
    if let Some(file) = blocks::cut(source) {
        for order in sections::ORDERS {
            let parts = Parts {
                file: &file,
                map,
                target,
                order,
            };
            all.push(Proposal {
                text: parts.arranged(),
                order: Some(order),
            });
        }
    }
    // Where a manifest does not take `!reference`, as for stages, what it stands for.
    let config = pipeline.configs.base();
    let is_alone = config.sources.len() == 1 && config.unresolved.is_empty();
    let resolved = config.tree.as_map().filter(|_| is_alone);
    for map in [Some(map), resolved].into_iter().flatten() {
        if let Some(text) = values::written(map, target) {
            all.push(Proposal { text, order: None });
        }
    }
    Ok(all)
}
