//! What GitLab would refuse as a whole, as its own linter does.

use crate::finding::{Code, Finding, Location, Report};
use crate::pipeline::Job;
use crate::source::Place;
use crate::target::Places;

/// Reports each problem at the line of the manifest that it comes from.
pub(super) fn report(problems: &Report, places: &Places<'_>, jobs: &[Job], report: &mut Report) {
    for problem in problems.sorted() {
        let Location::Text(Place { span, .. }) = problem.location else {
            continue;
        };
        let of_job = jobs.iter().find(|job| job.place == span);
        let origin = of_job.map(|job| &job.origin);
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
