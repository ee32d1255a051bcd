//! Whether a pipeline is created, and what is in it.
//!
//! Facts: `Chain::EvaluateWorkflowRules`, `Chain::Seed`, `Chain::Populate`, `Seed::Build` (18.11).

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;

use super::decision::{Decision, Presence};
use super::scope::Scope;
use super::situation::Situation;
use super::{Truth, circular, files, worlds};
use crate::config::{Config, Place, When};
use crate::gitlab::expression::Lookup;

/// Most decisions about jobs and their needs in all situations together.
const DECISIONS: usize = 1_000_000;

/// Most needs of a job (`ci_needs_size_limit`, 13.8).
const NEEDS: usize = 50;

/// What a configuration does in a situation.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What was asked about.
    pub situation: Situation,
    /// Which rules of the workflow may decide; `None`: none of them matches, or there are none.
    pub workflow: Vec<Option<usize>>,
    /// Why there is surely no pipeline.
    pub absence: Option<Absence>,
    /// Whether a pipeline is created.
    pub created: Truth,
    /// What makes its creation fail, or may.
    pub failures: Vec<Failure>,
    /// Every job of the configuration, in its order, also those that are not in the pipeline. If
    /// the workflow admits no pipeline: what they would be in it.
    pub jobs: Vec<PlannedJob>,
    /// What holds if the includes that are not read change nothing; `None` if all are read.
    pub otherwise: Option<Otherwise>,
}

/// Whether a pipeline is created if the includes that are not read change nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otherwise {
    /// Whether it is.
    pub created: Truth,
    /// Why there is surely none.
    pub absence: Option<Absence>,
}

/// Why there is no pipeline, although nothing is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// The workflow leaves it out, by the rule of this index or because none matches.
    Workflow(Option<usize>),
    /// No job is in it.
    NoJobs,
    /// All jobs in it are in `.pre` and `.post`.
    OnlyEdges,
}

/// Why creating a pipeline fails.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Failure {
    /// The job.
    pub job: String,
    /// What is wrong.
    pub kind: FailureKind,
    /// Where.
    pub place: Place,
    /// Whether it surely fails; if not, that depends on what is not known.
    pub certain: bool,
}

impl Failure {
    /// The job and what is wrong with it, whatever makes it fail.
    pub(super) fn what(&self) -> (&str, &FailureKind) {
        (&self.job, &self.kind)
    }
}

/// What makes the creation of a pipeline fail.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// It needs a job that is not in the pipeline.
    NeedAbsent(String),
    /// GitLab refuses the configuration, for this reason.
    Refused(String),
    /// It needs a job that only an include which is not read can define.
    NeedUnread(String),
    /// It needs more than 50 jobs.
    TooManyNeeds(usize),
    /// A condition on which GitLab breaks off (`$A =~ true`).
    Raises,
    /// These variables of it refer to each other in a ring.
    CircularVariables(Vec<String>),
}

/// What becomes of a job.
#[derive(Debug, Clone)]
pub struct PlannedJob {
    /// Its index in [`Config::jobs`].
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// All that can become of it.
    pub decision: Decision,
    /// What becomes of it if the includes that are not read change nothing; `None` if all are read.
    pub otherwise: Option<Decision>,
}

impl PlannedJob {
    /// Whether it is in the pipeline.
    pub fn presence(&self) -> Presence {
        self.decision.presence()
    }

    /// What becomes of it if no include that is not read changes it.
    pub fn unchanged(&self) -> &Decision {
        self.otherwise.as_ref().unwrap_or(&self.decision)
    }

    /// When it runs, if it is in and that is decided.
    pub fn when(&self) -> Option<When> {
        self.decision.agreed(|chosen| chosen.when)
    }

    /// Whether its failure lets the pipeline go on, if it is in and that is decided.
    pub fn allow_failure(&self) -> Option<bool> {
        self.decision.agreed(|chosen| chosen.allow_failure)
    }

    /// Whether only an include that is not read leaves it open when it runs.
    pub(super) fn opens_when(&self) -> bool {
        self.when().is_none() && self.unchanged().agreed(|chosen| chosen.when).is_some()
    }

    /// Whether only an include that is not read leaves it open whether its failure lets the pipeline
    /// go on.
    pub(super) fn opens_allow_failure(&self) -> bool {
        let unchanged = self.unchanged().agreed(|chosen| chosen.allow_failure);
        self.allow_failure().is_none() && unchanged.is_some()
    }
}

impl Plan {
    /// The job of a name.
    pub fn job(&self, name: &str) -> Option<&PlannedJob> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The job at an index of the configuration, if it is in the pipeline or may be.
    pub fn within_at(&self, index: usize) -> Option<&PlannedJob> {
        let job = self.jobs.get(index)?;
        (self.created != Truth::False && job.presence() != Presence::Out).then_some(job)
    }

