//! What GitLab would refuse as a whole, as its own linter does.

use crate::finding::{Code, Finding, Report};

/// Reports each problem where it is.
pub(super) fn report(problems: &Report, report: &mut Report) {
    let told = problems.sorted().into_iter().map(|problem| {
        let message = format!("GitLab refuses this pipeline: {}", problem.message);
        Finding::new(Code::Refused, problem.location.clone(), message)
            .help("GitLab would then create no pipeline at all")
    });
    report.join(Report::of(problems.sources(), told));
}
