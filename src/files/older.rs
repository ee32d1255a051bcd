//! Files that an older windlass made, and that this one would make otherwise.
//!
//! In: a [`Comparison`]. Out: an [`Older`], if the windlass is the only known reason why the files are not what
//! they should be. Always holds: a file that a person changed, removed or put there is never excused, and neither
//! is a manifest that is known to have changed since, nor a header that no windlass wrote for this manifest.

use semver::Version;

use super::header::VERSION;
use super::{Comparison, Header, State, Status, inspect};

/// What made the files on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Older {
    /// The version of the windlass, where the files say it.
    pub version: Option<String>,
    /// Whether the manifest is known to say the same as then; the files of windlass before 0.1.0 do not tell.
    pub same_manifest: bool,
}

impl Comparison {
    /// What made the files, if all that differs may come from an older windlass; `None` also if nothing differs.
    /// `made_for` is the version that the manifest asks for: none before it can have made its files.
    pub fn older(&self, made_for: Option<&str>) -> Option<Older> {
        let header = self.header()?;
        if made_for.is_some_and(|oldest| is_before(header.version.as_deref(), oldest)) {
            return None;
        }
        let same_manifest = header.made_from.as_ref() == Some(&self.made_from);
        // Since windlass says its version, it says what it made a file from.
        let unknown_manifest = header.made_from.is_none() && header.version.is_none();
        let excused = self.files.iter().all(|file| match file.status {
            Status::Same => true,
            Status::Differs { edited: false } | Status::Stale { edited: false } => {
                file.old.as_deref().is_some_and(is_older)
            }
            // A companion that the older windlass did not have yet.
            Status::Missing => !header.companions.contains(&file.path),
            Status::Differs { edited: true }
            | Status::Stale { edited: true }
            | Status::Newer { .. }
            | Status::NotExecutable
            | Status::Foreign
            | Status::Blocked { .. } => false,
        });
        let older = is_older_version(header.version.as_deref());
        let same = header.manifest == self.manifest && (same_manifest || unknown_manifest);
        (older && same && excused && !self.is_clean()).then_some(Older {
            version: header.version,
            same_manifest,
        })
    }

    /// The version that the pipeline on disk names, if windlass made it and it names one.
    pub fn version(&self) -> Option<String> {
        self.header()?.version
    }

    /// The header of the pipeline on disk.
    fn header(&self) -> Option<Header> {
        match inspect(self.files.first()?.old.as_deref()?) {
            State::Generated(header) => Some(header),
            State::Foreign => None,
        }
    }
}

/// Whether an older windlass made a text.
fn is_older(text: &str) -> bool {
    match inspect(text) {
        State::Generated(header) => is_older_version(header.version.as_deref()),
        State::Foreign => false,
    }
}

/// Whether a version is before this one.
fn is_older_version(version: Option<&str>) -> bool {
    is_before(version, VERSION)
}

/// Whether a version is before another: no version at all is, and one that is not a version is not.
fn is_before(version: Option<&str>, other: &str) -> bool {
    let Some(version) = version else { return true };
    match (Version::parse(version), Version::parse(other)) {
        (Ok(made), Ok(other)) => made < other,
        _ => false,
    }
}
