//! GitLab's JSON schema, hidden jobs included.

use jsonschema::Validator;
use serde_json::Value as Json;

use super::{examples, psych};

fn validator() -> Validator {
    let schema = include_str!("../schemas/gitlab-ci/ci.json");
    let schema: Json = serde_json::from_str(schema).unwrap();
    // GitLab takes variables where the schema says `uri`.
    jsonschema::options()
        .should_validate_formats(false)
        .build(&schema)
        .unwrap()
}

#[test]
fn gitlabs_schema_accepts_every_pipeline() {
    let validator = validator();
    for example in examples() {
        let pipeline = psych::read(&example);
        let errors: Vec<String> = validator
            .iter_errors(&pipeline)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{example}: {errors:#?}");
    }
}

#[test]
fn gitlabs_schema_refuses_a_pipeline_with_a_wrong_key() {
    let validator = validator();
    for example in examples() {
        let pipeline = psych::read(&example);
        let jobs = pipeline.as_object().unwrap().iter();
        let jobs: Vec<&String> = jobs
            .filter(|(name, job)| {
                !name.starts_with('.') && job.get("script").is_some_and(Json::is_array)
            })
            .map(|(name, _)| name)
            .collect();
        assert!(jobs.len() >= 2, "{example}: {jobs:?}");
        for job in jobs {
            let mut wrong = pipeline.clone();
            wrong[job]["retry"] = Json::from(3);
            assert!(!validator.is_valid(&wrong), "{example}: {job}");
        }
    }
}
