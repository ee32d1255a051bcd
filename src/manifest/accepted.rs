//! What is accepted of a pipeline that is written by hand.
//!
//! In: the words of `accept`. Out: which findings they make warnings. Always holds: what windlass
//! generates is never excused.

use super::Manifest;
use super::collection::List;
use super::declare::words;
use crate::finding::{Code, Finding, Location};
use crate::presets::Composed;
use crate::source::{Place, Span};

words! {
    /// What a pipeline that is written by hand may do, though windlass never generates it.
    Accepted {
        /// A push to a branch with an open merge request makes two pipelines with the same jobs.
        DuplicatePipeline "duplicate-pipeline",
        /// GitLab creates no pipeline on some ref, as a job needs one that is missing there.
        NeedMissing "need-missing",
        /// On some ref GitLab refuses the pipeline, as an included file is missing there.
        RefusedOnRef "refused-on-ref",
        /// On some ref only `.pre` and `.post` have jobs, so that no pipeline is created.
        OnlyPrePost "only-pre-post",
        /// An environment is started where the job that stops it is missing.
        StopMissing "stop-missing",
        /// A deployment that a newer pipeline may cancel.
        InterruptibleDeploy "interruptible-deploy",
        /// A variable that GitLab sets itself has another value.
        PredefinedVariable "predefined-variable",
    }
}

impl Accepted {
    /// The finding that is then a warning.
    pub fn code(self) -> Code {
        match self {
            Self::DuplicatePipeline => Code::DuplicatePipeline,
            Self::NeedMissing => Code::NeedMissing,
            Self::RefusedOnRef => Code::RefusedOnRef,
            Self::OnlyPrePost => Code::OnlyPrePost,
            Self::StopMissing => Code::StopMissing,
            Self::InterruptibleDeploy => Code::InterruptibleDeploy,
            Self::PredefinedVariable => Code::PredefinedVariable,
        }
    }
}

impl Manifest {
    /// Whether a finding is about what is written by hand, and accepted there. `composed` is what the manifest was
    /// read from.
    pub fn accepts(&self, composed: &Composed, finding: &Finding) -> bool {
        let accepted = self.accept.get().into_iter().flat_map(List::iter);
        let mut codes = accepted.map(|accepted| accepted.value.code());
        let Location::Text(Place { file: 0, span }) = finding.location else {
            return false;
        };
        codes.any(|code| code == finding.code) && by_hand(composed, span)
    }
}

/// Whether a place is under a key whose values are GitLab's own.
fn by_hand(composed: &Composed, span: Span) -> bool {
    let key = composed.key_at(span);
    key.is_some_and(|key| ["include", "jobs", "pipeline"].contains(&key))
}
