//! What a change does: two configurations compared by their effects, not by their lines.
//!
//! In: two [`Config`]s, and the name of the default branch if it is known. Out: [`Effect`]s, each a sentence about
//! a job or the pipeline, in the order of the jobs. Always holds: each key in which the
//! [normal forms](Normal) differ is told, by what it does or, at the least, by its old and its new
//! value; what GitLab reads the same tells nothing; "nothing changes" holds whatever the default branch is called,
//! whatever files the repository gets, and whatever value somebody gives a variable that the file sets.

mod alike;
mod companions;
mod conditions;
mod inputs;
mod job;
mod keys;
mod named;
mod names;
mod order;
mod output;
mod pipeline;
mod refs;
mod script;
mod words;

pub use companions::companions;
pub use output::{Format, Told, tell};

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::Arc;

use crate::config::normal::{Fields, Normal};
use crate::config::{Config, Job};
use crate::plan::{Classes, Compared, Configs, LeftOut, Plan, Ref, Situation, rare, together};
use names::Names;
use words::code;

/// Most pairs of configurations that are compared, and most of one situation.
const PAIRS: usize = 256;
const WORLDS: usize = 64;

/// What a change does, one thing at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The job; `None`: the pipeline as a whole.
    pub job: Option<String>,
    /// What it is about.
    pub kind: Kind,
    /// What happens, as the rest of a sentence that begins with the job.
    pub text: String,
    /// Lines that went, with a `-`, and that came, with a `+`.
    pub lines: Vec<String>,
}

/// What an effect is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A job is new.
    Appears,
    /// A job is gone.
    Vanishes,
    /// A job has another name.
    Renamed,
    /// Refs on which there is a pipeline, or a job.
    Refs,
    /// Other conditions that hold on the same refs; no effect.
    Rewritten,
    /// How a job starts, and what its failure means.
    When,
    /// What it waits for.
    Order,
    /// The image, or a service.
    Image,
    /// Commands.
    Script,
    /// The environment.
    Environment,
    /// Variables.
    Variables,
    /// Secrets and tokens that it gets.
    Secrets,
    /// Who may run it, and beside what: runners, resource group, interruption.
    Permission,
    /// Any other key.
    Key,
}

impl Kind {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Appears => "appears",
            Kind::Vanishes => "vanishes",
            Kind::Renamed => "renamed",
            Kind::Refs => "refs",
            Kind::Rewritten => "rewritten",
            Kind::When => "when",
            Kind::Order => "order",
            Kind::Image => "image",
            Kind::Script => "script",
            Kind::Environment => "environment",
            Kind::Variables => "variables",
            Kind::Secrets => "secrets",
            Kind::Permission => "permission",
            Kind::Key => "key",
        }
    }
}

impl Effect {
    fn of(job: &Job, kind: Kind, text: impl Into<String>) -> Self {
        Self {
            job: Some(job.name.clone()),
            kind,
            text: text.into(),
            lines: Vec::new(),
        }
    }

    /// Whether something that was there is no more, and nothing came for it: a job, a ref that it ran on, a
    /// key, commands.
    pub fn is_loss(&self) -> bool {
        let gone = self.lines.iter().all(|line| line.starts_with('-'));
        self.kind == Kind::Vanishes
            || self.text.starts_with("no longer") && !self.text.starts_with("no longer holds")
            || !self.lines.is_empty() && gone
    }

    fn of_pipeline(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            job: None,
            kind,
            text: text.into(),
            lines: Vec::new(),
        }
    }
}

/// A job of both configurations, with its normal forms.
struct Pair<'c> {
    before: &'c Job,
    after: &'c Job,
    old: Fields,
    new: Fields,
}

/// What a change does, and what is not known of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The effects; without any, nothing changes in what was compared.
    pub effects: Vec<Effect>,
    /// Conditions that are written in another way and decide the same on every kind of ref.
    pub rewritten: Vec<Effect>,
    /// What was not compared, a sentence each: files that are not read, kinds of refs that were not
    /// looked at.
    pub not_compared: Vec<String>,
}

/// What the change from one configuration to another does.
pub fn diff(before: &Config, after: &Config, default_branch: &str) -> Comparison {
    let fixed = |config: &Config| Configs::fixed(config.clone());
    diff_all(&fixed(before), &fixed(after), Some(default_branch))
}

