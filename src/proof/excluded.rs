//! A workflow of the manifest's own takes no refs away from a job in silence.
//!
//! Facts: a pipeline that `workflow: rules` leave out is not created, whatever its jobs ask for
//! (`workflow` in the CI/CD YAML reference, 18.11). It may leave out some refs of a set, such as drafts; that
//! it leaves out each ref of a kind that a job names is told.

use std::collections::BTreeMap;

use super::Proof;
use super::refs::{Number, OnRef};
use crate::config::Given as _;
use crate::finding::{Code, Finding};
use crate::gitlab::expression::Lookup;
use crate::plan::{Ref, Situation, Trigger, Truth, with_rare};

/// A kind of refs, as a sentence names it.
fn kind(situation: &Situation) -> &'static str {
    match (&situation.reference, &situation.trigger) {
        (Ref::MergeRequest { .. }, _) => "merge requests",
        (_, Trigger::Schedule) => "schedules",
        (Ref::Branch(_), _) => "branches",
        (Ref::Tag(_), _) => "tags",
    }
}

/// Reports the kinds of refs of a set that a job names and that the workflow always leaves out, if these are
/// all pipelines.
pub(super) fn check(proof: &mut Proof<'_>, classes: &[Situation]) {
    if !proof.own_workflow {
        return;
    }
    let set_by_file = proof.config.set_variables();
    let followed = &proof.meaning.jobs.followed;
    let stated = || followed.iter().filter(|one| one.stated);
    // Whether the workflow admits any of the pipelines of a kind that a set holds.
    let mut admitted: BTreeMap<(Number, &str), bool> = BTreeMap::new();
    for situation in classes.iter().flat_map(with_rare) {
        let look_up = |name: &str| match set_by_file.contains(name) {
            true => Lookup::Unknown,
            false => situation.variable(name),
        };
        let admits = proof.configs.admits(&situation) != Truth::False;
        let mut on_ref = OnRef::of(&proof.meaning.sets, &situation);
        for set in stated().flat_map(|one| one.union.iter()) {
            let holds = on_ref.holds(&[*set], &look_up);
            if holds == Truth::True || (admits && holds != Truth::False) {
                *admitted.entry((*set, kind(&situation))).or_default() |= admits;
            }
        }
    }
    let mut findings = Vec::new();
    for one in stated() {
        for (set, name) in one.union.iter().zip(&one.names) {
            let kinds = admitted.iter().filter(|((of, _), _)| of == set);
            for ((_, kind), _) in kinds.filter(|(_, admitted)| !**admitted) {
                let of = if kind.replace(' ', "_") == *name {
                    String::new()
                } else {
                    format!(" of `{name}`")
                };
                let message = format!(
                    "`{}` asks for the {kind}{of}, and the workflow leaves all of them out",
                    one.origin
                );
                let finding = Finding::new(Code::NeverRuns, one.place, message)
                    .help("admit them in `workflow`, or remove them from `refs`");
                findings.push(finding);
            }
        }
    }
    findings.into_iter().for_each(|one| proof.report.push(one));
}
