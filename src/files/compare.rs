//! The set of generated files against the disk.
//!
//! In: a [`FileSet`] and a project. Out: a [`Comparison`], the state of every file of the set and
//! of every file that an earlier set had. Always holds: comparing changes nothing, and reads
//! regular files only.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::header::{equal, origin, plain};
use super::path::{Blocked, Resolved, resolve};
use super::permissions::is_executable;
use super::{Error, FileSet, State, inspect, normalize, seal};
use crate::finding::Code;

/// A file larger than this is none that windlass made: GitLab takes pipelines of 2 MB by default
/// (`max_yaml_size_bytes`, GitLab 18).
const LARGEST: u64 = 64 << 20;

/// How a file on disk relates to the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It is what it should be, line ends aside.
    Same,
    /// It is not there.
    Missing,
    /// It was generated, and differs from what it should be.
    Differs {
        /// Whether somebody edited it since.
        edited: bool,
    },
    /// A newer windlass generated it, and it differs from what this one makes.
    Newer {
        /// The version of that windlass.
        version: String,
    },
    /// The text is right, but the file is not executable and should be.
    NotExecutable,
    /// windlass did not make it.
    Foreign,
    /// It belongs to an earlier set and is no longer generated.
    Stale {
        /// Whether somebody edited it since.
        edited: bool,
    },
    /// Nothing can be written there, not even if asked for.
    Blocked {
        /// The kind of finding.
        code: Code,
        /// The end of a sentence that starts with the path.
        reason: String,
    },
}

/// One file of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Path relative to the project, without `.` and `..`.
    pub path: String,
    /// How it stands.
    pub status: Status,
    /// The text on disk with LF line ends, if it is one.
    pub old: Option<String>,
    /// The text that should be there; `None` for a stale file.
    pub new: Option<String>,
    /// Whether it must be executable.
    pub executable: bool,
    /// The real place, symbolic links followed.
    pub(super) target: PathBuf,
}

/// A whole set against the disk; the pipeline is the first file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The files of the set in its order, then the stale ones.
    pub files: Vec<Compared>,
    /// The manifest that the set is made from.
    pub manifest: String,
    /// The digest of what that says.
    pub(super) made_from: String,
    /// The pipeline with the stale files among its companions: what is on disk while they are
    /// being removed, so that a run that is cut off there can be finished by the next one.
    pub(super) transitional: Option<String>,
}

impl Comparison {
    /// Whether everything on disk is as it should be.
    pub fn is_clean(&self) -> bool {
        self.files.iter().all(|file| file.status == Status::Same)
    }
}

/// Compares a set with the project at `root`; `manifest` is the manifest's path, relative to it.
///
/// # Errors
/// If a file or folder cannot be looked at or read.
pub fn compare(set: &FileSet, root: &Path, manifest: &str) -> Result<Comparison, Error> {
    let fail = |source| Error::new("cannot open", root.display().to_string(), source);
    let root = root.canonicalize().map_err(fail)?;
    let manifest_file = root.join(manifest).canonicalize().ok();
    let sealed = set.sealed(manifest);
    let mut files: Vec<Compared> = Vec::with_capacity(sealed.len());
    for ((path, text), file) in sealed.into_iter().zip(&set.files) {
        let mut compared = look(&root, &file.path, Some(&text))?;
        compared.path = path;
        compared.executable = file.executable;
        compared.status = match &compared.status {
            Status::Blocked { .. } => compared.status,
            _ if manifest_file.as_ref() == Some(&compared.target) => {
                blocked(Code::BadPath, "is the manifest itself")
            }
            _ if files.iter().any(|other| overlap(other, &compared)) => blocked(
                Code::DuplicateName,
                "is at the place of another generated file",
            ),
            _ => settle(&compared, &text),
        };
        compared.new = Some(text);
        files.push(compared);
    }
    let stale = stale(&root, &files)?;
    let transitional = match set.pipeline() {
        Some(pipeline) if !stale.is_empty() => {
            let mut listed = set.companions();
            listed.extend(stale.iter().map(|file| file.path.clone()));
            Some(seal(pipeline, manifest, &set.made_from, &listed))
        }
        _ => None,
    };
    files.extend(stale);
    Ok(Comparison {
        files,
        manifest: manifest.to_owned(),
        made_from: set.made_from.clone(),
        transitional,
    })
}

