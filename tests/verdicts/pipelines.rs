//! Which pipelines are created, and which jobs are in them.

use serde_json::Value;
use windlass::plan::{Changed, Plan, Presence, Situation, Trigger, Truth, environment_name, plan};

use super::case::{Case, cases};
use super::disagreements::PIPELINES;

/// The situation of a case: a project `group/project` in which nothing is set but what it says.
fn situation(reference: &Value) -> Situation {
    let text = |key: &str| reference[key].as_str().map(str::to_owned);
    let strings = |key: &str| -> Option<Vec<String>> {
        let items = reference[key].as_array()?;
        Some(
            items
                .iter()
                .map(|item| item.as_str().unwrap().to_owned())
                .collect(),
        )
    };
    let default_branch = text("default_branch").unwrap();
    let trigger = Trigger::parse(&text("source").unwrap());
    let mut situation = match (text("branch"), text("tag")) {
        (Some(branch), _) if trigger == Trigger::MergeRequest => {
            Situation::merge_request(branch, default_branch.as_str())
        }
        (Some(branch), _) => Situation::branch(branch),
        (None, Some(tag)) => Situation::tag(tag),
        (None, None) => panic!("a case has a ref"),
    };
    situation.trigger = trigger;
    situation.default_branch = Some(default_branch);
    let protected = reference["protected"].as_bool().unwrap_or(false);
    situation.protected = Some(protected);
    situation.open_merge_request = Some(strings("open_merge_requests").is_some());
    situation.closed = true;
    let path = "group/project".to_owned();
    situation
        .variables
        .insert("CI_PROJECT_PATH".to_owned(), path);
    // Its registry is on.
    for (name, value) in [
        ("CI_REGISTRY", "registry.example.com"),
        ("CI_REGISTRY_IMAGE", "registry.example.com/group/project"),
    ] {
        situation
            .variables
            .insert(name.to_owned(), value.to_owned());
    }
    situation.kubernetes = Some(false);
    let changes = strings("changes");
    situation.changed = match reference["new_branch"].as_bool() {
        Some(true) => Changed::FirstPush(changes),
        _ => Changed::Paths(changes.unwrap_or_default()),
    };
    let files = reference["files"].as_object();
    situation.files = Some(
        files
            .into_iter()
            .flatten()
            .map(|(path, _)| path.clone())
            .collect(),
    );
    for (name, value) in reference["project_variables"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let usable = protected || value["protected"].as_bool() != Some(true);
        // Where a variable has a scope, it is that of another environment.
        if usable && value["scope"].is_null() {
            let value = value.as_str().or(value["value"].as_str()).unwrap();
            situation.variables.insert(name.clone(), value.to_owned());
        }
    }
    for (name, value) in reference["variables"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap().to_owned();
        situation.variables.insert(name.clone(), value);
    }
    if reference["freeze"].as_bool() == Some(true) {
        let freeze = ("CI_DEPLOY_FREEZE".to_owned(), "true".to_owned());
        situation.variables.extend([freeze]);
    }
    situation
}

/// What we say, in the words of the verdicts; `None` where we do not know.
fn ours(case: &Case) -> Option<Value> {
    let reading = case.reading();
    let Ok(config) = reading.result else {
        return Some(serde_json::json!({ "created": false, "stage": "config", "jobs": [] }));
    };
    let situation = situation(case.reference.as_ref().unwrap());
    let plan: Plan = plan(&config, &situation);
    let stage = match (&plan.absence, plan.created) {
        (_, Truth::True) => {
            let jobs: Option<Vec<Value>> = plan
                .jobs
                .iter()
                .filter(|job| job.presence() == Presence::In)
                .map(|job| {
                    let chosen = job.decision.decided()?;
                    let of = &config.jobs[job.index];
                    let needs: Option<Vec<&str>> = chosen
                        .needs
                        .as_ref()
                        .map(|needs| needs.iter().map(|need| need.job.as_str()).collect());
                    Some(serde_json::json!({
                        "name": job.name,
                        "stage": job.stage,
                        "when": chosen.when.as_str(),
                        "allow_failure": chosen.allow_failure,
                        "start_in": chosen.start_in,
                        "interruptible": chosen.interruptible,
                        "needs": needs.filter(|needs| !needs.is_empty()),
                        "environment": of.environment.as_ref().map(|env| env.name.clone()),
                        "environment_expanded": environment_name(&config, &plan, job),
                    }))
                })
                .collect();
            return Some(serde_json::json!({ "created": true, "jobs": jobs? }));
        }
        (_, Truth::Unknown | Truth::Raises) => return None,
        (Some(windlass::plan::Absence::Workflow(_)), _) => "workflow",
        (Some(_), _) => "populate",
        (None, _) => "seed",
    };
    Some(serde_json::json!({ "created": false, "stage": stage, "jobs": [] }))
}

/// Whether GitLab's verdict says the same; what it does not tell does not count.
fn agrees(ours: &Value, gitlabs: &Value) -> bool {
    let same = |key: &str| gitlabs[key].is_null() || ours[key] == gitlabs[key];
    let jobs = |of: &Value| of["jobs"].as_array().cloned().unwrap_or_default();
    let (ours_jobs, gitlabs_jobs) = (jobs(ours), jobs(gitlabs));
    let told = [
        "name",
        "stage",
        "when",
        "allow_failure",
        "start_in",
        "interruptible",
        "needs",
        "environment",
    ];
    same("created")
        && same("stage")
        && ours_jobs.len() == gitlabs_jobs.len()
        && ours_jobs.iter().zip(&gitlabs_jobs).all(|(ours, gitlabs)| {
            let expanded = &gitlabs["environment_expanded"];
            told.iter().all(|key| ours[key] == gitlabs[key])
                && (expanded.is_null() || ours["environment_expanded"] == *expanded)
        })
}

#[test]
fn every_pipeline_is_created_as_by_gitlab() {
    let (mut seen, mut hints) = (0, 0);
    let mut wrong = Vec::new();
    for case in cases("pipeline") {
        let ours = ours(&case);
        let agrees = ours
            .as_ref()
            .is_some_and(|ours| agrees(ours, &case.verdict));
        let known = PIPELINES.iter().any(|(id, _)| *id == case.id);
        seen += 1;
        hints += usize::from(case.stub_influence.is_some());
        if agrees == known {
            wrong.push(format!(
                "{} {:?}\n{}\n  GitLab {}\n  ours {:?}\n",
                case.id,
                case.stub_influence,
                case.yaml.unwrap_or_default(),
                case.verdict,
                ours.map(|ours| ours.to_string())
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {seen}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!((seen, hints), (259, 64));
}
