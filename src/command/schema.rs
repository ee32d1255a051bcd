//! `windlass schema`: the JSON Schema of the manifest.

use super::output::print;
use super::{Failure, Verdict};

pub(super) fn run() -> Result<Verdict, Failure> {
    let text =
        serde_json::to_string_pretty(&schema()).map_err(|error| Failure::Io(error.to_string()))?;
    print(&format!("{text}\n"))?;
    Ok(Verdict::Clean)
}

/// TEMPORARY: stands for `windlass::manifest::schema` until that is there.
fn schema() -> serde_json::Value {
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "windlass manifest",
        "type": "object",
        "properties": {"windlass": {"const": 1}},
        "required": ["windlass"],
    })
}
