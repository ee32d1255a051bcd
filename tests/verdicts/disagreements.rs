//! Where we answer otherwise than GitLab, and why. A test holds that each one still does.

/// Files that one of the two refuses.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("d-project", PAID),
    ("f-default-key-secrets", PAID),
    ("i-docker-unknown", EXECUTOR),
    ("ip-given", GIVEN),
    ("ip-undeclared-given", GIVEN),
    ("j-key-secrets", PAID),
    ("rl-assets-hash", RELEASE),
    ("rl-released-at-bad", RELEASE),
    (
        "t-include-artifact-undefined-job",
        "the jobs that make a child's configuration are not followed",
    ),
    (
        "y-directive",
        "the parser takes `%YAML 1.2`, which libyaml refuses",
    ),
];

const PAID: &str = "the paid editions take it, and the verdicts are those of the free one";
const EXECUTOR: &str = "options of one executor are not checked";
const GIVEN: &str = "inputs given when a pipeline is started by hand are not modelled";
const RELEASE: &str = "the release's times and links are not checked";

/// Cases of pipelines.
pub(crate) const PIPELINES: &[(&str, &str)] = &[
    ("r-run-changes-compare-to-bad", REF),
    ("r-run-changes-compare-to-bad-with-sibling", REF),
    ("r-run-exists-project-missing", PROJECT),
    ("r-run-exists-project-missing-with-sibling", PROJECT),
];

const REF: &str = "whether the ref of `compare_to` exists is not known; all of these are hints";
const PROJECT: &str = "whether another project can be read is not known; both are hints";
