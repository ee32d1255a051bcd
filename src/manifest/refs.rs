//! Named ref sets (language, section 4).

use super::collection::{List, Many};
use super::common::Variables;
use super::kinds::{Expression, Pattern, Text};
use super::record::record;

record! {
    /// Branches or tags that merge requests come from or go to.
    MergeRequests {
        /// Source branches: names or `/regex/`.
        source: Many<Pattern>,
        /// Target branches: names or `/regex/`.
        target: Many<Pattern>,
    }
}

record! {
    /// A set of refs, named once and used everywhere. It holds the `branches`, `tags`,
    /// `merge_requests` and sets of `of`, without those of `except`, where all the rest is true.
    RefSet = "branches" {
        /// Branches: names or `/regex/`. A list alone means this.
        branches: List<Pattern>,
        /// Git tags: names or `/regex/`.
        tags: Many<Pattern>,
        /// Merge request pipelines.
        merge_requests: MergeRequests,
        /// Other sets that this one includes.
        of: Many<Text>,
        /// Sets that it leaves out.
        except: Many<Text>,
        /// Only pipelines started so: values of `CI_PIPELINE_SOURCE`.
        sources: Many<Text>,
        /// Whether only protected refs are meant.
        protected: bool,
        /// An expression of GitLab's `if` that must be true as well.
        condition as "if": Expression,
        /// Variables of every job on these refs.
        variables: Variables,
    }
}
