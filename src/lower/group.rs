//! `group`: images that one job builds, a row each.
//!
//! In: a job for each image. Out: one `parallel:matrix` job for each group, and jobs that wait for it
//! where they waited for one of its images. Always holds: a row does what the image's own job did;
//! what no variable can say is a finding. Below 13.3 the jobs stay as they are.

use std::collections::HashMap;

use super::Lowering;
use super::builder::{Build, Unlike};
use crate::finding::{Code, Finding};
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::manifest::images::Image;
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

impl<'m> Lowering<'m> {
    /// Makes one job of those that build the images of a group; whether it can.
    fn group(
        &mut self,
        name: &At<String>,
        images: &[(&'m At<String>, &'m At<Image>)],
        builds: &[String],
    ) -> bool {
        let of = |build: &String| self.out.pipeline.jobs.iter().find(|job| job.name == *build);
        let jobs: Vec<Job> = builds.iter().filter_map(of).cloned().collect();
        match self.folded(&jobs, images) {
            Ok(mut job) => {
                job.name = name.value.clone();
                for other in jobs.iter().skip(1) {
                    job.uses.add(other.uses.clone());
                }
                let names = images.iter().map(|(key, _)| key.value.clone());
                job.origin = Origin::Build(names.collect());
                let jobs = &mut self.out.pipeline.jobs;
                if let Some(first) = jobs.iter_mut().find(|job| builds.contains(&job.name)) {
                    *first = job;
                }
                jobs.retain(|job| !builds.contains(&job.name));
                true
            }
            Err(unlike) => {
                let (first, other) = (images.first(), images.get(unlike.image));
                let named = |image: Option<&(&'m At<String>, _)>| {
                    image.map_or(name.value.as_str(), |(key, _)| &key.value)
                };
                let message = format!(
                    "`{}` cannot be built by the job `{}`: its `{}` differs from that of `{}`",
                    named(other),
                    name.value,
                    unlike.key,
                    named(first)
                );
                let span = other.and_then(|(_, image)| image.group.span());
                let finding = Finding::new(Code::GroupUnlike, span.unwrap_or(name.span), message)
                    .related(name.span, "the first image of the group")
                    .help("images of one group may differ in their names, paths, tags and other single values, and in the values of `variables`; each must have the same keys and commands")
                    .help("remove `group` here: the image then has a job of its own");
                self.out.faults.push(finding);
                false
            }
        }
    }

    /// The jobs of these images as one job.
    fn folded(
        &mut self,
        jobs: &[Job],
        images: &[(&'m At<String>, &'m At<Image>)],
    ) -> Result<Job, Unlike> {
        let Some((first, others)) = jobs.split_first() else {
            return Err(Unlike::new(0, "script"));
        };
        if others.is_empty() {
            return Ok(first.clone());
        }
        for (number, job) in jobs.iter().enumerate() {
            if job.raw.get("parallel").is_some() {
                return Err(Unlike::new(number, "parallel"));
            }
            if let Some(key) = other_key(first, job) {
                return Err(Unlike::new(number, key));
            }
        }
        let planned = images.iter();
        let planned = planned.map(|(key, image)| self.planned_build(&key.value, image));
        let mut taken = self.out.pipeline.variables.clone();
        taken.merge(&first.variables);
        let mut build = Build::of(planned.collect(), taken);
        let mut job = first.clone();
        for (key, value) in first.variables.iter() {
            let own = jobs.iter().map(|job| job.variables.get(key));
            let values: Vec<&Value> = own.flatten().collect();
            let texts = values.iter().filter_map(|own| own.as_str());
            match values.iter().position(|own| !own.same(value)) {
                _ if values.len() < jobs.len() => build.rows.differs(1, "variables"),
                None => {}
                Some(other) => {
                    if !build
                        .rows
                        .own_variable(key, texts.map(str::to_owned).collect())
                    {
                        build.rows.differs(other, "variables");
                    }
                    job.variables.remove(key);
                }
            }
        }
        // The script is windlass's own: it is written again, for all of them.
        let mut script = Job::new(At::new(String::new(), first.place), first.origin.clone());
        self.with_build(&mut script, &mut build);
        self.hand_on_digest(&mut script, &mut build, ">");
        job.script = script.script;
        job.parallel = Some(Parallel::Matrix(build.rows.done(jobs.len())?));
        Ok(job)
    }
}

/// The keys in which the jobs of one group may differ.
const FOLDED: [&str; 2] = ["variables", "script"];

/// A key that is another in two jobs and must not be.
fn other_key(first: &Job, job: &Job) -> Option<String> {
    let (own, other) = (first.to_mapping(), job.to_mapping());
    let keys = own.iter().chain(other.iter()).map(|(key, _)| key);
    let same = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) => a.same(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let mut others = keys.filter(|key| match FOLDED.contains(key) {
        // Raw keys replace what was folded.
        true => !same(first.raw.get(key), job.raw.get(key)),
        false => !same(own.get(key), other.get(key)),
    });
    let found = others.next().map(str::to_owned);
    let more = first.variables.len() != job.variables.len();
    found.or_else(|| more.then(|| "variables".to_owned()))
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
