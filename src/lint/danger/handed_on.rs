//! A secret of this project stays in it.
//!
//! Facts: `variables` of a job with `trigger` become variables of the pipeline that it starts ("Pass CI/CD
//! variables to a downstream pipeline", 18.11); they are not masked there.

use std::sync::Arc;

use crate::config::{Job, Value};
use crate::finding::{Code, Finding};
use crate::gitlab::variables::{looks_secret, names};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = Arc::clone(&lint.config);
    for job in &config.jobs {
        let Some(project) = project(job) else {
            continue;
        };
        for variable in job.variables.values().filter(|one| one.expand) {
            let Some(secret) = names(&variable.value).find(|name| looks_secret(name)) else {
                continue;
            };
            let place = format!("{:?}", variable.place);
            if !lint.is_new(Code::SecretHandedOn, &place) {
                continue;
            }
            let message = format!(
                "`{}` hands `${secret}` to `{project}`, where it is not masked",
                job.name
            );
            lint.push(
                Finding::new(Code::SecretHandedOn, variable.place, message).help(
                    "let the other project have its own secret, in its CI/CD variables or by `id_tokens`",
                ),
            );
        }
    }
}

/// The other project whose pipeline a job starts.
fn project(job: &Job) -> Option<String> {
    let trigger = job.keys.given("trigger")?;
    match &trigger.value {
        Value::Str(project) => Some(project.to_string()),
        _ => trigger.get("project")?.scalar_text(),
    }
}
