//! `windlass explain`: what a finding means and how to fix it.

use windlass::finding::explain::explain;
use windlass::shown::Shown;

use super::output::print;
use super::{Failure, Verdict};
use crate::cli::Explain;

pub(super) fn run(args: &Explain) -> Result<Verdict, Failure> {
    let page = explain(&args.code).map_err(Failure::Usage)?;
    print(&Shown::of_document(page))?;
    Ok(Verdict::Clean)
}
