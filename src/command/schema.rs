//! `windlass schema`: the JSON Schema of the manifest.

use super::output::print;
use super::{Failure, Verdict};

pub(super) fn run() -> Result<Verdict, Failure> {
    let text = serde_json::to_string_pretty(&windlass::manifest::schema())
        .map_err(|error| Failure::Io(error.to_string()))?;
    print(&format!("{text}\n"))?;
    Ok(Verdict::Clean)
}
