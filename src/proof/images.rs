//! What a pipeline does with the images of the manifest: it uses what it built, deletes it after
//! that, and leaves nothing that was meant for itself alone.

use super::order::{Waits, is_skipped};
use super::uses::ImageUses;
use super::{Present, Proof};
use crate::config::When;
use crate::finding::{Code, Finding};
use crate::manifest::images::Role;
use crate::plan::{Plan, Presence, named};

pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    let present = proof.present(plan);
    let mut found = Vec::new();
    for image in &proof.uses.0 {
        let there = |index: &usize| {
            let planned = plan.jobs.get(*index);
            planned.is_some_and(|planned| planned.presence() != Presence::Out)
        };
        let surely = |index: usize| {
            let at = present.binary_search_by_key(&index, |one| one.index).ok();
            at.and_then(|at| present.get(at))
        };
        let built = image.builds.iter().any(there);
        let brought = image.promotions.iter().any(there) || image.role == Role::Toolchain;
        let mut users = image.users.iter().filter_map(|index| surely(*index));
        if !built && !brought && !image.builds.is_empty() {
            found.extend(users.next().map(|user| not_built(proof, plan, image, user)));
            continue;
        }
        if !brought {
            let builds = image.builds.iter().filter_map(|index| surely(*index));
            let builds: Vec<&Present<'_>> = builds.collect();
            let early = |user: &&Present<'_>| {
                let waits = Waits::of(proof, plan, user);
                !builds.is_empty() && !builds.iter().any(|build| waits.has(build))
            };
            found.extend(
                users
                    .clone()
                    .filter(early)
                    .map(|user| too_early(proof, plan, image, user)),
            );
        }
        let Some((cleanup, span)) = image.cleanup else {
            continue;
        };
        let certain = image.builds.iter().any(|index| surely(*index).is_some());
        let runs = plan.jobs.get(cleanup);
        let always = runs.is_some_and(|runs| runs.presence() != Presence::Out)
            && runs
                .and_then(|runs| runs.when())
                .is_none_or(|when| when == When::Always);
        if certain && !always {
            let on = named(&plan.situation);
            let name = image.name;
            let job = runs.map_or("", |runs| runs.name.as_str());
            let message = format!("`{job}` does not delete `{name}` after every pipeline on {on}");
            found.push((
                name.to_owned(),
                Finding::new(Code::NotCleanedUp, span, message)
                    .related(image.place, "the image of one pipeline")
                    .help("let it run where the image is built, with `when: always`"),
            ));
        }
        if let Some(cleanup) = surely(cleanup) {
            let waits = Waits::of(proof, plan, cleanup);
            let mut needed = waits.needed().filter_map(surely);
            if let Some(person) = needed.find(|one| is_skipped(one)) {
                let message = format!(
                    "`{}` deletes `{}` only if somebody starts `{}` on {}",
                    cleanup.job.name,
                    image.name,
                    person.job.name,
                    named(&plan.situation)
                );
                found.push((
                    image.name.to_owned(),
                    Finding::new(Code::NotCleanedUp, span, message)
                        .related(proof.home(person.job), "this job is manual")
                        .help("do not need what may never run"),
                ));
            }
            let promotions = image.promotions.iter().filter_map(|index| surely(*index));
            for user in users.chain(promotions).filter(|user| !waits.has(user)) {
                found.push(deleted(proof, plan, image, cleanup, user));
            }
        }
    }
    for (subject, finding) in found {
        if proof.is_new(finding.code, subject) {
            proof.report(finding, &plan.situation);
        }
    }
}

fn not_built(
    proof: &Proof<'_>,
    plan: &Plan,
    image: &ImageUses<'_>,
    user: &Present<'_>,
) -> (String, Finding) {
    let (job, name) = (&user.job.name, image.name);
    let on = named(&plan.situation);
    let message = format!("`{job}` uses the image `{name}` on {on}, where no job builds it");
    let place = proof.place(user.job, &["image"]);
    let finding = Finding::new(Code::ImageNotBuilt, place, message)
        .help("build it there as well (`refs` of the image), or use it in fewer places")
        .help("what another pipeline built, a promotion brings along to a deployment");
    of_use(image, user, finding)
}

fn too_early(
    proof: &Proof<'_>,
    plan: &Plan,
    image: &ImageUses<'_>,
    user: &Present<'_>,
) -> (String, Finding) {
    let (job, name) = (&user.job.name, image.name);
    let on = named(&plan.situation);
    let message = format!("`{job}` may start before the image `{name}` is built on {on}");
    let place = proof.place(user.job, &["needs"]);
    let finding = Finding::new(Code::NeedsOrder, place, message)
        .help("let it need the job that builds the image, or put it into a later stage");
    of_use(image, user, finding)
}

/// A finding about a job that uses an image, and what it is about: told once, however often it is true.
fn of_use(image: &ImageUses<'_>, user: &Present<'_>, finding: Finding) -> (String, Finding) {
    let subject = format!("{}\0{}", image.name, user.job.name);
    (subject, finding.related(image.place, "this image"))
}

fn deleted(
    proof: &Proof<'_>,
    plan: &Plan,
    image: &ImageUses<'_>,
    cleanup: &Present<'_>,
    user: &Present<'_>,
) -> (String, Finding) {
    let (job, name, by) = (&user.job.name, image.name, &cleanup.job.name);
    let on = named(&plan.situation);
    let message = format!("`{by}` may delete the image `{name}` before `{job}` uses it on {on}");
    let manual = user
        .chosen
        .is_some_and(|chosen| chosen.when == When::Manual);
    let help = match manual {
        true => "nobody waits for a manual job: let it start by itself, or keep the image longer",
        false => "put the job into an earlier stage than the clean-up",
    };
    let span = proof.place(user.job, &["stage"]);
    let finding = Finding::new(Code::DeletedBeforeUse, span, message)
        .related(image.place, "this image")
        .help(help);
    (format!("{name}\0{job}"), finding)
}
