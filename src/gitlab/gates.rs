//! Which GitLab has what first.
//!
//! In: a keyword by its path (`artifacts:reports:dotenv`), a value, or a predefined variable. Out:
//! the first version in which it works on every instance: where a feature came behind a flag, the
//! version in which the flag was on. Always holds: what is not listed is older than
//! [`Version::OLDEST`].
//!
//! Source: the history notes of GitLab's own documentation, from 10.7 to 18.11, and its changelog;
//! `tests/targets/gates.tsv` holds each row, and a test compares.

mod table;

use super::Version;
use super::expression::Expr;
use table::{Gate, KEYWORDS, VALUES, VARIABLES};

/// Ref sets become `rules` from here on. `rules` are of 12.3 and `workflow` of 12.5, but what they
/// ask, `CI_COMMIT_BRANCH`, is of 12.6; before, a tag is told from a branch by `only` and `except`.
pub const RULES: Version = Version::new(12, 6);
/// `workflow:rules:variables`.
pub const WORKFLOW_VARIABLES: Version = Version::new(14, 1);
/// A job's own `when` beside `rules`; before, each rule has its own.
pub const WHEN_BESIDE_RULES: Version = Version::new(14, 6);
/// Variables in `rules:changes:compare_to`, which itself is of 15.3.
pub const COMPARE_TO_VARIABLE: Version = Version::new(17, 2);
/// `parallel:matrix`.
pub const MATRIX: Version = Version::new(13, 3);
/// Parentheses in a condition.
pub const PARENTHESES: Version = Version::new(13, 3);
/// `&&` and `||` in a condition.
pub const AND_OR: Version = Version::new(12, 0);
/// `only:variables`, and conditions at all.
pub const ONLY_VARIABLES: Version = Version::new(10, 7);
/// `only:changes`.
pub const ONLY_CHANGES: Version = Version::new(11, 4);
/// `only: merge_requests`.
pub const MERGE_REQUESTS: Version = Version::new(11, 6);
/// Patterns of `only` are RE2's (11.9.4); before, they are Ruby's.
pub const RE2: Version = Version::new(11, 10);
/// `needs`.
pub const NEEDS: Version = Version::new(12, 2);
/// `needs:job`, `needs:artifacts`.
pub const NEEDS_MAPPING: Version = Version::new(12, 6);
/// `needs: []`.
pub const NEEDS_NOTHING: Version = Version::new(12, 8);
/// `needs:optional`.
pub const NEEDS_OPTIONAL: Version = Version::new(14, 0);
/// `needs` of a job in the same stage.
pub const NEEDS_IN_STAGE: Version = Version::new(14, 2);
/// `environment:action: prepare`.
pub const PREPARE: Version = Version::new(13, 2);
/// `environment:action: access`; before, `prepare` says as little.
pub const ACCESS: Version = Version::new(15, 0);
/// `inherit`, and all of `default`.
pub const INHERIT: Version = Version::new(12, 9);
/// `environment:auto_stop_in`.
pub const AUTO_STOP: Version = Version::new(12, 8);
/// `artifacts:reports:dotenv`.
pub const DOTENV: Version = Version::new(12, 9);
/// `services:variables`.
pub const SERVICE_VARIABLES: Version = Version::new(14, 5);
/// `timeout` of a job.
pub const TIMEOUT: Version = Version::new(12, 3);
/// `interruptible`.
pub const INTERRUPTIBLE: Version = Version::new(12, 3);
/// `resource_group`.
pub const RESOURCE_GROUP: Version = Version::new(12, 7);
/// `CI_DEFAULT_BRANCH`.
pub const DEFAULT_BRANCH: Version = Version::new(12, 4);
/// `CI_DEFAULT_BRANCH_SLUG`. GitLab's documentation names no version; a job on 18.7 printed it.
pub const DEFAULT_BRANCH_SLUG: Version = Version::new(18, 7);
/// `CI_OPEN_MERGE_REQUESTS`.
pub const OPEN_MERGE_REQUESTS: Version = Version::new(13, 8);
/// `CI_COMMIT_REF_PROTECTED`.
pub const REF_PROTECTED: Version = Version::new(11, 11);
/// GitLab's registry lets a job's own credentials delete.
pub const JOB_DELETES: Version = Version::new(12, 3);
/// GitLab's registry deletes a tag by its name.
pub const DELETE_TAG: Version = Version::new(16, 4);
/// `kubectl` through GitLab's agent in a job.
pub const AGENT: Version = Version::new(14, 2);
/// The certificate-based integration is off from here on.
pub const NO_INTEGRATION: Version = Version::new(15, 0);

/// So many jobs GitLab takes in `needs`.
pub fn most_needs(target: Version) -> usize {
    match target {
        target if target < Version::new(12, 7) => 5,
        target if target < Version::new(13, 8) => 10,
        _ => 50,
    }
}

fn find(gates: &[Gate], name: &str) -> Option<Version> {
    let found = gates.binary_search_by_key(&name, |(known, _)| *known).ok();
    found.and_then(|at| gates.get(at)).map(|(_, since)| *since)
}

/// Since when a keyword is there; `None` if in every target.
pub fn keyword(path: &str) -> Option<Version> {
    find(KEYWORDS, path)
}

/// Since when a keyword has a value; `None` if in every target.
pub fn value(path: &str, value: &str) -> Option<Version> {
    let wanted = (path, value);
    let found = VALUES.binary_search_by_key(&wanted, |(known, (word, _))| (*known, *word));
    let found = found.ok().and_then(|at| VALUES.get(at));
    found.map(|(_, (_, since))| *since)
}

/// Since when GitLab sets a variable; `None` if in every target, or if it is none of GitLab's.
pub fn variable(name: &str) -> Option<Version> {
    find(VARIABLES, name)
}

/// Since when a condition can be asked: its operators, and what GitLab sets of its variables.
pub fn condition(expr: &Expr) -> Version {
    let variables = expr.variables().into_iter().filter_map(variable);
    variables.fold(expr.since(), Version::max)
}
