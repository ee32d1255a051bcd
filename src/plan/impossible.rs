//! What can never happen, in any pipeline: comparisons that never hold, jobs that run nowhere.
//!
//! In: the [`Configs`] of a file. Out: findings, for a manifest's pipeline and for any other alike. Always
//! holds: a job that is in some pipeline of some configuration is not said to run nowhere; nor is one of
//! which anything is open, because of a file or an include that is not read, or whose classes are not all
//! known; nothing is said of a file whose inputs may be given.
//!
//! Facts: "Predefined variables reference" (18.11); `Enums::Ci::Pipeline.sources`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexSet;

use super::classes::{Classes, classes_of};
use super::configs::{Configs, Every};
use super::decision::Presence;
use super::rare::with_rare;
use super::scope::Scope;
use super::situation::Situation;
use super::source::meant_keyword;
use super::{SOURCES, Truth, meant_source, predefined};
use crate::config::{Condition, Conditions, Config, Job, Located, When};
use crate::finding::{Code, Finding, Fix, did_you_mean};
use crate::gitlab::expression::{Comparison, Expr};

/// What never happens in any pipeline of a file, whose configurations and classes these are.
pub fn impossible(configs: &Configs<'_>, every: &Every, classes: &Classes) -> Vec<Finding> {
    if every.configs().any(takes_inputs) {
        return Vec::new();
    }
    // What the file sets wins over what GitLab does.
    let set: HashSet<&str> = every.configs().flat_map(Config::set_variables).collect();
    let mut never = IndexSet::new();
    for condition in every.configs().flat_map(conditions) {
        comparisons(&set, &condition.expr, condition, &mut never);
    }
    never.extend(every.configs().flat_map(names).filter_map(keyword));
    let mut findings: Vec<Finding> = never.into_iter().collect();
    for job in (Jobs { configs, every }).never_in(classes) {
        let message = format!("`{}` runs in no pipeline", job.name);
        let finding = Finding::new(Code::NeverRuns, job.place, message);
        findings.push(finding.help(
            "no kind of ref fulfils its conditions; `windlass plan --why` shows each of them",
        ));
    }
    findings
}

/// Whether who starts a pipeline can give inputs: then any text of the file may be another one.
fn takes_inputs(config: &Config) -> bool {
    let spec = config.spec.as_ref();
    let inputs = spec.and_then(|spec| spec.get("inputs"));
    inputs.is_some_and(|inputs| !inputs.is_null())
}

/// The jobs of a file, in each configuration that they are in.
struct Jobs<'j> {
    configs: &'j Configs<'j>,
    every: &'j Every,
}

impl<'j> Jobs<'j> {
    /// The jobs that are in no pipeline.
    fn never_in(&self, classes: &Classes) -> Vec<&'j Job> {
        let whole = self.every.whole();
        // What GitLab refuses on some ref holds its jobs once that is put right.
        let mut situations = classes.situations.iter();
        if situations.any(|situation| self.configs.refusal(situation).is_some()) {
            return Vec::new();
        }
        let mut open: Vec<usize> = (0..whole.jobs.len()).collect();
        let job = |at: usize| whole.jobs.get(at);
        open.retain(|at| job(*at).is_some_and(|job| !self.hangs_on_environment(job)));
        for situation in classes.situations.iter().flat_map(with_rare) {
            if open.is_empty() {
                break;
            }
            self.retain_absent(&mut open, &situation);
        }
        if !classes.is_complete() {
            // What decides one job alone has fewer classes; those of all such jobs together are bounded.
            let jobs = open.len();
            open.retain(|at| {
                job(*at).is_some_and(|job| {
                    let own = self.every.compared_by(job);
                    self.is_out_of(*at, &classes_of(&own, default_branch(classes), jobs))
                })
            });
        }
        let jobs = open.len();
        open.retain(|at| job(*at).is_some_and(|job| !self.hangs_on_default_branch(*at, job, jobs)));
        // A second copy of a parallel job says nothing new.
        let mut told: HashSet<&str> = HashSet::new();
        let never = open.into_iter().filter_map(job);
        let never = never.filter(|job| !is_off(job));
        never.filter(|job| told.insert(&job.key)).collect()
    }

    /// Keeps the jobs of the whole that are surely not in a pipeline.
    fn retain_absent(&self, open: &mut Vec<usize>, situation: &Situation) {
        let whole = self.every.whole();
        for (config, situation) in self.configs.possible_in(situation) {
            let scope = Scope::of(&config, &situation);
            if scope.admitted().0 == Truth::False {
                continue;
            }
            let is_out = |job: &Job| scope.decide(job).presence() == Presence::Out;
            if Arc::ptr_eq(&config, whole) {
                open.retain(|at| whole.jobs.get(*at).is_some_and(is_out));
                continue;
            }
            let own: HashMap<&str, &Job> = config
                .jobs
                .iter()
                .map(|job| (job.name.as_str(), job))
                .collect();
            open.retain(|at| {
                let name = whole.jobs.get(*at).map_or("", |job| job.name.as_str());
                own.get(name).is_none_or(|job| is_out(job))
            });
        }
    }

    /// Whether a job of the whole is out in all of these classes, and in what they leave aside.
    fn is_out_of(&self, at: usize, classes: &Classes) -> bool {
        let is_out = |situation: Situation| {
            let mut open = vec![at];
            self.retain_absent(&mut open, &situation);
            !open.is_empty()
        };
        classes.is_complete() && classes.situations.iter().flat_map(with_rare).all(is_out)
    }

    /// Whether a job's conditions hang on the name of its environment, which has variables: their values
    /// are no classes.
    fn hangs_on_environment(&self, job: &Job) -> bool {
        let is_open = |name: &str| name.contains('$');
        let environment = job.environment.as_ref();
        environment.is_some_and(|environment| is_open(&environment.name))
            && self.every.compared_by(job).asks("CI_ENVIRONMENT_NAME")
    }

    /// Whether a job, one of so many, is in some pipeline of a project with another default branch than
    /// the classes have.
    fn hangs_on_default_branch(&self, at: usize, job: &Job, jobs: usize) -> bool {
        let own = self.every.compared_by(job);
        own.asks_for_default_branch() && !self.is_out_of(at, &classes_of(&own, None, jobs))
    }
}

