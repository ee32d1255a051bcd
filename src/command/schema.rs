//! `windlass schema`: the JSON Schema of the manifest.

use windlass::shown::Shown;

use super::output::print;
use super::{Failure, Verdict};

pub(super) fn run() -> Result<Verdict, Failure> {
    print(&Shown::of_json(&windlass::manifest::schema()))?;
    Ok(Verdict::Clean)
}
