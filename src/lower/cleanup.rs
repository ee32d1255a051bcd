//! Retention: what an image leaves in the registry goes when it is of no more use.

use super::Lowering;
use crate::gitlab::tag;
use crate::manifest::images::{Image, KeepFor, Retention, Role};
use crate::pipeline::{Job, Need, Origin, Value};
use crate::source::At;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, image) in lowering.manifest.images() {
        if let Some(retention) = image.retention.get() {
            lowering.cleanup(key, image, retention);
        }
    }
}

impl<'m> Lowering<'m> {
    fn cleanup(&mut self, key: &'m At<String>, image: &'m At<Image>, retention: &Retention) {
        let name = key.value.as_str();
        let job_name = image.cleanup_job(key);
        let mut job = Job {
            name: job_name.value,
            origin: Origin {
                entity: format!("images.{name}.retention"),
                span: job_name.span,
            },
            stage: Some(
                retention
                    .stage
                    .get()
                    .cloned()
                    .unwrap_or_else(|| "cleanup".to_owned()),
            ),
            rules: self.rules(&self.deployments.cleanup_refs(name, image), None),
            ..Job::default()
        };
        self.with_registry_script(&mut job);
        if retention.keep_for.get() == Some(&KeepFor::Pipeline) {
            // Whatever happened before: what a failed pipeline leaves is of no use either.
            job.when = Some("always".to_owned());
            let dry_run = retention.dry_run.copied_or(false);
            let delete = format!(
                "registry_delete_tag {}\"{}\"",
                self.registry_options(),
                self.by_tag(name)
            );
            let list = format!("echo \"would delete {}\"", self.by_tag(name));
            job.script
                .push(Value::from(if dry_run { list } else { delete }));
        } else if image.role() == Role::Production {
            self.keep_newest(&mut job, key, image, retention);
        }
        if let Some(raw) = retention.job.get() {
            job.raw = crate::manifest::raw::mapping(&raw.0, &mut crate::finding::Report::default());
        }
        self.finish(job, None);
    }

    /// Marks what is deployed, if no other job does, then deletes all but the newest images.
    fn keep_newest(
        &mut self,
        job: &mut Job,
        key: &'m At<String>,
        image: &'m At<Image>,
        retention: &Retention,
    ) {
        let name = key.value.as_str();
        let repository = image.repository(name);
        let mut needs = vec![Need {
            job: image.build_job(key).value,
            artifacts: true,
            optional: false,
        }];
        let mut keep = String::new();
        let deployments = self.deployments.of_image(name).to_vec();
        for (place, environment) in &deployments {
            if !environment.is_dynamic(&place.value) {
                let tag = environment.deployed_tag(&place.value);
                keep.push_str(&format!(" --protect {}", super::quoted(&tag)));
            }
        }
        if let Some((place, environment)) = self.deployments.marked_by_cleanup(name, image) {
            needs.push(Need {
                job: environment.deploy_job(place).value,
                artifacts: false,
                optional: false,
            });
            job.script.push(self.mark(name, place, environment));
        } else {
            // What waits for a person must not keep the rest from being cleaned up.
            let automatic = deployments.iter().filter(|(_, environment)| {
                environment.when.get() != Some(&crate::manifest::common::When::Manual)
            });
            needs.extend(automatic.map(|(place, environment)| Need {
                job: environment.mark_job(place).value,
                artifacts: false,
                optional: true,
            }));
        }
        if let [(place, environment), ..] = deployments.as_slice() {
            job.resource_group = Some(self.resource_group(place, environment));
        }
        job.needs = Some(needs);
        let mut command = format!("registry_keep_newest {}", self.registry_options());
        command.push_str(&format!(
            "--only-regex '{}'",
            tag::pattern(image.tag()).unwrap_or_default()
        ));
        if ["REF_SLUG", "COMMIT_TAG"]
            .iter()
            .any(|wide| image.tag().contains(wide))
        {
            keep.push_str(" --keep-regex '^cache-'");
        }
        // This pipeline's own build stays, even if a newer one is deployed already.
        keep.push_str(&format!(" --keep {}", super::quoted(image.tag())));
        for pattern in retention
            .keep
            .get()
            .into_iter()
            .flat_map(|list| list.iter())
        {
            match tag::to_posix(&pattern.value) {
                Some(regex) => {
                    keep.push_str(&format!(" --keep-regex '{}'", regex.replace('\'', r"'\''")));
                }
                None => keep.push_str(&format!(" --keep {}", super::quoted(&pattern.value))),
            }
        }
        command.push_str(&keep);
        if let Some(age) = retention.older_than.get()
            && let Ok(age) = crate::gitlab::duration::parse(age)
        {
            command.push_str(&format!(" --older-than {}", age.as_secs()));
        }
        if retention.dry_run.copied_or(false) {
            command.push_str(" --dry-run");
        }
        let count = retention.keep_n.copied_or(0);
        command.push_str(&format!(" {count} {}", super::quoted(&repository)));
        job.script.push(Value::from(command));
    }
}
