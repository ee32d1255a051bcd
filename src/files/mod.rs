//! The generated files as a set on disk: what they are, whether they are up to date, and how they
//! get there.
//!
//! In: a [`FileSet`] that the compiler made, and the project's root. Out: a [`Comparison`] of the
//! set with the disk, its findings and diff, and, if nothing stands in the way, the files.
//! Always holds: a file is whole, the old one or the new one, at any moment; all files are written or none; a file that a person
//! wrote or edited is overwritten or removed only where that was asked for; nothing outside the
//! project's root is touched; a file that is right already is not written.

mod batch;
mod compare;
mod diff;
mod header;
mod list;
mod older;
mod path;
mod permissions;
mod read;
mod remedy;
mod report;
#[cfg(test)]
mod tests;
mod write;

pub use batch::Batch;
pub use compare::{Compared, Comparison, Status, compare};
pub use header::{Header, State, inspect, seal};
pub use list::listed;
pub use older::Older;
pub use path::{check_file, check_relative, normalize};
pub use read::{Links, Unread, look, names, read, read_regular};
pub use remedy::{DEFAULT_MANIFEST, PIPELINE, Remedy, shell_word};
pub use write::{Action, Outcome, WritePlan, write};

/// One file that the compiler makes, without its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Path relative to the project's root, with `/`.
    pub path: String,
    /// The text without the header; YAML or a shell script, so that `#` starts a comment. Its
    /// lines end in LF.
    pub body: String,
    /// Whether the file must be executable.
    pub executable: bool,
}

/// All files that one manifest compiles to. The first one is the pipeline, `.gitlab-ci.yml`;
/// the others are its companions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileSet {
    /// The files, the pipeline first.
    pub files: Vec<GeneratedFile>,
    /// The digest of what the manifest says; empty if it is not known.
    pub made_from: String,
}

impl FileSet {
    /// The pipeline file.
    pub fn pipeline(&self) -> Option<&GeneratedFile> {
        self.files.first()
    }

    /// The paths of the companions, as the pipeline's header lists them.
    pub fn companions(&self) -> Vec<String> {
        let rest = self.files.iter().skip(1);
        rest.map(|file| normalize(&file.path)).collect()
    }

    /// Every file with its header, in order: path and whole text.
    pub fn sealed(&self, manifest: &str) -> Vec<(String, String)> {
        let companions = self.companions();
        let files = self.files.iter().enumerate().map(|(n, file)| {
            let listed: &[String] = if n == 0 { &companions } else { &[] };
            (
                normalize(&file.path),
                seal(file, manifest, &self.made_from, listed),
            )
        });
        files.collect()
    }
}

/// What the operating system refused.
#[derive(Debug)]
pub struct Error {
    /// What was being done: `cannot read`.
    action: &'static str,
    /// The file or folder concerned, as messages show it.
    path: String,
    /// Why it failed.
    source: std::io::Error,
}

impl Error {
    fn new(action: &'static str, path: impl Into<String>, source: std::io::Error) -> Self {
        let path = path.into();
        Self {
            action,
            path,
            source,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`: {}", self.action, self.path, self.source)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
