//! What a change does: two configurations compared by their effects, not by their lines.
//!
//! In: two [`Config`]s, and the name of the default branch if it is known. Out: [`Effect`]s, each a sentence about
//! a job or the pipeline, in the order of the jobs. Always holds: each key in which the
//! [normal forms](Normal) differ is told, by what it does or, at the least, by its old and its new
//! value; what GitLab reads the same tells nothing; "nothing changes" holds whatever the default branch is called,
//! whatever files the repository gets, and whatever value somebody gives a variable that the file sets; an effect
//! that a file which is not read may undo is [open](Effect::open). Child pipelines are compared like the pipeline
//! that starts them.

mod alike;
mod children;
mod companions;
mod conditions;
mod firm;
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
use crate::plan::{
    Classes, Compared, Configs, Every, LeftOut, Plan, Planned, Ref, Situation, Truth, rare,
    together,
};
use firm::Firm;
use names::Names;
use words::code;

/// Most pairs of configurations that are compared, and most of one situation.
const PAIRS: usize = 256;
const WORLDS: usize = 64;

/// What a change does, one thing at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The jobs that start the child pipeline which it is about, the first one's child first; none: it is about
    /// the pipeline itself.
    pub within: Vec<String>,
    /// The job; `None`: the pipeline as a whole.
    pub job: Option<String>,
    /// What it is about.
    pub kind: Kind,
    /// What happens, as the rest of a sentence that begins with the job.
    pub text: String,
    /// Lines that went, with a `-`, and that came, with a `+`.
    pub lines: Vec<String>,
    /// Whether a file that is included and not read may undo it. It is so if no such file changes what it is about.
    pub open: bool,
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
            ..Self::of_pipeline(kind, text)
        }
    }

    /// The same, open unless nothing can change what it is about.
    fn open_unless(self, is_firm: bool) -> Self {
        Self {
            open: self.open || !is_firm,
            ..self
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
            within: Vec::new(),
            job: None,
            kind,
            text: text.into(),
            lines: Vec::new(),
            open: false,
        }
    }
}

/// A job of both configurations, with its normal forms.
struct Pair<'c> {
    before: &'c Job,
    after: &'c Job,
    old: Fields,
    new: Fields,
    firm: Firm<'c>,
}

impl Pair<'_> {
    /// Effects that are open if any file is not read.
    fn unless_included(&self, effects: impl IntoIterator<Item = Effect>) -> Vec<Effect> {
        let effects = effects.into_iter();
        effects
            .map(|effect| effect.open_unless(self.firm.is_all()))
            .collect()
    }
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

impl Comparison {
    fn leaves_out(&mut self, what: String) {
        if !self.not_compared.contains(&what) {
            self.not_compared.push(what);
        }
    }
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
    let mut comparison = with_defaults(before, after, default_branch);
    inputs::compare(before, after, default_branch, &mut comparison);
    comparison
}

/// The same where each input has its default.
fn with_defaults(
    before: &Configs<'_>,
    after: &Configs<'_>,
    default_branch: Option<&str>,
) -> Comparison {
    let pipelines = Pipelines::of(before, after);
    let mut comparison = Comparison::default();
    pipelines.name_what_is_not_read(&mut comparison);
    // What GitLab reads the same needs no plan.
    if !pipelines.are_same() {
        let every = pipelines.every(default_branch);
        let kinds = Kinds::of(&every, default_branch);
        pipelines.compare(&kinds, &own, &mut comparison);
    }
    children::compare(&pipelines, default_branch, &mut comparison);
    comparison
}

/// The situation of a pipeline that nothing but GitLab starts: the one that is named.
fn own(_side: usize, named: &Situation) -> Option<Situation> {
    Some(named.clone())
}

/// The kinds of pipelines on which a change is seen.
struct Kinds<'e> {
    /// Those that conditions name first.
    named: Vec<Situation>,
    compared: &'e Compared,
    /// What is missing.
    left_out: Vec<LeftOut>,
    default_is_known: bool,
}

impl<'e> Kinds<'e> {
    fn of(every: &'e Every, default_branch: Option<&str>) -> Self {
        let (named, left_out) = situations(every, default_branch);
        Self {
            named,
            compared: every.compared(),
            left_out,
            default_is_known: default_branch.is_some(),
        }
    }
}

/// The situation of a side (0: before) where the pipeline that GitLab starts is in this one; `None`: there is none.
type At<'a> = &'a dyn Fn(usize, &Situation) -> Option<Situation>;