fn blocked(code: Code, reason: &str) -> Status {
    let reason = reason.to_owned();
    Status::Blocked { code, reason }
}

/// Whether two files cannot both be there: one place, or one below the other.
fn overlap(a: &Compared, b: &Compared) -> bool {
    let real = |file: &Compared| !matches!(file.status, Status::Blocked { .. });
    real(a) && real(b) && (a.target.starts_with(&b.target) || b.target.starts_with(&a.target))
}

/// The status of a file, now that the text it should have is known.
fn settle(file: &Compared, new: &str) -> Status {
    if !file.old.as_deref().is_some_and(|old| equal(old, new)) {
        return file.status.clone();
    }
    match file.target.metadata() {
        Ok(found) if file.executable && !is_executable(&found) => Status::NotExecutable,
        _ => Status::Same,
    }
}

/// What is at a path: `Missing`, `Foreign`, `Blocked`, or `Differs` or `Newer` for anything generated; nobody asks whether
/// the wanted text was edited.
fn look(root: &Path, path: &str, wanted: Option<&str>) -> Result<Compared, Error> {
    let mut file = Compared {
        path: normalize(path),
        status: Status::Missing,
        old: None,
        new: None,
        executable: false,
        target: PathBuf::new(),
    };
    match resolve(root, path)? {
        Resolved::At(target) => file.target = target,
        Resolved::Blocked(Blocked { code, reason }) => {
            file.status = Status::Blocked { code, reason };
            return Ok(file);
        }
    }
    let fail = |source| Error::new("cannot read", normalize(path), source);
    let found = match file.target.metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(file),
        Err(error) => return Err(fail(error)),
    };
    if found.is_dir() {
        file.status = blocked(Code::ForeignFile, "is a folder");
    } else if !found.is_file() {
        file.status = blocked(Code::ForeignFile, "is not a regular file");
    } else if found.len() > LARGEST {
        file.status = Status::Foreign;
    } else {
        let bytes = fs::read(&file.target).map_err(fail)?;
        file.old = String::from_utf8(bytes).ok().map(|text| plain(&text));
        file.status = match &file.old {
            Some(text) if Some(text.as_str()) == wanted => Status::Differs { edited: false },
            Some(text) => match inspect(text) {
                State::Generated(header) => match header.newer_version() {
                    Some(version) => Status::Newer { version },
                    None => Status::Differs {
                        edited: !header.intact,
                    },
                },
                State::Foreign => Status::Foreign,
            },
            None => Status::Foreign,
        };
    }
    Ok(file)
}

/// The companions that the pipeline on disk lists, that the new set does not have, and that are
/// still there as windlass made them, from the same manifest.
fn stale(root: &Path, files: &[Compared]) -> Result<Vec<Compared>, Error> {
    let pipeline = files.first().and_then(|file| file.old.as_deref());
    let Some((manifest, companions)) = pipeline.and_then(origin) else {
        return Ok(Vec::new());
    };
    let known: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut seen: HashSet<PathBuf> = files.iter().map(|file| file.target.clone()).collect();
    let mut stale = Vec::new();
    for path in companions {
        if known.contains(normalize(&path).as_str()) {
            continue;
        }
        let mut file = look(root, &path, None)?;
        let edited = match file.status {
            Status::Differs { edited } => edited,
            Status::Newer { .. } => false,
            _ => continue,
        };
        // A link was not made by windlass; what it points to may serve others.
        let linked = root.join(&file.path) != file.target;
        if linked || !is_made_from(&manifest, file.old.as_deref()) {
            continue;
        }
        if seen.insert(file.target.clone()) {
            file.status = Status::Stale { edited };
            stale.push(file);
        }
    }
    Ok(stale)
}

/// Whether a text was generated from a manifest.
fn is_made_from(manifest: &str, text: Option<&str>) -> bool {
    text.and_then(origin)
        .is_some_and(|(from, _)| from == manifest)
}
