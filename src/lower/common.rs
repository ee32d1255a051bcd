//! The common job keys (language, section 12), the same for every family.

use super::Lowering;
use crate::gitlab::{Version, gates};
use crate::manifest::artifacts::{Artifacts, Cache, CacheKey, Reports};
use crate::manifest::collection::{List, Many};
use crate::manifest::common::{AllowFailure, Common, Retry, Variable, Variables, When};
use crate::manifest::kinds::Text;
use crate::manifest::record::Field;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Job, Mapping, Need, Origin, Value};
use crate::source::{At, Span};

/// How long a job may take if the manifest does not say: as long as in a project without a setting of its
/// own (GitLab 18).
const DEFAULT_TIMEOUT: &str = "1 hour";

impl Lowering<'_> {
    /// A job with the common keys of its entity. The family's own keys are set by the caller,
    /// which calls [`finish`] last.
    pub(super) fn job(
        &self,
        name: &At<String>,
        origin: Origin,
        span: Span,
        common: Common<'_>,
    ) -> Job {
        let mut job = Job {
            place: span,
            when: common
                .when
                .get()
                .filter(|when| **when != When::OnSuccess && !mutant::on(Mutant::ManualRunsByItself))
                .map(|when| when.as_str().to_owned()),
            allow_failure: common.allow_failure.get().map(|allow| match allow {
                AllowFailure::Any(any) => Value::Bool(*any),
                AllowFailure::ExitCodes(codes) => {
                    let codes = one_or_list(codes.iter().map(|code| Value::Int(*code)).collect());
                    Mapping::from_iter([("exit_codes", codes)]).into()
                }
            }),
            retry: common.retry.get().map(retry),
            timeout: self.timeout(common),
            interruptible: match common.interruptible.get() {
                Some(own) => Some(*own),
                None => self.if_known(gates::INTERRUPTIBLE, true),
            },
            tags: texts(common.runner_tags),
            before_script: commands(common.before_script),
            after_script: commands(common.after_script),
            artifacts: common.artifacts.get().map(artifacts).unwrap_or_default(),
            ..Job::new(name.clone(), origin)
        };
        if let Some(variables) = common.variables.get() {
            job.variables = self.variables(variables, false);
            for (name, variable) in variables.0.iter() {
                self.read_variable(&name.value, &variable.value, &mut job.uses);
            }
        }
        for own in [&job.before_script, &job.after_script] {
            self.read_commands(own, &mut job.uses);
        }
        for one in common.cache.get().into_iter().flat_map(Many::iter) {
            job.cache.push(cache(&one.value));
        }
        job.needs = common.needs.get().map(|needs| {
            needs
                .iter()
                .filter_map(|need| {
                    Some(Need {
                        job: need.job.get()?.clone(),
                        artifacts: need.artifacts.copied_or(true),
                        optional: need.optional.copied_or(false),
                    })
                })
                .collect()
        });
        job
    }

    /// How long a job may take: `null` leaves that to the project.
    fn timeout(&self, common: Common<'_>) -> Option<String> {
        match common.timeout {
            Field::Set(own) => Some(own.value.to_string()),
            Field::Null => None,
            Field::Absent | Field::Invalid => {
                self.if_known(gates::TIMEOUT, DEFAULT_TIMEOUT.to_owned())
            }
        }
    }

    /// A job that windlass adds beside those of an entity, with the keys of the entity that any job on
    /// its runners needs: where all runners have tags, a job without any would wait for ever.
    pub(super) fn job_beside(&self, name: At<String>, origin: Origin, common: Common<'_>) -> Job {
        Job {
            retry: common.retry.get().map(retry),
            timeout: self.timeout(common),
            tags: texts(common.runner_tags),
            ..Job::new(name, origin)
        }
    }

    /// What windlass adds of itself, where the target knows it.
    pub(super) fn if_known<T>(&self, since: Version, value: T) -> Option<T> {
        (self.target >= since).then_some(value)
    }

    /// Adds a job to the pipeline, its raw keys last.
    pub(super) fn finish(&mut self, mut job: Job, common: Option<Common<'_>>) {
        if let Some(raw) = common.and_then(|common| common.job.get()) {
            job.raw = crate::manifest::raw::mapping(&raw.0, &mut crate::finding::Report::default());
        }
        let written = job.cache.iter().chain(&job.environment);
        for keys in written.chain([&job.artifacts, &job.raw]) {
            self.read_keys(keys, &mut job.uses);
        }
        self.when_in_rules(&mut job);
        self.out.pipeline.jobs.push(job);
    }

    /// Puts `when` into the rules, where it may not stand beside them (below 14.6). By itself a
    /// manual job may fail, and one that is manual by a rule may not.
    fn when_in_rules(&self, job: &mut Job) {
        let words = [When::Manual, When::Always, When::OnFailure, When::OnSuccess];
        let own = words.into_iter().map(When::as_str);
        let when = own
            .into_iter()
            .find(|word| job.when.as_deref() == Some(word));
        let (Some(when), false) = (when, job.rules.list.is_empty()) else {
            return;
        };
        if self.target >= gates::WHEN_BESIDE_RULES {
            return;
        }
        job.when = None;
        if let Some(union) = &mut job.rules.union {
            union.when = Some(when);
        }
        for rule in job.rules.list.iter_mut().filter(|rule| rule.when.is_none()) {
            rule.when = Some(when);
        }
        if when == When::Manual.as_str() && job.allow_failure.is_none() {
            job.allow_failure = Some(Value::Bool(true));
        }
    }

    /// If a job names what it waits for, it also waits for the builds of its images.
    pub(super) fn need_builds(&self, job: &mut Job, images: &[&str]) {
        let Some(needs) = &mut job.needs else { return };
        for name in images {
            if let Some((key, image)) = self.manifest.image_entry(name) {
                let build = image.build_job(key).value;
                if let Some(need) = needs.iter_mut().find(|need| need.job == build) {
                    // The digest is an artifact.
                    need.artifacts = true;
                } else {
                    needs.push(Need {
                        job: build,
                        artifacts: true,
                        // A toolchain is used where no job builds it, too.
                        optional: self.is_toolchain(name),
                    });
                }
            }
        }
    }

    /// Variables as GitLab reads them.
    pub(super) fn variables(&self, variables: &Variables, top_level: bool) -> Mapping {
        let mut map = Mapping::new();
        for (name, variable) in variables.0.iter() {
            map.set(
                name.value.as_str(),
                self.variable(&variable.value, top_level),
            );
        }
        map
    }

    pub(super) fn variable(&self, variable: &Variable, top_level: bool) -> Value {
        let text = self.variable_text(variable);
        let mut map = Mapping::new();
        map.set_if("value", text.clone());
        if top_level {
            map.set_if("description", variable.description.get().cloned());
            if let Some(options) = variable.options.get() {
                map.set(
                    "options",
                    Value::list(options.iter().map(|option| option.value.as_str())),
                );
            }
        }
        map.set_if("expand", variable.expand.get().copied());
        match text {
            Some(text) if map.len() == 1 => text.into(),
            _ => map.into(),
        }
    }

    /// The value of a variable, which may depend on an image.
    pub(crate) fn variable_text(&self, variable: &Variable) -> Option<String> {
        let image = |field: &Field<Text>, part: fn(&Self, &str) -> String| {
            field.get().map(|name| part(self, name))
        };
        variable
            .value
            .get()
            .map(|value| value.0.clone())
            .or_else(|| image(&variable.image, Self::by_digest))
            .or_else(|| {
                image(&variable.tag_of, |lowering, name| {
                    lowering
                        .image(name)
                        .map(|image| image.tag().to_owned())
                        .unwrap_or_default()
                })
            })
            .or_else(|| {
                image(&variable.digest_of, |_, name| {
                    format!("${}", super::digest_variable(name))
                })
            })
            .or_else(|| {
                image(&variable.repository_of, |lowering, name| {
                    lowering
                        .image(name)
                        .map(|image| image.repository(name))
                        .unwrap_or_default()
                })
            })
    }
}