/// What the change does where the configuration depends on the pipeline.
///
/// A change of a file that is included in some pipelines alone is told as well: the configurations
/// of each pipeline are compared, and each effect is told once.
///
/// So is a change that shows only where another value is given for an input. Without a default branch each name
/// of it is tried that makes a difference.
pub fn diff_all(
    before: &Configs<'_>,
    after: &Configs<'_>,
    default_branch: Option<&str>,
) -> Comparison {
    let mut comparison = of_defaults(before, after, default_branch);
    inputs::compare(before, after, default_branch, &mut comparison);
    comparison
}

/// The same where each input has its default.
fn of_defaults(
    before: &Configs<'_>,
    after: &Configs<'_>,
    default_branch: Option<&str>,
) -> Comparison {
    let (widest_before, widest_after) = (before.widest(), after.widest());
    let (old, new) = (&widest_before, &widest_after);
    let mut comparison = Comparison::default();
    for include in old.unresolved.iter().chain(&new.unresolved) {
        let text = format!(
            "what {} holds: {}",
            code(&include.what),
            include.why.as_str()
        );
        if !comparison.not_compared.contains(&text) {
            comparison.not_compared.push(text);
        }
    }
    // What GitLab reads the same needs no plan.
    let varies = before.varies() || after.varies();
    if !varies && is_same(old, new) && sees_the_same_files(before, after) {
        return comparison;
    }
    let every = before.every(default_branch);
    let every = every.and(after.every(default_branch));
    let compared = every.compared();
    let Classes {
        situations: _,
        refs: mut situations,
        left_out,
    } = every.classes_of(compared, default_branch);
    comparison
        .not_compared
        .extend(left_out.iter().map(ToString::to_string));
    if compared.asks("CI_COMMIT_REF_PROTECTED") {
        // A project need not protect its default branch.
        let default = situations.iter().filter(|one| one.is_default_branch());
        let unprotected = default.map(|one| Situation {
            protected: Some(false),
            ..one.clone()
        });
        let unprotected: Vec<Situation> = unprotected.collect();
        situations.extend(unprotected);
    }
    // What conditions name is named first.
    let is_named = |reference: &Ref| compared.spells(reference) || compared.matches(reference);
    situations.sort_by_key(|one| (!one.is_default_branch(), !is_named(&one.reference)));
    let [old, new] = [before, after].map(|configs| configs.plan_with_files(&situations));
    let (mut old_config, old_plans) = together(old, before.base());
    let (mut new_config, new_plans) = together(new, after.base());
    // Conditions of includes are compared as a whole: a pattern has more names than are looked at.
    for (config, widest) in [
        (&mut old_config, &widest_before),
        (&mut new_config, &widest_after),
    ] {
        if config.conditional != widest.conditional {
            let conditional = &mut Arc::make_mut(config).conditional;
            conditional.clone_from(&widest.conditional);
        }
    }
    let seen = Seen {
        configs: [before, after],
        situations: &situations,
        compared,
        complete: left_out.is_empty(),
        default_is_known: default_branch.is_some(),
        plans: [old_plans, new_plans],
        open: OnceCell::new(),
    };
    let mut all = seen.effects(&old_config, &new_config);
    // A job can be another one in each set of files that is included; the first was compared above.
    if varies {
        let mut told: Vec<[Arc<Config>; 2]> = Vec::new();
        for situation in &situations {
            for pair in before.pairs(after, situation, WORLDS) {
                let is_told = |other: &[Arc<Config>; 2]| {
                    let mut sides = pair.iter().zip(other);
                    sides.all(|(one, other)| Arc::ptr_eq(one, other))
                };
                if told.iter().any(is_told) {
                    continue;
                }
                if told.len() >= PAIRS {
                    comparison.not_compared.push(LeftOut::Includes.to_string());
                    break;
                }
                let [old, new] = &pair;
                for effect in seen.within(old, new) {
                    if !all.contains(&effect) {
                        all.push(effect);
                    }
                }
                told.push(pair);
            }
        }
    }
    let is_rewritten = |effect: &Effect| effect.kind == Kind::Rewritten;
    (comparison.rewritten, comparison.effects) = all.into_iter().partition(is_rewritten);
    comparison
}

/// Whether the files of the repository cannot make a difference: no rule asks for them, or they are the same.
fn sees_the_same_files(before: &Configs<'_>, after: &Configs<'_>) -> bool {
    let asks = before.asks_for_files() || after.asks_for_files();
    !asks || before.files() == after.files()
}

