//! Which drafts become entities.
//!
//! In: drafts, and the pipeline. Out: a [`Written`] manifest that changes nothing, or only what was asked
//! for. Always holds: what is given out was compiled and compared; a draft that changes something goes
//! back to raw jobs, and the others stay. The number of attempts is bounded by the size of the pipeline.

use std::collections::{BTreeMap, BTreeSet};

use super::comments;
use super::entity::{Candidate, Draft, Sets, Way};
use super::sections::Parts;
use super::used::unused_defaults;
use super::written::{Entity, Written, add, needed};
use super::{
    Imported, Pipeline, Refused, Taken, Tried, compared, compiled_and_compared, made,
    surely_changes,
};
use crate::check::Files;
use crate::config::Repository;
use crate::diff::Effect;
use crate::finding::{Location, Severity};

/// Attempts for a pipeline of any size.
const MOST: usize = 300;

/// Attempts times jobs: a pipeline of thousands of jobs has few.
const MOST_JOBS: usize = 8_000;

/// Tries manifests.
pub(super) struct Trial<'t, P> {
    /// The pipeline that must stay.
    pub(super) pipeline: &'t Pipeline<'t>,
    /// The path of the manifest.
    pub(super) manifest: &'t str,
    /// What surrounds it.
    pub(super) project: &'t P,
    /// The pieces of the pipeline.
    pub(super) parts: Parts<'t>,
    /// The ref sets.
    pub(super) sets: Sets,
    /// Whether drafts may do other things than the jobs, on purpose.
    pub(super) improve: bool,
    /// Whether windlass writes the workflow: then it knows which pipelines there are, and its conditions are
    /// shorter.
    own_workflow: bool,
    /// What the manifest does to the pipeline; nothing if no draft may change anything.
    shown: Vec<Effect>,
    /// For drafts that were to improve their jobs, what they would change besides.
    refused: BTreeMap<usize, Effect>,
    /// The pipeline that the best manifest so far makes.
    body: String,
    left: usize,
}

/// What an attempt says.
enum Verdict {
    /// Nothing changes but what may.
    Clean,
    /// These drafts are at fault.
    Blamed(BTreeSet<usize>),
    /// Something is, and it is not known what.
    Open,
}

