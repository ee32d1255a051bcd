//! The verdicts of GitLab's own code in `tests/verdicts`, for the tests of this folder.

use serde::Deserialize;
use serde_yaml::Value;

/// One file given to GitLab, and whether it took it.
pub(super) struct Case {
    pub(super) id: String,
    pub(super) valid: bool,
    pub(super) file: Value,
}

impl Case {
    /// The job of a name.
    pub(super) fn job(&self, name: &str) -> &Value {
        self.file.get(name).expect("every case has its job")
    }
}

#[derive(Deserialize)]
struct Row {
    id: String,
    yaml: String,
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Verdict {
    valid: bool,
}

/// Reads a file of verdicts, one JSON object a line.
pub(super) fn verdicts(lines: &str) -> impl Iterator<Item = Case> {
    lines.lines().map(|line| {
        let row: Row = serde_json::from_str(line).expect("a verdict is JSON");
        let file = serde_yaml::from_str(&row.yaml).expect("the file of a verdict is YAML");
        Case {
            id: row.id,
            valid: row.verdict.valid,
            file,
        }
    })
}
