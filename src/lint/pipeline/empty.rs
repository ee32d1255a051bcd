//! What a rule of the workflow admits holds a job.

use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;
use crate::plan::{Absence, named};

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = lint.config();
    if !lint.classes.is_complete() || config.open.is_some() {
        return;
    }
    let rules = config.workflow.rules.iter().flatten().enumerate();
    for (at, rule) in rules {
        let mut by_it = lint.seen.iter().filter(|one| one.workflow == Some(at));
        let Some(first) = by_it.next() else { continue };
        let is_empty = |absence: &Option<Absence>| *absence == Some(Absence::NoJobs);
        if !is_empty(&first.absence) || !by_it.all(|one| is_empty(&one.absence)) {
            continue;
        }
        let situation = first.situation.clone();
        let on = named(&situation);
        let message =
            format!("no job runs in the pipelines that this rule admits, as the one on {on}");
        let finding = Finding::new(Code::EmptyPipeline, rule.place, message)
            .help("remove the rule, or let a job run there");
        lint.tell(finding, &situation);
    }
}
