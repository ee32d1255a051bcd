//! Files that are written together, or not at all.
//!
//! In: what each file shall be. Out: all files as they shall be. Always holds: each text lies whole on the disk before
//! the first file is replaced; a file is replaced by a rename, so that it is whole at any moment, even if the process or
//! the machine is stopped; after a refusal of the operating system the files before it have what they had.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::{Builder, NamedTempFile};

use super::{Error, permissions};

/// How the names of half-written files start and end.
const UNFINISHED: (&str, &str) = (".windlass-", ".tmp");

/// A half-written file older than this belongs to a run that was killed.
const ABANDONED: Duration = Duration::from_secs(600);

/// Files that are written together.
#[derive(Debug, Default)]
pub struct Batch {
    steps: Vec<Step>,
    /// Folders that were made for the files, the outer ones first.
    folders: Vec<PathBuf>,
}

/// One change of one file.
#[derive(Debug)]
struct Step {
    /// As messages show it.
    path: String,
    target: PathBuf,
    change: Change,
}

#[derive(Debug)]
enum Change {
    Put(NamedTempFile),
    MakeExecutable,
    Remove,
}

impl Batch {
    /// A file gets a text. `path` is how messages name it.
    ///
    /// # Errors
    /// If the text cannot be written beside the file; nothing has changed then.
    pub fn put(
        &mut self,
        path: &str,
        target: &Path,
        text: &str,
        executable: bool,
    ) -> Result<(), Error> {
        let staged = self.stage(target, text, executable);
        let staged = staged.map_err(|source| Error::new("cannot write", path, source))?;
        self.add(path, target, Change::Put(staged));
        Ok(())
    }

    /// A file becomes executable.
    pub(super) fn make_executable(&mut self, path: &str, target: &Path) {
        self.add(path, target, Change::MakeExecutable);
    }

    /// A file goes.
    pub fn remove(&mut self, path: &str, target: &Path) {
        self.add(path, target, Change::Remove);
    }

    fn add(&mut self, path: &str, target: &Path, change: Change) {
        self.steps.push(Step {
            path: path.to_owned(),
            target: target.to_owned(),
            change,
        });
    }

    /// Writes a text beside the file that it is for.
    fn stage(&mut self, target: &Path, text: &str, executable: bool) -> io::Result<NamedTempFile> {
        let folder = target.parent().unwrap_or(Path::new("."));
        self.make_folders(folder)?;
        sweep(folder);
        let existing = match target.metadata() {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut builder = Builder::new();
        builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
        permissions::create(&mut builder, executable);
        let mut temporary = builder.tempfile_in(folder)?;
        temporary.write_all(text.as_bytes())?;
        if let Some(existing) = existing {
            permissions::keep(temporary.as_file(), &existing, executable)?;
        }
        temporary.as_file().sync_all()?;
        Ok(temporary)
    }

    fn make_folders(&mut self, folder: &Path) -> io::Result<()> {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.reverse();
        fs::create_dir_all(folder)?;
        self.folders.append(&mut missing);
        Ok(())
    }

    /// Makes all changes, in the order in which they were asked for.
    ///
    /// # Errors
    /// The first thing that the operating system refused; the files are as they were.
    pub fn write(mut self) -> Result<(), Error> {
        let mut done: Vec<Before> = Vec::new();
        for Step {
            path,
            target,
            change,
        } in self.steps.drain(..)
        {
            let (before, action) = match change {
                Change::MakeExecutable => (None, "cannot make executable"),
                Change::Put(_) => (Before::of(&target), "cannot write"),
                Change::Remove => (Before::of(&target), "cannot remove"),
            };
            match change.make(&target) {
                Ok(()) => done.extend(before),
                Err(source) => {
                    done.into_iter().rev().for_each(Before::restore);
                    return Err(Error::new(action, path, source));
                }
            }
        }
        Ok(())
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.steps.clear();
        // A folder with a file in it stays.
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Change {
    fn make(self, target: &Path) -> io::Result<()> {
        match self {
            Self::MakeExecutable => return permissions::make_executable(target),
            Self::Remove => fs::remove_file(target)?,
            Self::Put(temporary) => {
                temporary.persist(target)?;
            }
        }
        if let Some(folder) = target.parent() {
            permissions::sync_folder(folder);
        }
        Ok(())
    }
}

/// What a file was before it was changed.
struct Before {
    target: PathBuf,
    /// `None` if there was no file.
    was: Option<(Vec<u8>, fs::Permissions)>,
}

impl Before {
    /// `None` if it cannot be known.
    fn of(target: &Path) -> Option<Self> {
        let was = match target.metadata() {
            Ok(found) => Some((fs::read(target).ok()?, found.permissions())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(_) => return None,
        };
        let target = target.to_owned();
        Some(Self { target, was })
    }

    /// Gives the file back what it had, as far as the operating system lets it.
    fn restore(self) {
        let _ = match self.was {
            None => fs::remove_file(&self.target),
            Some((bytes, permissions)) => put_back(&self.target, &bytes, permissions),
        };
    }
}

fn put_back(target: &Path, bytes: &[u8], permissions: fs::Permissions) -> io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut temporary = Builder::new()
        .prefix(UNFINISHED.0)
        .suffix(UNFINISHED.1)
        .tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().set_permissions(permissions)?;
    temporary.persist(target)?;
    Ok(())
}

/// Removes what killed runs left in a folder. Nothing depends on it, so failures are no matter.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| {
            name.strip_prefix(UNFINISHED.0)
                .and_then(|rest| rest.strip_suffix(UNFINISHED.1))
                .is_some_and(|random| random.len() == 6)
        });
        if !ours {
            continue;
        }
        let old = entry.metadata().is_ok_and(|found| {
            let written = found.modified().ok();
            let age = written.and_then(|at| SystemTime::now().duration_since(at).ok());
            found.is_file() && age.is_some_and(|age| age > ABANDONED)
        });
        if old {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever fails, at whatever place, all files are as they were.
    #[test]
    fn all_or_nothing() {
        for fails_at in 0..4 {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::write(at("old"), "old").unwrap();
            fs::write(at("gone"), "gone").unwrap();
            let mut batch = Batch::default();
            let mut stage = |number: usize| match number {
                0 => batch.put("old", &at("old"), "new", false).unwrap(),
                1 => batch.remove("gone", &at("gone")),
                2 => batch.put("new", &at("in/here/new"), "new", false).unwrap(),
                _ => batch.put("last", &at("last"), "new", false).unwrap(),
            };
            (0..fails_at).for_each(&mut stage);
            // A folder comes in between, which no rename can replace.
            batch.put("folder", &at("folder"), "new", false).unwrap();
            fs::create_dir_all(at("folder/full")).unwrap();
            let error = batch.write().unwrap_err().to_string();
            assert!(error.starts_with("cannot write `folder`: "), "{error}");
            fs::remove_dir_all(at("folder")).unwrap();
            let mut left: Vec<_> = fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            left.sort();
            assert_eq!(left, ["gone", "old"], "{fails_at}");
            assert_eq!(fs::read_to_string(at("old")).unwrap(), "old");
            assert_eq!(fs::read_to_string(at("gone")).unwrap(), "gone");
        }
    }

    #[test]
    fn what_is_not_written_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lock")).unwrap();
        let mut batch = Batch::default();
        batch
            .put("a", &folder.path().join("in/here/a"), "new", false)
            .unwrap();
        let lock = batch.put("lock", &folder.path().join("lock"), "new", false);
        assert!(
            lock.unwrap_err()
                .to_string()
                .starts_with("cannot write `lock`: ")
        );
        drop(batch);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
