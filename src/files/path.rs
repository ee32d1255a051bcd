//! Paths that a manifest names: which ones are taken, and where they really lead.
//!
//! In: a path as written. Out: why it is not taken, or the real file that it means. Always holds:
//! a path that passes leads to a place inside the project and outside of `.git`, also through
//! symbolic links.

use std::io;
use std::path::{Path, PathBuf};

use super::Error;
use crate::finding::Code;
use crate::gitlab::Refusal;

/// Most file systems take names of up to this many bytes.
const LONGEST_NAME: usize = 255;

/// Checks that a path, as it is written, stays inside the project. The project itself (`.`)
/// passes.
///
/// # Errors
/// Why it does not, as the end of a sentence that starts with the path.
pub fn check_relative(path: &str) -> Result<(), Refusal> {
    if path.is_empty() {
        return Err("is empty".into());
    }
    if let Some(found) = path.chars().find(|c| c.is_control()) {
        let found = found.escape_default();
        return Err(format!("contains the control character `{found}`").into());
    }
    if path.contains('\\') {
        return Err(Refusal::instead(
            "contains a backslash",
            "folders are separated by `/`",
        ));
    }
    let drive = path.as_bytes().get(1) == Some(&b':')
        && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if path.starts_with('/') || drive {
        return Err(Refusal::instead(
            "is absolute",
            "paths are relative to the project",
        ));
    }
    let mut depth = 0_usize;
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return Err("leaves the project".into()),
            },
            _ if name.eq_ignore_ascii_case(".git") => {
                return Err("lies in `.git`, which belongs to git".into());
            }
            _ if name.len() > LONGEST_NAME => {
                return Err(Refusal::instead(
                    format!("has a name of {} bytes", name.len()),
                    format!("{LONGEST_NAME} are allowed"),
                ));
            }
            _ => depth += 1,
        }
    }
    Ok(())
}

/// Checks that a path can be that of a file in the project: as [`check_relative`], and it is
/// neither the project itself nor written like a folder.
///
/// # Errors
/// Why it cannot, as the end of a sentence that starts with the path.
pub fn check_file(path: &str) -> Result<(), Refusal> {
    check_relative(path)?;
    let last = path.rsplit('/').next().unwrap_or_default();
    match last {
        "" | "." | ".." => Err("names a folder, not a file".into()),
        _ => Ok(()),
    }
}

/// The shortest way to write a path that [`check_relative`] takes: without `.`, `..` and empty
/// names. The project itself is the empty string.
pub fn normalize(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            _ => names.push(name),
        }
    }
    names.join("/")
}

/// Why nothing can be written at a path, whatever is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blocked {
    /// The kind of finding it makes.
    pub(super) code: Code,
    /// The end of a sentence that starts with the path.
    pub(super) reason: String,
}

impl Blocked {
    pub(super) fn new(code: Code, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { code, reason }
    }
}

/// Where a path leads.
pub(super) enum Resolved {
    /// To this real place, where a file may or may not be.
    At(PathBuf),
    /// Nowhere that can be written.
    Blocked(Blocked),
}

/// Follows a path from the canonical `root` through symbolic links to the real place.
///
/// A link inside the project is followed, so that writing changes what it points to and not the
/// link; one that leads out of the project, or nowhere, is not.
pub(super) fn resolve(root: &Path, path: &str) -> Result<Resolved, Error> {
    let blocked = |code, reason: &str| Ok(Resolved::Blocked(Blocked::new(code, reason)));
    if let Err(reason) = check_file(path) {
        return blocked(Code::BadPath, &reason.to_string());
    }
    let path = normalize(path);
    let fail = |source| Error::new("cannot look at", path.clone(), source);
    let mut real = root.to_path_buf();
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let next = real.join(name);
        let last = names.peek().is_none();
        match next.symlink_metadata() {
            Ok(found) if found.is_symlink() => match next.canonicalize() {
                Ok(target) => real = target,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return blocked(Code::ForeignFile, "is a symbolic link that leads nowhere");
                }
                Err(error) => return Err(fail(error)),
            },
            // On a file system that ignores case this is the name as it is stored.
            Ok(_) => real = next.canonicalize().map_err(fail)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                real = next;
                real.extend(names);
                break;
            }
            Err(error) => return Err(fail(error)),
        }
        if !real.starts_with(root) {
            return blocked(Code::BadPath, "leaves the project through a symbolic link");
        }
        if !last && !real.is_dir() {
            return blocked(Code::ForeignFile, "lies below a file, not a folder");
        }
    }
    let inside = real.strip_prefix(root).unwrap_or(&real);
    if inside.iter().any(|name| name.eq_ignore_ascii_case(".git")) {
        return blocked(Code::BadPath, "leads into `.git`, which belongs to git");
    }
    Ok(Resolved::At(real))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for good in [
            ".",
            "a",
            "a/b",
            "./a",
            "a/../b",
            "..a",
            "é x",
            ".gitlab-ci.yml",
            ".github/x",
        ] {
            assert_eq!(check_relative(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "/",
            "/a",
            "..",
            "a/../..",
            "a/../../a",
            "a\\b",
            "..\\a",
            "C:/a",
            "c:a",
            "a\0",
            "a\nb",
            ".git",
            ".git/config",
            "a/.GIT/hooks/x",
            "./.git",
        ] {
            assert!(check_relative(bad).is_err(), "{bad:?}");
        }
        assert!(check_relative(&"x".repeat(256)).is_err());
    }

    #[test]
    fn folders_are_no_files() {
        for bad in [".", "a/", "a/.", "a/..", "./"] {
            assert!(check_relative(bad).is_ok(), "{bad}");
            assert!(check_file(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_passes_never_leaves(path in "[a.g/:\\\\]{0,12}|(\\.\\./|\\./|a/|\\.git/){0,6}") {
            if check_relative(&path).is_ok() {
                let short = normalize(&path);
                assert!(!short.split('/').any(|name| name == ".." || name == ".git"));
                assert!(!short.starts_with('/'));
                assert_eq!(normalize(&short), short);
            }
        }
    }
}
