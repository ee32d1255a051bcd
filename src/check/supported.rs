//! What the language has and this version does not compile yet: one clear error each.

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::version::Version;
use crate::source::Span;

/// The oldest target that is compiled for: GitLab's registry deletes tags from 16.4 on, and
/// everything else that the generated jobs use is older.
const OLDEST: Version = Version::new(16, 4);

pub(super) fn check(check: &mut Check<'_>) {
    let mut found: Vec<(Span, String)> = Vec::new();
    target(check, &mut found);
    integration(check, &mut found);
    images(check, &mut found);
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
    }
}
