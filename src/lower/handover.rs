//! What builds hand on to later jobs, and promotions where nothing is built: the image's digest.
//!
//! In: jobs that use such a variable. Out: from 12.9 on the same, as GitLab passes them by dotenv
//! reports; below, files among the artifacts, which the jobs that use them read. Always holds: a job
//! never reads a file of another pipeline (a runner keeps them where nothing is checked out, so jobs
//! that read one do check out), and no file gets into an image.

use std::collections::HashSet;

use super::Lowering;
use super::needs::Order;
use super::{builder, promotion, rebuild};
use crate::gitlab::gates;
use crate::pipeline::{Handed, Job, Mapping, Value};
use crate::target::Lack;

/// What a job hands on.
pub(super) struct Handover {
    pub what: Handed,
    pub job: String,
    pub file: String,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    if lowering.target >= gates::DOTENV {
        return;
    }
    let handovers = lowering.handovers();
    let order = Order::of(&lowering.out.pipeline);
    let mut jobs = std::mem::take(&mut lowering.out.pipeline.jobs);
    for job in &mut jobs {
        // Whatever it reads, it reads first.
        keep_out(job, &handovers, &order);
        lowering.receive(job, &handovers);
    }
    lowering.out.pipeline.jobs = jobs;
}

impl Lowering<'_> {
    /// The file of this kind in which a job hands on what belongs to a name. Below 12.9 the files of
    /// several jobs meet in one folder.
    pub(super) fn handed_on(&self, kind: &str, name: &str) -> String {
        match self.target < gates::DOTENV {
            true => format!("{kind}-{name}.env"),
            false => format!("{kind}.env"),
        }
    }

    /// Hands on the variables in a file.
    pub(super) fn hand_on(&self, job: &mut Job, file: &str) {
        if self.target >= gates::DOTENV {
            super::common::add_dotenv(&mut job.artifacts, file);
            return;
        }
        let mut paths = match job.artifacts.remove("paths") {
            Some(Value::Seq(paths)) => paths,
            _ => Vec::new(),
        };
        paths.push(file.into());
        job.artifacts.set("paths", Value::Seq(paths));
    }

    fn handovers(&self) -> Vec<Handover> {
        let manifest = self.manifest;
        let images = manifest.images().map(|(key, image)| Handover {
            what: Handed::Digest(key.value.clone()),
            job: image.build_job(key).value,
            file: self.handed_on(builder::DOTENV, &key.value),
        });
        let promotions = manifest.promotions().flat_map(|(key, promotion)| {
            let names = manifest.promoted_by(promotion).into_iter();
            let brings = |name: &&str| self.deployments.brings(manifest, promotion, name);
            names.filter(brings).map(|name| Handover {
                what: Handed::Digest(name.to_owned()),
                job: promotion.promote_job(key).value,
                file: self.handed_on(promotion::DOTENV, &key.value),
            })
        });
        let images = images.chain(self.answers()).chain(promotions);
        images.chain(self.deployed()).collect()
    }

    /// What checks say about images.
    fn answers(&self) -> impl Iterator<Item = Handover> {
        let rebuilt = self.manifest.images();
        let rebuilt = rebuilt.filter(|(_, image)| image.rebuild.get().is_some());
        rebuilt.flat_map(|(key, image)| {
            rebuild::answers(&key.value).map(|what| Handover {
                what,
                job: image.check_job(key).value,
                file: self.handed_on(rebuild::DOTENV, &key.value),
            })
        })
    }

    /// Lets a job read the files of what it uses.
    fn receive(&mut self, job: &mut Job, handovers: &[Handover]) {
        for (name, handed) in &job.uses.variables {
            if handovers.iter().any(|from| from.what == *handed) {
                let what = format!("the variable `{name}`, whose value comes from a build,");
                let span = job.place;
                self.out.lacks.push(Lack::new(what, gates::DOTENV, span));
            }
        }
        let read = |from: &&Handover| job.uses.has(&from.what) && from.job != job.name;
        let read: Vec<&Handover> = handovers.iter().filter(read).collect();
        if read.is_empty() {
            return;
        }
        // Where a build and a promotion know it, one of the two is in the pipeline.
        let several = |from: &Handover| {
            let same = read.iter().filter(|other| other.what == from.what);
            same.count() > 1
        };
        let mut files = HashSet::new();
        let once = read.iter().filter(|from| files.insert(&from.file));
        let sourced = once.map(|from| {
            let file = &from.file;
            Value::from(match several(from) {
                true => format!("if [ -f {file} ]; then . ./{file}; fi"),
                false => format!(". ./{file}"),
            })
        });
        job.script.splice(0..0, sourced);
        // Nothing but these files is wanted by a job that works on tags alone.
        if job.bases.contains(&super::registry::BASE) {
            if job.needs.is_none() && job.dependencies.is_none() {
                job.dependencies = Some(read.iter().map(|from| from.job.clone()).collect());
            }
            if job.variables.get("GIT_STRATEGY").is_some() {
                job.variables = Mapping::from_iter([("GIT_STRATEGY", "fetch")]);
            }
        }
    }
}

/// Keeps the files out of what a later build makes of the project's folder.
fn keep_out(job: &mut Job, handovers: &[Handover], order: &Order) {
    // A deployment makes no image.
    if job.environment.is_some() || !handovers.iter().any(|own| own.job == job.name) {
        return;
    }
    let earlier = handovers
        .iter()
        .filter(|from| order.is_behind(&job.name, &from.job));
    let files: Vec<&str> = earlier.map(|from| from.file.as_str()).collect();
    if !files.is_empty() {
        let line = format!("rm -f {}", files.join(" "));
        job.script.insert(0, line.into());
    }
}
