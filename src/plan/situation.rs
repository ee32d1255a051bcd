//! What a pipeline is created for, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::predefined;

/// The ref of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ref {
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A merge request pipeline; it runs on neither of its branches.
    MergeRequest {
        /// The branch that is to be merged.
        source: String,
        /// The branch that it is to be merged into.
        target: String,
    },
}

/// What started a pipeline: `CI_PIPELINE_SOURCE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trigger {
    /// A push, or a new tag.
    Push,
    /// A schedule.
    Schedule,
    /// Something new in a merge request.
    MergeRequest,
    /// Any other, by GitLab's word: `web`, `api`, `trigger`, `pipeline`, `parent_pipeline`, ...
    Other(String),
}

impl Trigger {
    /// GitLab's word.
    pub fn as_str(&self) -> &str {
        match self {
            Trigger::Push => "push",
            Trigger::Schedule => "schedule",
            Trigger::MergeRequest => "merge_request_event",
            Trigger::Other(word) => word,
        }
    }

    /// Whether its pipelines may know a commit before their own: a push does, and a child pipeline has what its
    /// parent has (`Ci::Bridge#child_params`, 18.11).
    pub(super) fn compares(&self) -> bool {
        matches!(self.as_str(), "push" | "parent_pipeline")
    }

    /// From GitLab's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "push" => Trigger::Push,
            "schedule" => Trigger::Schedule,
            "merge_request_event" => Trigger::MergeRequest,
            word => Trigger::Other(word.to_owned()),
        }
    }
}

/// What is known of the files that changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Changed {
    /// Nothing; on a ref where files count, `changes` is then undecided.
    #[default]
    Unknown,
    /// These.
    Paths(Vec<String>),
    /// It is the first push of a branch: `changes` holds whatever it asks for, as for tags and
    /// schedules. The files, where `compare_to` asks for them.
    FirstPush(Option<Vec<String>>),
}

/// A ref and all that is known about the pipeline that may be created for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Situation {
    /// The ref.
    pub reference: Ref,
    /// What started it.
    pub trigger: Trigger,
    /// The project's default branch.
    pub default_branch: Option<String>,
    /// Whether the ref is protected.
    pub protected: Option<bool>,
    /// Whether a merge request from this branch is open.
    pub open_merge_request: Option<bool>,
    /// Variables of the project or the pipeline; they win over those of the file.
    pub variables: BTreeMap<String, String>,
    /// Variables that are surely not set, although they might be.
    pub unset: BTreeSet<String>,
    /// Of a child pipeline: `variables` and `unset` without what the job that starts it sets.
    pub without_parent: Option<Arc<Without>>,
    /// Whether variables that nobody names are surely not set. If not, they are unknown.
    pub closed: bool,
    /// Whether a variable that the file sets may have another value, which somebody else gives it. If not, it has
    /// the file's, unless [`Situation::variables`] names it.
    pub overridable: bool,
    /// Whether it stands for all pipelines of a class: what is closed is then what conditions ask for, and a
    /// variable that only paths and other texts have may have any value.
    pub of_class: bool,
    /// The files that changed.
    pub changed: Changed,
    /// The files of the repository.
    pub files: Option<Arc<[String]>>,
    /// Whether the project has an active cluster (`only: kubernetes`).
    pub kubernetes: Option<bool>,
}

/// The variables that are set, and those that are not.
type Without = (BTreeMap<String, String>, BTreeSet<String>);

impl Situation {
    fn on(reference: Ref, trigger: Trigger) -> Self {
        Self {
            reference,
            trigger,
            default_branch: None,
            protected: None,
            open_merge_request: Some(false),
            variables: BTreeMap::new(),
            unset: BTreeSet::new(),
            without_parent: None,
            closed: false,
            overridable: false,
            of_class: false,
            changed: Changed::Unknown,
            files: None,
            kubernetes: None,
        }
    }

    /// A push on a branch from which no merge request is open.
    pub fn branch(name: impl Into<String>) -> Self {
        Self::on(Ref::Branch(name.into()), Trigger::Push)
    }

    /// A new tag.
    pub fn tag(name: impl Into<String>) -> Self {
        Self::on(Ref::Tag(name.into()), Trigger::Push)
    }