/// The kinds of pipelines on which a change is seen, those that conditions name first, and what is missing.
fn situations(every: &Every, default_branch: Option<&str>) -> (Vec<Situation>, Vec<LeftOut>) {
    let compared = every.compared();
    let Classes {
        situations: _,
        refs: mut situations,
        left_out,
    } = every.classes_of(compared, default_branch);
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
    let is_named = |reference: &Ref| compared.spells(reference) || compared.matches(reference);
    situations.sort_by_cached_key(|one| (!one.is_default_branch(), !is_named(&one.reference)));
    (situations, left_out)
}

/// A pipeline before and after.
struct Pipelines<'p> {
    sides: [&'p Configs<'p>; 2],
    /// What is effective if the rules of all includes hold.
    widest: [Arc<Config>; 2],
}

impl<'p> Pipelines<'p> {
    fn of(before: &'p Configs<'p>, after: &'p Configs<'p>) -> Self {
        let sides = [before, after];
        Self {
            widest: sides.map(Configs::widest),
            sides,
        }
    }

    /// All configurations of both sides.
    fn every(&self, default_branch: Option<&str>) -> Every {
        let [before, after] = self.sides.map(|side| side.every(default_branch));
        before.and(after)
    }

    fn varies(&self) -> bool {
        self.sides.iter().any(|side| side.varies())
    }

    /// Whether GitLab reads both sides the same in every pipeline, and finds the same files.
    fn are_same(&self) -> bool {
        let [before, after] = &self.widest;
        !self.varies() && is_same(before, after) && self.see_the_same_files()
    }

    /// Whether the files of the repository cannot make a difference: no rule asks for them, or they are the same.
    fn see_the_same_files(&self) -> bool {
        let [before, after] = self.sides;
        let asks = self.sides.iter().any(|side| side.asks_for_files());
        !asks || before.files() == after.files()
    }

    /// Names the files that are included and not read.
    fn name_what_is_not_read(&self, comparison: &mut Comparison) {
        for include in self.widest.iter().flat_map(|side| &side.unresolved) {
            comparison.leaves_out(format!(
                "what {} holds: {}",
                code(&include.what),
                include.why.as_str()
            ));
        }
    }

