//! The proof: what a pipeline does on every class of refs, before anything is written.
//!
//! In: a checked manifest and the pipeline that it was lowered to. Out: findings, each with a
//! command that shows what is wrong. Always holds: what passes keeps every promise below in every
//! pipeline of the classes that its conditions tell apart ([`plan::classes`]), raw jobs
//! included; what depends on more than a class says (`exists`, a cluster) is not held against it.
//! And each job that windlass made is in the pipelines that the manifest's own ref sets name, and
//! in no other ([`meaning`]): for that the manifest is read a second time, and what its sets compare
//! refs with makes classes as well. Else it is a [`Contradiction`].
//!
//! The jobs of included files that are read are proved like any others. With an include that is not
//! read, what is proved are the jobs that are here, as far as they name nothing that only that include
//! can define; what it leaves open is said at its line ([`open`]).

mod cleanups;
mod contents;
mod deploys;
mod empty;
mod empty_sets;
mod entities;
mod excluded;
mod files;
mod followed;
mod images;
mod included;
mod made;
mod meaning;
mod merge_requests;
mod names;
mod open;
mod order;
mod refs;
mod refused;
mod running;
mod schedules;
mod stop_images;
mod told;
mod uses;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::check::Files;
use crate::config::{self, Config, Given, Job};
use crate::finding::{Code, Finding, Location, Report};
use crate::gitlab::gates;
use crate::lint::pipeline::{creation, duplicates, interruptible, manual, stop};
use crate::lint::subject::{self, Present};
use crate::lower::Lowered;
use crate::manifest::Manifest;
use crate::pipeline::{Document, Origin};
use crate::plan::{
    self, Classes, Compared, Configs, CounterExamples, LeftOut, Plan, Situation, Truth,
};
use crate::source::{Node, Source, Span};
use crate::target::Places;
use cleanups::Cleanup;
use deploys::Declared;
use meaning::Meaning;
use uses::Uses;

pub use meaning::Contradiction;

/// What is promised of a pipeline that is created, one family a line.
const PROMISES: &[fn(&mut Proof<'_>, &Plan)] = &[
    once,
    |proof, plan| interruptible::check(proof, plan),
    deploys::check,
    images::check,
    |proof, plan| manual::check(proof, plan),
    |proof, plan| stop::check(proof, plan),
    stop_images::check,
    schedules::check,
    cleanups::check,
];

/// One push makes one pipeline. Below 13.8 a branch cannot know that it has a merge request
/// (`CI_OPEN_MERGE_REQUESTS`), so nothing is promised there. Nor is it of rules that a person wrote, in a project
/// that sets a variable of the file to another text.
fn once(proof: &mut Proof<'_>, plan: &Plan) {
    let is_far_fetched =
        proof.own_workflow && subject::is_far_fetched(proof.config, &plan.situation);
    if proof.manifest.target() >= gates::OPEN_MERGE_REQUESTS && !is_far_fetched {
        duplicates::check(proof, plan);
    }
}

/// Proves the promises, or reports what breaks them. `document` is the pipeline as it is written.
///
/// # Errors
///
/// If the pipeline is not what the manifest says: then windlass itself is at fault.
pub fn check(
    manifest: &Manifest,
    root: &Node,
    lowered: &Lowered,
    document: &Document,
    source: &Source,
    files: &dyn Files,
    report: &mut Report,
) -> Result<(), Contradiction> {
    let pipeline = &lowered.pipeline;
    let fault = entities::fault(manifest, pipeline);
    let fault = fault.or_else(|| contents::fault(manifest, pipeline));
    if let Some(fault) = fault.or_else(|| running::fault(manifest, pipeline)) {
        return Err(Contradiction(fault));
    }
    let places = Places { root };
    let repository = files.repository();
    let read =
        |given: &dyn Given| config::read_document(pipeline, document, source, repository, given);
    let configs = match Configs::new(read) {
        Ok(configs) => configs,
        Err(_) => {
            let asked = |origin: Option<&Origin>, path: &[String]| match origin {
                Some(origin) => places.job(origin, path),
                None => places.global(path),
            };
            let problems = config::refused(pipeline, source, repository, &asked);
            refused::report(&problems, report);
            return Ok(());
        }
    };
    let every = configs.every(None);
    let config = Arc::clone(every.whole());
    let meaning = Meaning::of(manifest, &config);
    let own = every.compared();
    let mut compared = own.clone();
    meaning.compare(manifest, &mut compared);
    compared.pair_merge_requests();
    let all = every.classes_of(&compared, None);
    let impossible = plan::impossible(&configs, &every, &all);
    let mut proof = Proof {
        manifest,
        source,
        counter_examples: CounterExamples::of(&compared, &all.situations, None),
        meaning,
        compared: compared.clone(),
        uses: Uses::of(manifest, pipeline, &config),
        cleanups: cleanups::of(manifest, &config),
        declared: deploys::declared(manifest, &config),
        has_schedules: own.names_source("schedule"),
        has_merge_requests: own.asks_for_merge_requests(),
        own_workflow: pipeline.raw.get("workflow").is_some(),
        by_name: by_name(&config),
        configs: &configs,
        whole: &config,
        config: &config,
        places,
        told: HashSet::new(),
        contradiction: None,
        report,
    };
    names::check(&mut proof);
    included::check(&mut proof);
    empty_sets::check(&mut proof, &all);
    let Classes {
        situations: classes,
        left_out,
        ..
    } = all;
    for mut finding in impossible {
        // The report knows the manifest alone.
        if matches!(&finding.location, Location::Text(place) if place.file != 0) {
            finding.location = Location::Text(proof.include().into());
        }
        proof.report.push(finding);
    }
    match left_out.is_empty() {
        true => excluded::check(&mut proof, &classes),
        false => proof.partly(&left_out),
    }
    for include in &config.unresolved {
        open::report(&mut proof, include);
    }
    for situation in &classes {
        if configs.admits(situation) == Truth::False {
            meaning::left_out(&mut proof, situation);
            merge_requests::without_pipeline(&mut proof, situation);
            merge_requests::without_branch_pipeline(&mut proof, situation, &classes);
            continue;
        }
        let Some(plan) = proof.plan(situation) else {
            continue;
        };
        meaning::jobs(&mut proof, &plan);
        creation::check(&mut proof, &plan);
        empty::check(&mut proof, &plan);
        if plan.created != Truth::False {
            PROMISES
                .iter()
                .for_each(|promise| promise(&mut proof, &plan));
        }
    }
    proof.contradiction.map_or(Ok(()), Err)
}

fn by_name(config: &Config) -> HashMap<&str, usize> {
    let jobs = config.jobs.iter().enumerate();
    jobs.map(|(at, job)| (job.name.as_str(), at)).collect()
}

/// What every promise gets.
struct Proof<'p> {
    manifest: &'p Manifest,
    source: &'p Source,
    /// The configuration of each situation, and the one with the jobs of all.
    configs: &'p Configs<'p>,
    whole: &'p Arc<Config>,
    config: &'p Config,
    counter_examples: CounterExamples,
    /// What conditions and ref sets compare.
    compared: Compared,
    /// Where the manifest lets each job run.
    meaning: Meaning<'p>,
    uses: Uses<'p>,
    cleanups: Vec<Cleanup>,
    declared: HashMap<&'p str, Declared<'p>>,
    /// Whether any condition asks for schedules.
    has_schedules: bool,
    /// Whether any condition asks for merge requests.
    has_merge_requests: bool,
    /// Whether the workflow's rules are the manifest's own.
    own_workflow: bool,
    by_name: HashMap<&'p str, usize>,
    places: Places<'p>,
    /// What was said already, of another ref.
    told: HashSet<(Code, String)>,
    /// The first fault of windlass itself.
    contradiction: Option<Contradiction>,
    report: &'p mut Report,
}

