//! The checksums of the presets that a project was checked with.
//!
//! In: the text of `windlass.lock`. Out: a [`Lock`], which writes the same text again. Always holds: entries stand in
//! the order of their paths, so that the text depends on nothing but the presets.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The file, in the root of the project.
pub const LOCK: &str = "windlass.lock";

/// The version of its format.
const VERSION: i64 = 1;

const HEADER: &str =
    "# `windlass update` writes this file. It pins the presets: edit them, not this.\n";

/// What is pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Checksums by the paths of presets.
    pinned: BTreeMap<String, String>,
    /// Whether the file could be read; one that does not exist pins nothing.
    pub(super) is_read: bool,
}

impl Default for Lock {
    fn default() -> Self {
        Self {
            pinned: BTreeMap::new(),
            is_read: true,
        }
    }
}

/// Why a lock cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1.
    pub line: usize,
    /// One sentence.
    pub message: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    preset: Vec<Pinned>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pinned {
    path: String,
    sha256: String,
}

/// The version alone, which decides how the rest is read.
#[derive(Deserialize)]
struct Head {
    version: toml::Spanned<i64>,
}

impl Lock {
    /// Reads a lock.
    ///
    /// # Errors
    /// Why it cannot be read, and on which line.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let wrong = |error: toml::de::Error| Wrong {
            line: error.span().map_or(1, |span| line(span.start)),
            message: format!("`{LOCK}` cannot be read: {}", error.message()),
        };
        let head: Head = toml::from_str(text).map_err(wrong)?;
        let file: File = match *head.version.get_ref() {
            VERSION => toml::from_str(text).map_err(wrong)?,
            version => {
                return Err(Wrong {
                    line: line(head.version.span().start),
                    message: format!(
                        "`{LOCK}` has version {version} of its format, and this windlass reads version {VERSION}"
                    ),
                });
            }
        };
        let pinned = file.preset.into_iter();
        Ok(Self {
            pinned: pinned.map(|one| (one.path, one.sha256)).collect(),
            is_read: true,
        })
    }

    /// One that is there and says nothing.
    pub(super) fn unread() -> Self {
        Self {
            is_read: false,
            ..Self::default()
        }
    }

    /// The checksum of a preset.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.pinned.get(path).map(String::as_str)
    }

    /// Pins a preset.
    pub fn pin(&mut self, path: &str, text: &str) {
        self.pinned.insert(path.to_owned(), checksum(text));
    }

    /// Forgets the presets that do not pass.
    pub fn keep(&mut self, passes: impl Fn(&str) -> bool) {
        self.pinned.retain(|path, _| passes(path));
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEADER}version = {VERSION}\n");
        for (path, checksum) in &self.pinned {
            let path = path.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = write!(
                text,
                "\n[[preset]]\npath = \"{path}\"\nsha256 = \"{checksum}\"\n"
            );
        }
        text
    }
}

/// The checksum of a text, as `sha256sum` prints it. Lines may end as on Windows, where git checks them out so.
pub fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_checksum_is_that_of_sha256sum() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(checksum("abc"), abc);
        assert_eq!(checksum("a\r\nb\r\n"), checksum("a\nb\n"));
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        for (text, line, words) in [
            ("version = 2\n", 1, "version 2"),
            ("# a\n\nversion = 2\nother = 3\n", 3, "version 2"),
            ("version = 1\n[[preset]]\npath = \"a\"\n", 2, "sha256"),
            (
                "version = 1\n[[preset]]\npath = 1\nsha256 = \"\"\n",
                3,
                "string",
            ),
            ("<<<<<<< HEAD\n", 1, "cannot be read"),
            ("", 1, "version"),
        ] {
            let wrong = Lock::read(text).unwrap_err();
            assert_eq!(wrong.line, line, "{text}: {wrong:?}");
            assert!(wrong.message.contains(words), "{text}: {wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(paths in prop::collection::btree_map("[a-z\"/é\\\\ '.]{1,12}", ".{0,9}", 0..5)) {
            let mut lock = Lock::default();
            for (path, text) in &paths {
                lock.pin(path, text);
            }
            let read = Lock::read(&lock.text()).unwrap();
            prop_assert_eq!(&read, &lock);
            prop_assert_eq!(read.text(), lock.text());
        }
    }
}