    /// Adds what is different in these kinds of pipelines.
    fn compare(&self, kinds: &Kinds<'_>, at: At<'_>, comparison: &mut Comparison) {
        let [before, after] = self.sides;
        let left_out_here = kinds.left_out.iter().map(ToString::to_string);
        left_out_here.for_each(|what| comparison.leaves_out(what));
        let [old, new] = [0, 1].map(|side| self.planned(side, &kinds.named, at));
        let (mut old_config, old_plans) = together(old, before.base());
        let (mut new_config, new_plans) = together(new, after.base());
        // Conditions of includes are compared as a whole: a pattern has more names than are looked at.
        for (config, widest) in [&mut old_config, &mut new_config]
            .into_iter()
            .zip(&self.widest)
        {
            if config.conditional != widest.conditional {
                let conditional = &mut Arc::make_mut(config).conditional;
                conditional.clone_from(&widest.conditional);
            }
        }
        let seen = Seen {
            pipelines: self,
            at,
            kinds,
            plans: [old_plans, new_plans],
            open: OnceCell::new(),
        };
        let mut all = seen.effects(&old_config, &new_config);
        // A job can be another one in each set of files that is included; the first was compared above.
        if self.varies() {
            let mut told: Vec<[Arc<Config>; 2]> = Vec::new();
            let pairs = kinds.named.iter().flat_map(|named| self.pairs(named, at));
            for pair in pairs {
                let is_told = |other: &[Arc<Config>; 2]| {
                    let mut sides = pair.iter().zip(other);
                    sides.all(|(one, other)| Arc::ptr_eq(one, other))
                };
                if told.iter().any(is_told) {
                    continue;
                }
                if told.len() >= PAIRS {
                    comparison.leaves_out(LeftOut::Includes.to_string());
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
        let is_rewritten = |effect: &Effect| effect.kind == Kind::Rewritten;
        let (rewritten, effects): (Vec<_>, Vec<_>) = all.into_iter().partition(is_rewritten);
        comparison.rewritten.extend(rewritten);
        comparison.effects.extend(effects);
    }

    /// What one side does in each of these kinds of pipelines, where its files are known.
    fn planned(&self, side: usize, named: &[Situation], at: At<'_>) -> Vec<Planned> {
        let own: Vec<Option<Situation>> = named.iter().map(|one| at(side, one)).collect();
        let situations = own.iter().zip(named);
        let situations: Vec<Situation> = situations
            .map(|(own, named)| own.as_ref().unwrap_or(named).clone())
            .collect();
        let configs = self.sides.get(side);
        let mut planned = configs.map_or_else(Vec::new, |one| {
            // Of a situation where they are open they stay open.
            match situations.iter().any(|one| one.overridable) {
                true => one.plan_all(&situations),
                false => one.plan_with_files(&situations),
            }
        });
        for (planned, own) in planned.iter_mut().zip(&own) {
            if own.is_none() {
                planned.plan.created = Truth::False;
            }
        }
        planned
    }

    /// The configurations of both sides that may be effective in one pipeline, pair by pair.
    fn pairs(&self, named: &Situation, at: At<'_>) -> Vec<[Arc<Config>; 2]> {
        let [before, after] = self.sides;
        match [at(0, named), at(1, named)] {
            [Some(was), Some(is)] if was == is => before.pairs(after, &was, WORLDS),
            [Some(was), Some(is)] => {
                let after = after.possible_configs(&is);
                let pairs = before.possible_configs(&was).into_iter();
                let pairs = pairs.flat_map(|one| {
                    let after = after.iter();
                    after.map(move |other| [Arc::clone(&one), Arc::clone(other)])
                });
                pairs.take(WORLDS).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Whether GitLab reads both the same.
fn is_same(before: &Config, after: &Config) -> bool {
    let [old, new] = Normal::of_both(before, after);
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
    let [old, new] = Normal::of_both(&before, &after);
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
    pipelines: &'s Pipelines<'s>,
    at: At<'s>,
    kinds: &'s Kinds<'s>,
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
            let named = self.kinds.named.iter().enumerate();
            let rare = named.clone().flat_map(|(at, one)| {
                let rare = rare(one).into_iter();
                rare.map(move |one| (at, one))
            });
            let mut known: HashSet<&Situation> = self.kinds.named.iter().collect();
            let rare: Vec<(usize, Situation)> = rare.collect();
            let rare = rare.iter().filter(|(_, one)| known.insert(one));
            let all = named.chain(rare.map(|(at, one)| (*at, one)));
            let (like, all): (Vec<usize>, Vec<Situation>) =
                all.map(|(at, one)| (at, one.opened())).unzip();
            let plans = [0, 1].map(|side| {
                let planned = self.pipelines.planned(side, &all, self.at);
                let base = self.pipelines.sides.get(side).map(|configs| configs.base());
                base.map_or_else(Vec::new, |base| together(planned, base).1)
            });
            Open { plans, like }
        })
    }

    /// The effects of a change.
    fn effects(&self, before: &Config, after: &Config) -> Vec<Effect> {
        let [old, new] = Normal::of_both(before, after);
        let names = Names::of((before, &old), (after, &new));
        let (old_pipeline, new_pipeline) = (old.pipeline(), new.pipeline());
        let view = refs::View::of(before, after, self);
        let firm = Firm::of(before, after);
        let all_is_read = firm.is_all();
        let unless_included = |effect: Effect| effect.open_unless(all_is_read);
        let mut effects: Vec<Effect> = view.pipeline().into_iter().map(unless_included).collect();
        let refs_told = !effects.is_empty();
        let sides = pipeline::Sides {
            configs: [before, after],
            old: &old_pipeline,
            new: &new_pipeline,
            firm,
        };
        effects.extend(pipeline::of(&sides, &view, refs_told));
        for job in &after.jobs {
            let Some(was) = names.before(job) else {
                effects.push(unless_included(view.appears(job)));
                continue;
            };
            if was.name != job.name {
                let text = format!("is the new name of {}", code(&was.name));
                effects.push(unless_included(Effect::of(job, Kind::Renamed, text)));
            }
            let firm = Firm::of_job((before, was), (after, job));
            let pair = Pair {
                before: was,
                after: job,
                old: names.carried(old.job(was)),
                new: new.job(job),
                // What a file that is not read calls a job has that name.
                firm: match names.any_is_new() {
                    true => firm.only_if_all_is_read(),
                    false => firm,
                },
            };
            effects.extend(job::of(&pair, &view));
        }
        let gone = names.gone().map(|job| view.vanishes(job));
        effects.extend(gone.map(unless_included));
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
