//! Raw keys that would break the generated job: its commands removed, or the digests that it works
//! by not fetched.

use super::Check;
use crate::finding::{Code, Finding, Report};
use crate::manifest::common::Entity;
use crate::manifest::kinds::Raw;
use crate::manifest::raw::member;
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::tests::Via;
use crate::source::{Kind, Node, Span};

/// What a raw `job` must leave as it is.
struct Generated<'m> {
    /// The raw keys.
    raw: &'m Raw,
    /// Whether windlass writes the commands.
    script: bool,
    /// Images whose digest the job works by.
    digests: Vec<&'m str>,
}

pub(super) fn check(check: &mut Check<'_>) {
    for one in generated(check) {
        script(&one, check.report);
        for name in &one.digests {
            if let Some((key, image)) = check.manifest.image_entry(name) {
                let build = image.build_job(key).value;
                dependencies(&one, name, &build, check.report);
            }
        }
    }
}

fn generated<'m>(check: &Check<'m>) -> Vec<Generated<'m>> {
    let manifest = check.manifest;
    let mut all: Vec<Generated<'m>> = Vec::new();
    let mut add = |raw: Option<&'m Raw>, script: bool, digests: Vec<&'m str>| {
        all.extend(raw.map(|raw| Generated {
            raw,
            script,
            digests,
        }));
    };
    for (_, image) in manifest.images() {
        add(image.common().job.get(), true, Vec::new());
        if let Some(retention) = image.retention.get() {
            add(retention.job.get(), true, Vec::new());
        }
    }
    for (_, test, _) in manifest.tests_and_tasks() {
        let image = test.image.get().and_then(|image| image.name.get());
        // With `via: job` GitLab pulls the image, by its tag.
        let inside = image.filter(|_| test.via.copied_or(Via::Job) != Via::Job);
        let variables = test.variables.get().into_iter().flat_map(|of| of.0.iter());
        let by_digest = variables
            .flat_map(|(_, variable)| [&variable.value.image, &variable.value.digest_of])
            .filter_map(|field| field.get());
        let digests = inside.into_iter().chain(by_digest);
        // A test's `script` is a key of its own.
        let digests = digests.map(String::as_str).collect();
        add(test.common().job.get(), false, digests);
    }
    for (_, environment) in manifest.environments() {
        let digests = manifest.deployed_by(environment);
        add(environment.common().job.get(), true, digests);
    }
    for (_, promotion) in manifest.promotions() {
        let refs = promotion.refs.get().map(|refs| refs.0.clone());
        let mut digests = manifest.promoted_by(promotion);
        // What this pipeline does not build is found by its tag.
        digests.retain(|name| {
            let (Some(image), Some(refs)) = (manifest.image(name), &refs) else {
                return false;
            };
            let built = check.deployments.image_refs(name, image);
            covers(manifest, &built, refs) == Coverage::Covered
        });
        add(promotion.common().job.get(), true, digests);
    }
    all
}

/// Whether a value is one that leaves nothing.
fn is_nothing(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => {
            scalar.text.trim().is_empty()
                || scalar.plain && ["null", "Null", "NULL", "~"].contains(&&*scalar.text)
        }
        Kind::Sequence(items) => items.is_empty(),
        Kind::Mapping(_) => false,
    }
}

fn script(one: &Generated<'_>, report: &mut Report) {
    let Some(node) = member(&one.raw.0, "script").filter(|node| is_nothing(node)) else {
        return;
    };
    if one.script {
        let message = "without a `script` this job does nothing, and GitLab refuses it";
        let finding = Finding::new(Code::Empty, place(&one.raw.0, "script", node), message);
        report.push(finding.help("remove `script` here, or write the commands that replace it"));
    }
}

/// Where a key stands; `null` may be written without a character.
fn place(raw: &Node, name: &str, node: &Node) -> Span {
    let Kind::Mapping(entries) = &raw.kind else {
        return node.span;
    };
    let entry = entries.iter().find(|entry| &*entry.key.value == name);
    entry.map_or(node.span, |entry| entry.key.span)
}

fn dependencies(one: &Generated<'_>, image: &str, build: &str, report: &mut Report) {
    let Some(node) = member(&one.raw.0, "dependencies") else {
        return;
    };
    let Kind::Sequence(items) = &node.kind else {
        return;
    };
    let names = |item: &Node| matches!(&item.kind, Kind::Scalar(scalar) if *scalar.text == *build);
    if !items.iter().any(names) {
        let message = format!("the job uses the digest of `{image}`, but would not fetch it");
        let span = place(&one.raw.0, "dependencies", node);
        let finding = Finding::new(Code::Exclusive, span, message);
        report.push(finding.help(format!(
            "list `{build}` in `dependencies`, or remove the key"
        )));
    }
}
