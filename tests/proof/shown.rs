//! Whether what `plan` prints holds what a finding says.

use serde_json::Value as Json;
use windlass::finding::{Code, Finding};

/// The job of a name, if the plan surely holds it.
fn job<'j>(plan: &'j Json, name: &str) -> Option<&'j Json> {
    let mut jobs = plan["jobs"].as_array().unwrap().iter();
    jobs.find(|job| job["name"] == name && job["runs"] == true)
}

fn may_hold(plan: &Json, name: &str) -> bool {
    let mut jobs = plan["jobs"].as_array().unwrap().iter();
    jobs.any(|job| job["name"] == name)
}

/// Checks what the plans of a finding's commands hold.
#[track_caller]
pub(crate) fn holds(finding: &Finding, plans: &[Json]) {
    let quoted: Vec<&str> = finding.message.split('`').skip(1).step_by(2).collect();
    let named = |at: usize| quoted.get(at).copied().unwrap_or_default();
    let Some(plan) = plans.last() else { return };
    let why = format!("{finding:#?}\n{plans:#?}");
    match finding.code {
        Code::NeedMissing | Code::Refused | Code::OutOfRange => {
            let failures = plan["failures"].as_array().unwrap();
            let about = |text: &Json| text.as_str().unwrap().contains(named(0));
            assert!(failures.iter().any(about), "{why}");
            assert_eq!(plan["pipeline"], false, "{why}");
        }
        Code::DuplicatePipeline => {
            let [branch, request] = plans else {
                panic!("{why}")
            };
            assert_eq!(
                branch["ref"]["branch"], request["ref"]["merge_request"]["source"],
                "{why}"
            );
            for plan in [branch, request] {
                assert_eq!(plan["pipeline"], true, "{why}");
                assert!(job(plan, named(0)).is_some(), "{why}");
            }
        }
        Code::EmptyPipeline | Code::OnlyPrePost => {
            assert_eq!(plan["pipeline"], false, "{why}");
            assert!(plan["reason"].is_string(), "{why}");
        }
        Code::DeployElsewhere => {
            assert!(job(plan, named(0)).is_some(), "{why}");
            assert!(!may_hold(plan, &format!("deploy-{}", named(1))), "{why}");
        }
        Code::DeployUnprotected => {
            assert!(job(plan, named(0)).is_some(), "{why}");
            assert_eq!(plan["ref"]["protected"], false, "{why}");
        }
        Code::NeedsOrder => {
            assert!(job(plan, named(0)).is_some(), "{why}");
            assert!(job(plan, &format!("build-{}", named(1))).is_some(), "{why}");
        }
        Code::ImageNotBuilt => {
            assert!(job(plan, named(0)).is_some(), "{why}");
            assert!(!may_hold(plan, &format!("build-{}", named(1))), "{why}");
        }
        Code::DeletedBeforeUse => {
            assert!(job(plan, named(0)).is_some(), "{why}");
            assert!(job(plan, named(2)).is_some(), "{why}");
        }
        Code::NotCleanedUp => {
            assert!(job(plan, &format!("build-{}", named(1))).is_some(), "{why}");
            let always = job(plan, named(0)).is_some_and(|job| job["when"] == "always");
            let by_hand = !named(2).is_empty()
                && job(plan, named(2)).is_some_and(|job| job["when"] == "manual");
            assert!(!always || by_hand, "{why}");
        }
        Code::ManualBlocks => {
            let blocks = quoted.last().and_then(|name| job(plan, name)).unwrap();
            assert_eq!(blocks["when"], "manual", "{why}");
            assert_eq!(blocks["allow_failure"], false, "{why}");
        }
        Code::StopMissing => {
            assert!(job(plan, named(0)).is_some(), "{why}");
            assert!(!may_hold(plan, quoted.last().unwrap()), "{why}");
        }
        Code::MergeRequestMissing => {
            let [branch, request] = plans else {
                panic!("{why}")
            };
            let source = &request["ref"]["merge_request"]["source"];
            assert_eq!(branch["ref"]["branch"], *source, "{why}");
            assert!(!may_hold(branch, named(0)), "{why}");
            assert_eq!(request["pipeline"], false, "{why}");
        }
        Code::BranchJobMissing => {
            let [request, branch] = plans else {
                panic!("{why}")
            };
            let source = &request["ref"]["merge_request"]["source"];
            assert_eq!(branch["ref"]["branch"], *source, "{why}");
            assert_eq!(branch["ref"]["open_merge_request"], true, "{why}");
            assert_eq!(branch["pipeline"], false, "{why}");
            assert!(!may_hold(request, named(0)), "{why}");
        }
        Code::ScheduledDeploy => {
            assert_eq!(plan["ref"]["source"], "schedule", "{why}");
            assert!(
                job(plan, &format!("deploy-{}", named(1))).is_some(),
                "{why}"
            );
        }
        Code::InterruptibleDeploy => assert!(job(plan, named(0)).is_some(), "{why}"),
        other => panic!("{other}: what does its command show?"),
    }
}