/// Whether GitLab reads both the same.
fn is_same(before: &Config, after: &Config) -> bool {
    let (old, new) = (Normal::of(before), Normal::of(after));
    let names = Names::of((before, &old), (after, &new));
    let stays = |job: &Job| {
        let was = names.before(job).filter(|was| was.name == job.name);
        was.is_some_and(|was| old.job(was) == new.job(job))
    };
    old.pipeline() == new.pipeline()
        && names.gone().next().is_none()
        && after.jobs.iter().all(stays)
}

/// Whether two configurations surely differ in more than when jobs run: cheaper than [`diff_all`], which
/// looks at every kind of ref.
pub fn surely_differs(before: &Configs<'_>, after: &Configs<'_>) -> bool {
    const CONDITIONS: [&str; 6] = [
        "rules",
        "only",
        "except",
        "when",
        "allow_failure",
        "start_in",
    ];
    let (before, after) = (before.widest(), after.widest());
    let (old, new) = (Normal::of(&before), Normal::of(&after));
    let same = |job: &Job| {
        let Some(was) = before.job(&job.name) else {
            return false;
        };
        let differing = new.job(job);
        let old = old.job(was);
        differing
            .differing(&old)
            .into_iter()
            .all(|key| CONDITIONS.contains(&key))
    };
    before.jobs.len() != after.jobs.len() || !after.jobs.iter().all(same)
}

/// The refs that a change is seen on, and what happens there before and after.
struct Seen<'s> {
    configs: [&'s Configs<'s>; 2],
    situations: &'s [Situation],
    compared: &'s Compared,
    /// Whether these are all kinds of refs.
    complete: bool,
    default_is_known: bool,
    /// What happens with the files of the repository as they are, and where nobody gives a variable of the file
    /// another value.
    plans: [Vec<Plan>; 2],
    /// See [`Seen::open`].
    open: OnceCell<Open>,
}

/// What happens whatever files there are and whatever the variables of the file are worth.
struct Open {
    /// On the refs that are named, in the same order, and then on others that are rare.
    plans: [Vec<Plan>; 2],
    /// The number of the named ref that each is, or is like.
    like: Vec<usize>,
}

impl Seen<'_> {
    /// The same with everything open that a pipeline on the same ref may have otherwise.
    fn open(&self) -> &Open {
        self.open.get_or_init(|| {
            let named = self.situations.iter().enumerate();
            let rare = named.clone().flat_map(|(at, one)| {
                let rare = rare(one).into_iter();
                rare.map(move |one| (at, one))
            });
            let mut known: HashSet<&Situation> = self.situations.iter().collect();
            let rare: Vec<(usize, Situation)> = rare.collect();
            let rare = rare.iter().filter(|(_, one)| known.insert(one));
            let all = named.chain(rare.map(|(at, one)| (*at, one)));
            let (like, all): (Vec<usize>, Vec<Situation>) =
                all.map(|(at, one)| (at, one.opened())).unzip();
            let plans = self
                .configs
                .map(|configs| together(configs.plan_all(&all), configs.base()).1);
            Open { plans, like }
        })
    }

    /// The effects of a change.
    fn effects(&self, before: &Config, after: &Config) -> Vec<Effect> {
        let (old, new) = (Normal::of(before), Normal::of(after));
        let names = Names::of((before, &old), (after, &new));
        let (old_pipeline, new_pipeline) = (old.pipeline(), new.pipeline());
        let view = refs::View::of(before, after, self);
        let mut effects = view.pipeline();
        let refs_told = !effects.is_empty();
        let sides = pipeline::Sides {
            configs: [before, after],
            old: &old_pipeline,
            new: &new_pipeline,
        };
        effects.extend(pipeline::of(&sides, &view, refs_told));
        for job in &after.jobs {
            let Some(was) = names.before(job) else {
                effects.push(view.appears(job));
                continue;
            };
            if was.name != job.name {
                let text = format!("is the new name of {}", code(&was.name));
                effects.push(Effect::of(job, Kind::Renamed, text));
            }
            let pair = Pair {
                before: was,
                after: job,
                old: names.carried(old.job(was)),
                new: new.job(job),
            };
            effects.extend(job::of(&pair, &view));
        }
        effects.extend(names.gone().map(|job| view.vanishes(job)));
        effects
    }

    /// The effects of a change on jobs that both configurations have.
    fn within(&self, before: &Config, after: &Config) -> Vec<Effect> {
        let mut effects = self.effects(before, after);
        effects.retain(|effect| {
            !matches!(effect.kind, Kind::Appears | Kind::Vanishes | Kind::Renamed)
        });
        effects
    }
}
