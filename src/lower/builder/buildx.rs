//! `docker buildx build`, with a cache in the registry.

use super::Build;
use crate::lower::{Lowering, quoted, word};
use crate::pipeline::{Job, Shared, Value};

/// Name of the shared set-up, and of its anchor.
const SHARED: &str = "buildx";

pub(super) fn lower(lowering: &mut Lowering<'_>, job: &mut Job, build: &Build<'_>) {
    let (setup, away) = lowering.builder_setup();
    job.script.push(Value::Shared(Shared {
        anchor: SHARED.to_owned(),
        holder: SHARED.to_owned(),
        key: "script".to_owned(),
        value: Box::new(Value::from(setup.join("\n") + "\n")),
    }));
    job.after_script
        .splice(0..0, away.into_iter().map(Value::from));
    job.script.push(Value::from(command(lowering, build)));
    // The digest of what was pushed, as BuildKit itself reports it.
    job.script.push(Value::from(
        r#"digest=$(sed -n 's/.*"containerimage.digest": *"\([^"]*\)".*/\1/p' image.json)"#,
    ));
}

/// The build as one command, an argument a line.
fn command(lowering: &Lowering<'_>, build: &Build<'_>) -> String {
    let image = build.image;
    let mut lines = vec!["docker buildx build".to_owned()];
    if image.dockerfile.get().is_some() || image.context.get().is_some() {
        lines.push(format!("--file {}", word(&image.dockerfile())));
    }
    if let Some(target) = image.target.get() {
        lines.push(format!("--target {}", word(target)));
    }
    for (name, argument) in image
        .build_args
        .get()
        .into_iter()
        .flat_map(|args| args.0.iter())
    {
        let value = lowering.build_argument(&argument.value, &build.refs);
        lines.push(format!(
            "--build-arg {}",
            quoted(&format!("{}={value}", name.value))
        ));
    }
    for (id, variable) in image
        .secrets
        .get()
        .into_iter()
        .flat_map(|secrets| secrets.iter())
    {
        lines.push(format!(
            "--secret id={},env={}",
            word(&id.value),
            &*variable.value
        ));
    }
    if let Some(platforms) = image.platforms.get() {
        let all: Vec<_> = platforms
            .iter()
            .map(|platform| platform.value.as_str())
            .collect();
        lines.push(format!("--platform {}", word(&all.join(","))));
    }
    for label in &build.labels {
        lines.push(format!("--label {}", quoted(label)));
    }
    for tag in &build.tags {
        lines.push(format!("--tag {}", quoted(tag)));
    }
    for cache in &build.cache_from {
        lines.push(format!(
            "--cache-from {}",
            quoted(&format!("type=registry,ref={cache}"))
        ));
    }
    if let Some(cache) = &build.cache_to {
        let to = format!("type=registry,ref={cache},mode=max");
        lines.push(format!("--cache-to {}", quoted(&to)));
    }
    lines.extend(
        image
            .build_options
            .get()
            .into_iter()
            .flat_map(|list| list.iter())
            .map(|option| option.value.clone()),
    );
    // An attestation would make an index of what is meant to be one manifest.
    lines.push("--provenance=false".to_owned());
    lines.push("--metadata-file image.json".to_owned());
    lines.push("--push".to_owned());
    lines.push(word(image.context()));
    lines.join(" \\\n  ") + "\n"
}
