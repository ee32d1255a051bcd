//! `windlass explain`: what a finding means and how to mend it.

use windlass::finding::{Code, did_you_mean};

use super::output::print;
use super::{Failure, Verdict};
use crate::cli::Explain;

pub(super) fn run(args: &Explain) -> Result<Verdict, Failure> {
    let page = explain(&args.code).map_err(Failure::Usage)?;
    print(page)?;
    Ok(Verdict::Clean)
}

/// TEMPORARY: stands for `windlass::finding::explain` until that is there.
fn explain(code: &str) -> Result<&'static str, String> {
    code.parse().map(Code::page).map_err(|()| {
        let codes = Code::ALL.iter().map(|code| code.as_str());
        let near = did_you_mean(code, codes);
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("there is no finding `{}`{near}", code.escape_debug())
    })
}
