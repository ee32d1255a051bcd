//! The project as a revision of git has it, without checking it out.
//!
//! In: a folder and the name of a revision. Out: texts and names of files. Always holds: a
//! revision's name is never taken for an option; nothing in the working tree or in git changes; a
//! file that is there and cannot be read is never taken for one that is not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use windlass::check::Files;
use windlass::config::Repository;
use windlass::files::{Unread, normalize};
use windlass::source::Limits;

use super::Failure;
use super::configuration::Folder;
use super::git::git;

/// How many bytes the names of a revision's files may take: about 500,000 files.
pub(super) const NAMES: usize = 64 << 20;

/// How many bytes a number takes, with its line end.
const NUMBER: usize = 64;

/// The modes of a symbolic link and of a folder in a tree of git.
const LINK: &str = "120000";
const FOLDER: &str = "040000";

/// A revision of the repository around a folder.
pub(super) struct Revision {
    root: PathBuf,
    /// Files and folders, by their path from the folder.
    entries: BTreeMap<String, Entry>,
    /// Included files from elsewhere are those of today.
    folder: Option<Folder>,
}

/// What lies at a path.
struct Entry {
    mode: String,
    object: String,
}

impl Revision {
    /// Asks git for a revision.
    pub(super) fn of(root: &Path, name: &str) -> Result<Self, Failure> {
        let commit = format!("{name}^{{commit}}");
        let asked = ["rev-parse", "--verify", "--end-of-options", &commit];
        let found = git(root, &asked, 1 << 10)?;
        if !found.ok {
            let why = match found.complaint() {
                line if found.stderr.contains("not a git repository")
                    || found.stderr.contains("dubious ownership")
                    || found.stderr.contains("bare repository") =>
                {
                    line.to_owned()
                }
                _ => format!("git knows no revision `{name}` here"),
            };
            return Err(Failure::usage(&why));
        }
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let listed = git(root, &["ls-tree", "-r", "-t", "-z", &commit], NAMES)?;
        if !listed.ok {
            let why = match listed.stdout.len() > NAMES {
                true => "it has too many files",
                false => listed.complaint(),
            };
            return Err(Failure::Io(format!(
                "cannot list the files of `{name}`: {why}"
            )));
        }
        let listed = String::from_utf8_lossy(&listed.stdout);
        Ok(Self {
            root: root.to_owned(),
            folder: None,
            entries: listed.split('\0').filter_map(entry).collect(),
        })
    }

    /// The same with included files from elsewhere.
    pub(super) fn with(self, folder: Folder) -> Self {
        Self {
            folder: Some(folder),
            ..self
        }
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Result<String, Unread> {
        let entry = self.entries.get(&normalize(path)).ok_or(Unread::Absent)?;
        if entry.mode == LINK {
            let reason = "is a symbolic link, which GitLab does not follow";
            return Err(Unread::Refused(reason.to_owned()));
        }
        let limit = Limits::MANIFEST.bytes;
        let failed = |message: String| Unread::Failed(std::io::Error::other(message));
        let ask = |what: &str, limit: usize| {
            let asked = git(&self.root, &["cat-file", what, &entry.object], limit)
                .map_err(|failure| failed(format!("{failure:?}")))?;
            match asked.ok || asked.stdout.len() > limit {
                true => Ok(asked),
                false => Err(failed(asked.complaint().to_owned())),
            }
        };
        // To print a part of a file, git unpacks all of it; the size it knows without that.
        let size = ask("-s", NUMBER)?;
        let size = String::from_utf8_lossy(&size.stdout);
        if size.trim().parse().is_ok_and(|size: usize| size > limit) {
            return Err(Unread::TooLarge(limit));
        }
        let shown = ask("blob", limit)?;
        if shown.stdout.len() > limit {
            return Err(Unread::TooLarge(limit));
        }
        String::from_utf8(shown.stdout).map_err(|error| Unread::NotUtf8(error.into_bytes()))
    }
}

/// A line of `git ls-tree`: mode, type and object, a tab, the path.
fn entry(line: &str) -> Option<(String, Entry)> {
    let (about, path) = line.split_once('\t')?;
    let mut words = about.split(' ');
    let mode = words.next()?.to_owned();
    let object = words.nth(1)?.to_owned();
    Some((path.to_owned(), Entry { mode, object }))
}

impl Repository for Revision {
    fn read(&self, path: &str) -> Result<String, Unread> {
        self.text(path)
    }

    fn elsewhere(&self, path: &str) -> Result<(String, String), Unread> {
        let folder = self.folder.as_ref().ok_or(Unread::Absent)?;
        folder.elsewhere(path)
    }

    fn paths(&self) -> Option<Vec<String>> {
        let files = self.entries.iter();
        let files = files.filter(|(_, entry)| entry.mode != FOLDER);
        Some(files.map(|(path, _)| path.clone()).collect())
    }
}

impl Files for Revision {
    fn exists(&self, path: &str) -> bool {
        let path = normalize(path);
        path.is_empty() || self.entries.contains_key(&path)
    }

    fn repository(&self) -> &dyn Repository {
        self
    }
}
