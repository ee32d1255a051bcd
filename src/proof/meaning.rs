//! What the pipeline does is what the manifest means by `refs`.
//!
//! In: the plan of one pipeline, and the manifest. Out: the first [`Contradiction`]. Always holds: the
//! manifest is read anew ([`super::refs`], [`super::followed`]), and not as it was lowered; what
//! the pipeline does not decide contradicts nothing.
//!
//! A manifest cannot bring that about: where the two differ, windlass itself is wrong. An included file
//! can, as GitLab merges jobs of one name: that is a finding.

use std::cell::OnceCell;
use std::fmt;

use super::Proof;
use super::followed::{Followed, Jobs};
use super::refs::{Number, OnRef, RefSets};
use crate::config::{Job, Map, Node};
use crate::finding::{Code, Finding};
use crate::gitlab::expression::Lookup;
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::plan::{Compared, Plan, Presence, Ref, Scope, Situation, Trigger, Truth, named};

/// A fault of windlass itself: what it made of a manifest is not what the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction(pub(super) String);

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(what) = self;
        write!(f, "{what}; please report it with the manifest")
    }
}

impl std::error::Error for Contradiction {}

/// What a manifest says about where its jobs run.
pub(super) struct Meaning<'m> {
    pub(super) sets: RefSets<'m>,
    pub(super) jobs: Jobs,
    /// The sets that branches and tags are deployed on, other than into dynamic environments.
    deployable: Vec<Number>,
}

impl<'m> Meaning<'m> {
    pub(super) fn of(manifest: &'m Manifest, config: &crate::config::Config) -> Self {
        let sets = RefSets::of(manifest);
        let jobs = Jobs::of(manifest, &sets, config);
        let environments = manifest.environments();
        let fixed = environments.filter(|(key, of)| !of.is_dynamic(&key.value));
        let unions = fixed.map(|(_, of)| -> Vec<Number> {
            let names = of.refs.get().into_iter().flat_map(|refs| refs.iter());
            names.map(|name| sets.number(&name.value)).collect()
        });
        // What each merge request deploys as well needs no pipeline of the branch beside it.
        let requested = |union: &Vec<Number>| {
            let mut union = union.iter();
            union.any(|set| sets.holds_merge_requests(*set, 0))
        };
        let deployable = unions.filter(|union| !requested(union)).flatten().collect();
        Self {
            sets,
            jobs,
            deployable,
        }
    }

    /// Adds what the manifest compares refs with.
    pub(super) fn compare(&self, manifest: &Manifest, compared: &mut Compared) {
        let used = self
            .jobs
            .followed
            .iter()
            .flat_map(|followed| &followed.union);
        let requests = self.sets.compare(used.copied(), compared);
        if requests && manifest.target() >= gates::OPEN_MERGE_REQUESTS {
            compared.variable("CI_OPEN_MERGE_REQUESTS");
            // A branch has other pipelines than those of a push, also while a request is open.
            compared.source("schedule");
        }
    }
}

/// Whether each job is in the pipeline where the manifest says so.
pub(super) fn jobs(proof: &mut Proof<'_>, plan: &Plan) {
    let situation = &plan.situation;
    let mut by_include = Vec::new();
    let mut asked = Asked::of(proof, situation);
    for planned in &plan.jobs {
        let does = planned.presence();
        let followed = asked.followed(planned.index);
        let other = |followed: &&Followed| {
            let says = asked.presence(followed, planned.index);
            says != does && says != Presence::Maybe && does != Presence::Maybe
        };
        let Some(followed) = followed.into_iter().find(other) else {
            continue;
        };
        let job = proof.config.jobs.get(planned.index);
        if let Some(key) = job.and_then(key_of_include) {
            by_include.push((planned.name.clone(), key, does));
            continue;
        }
        let contradiction = contradiction(proof, plan, &planned.name, followed, does);
        return proof.contradict(contradiction);
    }
    for (job, key, does) in by_include {
        overruled(proof, situation, &job, key, does);
    }
}

/// What the manifest says of jobs in one pipeline.
pub(super) struct Asked<'r> {
    meaning: &'r Meaning<'r>,
    config: &'r crate::config::Config,
    situation: &'r Situation,
    on_ref: OnRef<'r>,
    scope: OnceCell<Scope<'r>>,
}

impl<'r> Asked<'r> {
    pub(super) fn of(proof: &'r Proof<'_>, situation: &'r Situation) -> Self {
        Self {
            meaning: &proof.meaning,
            config: proof.config,
            situation,
            on_ref: OnRef::of(&proof.meaning.sets, situation),
            scope: OnceCell::new(),
        }
    }