/// The commands of a field.
pub(super) fn commands(field: &Field<Many<Text>>) -> Vec<Value> {
    field
        .get()
        .into_iter()
        .flat_map(Many::iter)
        .map(|line| line.value.as_str().into())
        .collect()
}

/// The strings of a list.
pub(super) fn texts(field: &Field<List<Text>>) -> Vec<String> {
    field
        .get()
        .into_iter()
        .flat_map(List::iter)
        .map(|text| text.value.clone())
        .collect()
}

fn one_or_list(mut values: Vec<Value>) -> Value {
    if values.len() == 1 {
        values.remove(0)
    } else {
        Value::Seq(values)
    }
}

fn many(field: &Field<Many<Text>>) -> Option<Value> {
    let texts: Vec<Value> = field
        .get()?
        .iter()
        .map(|text| text.value.as_str().into())
        .collect();
    Some(one_or_list(texts))
}

fn list(field: &Field<List<Text>>) -> Option<Value> {
    Some(Value::list(
        field.get()?.iter().map(|text| text.value.as_str()),
    ))
}

fn retry(retry: &Retry) -> Value {
    let mut map = Mapping::new();
    map.set_if("max", retry.max.get().copied());
    if let Some(reasons) = retry.when.get() {
        let words = reasons.iter().map(|reason| reason.value.as_str().into());
        map.set("when", one_or_list(words.collect()));
    }
    if let Some(codes) = retry.exit_codes.get() {
        map.set(
            "exit_codes",
            one_or_list(codes.iter().map(|code| Value::Int(code.value)).collect()),
        );
    }
    match (map.len(), retry.max.get()) {
        (1, Some(max)) => Value::Int(*max),
        _ => map.into(),
    }
}

