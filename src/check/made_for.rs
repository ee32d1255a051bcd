//! `made_for`: the manifest may be newer than this windlass.

use semver::Version;

use super::Check;
use crate::finding::{Code, Finding};

/// The version of this windlass.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn check(check: &mut Check<'_>) {
    let Some(made_for) = check.manifest.made_for.at() else {
        return;
    };
    let (wanted, own) = (Version::parse(&made_for.value), Version::parse(VERSION));
    if let (Ok(wanted), Ok(own)) = (wanted, own)
        && wanted > own
    {
        let message = format!("the manifest is made for windlass {wanted}, and this is {own}");
        let finding = Finding::new(Code::MadeForNewer, made_for.span, message);
        check
            .report
            .push(finding.help(format!("install windlass {wanted} or newer")));
    }
}