impl<'t, P> Trial<'t, P>
where
    P: Files + Repository + Clone + 'static,
{
    /// A trial with all its attempts before it.
    pub(super) fn new(
        pipeline: &'t Pipeline<'t>,
        manifest: &'t str,
        project: &'t P,
        parts: Parts<'t>,
        sets: Sets,
        improve: bool,
    ) -> Self {
        let jobs = pipeline.configs.base().jobs.len().max(1);
        Self {
            pipeline,
            manifest,
            project,
            parts,
            sets,
            improve,
            own_workflow: false,
            shown: Vec::new(),
            refused: BTreeMap::new(),
            body: String::new(),
            left: (MOST_JOBS / jobs).clamp(8, MOST),
        }
    }

    /// Whether anything can be tried.
    pub(super) fn has_attempts(&self) -> bool {
        self.left > 0
    }

    /// What a manifest makes; `None` if there is none, or no attempt is left.
    fn attempt(&mut self, written: &Written) -> Option<Result<Tried, Refused>> {
        self.left = self.left.checked_sub(1)?;
        let text = written.text(&self.parts, &self.sets)?;
        Some(compiled_and_compared(
            self.pipeline,
            self.manifest,
            &text.text,
            self.project,
        ))
    }

    /// Whether a manifest changes nothing more than what was shown.
    pub(super) fn is_as_good(&mut self, written: &Written) -> bool {
        let Some(left) = self.left.checked_sub(1) else {
            return false;
        };
        self.left = left;
        let Some(text) = written.text(&self.parts, &self.sets) else {
            return false;
        };
        let Ok(made) = made(self.manifest, &text.text, self.project) else {
            return false;
        };
        if made.body == self.body {
            return true;
        }
        // What was shown must stay as it was shown.
        let shown = !self.shown.is_empty();
        if shown || surely_changes(self.pipeline, &made, self.project) {
            return false;
        }
        let Ok(tried) = compared(self.pipeline, made, self.project) else {
            return false;
        };
        if tried.comparison.effects != self.shown {
            return false;
        }
        self.body = tried.made.body;
        true
    }

    /// The improvements that were refused, for jobs that stay as they are.
    pub(super) fn unimproved(&self, drafts: &[Candidate], settled: &Written) -> Vec<Effect> {
        let stays = |at: usize| {
            let draft = drafts.get(at).and_then(|draft| draft.ways().next());
            let job = draft.and_then(|(draft, _)| draft.takes.first());
            job.is_some_and(|job| !settled.left_out.contains(job))
        };
        let refused = self.refused.iter().filter(|(at, _)| stays(**at));
        refused.map(|(_, effect)| effect.clone()).collect()
    }

    /// The manifest as it is given out, compiled and compared once more.
    pub(super) fn imported(&mut self, written: &Written) -> Option<Imported> {
        self.left = self.left.max(1);
        let text = written.text(&self.parts, &self.sets)?.text;
        let tried = self.attempt(written)?.ok()?;
        if tried.comparison.effects != self.shown {
            return None;
        }
        let taken = written.entities.iter().map(|entity| Taken {
            collection: entity.collection.as_str(),
            name: entity.name.clone(),
            jobs: entity.takes.clone(),
        });
        Some(Imported {
            rewritten: None,
            lost: comments::lost(self.pipeline.source, &text),
            text,
            entities: taken.collect(),
            raw: super::raw(self.pipeline, |key| !written.left_out.contains(key)),
            changes: tried.comparison,
            unimproved: Vec::new(),
            report: tried.made.report,
        })
    }

    fn judge(
        &mut self,
        written: &Written,
        drafts: &[Candidate],
        chosen: &[Option<usize>],
    ) -> Verdict {
        let Some(text) = written.text(&self.parts, &self.sets) else {
            return Verdict::Open;
        };
        let draft_of = |entity: usize| written.entities.get(entity).map(|entity| entity.draft);
        let mut blamed = BTreeSet::new();
        let mut open = false;
        let (mut effects, mut body) = (Vec::new(), String::new());
        match self.attempt(written) {
            None | Some(Err(Refused::Internal(_) | Refused::Differs(_))) => return Verdict::Open,
            Some(Err(Refused::Findings(report))) => {
                let errors = report.sorted();
                for error in errors
                    .iter()
                    .filter(|found| found.severity == Severity::Error)
                {
                    let at = match &error.location {
                        Location::Text(place) if place.file == 0 => text.entity(place.span.start),
                        _ => None,
                    };
                    match at.and_then(draft_of) {
                        Some(draft) => drop(blamed.insert(draft)),
                        None => open = true,
                    }
                }
            }
            Some(Ok(tried)) => {
                for effect in &tried.comparison.effects {
                    let Some(job) = &effect.job else {
                        // A new image has a variable for all jobs.
                        let image = self.improve.then(|| written.image_of(effect)).flatten();
                        open |= !image.is_some_and(|draft| way_improves(drafts, chosen, draft));
                        continue;
                    };
                    let made = tried
                        .made
                        .places
                        .get(job)
                        .and_then(|place| text.entity(*place));
                    let taken = || {
                        let key = self.key_of(job);
                        let takes = |draft: &Candidate, way: usize| {
                            draft
                                .way(way)
                                .is_some_and(|(draft, _)| draft.takes.contains(&key))
                        };
                        let mut all = drafts.iter().zip(chosen);
                        all.position(|(draft, way)| way.is_some_and(|way| takes(draft, way)))
                    };
                    match made.and_then(draft_of).or_else(taken) {
                        Some(draft) if means(drafts, chosen, draft, effect) => {}
                        Some(draft) => {
                            if way_improves(drafts, chosen, draft) {
                                self.refused.entry(draft).or_insert_with(|| effect.clone());
                            }
                            blamed.insert(draft);
                        }
                        None => open = true,
                    }
                }
                effects = tried.comparison.effects;
                body = tried.made.body;
            }
        }
        match (blamed.is_empty(), open) {
            (true, false) => {
                (self.shown, self.body) = (effects, body);
                Verdict::Clean
            }
            (true, true) => Verdict::Open,
            (false, _) => Verdict::Blamed(blamed),
        }
    }

    /// The key of a job of the pipeline.
    fn key_of(&self, name: &str) -> String {
        let config = self.pipeline.configs.widest();
        config.job(name).map_or(name, |job| &job.key).to_owned()
    }

    /// The manifest in which as many drafts as possible are entities.
    pub(super) fn settle(&mut self, drafts: &[Candidate], accept: &str) -> Written {
        let first = |draft: &Candidate| self.next(draft, None);
        let mut chosen: Vec<Option<usize>> = drafts.iter().map(first).collect();
        self.own_workflow = self.parts.map.has("workflow");
        let mut written = self.written(drafts, &mut chosen, accept);
        if self.own_workflow && !self.keeps_pipelines(&written) {
            self.own_workflow = false;
            written = self.written(drafts, &mut chosen, accept);
        }
        // Each round takes at least one way from a draft.
        while chosen.iter().any(Option::is_some) && self.left > 0 {
            match self.judge(&written, drafts, &chosen) {
                Verdict::Clean => return written,
                Verdict::Blamed(blamed) => {
                    for at in blamed {
                        if let (Some(draft), Some(slot)) = (drafts.get(at), chosen.get_mut(at)) {
                            *slot = slot.and_then(|way| self.next(draft, Some(way)));
                        }
                    }
                }
                Verdict::Open => return self.one_by_one(drafts, accept),
            }
            written = self.written(drafts, &mut chosen, accept);
        }
        let mut none = vec![None; drafts.len()];
        self.written(drafts, &mut none, accept)
    }

    /// Whether there are the same pipelines as before, whatever becomes of their jobs.
    fn keeps_pipelines(&mut self, written: &Written) -> bool {
        let Some(Ok(tried)) = self.attempt(written) else {
            return false;
        };
        let mut effects = tried.comparison.effects.iter();
        effects.all(|effect| effect.job.is_some())
    }

    /// One draft after the other, where it is not known which of them is at fault.
    fn one_by_one(&mut self, drafts: &[Candidate], accept: &str) -> Written {
        let mut chosen: Vec<Option<usize>> = vec![None; drafts.len()];
        let mut best = self.written(drafts, &mut chosen, accept);
        for (at, draft) in drafts.iter().enumerate() {
            let mut way = self.next(draft, None);
            while let Some(number) = way {
                let mut tried = chosen.clone();
                if let Some(slot) = tried.get_mut(at) {
                    *slot = Some(number);
                }
                let written = self.written(drafts, &mut tried, accept);
                let kept = tried.get(at).is_some_and(Option::is_some);
                if kept && matches!(self.judge(&written, drafts, &tried), Verdict::Clean) {
                    (chosen, best) = (tried, written);
                    break;
                }
                way = self.next(draft, Some(number));
            }
        }
        best
    }

    /// The way to try after another one. Where a draft may improve its jobs, the ways that do come as soon as
    /// the nicest exact one has failed.
    fn next(&self, draft: &Candidate, after: Option<usize>) -> Option<usize> {
        let ways = draft.ways().enumerate();
        let ways = ways.filter(|(_, (_, way))| self.improve || way.improves.is_empty());
        let rank = |number: usize, way: &Way| match (number, !way.improves.is_empty()) {
            (0, _) => 0,
            (_, true) => 1,
            (_, false) => 2,
        };
        let mut order: Vec<(u8, usize)> = ways
            .map(|(number, (_, way))| (rank(number, way), number))
            .collect();
        order.sort_unstable();
        let mut order = order.into_iter().map(|(_, number)| number);
        match after {
            None => order.next(),
            Some(after) => {
                order.find(|number| *number == after)?;
                order.next()
            }
        }
    }

    /// The manifest of a choice. A draft whose jobs must stay, as others have aliases of them, is not chosen.
    fn written(&self, drafts: &[Candidate], chosen: &mut [Option<usize>], accept: &str) -> Written {
        let blocks = &self.parts.file.blocks;
        let mut written = Written::default();
        loop {
            let mut left_out = BTreeSet::new();
            for draft in picked(drafts, chosen) {
                left_out.extend(draft.takes.iter().cloned());
            }
            left_out.extend(self.parts.unused(&left_out));
            let needed = loop {
                let needed = needed(blocks, &left_out);
                let hidden: Vec<&String> =
                    needed.iter().filter(|key| key.starts_with('.')).collect();
                if hidden.is_empty() {
                    break needed;
                }
                for key in hidden {
                    left_out.remove(key);
                }
            };
            let needs =
                |(draft, _): (&Draft, &Way)| draft.takes.iter().any(|key| needed.contains(key));
            let mut changed = false;
            for (draft, slot) in drafts.iter().zip(chosen.iter_mut()) {
                if slot.and_then(|way| draft.way(way)).is_some_and(needs) {
                    *slot = None;
                    changed = true;
                }
            }
            if !changed {
                written.left_out = left_out;
                break;
            }
        }
        let beside: BTreeSet<&String> = picked(drafts, chosen)
            .flat_map(|draft| draft.takes.iter().skip(1))
            .collect();
        for (at, (draft, way)) in drafts.iter().zip(chosen.iter()).enumerate() {
            let Some((draft, way)) = way.and_then(|way| draft.way(way)) else {
                continue;
            };
            // What another one makes beside its own job is no entity of itself.
            if draft
                .takes
                .first()
                .is_some_and(|main| beside.contains(main))
            {
                continue;
            }
            written.entities.push(Entity {
                collection: draft.collection,
                name: draft.name.clone(),
                keys: way.keys.clone(),
                takes: draft.takes.clone(),
                draft: at,
            });
            add(&mut written.settings, &way.settings);
        }
        written.accept = accept.to_owned();
        if self.own_workflow {
            written.left_out.insert("workflow".to_owned());
        }
        if !written.entities.is_empty() {
            written.default_gone =
                unused_defaults(&self.pipeline.configs.widest(), &written.left_out);
        }
        written
    }
}

/// The drafts that are chosen.
fn picked<'d>(
    drafts: &'d [Candidate],
    chosen: &'d [Option<usize>],
) -> impl Iterator<Item = &'d Draft> {
    let all = drafts.iter().zip(chosen);
    all.filter_map(|(draft, way)| Some(draft.way((*way)?)?.0))
}

/// Whether the way that is chosen for a draft does other things on purpose.
fn way_improves(drafts: &[Candidate], chosen: &[Option<usize>], at: usize) -> bool {
    let way = chosen.get(at).copied().flatten();
    let way = way.and_then(|way| drafts.get(at)?.way(way));
    way.is_some_and(|(_, way)| !way.improves.is_empty())
}

/// Whether the way that is chosen for a draft is meant to have an effect.
fn means(drafts: &[Candidate], chosen: &[Option<usize>], at: usize, effect: &Effect) -> bool {
    let way = chosen.get(at).copied().flatten();
    let way = way.and_then(|way| drafts.get(at)?.way(way));
    way.is_some_and(|(_, way)| way.improves.iter().any(|one| one.means(effect)))
}