    /// The unions that a job follows, by its number; none if its rules are its own.
    fn followed(&self, job: usize) -> Vec<&'r Followed> {
        let Jobs { followed, of_jobs } = &self.meaning.jobs;
        let unions = of_jobs.get(job).into_iter().flatten();
        unions.filter_map(|union| followed.get(*union)).collect()
    }

    fn presence(&mut self, followed: &Followed, job: usize) -> Presence {
        let look_up = |name: &str| {
            let scope = self
                .scope
                .get_or_init(|| Scope::of(self.config, self.situation));
            let job = self.config.jobs.get(job);
            job.map_or(Lookup::Unknown, |job| scope.of_job(job, name))
        };
        match self.on_ref.holds(&followed.union, &look_up) {
            Truth::True => match &followed.narrowed {
                Some(files) => files.presence(self.situation),
                None => Presence::In,
            },
            Truth::False => Presence::Out,
            Truth::Unknown | Truth::Raises => Presence::Maybe,
        }
    }

    /// Whether the manifest keeps a job, by its number, out of this pipeline, whether or not the workflow
    /// admits it.
    pub(super) fn leaves_out(&mut self, job: usize) -> bool {
        let followed = self.followed(job);
        let mut followed = followed.into_iter();
        followed.any(|followed| self.presence(followed, job) == Presence::Out)
    }
}

/// The key of a job that decides where it runs and that an included file gives it.
fn key_of_include(job: &Job) -> Option<&'static str> {
    let included = |key: &&str| {
        let value = job.keys.get(key);
        let parts = value.and_then(Node::as_map).into_iter().flat_map(Map::iter);
        let mut places = parts.map(|(_, entry)| entry.key_place);
        value.is_some_and(|value| value.place.file != 0) || places.any(|place| place.file != 0)
    };
    ["rules", "only", "except"].into_iter().find(included)
}

/// Reports a job of the manifest that an included file lets run elsewhere.
fn overruled(proof: &mut Proof<'_>, situation: &Situation, job: &str, key: &str, does: Presence) {
    if !proof.is_new(Code::Exclusive, job) {
        return;
    }
    let (would, says) = match does {
        Presence::In => ("would run", "leaves it out"),
        Presence::Out | Presence::Maybe => ("would not run", "lets it run"),
    };
    let on = named(situation);
    let message = format!(
        "an included file gives `{job}` its own `{key}`: it {would} on {on}, where the manifest {says}"
    );
    let finding = Finding::new(Code::Exclusive, proof.include(), message)
        .help("GitLab merges jobs of one name: rename one of them, or say in `refs` where it runs");
    proof.report(finding, situation);
}

fn contradiction(
    proof: &Proof<'_>,
    plan: &Plan,
    job: &str,
    followed: &Followed,
    does: Presence,
) -> String {
    let Followed {
        names,
        origin,
        place,
        ..
    } = followed;
    let on = named(&plan.situation);
    let protected = match plan.situation.protected {
        Some(false) => ", which is not protected",
        Some(true) | None => "",
    };
    let (manifest, at) = proof.source.locate(place.start);
    let line = at.line;
    let (pipeline, means) = match does {
        Presence::In => ("would run", "leaves it out"),
        Presence::Out | Presence::Maybe => ("would not run", "lets it run"),
    };
    format!(
        "`{job}` {pipeline} on {on}{protected}, where `refs: [{}]` of `{origin}` ({manifest}:{line}) \
         {means}",
        names.join(", ")
    )
}

/// Whether a pipeline that the workflow leaves out is one that the manifest wants none of. Those of
/// branches and tags it wants where a job runs, but for a push to a branch with an open merge request, which
/// makes the merge request's; these, where a job runs in them and the branch has none of its own.
pub(super) fn left_out(proof: &mut Proof<'_>, situation: &Situation) {
    let unknown = |_: &str| Lookup::Unknown;
    let deployed = |situation: &Situation| {
        let mut on_ref = OnRef::of(&proof.meaning.sets, situation);
        on_ref.holds(&proof.meaning.deployable, &unknown)
    };
    let wanted = match &situation.reference {
        _ if proof.own_workflow => false,
        Ref::Branch(_)
            if situation.open_merge_request == Some(true) && situation.trigger == Trigger::Push =>
        {
            deployed(situation) == Truth::True
        }
        Ref::Branch(_) | Ref::Tag(_) => true,
        Ref::MergeRequest { source, .. } => {
            let known = proof.manifest.target() >= gates::OPEN_MERGE_REQUESTS;
            situation.trigger == Trigger::MergeRequest
                && !(known && deployed(&situation.pushed_to(source)) != Truth::False)
        }
    };
    if wanted && has_job(proof, situation) {
        let on = named(situation);
        let fault = format!("the workflow leaves out {on}, where the manifest wants a pipeline");
        proof.contradict(fault);
    }
}

/// Whether a job surely runs in a pipeline, whether or not the workflow admits it.
fn has_job(proof: &mut Proof<'_>, situation: &Situation) -> bool {
    let Some(plan) = proof.plan(situation) else {
        return false;
    };
    let on_request = matches!(situation.reference, Ref::MergeRequest { .. });
    let mut asked = Asked::of(proof, situation);
    plan.jobs.iter().any(|planned| {
        let followed = asked.followed(planned.index);
        match followed.is_empty() {
            // Rules in GitLab's own words make no pipeline of a merge request.
            true => !on_request && planned.presence() == Presence::In,
            false => {
                let mut followed = followed.into_iter();
                followed.all(|followed| asked.presence(followed, planned.index) == Presence::In)
            }
        }
    })
}
