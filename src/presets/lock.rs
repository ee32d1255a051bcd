//! The checksums of the presets that a project was checked with.
//!
//! In: the text of `windlass.lock`. Out: a [`Lock`], which writes the same text again. Always holds: entries stand in
//! the order of their paths, so that the text depends on nothing but the manifests and their presets; an entry that
//! names its manifests goes with the last of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Preset;
use crate::finding::{Code, Finding, Location};

/// The file, in the root of the project.
pub const LOCK: &str = "windlass.lock";

/// The version of its format.
const VERSION: i64 = 1;

const HEADER: &str =
    "# `windlass update` writes this file. It pins the presets: edit them, not this.\n";

/// What is pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The presets, by their paths.
    pinned: BTreeMap<String, Pin>,
    /// Whether the file could be read; one that does not exist pins nothing.
    pub(super) is_read: bool,
}

/// A preset that is pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pin {
    sha256: String,
    /// The manifests that name it, directly or through other presets; empty if the lock does not say.
    manifests: BTreeSet<String>,
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
    /// Whether a newer windlass wrote it.
    pub is_newer: bool,
}

impl Wrong {
    /// What is said about it.
    pub fn finding(self) -> Finding {
        let place = Location::Line {
            path: LOCK.to_owned(),
            line: self.line,
        };
        let help = match self.is_newer {
            true => "install the windlass that wrote it",
            false => "restore it from git, or let `windlass update` write it anew",
        };
        Finding::new(Code::BadLock, place, self.message).help(help)
    }
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
    #[serde(default)]
    manifests: BTreeSet<String>,
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
            is_newer: false,
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
                    is_newer: version > VERSION,
                });
            }
        };
        let pinned = file.preset.into_iter().map(|one| {
            let Pinned {
                path,
                sha256,
                manifests,
            } = one;
            (path, Pin { sha256, manifests })
        });
        Ok(Self {
            pinned: pinned.collect(),
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
        self.pinned.get(path).map(|pin| pin.sha256.as_str())
    }

    /// Whether nothing is pinned.
    pub fn is_empty(&self) -> bool {
        self.pinned.is_empty()
    }

    /// The presets that are pinned for a manifest which does not name them.
    pub fn left_over(&self, manifest: &str, presets: &[Preset]) -> impl Iterator<Item = &str> {
        let named = |path: &str| presets.iter().any(|preset| preset.path == path);
        let pins = self.pinned.iter();
        let left = pins.filter(move |(path, pin)| pin.manifests.contains(manifest) && !named(path));
        left.map(|(path, _)| path.as_str())
    }

    /// Pins the presets of a manifest, and forgets those that it no longer names.
    pub fn pin(&mut self, manifest: &str, presets: &[Preset]) {
        self.forget(|name| name == manifest);
        for Preset { path, text } in presets {
            let manifests = self.pinned.remove(path).map(|pin| pin.manifests);
            let mut manifests = manifests.unwrap_or_default();
            manifests.insert(manifest.to_owned());
            let sha256 = checksum(text);
            self.pinned.insert(path.clone(), Pin { sha256, manifests });
        }
    }

    /// Forgets presets and manifests that are gone.
    pub fn prune(&mut self, is_gone: impl Fn(&str) -> bool) {
        self.pinned.retain(|path, _| !is_gone(path));
        self.forget(is_gone);
    }

    /// Forgets manifests, and presets that no other one names.
    fn forget(&mut self, is_gone: impl Fn(&str) -> bool) {
        self.pinned.retain(|_, pin| {
            let before = pin.manifests.len();
            pin.manifests.retain(|manifest| !is_gone(manifest));
            pin.manifests.len() == before || !pin.manifests.is_empty()
        });
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let quoted = |text: &str| {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{text}\"")
        };
        let mut text = format!("{HEADER}version = {VERSION}\n");
        for (path, Pin { sha256, manifests }) in &self.pinned {
            let (path, sha256) = (quoted(path), quoted(sha256));
            let _ = write!(text, "\n[[preset]]\npath = {path}\nsha256 = {sha256}\n");
            let manifests: Vec<String> = manifests.iter().map(|name| quoted(name)).collect();
            if !manifests.is_empty() {
                let _ = writeln!(text, "manifests = [{}]", manifests.join(", "));
            }
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

    fn preset(path: &str, text: &str) -> Preset {
        let (path, text) = (path.to_owned(), text.to_owned());
        Preset { path, text }
    }

    #[test]
    fn an_entry_goes_with_its_last_manifest() {
        let mut lock = Lock::default();
        lock.pin("a.yml", &[preset("p", ""), preset("q", "")]);
        lock.pin("b.yml", &[preset("q", "")]);
        let left = |lock: &Lock, manifest| {
            let left = lock.left_over(manifest, &[]).map(str::to_owned);
            left.collect::<Vec<_>>()
        };
        assert_eq!(left(&lock, "a.yml"), ["p", "q"]);
        lock.pin("a.yml", &[]);
        assert_eq!(
            (left(&lock, "a.yml"), left(&lock, "b.yml")),
            (vec![], vec!["q".to_owned()])
        );
        lock.prune(|name| name == "b.yml");
        assert!(lock.is_empty());
        // An entry without manifests stays as long as its file.
        let mut lock = Lock::read("version = 1\n[[preset]]\npath = 'p'\nsha256 = ''\n").unwrap();
        lock.pin("a.yml", &[]);
        lock.prune(|name| name == "a.yml");
        assert_eq!(lock.get("p"), Some(""));
        lock.prune(|name| name == "p");
        assert!(lock.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(paths in prop::collection::btree_map("[a-z\"/é\\\\ '.]{1,12}", ".{0,9}", 0..5)) {
            let mut lock = Lock::default();
            let presets: Vec<Preset> = paths.iter().map(|(path, text)| preset(path, text)).collect();
            lock.pin("windlass.yml", &presets);
            lock.pin("o\"ther.yml", presets.get(..1).unwrap_or_default());
            let read = Lock::read(&lock.text()).unwrap();
            prop_assert_eq!(&read, &lock);
            prop_assert_eq!(read.text(), lock.text());
        }
    }
}
