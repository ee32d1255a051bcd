//! Reads files of a project. Every file that a command reads goes through here.
//!
//! In: the project's root and a path in it. Out: the text, or why there is none. Always holds: no
//! path, `..` or symbolic link leads out of the project or into `.git`; only a regular file is
//! opened, and never more of it is read than the limit, so that no pipe, device or large file stops
//! a command.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::path::{Resolved, check_relative, normalize, resolve};

/// Which symbolic links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// Those that stay in the project.
    Inside,
    /// None: GitLab reads a link as the text of its target (`Repository#blob_data_at`, 18.11).
    Refused,
}

/// Why a file gives no text.
#[derive(Debug)]
pub enum Unread {
    /// There is no such file.
    Absent,
    /// It is there and is not opened; the end of a sentence that starts with the path.
    Refused(String),
    /// It has more bytes than this.
    TooLarge(usize),
    /// Its bytes are not UTF-8.
    NotUtf8(Vec<u8>),
    /// The operating system refuses it.
    Failed(io::Error),
}

impl Unread {
    /// The end of a sentence that starts with the path.
    pub fn reason(&self) -> String {
        match self {
            Self::Absent => "does not exist".to_owned(),
            Self::Refused(reason) => reason.clone(),
            Self::TooLarge(limit) => format!("has more than {limit} bytes"),
            Self::NotUtf8(_) => "is not UTF-8".to_owned(),
            Self::Failed(error) => format!("cannot be read: {error}"),
        }
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Absent,
            _ => Self::Failed(error),
        }
    }
}

/// Reads the file at a path relative to `root`, of at most `limit` bytes.
///
/// # Errors
/// Why there is no text.
pub fn read(root: &Path, path: &str, links: Links, limit: usize) -> Result<String, Unread> {
    read_regular(&place(root, path, links)?, limit)
}

/// Reads a regular file of at most `limit` bytes wherever it lies: for paths that the user names on
/// the command line.
///
/// # Errors
/// Why there is no text.
pub fn read_regular(path: &Path, limit: usize) -> Result<String, Unread> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        // A pipe may never end and a device may never answer: they are not even opened.
        let what = match found.is_dir() {
            true => "is a folder",
            false => "is not a regular file",
        };
        return Err(Unread::Refused(what.to_owned()));
    }
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    if found.len() <= most {
        File::open(path)?
            .take(most.saturating_add(1))
            .read_to_end(&mut bytes)?;
    }
    if found.len() > most || bytes.len() > limit {
        return Err(Unread::TooLarge(limit));
    }
    String::from_utf8(bytes).map_err(|error| Unread::NotUtf8(error.into_bytes()))
}

/// Whether a file or folder is there, without leaving the project.
///
/// # Errors
/// Why a path is not followed; [`Unread::Absent`] if there is nothing.
pub fn look(root: &Path, path: &str) -> Result<(), Unread> {
    check_relative(path).map_err(|why| Unread::Refused(why.to_string()))?;
    match normalize(path).as_str() {
        "" => Ok(()),
        path => Ok(place(root, path, Links::Inside)?.metadata().map(drop)?),
    }
}

/// Entries of one folder that are looked at.
const ENTRIES: usize = 10_000;

/// The names in a folder of the project, sorted; `None` if it is none, or if not all of them can be known.
pub fn names(root: &Path, path: &str) -> Option<Vec<String>> {
    let entries = fs::read_dir(place(root, path, Links::Inside).ok()?).ok()?;
    let names = entries
        .take(ENTRIES + 1)
        .map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect::<Option<_>>()?;
    names.sort();
    (names.len() <= ENTRIES).then_some(names)
}

/// The real place of a path.
fn place(root: &Path, path: &str, links: Links) -> Result<PathBuf, Unread> {
    let root = root.canonicalize()?;
    let resolved = resolve(&root, path).map_err(|error| Unread::Failed(error.source))?;
    let real = match resolved {
        Resolved::At(real) => real,
        Resolved::Blocked(blocked) => return Err(Unread::Refused(blocked.reason)),
    };
    if links == Links::Refused && has_link(&root, path) {
        let reason = "is a symbolic link, or lies below one, which GitLab does not follow";
        return Err(Unread::Refused(reason.to_owned()));
    }
    Ok(real)
}

/// Whether one of the names on a path is a symbolic link.
fn has_link(root: &Path, path: &str) -> bool {
    let mut at = root.to_path_buf();
    normalize(path).split('/').any(|name| {
        at.push(name);
        at.is_symlink()
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_outside_is_read() {
        let around = tempfile::tempdir().unwrap();
        let root = around.path().join("project");
        fs::create_dir_all(root.join("in")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(around.path().join("secret"), "secret").unwrap();
        fs::write(root.join(".git/config"), "secret").unwrap();
        fs::write(root.join("in/file"), "text").unwrap();
        symlink("../secret", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("/", root.join("whole")).unwrap();
        symlink("out", root.join("twice")).unwrap();
        symlink(".git/config", root.join("git")).unwrap();
        symlink("circle", root.join("circle")).unwrap();
        symlink("in/file", root.join("link")).unwrap();
        symlink("in", root.join("folder")).unwrap();
        let secret = around.path().join("secret");
        for path in [
            "out",
            "up/secret",
            "whole/etc/passwd",
            "twice",
            "git",
            "circle",
            "../secret",
            "in/../../secret",
            ".git/config",
            secret.to_str().unwrap(),
            "",
            ".",
            "in",
        ] {
            let read = read(&root, path, Links::Inside, 100);
            assert!(
                matches!(read, Err(Unread::Refused(_) | Unread::Failed(_))),
                "{path}: {read:?}"
            );
        }
        for path in ["in/file", "./in/file", "link", "folder/file"] {
            assert_eq!(
                read(&root, path, Links::Inside, 4).unwrap(),
                "text",
                "{path}"
            );
            assert!(matches!(
                read(&root, path, Links::Inside, 3),
                Err(Unread::TooLarge(3))
            ));
            assert!(look(&root, path).is_ok());
        }
        for path in ["link", "folder/file"] {
            let read = read(&root, path, Links::Refused, 4);
            assert!(matches!(read, Err(Unread::Refused(_))), "{path}: {read:?}");
        }
        for path in ["nothing", "in/nothing", "nothing/file"] {
            assert!(
                matches!(read(&root, path, Links::Inside, 4), Err(Unread::Absent)),
                "{path}"
            );
            assert!(matches!(look(&root, path), Err(Unread::Absent)), "{path}");
        }
        assert!(look(&root, "in/").is_ok() && look(&root, ".").is_ok());
        assert!(matches!(look(&root, "up/secret"), Err(Unread::Refused(_))));
    }
}
