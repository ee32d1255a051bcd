//! Where we answer otherwise than GitLab, and why. A test holds that each one still does.

/// Files that one of the two refuses.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("d-project", PAID),
    ("ip-given", GIVEN),
    ("ip-undeclared-given", GIVEN),
    ("j-key-secrets", PAID),
    ("t-needs-pipeline", PAID),
    (
        "y-directive",
        "the parser takes `%YAML 1.2`, which libyaml refuses",
    ),
];

const PAID: &str = "the paid editions take it, and the verdicts are those of the free one";
const GIVEN: &str = "inputs given when a pipeline is started by hand are not modelled";

/// Cases of pipelines.
pub(crate) const PIPELINES: &[(&str, &str)] = &[
    ("r-run-changes-compare-to-bad", REF),
    ("r-run-changes-compare-to-bad-with-sibling", REF),
    ("r-run-exists-project-missing", PROJECT),
    ("r-run-exists-project-missing-with-sibling", PROJECT),
];

const REF: &str = "whether the ref of `compare_to` exists is not known; all of these are hints";
const PROJECT: &str = "whether another project can be read is not known; both are hints";

/// Newer cases.
pub(crate) const NEWER: &[(&str, &str)] = &[
    ("dast", PAID),
    ("df-key-identity", PAID),
    ("df-key-secrets", PAID),
    ("identity", PAID),
    ("inp-spec-include-duplicate", HEADER),
    ("ru-exists-project", PROJECT),
    ("ru-exists-project-missing", PROJECT),
    ("secrets-gsm-source", PAID),
];

const HEADER: &str = "the files that `spec:include` names are not read";