fn artifacts(of: &Artifacts) -> Mapping {
    let mut map = Mapping::new();
    map.set_if("name", of.name.get().cloned());
    map.set_if("paths", list(&of.paths));
    map.set_if("exclude", list(&of.exclude));
    map.set_if("expire_in", of.expire_in.get().map(|text| text.to_string()));
    map.set_if("expose_as", of.expose_as.get().cloned());
    map.set_if("untracked", of.untracked.get().copied());
    map.set_if("public", of.public.get().copied());
    map.set_if("access", of.access.get().map(|word| word.as_str()));
    map.set_if("when", of.when.get().map(|word| word.as_str()));
    map.set_if("reports", of.reports.get().map(reports));
    map
}

fn reports(of: &Reports) -> Mapping {
    let mut map = Mapping::new();
    if let Some(coverage) = of.coverage_report.get() {
        let mut report = Mapping::new();
        let format = coverage.coverage_format.get();
        report.set_if("coverage_format", format.map(|word| word.as_str()));
        report.set_if("path", coverage.path.get().cloned());
        map.set("coverage_report", report);
    }
    for (name, field) in [
        ("junit", &of.junit),
        ("dotenv", &of.dotenv),
        ("codequality", &of.codequality),
        ("cyclonedx", &of.cyclonedx),
        ("sast", &of.sast),
        ("dast", &of.dast),
        ("secret_detection", &of.secret_detection),
        ("dependency_scanning", &of.dependency_scanning),
        ("container_scanning", &of.container_scanning),
        ("api_fuzzing", &of.api_fuzzing),
        ("coverage_fuzzing", &of.coverage_fuzzing),
        ("browser_performance", &of.browser_performance),
        ("load_performance", &of.load_performance),
        ("accessibility", &of.accessibility),
        ("annotations", &of.annotations),
        ("metrics", &of.metrics),
        ("requirements", &of.requirements),
        ("terraform", &of.terraform),
    ] {
        map.set_if(name, many(field));
    }
    map
}

/// Adds a dotenv report to those that a job already has.
pub(super) fn add_dotenv(artifacts: &mut Mapping, path: &str) {
    let mut reports = match artifacts.remove("reports") {
        Some(Value::Map(reports)) => reports,
        _ => Mapping::new(),
    };
    let dotenv = match reports.remove("dotenv") {
        None => Value::from(path),
        Some(Value::Seq(mut own)) => {
            own.push(path.into());
            Value::Seq(own)
        }
        Some(one) => Value::Seq(vec![one, path.into()]),
    };
    reports.set("dotenv", dotenv);
    artifacts.set("reports", reports);
}

fn cache(of: &Cache) -> Mapping {
    let mut map = Mapping::new();
    match of.key.get() {
        Some(CacheKey::Name(name)) => map.set("key", name.as_str()),
        Some(CacheKey::Files(key)) => {
            let mut files = Mapping::new();
            files.set_if("files", list(&key.files));
            files.set_if("prefix", key.prefix.get().cloned());
            map.set("key", files);
        }
        None => {}
    }
    map.set_if("paths", list(&of.paths));
    map.set_if("untracked", of.untracked.get().copied());
    map.set_if("policy", of.policy.get().map(|word| word.as_str()));
    map.set_if("when", of.when.get().map(|word| word.as_str()));
    map.set_if("fallback_keys", list(&of.fallback_keys));
    map.set_if("unprotect", of.unprotect.get().copied());
    map
}

/// The strings of a list that is there.
pub(super) fn list_of(list: &List<Text>) -> Vec<String> {
    list.iter().map(|text| text.value.clone()).collect()
}