    /// A merge request pipeline.
    pub fn merge_request(source: impl Into<String>, target: impl Into<String>) -> Self {
        let (source, target) = (source.into(), target.into());
        let reference = Ref::MergeRequest { source, target };
        Self::on(reference, Trigger::MergeRequest)
    }

    /// A schedule on a branch.
    pub fn schedule(branch: impl Into<String>) -> Self {
        Self::on(Ref::Branch(branch.into()), Trigger::Schedule)
    }

    /// The push to a branch that also concerns the merge request from it.
    #[must_use]
    pub fn pushed_to(&self, branch: &str) -> Self {
        let mut pushed = Self {
            reference: Ref::Branch(branch.to_owned()),
            trigger: Trigger::Push,
            open_merge_request: Some(true),
            ..self.clone()
        };
        // What merge requests alone have is not there.
        let mut variables = std::mem::take(&mut pushed.variables);
        variables.retain(|name, _| predefined::is_free(&pushed, name));
        pushed.variables = variables;
        pushed
    }

    /// The same in a project with this default branch, which GitLab protects by default.
    #[must_use]
    pub fn with_default_branch(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if matches!(&self.reference, Ref::Branch(branch) if *branch == name) {
            self.protected = self.protected.or(Some(true));
        }
        self.default_branch = Some(name);
        self
    }

    /// The same in a repository with these files, which are those of a ref that is worked on: not of a tag.
    #[must_use]
    pub fn with_files(mut self, files: Option<&Arc<[String]>>) -> Self {
        if !matches!(self.reference, Ref::Tag(_)) {
            self.files = files.cloned();
        }
        self
    }

    /// The same with everything open that is not the same in all pipelines on the ref: the files of the
    /// repository, and the values of variables that the file sets.
    #[must_use]
    pub fn opened(&self) -> Self {
        Self {
            overridable: true,
            files: None,
            ..self.clone()
        }
    }

    /// The ref alone, with nothing said of variables, files and a cluster.
    #[must_use]
    pub fn without_circumstances(&self) -> Self {
        Self {
            variables: BTreeMap::new(),
            changed: Changed::Unknown,
            kubernetes: None,
            ..self.clone()
        }
    }

    /// What is stated beside the ref, as ` (A=x, changed: src/a)`; empty if nothing is.
    pub(crate) fn circumstances(&self) -> String {
        let mut all = Vec::new();
        match self.protected {
            Some(true) if !self.is_default_branch() => all.push("protected".to_owned()),
            Some(false) => all.push("not protected".to_owned()),
            _ => {}
        }
        let variables = self.variables.iter();
        all.extend(variables.map(|(name, value)| format!("{name}={value:?}")));
        if let Changed::Paths(paths) = &self.changed {
            all.push(format!("changed: {}", paths.join(" ")));
        }
        match self.kubernetes {
            Some(true) => all.push("kubernetes: active".to_owned()),
            Some(false) => all.push("kubernetes: not active".to_owned()),
            None => {}
        }
        match all.is_empty() {
            true => String::new(),
            false => format!(" ({})", all.join(", ")),
        }
    }

    /// Whether the ref is the default branch.
    pub fn is_default_branch(&self) -> bool {
        matches!(&self.reference, Ref::Branch(name) if self.default_branch.as_ref() == Some(name))
    }

    /// `CI_COMMIT_REF_NAME`
    pub fn ref_name(&self) -> &str {
        match &self.reference {
            Ref::Branch(name) | Ref::Tag(name) => name,
            Ref::MergeRequest { source, .. } => source,
        }
    }
}

/// As people say it: `branch main`, `tag v1`, `merge request feature -> main`.
impl fmt::Display for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reference {
            Ref::Branch(name) if self.trigger == Trigger::Schedule => {
                write!(f, "schedule on {name}")?;
            }
            Ref::Branch(name) => write!(f, "branch {name}")?,
            Ref::Tag(name) => write!(f, "tag {name}")?,
            Ref::MergeRequest { source, target } => {
                write!(f, "merge request {source} -> {target}")?;
            }
        }
        match &self.trigger {
            Trigger::Other(word) => write!(f, " ({word})"),
            _ if self.open_merge_request == Some(true) => f.write_str(" (merge request open)"),
            _ => Ok(()),
        }
    }
}