/// Whether somebody has switched a job off: its first rule says `never` and nothing else.
fn is_off(job: &Job) -> bool {
    let Conditions::Rules(rules) = &job.conditions else {
        return false;
    };
    rules.first().is_some_and(|rule| {
        rule.when == Some(When::Never)
            && rule.condition.is_none()
            && rule.changes.is_none()
            && rule.exists.is_none()
    })
}

fn default_branch(classes: &Classes) -> Option<&str> {
    classes.situations.first()?.default_branch.as_deref()
}

fn conditions(config: &Config) -> Vec<&Condition> {
    let mut rules: Vec<&crate::config::Rule> = config.workflow.rules.iter().flatten().collect();
    let mut found = Vec::new();
    for job in &config.jobs {
        match &job.conditions {
            Conditions::Always => {}
            Conditions::Rules(own) => rules.extend(own),
            Conditions::Policies { only, except } => {
                let policies = only.iter().chain(except);
                found.extend(policies.flat_map(|one| one.variables.iter().flatten()));
            }
        }
    }
    found.extend(rules.into_iter().filter_map(|rule| rule.condition.as_ref()));
    found
}

/// What `only` and `except` name.
fn names(config: &Config) -> Vec<&Located<String>> {
    let mut found = Vec::new();
    for job in &config.jobs {
        if let Conditions::Policies { only, except } = &job.conditions {
            let policies = only.iter().chain(except);
            found.extend(policies.flat_map(|one| one.refs.iter().flatten()));
        }
    }
    found
}

/// The finding if a name is almost a keyword.
fn keyword(name: &Located<String>) -> Option<Finding> {
    let meant = meant_keyword(&name.value)?;
    let text = &name.value;
    let message = format!("`{text}` is a branch or tag of that name here, and no keyword");
    let fix = Fix::Word {
        place: name.place,
        from: text.clone(),
        to: meant.to_owned(),
    };
    let finding = Finding::new(Code::MisspelledKeyword, name.place, message);
    let finding = finding.help(format!("did you mean `{meant}`?"));
    Some(
        finding
            .help(format!("if a branch has this name, write `/^{text}$/`"))
            .fix(Some(fix)),
    )
}

/// Comparisons in an expression of a variable with a text that it never is.
fn comparisons(
    set: &HashSet<&str>,
    expr: &Expr,
    condition: &Condition,
    findings: &mut IndexSet<Finding>,
) {
    match expr {
        Expr::Any(terms) | Expr::All(terms) => {
            terms
                .iter()
                .for_each(|term| comparisons(set, term, condition, findings));
        }
        Expr::Not(inner) => comparisons(set, inner, condition, findings),
        Expr::Compare { op, left, right } => match (&**left, op, &**right) {
            (Expr::Variable(name), Comparison::Equal | Comparison::NotEqual, Expr::Text(text))
            | (Expr::Text(text), Comparison::Equal | Comparison::NotEqual, Expr::Variable(name))
                if !set.contains(name.as_str()) =>
            {
                findings.extend(never(name.as_str(), text.as_str(), condition));
            }
            _ => {}
        },
        Expr::Variable(_)
        | Expr::Input(_)
        | Expr::Text(_)
        | Expr::Pattern(_)
        | Expr::Bool(_)
        | Expr::Null => {}
    }
}

/// The finding if a variable never has a value.
fn never(name: &str, text: &str, condition: &Condition) -> Option<Finding> {
    let mut fix = None;
    let help = match (name, predefined::domain(name)) {
        ("CI_PIPELINE_SOURCE", _) if !SOURCES.contains(&text) => match meant_source(text) {
            Some(meant) => {
                fix = Some(Fix::Word {
                    place: condition.place,
                    from: text.to_owned(),
                    to: meant.to_owned(),
                });
                format!("did you mean `{meant}`?")
            }
            None => format!("GitLab has these sources: {}", SOURCES.join(", ")),
        },
        (_, Some(domain)) if !domain.contains(&text) => {
            match did_you_mean(text, domain.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("it is one of: {}", domain.join(", ")),
            }
        }
        (_, None) if text.trim().is_empty() && predefined::is_never_blank(name) => {
            format!("where it is not set, it is `null`: `${name} == null`")
        }
        _ => return None,
    };
    let message = match text.trim().is_empty() {
        true => format!("`${name}` is never blank"),
        false => format!("`${name}` is never `{text}`"),
    };
    let finding = Finding::new(Code::ImpossibleComparison, condition.place, message);
    Some(finding.help(help).fix(fix))
}
