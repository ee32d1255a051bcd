//! What the language has and this version does not compile yet: one clear error each.

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::version::Version;
use crate::manifest::collection::{Many, Map};
use crate::manifest::images::{KeepFor, Role};
use crate::source::Span;

/// The oldest target that is compiled for: GitLab's registry deletes tags from 16.4 on, and
/// everything else that the generated jobs use is older.
const OLDEST: Version = Version::new(16, 4);

pub(super) fn check(check: &mut Check<'_>) {
    let mut found: Vec<(Span, String)> = Vec::new();
    target(check, &mut found);
    integration(check, &mut found);
    images(check, &mut found);
    let manifest = check.manifest;
    for (_, promotion) in manifest.promotions() {
        if let Some(registry) = promotion.registry.at().filter(|at| at.value != "gitlab") {
            found.push((registry.span, "promotion to another registry".to_owned()));
        }
        let tags = promotion.to.get().into_iter().flat_map(Many::iter);
        for tag in tags.filter(|tag| tag.value.contains([':', '/'])) {
            found.push((tag.span, "promotion to another repository".to_owned()));
        }
    }
    for (key, registry) in manifest.registries.get().into_iter().flat_map(Map::iter) {
        if key.value != "gitlab" {
            found.push((key.span, "registries other than `gitlab`".to_owned()));
        }
        for (name, span) in [
            ("host", registry.host.span()),
            ("username", registry.username.span()),
            ("password", registry.password.span()),
        ] {
            if let (Some(span), "gitlab") = (span, key.value.as_str()) {
                found.push((span, format!("`{name}` of the registry `gitlab`")));
            }
        }
    }
    for (span, what) in found {
        let message = format!("{what}: not supported yet");
        let finding = Finding::new(Code::NotSupported, span, message)
            .help("the manifest is right; this version of windlass does not compile it yet")
            .help("a raw job under `jobs` does it meanwhile");
        check.report.push(finding);
    }
}

fn target(check: &Check<'_>, found: &mut Vec<(Span, String)>) {
    let Some(target) = check.manifest.gitlab.at() else {
        return;
    };
    if let Ok(version) = target.value.parse::<Version>()
        && version < OLDEST
    {
        found.push((
            target.span,
            format!("a GitLab older than {OLDEST} as the target"),
        ));
    }
}

/// The certificate-based integration, at the top or in an environment.
fn integration(check: &Check<'_>, found: &mut Vec<(Span, String)>) {
    let top = check.manifest.kubernetes.get();
    let environments = check.manifest.environments();
    let own = environments.filter_map(|(_, environment)| environment.kubernetes.get());
    for kubernetes in top.into_iter().chain(own) {
        if let Some(integration) = kubernetes.integration.at().filter(|at| at.value) {
            let what = "`integration`, which no GitLab from 15.0 on has,";
            found.push((integration.span, what.to_owned()));
        }
    }
}

fn images(check: &Check<'_>, found: &mut Vec<(Span, String)>) {
    for (_, image) in check.manifest.images() {
        let mut add = |span: Option<Span>, what: &str| {
            found.extend(span.map(|span| (span, what.to_owned())));
        };
        add(image.group.span(), "`group`");
        if let Some(registry) = image.registry.at().filter(|at| at.value != "gitlab") {
            add(Some(registry.span), "another registry");
        }
        let Some(retention) = image.retention.get() else {
            continue;
        };
        if let Some(keep_for) = retention
            .keep_for
            .at()
            .filter(|at| at.value == KeepFor::Branch)
        {
            add(Some(keep_for.span), "`keep_for: branch`");
        }
        if let Some(keep_n) = retention.keep_n.span().or(retention.older_than.span())
            && image.role() != Role::Production
        {
            add(
                Some(keep_n),
                "keeping the newest images of a role other than `production`",
            );
        }
        add(retention.refs.span(), "`refs` of a retention");
        if image.role() == Role::Production && crate::gitlab::tag::pattern(image.tag()).is_none() {
            let span = image.tag.span().unwrap_or(image.span);
            add(
                Some(span),
                "keeping the newest images by a tag with other variables than GitLab's",
            );
        }
    }
}
