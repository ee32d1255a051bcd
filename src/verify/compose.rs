//! Reads a written compose override back and compares it with the planned one.
//!
//! In: the text and the [`ComposeOverride`] it was written from. Out: the first [`Mismatch`], if
//! there is one. Always holds: if there is none, a YAML 1.1 reader gets exactly the planned services
//! and secrets, each once.

use super::{
    Mismatch, Read, below, compare, compare_mapping, describe, differs, is_tag, merged, read,
};
use crate::pipeline::{ComposeBuild, ComposeOverride, ComposeService, Mapping, Value};

/// Compares a text with the override that it was written from. Comments do not matter.
///
/// # Errors
///
/// The first difference.
pub fn verify_compose(text: &str, planned: &ComposeOverride) -> Result<(), Mismatch> {
    let read = read(text).map_err(|error| differs("", "a YAML document", error))?;
    let Read::Mapping(top) = &read else {
        return Err(differs("", "a mapping", describe(&read)));
    };
    let top = merged("", top)?;
    let services = top.get("services").copied();
    let Some(Read::Mapping(services)) = services else {
        return Err(differs("services", "a mapping", "something else"));
    };
    let services = merged("services", services)?;
    for service in &planned.services {
        let path = below("services", &service.name);
        match services.get(service.name.as_str()) {
            Some(read) => compare_service(&path, service, read)?,
            None => return Err(differs(&path, "a service", "nothing")),
        }
    }
    if services.len() != planned.services.len() {
        let count = services.len().to_string();
        return Err(differs(
            "services",
            planned.services.len().to_string(),
            count,
        ));
    }
    let secrets = planned.secrets.iter().map(|(id, variable)| {
        let from = Mapping::from_iter([("environment", variable.as_str())]);
        (id.as_str(), Value::Map(from))
    });
    let secrets: Mapping = secrets.collect();
    match top.get("secrets") {
        Some(read) => compare_mapping("secrets", &secrets, read)?,
        None if secrets.is_empty() => {}
        None => return Err(differs("secrets", "a mapping", "nothing")),
    }
    match top
        .keys()
        .find(|key| !["services", "secrets"].contains(key))
    {
        Some(key) => Err(differs(key, "nothing", "a key")),
        None => Ok(()),
    }
}

fn compare_service(path: &str, planned: &ComposeService, read: &Read) -> Result<(), Mismatch> {
    let Read::Mapping(read) = read else {
        return Err(differs(path, "a mapping", describe(read)));
    };
    let read = merged(path, read)?;
    let nothing = Read::Null;
    let image = read.get("image").copied().unwrap_or(&nothing);
    compare(
        &below(path, "image"),
        &Value::from(planned.image.as_str()),
        image,
    )?;
    let at = below(path, "build");
    let build = read.get("build").copied();
    match (&planned.build, build) {
        (ComposeBuild::Reset, Some(Read::Tagged(tagged)))
            if is_tag(&tagged.0, "reset") && tagged.1 == Read::Null => {}
        (ComposeBuild::Kept, None) => {}
        (ComposeBuild::Over(keys), None) if keys.is_empty() => {}
        (ComposeBuild::Over(keys), Some(read)) => compare_mapping(&at, keys, read)?,
        (planned, read) => {
            let read = read.map_or("nothing".to_owned(), describe);
            return Err(differs(&at, format!("{planned:?}"), read));
        }
    }
    match read.keys().find(|key| !["image", "build"].contains(key)) {
        Some(key) => Err(differs(&below(path, key), "nothing", "a key")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render;

    fn planned() -> ComposeOverride {
        let service = |name: &str, build| ComposeService {
            name: name.to_owned(),
            image: format!("$IMAGE_{name}"),
            build,
        };
        let args = Mapping::from_iter([("A", "1")]);
        let keys = Mapping::from_iter([("context", Value::from(".")), ("args", args.into())]);
        ComposeOverride {
            services: vec![
                service("a", ComposeBuild::Reset),
                service("b", ComposeBuild::Kept),
                service("c", ComposeBuild::Over(keys)),
            ],
            secrets: vec![("npm".to_owned(), "TOKEN".to_owned())],
        }
    }

    #[test]
    fn every_change_is_found() {
        let planned = planned();
        let text = render::compose_override(&planned).unwrap();
        assert_eq!(verify_compose(&text, &planned), Ok(()), "{text}");
        for (from, to) in [
            ("  a:", "  x:"),
            ("$IMAGE_a", "$IMAGE_b"),
            ("!reset null", "null"),
            ("!reset null", "!override null"),
            ("  b:\n", "  b:\n    build: .\n"),
            ("  b:\n", "  b:\n    privileged: true\n"),
            ("context: \".\"", "context: ./"),
            ("A: \"1\"", "A: 1"),
            ("TOKEN", "OTHER"),
            ("  npm:\n", "  more: {environment: X}\n  npm:\n"),
            ("  npm:\n", "  npm: {environment: X}\n  npm:\n"),
            ("secrets:", "configs:"),
            ("services:", "x: {}\nservices:"),
            ("services:\n", "services:\n  d: {image: e}\n"),
        ] {
            assert!(text.contains(from), "{from}: {text}");
            let changed = text.replacen(from, to, 1);
            assert!(
                verify_compose(&changed, &planned).is_err(),
                "{from} -> {to}"
            );
        }
    }
}
