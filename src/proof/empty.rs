//! A pipeline that the rules of a workflow want has something in it. Without rules, nothing wants one: GitLab
//! creates a pipeline wherever there are jobs.

use super::Proof;
use crate::finding::{Code, Finding};
use crate::plan::{Absence, Plan, named};

pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    if plan.absence != Some(Absence::NoJobs)
        || !proof.own_workflow
        || proof.config.workflow.rules.is_none()
        || !proof.is_new(Code::EmptyPipeline, "")
    {
        return;
    }
    let workflow = proof.places.global(&["workflow".to_owned()]);
    let on = named(&plan.situation);
    let message = format!("the workflow wants a pipeline on {on}, and no job is in it");
    let finding = Finding::new(Code::EmptyPipeline, workflow.unwrap_or_default(), message)
        .help("leave it out in `workflow`, or let a job run there");
    proof.report(finding, &plan.situation);
}
