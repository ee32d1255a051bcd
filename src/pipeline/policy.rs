//! `only` and `except`: where a job runs on a GitLab without rules.
//!
//! A job runs where everything that `only` names holds and nothing that `except` names does; of a
//! list one is enough (`Gitlab::Ci::Build::Policy`, the same from 10.4 to 18).

use super::model::strings;
use super::{Holder, Mapping, Shared, Union, Value};
use crate::gitlab::expression::Expr;

/// What `only` or `except` says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    /// Branches and tags by name or `/pattern/`, and GitLab's words for kinds of pipelines.
    pub refs: Vec<String>,
    /// Conditions, of which one must be true (10.7).
    pub variables: Vec<Expr>,
    /// Globs, of which one must match a changed path (11.4).
    pub changes: Vec<String>,
    /// Whether a cluster must be connected.
    pub kubernetes: bool,
}

/// Where a job runs, in `only` and `except`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policies {
    /// The union of ref sets that they say, by which jobs share them.
    pub union: Option<Union>,
    /// What must hold; empty is GitLab's own default: branches and tags.
    pub only: Policy,
    /// What must not hold.
    pub except: Policy,
}

impl Policy {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As GitLab reads it: a list where only refs count.
    fn to_value(&self) -> Value {
        let refs = strings(&self.refs);
        if self.variables.is_empty() && self.changes.is_empty() && !self.kubernetes {
            return refs;
        }
        let mut map = Mapping::new();
        if !self.refs.is_empty() {
            map.set("refs", refs);
        }
        if !self.variables.is_empty() {
            let conditions = self.variables.iter().map(ToString::to_string);
            map.set("variables", Value::list(conditions));
        }
        if !self.changes.is_empty() {
            map.set("changes", strings(&self.changes));
        }
        if self.kubernetes {
            map.set("kubernetes", "active");
        }
        map.into()
    }
}

impl Policies {
    /// Whether the job runs wherever GitLab runs jobs.
    pub fn is_empty(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// Adds `only` and `except` to a job.
    pub(super) fn write(&self, job: &mut Mapping) {
        for (key, policy) in [("only", &self.only), ("except", &self.except)] {
            if policy.is_empty() {
                continue;
            }
            let value = policy.to_value();
            let short = matches!(&value, Value::Seq(items) if items.len() < 2);
            match &self.union {
                Some(union) if key == "only" || !short => {
                    let value = Value::Shared(Shared {
                        holder: Holder::Refs(union.clone()),
                        key: key.to_owned(),
                        value: Box::new(value),
                    });
                    job.set(key, value);
                }
                _ => job.set(key, value),
            }
        }
    }
}
