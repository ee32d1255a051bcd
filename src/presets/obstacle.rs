//! Whether a preset may be written into the project.
//!
//! In: the project, its lock, and a preset. Out: what stands in the way. Always holds: a file is only written over where
//! it is the one that the lock pins, so that `windlass update` wrote it or took it for a preset; nothing is written
//! through a link, over a folder or out of the project.

use std::path::Path;

use super::{LOCK, Lock, Preset, checksum};
use crate::files::{self, Links, Unread};
use crate::finding::{Code, Finding, Location};
use crate::source::Limits;

/// Why a preset is not written; `None` if it may be, or if it is there already.
pub fn obstacle(root: &Path, lock: &Lock, preset: &Preset) -> Option<Finding> {
    let path = &preset.path;
    let (code, message, help) = match files::read(
        root,
        path,
        Links::Refused,
        Limits::MANIFEST.bytes,
    ) {
        Err(Unread::Absent) => return None,
        Err(unread) => (
            Code::ForeignFile,
            format!(
                "`{path}` {}; no preset can be written there",
                unread.reason()
            ),
            "move it away, or name another path in `presets`",
        ),
        Ok(old) if old == preset.text => return None,
        Ok(old) => match lock.get(path) {
            Some(pinned) if pinned == checksum(&old) => return None,
            Some(_) => (
                Code::EditedFile,
                format!(
                    "`{path}` is not the preset that `{LOCK}` pins: it was edited in this project"
                ),
                "make the edit in the folder that the presets come from, and restore the file; `windlass update` without `--from` keeps the edit",
            ),
            None => (
                Code::ForeignFile,
                format!(
                    "`{path}` is a file of the project that `{LOCK}` does not pin, and would be overwritten"
                ),
                "name another path in `presets`; if it is a copy of the preset, `windlass update` without `--from` pins it",
            ),
        },
    };
    let path = path.clone();
    Some(Finding::new(code, Location::Line { path, line: 1 }, message).help(help))
}
