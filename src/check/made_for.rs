//! `made_for`: the manifest may be newer than this windlass.

use semver::Version;

use super::Check;
use crate::finding::{Code, Finding};
use crate::source::Span;

/// The version of this windlass.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn check(check: &mut Check<'_>) {
    let Some(made_for) = check.manifest.made_for.at() else {
        return;
    };
    let found = finding("the manifest", &made_for.value, made_for.span);
    found.into_iter().for_each(|found| check.report.push(found));
}

/// What there is to say if this windlass is older than the version that a file was made for.
pub(crate) fn finding(file: &str, version: &str, span: Span) -> Option<Finding> {
    let (wanted, own) = (Version::parse(version).ok()?, Version::parse(VERSION).ok()?);
    (wanted > own).then(|| {
        let message = format!("{file} is made for windlass {wanted}, and this is {own}");
        Finding::new(Code::MadeForNewer, span, message)
            .help(format!("install windlass {wanted} or newer"))
    })
}
