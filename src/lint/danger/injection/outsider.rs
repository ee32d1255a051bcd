//! Whose text a variable has, in the pipelines that a job runs in.
//!
//! In: a variable that no script of the job sets. Out: the variable of GitLab whose text it has, if outsiders choose
//! that, and whether they do where the job runs. Always holds: a name is nobody's choice where conditions spell it,
//! or limit it to harmless characters.

use std::collections::HashSet;

use crate::config::{Conditions, Config, Job};
use crate::gitlab::variables::names;
use crate::lint::context::Lint;
use crate::plan::{Presence, Ref};

/// A variable whose text outsiders choose.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outsider {
    pub(super) variable: &'static str,
    kind: Kind,
    on: On,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The name of a branch or a tag, which whoever pushes one chooses.
    Name,
    /// A text of a commit or a merge request.
    Text,
}

/// The pipelines that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    All,
    Branches,
    Tags,
    MergeRequests,
}

const fn name(variable: &'static str, on: On) -> Outsider {
    let kind = Kind::Name;
    Outsider { variable, kind, on }
}

const fn text(variable: &'static str, on: On) -> Outsider {
    let kind = Kind::Text;
    Outsider { variable, kind, on }
}

/// "Predefined CI/CD variables", 18.11.
const OUTSIDERS: [Outsider; 15] = [
    name("CI_COMMIT_BRANCH", On::Branches),
    name("CI_COMMIT_TAG", On::Tags),
    name("CI_COMMIT_REF_NAME", On::All),
    name("CI_BUILD_REF_NAME", On::All),
    name("CI_BUILD_TAG", On::Tags),
    name("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", On::MergeRequests),
    name("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", On::Branches),
    text("CI_COMMIT_MESSAGE", On::All),
    text("CI_COMMIT_TITLE", On::All),
    text("CI_COMMIT_DESCRIPTION", On::All),
    text("CI_COMMIT_AUTHOR", On::All),
    text("CI_COMMIT_TAG_MESSAGE", On::Tags),
    text("CI_MERGE_REQUEST_TITLE", On::MergeRequests),
    text("CI_MERGE_REQUEST_DESCRIPTION", On::MergeRequests),
    text("GITLAB_USER_NAME", On::All),
];

impl Outsider {
    /// Who chooses it, for a message.
    pub(super) fn whose(&self) -> &'static str {
        match (self.kind, self.on) {
            (Kind::Name, On::Tags) => "whoever pushes a tag",
            (Kind::Name, On::All) => "whoever pushes a branch or a tag",
            (Kind::Name, _) => "whoever pushes a branch",
            (Kind::Text, _) => "whoever writes a commit or a merge request",
        }
    }

    /// Whether it can never have a sign: git takes names without some (`git check-ref-format`, 2.51).
    pub(super) fn never_has(&self, sign: char) -> bool {
        self.kind == Kind::Name && " ~^:?*[\\".contains(sign)
    }
}

/// Whether a character does nothing in the code of any program.
fn is_harmless(c: char) -> bool {
    c.is_alphanumeric() || " _-./:@%+=,".contains(c)
}

/// The variable of outsiders that a variable of a job has the text of, itself or by others of the file.
pub(super) fn origin(config: &Config, job: &Job, name: &str) -> Option<&'static Outsider> {
    let rules = match &job.conditions {
        Conditions::Rules(rules) => rules.as_slice(),
        Conditions::Always | Conditions::Policies { .. } => &[],
    };
    let workflow = config.workflow.rules.iter().flatten();
    let mut open = vec![name.to_owned()];
    let mut seen = HashSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let is_inherited = job.inherits.takes(&name);
        let own = job.variables.get(&name);
        let global = config.variables.get(&name).filter(|_| is_inherited);
        let of_rules = rules.iter().filter_map(|rule| rule.variables.get(&name));
        let of_workflow = workflow.clone().filter(|_| is_inherited);
        let of_workflow = of_workflow.filter_map(|rule| rule.variables.get(&name));
        let set: Vec<_> = own
            .or(global)
            .into_iter()
            .chain(of_rules)
            .chain(of_workflow)
            .collect();
        for variable in set.iter().filter(|variable| variable.expand) {
            open.extend(names(&variable.value).map(str::to_owned));
        }
        if set.is_empty()
            && let Some(found) = OUTSIDERS.iter().find(|one| one.variable == name)
        {
            return Some(found);
        }
    }
    None
}

/// Whether a job runs where outsiders choose the text.
pub(super) fn reaches(lint: &Lint<'_>, job: usize, from: &Outsider) -> bool {
    lint.seen.iter().any(|one| {
        let situation = &one.situation;
        let runs = one.absence.is_none() && one.jobs.get(job) == Some(&Presence::In);
        let is_there = matches!(
            (&situation.reference, from.on),
            (_, On::All)
                | (Ref::Branch(_), On::Branches)
                | (Ref::Tag(_), On::Tags)
                | (Ref::MergeRequest { .. }, On::MergeRequests)
        );
        let is_default =
            matches!(situation.reference, Ref::Branch(_)) && situation.is_default_branch();
        // Who may push to a protected branch is trusted with its name.
        let is_trusted = from.kind == Kind::Name
            && (is_default
                || (situation.protected == Some(true)
                    && lint.compared.asks("CI_COMMIT_REF_PROTECTED")));
        runs && is_there
            && !is_trusted
            && !lint
                .compared
                .confines(situation, from.variable, is_harmless)
    })
}
