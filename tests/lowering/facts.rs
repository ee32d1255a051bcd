//! What a job's commands do is what the lowering noted of them.
//!
//! The proof does not read generated commands: it trusts [`Uses`](windlass::pipeline::Uses). Here the
//! finished commands are read, by other means than they are written, and compared with these notes:
//! a note without its command, or a command without its note, is a fault. The manifests are those of
//! the examples and of the other tests.

use std::collections::BTreeSet;
use std::path::Path;

use windlass::finding::Report;
use windlass::lower::{Lowered, lower};
use windlass::manifest::{self, Manifest, resolved::image_variable};
use windlass::pipeline::{Handed, Job, Origin, Value};
use windlass::source::{Limits, Source, parse};

/// The manifests of a folder of projects, or of a folder of manifests.
fn manifests(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let path = match path.is_dir() {
            true => path.join(crate::compiled::MANIFEST),
            false => path,
        };
        if path.extension().is_some_and(|kind| kind == "yml") && path.is_file() {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

/// How often a text names a variable behind these characters.
fn count(text: &str, before: &str, variable: &str) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let spelled = [
        format!("{before}${variable}"),
        format!("{before}${{{variable}"),
    ];
    let ends = spelled.iter().flat_map(|name| {
        let found = text.match_indices(name.as_str());
        found.map(move |(at, _)| &text[at + name.len()..])
    });
    ends.filter(|rest| !rest.starts_with(word)).count()
}

/// The texts of a value.
fn texts(value: &Value, out: &mut String) {
    match value.plain() {
        Value::Str(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Seq(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Map(map) => map.iter().for_each(|(_, value)| texts(value, out)),
        _ => {}
    }
}

fn commands(job: &Job) -> String {
    let mut out = String::new();
    for list in [&job.before_script, &job.script, &job.after_script] {
        list.iter().for_each(|line| texts(line, &mut out));
    }
    out
}

/// What the jobs that run Docker Compose read beside their commands.
fn compose(lowered: &Lowered, job: &Job) -> String {
    match (&lowered.compose, job.variables.get("COMPOSE_FILE")) {
        (Some((_, of)), Some(_)) => format!("{of:?}"),
        _ => String::new(),
    }
}

/// The images that GitLab starts for a job.
fn started(job: &Job) -> String {
    let own = job.image.iter().map(|image| image.name.as_str());
    let services = job.services.iter().map(|service| service.name.as_str());
    own.chain(services).collect::<Vec<_>>().join("\n")
}

/// Passwords of the registries, and what of the manifest's images a job says.
fn compare(name: &str, manifest: &Manifest, lowered: &Lowered) {
    let images: Vec<&str> = manifest.images().map(|(key, _)| &*key.value).collect();
    let registries = manifest.registries.get().into_iter();
    let registries = registries.flat_map(|all| all.names()).chain(["gitlab"]);
    let passwords = registries.flat_map(|name| {
        let access = manifest.registry(name);
        [access.push, access.delete].map(|of| Some(of?.password))
    });
    let passwords: BTreeSet<&str> = passwords.flatten().collect();
    for job in &lowered.pipeline.jobs {
        let about = format!("`{}` of {name}", job.name);
        // What is broken into several lines is one command.
        let text = commands(job).replace(" \\\n", " ").replace("|\n", "| ");
        let text = format!("{text}\n{}", started(job));
        let beside = compose(lowered, job);
        for image in &images {
            let variable = format!("{}_DIGEST", image_variable(image));
            let noted = job.uses.has(&Handed::Digest((*image).to_owned()));
            let written = count(&text, "", &variable);
            let elsewhere = count(&beside, "", &variable);
            assert!(
                !noted || written + elsewhere > 0,
                "{about} lacks ${variable}\n{text}"
            );
            assert!(noted || written == 0, "{about} names ${variable}\n{text}");
            let taken = job.uses.by_digest.iter().filter(|one| one == image).count();
            let written = count(&text, "@", &variable);
            assert!(
                taken <= written + count(&beside, "@", &variable),
                "{about}: {image}\n{text}"
            );
            // The project's own commands are no more than read.
            let own = job
                .uses
                .reads
                .contains(&Handed::Digest((*image).to_owned()));
            assert!(own || taken > 0 || written == 0, "{about}: {image}\n{text}");
            if let Origin::Deploy(_) = job.origin
                && !own
            {
                assert_eq!(taken, written, "{about}: {image}\n{text}");
            }
        }
        let logs_in = |line: &&str| line.contains(" login ") || line.contains("| base64");
        let logins: Vec<&str> = text.lines().filter(logs_in).collect();
        let in_text = |password: &&&str| logins.iter().any(|line| count(line, "", password) > 0);
        let written: BTreeSet<&str> = passwords.iter().filter(in_text).copied().collect();
        let noted = job.uses.logins.iter();
        let noted: BTreeSet<&str> = noted.map(|login| login.password.as_str()).collect();
        assert_eq!(written, noted, "{about} logs in\n{text}");
        for login in &job.uses.logins {
            assert!(
                text.contains(&login.host),
                "{about}: {}\n{text}",
                login.host
            );
        }
        named(&about, &images, job, &beside);
    }
}

/// The images that all of a job's keys name are those that are noted of it. What deletes or checks
/// an image does not use it.
fn named(about: &str, images: &[&str], job: &Job, beside: &str) {
    let own = match &job.origin {
        Origin::Cleanup(_) | Origin::Stop(_) | Origin::Promotion(_) => return,
        Origin::Check(image) => std::slice::from_ref(image),
        origin => origin.built(),
    };
    let mut text = String::new();
    texts(&job.to_mapping().into(), &mut text);
    let noted: BTreeSet<&str> = job.named().collect();
    let others = images
        .iter()
        .filter(|image| !own.iter().any(|one| one == *image));
    for image in others {
        let variable = image_variable(image);
        let digest = format!("{variable}_DIGEST");
        let names = |text: &str| count(text, "", &variable) + count(text, "", &digest);
        let written = names(&text);
        assert!(
            written == 0 || noted.contains(image),
            "{about} names {image}\n{text}"
        );
        // Raw keys may replace what named it.
        let replaced = !job.raw.is_empty();
        let somewhere = written + names(beside) > 0 || replaced;
        assert!(
            somewhere || !noted.contains(image),
            "{about} does not name {image}\n{text}"
        );
    }
}

#[test]
fn commands_and_notes_agree() {
    let folders = [
        "examples",
        "tests/manifests",
        "tests/builders/manifests",
        "tests/targets",
    ];
    let mut all: Vec<(String, String)> = folders.into_iter().flat_map(manifests).collect();
    all.extend(crate::cases::manifests());
    let (mut jobs, mut digests, mut logins) = (0, 0, 0);
    for (name, text) in &all {
        let source = Source::new(name.as_str(), text.as_str());
        let mut report = Report::default();
        let root = parse(&source, Limits::MANIFEST, &mut report);
        let Some(manifest) = root.and_then(|root| manifest::read(&root, &mut report)) else {
            panic!("{name}: {:?}", report.sorted())
        };
        let lowered = lower(&manifest);
        compare(name, &manifest, &lowered);
        for job in &lowered.pipeline.jobs {
            jobs += 1;
            digests += job.uses.by_digest.len();
            logins += job.uses.logins.len();
        }
    }
    assert!(
        jobs > 1000 && digests > 200 && logins > 400,
        "{jobs} {digests} {logins}"
    );
}