    /// The jobs that are in the pipeline, or may be.
    pub fn within(&self) -> impl Iterator<Item = &PlannedJob> {
        let none = self.created == Truth::False;
        self.jobs
            .iter()
            .filter(move |job| !none && job.presence() != Presence::Out)
    }
}

/// What a configuration does in a situation.
///
/// Two jobs that depend on the same unknown variable depend on each other: what only seems to fail
/// because each was looked at alone is not reported.
///
/// With an include that is not read the jobs are those of a pipeline, if one is created: that is
/// never sure then.
pub fn plan(config: &Config, situation: &Situation) -> Plan {
    within(config, situation, worlds::MOST)
}

/// The same, with so many ways tried in which unknown variables may be set.
pub(super) fn within(config: &Config, situation: &Situation, most: usize) -> Plan {
    let plan = if_unchanged(config, situation, most);
    match config.open.is_some() {
        true => with_unread(config, plan),
        false => plan,
    }
}

/// A plan with all that the includes that are not read may change.
fn with_unread(config: &Config, unchanged: Plan) -> Plan {
    let strict = alone(config, &Scope::of(config, &unchanged.situation));
    let certain = strict.failures.iter().filter(|one| one.certain);
    let certain: HashSet<_> = certain.map(Failure::what).collect();
    let mut failures = unchanged.failures;
    for failure in &mut failures {
        failure.certain = failure.certain && certain.contains(&failure.what());
    }
    let jobs = strict.jobs.into_iter().zip(unchanged.jobs);
    Plan {
        workflow: strict.workflow,
        absence: strict.absence,
        created: strict.created,
        failures,
        jobs: jobs
            .map(|(strict, unchanged)| PlannedJob {
                otherwise: Some(unchanged.decision),
                ..strict
            })
            .collect(),
        otherwise: Some(Otherwise {
            created: unchanged.created,
            absence: unchanged.absence,
        }),
        situation: unchanged.situation,
    }
}

/// A plan in which the includes that are not read change nothing.
fn if_unchanged(config: &Config, situation: &Situation, most: usize) -> Plan {
    let alone = |situation| alone(config, &Scope::if_unchanged(config, situation));
    let mut plan = alone(situation);
    if plan.created != Truth::Unknown {
        return plan;
    }
    let worlds = worlds::worlds(config, situation, most);
    if worlds.len() < 2 {
        return plan;
    }
    let known = plan.failures.iter().enumerate();
    let known: HashMap<_, usize> = known.map(|(at, one)| (one.what(), at)).collect();
    let mut happens = vec![false; plan.failures.len()];
    let mut created = None;
    // One world after the other: each plan of thousands of jobs takes its megabytes.
    for world in worlds.iter().map(alone) {
        let agreed = *created.get_or_insert(world.created);
        if agreed != world.created {
            created = Some(Truth::Unknown);
        }
        for failure in &world.failures {
            let slot = known
                .get(&failure.what())
                .and_then(|at| happens.get_mut(*at));
            if let Some(happens) = slot {
                *happens = true;
            }
        }
    }
    drop(known);
    plan.created = created.unwrap_or(plan.created);
    let mut happens = happens.into_iter();
    plan.failures.retain(|_| happens.next() == Some(true));
    plan
}

/// The same with every job looked at alone.
fn alone<'s>(config: &'s Config, scope: &Scope<'s>) -> Plan {
    let jobs: Vec<PlannedJob> = config
        .jobs
        .iter()
        .enumerate()
        .map(|(index, job)| PlannedJob {
            index,
            name: job.name.clone(),
            stage: job.stage.value.clone(),
            decision: scope.decide(job),
            otherwise: None,
        })
        .collect();
    let mut plan = Plan {
        situation: scope.situation.clone(),
        workflow: scope.workflow.clone(),
        absence: None,
        created: Truth::True,
        failures: Vec::new(),
        jobs,
        otherwise: None,
    };
    plan.failures = failures(config, scope, &plan.jobs);
    plan.failures.extend(scope.failure());
    let (admitted, rule) = scope.admitted();
    if admitted == Truth::False {
        plan.absence = Some(Absence::Workflow(rule));
        plan.failures.clear();
    } else if scope.unchanged && !plan.failures.iter().any(|failure| failure.certain) {
        plan.absence = emptiness(&plan.jobs);
    }
    plan.created = match scope.unchanged {
        true => created(&plan, admitted),
        // An include may add what fails.
        false => created(&plan, Truth::Unknown),
    };
    plan
}

/// Whether the workflow alone admits a pipeline.
pub fn admits(config: &Config, situation: &Situation) -> Truth {
    Scope::of(config, situation).admitted().0
}