impl<'p> Proof<'p> {
    /// What is created in a situation, with what is decided of the jobs that are here; `None` after
    /// a report that GitLab refuses what is included there.
    fn plan(&mut self, situation: &Situation) -> Option<Plan> {
        let (mut plan, refused) = self.configs.plan_onto(self.whole, situation);
        if !refused.is_empty() {
            open::refused(self, &refused, situation);
            return None;
        }
        for planned in &mut plan.jobs {
            let job = self.config.jobs.get(planned.index);
            if let Some(otherwise) = planned.otherwise.take()
                && job.is_some_and(open::stands_alone)
            {
                planned.decision = otherwise;
            }
        }
        Some(plan)
    }

    /// Where a job stands in the manifest; a job of an included file stands at the include.
    fn home(&self, job: &Job) -> Span {
        match job.place.file {
            0 => job.place.span,
            _ => self.include(),
        }
    }

    /// Where the includes stand.
    fn include(&self) -> Span {
        let include = self.places.global(&["include".to_owned()]);
        include.unwrap_or_default()
    }

    /// The jobs that are surely in a pipeline.
    fn present<'a>(&self, plan: &'a Plan) -> Vec<Present<'a>>
    where
        'p: 'a,
    {
        subject::present(self.config, plan)
    }

    /// Whether something is said for the first time.
    fn is_new(&mut self, code: Code, subject: impl Into<String>) -> bool {
        self.told.insert((code, subject.into()))
    }

    /// Notes a fault of windlass itself: no manifest can bring it about.
    fn contradict(&mut self, what: String) {
        self.contradiction.get_or_insert(Contradiction(what));
    }

    /// Reports what breaks a promise in a situation, with the command that shows it.
    fn report(&mut self, finding: Finding, situation: &Situation) {
        let helps = self.counter_examples.helps(situation);
        self.report
            .push(helps.into_iter().fold(finding, Finding::help));
    }

    /// Says which pipelines were not looked at.
    fn partly(&mut self, left_out: &[LeftOut]) {
        let place = self.manifest.refs.span().unwrap_or_default();
        let reasons: Vec<String> = left_out.iter().map(LeftOut::to_string).collect();
        let message = format!(
            "not every kind of pipeline is proved: {}",
            reasons.join("; ")
        );
        self.report.push(
            Finding::new(Code::PartlyProven, place, message)
                .help("ask for fewer variables in one condition, or let sets share their branches")
                .help("`windlass plan` shows any pipeline that you ask for"),
        );
    }

    /// Where a job's key is asked for; the job itself if that is not known.
    fn place(&self, job: &Job, path: &[&str]) -> Span {
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let asked = job
            .origin
            .as_ref()
            .and_then(|origin| self.places.job(origin, &path));
        asked.unwrap_or_else(|| self.home(job))
    }
}
