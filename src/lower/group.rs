//! `group`: images that one job builds, a row each.
//!
//! In: a job for each image. Out: one `parallel:matrix` job for each group, and jobs that wait for it
//! where they waited for one of its images. Always holds: a row does what the image's own job did;
//! what no variable can say is a finding. Below 13.3 the jobs stay as they are.

mod fold;
mod line;

use std::collections::HashMap;

use super::Lowering;
use crate::finding::{Code, Finding};
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::manifest::images::Image;
use crate::manifest::resolved::image_variable;
use crate::pipeline::{Job, Need, Origin, Parallel, Pipeline, Value};
use crate::source::At;

/// A group: its name, and its images in the manifest's order.
type Group<'m> = (&'m At<String>, Vec<(&'m At<String>, &'m At<Image>)>);

/// Lets jobs that wait for a group wait for the build of each image.
pub(super) fn spell_out(lowering: &mut Lowering<'_>) {
    let groups = groups(lowering.manifest).into_iter();
    let names = groups.map(|(name, images)| {
        let builds = images.iter().map(|(key, image)| image.build_job(key).value);
        (name.value.clone(), builds.collect())
    });
    rename(&mut lowering.out.pipeline, &names.collect());
}

fn groups(manifest: &Manifest) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (key, image) in manifest.images() {
        let Some(name) = image.group.at() else {
            continue;
        };
        match groups
            .iter_mut()
            .find(|(known, _)| known.value == name.value)
        {
            Some((_, images)) => images.push((key, image)),
            None => groups.push((name, vec![(key, image)])),
        }
    }
    groups
}

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    if lowering.target < gates::MATRIX {
        return;
    }
    let mut renamed: HashMap<String, Vec<String>> = HashMap::new();
    for (name, images) in groups(lowering.manifest) {
        let builds: Vec<String> = images.iter().map(|(k, i)| i.build_job(k).value).collect();
        if lowering.group(name, &images, &builds) {
            let to = |build| (build, vec![name.value.clone()]);
            renamed.extend(builds.into_iter().map(to));
        }
    }
    rename(&mut lowering.out.pipeline, &renamed);
}

impl Lowering<'_> {
    fn group(
        &mut self,
        name: &At<String>,
        images: &[(&At<String>, &At<Image>)],
        builds: &[String],
    ) -> bool {
        let pipeline = &self.out.pipeline;
        let jobs: Vec<Job> = images
            .iter()
            .zip(builds)
            .filter_map(|((key, _), build)| {
                let job = pipeline.jobs.iter().find(|job| job.name == *build)?;
                let variable = image_variable(&key.value);
                let reference = pipeline.variables.get(&variable)?.as_str()?;
                Some(fold::spelled_out(job.clone(), &variable, reference))
            })
            .collect();
        let names: Vec<&str> = images.iter().map(|(key, _)| key.value.as_str()).collect();
        match fold::fold(&jobs, &names, &pipeline.variables) {
            Ok((mut job, rows)) => {
                job.name = name.value.clone();
                for other in jobs.iter().skip(1) {
                    job.uses.add(other.uses.clone());
                }
                job.origin = Origin::Build(names.iter().map(|name| (*name).to_owned()).collect());
                // Nothing differs in a group of one.
                job.parallel = (rows.len() > 1).then_some(Parallel::Matrix(rows));
                let jobs = &mut self.out.pipeline.jobs;
                if let Some(first) = jobs.iter_mut().find(|job| builds.contains(&job.name)) {
                    *first = job;
                }
                jobs.retain(|job| !builds.contains(&job.name));
                true
            }
            Err(unlike) => {
                let other = images.get(unlike.job).map_or(name, |(key, _)| key);
                let span = images
                    .get(unlike.job)
                    .and_then(|(_, image)| image.group.span());
                let message = format!(
                    "`{}` cannot be built by the job `{}`: its `{}` is another",
                    other.value, name.value, unlike.key
                );
                let finding = Finding::new(Code::GroupUnlike, span.unwrap_or(name.span), message)
                    .related(name.span, "the first image of the group")
                    .help("the jobs of one group differ in words of their scripts and in values of variables alone")
                    .help("leave `group` away here: the image has a job of its own then");
                self.out.faults.push(finding);
                false
            }
        }
    }
}

/// Gives other names to what jobs wait for.
fn rename(pipeline: &mut Pipeline, names: &HashMap<String, Vec<String>>) {
    if names.is_empty() {
        return;
    }
    for job in &mut pipeline.jobs {
        if let Some(needs) = &mut job.needs {
            let mut all: Vec<Need> = Vec::with_capacity(needs.len());
            for need in needs.drain(..) {
                for name in renamed(&need.job, names) {
                    match all.iter_mut().find(|known| known.job == name) {
                        Some(known) => {
                            known.artifacts |= need.artifacts;
                            known.optional &= need.optional;
                        }
                        None => all.push(Need {
                            job: name,
                            ..need.clone()
                        }),
                    }
                }
            }
            *needs = all;
        }
        if let Some(fetched) = &mut job.dependencies {
            let mut all: Vec<String> = Vec::with_capacity(fetched.len());
            for name in fetched.iter().flat_map(|name| renamed(name, names)) {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
            *fetched = all;
        }
        for key in ["needs", "dependencies"] {
            if let Some(own) = job.raw.get(key).map(|own| raw(own, names)) {
                job.raw.set(key, own);
            }
        }
    }
}

fn renamed(name: &str, names: &HashMap<String, Vec<String>>) -> Vec<String> {
    names
        .get(name)
        .cloned()
        .unwrap_or_else(|| vec![name.to_owned()])
}

/// The same in a raw list of names or mappings.
fn raw(list: &Value, names: &HashMap<String, Vec<String>>) -> Value {
    let Value::Seq(items) = list.plain() else {
        return list.clone();
    };
    let mut all: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        let new: Vec<Value> = match item.plain() {
            Value::Str(name) => renamed(name, names).into_iter().map(Value::Str).collect(),
            Value::Map(need) if need.get("pipeline").is_none() && need.get("project").is_none() => {
                let name = need.get("job").and_then(Value::as_str).unwrap_or_default();
                let named = |name: String| {
                    let mut need = need.clone();
                    need.set("job", name);
                    Value::Map(need)
                };
                match names.contains_key(name) {
                    true => renamed(name, names).into_iter().map(named).collect(),
                    false => vec![item.clone()],
                }
            }
            _ => vec![item.clone()],
        };
        for value in new {
            if !all.contains(&value) {
                all.push(value);
            }
        }
    }
    Value::Seq(all)
}