/// What it does in each of several situations. Of many jobs in many situations, those that depend on the
/// same unknown variable are taken for independent: an answer may then stay open.
pub fn plan_all(config: &Config, situations: &[Situation]) -> Vec<Plan> {
    let most = most_worlds(config, situations.len());
    situations
        .iter()
        .map(|situation| within(config, situation, most))
        .collect()
}

/// In how many ways unknown variables may be set for each of so many situations.
pub(super) fn most_worlds(config: &Config, situations: usize) -> usize {
    let needs = config.jobs.iter().flat_map(|job| &job.needs);
    let needs: usize = needs.map(|needs| needs.len()).sum();
    let decisions = situations.saturating_mul(config.decisions() + needs);
    worlds::MOST.min(DECISIONS / decisions.max(1))
}

/// Whether there is a pipeline, as far as that is decided.
fn created(plan: &Plan, admitted: Truth) -> Truth {
    if plan.absence.is_some() || plan.failures.iter().any(|failure| failure.certain) {
        return Truth::False;
    }
    let alive = plan
        .jobs
        .iter()
        .any(|job| job.presence() == Presence::In && !is_edge(&job.stage));
    match (admitted, alive, plan.failures.is_empty()) {
        (Truth::True, true, true) => Truth::True,
        _ => Truth::Unknown,
    }
}

fn is_edge(stage: &str) -> bool {
    matches!(stage, ".pre" | ".post")
}

/// A pipeline in which nothing is, or nothing but `.pre` and `.post`, is not created.
fn emptiness(jobs: &[PlannedJob]) -> Option<Absence> {
    let may = |job: &&PlannedJob| job.presence() != Presence::Out;
    if !jobs.iter().any(|job| may(&job)) {
        return Some(Absence::NoJobs);
    }
    let edges = jobs.iter().filter(may).all(|job| is_edge(&job.stage));
    edges.then_some(Absence::OnlyEdges)
}

/// What makes the creation fail. A job that is left out makes none.
///
/// GitLab looks at a job's own needs alone: they count even where a rule replaces them, and those
/// of a rule may be absent (`Seed::Build#needs_errors`, 18.11).
fn failures<'s>(config: &'s Config, scope: &Scope<'s>, jobs: &[PlannedJob]) -> Vec<Failure> {
    let presence: HashMap<&str, Presence> = jobs
        .iter()
        .map(|job| (job.name.as_str(), job.presence()))
        .collect();
    // Each once, in their order.
    let mut failures = IndexSet::new();
    for job in jobs {
        let Some(of) = config.jobs.get(job.index) else {
            continue;
        };
        let mut fail = |kind, place, certain| {
            let failure = Failure {
                job: job.name.clone(),
                kind,
                place,
                certain,
            };
            failures.insert(failure);
        };
        if job.decision.raises.is_some() {
            let certain = job.decision.possible.is_empty();
            fail(FailureKind::Raises, of.place, certain);
        }
        let within = match job.presence() {
            Presence::Out => continue,
            presence => presence == Presence::In,
        };
        if let Some(ring) = circular::ring(scope, of) {
            // An include that is not read may set one of them otherwise, and so may whoever wins over the file.
            fail(
                FailureKind::CircularVariables(ring),
                of.place,
                within && scope.unchanged && !scope.situation.overridable,
            );
        }
        let needs = of
            .needs
            .iter()
            .flat_map(|needs| needs.iter())
            .filter(|need| !need.elsewhere);
        let count = needs.clone().count();
        let within = within && (scope.unchanged || of.is_firm("needs"));
        if count > NEEDS {
            fail(FailureKind::TooManyNeeds(count), of.place, within);
        }
        for need in needs.filter(|need| !need.optional) {
            let absent = presence.get(need.job.as_str()).copied();
            if absent.is_none() && config.open.is_some() {
                fail(FailureKind::NeedUnread(need.job.clone()), need.place, false);
                continue;
            }
            let absent = absent.unwrap_or(Presence::Out);
            if absent != Presence::In {
                let kind = FailureKind::NeedAbsent(need.job.clone());
                fail(kind, need.place, within && absent == Presence::Out);
            }
        }
    }
    failures.into_iter().collect()
}

/// The environment of a job with its variables put in, if all of them are known; those of the
/// rule that matched included.
pub fn environment_name(config: &Config, plan: &Plan, planned: &PlannedJob) -> Option<String> {
    let scope = Scope::of(config, &plan.situation);
    let job = config.jobs.get(planned.index)?;
    let environment = job.environment.as_ref()?;
    let of_rule = planned.decision.agreed(|chosen| chosen.variables.clone())?;
    let look_up = |name: &str| match of_rule.get(name) {
        Some(variable) => Lookup::Set(variable.value.clone()),
        None => scope.of_job(job, name),
    };
    files::expanded(&environment.name, &look_up)
}
