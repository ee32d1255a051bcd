//! Where we answer otherwise than GitLab, and why. A test holds that each one still does.

/// Cases of pipelines.
pub(crate) const PIPELINES: &[(&str, &str)] = &[
    ("r-run-changes-compare-to-bad", REF),
    ("r-run-changes-compare-to-bad-with-sibling", REF),
    ("r-run-exists-project-missing", PROJECT),
    ("r-run-exists-project-missing-with-sibling", PROJECT),
];

const REF: &str = "whether the ref of `compare_to` exists is not known; all of these are hints";
const PROJECT: &str = "whether another project can be read is not known; both are hints";
