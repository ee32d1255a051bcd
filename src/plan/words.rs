//! What decided, in words.

use super::decision::Presence;
use super::decision::{Because, Chosen, Part};
use super::outcome::PlannedJob;
use super::outcome::{Absence, Failure, FailureKind};
use crate::config::{Conditions, Config, Job, Place, Policy, Rule, When};

/// Why a job is in a pipeline or not, and where that stands.
pub fn because(job: &Job, chosen: &Chosen) -> (String, Option<Place>) {
    match (chosen.because, &job.conditions) {
        (Because::Rule(at), Conditions::Rules(rules)) => match rules.get(at) {
            Some(rule) => (
                format!("rule {}: {}", at + 1, clauses(rule)),
                Some(rule.place),
            ),
            None => (format!("rule {}", at + 1), None),
        },
        (Because::NoRule, _) => ("no rule matches".to_owned(), None),
        (Because::Only(part), Conditions::Policies { only, .. }) => {
            let (text, place) = policy(only.as_ref(), part);
            let word = match (is_default(only.as_ref()), chosen.when) {
                (true, _) => "by default",
                (false, When::Never) => "not only",
                (false, _) => "only",
            };
            (format!("{word}: {text}"), place)
        }
        (Because::NotIncluded, _) => ("its file is not included".to_owned(), None),
        (Because::Include, _) => ("an include that is not read".to_owned(), None),
        (Because::Except(part), Conditions::Policies { except, .. }) => {
            let (text, place) = policy(except.as_ref(), part);
            (format!("except: {text}"), place)
        }
        _ => ("no conditions".to_owned(), None),
    }
}

/// Whether `only` is what GitLab takes where there is none.
fn is_default(only: Option<&Policy>) -> bool {
    only.is_some_and(|only| *only == crate::config::default_only())
}

pub(super) fn policy(policy: Option<&Policy>, part: Part) -> (String, Option<Place>) {
    let Some(policy) = policy else {
        return (String::new(), None);
    };
    let refs = policy.refs.as_deref().unwrap_or_default();
    let variables = policy.variables.as_deref().unwrap_or_default();
    let place = Some(policy.place).filter(|place| *place != Place::default());
    match part {
        Part::Refs(Some(at)) => match refs.get(at) {
            Some(one) => (one.value.clone(), place.and(Some(one.place))),
            None => (String::new(), place),
        },
        Part::Refs(None) => {
            let all: Vec<&str> = refs.iter().map(|one| one.as_str()).collect();
            (all.join(", "), place)
        }
        Part::Variables(Some(at)) => match variables.get(at) {
            Some(one) => (one.text.clone(), Some(one.place)),
            None => (String::new(), place),
        },
        Part::Variables(None) => {
            let all: Vec<&str> = variables.iter().map(|one| one.text.as_str()).collect();
            (all.join(", "), place)
        }
        Part::Changes => {
            let paths = policy.changes.as_deref().unwrap_or_default();
            (format!("changes {}", paths.join(", ")), place)
        }
        Part::Kubernetes => ("kubernetes: active".to_owned(), place),
    }
}

/// The clauses of a rule on one line.
pub fn clauses(rule: &Rule) -> String {
    let mut clauses = Vec::new();
    clauses.extend(
        rule.condition
            .as_ref()
            .map(|condition| condition.text.clone()),
    );
    if let Some(changes) = &rule.changes {
        clauses.push(format!("changes {}", changes.paths.join(", ")));
    }
    if let Some(exists) = &rule.exists {
        clauses.push(format!("exists {}", exists.paths.join(", ")));
    }
    match clauses.is_empty() {
        true => "always matches".to_owned(),
        false => clauses.join(", "),
    }
}

/// Why there is no pipeline, and where that stands.
pub fn absence(config: &Config, absence: &Absence) -> (String, Option<Place>) {
    match absence {
        Absence::Workflow(at) => {
            let rules = config.workflow.rules.as_deref().unwrap_or_default();
            match at.and_then(|at| rules.get(at).map(|rule| (at, rule))) {
                Some((at, rule)) => (
                    format!("workflow rule {} leaves it out: {}", at + 1, clauses(rule)),
                    Some(rule.place),
                ),
                None => ("no workflow rule matches".to_owned(), None),
            }
        }
        Absence::NoJobs => ("no job is in it".to_owned(), None),
        Absence::OnlyEdges => ("all of its jobs are in .pre and .post".to_owned(), None),
    }
}

/// Why the creation of a pipeline fails.
pub fn failure(failure: &Failure) -> String {
    let Failure {
        job, kind, certain, ..
    } = failure;
    let may = if *certain { "" } else { "may fail: " };
    match kind {
        FailureKind::NeedAbsent(need) => {
            let absent = if *certain { "is" } else { "may be" };
            format!("{may}`{job}` needs `{need}`, which {absent} not in the pipeline")
        }
        FailureKind::Refused(why) => format!("GitLab refuses what is included: {why}"),
        FailureKind::NeedUnread(need) => {
            format!(
                "{may}`{job}` needs `{need}`, which only an include that is not read can define"
            )
        }
        FailureKind::TooManyNeeds(count) => {
            format!("{may}`{job}` needs {count} jobs; 50 are the most")
        }
        FailureKind::CircularVariables(names) => {
            let ring = names.join("`, `");
            format!("{may}variables of `{job}` refer to each other in a ring: `{ring}`")
        }
        FailureKind::Raises => {
            format!("{may}GitLab breaks off with an error at a condition of `{job}`")
        }
    }
}

/// What includes that are not read leave open of a job in a pipeline that is created.
pub(super) fn open(job: &Job, planned: &PlannedJob) -> Option<String> {
    let open = job.open.as_ref()?;
    let unchanged = planned.unchanged();
    let change = |keys: &str| Some(format!("an include may change its {keys}"));
    match (planned.presence(), open.wants.as_slice()) {
        (Presence::Out, _) => None,
        (Presence::In, _) => match (planned.opens_when(), planned.opens_allow_failure()) {
            (true, true) => change("`when` and `allow_failure`"),
            (true, false) => change("`when`"),
            (false, true) => change("`allow_failure`"),
            (false, false) => None,
        },
        (Presence::Maybe, []) if unchanged.presence() == Presence::Maybe => None,
        (Presence::Maybe, []) => change("conditions"),
        (Presence::Maybe, wants) => Some(format!("{}; an include may", wants.join(", "))),
    }
}
