//! The cases, as they stand in `tests/verdicts/cases`.

use std::collections::BTreeMap;

use serde::Deserialize;
use windlass::config::{Reading, Repository, read_where};
use windlass::files::Unread;
use windlass::plan::Situation;
use windlass::source::Source;

#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) topic: String,
    pub(crate) kind: String,
    pub(crate) yaml: Option<String>,
    #[serde(default)]
    pub(crate) ctx: Context,
    #[serde(rename = "ref")]
    pub(crate) reference: Option<serde_json::Value>,
    pub(crate) verdict: serde_json::Value,
    pub(crate) stub_influence: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Context {
    #[serde(default)]
    files: BTreeMap<String, String>,
}

impl Repository for Context {
    fn read(&self, path: &str) -> Result<String, Unread> {
        self.files.get(path).cloned().ok_or(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(self.files.keys().cloned().collect())
    }
}

impl Case {
    /// The files around it.
    #[allow(dead_code, reason = "the verdicts read them as a repository")]
    pub(crate) fn files(&self) -> &BTreeMap<String, String> {
        &self.ctx.files
    }

    /// The file as we read it.
    pub(crate) fn reading(&self) -> Reading {
        let text = self.yaml.clone().unwrap_or_default();
        // The linter reads a file as for the default branch of a project without variables.
        let mut main = Situation::branch("main").with_default_branch("main");
        main.closed = true;
        main.files = self.ctx.paths().map(Into::into);
        read_where(Source::new(".gitlab-ci.yml", text), &self.ctx, &main)
    }
}

/// Every case of a kind.
pub(crate) fn cases(kind: &str) -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verdicts/cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            if case.kind == kind {
                cases.push(case);
            }
        }
    }
    cases
}
