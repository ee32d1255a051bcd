//! What builds an image can do all that the image wants.

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::Version;
use crate::manifest::images::{Builder, Image};
use crate::manifest::tools::Compose;
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let compose = manifest.compose.get();
    let services = compose.map(Compose::services_by_image).unwrap_or_default();
    for (key, image) in manifest.images() {
        let builder = manifest.builder(image);
        let at = image.builder.span().unwrap_or(key.span);
        if builder == Builder::Compose && !services.contains_key(key.value.as_str()) {
            let message = format!("no compose service builds the image `{}`", key.value);
            let help = format!(
                "say which one does: `compose: {{services: {{SERVICE: {}}}}}`",
                key.value
            );
            let finding = Finding::new(Code::NoComposeService, at, message);
            check.report.push(finding.help(help));
        }
        wanted_too_much(check, image, builder, at);
    }
}

/// Reports keys of an image that its builder cannot obey.
fn wanted_too_much(check: &mut Check<'_>, image: &At<Image>, builder: Builder, at: Span) {
    let old_compose = builder == Builder::Compose && check.manifest.target() < Version::new(13, 0);
    let several = matches!(builder, Builder::Buildx | Builder::Buildkit);
    let cannot = [
        (
            image.platforms.span().filter(|_| !several),
            "build for several platforms",
            "use `buildx` or `buildkit`, or leave `platforms` out",
        ),
        (
            image.secrets.span().filter(|_| old_compose),
            "use build secrets before version 2, which a GitLab before 13 is compiled without",
            "use `docker`",
        ),
    ];
    for (span, what, help) in cannot {
        let Some(span) = span else { continue };
        let message = format!("`{}` cannot {what}", builder.as_str());
        let finding = Finding::new(Code::BuilderCannot, span, message);
        let finding = finding.related(at, "what builds the image");
        check.report.push(finding.help(help));
    }
}
