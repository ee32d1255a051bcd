//! What GitLab would refuse as a whole, as its own linter does.

use crate::config::Problems;
use crate::finding::{Code, Finding, Report};
use crate::pipeline::Job;
use crate::target::Places;

/// Reports each problem at the line of the manifest that it comes from.
pub(super) fn report(problems: &Problems, places: &Places<'_>, jobs: &[Job], report: &mut Report) {
    for problem in &problems.0 {
        let span = problem.place.span;
        let origin = jobs
            .iter()
            .find(|job| job.place == span)
            .map(|job| &job.origin);
        // The key that the message is about first, as in "`needs` has `unit` twice".
        let mut words = problem.message.split('`').skip(1).step_by(2);
        let asked =
            origin.and_then(|origin| words.find_map(|word| places.job(origin, &[word.to_owned()])));
        let message = format!("GitLab refuses this pipeline: {}", problem.message);
        report.push(
            Finding::new(Code::Refused, asked.unwrap_or(span), message)
                .help("the whole pipeline would not be created; correct the raw keys"),
        );
    }
}
